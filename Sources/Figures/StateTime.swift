import Telephony
import Time

/// How long agents were in which state, without saying who. The states partition the logged-in time: they add
/// up to it, to the microsecond.
public struct StateTime: Codable, Equatable, Sendable {
    /// Pauses with more different reasons than these are added up under ``otherReason``.
    static let reasonLimit = 50
    static let otherReason = "(other)"

    public private(set) var states: [AgentState: Span] = [:]
    /// Of `paused`, by reason; "" where none was given.
    public private(set) var pauses: [String: Span] = [:]

    public init(states: [AgentState: Span] = [:], pauses: [String: Span] = [:]) {
        self.states = states
        self.pauses = pauses
    }

    /// Once ``reasonLimit`` is reached it depends on the order of these calls which reasons keep their names.
    package mutating func add(_ state: AgentState, reason: String?, _ span: Span) {
        guard span > .zero else { return }
        states[state, default: .zero] += span
        guard state == .paused else { return }
        let reason = reason ?? ""
        pauses[pauses[reason] != nil || pauses.count < Self.reasonLimit ? reason : Self.otherReason, default: .zero] +=
            span
    }

    public static func + (left: StateTime, right: StateTime) -> StateTime {
        var sum = left
        for (state, span) in right.states { sum.states[state, default: .zero] += span }
        for (reason, span) in right.pauses { sum.pauses[reason, default: .zero] += span }
        return sum
    }

    public subscript(_ state: AgentState) -> Span { states[state] ?? .zero }

    /// Decided by the exhaustive switch of ``AgentState`` below, so that no state is silently left out of every figure.
    subscript(of quantity: FigureDefinition.TimeQuantity) -> Span {
        states.reduce(.zero) { quantity.includes($1.key) ? $0 + $1.value : $0 }
    }

    /// In at least one queue.
    public var loggedIn: Span { self[of: .loggedIn] }
    /// With a customer, or in after-call work.
    public var handling: Span { self[of: .handling] }
}

extension AgentState {
    /// What time in a state counts as in the figures of agents' time.
    fileprivate enum Class {
        case loggedOff
        /// With a customer, or in after-call work.
        case handling
        case ringing
        /// Could take a call.
        case ready
        case paused
        /// Logged in, and neither at work for a queue nor ready for it.
        case elsewhere
        case unknown
    }

    fileprivate var timeClass: Class {
        switch self {
        case .loggedOff: .loggedOff
        case .talking, .held, .consulting, .wrapUp: .handling
        case .ringing: .ringing
        case .available, .partiallyAvailable: .ready
        case .paused: .paused
        case .other, .unreachable: .elsewhere
        case .unknown: .unknown
        }
    }
}

extension FigureDefinition.TimeQuantity {
    fileprivate func includes(_ state: AgentState) -> Bool {
        let timeClass = state.timeClass
        return switch self {
        case .loggedIn: timeClass != .loggedOff
        // Nobody was seen to work in an unknown state, nor to be ready: it belongs neither in a numerator nor in a
        // denominator.
        case .known: timeClass != .loggedOff && timeClass != .unknown
        case .handling: timeClass == .handling
        case .handlingOrRinging: timeClass == .handling || timeClass == .ringing
        case .busyOrReady: timeClass == .handling || timeClass == .ringing || timeClass == .ready
        case .notPaused: timeClass != .loggedOff && timeClass != .unknown && timeClass != .paused
        case .paused: timeClass == .paused
        case .talking: state == .talking
        case .held: state == .held
        case .consulting: state == .consulting
        case .wrapUp: state == .wrapUp
        case .ringing: timeClass == .ringing
        case .available: timeClass == .ready
        case .other: state == .other
        case .unknown: timeClass == .unknown
        case .unreachable: state == .unreachable
        }
    }
}
