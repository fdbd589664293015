/// Reads Prometheus' text format strictly by its specification, and reports what is wrong.
struct ExpositionReader {
    struct Fault: Error, CustomStringConvertible { var description: String }

    struct Family {
        var name: String
        var type: String
        var samples: [Sample] = []
    }

    struct Sample {
        var name: String
        /// In their order in the text.
        var labels: [(name: String, value: String)]
        var value: Double

        subscript(label: String) -> String? { labels.first { $0.name == label }?.value }
        var key: String {
            name + labels.sorted { $0.name < $1.name }.map { "\u{1}\($0.name)\u{1}\($0.value)" }.joined()
        }
    }

    private(set) var families: [Family] = []

    init(_ text: String) throws {
        guard text.utf8.last == 0x0A else { throw Fault(description: "the last line does not end") }
        var keys: Set<String> = []
        var helped: String?
        // By bytes: to Swift, \r\n is one character, not a line feed.
        for bytes in text.utf8.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) {
            let line = Array(bytes)
            if line.starts(with: "# HELP ".utf8) {
                let words = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 3)
                guard words.count == 4, helped == nil else { throw Fault(description: "a HELP out of place: \(words)") }
                helped = String(words[2])
            } else if line.starts(with: "# TYPE ".utf8) {
                let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
                guard words.count == 4, words[2] == helped, ["counter", "gauge", "histogram"].contains(words[3]) else {
                    throw Fault(description: "a TYPE without its HELP: \(words)")
                }
                guard !families.contains(where: { $0.name == words[2] }) else {
                    throw Fault(description: "\(words[2]) is there twice")
                }
                families.append(Family(name: words[2], type: words[3]))
                helped = nil
            } else {
                let sample = try Self.sample(line)
                guard helped == nil, let last = families.indices.last else {
                    throw Fault(description: "\(sample) without a family")
                }
                let allowed = families[last].type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
                guard allowed.contains(where: { sample.name == families[last].name + $0 }) else {
                    throw Fault(description: "\(sample.name) among the samples of \(families[last].name)")
                }
                guard keys.insert(sample.key).inserted else { throw Fault(description: "\(sample) is there twice") }
                families[last].samples.append(sample)
            }
        }
        for family in families { try Self.check(family) }
    }

    private static func sample(_ line: [UInt8]) throws -> Sample {
        let whole = String(decoding: line, as: UTF8.self)
        var rest = line[...]
        func fail(_ why: String) -> Fault { Fault(description: "\(why): \(whole.debugDescription)") }
        func isName(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        func name() throws -> String {
            let bytes = rest.prefix(while: isName)
            guard let first = bytes.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
                throw fail("no name")
            }
            rest = rest.dropFirst(bytes.count)
            return String(decoding: bytes, as: UTF8.self)
        }
        func take(_ byte: UInt8) throws {
            guard rest.popFirst() == byte else { throw fail("no \(Character(Unicode.Scalar(byte)))") }
        }
        var sample = Sample(name: try name(), labels: [], value: 0)
        if rest.first == UInt8(ascii: "{") {
            rest = rest.dropFirst()
            while rest.first != UInt8(ascii: "}") {
                if !sample.labels.isEmpty { try take(UInt8(ascii: ",")) }
                let label = try name()
                guard !label.hasPrefix("__"), !sample.labels.contains(where: { $0.name == label }) else {
                    throw fail("the label \(label)")
                }
                try take(UInt8(ascii: "="))
                try take(UInt8(ascii: "\""))
                var value: [UInt8] = []
                while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                    guard byte == UInt8(ascii: "\\") else {
                        value.append(byte)
                        continue
                    }
                    switch rest.popFirst() {
                    case UInt8(ascii: "n"): value.append(0x0A)
                    case UInt8(ascii: "\\"): value.append(UInt8(ascii: "\\"))
                    case UInt8(ascii: "\""): value.append(UInt8(ascii: "\""))
                    default: throw fail("an escape that there is not")
                    }
                }
                sample.labels.append((label, String(decoding: value, as: UTF8.self)))
            }
            rest = rest.dropFirst()
        }
        try take(UInt8(ascii: " "))
        let text = String(decoding: rest, as: UTF8.self)
        let numbers: [String: Double] = ["+Inf": .infinity, "-Inf": -.infinity, "NaN": .nan]
        guard
            let value = numbers[text]
                ?? (text.utf8.allSatisfy { "0123456789.-+e".utf8.contains($0) } ? Double(text) : nil)
        else {
            throw fail("no number")
        }
        sample.value = value
        return sample
    }

    /// Checks that concern more than one line.
    private static func check(_ family: Family) throws {
        func fail(_ why: String) -> Fault { Fault(description: "\(family.name): \(why)") }
        guard !family.samples.isEmpty else { throw fail("no samples") }
        guard (family.type == "counter") == family.name.hasSuffix("_total") else {
            throw fail("a counter, and nothing else, ends in _total")
        }
        if family.type != "gauge", family.samples.contains(where: { !($0.value >= 0) }) {
            throw fail("counts below zero")
        }
        guard family.type == "histogram" else { return }
        var series: [String: [Sample]] = [:]
        for sample in family.samples {
            let labels = sample.labels.filter { $0.name != "le" }.map { "\($0.name)=\($0.value)" }.joined(
                separator: "\u{1}")
            series[labels, default: []].append(sample)
        }
        for samples in series.values {
            let buckets = samples.filter { $0.name.hasSuffix("_bucket") }
            let bounds = try buckets.map { sample throws -> Double in
                guard let le = sample["le"], let bound = le == "+Inf" ? .infinity : Double(le) else {
                    throw fail("a bucket without a bound")
                }
                return bound
            }
            guard bounds == bounds.sorted(), bounds.last == .infinity else { throw fail("bounds \(bounds)") }
            guard buckets.map(\.value) == buckets.map(\.value).sorted() else {
                throw fail("buckets are not cumulative")
            }
            guard samples.count(where: { $0.name.hasSuffix("_sum") }) == 1,
                samples.filter({ $0.name.hasSuffix("_count") }).map(\.value) == [buckets.last?.value]
            else { throw fail("count and buckets differ") }
        }
    }

    // MARK: asking

    func samples(_ name: String) -> [Sample] { families.flatMap(\.samples).filter { $0.name == name } }

    /// The value of the one sample with these labels (it may have others as well).
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = samples(name).filter { sample in labels.allSatisfy { sample[$0.key] == $0.value } }
        return found.count == 1 ? found[0].value : nil
    }
}
