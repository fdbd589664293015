import Telephony
import Time

/// One stay of a caller in one queue according to the switch's own queue_log, against which our figures are judged.
public struct LoggedVisit: Equatable, Sendable {
    public enum Outcome: Equatable, Sendable {
        /// The log ends before the visit does.
        case waiting
        case answered, abandoned
        /// EXITWITHTIMEOUT, EXITWITHKEY, EXITEMPTY, WITHDRAW; never `unknown`.
        case flowOut(QueueVisit.FlowOut)
        /// SYSCOMPAT: caller and agent had no codec in common, and the call was dropped.
        case incompatible
        /// The log has no end although it continues: the switch was restarted, or the same call joined the same queue
        /// again.
        case lost
    }

    /// How the conversation ended.
    public enum Ending: String, Equatable, Sendable { case caller, agent, blindTransfer, attendedTransfer }

    /// The Uniqueid of the channel that joined.
    public var call: ChannelID
    public var queue: QueueName
    /// The ordinal, from 1, of this call's ENTERQUEUE in this queue, within the files that were read.
    public var entry: Int
    /// The second of ENTERQUEUE. If the log begins later (``isPartial``), it is computed from the closing line's times.
    public var joined: UnixTime
    public var isPartial = false
    public var outcome = Outcome.waiting
    /// The second of CONNECT or of the exit; for a lost stay, that of the next joining.
    public var left: UnixTime?
    /// The difference of two clocks that were cut to seconds.
    public var wait: Span?
    /// The member's name, or the interface if there is none.
    public var agent: String?
    /// The second of COMPLETE… or …TRANSFER.
    public var ended: UnixTime?
    public var ending: Ending?
    /// The length of the conversation, including hold.
    public var talk: Span?
    /// The position at the time of joining.
    public var position: Int?
    /// The channel that took the place over while it waited: a caller whom the agent in the queue, who waited to
    /// consult it, handed over.
    public var heir: ChannelID?
    /// The channel under which the conversation ended, if it is not the one (or the heir) under which it began.
    public var endedAs: ChannelID?
    /// When QUEUESTART came before the end of the wait or the conversation.
    public var restarted: UnixTime?

    public init(call: ChannelID, queue: QueueName, entry: Int = 1, joined: UnixTime) {
        self.call = call
        self.queue = queue
        self.entry = entry
        self.joined = joined
    }

    /// According to the log, neither in the queue nor in its conversation any more.
    var isClosed: Bool {
        switch outcome {
        case .waiting: false
        case .answered: ended != nil || restarted != nil
        case .abandoned, .flowOut, .incompatible, .lost: true
        }
    }
}

/// The key by which lines and visits are matched.
struct Place: Hashable {
    var call: ChannelID
    var queue: QueueName
}
