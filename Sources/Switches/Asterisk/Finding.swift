/// A fault of a switch that will spoil figures or security: what was seen, why it matters, and the line to change.
public struct Finding: Equatable, Sendable, Encodable {
    public enum Severity: String, Sendable, Encodable, CaseIterable {
        /// Figures are wrong, or a stranger can log in.
        case error
        /// Figures are less complete than they could be, or a stranger who has logged in can do more than needed.
        case warning
        /// Worth knowing; often intended.
        case notice
    }

    /// Stable across versions; for programs.
    public var code: String
    public var severity: Severity
    public var seen: String
    public var why: String
    /// File and line of Asterisk's configuration, or of ours: `manager.conf: [cti] read = system,call,agent,user`.
    public var change: String

    public init(_ severity: Severity, _ code: String, seen: String, why: String, change: String) {
        self.code = code
        self.severity = severity
        self.seen = seen
        self.why = why
        self.change = change
    }
}

/// What could not be checked, and why. It must never be read as “in order”.
public struct Unchecked: Equatable, Sendable, Encodable {
    public var what: String
    public var why: String

    public init(_ what: String, why: String) {
        self.what = what
        self.why = why
    }
}
