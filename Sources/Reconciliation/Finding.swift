import Telephony
import Time

/// The result for one visit: one `matched`, or one finding for each thing in which the two sides differ.
public struct Finding: Equatable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// Both sides agree.
        case matched
        /// We have a visit that the log lacks.
        case missingInLog
        /// The log has a visit that we lack.
        case missingHere
        /// Both have it, but with different outcomes: answered, abandoned, flow-out, lost, still there; or a flow-out
        /// with different known reasons.
        case differentOutcome
        case waitDiffers, talkDiffers, agentDiffers
    }

    public var kind: Kind
    /// The cause; nil if there is nothing to explain: a match to the microsecond.
    public var cause: Cause?
    public var logged: LoggedVisit?
    public var ours: OurVisit?
    /// Ours minus the log's; nil if one side has none.
    public var waitDifference: Span?
    public var talkDifference: Span?

    /// The log's second, if the log has the visit. It decides the window to which the visit belongs.
    public var joined: UnixTime { logged?.joined ?? ours?.joined ?? UnixTime(seconds: 0) }
    public var call: ChannelID { logged?.call ?? ours?.call ?? ChannelID("") }
    /// As the switch shows it; the log also has the spelling of the dial plan.
    public var queue: QueueName { ours?.queue ?? logged?.queue ?? QueueName("") }
    public var isUnexplained: Bool { cause == .unexplained }
}
