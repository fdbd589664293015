import Switches
import Calls
import ACD
import Directory
import Telephony
import Time

// Time. A deadline of the core happens at its own moment, not when somebody woke: before anything is taken in, what was
// due by then is done in order, each at the moment at which it was due. So a late timer changes nothing, and a journal
// needs no ticks.
extension Core {
    /// Whose deadline it is. The order is that of deadlines that are due at one instant.
    private enum Place: Equatable {
        /// A caller's grace, a parting.
        case calls(Int)
        /// After the calls: a conversation that ended long ago, as is found out now, leaves an after-call work that is
        /// over, too.
        case acd(Int)
        /// Ping, reconnection, an answer that did not come; webhooks that were held for long enough.
        case link(Int)
        case lookup
        /// A caller has waited for so long that it is an alarm.
        case alarms(Int)
        /// The rows of a quarter-hour, after everything that they count.
        case intervals(Int)
        /// A change of the supervisors' stream, after everything that it says.
        case change
    }

    /// In uptime: when to come back if nothing happens before.
    public var nextDeadline: Span? { next(but: [])?.due }

    private func next(but stuck: [Place]) -> (due: Span, place: Place)? {
        var next: (due: Span, place: Place)?
        func consider(_ due: Span?, _ place: Place) {
            guard let due, next.map({ due < $0.due }) ?? true, !stuck.contains(place) else { return }
            next = (due, place)
        }
        for index in switches.indices {
            consider(switches[index].calls.nextDeadline, .calls(index))
            consider(switches[index].acd.nextDeadline, .acd(index))
            consider(switches[index].linkDeadline, .link(index))
        }
        consider(common.lookups.nextDeadline, .lookup)
        for index in switches.indices where switches[index].state == .connected {
            consider(switches[index].nextAlarmDeadline, .alarms(index))
        }
        for index in switches.indices { consider(switches[index].nextIntervalDeadline(at: moment), .intervals(index)) }
        consider(changes.next?.uptime, .change)
        return next
    }

    /// Does what was due up to `uptime`. What turns out to have been due before the last thing that happened is done at
    /// that thing's moment: time does not go back.
    mutating func reachDeadlines(
        until uptime: Span, _ outputs: inout [Output], _ take: ([Output], borrowing Core) -> Void
    ) {
        guard hasStarted else { return }
        // A deadline that does not move on is a fault of ours; it must not stop everything else.
        var stuck: [Place] = []
        var last: (due: Span, place: Place)?
        while let (due, place) = next(but: stuck), due <= uptime {
            if let last, last == (due, place) {
                assertionFailure("the deadline of \(place) at \(due) was passed and is still there")
                stuck.append(place)
                continue
            }
            last = (due, place)
            common.moment = moment + max(.zero, due - moment.uptime)
            reach(place, at: moment, into: &outputs)
            // What is said of a change is written before anything else moves.
            if case .change = place { flush(&outputs, take) }
            notice(at: moment)
            flush(&outputs, take)
        }
    }

    private mutating func reach(_ place: Place, at now: Moment, into outputs: inout [Output]) {
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
            for index in switches.indices where switches[index].state == .connected {
                // What an alarm does at this moment is said with this change.
                switches[index].evaluateAlarms(
                    of: change.queues.filter { $0.switch == index }.map(\.name), at: change.at)
            }
            outputs.append(.changed(change))
        }
    }
}

extension Switch {
    fileprivate var nextAlarmDeadline: Span? { alarms.nextDeadline(acd) }

    mutating func noticeWaits() { alarms.noticeWaits(of: &acd) }

    /// The alarms that are due because somebody has waited for so long.
    fileprivate mutating func evaluateTimedAlarms(at now: Moment) {
        for queue in alarms.evaluate(alarms.timed, acd, at: now) { acd.markChanged(queue) }
    }

    fileprivate mutating func evaluateAlarms(of queues: [QueueName], at now: Moment) {
        _ = alarms.evaluate(queues, acd, at: now)
    }
}
