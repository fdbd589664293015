import Telephony
import Time

// A journal that lacks entries, in a replay. When it happened the switches were heard; in the replay they are not: a
// gap from there on.
//
// What comes later on the same connections is not taken in either, for nobody knows what it builds on: a caller who was
// answered in between would be one who waits, and gives up when he hangs up. As after a broken link, the next inventory
// heals it, and until then the gap lasts. (The next checkpoint does so, too: it was taken of the core that had heard
// everything.)
extension Core {
    /// From then on entries are missing. ``journalGoesOn(at:_:)`` is next.
    public mutating func journalLost(since: Moment, _ take: ([Output], borrowing Core) -> Void) {
        guard hasStarted else { return }
        var outputs: [Output] = []
        moveOn(to: since, &outputs, take)
        deadlines.touchAll(of: switches.count)
        for index in switches.indices { switches[index].journalLost(at: moment, &common, into: &outputs) }
        notice(at: moment)
        flush(&outputs, take)
    }

    /// Of this moment something is known again.
    public mutating func journalGoesOn(at now: Moment, _ take: ([Output], borrowing Core) -> Void) {
        guard hasStarted else { return }
        var outputs: [Output] = []
        moveOn(to: now, &outputs, take)
        deadlines.touchAll(of: switches.count)
        for index in switches.indices { switches[index].journalGoesOn(at: moment, into: &outputs) }
        notice(at: moment)
        flush(&outputs, take)
    }

    private mutating func moveOn(to now: Moment, _ outputs: inout [Output], _ take: ([Output], borrowing Core) -> Void)
    {
        reachDeadlines(until: now.uptime, &outputs, take)
        common.moment = Moment(uptime: max(now.uptime, moment.uptime), date: now.date)
    }
}
