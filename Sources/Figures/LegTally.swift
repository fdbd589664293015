import Time

/// Agents' parts that ended, with their times. Means are over all parts that were seen whole, not only those
/// with a hold.
public struct LegTally: Equatable, Sendable {
    /// Parts that ended.
    public var handled = 0
    /// Of these, seen whole, their after-call work too: what the sums are over.
    public var measured = 0
    /// Of these, with a beginning or an end that was not seen.
    var estimated = 0
    public var talk = Span.zero
    public var hold = Span.zero
    public var wrapUp = Span.zero
    /// After-call work that lasted until its limit.
    public var wrapUpsTimedOut = 0
    public var ring = Span.zero
    public var rung = 0
    public var withHold = 0
    public var transferredOut = 0
    /// Rang, and nobody answered.
    public var noAnswers = 0
    /// Contacts behind the parts that were seen whole; a contact with parts in two queues of the scope is one.
    public var contacts = 0

    public init() {}

    public var handle: Span { talk + hold + wrapUp }

    public mutating func add(_ leg: LegFact) {
        guard leg.ended != nil else { return }
        handled += 1
        if !leg.isMeasured { estimated += 1 }
        if leg.isTransferredOut { transferredOut += 1 }
        if leg.hold > .zero { withHold += 1 }
        if let ring = leg.ring, leg.isMeasured {
            self.ring += ring
            rung += 1
        }
        guard leg.isMeasured, let legTalk = leg.talk, let legWrapUp = leg.wrapUp else { return }
        measured += 1
        talk += legTalk
        hold += leg.hold
        wrapUp += legWrapUp
        if leg.wrapUpTimedOut { wrapUpsTimedOut += 1 }
    }

    public static func += (left: inout LegTally, right: LegTally) {
        left.handled += right.handled
        left.measured += right.measured
        left.estimated += right.estimated
        left.talk += right.talk
        left.hold += right.hold
        left.wrapUp += right.wrapUp
        left.wrapUpsTimedOut += right.wrapUpsTimedOut
        left.ring += right.ring
        left.rung += right.rung
        left.withHold += right.withHold
        left.transferredOut += right.transferredOut
        left.noAnswers += right.noAnswers
        left.contacts += right.contacts
    }
}
