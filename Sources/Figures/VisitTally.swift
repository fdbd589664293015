import Telephony
import Time

/// Visits counted by class, with their waits.
///
/// Tallies of several queues or intervals are added and divided once: percentages are never averaged.
public struct VisitTally: Equatable, Sendable {
    public struct Cell: Codable, Equatable, Sendable {
        public var count = 0
        /// Of these, with a wait that was seen whole.
        public var measured = 0
        public var wait = Span.zero
        public var longest: Span?
    }

    /// Of all these, how many another queue let go to this one.
    public private(set) var flowIn = 0
    private var cells = [Cell](repeating: Cell(), count: VisitClass.allCases.count)
    /// Refused at the queue's door: never visits.
    public private(set) var blockedFull = 0
    public private(set) var blockedEmpty = 0

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

    mutating func add(_ refusal: QueueFacts.Refusal) {
        switch refusal.reason {
        case .full: blockedFull += 1
        case .empty: blockedEmpty += 1
        }
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

    /// How many visits ended like this; nil: how many have not ended.
    public func count(of outcome: QueueVisit.Outcome?) -> Int {
        VisitClass.allCases.reduce(0) { $1.outcome == outcome ? $0 + self[$1].count : $0 }
    }

    /// Of which the beginning or the end was not seen.
    var estimated: Int { cells.reduce(0) { $0 + $1.count - $1.measured } }

    public var answeredInTime: Int { self[.answeredInTime].count }
    public var abandonedInTime: Int { count([.abandonedShortInTime, .abandonedInTime]) }

    public func serviceLevel(_ formula: ServiceLevel.Formula) -> ServiceLevel {
        ServiceLevel(numerator: count(formula.numerator), denominator: count(formula.denominator))
    }

    /// The values between which the service level of these visits must lie once those who wait, and those
    /// whose wait was not seen, are known.
    ///
    /// A caller who has already waited longer than T can only fail; all others may go either way. `domain.md` §3.4. A
    /// caller whose end is never seen (the link breaks, the switch dies) is in no rate; the bounds do not allow for
    /// that.
    public func bounds(_ formula: ServiceLevel.Formula) -> (least: ServiceLevel, most: ServiceLevel) {
        let known = serviceLevel(formula)
        let abandonedMayCount = formula.variant == 1 || formula.variant == 5
        let abandonedIsLeftOut = formula.variant == 2 || formula.variant == 4 || formula.variant == 6
        let answered = self[.answeredUnmeasured].count
        let abandoned = self[.abandonedUnmeasured].count
        let mayBeInTime = self[.waitingInTime].count + self[.waitingUnmeasured].count
        let late = self[.waitingLate].count
        // Where abandons are ignored, or flow-outs, a caller who has waited too long already may still count
        // for nothing.
        let lateIsCertain = formula.variant != 2 && formula.includesFlowOut
        let least = ServiceLevel(
            numerator: known.numerator,
            denominator: known.denominator + mayBeInTime + late + answered + (formula.variant == 2 ? 0 : abandoned))
        let most = ServiceLevel(
            numerator: known.numerator + mayBeInTime + answered + (abandonedMayCount ? abandoned : 0),
            denominator: known.denominator + mayBeInTime + (lateIsCertain ? late : 0) + answered
                + (abandonedIsLeftOut ? 0 : abandoned))
        return (least, most)
    }
}

/// The cells in which something was counted, by the names of their classes.
extension VisitTally: Codable {
    private enum CodingKeys: CodingKey { case flowIn, cells, blockedFull, blockedEmpty }

    private static let names = VisitClass.allCases.map { "\($0)" }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        flowIn = try container.decode(Int.self, forKey: .flowIn)
        blockedFull = try container.decode(Int.self, forKey: .blockedFull)
        blockedEmpty = try container.decode(Int.self, forKey: .blockedEmpty)
        for (name, cell) in try container.decode([String: Cell].self, forKey: .cells) {
            guard let index = Self.names.firstIndex(of: name) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .cells, in: container, debugDescription: "There is no class “\(name)”.")
            }
            cells[index] = cell
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(flowIn, forKey: .flowIn)
        try container.encode(blockedFull, forKey: .blockedFull)
        try container.encode(blockedEmpty, forKey: .blockedEmpty)
        let counted = zip(Self.names, cells).filter { $0.1 != Cell() }
        try container.encode(Dictionary(uniqueKeysWithValues: counted), forKey: .cells)
    }
}
