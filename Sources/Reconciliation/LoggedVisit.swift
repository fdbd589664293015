import Telephony
import Time

/// One stay of a caller in one queue, as the switch's own queue_log tells it: the judge of our figures.
public struct LoggedVisit: Equatable, Sendable {
    public enum Outcome: Equatable, Sendable {
        /// The log ends before the visit does.
        case waiting
        case answered, abandoned
        /// EXITWITHTIMEOUT, EXITWITHKEY, EXITEMPTY, WITHDRAW; never `unknown`.
        case flowOut(QueueVisit.FlowOut)
        /// SYSCOMPAT: caller and agent had no codec in common, and the call was dropped.
        case incompatible
        /// The log tells no end although it goes on: the switch was started again, or the same call joined the same queue once more.
        case lost
    }

    /// What closed the conversation.
    public enum Ending: String, Equatable, Sendable { case caller, agent, blindTransfer, attendedTransfer }

    /// The Uniqueid that joined.
    public var call: ChannelID
    public var queue: QueueName
    /// The how-manieth ENTERQUEUE of this call in this queue, from 1, within the files that were read.
    public var entry: Int
    /// The second of ENTERQUEUE; where the log begins later (``isPartial``), what the closing line's waits make of it.
    public var joined: UnixTime
    public var isPartial = false
    public var outcome = Outcome.waiting
    /// The second of CONNECT or of the exit; of a lost stay, of the next joining.
    public var left: UnixTime?
    /// Differences of two clocks that had been truncated to seconds.
    public var wait: Span?
    /// The member's name; the interface where it has none.
    public var agent: String?
    /// The second of COMPLETE… or …TRANSFER.
    public var ended: UnixTime?
    public var ending: Ending?
    /// The conversation, with the time on hold.
    public var talk: Span?
    /// At the time of joining.
    public var position: Int?
    /// Who took the place over while it waited: a caller whom an agent, who waited in the queue to consult it, handed over.
    public var heir: ChannelID?
    /// The channel under which the conversation ended, where it is another than the one (or the heir) under which it began.
    public var endedAs: ChannelID?
    /// QUEUESTART came before the end of the wait or the conversation.
    public var restarted: UnixTime?

    public init(call: ChannelID, queue: QueueName, entry: Int = 1, joined: UnixTime) {
        self.call = call
        self.queue = queue
        self.entry = entry
        self.joined = joined
    }

    /// Neither in the queue nor in its conversation any more, as far as the log tells.
    var isClosed: Bool {
        switch outcome {
        case .waiting: false
        case .answered: ended != nil || restarted != nil
        case .abandoned, .flowOut, .incompatible, .lost: true
        }
    }
}

/// What lines of the log, and visits, are about.
struct Place: Hashable {
    var call: ChannelID
    var queue: QueueName
}
