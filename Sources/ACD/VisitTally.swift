import Telephony
import Time

/// Visits, counted by class, with their waits. Tallies of several queues or intervals are added and divided once: percentages are never averaged.
public struct VisitTally: Equatable, Sendable {
    public struct Cell: Equatable, Sendable {
        public var count = 0
        /// Of these, with a wait that was seen whole.
        public var measured = 0
        public var wait = Span.zero
        public var longest: Span?
    }

    /// Of all these, let go by another queue to this one.
    public private(set) var flowIn = 0
    private var cells = [Cell](repeating: Cell(), count: VisitClass.allCases.count)
    /// Refused at the door: never visits.
    public var blockedFull = 0
    public var blockedEmpty = 0

    public init() {}

    public subscript(_ visitClass: VisitClass) -> Cell { cells[visitClass.rawValue] }

    public mutating func add(_ fact: VisitFact, as visitClass: VisitClass, at now: Moment) {
        cells[visitClass.rawValue].count += 1
        if fact.isFlowIn { flowIn += 1 }
        guard fact.isMeasured else { return }
        let wait = fact.wait(at: now)
        cells[visitClass.rawValue].measured += 1
        cells[visitClass.rawValue].wait += wait
        cells[visitClass.rawValue].longest = max(cells[visitClass.rawValue].longest ?? .zero, wait)
    }

    public static func += (left: inout VisitTally, right: VisitTally) {
        for index in left.cells.indices {
            left.cells[index].count += right.cells[index].count
            left.cells[index].measured += right.cells[index].measured
            left.cells[index].wait += right.cells[index].wait
            left.cells[index].longest = [left.cells[index].longest, right.cells[index].longest].compactMap { $0 }.max()
        }
        left.flowIn += right.flowIn
        left.blockedFull += right.blockedFull
        left.blockedEmpty += right.blockedEmpty
    }

    public func count(_ classes: [VisitClass]) -> Int { classes.reduce(0) { $0 + self[$1].count } }
    public func measured(_ classes: [VisitClass]) -> Int { classes.reduce(0) { $0 + self[$1].measured } }
    public func wait(_ classes: [VisitClass]) -> Span { classes.reduce(.zero) { $0 + self[$1].wait } }
    public func longest(_ classes: [VisitClass]) -> Span? { classes.compactMap { self[$0].longest }.max() }

    public func serviceLevel(_ formula: ServiceLevel.Formula) -> ServiceLevel {
        ServiceLevel(numerator: count(formula.numerator), denominator: count(formula.denominator))
    }

    /// Between which values the service level of these visits must lie once those who wait, and those whose wait was not seen, are known.
    /// Who has waited longer than T already can only fail; everybody else may go either way. `domain.md` §3.4. That a caller's end may never be seen
    /// (the link breaks, the switch dies), who is then in no rate, is not reckoned with.
    public func bounds(_ formula: ServiceLevel.Formula) -> (least: ServiceLevel, most: ServiceLevel) {
        let known = serviceLevel(formula)
        let abandonedMayCount = formula.variant == 1 || formula.variant == 5
        let abandonedIsLeftOut = formula.variant == 2 || formula.variant == 4 || formula.variant == 6
        let answered = self[.answeredUnmeasured].count
        let abandoned = self[.abandonedUnmeasured].count
        let mayBeInTime = self[.waitingInTime].count + self[.waitingUnmeasured].count
        let late = self[.waitingLate].count
        // Where abandons are ignored, or flow-outs, who waits too long already may still come to count for nothing.
        let lateIsCertain = formula.variant != 2 && formula.includesFlowOut
        let least = ServiceLevel(
            numerator: known.numerator,
            denominator: known.denominator + mayBeInTime + late + answered + (formula.variant == 2 ? 0 : abandoned))
        let most = ServiceLevel(
            numerator: known.numerator + mayBeInTime + answered + (abandonedMayCount ? abandoned : 0),
            denominator: known.denominator + mayBeInTime + (lateIsCertain ? late : 0) + answered + (abandonedIsLeftOut ? 0 : abandoned))
        return (least, most)
    }
}
