import ACD
import Calls
import Directory
import Switches
import Time

// Time. A deadline of the core happens at its own moment, not when somebody woke: before anything is taken in, what was due by then is done in
// order, each at the moment at which it was due. So a late timer changes nothing, and a journal needs no ticks. (Deadlines of the edges, i.e. of
// desks and HTTP clients, are only told to the host, and done when it comes.)
extension Gateway {
    /// Whose deadline it is. The order is that of deadlines that are due at one instant.
    enum DeadlinePlace: Equatable {
        /// A caller's grace, a parting.
        case calls(Int)
        /// After the calls: a conversation that ended long ago, as is found out now, leaves an after-call work that is over, too.
        case acd(Int)
        /// Ping, reconnection, an answer that did not come; webhooks that were held for long enough.
        case link(Int)
        case lookup
        /// Somebody has waited for so long that it is an alarm.
        case alarms(Int)
        /// The rows of a quarter-hour, after everything that they count.
        case intervals(Int)
        /// A change of the supervisors' stream, after everything that it tells.
        case stream
    }

    var nextCoreDeadline: (due: Span, place: DeadlinePlace)? { nextCoreDeadline(but: []) }

    private func nextCoreDeadline(but stuck: [DeadlinePlace]) -> (due: Span, place: DeadlinePlace)? {
        var next: (due: Span, place: DeadlinePlace)?
        func consider(_ due: Span?, _ place: DeadlinePlace) {
            guard let due, next.map({ due < $0.due }) ?? true, !stuck.contains(place) else { return }
            next = (due, place)
        }
        for index in rooms.indices {
            consider(rooms[index].calls.nextDeadline, .calls(index))
            consider(rooms[index].acd.nextDeadline, .acd(index))
            consider(rooms[index].linkDeadline, .link(index))
        }
        consider(lookups.next, .lookup)
        for index in rooms.indices where rooms[index].state == .connected {
            consider(rooms[index].alarms.nextDeadline(rooms[index].acd), .alarms(index))
        }
        for index in rooms.indices { consider(rooms[index].nextIntervalDeadline(at: coreMoment), .intervals(index)) }
        consider(stream.nextDeadline, .stream)
        return next
    }

    /// Does what was due up to `uptime`. What turns out to have been due before the last thing that happened is done at that thing's moment: time does
    /// not go back.
    mutating func coreDeadlinesReached(until uptime: Span, _ effects: inout [Effect]) {
        guard startedAt != nil else { return }
        // A deadline that does not move on is a fault of ours; it must not stop everything else.
        var stuck: [DeadlinePlace] = []
        var last: (due: Span, place: DeadlinePlace)?
        while let (due, place) = nextCoreDeadline(but: stuck), due <= uptime {
            if let last, last == (due, place) {
                assertionFailure("the deadline of \(place) at \(due) was passed and is still there")
                stuck.append(place)
                continue
            }
            last = (due, place)
            happens(at: coreMoment + max(.zero, due - coreMoment.uptime))
            deadlineReached(place, at: coreMoment, &effects)
            noticeNews(at: coreMoment)
        }
    }

    private mutating func deadlineReached(_ place: DeadlinePlace, at now: Moment, _ effects: inout [Effect]) {
        switch place {
        case .calls(let index):
            callEvents.removeAll(keepingCapacity: true)
            rooms[index].calls.deadlineReached(at: now, into: &callEvents)
            settle(index, at: now, &effects)
            corrected(index, at: now, &effects)
        case .acd(let index):
            rooms[index].acd.deadlineReached(at: now)
            corrected(index, at: now, &effects)
        case .link(let index):
            withLink(index, at: now, &effects) { $0.deadlineReached(at: now, into: &$1) }
            withTranslator(index, at: now, &effects) { $0.deadlineReached(at: now) }
        case .lookup:
            while let lookup = lookups.take(at: now.uptime) {
                guard openLookups.remove(lookup) != nil else { continue }
                apply(DirectoryAnswer(number: .unavailable, match: .notAvailable), to: lookup, at: now, &effects)
            }
        case .alarms(let index):
            for queue in rooms[index].alarms.evaluate(rooms[index].alarms.timed, rooms[index].acd, at: now) {
                rooms[index].acd.markChanged(queue)
            }
        case .intervals(let index): closeIntervals(index, at: now, &effects)
        case .stream: cutStream(until: now.uptime, &effects)
        }
    }
}
