import ACD
import Switches
import Telephony
import Time

/// Where the stream's changes are cut and numbered: part of the core, so that the numbers are a function of what happened, and of nothing that
/// a reader does.
///
/// What happens within ``Limits/wallboardInterval`` of the first news is one change, whether or not anybody listens. What a change *says* is
/// written by the ``WallboardHub``; here are only the names of what moved.
struct StreamCutter: Codable, Equatable, Sendable {
    /// What one change is about; indexes are those of the gateway's rooms.
    struct Change: Sendable {
        struct Queue: Hashable, Sendable {
            var room: Int
            var name: QueueName
        }
        struct Agent: Hashable, Sendable {
            var room: Int
            var interface: Interface
        }

        var sequence: UInt64
        var at: Moment
        var queues: [Queue] = []
        var agents: [Agent] = []
        var switches: [Int] = []
    }

    /// The number of the last change.
    private(set) var sequence: UInt64 = 0
    /// Since when the counters count.
    private(set) var since = UnixTime(microseconds: 0)
    private var changedSwitches: Set<Int> = []
    private var cutAt: Moment?
    /// The local midnight before the last change.
    private var day: UnixTime?

    /// The rooms have other indexes now; nil for one that is gone.
    func renumbered(_ index: (Int) -> Int?) -> StreamCutter {
        var renumbered = self
        renumbered.changedSwitches = Set(changedSwitches.compactMap(index))
        return renumbered
    }

    mutating func start(at now: Moment) { since = now.date }

    mutating func switchChanged(_ room: Int) { changedSwitches.insert(room) }

    /// Something moved that no change has told yet.
    var hasNews: Bool { cutAt != nil }

    /// When the next change will be cut.
    var nextChange: Moment? { cutAt }

    /// In uptime.
    var nextDeadline: Span? { cutAt?.uptime }

    /// To be called after each thing that happened, with its moment: the first news since the last cut begins the interval.
    mutating func notice(_ rooms: [SwitchRoom], at now: Moment) {
        guard cutAt == nil, !changedSwitches.isEmpty || rooms.contains(where: { $0.acd.hasChanges }) else { return }
        cutAt = now + Limits.wallboardInterval
    }

    /// The change that was due at the latest at `uptime`; nil if none was. Its moment is the one at which it was due, however late we are.
    mutating func cut(_ rooms: inout [SwitchRoom], until uptime: Span) -> Change? {
        guard let due = cutAt, due.uptime <= uptime else { return nil }
        cutAt = nil
        var change = Change(sequence: sequence + 1, at: due)
        // A person sees no difference whether a thousand queues come in one change or in five; but one change is written in one turn.
        var work = Limits.wallboardWork
        for index in rooms.indices {
            let moved = rooms[index].acd.takeChanges(work: work)
            work = moved.left
            let acd = rooms[index].acd
            change.queues += moved.queues.filter { acd.queues[$0] != nil }.map { .init(room: index, name: $0) }
            change.agents += moved.agents.filter { acd.agents[$0] != nil }.map { .init(room: index, interface: $0) }
        }
        if rooms.contains(where: \.acd.hasRest) { cutAt = due + Limits.wallboardPartInterval }
        // With the day's figures the day's gaps begin anew.
        let today = rooms.first.map { $0.acd.policy.zone.midnight(atOrBefore: due.date) }
        if let day, today != day { changedSwitches = Set(rooms.indices) }
        day = today
        change.switches = changedSwitches.sorted()
        changedSwitches.removeAll()
        // A change says something, or it is none.
        guard !change.queues.isEmpty || !change.agents.isEmpty || !change.switches.isEmpty else { return nil }
        sequence += 1
        return change
    }
}
