import Telephony
import Time

/// One stay of a caller in one queue, as the statistics need it.
///
/// Every figure of a queue is a count or a sum over these, by ``VisitClass``: nothing else is counted, so
/// nothing can disagree. `domain.md` §3.1.
public struct VisitFact: Codable, Equatable, Sendable {
    /// Unique within one switch.
    public var number: UInt64
    public var contact: ContactKey
    /// The contact record of the whole call; nil where it was not made yet.
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
    /// nil while the caller waits.
    public var outcome: QueueVisit.Outcome?
    /// Beginning and end were seen: the wait may be compared with a threshold and be part of sums.
    public var isMeasured: Bool
    /// The waits that were estimated when the caller joined, to be compared with the real one. nil: no
    /// estimate was possible.
    public var estimates = WaitingTimeEstimate()

    package init(_ visit: QueueVisit, record: ContactID?, caller: CallerKey?) {
        number = visit.number
        contact = visit.contact
        self.record = record
        self.caller = caller
        isFlowIn = visit.isFlowIn
        channel = visit.channel
        joined = visit.joined
        isMeasured = visit.isMeasured
    }

    package mutating func end(_ visit: QueueVisit, _ outcome: QueueVisit.Outcome, at now: Moment) {
        contact = visit.contact
        joined = visit.joined
        ended = visit.ended ?? now
        isMeasured = visit.isMeasured
        self.outcome = outcome
    }

    /// From joining to the end, or so far; never negative.
    public func wait(at now: Moment) -> Span { max(.zero, (ended ?? now) - joined) }
}
