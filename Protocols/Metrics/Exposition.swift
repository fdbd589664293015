/// A document in Prometheus' text format 0.0.4, written family by family.
///
/// The samples of a family follow its `HELP` and `TYPE` with no other family between, as the format requires. A family
/// without samples is left out.
public struct Exposition: Sendable {
    public enum Kind: String, Sendable { case counter, gauge, histogram }

    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    public private(set) var text = ""
    private var head = ""
    private var name = ""
    private var names: Set<String> = []

    public init() {}

    /// Begins a family. Counters end in `_total`; units are base units and part of the name (`_seconds`, `_bytes`).
    /// - Precondition: the name is new, and consists of letters, digits and `_`.
    public mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        precondition(names.insert(name).inserted, "the family \(name) is written twice")
        precondition(!name.isEmpty && name.utf8.allSatisfy(Self.isNameByte), "\(name) is not a name of a metric")
        self.name = name
        head = "# HELP \(name) \(Self.escapedHelp(help))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    public mutating func sample(_ value: Int, _ labels: Labels = Labels()) { line("", labels.text, "\(value)") }

    public mutating func sample(_ value: Double, _ labels: Labels = Labels()) {
        line("", labels.text, Self.number(value))
    }

    /// Writes nothing for nil: an unknown value is not zero.
    public mutating func sample(_ value: Double?, _ labels: Labels = Labels()) {
        if let value { sample(value, labels) }
    }

    /// A histogram. `counts` is the number of observations in each bucket, not cumulative; the last bucket has no
    /// bound. `sum` is the sum of all observations.
    /// - Precondition: one count more than bounds.
    public mutating func histogram(bounds: [Int64], counts: [Int], sum: Double, _ labels: Labels = Labels()) {
        precondition(counts.count == bounds.count + 1, "a bucket for each bound, and one beyond")
        var cumulative = 0
        for (index, count) in counts.enumerated() {
            cumulative += count
            line("_bucket", labels.with("le", index < bounds.count ? "\(bounds[index])" : "+Inf").text, "\(cumulative)")
        }
        line("_sum", labels.text, Self.number(sum))
        line("_count", labels.text, "\(cumulative)")
    }

    private mutating func line(_ suffix: String, _ labels: String, _ value: String) {
        text += head
        head = ""
        text += name
        text += suffix
        text += labels
        text += " "
        text += value
        text += "\n"
    }

    // MARK: the letter of the format

    private static func number(_ value: Double) -> String {
        value.isNaN ? "NaN" : value == .infinity ? "+Inf" : value == -.infinity ? "-Inf" : "\(value)"
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// In a `HELP` line, backslash and line feed are escaped.
    static func escapedHelp(_ text: String) -> String { escaped(text, quotes: false) }

    /// In a label, the quote is escaped, too. All other characters remain as they are, so that no two values become
    /// one.
    static func escapedValue(_ text: String) -> String { escaped(text, quotes: true) }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        // Compares bytes: Swift's character \r\n is not a line feed.
        guard text.utf8.contains(where: { $0 == 0x0A || $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") }) else {
            return text
        }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x0A: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
            case UInt8(ascii: "\"") where quotes: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\"")]
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `{name="value",…}`, escaped once for all samples that have them.
    public struct Labels: Sendable {
        private var inner = ""

        public init() {}
        public init(_ name: String, _ value: String) { self = Labels().with(name, value) }

        public func with(_ name: String, _ value: String) -> Labels {
            var labels = self
            labels.inner += "\(inner.isEmpty ? "" : ",")\(name)=\"\(Exposition.escapedValue(value))\""
            return labels
        }

        var text: String { inner.isEmpty ? "" : "{\(inner)}" }
        public var byteCount: Int { inner.utf8.count }
    }
}
