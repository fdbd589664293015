import Telephony

/// What an agent is doing: one state at a time. Names of CSTA where it has one; the pages say them in Italian. `domain.md` §2.9.
public enum AgentState: String, Codable, CodingKeyRepresentable, Sendable, CaseIterable {
    case loggedOff, unreachable, talking, held, consulting, ringing, wrapUp, other, paused, partiallyAvailable, available, unknown
}

/// Everything that one agent's state is derived from.
public struct AgentStatus: Codable, Equatable, Sendable {
    public struct Membership: Codable, Equatable, Sendable {
        public var isPaused: Bool
        public var reason: String
        /// Fixed after-call work of this member for this queue; zero: the queue's.
        var wrapUp = Span.zero
    }

    public internal(set) var agent: AgentRef
    /// An agent who is a member nowhere is logged off.
    public internal(set) var memberships = Memberships()
    public internal(set) var device = QueueMember.Device.unknown
    var ringing: Set<UInt64> = []
    var talking: Set<UInt64> = []
    var held: Set<UInt64> = []
    var consulting: Set<UInt64> = []
    /// After-call work lasts until this uptime.
    public internal(set) var wrapUpEnds: Span?
    /// For which conversation.
    var wrapUpOf: WrapUp?
    /// The state whose time is being counted, since when. Nobody is shown since when a person does what.
    var counted = AgentState.loggedOff
    var countedReason: String?
    var since: Moment
    /// The last quarter-hour in which this agent was counted among those logged in.
    var countedIn: UnixTime?

    struct WrapUp: Codable, Equatable, Sendable {
        var leg: UInt64
        var queue: QueueName?
        var began: Moment
    }

    init(_ agent: AgentRef, at now: Moment) {
        self.agent = agent
        since = now
    }

    /// In order of their names.
    public var queues: [QueueName] { memberships.queues }

    /// The first that holds, from the top; `now` decides whether the after-call work is over.
    public func state(at now: Span) -> AgentState { state { now < $0 } }

    /// As long as nobody has ended the after-call work it lasts: what the state is but for the time.
    var stateButForTime: AgentState { state { _ in true } }

    /// Takes the same time for a member of one queue and of a thousand.
    private func state(_ isBeforeEnd: (Span) -> Bool) -> AgentState {
        // Above the hold: without one there is hardly a consultation.
        if !talking.isEmpty { return consulting.isEmpty ? held.isEmpty ? .talking : .held : .consulting }
        if !ringing.isEmpty { return .ringing }
        if memberships.isEmpty { return .loggedOff }
        if device == .ringing { return .ringing }
        if device == .unavailable || device == .invalid { return .unreachable }
        if let wrapUpEnds, isBeforeEnd(wrapUpEnds) { return .wrapUp }
        switch device {
        case .inUse, .busy, .ringingInUse, .onHold: return .other
        case .unknown, .notInUse, .ringing, .invalid, .unavailable: break
        }
        let paused = memberships.pausedCount
        if paused == memberships.count { return .paused }
        if device == .unknown { return .unknown }
        return paused > 0 ? .partiallyAvailable : .available
    }

    /// The reason of the pause, of the first queue by name that tells one.
    public var pauseReason: String? { memberships.pauseReason }
}
