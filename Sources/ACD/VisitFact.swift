import Telephony
import Time

/// One stay of a caller in one queue, as the statistics need it. Every figure of a queue is a count or a sum over these: there is nothing else that
/// could disagree with them. `domain.md` §3.1.
public struct VisitFact: Codable, Equatable, Sendable {
    public enum Outcome: Codable, Hashable, Sendable { case waiting, answered, abandoned, flowOut(QueueVisit.FlowOut), lost }

    /// Within the switch's room.
    public var number: UInt64
    public var contact: ContactKey
    /// The contact record that tells the whole call; nil where it was not made yet.
    public var record: ContactID?
    /// The leg that joined: the call id of the switch's own `queue_log`.
    public var channel: ChannelID
    /// nil: unknown, or withheld.
    public var caller: CallerKey?
    /// Another queue let the caller go to this one.
    public var isFlowIn: Bool
    public var joined: Moment
    /// nil while the caller waits.
    public var ended: Moment?
    public var outcome = Outcome.waiting
    /// Beginning and end were seen: the wait may be compared with a threshold and stand in sums.
    public var isMeasured: Bool
    /// What a caller would have been told on joining, to be compared with what came. nil: nothing could be said.
    public var estimates = WaitingTimeEstimate()

    init(_ visit: QueueVisit, record: ContactID?, caller: CallerKey?) {
        number = visit.number
        contact = visit.contact
        self.record = record
        self.caller = caller
        isFlowIn = visit.isFlowIn
        channel = visit.channel
        joined = visit.joined
        isMeasured = visit.isMeasured
    }

    mutating func end(_ visit: QueueVisit, _ outcome: Outcome, at now: Moment) {
        contact = visit.contact
        joined = visit.joined
        ended = visit.ended ?? now
        isMeasured = visit.isMeasured
        self.outcome = outcome
    }

    /// From joining to the end, or so far; never negative.
    public func wait(at now: Moment) -> Span { max(.zero, (ended ?? now) - joined) }
}
