/// One line of the program's log. It never holds a secret, a whole number or a caller's name (`domain.md` §8.1).
public struct LogLine: Equatable, Sendable {
    public enum Level: String, CaseIterable, Comparable, Sendable {
        /// In the order of weight.
        case info, warning, error

        public static func < (left: Self, right: Self) -> Bool {
            allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
        }
    }
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
