import Time

/// How long agents were in which state, without saying who. The states partition the logged-in time: their sum is it, to the microsecond.
public struct StateTime: Codable, Equatable, Sendable {
    /// Reasons of pauses beyond these are told together.
    static let reasonLimit = 50
    static let otherReason = "(other)"

    public private(set) var states: [AgentState: Span] = [:]
    /// Of `paused`, by reason; "" where none was given.
    public private(set) var pauses: [String: Span] = [:]

    public init() {}

    mutating func add(_ state: AgentState, reason: String?, _ span: Span) {
        guard span > .zero else { return }
        states[state, default: .zero] += span
        guard state == .paused else { return }
        let reason = reason ?? ""
        pauses[pauses[reason] != nil || pauses.count < Self.reasonLimit ? reason : Self.otherReason, default: .zero] += span
    }

    public static func + (left: StateTime, right: StateTime) -> StateTime {
        var sum = left
        for (state, span) in right.states { sum.states[state, default: .zero] += span }
        for (reason, span) in right.pauses { sum.pauses[reason, default: .zero] += span }
        return sum
    }

    subscript(_ state: AgentState) -> Span { states[state] ?? .zero }

    /// In at least one queue.
    public var loggedIn: Span { states.reduce(.zero) { $1.key == .loggedOff ? $0 : $0 + $1.value } }
    /// With a customer, or at work for one just gone.
    public var handling: Span { self[.talking] + self[.held] + self[.consulting] + self[.wrapUp] }
}
