import Telephony
import Time

/// A figure's value: numerator and denominator, and their quotient, divided once.
public struct FigureValue: Equatable, Sendable {
    /// A count, or microseconds.
    public var numerator: Int64?
    /// nil where nothing is divided.
    public var denominator: Int64?
    /// In the definition's unit; nil where the denominator is 0 or unknown: such a figure is neither 0 % nor 100 %.
    public var value: Double?

    init(numerator: Int64?, denominator: Int64?, value: Double? = nil) {
        self.numerator = numerator
        self.denominator = denominator
        self.value = value
    }

    /// Not known.
    public init() {}
}

extension FigureDefinition.Unit {
    /// By this a count, or microseconds, are divided to give the unit.
    fileprivate var scale: Double {
        switch self {
        case .seconds: 1_000_000
        // A count over microseconds.
        case .perHour: 1 / 3_600_000_000
        case .count, .ratio: 1
        }
    }

    /// nil where the denominator is 0. Every division of a figure is this one: in another order of operations the same
    /// figure has another last digit.
    fileprivate func quotient(_ numerator: Int64, _ denominator: Int64) -> Double? {
        denominator > 0 ? Double(numerator) / Double(denominator) / scale : nil
    }
}

extension FigureDefinition {
    /// The figure ASA, in seconds; nil where nobody was answered whose wait was seen whole.
    fileprivate static func averageSpeedOfAnswer(_ wait: Span, of answered: Int) -> Double? {
        Unit.seconds.quotient(wait.microseconds, Int64(answered))
    }
}

extension VisitTally {
    /// The figure ASA, in seconds.
    public var averageSpeedOfAnswer: Double? {
        FigureDefinition.averageSpeedOfAnswer(wait(VisitClass.answered), of: measured(VisitClass.answered))
    }
}

extension VisitCounts {
    /// The figure ASA, in seconds.
    public var averageSpeedOfAnswer: Double? {
        FigureDefinition.averageSpeedOfAnswer(wait(VisitClass.answered), of: measured(VisitClass.answered))
    }
}

extension Figures {
    public func value(_ definition: FigureDefinition) -> FigureValue {
        let scale = definition.unit.scale
        switch definition.computation {
        case .sum(let term):
            let sum = count(term)
            return FigureValue(numerator: sum, denominator: nil, value: sum.map { Double($0) / scale })
        case .ratio(let above, let below):
            let numerator = count(above)
            let denominator = count(below)
            guard let numerator, let denominator else {
                return FigureValue(numerator: numerator, denominator: denominator)
            }
            return FigureValue(
                numerator: numerator, denominator: denominator,
                value: definition.unit.quotient(numerator, denominator))
        case .longest(let classes):
            let longest = visits.longest(classes)
            return FigureValue(numerator: longest?.microseconds, denominator: nil, value: longest?.seconds)
        case .quantile(let percent):
            let wait = answeredWaits.quantile(percent)
            return FigureValue(numerator: wait?.microseconds, denominator: nil, value: wait?.seconds)
        }
    }

    /// A count, or microseconds; nil where it is not known.
    public func count(_ term: FigureDefinition.Term) -> Int64? {
        switch term {
        case .visits(let classes): Int64(visits.count(classes))
        case .measured(let classes): Int64(visits.measured(classes))
        case .wait(let classes): visits.wait(classes).microseconds
        case .blocked(let full, let empty): Int64((full ? visits.blockedFull : 0) + (empty ? visits.blockedEmpty : 0))
        case .presented: Int64(visits.count(VisitClass.allCases) + visits.blockedFull + visits.blockedEmpty)
        case .flowIn: Int64(visits.flowIn)
        case .callers: callers.map { Int64($0.count) }
        case .selfServed: selfServed.map { Int64($0) }
        case .legs(let quantity): legs[quantity]
        case .time(let quantity): states.map { $0[of: quantity].microseconds }
        }
    }
}

extension LegTally {
    subscript(_ quantity: FigureDefinition.LegQuantity) -> Int64 {
        switch quantity {
        case .handled: Int64(handled)
        case .measured: Int64(measured)
        case .withHold: Int64(withHold)
        case .transferredOut: Int64(transferredOut)
        case .noAnswers: Int64(noAnswers)
        case .rung: Int64(rung)
        case .calledUpon: Int64(noAnswers + handled)
        case .contacts: Int64(contacts)
        case .talk: talk.microseconds
        case .hold: hold.microseconds
        case .wrapUp: wrapUp.microseconds
        case .wrapUpsTimedOut: Int64(wrapUpsTimedOut)
        case .handle: handle.microseconds
        case .ring: ring.microseconds
        }
    }
}
