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
    public private(set) var waiting: [Waiting] = []
    /// Agents' parts that last, also parts of people outside: two in one conference are two.
    public internal(set) var talking = 0
    public internal(set) var counters = QueueCounters()

    /// When the caller who waits longest joined. The wait itself is computed when somebody reads it, never
    /// when something happens.
    public private(set) var longestWaitingSince: Moment?

    init(_ definition: ServiceLevel.Definition) { self.definition = definition }

    mutating func joined(_ fact: VisitFact) {
        waiting.append(Waiting(visit: fact.number, joined: fact.joined))
        if longestWaitingSince.map({ fact.joined.uptime < $0.uptime }) ?? true { longestWaitingSince = fact.joined }
        counters.add(fact, definition)
    }

    mutating func left(_ fact: VisitFact) {
        if let index = waiting.firstIndex(where: { $0.visit == fact.number }) {
            let gone = waiting.remove(at: index)
            if gone.joined == longestWaitingSince { findLongestWait() }
        }
        counters.add(fact, definition)
    }

    private mutating func findLongestWait() {
        longestWaitingSince = waiting.min { $0.joined.uptime < $1.joined.uptime }?.joined
    }
}

/// Queues whose longest-waiting caller has changed.
struct ChangedWaits: Derived {
    /// nil: any may have changed, and nobody has asked yet.
    private var queues: Set<QueueName>?

    var hasChanges: Bool { queues.map { !$0.isEmpty } ?? true }

    mutating func changed(_ queue: QueueName) { queues?.insert(queue) }

    mutating func take() -> Set<QueueName>? {
        defer { queues = [] }
        return queues
    }
}
