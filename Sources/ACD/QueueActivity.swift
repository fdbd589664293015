import Figures
import Telephony
import Time

/// What is going on in one queue, and what was counted of it since counting began.
public struct QueueActivity: Codable, Equatable, Sendable {
    public struct Waiting: Codable, Equatable, Sendable {
        public var visit: UInt64
        public var joined: Moment
    }

    /// The queue's contract.
    public internal(set) var definition: ServiceLevel.Definition
    /// The facts' waiting callers in short, in the order of joining: they are asked for after each event.
    public internal(set) var waiting: [Waiting] = []
    /// Agents' parts that last, also parts of people outside: two in one conference are two.
    public internal(set) var talking = 0
    public internal(set) var counters = QueueCounters()

    init(_ definition: ServiceLevel.Definition) { self.definition = definition }

    /// When the caller who waits longest joined. The wait itself is computed when somebody reads it, never
    /// when something happens.
    public var longestWaitingSince: Moment? { waiting.min { $0.joined.uptime < $1.joined.uptime }?.joined }

    mutating func joined(_ fact: VisitFact) {
        waiting.append(Waiting(visit: fact.number, joined: fact.joined))
        counters.add(fact, definition)
    }

    mutating func left(_ fact: VisitFact) {
        if let index = waiting.firstIndex(where: { $0.visit == fact.number }) { waiting.remove(at: index) }
        counters.add(fact, definition)
    }
}
