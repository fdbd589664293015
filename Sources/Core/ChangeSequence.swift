import ACD
import Telephony
import Time

/// The numbered changes of the supervisors' stream: part of the core, so that the numbers are a function of what
/// happened, and of nothing that a reader does.
///
/// What happens within ``Core/Limits/changeInterval`` of the first news is one change, whether or not anybody listens.
/// Here are only the names of what moved; what a change says of it is written by the edge that sends it.
public struct ChangeSequence: Codable, Equatable, Sendable {
    /// What one change is about; `switch` is an index of ``Core/switches``.
    public struct Change: Equatable, Sendable {
        public struct Queue: Hashable, Comparable, Sendable {
            public var `switch`: Int
            public var name: QueueName

            public init(switch: Int, name: QueueName) {
                self.switch = `switch`
                self.name = name
            }

            public static func < (left: Self, right: Self) -> Bool {
                (left.switch, left.name) < (right.switch, right.name)
            }
        }

        public struct Agent: Hashable, Comparable, Sendable {
            public var `switch`: Int
            public var interface: Interface

            public init(switch: Int, interface: Interface) {
                self.switch = `switch`
                self.interface = interface
            }

            public static func < (left: Self, right: Self) -> Bool {
                (left.switch, left.interface) < (right.switch, right.interface)
            }
        }

        public var sequence: UInt64
        public var at: Moment
        public var queues: [Queue]
        public var agents: [Agent]
        public var switches: [Int]

        public init(sequence: UInt64, at: Moment, queues: [Queue] = [], agents: [Agent] = [], switches: [Int] = []) {
            self.sequence = sequence
            self.at = at
            self.queues = queues
            self.agents = agents
            self.switches = switches
        }

        public var isEmpty: Bool { queues.isEmpty && agents.isEmpty && switches.isEmpty }
    }

    /// The number of the last change.
    public private(set) var sequence: UInt64 = 0
    /// Since when the counters count.
    public private(set) var since = UnixTime(microseconds: 0)
    /// When the next change is due, by what is known.
    public private(set) var next: Moment?
    /// The local midnight before the last change.
    private var day: UnixTime?

    mutating func start(at now: Moment) { since = now.date }

    /// Whether something moved that no change has reported yet.
    public var hasNews: Bool { next != nil }

    /// To be called after each thing that happened to a switch, with its moment: the first news since the last change
    /// begins the interval.
    mutating func notice(_ hasNews: Bool, at now: Moment) {
        guard next == nil, hasNews else { return }
        next = now + Core.Limits.changeInterval
    }

    /// The change that was due at the latest at `uptime`; nil if none was. Its moment is the one at which it was due,
    /// however late we are.
    mutating func take(from switches: inout [Switch], until uptime: Span) -> Change? {
        guard let due = next, due.uptime <= uptime else { return nil }
        next = nil
        var change = Change(sequence: sequence + 1, at: due)
        // A person sees no difference whether a thousand queues come in one change or in five; but one change is
        // written in one turn.
        var work = Core.Limits.changeWork
        // What an earlier change had no room for comes before anything newer, of whichever switch: otherwise the first
        // busy switch would take all changes, and the last would not be told at all. The turn needs no state of its
        // own: who has a rest is in the checkpoint.
        let isRestDue = Self.hasRest(switches)
        for index in switches.indices where !isRestDue || switches.span[index].acd.hasRest {
            let moved = switches[index].acd.takeChanges(work: work)
            work = moved.left
            for queue in moved.queues where switches[index].acd.queues.contains(key: queue) {
                change.queues.append(.init(switch: index, name: queue))
            }
            for agent in moved.agents where switches[index].acd.agents.contains(key: agent) {
                change.agents.append(.init(switch: index, interface: agent))
            }
        }
        if Self.hasRest(switches) {
            next = due + Core.Limits.changePartInterval
        }
        // With the day's figures the day's gaps begin again.
        let today = switches.isEmpty ? nil : switches.span[0].acd.policy.zone.midnight(atOrBefore: due.date)
        let isNewDay = day.map { today != $0 } ?? false
        day = today
        for index in switches.indices where isNewDay || switches.span[index].isChanged {
            change.switches.append(index)
            switches[index].isChanged = false
        }
        // An empty change is not made.
        guard !change.isEmpty else { return nil }
        sequence += 1
        return change
    }

    /// The span lends a switch, where the array would give a copy.
    private static func hasRest(_ switches: [Switch]) -> Bool {
        for index in switches.indices where switches.span[index].acd.hasRest { return true }
        return false
    }
}
