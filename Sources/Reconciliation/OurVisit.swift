import Telephony
import Time

/// One stay of a caller in one queue according to our contact record, with the conversation that followed.
public struct OurVisit: Equatable, Sendable {
    public enum Outcome: Equatable, Sendable { case waiting, answered, abandoned, flowOut(QueueVisit.FlowOut), lost }

    /// The record's flags on the figures of this visit and its conversation (`ContactRecord.Flag`), as far as they
    /// matter here.
    public struct Doubts: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The beginning was not seen.
        public static let partial = Doubts(rawValue: 1)
        /// The end of the wait or of the conversation was not seen: the link was lost, or the switch.
        public static let lost = Doubts(rawValue: 2)
        /// A clock was set while the call lasted.
        public static let clockStep = Doubts(rawValue: 4)
    }

    /// The contact record, and the number of the visit in it.
    public var contact: String
    public var number: UInt64
    /// The Uniqueid of the channel that joined: queue_log's call id.
    public var call: ChannelID
    /// The customer's first channel. If it is not ``call``, somebody else held the place at first.
    public var customer: ChannelID
    public var queue: QueueName
    public var joined: UnixTime
    public var left: UnixTime?
    /// nil also if the joining was not seen.
    public var wait: Span?
    public var outcome: Outcome
    /// The member's name and interface; the log's agent may be either.
    public var agent: String?
    public var interface: String?
    /// The length of the conversation including hold, while the two could hear each other; nil while it lasts.
    public var talk: Span?
    public var talkEnded: UnixTime?
    /// Somebody other than the member whose phone rang took the call.
    public var isPickedUp = false
    public var doubts: Doubts = []
    /// When the record ended; nil while the call lasts.
    public var contactEnded: UnixTime?
    /// When the record next shows the caller after this wait and its conversation: another visit, leg or parking.
    public var continued: UnixTime?
    /// When a phone first rang for the caller, without a queue and without an answer, after this wait and its
    /// conversation.
    public var rangLater: UnixTime?
    /// The beginning of the parking that is nearest to the end of this conversation.
    public var parked: UnixTime?
    /// When the caller's later parts in the record ended: agents' legs and rings.
    public var laterEnds: [UnixTime] = []
    /// The switch called the customer, for an agent to take the call.
    public var isCallback = false
    /// No customer: the record is of an agent's own call to a queue.
    public var isInternal = false
    /// The caller heard another customer at some time.
    public var isConferenced = false
    /// The agent handed the caller to somebody else, and the switch reported when.
    public var isHandedOver = false
    /// The agent hung up, as the switch reported; on a telephone, and not behind a Local channel whose end the log
    /// sees.
    public var isHungUpByAgent = false
    /// When others who talked with the caller in a conference of three transferred the caller, or themselves out of it.
    public var othersTransfers: [UnixTime] = []
    /// Another agent, who had talked with the caller before, was in the conversation until it ended.
    public var isSharedAtEnd = false
    /// The switch ended the call, and neither caller nor agent did.
    public var isEndedBySystem = false

    public init(
        contact: String, number: UInt64, call: ChannelID, customer: ChannelID? = nil, queue: QueueName,
        joined: UnixTime, outcome: Outcome
    ) {
        self.contact = contact
        self.number = number
        self.call = call
        self.customer = customer ?? call
        self.queue = queue
        self.joined = joined
        self.outcome = outcome
    }
}

/// What our side could see: a missing record is a fault only within it.
public struct Coverage: Equatable, Sendable {
    /// An interval without the switch's events; open if the link did not come back. It is by our clock, while visits
    /// are by the switch's: if the two differ by more than the tolerance, it is compared that much too early or too
    /// late.
    public struct Gap: Equatable, Sendable {
        public var from: UnixTime
        public var to: UnixTime?
        /// Calls that were open at its beginning have no record: we were not running, and had no memory of them.
        public var losesOpenCalls: Bool

        public init(from: UnixTime, to: UnixTime?, losesOpenCalls: Bool = false) {
            self.from = from
            self.to = to
            self.losesOpenCalls = losesOpenCalls
        }
    }

    /// nil if not known.
    public var from: UnixTime?
    public var to: UnixTime?
    public var gaps: [Gap]
    /// The records are only those of ended calls: a call in progress has none yet.
    public var isOfEndedCalls: Bool

    public init(from: UnixTime? = nil, to: UnixTime? = nil, gaps: [Gap] = [], isOfEndedCalls: Bool = false) {
        self.from = from
        self.to = to
        self.gaps = gaps
        self.isOfEndedCalls = isOfEndedCalls
    }
}
