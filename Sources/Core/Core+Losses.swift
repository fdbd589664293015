import Telephony
import Time

// A journal that lacks entries, in a replay. When it happened the switches were heard; in the replay they are not: a
// gap from there on.
//
// What comes later on the same connections is not used either, because it may depend on what is missing: a caller who
// was answered in between would seem to wait, and to give up at the hang-up. As after a broken link, the gap lasts
// until the next inventory, which corrects everything. (The next checkpoint ends it, too: it was taken from the core
// that had heard everything.)
extension Core {
    /// Entries are missing from then on. Call ``journalGoesOn(at:_:)`` next.
    public mutating func journalLost(since: Moment, _ take: ([Output], borrowing Core) -> Void) {
        guard hasStarted else { return }
        var outputs: [Output] = []
        moveOn(to: since, &outputs, take)
        deadlines.touchAll(of: switches.count)
        for index in switches.indices { switches[index].journalLost(at: moment, &common, into: &outputs) }
        notice(at: moment)
        flush(&outputs, take)
    }

    /// The journal has entries again from this moment on.
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
