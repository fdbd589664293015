import Telephony
import Time

/// Visits counted by class, with the sums of their waits: as ``VisitTally``, but of a window that visits drop out of
/// again, so that its longest wait is not known.
public struct VisitCounts: Equatable, Sendable {
    private struct Cell: Equatable, Sendable {
        var count = 0
        var measured = 0
        var wait = Span.zero
    }

    private var cells = [Cell](repeating: Cell(), count: VisitClass.allCases.count)

    public init() {}

    init(_ tally: VisitTally) {
        for visitClass in VisitClass.allCases {
            let cell = tally[visitClass]
            cells[visitClass.rawValue] = Cell(count: cell.count, measured: cell.measured, wait: cell.wait)
        }
    }

    /// `sign`: 1, or −1 for one that is taken out.
    mutating func add(_ fact: VisitFact, as visitClass: VisitClass, _ sign: Int) {
        cells[visitClass.rawValue].count += sign
        guard fact.isMeasured else { return }
        let wait = fact.wait(at: fact.ended ?? fact.joined)
        cells[visitClass.rawValue].measured += sign
        cells[visitClass.rawValue].wait += sign > 0 ? wait : .zero - wait
    }

    public func count(_ classes: [VisitClass]) -> Int { classes.reduce(0) { $0 + cells[$1.rawValue].count } }
    public func measured(_ classes: [VisitClass]) -> Int { classes.reduce(0) { $0 + cells[$1.rawValue].measured } }
    public func wait(_ classes: [VisitClass]) -> Span { classes.reduce(.zero) { $0 + cells[$1.rawValue].wait } }

    public func serviceLevel(_ formula: ServiceLevel.Formula) -> ServiceLevel {
        ServiceLevel(numerator: count(formula.numerator), denominator: count(formula.denominator))
    }
}
