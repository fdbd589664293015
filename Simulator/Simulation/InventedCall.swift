import Time

/// What really became of a call that a ``BusySwitch`` invented, in the words of a contact record. Instants are the
/// switch's.
public struct InventedCall: Equatable, Sendable {
    public struct Visit: Equatable, Sendable {
        public var queue: String
        public var joined: UnixTime
        /// nil while the caller waits.
        public var left: UnixTime?
        /// answered, abandoned, flowOut
        public var outcome = "waiting"
        /// Of a flow-out.
        public var reason: String?
    }

    public struct Leg: Equatable, Sendable {
        public var interface: String
        public var agent: String
        /// The number of the visit that it rang for, from 0; nil: no queue brought the caller.
        public var visit: Int?
        public var alerted: UnixTime
        public var established: UnixTime?
        public var ended: UnixTime?
        public var hold = Span.zero
        /// answered, noAnswer, answeredElsewhere, callerLeft
        public var result = "ringing"
        /// caller, agent
        public var endedBy: String?
    }

    /// The Uniqueid of the customer's channel.
    public var channel: String
    public var arrived: UnixTime
    /// nil while it lasts.
    public var ended: UnixTime?
    public var visits: [Visit] = []
    public var legs: [Leg] = []

    public var outcome: String {
        if legs.contains(where: { $0.established != nil }) { return "answered" }
        if let last = visits.last { return last.outcome }
        return legs.isEmpty ? "selfService" : "notAnswered"
    }
}
