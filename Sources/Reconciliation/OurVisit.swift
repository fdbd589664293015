import Telephony
import Time

/// One stay of a caller in one queue as our contact record tells it, with the conversation that followed.
public struct OurVisit: Equatable, Sendable {
    public enum Outcome: Equatable, Sendable { case waiting, answered, abandoned, flowOut(QueueVisit.FlowOut), lost }

    /// What the record says against the figures of this visit and its conversation (`ContactRecord.Flag`), as far as it matters here.
    public struct Doubts: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The beginning was not seen.
        public static let partial = Doubts(rawValue: 1)
        /// The end was not seen, of the wait or of the conversation: the link broke, or the switch.
        public static let lost = Doubts(rawValue: 2)
        /// A clock was set while the call lasted.
        public static let clockStep = Doubts(rawValue: 4)
    }

    /// The contact record, and the number of the visit in it.
    public var contact: String
    public var number: UInt64
    /// The Uniqueid that joined: queue_log's call id.
    public var call: ChannelID
    /// The customer's first channel; where it is another than ``call``, somebody else held the place at first.
    public var customer: ChannelID
    public var queue: QueueName
    public var joined: UnixTime
    public var left: UnixTime?
    /// nil also where the joining was not seen.
    public var wait: Span?
    public var outcome: Outcome
    /// The member's name, and the interface; the log's agent is either.
    public var agent: String?
    public var interface: String?
    /// The conversation with its time on hold, from the voices' meeting to their parting; nil while it lasts.
    public var talk: Span?
    public var talkEnded: UnixTime?
    /// Another than the member whose phone rang took the call.
    public var isPickedUp = false
    public var doubts: Doubts = []
    /// When the record ended; nil while the call lasts.
    public var contactEnded: UnixTime?
    /// The first thing that the record tells of the caller after this wait and its conversation: another visit, leg or parking place.
    public var continued: UnixTime?
    /// When a phone first rang for the caller after this wait and its conversation, beside any queue, and was not answered.
    public var rangLater: UnixTime?
    /// The beginning of the parking that is nearest to the end of this conversation.
    public var parked: UnixTime?
    /// When what the record tells of the caller after this conversation ended: agents' parts and rings.
    public var laterEnds: [UnixTime] = []
    /// The switch had called the customer, for an agent to take the call.
    public var isCallback = false
    /// No customer: the record is of an agent's own call to a queue.
    public var isInternal = false
    /// The caller came to hear another customer.
    public var isConferenced = false
    /// The agent handed the caller to somebody else; the switch told when.
    public var isHandedOver = false
    /// The agent hung up, as the switch told; on a telephone, not behind a Local channel whose end the log sees.
    public var isHungUpByAgent = false
    /// When others who talked with the caller, in a conference of three, handed the caller over, or themselves out of it.
    public var othersTransfers: [UnixTime] = []
    /// Another agent, who had talked with the caller before, did so until the conversation ended.
    public var isSharedAtEnd = false
    /// The switch ended the call, neither caller nor agent.
    public var isEndedBySystem = false

    public init(
        contact: String, number: UInt64, call: ChannelID, customer: ChannelID? = nil, queue: QueueName, joined: UnixTime, outcome: Outcome
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

/// What our side could see: a record that is not there is a fault only within it.
public struct Coverage: Equatable, Sendable {
    /// An interval without the switch's events; open where the link did not come back. By our clock, while visits have the switch's: where the two are
    /// further apart than the tolerance, it is laid against them that much too early or too late.
    public struct Gap: Equatable, Sendable {
        public var from: UnixTime
        public var to: UnixTime?
        /// Calls that were open when it began have no record: we were not running, and knew nothing of before.
        public var losesOpenCalls: Bool

        public init(from: UnixTime, to: UnixTime?, losesOpenCalls: Bool = false) {
            self.from = from
            self.to = to
            self.losesOpenCalls = losesOpenCalls
        }
    }

    /// nil where it is not known.
    public var from: UnixTime?
    public var to: UnixTime?
    public var gaps: [Gap]
    /// The records are those of calls that are over: a call that lasts has none yet.
    public var isOfEndedCalls: Bool

    public init(from: UnixTime? = nil, to: UnixTime? = nil, gaps: [Gap] = [], isOfEndedCalls: Bool = false) {
        self.from = from
        self.to = to
        self.gaps = gaps
        self.isOfEndedCalls = isOfEndedCalls
    }
}
