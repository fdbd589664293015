import TOMLKit

/// Reads one TOML table, key by key, and collects every fault with its line instead of stopping at the first.
final class ConfigurationReader {
    struct Fault: Equatable, CustomStringConvertible {
        var line: Int
        var text: String
        var description: String { "\(line): \(text)" }
    }

    final class Faults {
        var list: [Fault] = []
        /// Settings that work, but perhaps not as intended.
        var warnings: [Fault] = []
    }

    private let table: TOMLTable?
    private let path: String
    private let lines: TOMLLines
    private let faults: Faults
    private var known: Set<String> = []

    init(_ table: TOMLTable?, path: String = "", lines: TOMLLines, faults: Faults) {
        self.table = table
        self.path = path
        self.lines = lines
        self.faults = faults
    }

    /// Whether the key exists and is a table.
    var isThere: Bool { table != nil }

    func has(_ key: String) -> Bool { table?[key] != nil }

    /// The line of the key, or of its table where the key is missing.
    func line(_ key: String) -> Int { lines.line(of: has(key) ? path + key : String(path.dropLast())) }

    func fault(_ key: String?, _ text: String) {
        faults.list.append(Fault(line: lines.line(of: key.map { path + $0 } ?? String(path.dropLast())), text: text))
    }

    func warning(_ key: String?, _ text: String) {
        faults.warnings.append(
            Fault(line: lines.line(of: key.map { path + $0 } ?? String(path.dropLast())), text: text))
    }

    /// The keys of a table whose keys are data, e.g. dates.
    var keys: [String] { (table?.keys ?? []).sorted() }

    // MARK: values

    func text(_ key: String) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else {
            fault(key, "“\(key)” must be text in quotes.")
            return nil
        }
        return text
    }

    func requiredText(_ key: String, _ whatFor: String) -> String? {
        if let text = text(key) {
            if !text.isEmpty { return text }
            fault(key, "“\(key)” is empty: \(whatFor).")
        } else if value(key) == nil {
            fault(nil, "“\(key)” is missing: \(whatFor).")
        }
        return nil
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.int, range.contains(number) else {
            fault(key, "“\(key)” must be a whole number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    func integers(_ key: String, in range: ClosedRange<Int>) -> [Int]? {
        guard let value = value(key) else { return nil }
        let numbers = value.array?.compactMap(\.int).filter(range.contains)
        guard let numbers, numbers.count == value.array?.count else {
            fault(key, "“\(key)” must be a list of whole numbers from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return numbers
    }

    func boolean(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.bool else {
            let near =
                value.string.flatMap { WordMeant.nearest(to: $0, in: ["true", "false"]) }.map {
                    " Did you mean \($0), without quotes?"
                }
                ?? ""
            fault(key, "“\(key)” must be true or false.\(near)")
            return nil
        }
        return flag
    }

    func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.double ?? value.int.map(Double.init), range.contains(number) else {
            fault(key, "“\(key)” must be a number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    func requiredNumber(_ key: String, in range: ClosedRange<Double>, _ whatFor: String) -> Double? {
        guard value(key) != nil else {
            fault(nil, "“\(key)” is missing: \(whatFor).")
            return nil
        }
        return number(key, in: range)
    }

    /// One of an enumeration's texts; nil without the key, or after a fault.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, of: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let text = text(key) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            let near =
                WordMeant.nearest(to: text, in: Choice.allCases.map(\.rawValue)).map { " Did you mean \"\($0)\"?" }
                ?? ""
            fault(key, "“\(key)” must be one of: \(known).\(near)")
            return nil
        }
        return choice
    }

    func texts(_ key: String) -> [String]? {
        guard let value = value(key) else { return nil }
        guard let array = value.array else {
            fault(key, "“\(key)” must be a list of texts: [\"…\", \"…\"].")
            return nil
        }
        let texts = array.compactMap(\.string)
        if texts.count != array.count { fault(key, "every entry of “\(key)” must be text in quotes.") }
        return texts
    }

    func table(_ key: String) -> ConfigurationReader {
        let value = value(key)
        if value != nil, value?.table == nil { fault(key, "“\(key)” must be a table: [\(path)\(key)].") }
        return ConfigurationReader(value?.table, path: path + key + ".", lines: lines, faults: faults)
    }

    func tables(_ key: String) -> [ConfigurationReader] {
        guard let value = value(key) else { return [] }
        guard let array = value.array else {
            fault(key, "“\(key)” must be a list of tables: [[\(key)]].")
            return []
        }
        return array.enumerated().compactMap { index, entry in
            guard let table = entry.table else {
                fault(key, "every entry of “\(key)” must be a table: [[\(path)\(key)]].")
                return nil
            }
            return ConfigurationReader(table, path: "\(path)\(key).\(index).", lines: lines, faults: faults)
        }
    }

    /// Declares keys that are valid but cannot be read now.
    func expect(_ keys: String...) { known.formUnion(keys) }

    /// Call last: a key that was not asked for is a mistake, most often of spelling.
    func refuseTheRest() {
        for key in (table?.keys ?? []).sorted() where !known.contains(key) {
            let hint =
                WordMeant.nearest(to: key, in: known).map { " Did you mean “\($0)”?" }
                ?? " Known here: \(known.sorted().joined(separator: ", "))."
            fault(key, "“\(key)” means nothing.\(hint)")
        }
    }

    private func value(_ key: String) -> (any TOMLValueConvertible)? {
        known.insert(key)
        return table?[key]
    }
}
