import Directory
import Telephony

/// What one call left behind: contract evidence. Every duration can be recomputed from its instants.
public struct ContactRecord: Equatable, Sendable {
    public struct Visit: Equatable, Sendable {
        public enum Outcome: Equatable, Sendable { case waiting, answered, abandoned, flowOut(QueueVisit.FlowOut), lost }
        public var number: UInt64
        public var queue: QueueName
        public var joined: UnixTime
        public var left: UnixTime?
        public var wait: Span?
        public var outcome: Outcome
    }

    public struct Leg: Equatable, Sendable {
        public enum Result: Equatable, Sendable { case ringing, connected, ended(AgentLeg.Ender), notAnswered(CallEvent.AlertingEnd) }
        public var number: UInt64
        public var queue: QueueName
        public var agent: AgentRef
        public var alerted: UnixTime
        public var established: UnixTime?
        public var ended: UnixTime?
        public var ring: Span?
        public var talk: Span?
        public var hold: Span
        public var result: Result
    }

    /// What may be wrong with the figures of this record.
    public enum Flag: String, Sendable, Comparable {
        /// The beginning was not seen.
        case partial
        /// The end was not seen: the link broke, or the switch.
        case lost

        public static func < (left: Flag, right: Flag) -> Bool { left.rawValue < right.rawValue }
    }

    public var id: ContactID
    public var `switch`: SwitchID
    public var channel: ChannelID
    public var caller: CallerID
    public var number: CallerNumber
    public var called: String
    public var arrived: UnixTime
    public var ended: UnixTime?
    public var match: DirectoryMatch
    public var visits: [Visit] = []
    public var legs: [Leg] = []
    public var flags: Set<Flag> = []

    /// Never shown, never stored: not even what the network sent all the same.
    mutating func withhold() {
        caller = CallerID(number: "", name: "")
        number = .withheld
        match = .withheld
    }

    /// The contact as a whole: answered if any visit was; otherwise what the last visit became.
    public var outcome: Visit.Outcome {
        visits.contains { $0.outcome == .answered } ? .answered : visits.last?.outcome ?? .waiting
    }
}
