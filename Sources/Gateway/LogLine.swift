import Time

/// One line of the program's log. It never holds a secret, a whole number or a caller's name (`domain.md` §8.1).
public struct LogLine: Equatable, Sendable {
    public enum Level: String, Sendable { case info, warning, error }
    public var level: Level
    /// What it is about: a switch, a listener.
    public var subject: String
    public var text: String

    public init(_ level: Level, _ subject: String, _ text: String) {
        self.level = level
        self.subject = subject
        self.text = text
    }
}

/// `+390612345678` as logs may say it: `+3906•••678`.
public func masked(_ number: String) -> String {
    guard number.count > 6 else { return number.isEmpty ? "" : "•••" }
    return "\(number.prefix(max(3, number.count - 8)))•••\(number.suffix(3))"
}

/// A length of time in its two largest units, without its sign, e.g. `12 years 4 days` or `3 min 20 s`.
func durationInWords(_ span: Span) -> String {
    var seconds = Int64((Double(span.microseconds) / 1_000_000).magnitude)
    var words: [String] = []
    for (unit, length) in [("years", Int64(31_557_600)), ("days", 86_400), ("h", 3600), ("min", 60), ("s", 1)] {
        if seconds >= length || unit == "s" && words.isEmpty {
            words.append("\(seconds / length) \(unit)")
        } else if !words.isEmpty {
            break
        }
        seconds %= length
        if words.count == 2 { break }
    }
    return words.joined(separator: " ")
}
