import Telephony
import Time

/// What came of one visit: once `matched`, or once for each thing in which the two sides differ.
public struct Finding: Equatable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// Both sides tell the same.
        case matched
        /// We have a visit that the log has not.
        case missingInLog
        /// The log has a visit that we have not.
        case missingHere
        /// Both have it, and it ended otherwise: answered, abandoned, flowed out, lost, still there; or a flow-out's known reasons differ.
        case differentOutcome
        case waitDiffers, talkDiffers, agentDiffers
    }

    public var kind: Kind
    /// Why; nil where there is nothing to explain: a match to the microsecond.
    public var cause: Cause?
    public var logged: LoggedVisit?
    public var ours: OurVisit?
    /// Ours less the log's; nil where one side has none.
    public var waitDifference: Span?
    public var talkDifference: Span?

    /// The log's second where it has the visit: it decides the window to which the visit belongs.
    public var joined: UnixTime { logged?.joined ?? ours?.joined ?? UnixTime(seconds: 0) }
    public var call: ChannelID { logged?.call ?? ours?.call ?? ChannelID("") }
    /// As the switch shows it; the log has the form in which a dial plan wrote it, too.
    public var queue: QueueName { ours?.queue ?? logged?.queue ?? QueueName("") }
    public var isUnexplained: Bool { cause == .unexplained }
}
