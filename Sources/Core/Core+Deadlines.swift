import Switches
import Calls
import Figures
import ACD
import Directory
import Telephony
import Time

// Time. A deadline of the core takes effect at its own moment, not when the loop woke: before an input is handled, what
// was due by then is done in order, each at the moment at which it was due. So a late timer changes nothing, and a
// journal needs no ticks.
extension Core {
    /// Something that is due at a moment, in uptime. Of those that are due at one moment, the lesser place comes first.
    struct Deadline: Comparable, Sendable {
        var at: Span
        var place: Place

        static func < (left: Self, right: Self) -> Bool {
            left.at == right.at ? left.place.rank < right.place.rank : left.at < right.at
        }
    }

    /// Whose deadline it is. The order is that of deadlines that are due at one instant.
    enum Place: Equatable, Sendable {
        /// A caller's grace, a parting.
        case calls(Int)
        /// After the calls: if a conversation turns out to have ended long ago, its after-call work may be over, too.
        case acd(Int)
        /// Ping, reconnection, an answer that did not come; webhooks that were held for long enough.
        case link(Int)
        case lookup
        /// A caller has waited for so long that it is an alarm.
        case alarms(Int)
        /// The rows of a quarter-hour, after everything that they count.
        case intervals(Int)
        /// A change of the supervisors' stream, after everything that it reports.
        case change

        /// Calls, agents and link of one switch after another, then the rest.
        fileprivate var rank: (Int, Int, Int) {
            switch self {
            case .calls(let index): (0, index, 0)
            case .acd(let index): (0, index, 1)
            case .link(let index): (0, index, 2)
            case .lookup: (1, 0, 0)
            case .alarms(let index): (2, index, 0)
            case .intervals(let index): (3, index, 0)
            case .change: (4, 0, 0)
            }
        }
    }

    /// In uptime: when to come back if nothing happens before.
    public var nextDeadline: Span? { next?.at }

    private var next: Deadline? {
        // The core was made or decoded, and has done nothing yet.
        guard deadlines.isCurrent(of: switches.count) else { return scanned(but: []) }
        var next = deadlines.first
        for due in [deadlines.firstClosing(at: moment), lookupDeadline, changeDeadline] {
            if let due, next.map({ due < $0 }) ?? true { next = due }
        }
        assert(next == scanned(but: []), "a switch was changed and not touched")
        return next
    }

    private var lookupDeadline: Deadline? { common.lookups.nextDeadline.map { Deadline(at: $0, place: .lookup) } }
    private var changeDeadline: Deadline? { changes.next.map { Deadline(at: $0.uptime, place: .change) } }

    /// Every switch is asked, for each of its deadlines.
    private func scanned(but stuck: [Place]) -> Deadline? {
        var all = [lookupDeadline, changeDeadline].compactMap { $0 }
        for index in switches.indices {
            switches[index].forEachDeadline(index) { all.append($0) }
            if let closing = switches[index].closing {
                all.append(Deadline(at: moment.uptime + (closing - moment.date), place: .intervals(index)))
            }
        }
        return all.filter { !stuck.contains($0.place) }.min()
    }

    /// Does what was due up to `uptime`. What turns out to have been due before the last thing that happened is done at
    /// that thing's moment: time does not go back.
    mutating func reachDeadlines(
        until uptime: Span, _ outputs: inout [Output], _ take: ([Output], borrowing Core) -> Void
    ) {
        guard hasStarted else { return }
        // A deadline that does not move on is a fault of ours; it must not stop everything else.
        var stuck: [Place] = []
        var last: Deadline?
        while true {
            deadlines.settle(&switches)
            guard let next = stuck.isEmpty ? next : scanned(but: stuck), next.at <= uptime else { return }
            let place = next.place
            if next == last {
                assertionFailure("the deadline of \(place) at \(next.at) was passed and is still there")
                stuck.append(place)
                continue
            }
            last = next
            common.moment = moment + max(.zero, next.at - moment.uptime)
            reach(place, at: moment, into: &outputs)
            // What is said of a change is written before anything else moves.
            if case .change = place { flush(&outputs, take) }
            notice(at: moment)
            flush(&outputs, take)
        }
    }

    private mutating func reach(_ place: Place, at now: Moment, into outputs: inout [Output]) {
        switch place {
        case .calls(let index), .acd(let index), .link(let index), .alarms(let index), .intervals(let index):
            deadlines.touch(index)
        case .lookup: break
        case .change: for index in switches.indices where switches[index].hasNews() { deadlines.touch(index) }
        }
        switch place {
        case .calls(let index):
            switches[index].callDeadlineReached(at: now, &common, into: &outputs)
            switches[index].enterCorrected(at: now, common, into: &outputs)
        case .acd(let index):
            switches[index].acd.deadlineReached(at: now)
            switches[index].enterCorrected(at: now, common, into: &outputs)
        case .link(let index): switches[index].linkDeadlineReached(at: now, &common, into: &outputs)
        case .lookup:
            while let lookup = common.lookups.takeLate(at: now) {
                apply(DirectoryAnswer(number: .unavailable, match: .notAvailable), to: lookup, at: now, into: &outputs)
            }
        case .alarms(let index): switches[index].evaluateTimedAlarms(at: now)
        case .intervals(let index): switches[index].closeIntervals(rules, at: now, into: &outputs)
        case .change:
            guard let change = changes.take(from: &switches, until: now.uptime) else { return }
            // What an alarm does at this moment is said with this change. Its queues are in order of their switches.
            var rest = change.queues[...]
            while let index = rest.first?.switch {
                let queues = rest.prefix { $0.switch == index }
                rest = rest.dropFirst(queues.count)
                guard switches.span[index].state == .connected else { continue }
                switches[index].evaluateAlarms(of: queues.map(\.name), at: change.at)
            }
            outputs.append(.changed(change))
        }
    }
}

extension Switch {
    /// The first in uptime, and when the running quarter-hour's rows are closed. It is `mutating` although it changes
    /// nothing, because a method that only reads would be given a copy of the switch.
    mutating func firstDeadlines(_ index: Int) -> (due: Core.Deadline?, closing: UnixTime?) {
        var first: Core.Deadline?
        forEachDeadline(index) { due in first = first.map { min($0, due) } ?? due }
        return (first, closing)
    }

    /// The deadlines in uptime, if this switch is the one with that index.
    func forEachDeadline(_ index: Int, _ take: (Core.Deadline) -> Void) {
        if let due = calls.nextDeadline { take(Core.Deadline(at: due, place: .calls(index))) }
        if let due = acd.nextDeadline { take(Core.Deadline(at: due, place: .acd(index))) }
        if let linkDeadline { take(Core.Deadline(at: linkDeadline, place: .link(index))) }
        if state == .connected, let due = alarms.nextDeadline(acd) {
            take(Core.Deadline(at: due, place: .alarms(index)))
        }
        if let due = intervals?.revisionDue { take(Core.Deadline(at: due, place: .intervals(index))) }
    }

    mutating func noticeWaits() { alarms.noticeWaits(of: &acd) }

    /// The alarms that are due because somebody has waited for so long.
    fileprivate mutating func evaluateTimedAlarms(at now: Moment) {
        for queue in alarms.evaluate(alarms.timed, acd, at: now) { acd.markChanged(queue) }
    }

    fileprivate mutating func evaluateAlarms(of queues: [QueueName], at now: Moment) {
        _ = alarms.evaluate(queues, acd, at: now)
    }
}
