import Switches
import Telephony
import Time

// A journal that lacks entries, in a replay. When it happened the switches were heard; in the replay they are not: a gap from there on.
//
// What comes later on the same connections is not taken in either, for nobody knows what it builds on: a caller who was answered in between would be one
// who waits, and gives up when he hangs up. As after a broken link, the next inventory heals it, and until then the gap lasts. (The next
// checkpoint does so, too: it was taken of the gateway that had heard everything.)
extension Gateway {
    /// From then on entries are missing. ``journalGoesOn(at:into:)`` is next.
    public mutating func journalLost(since: Moment, into effects: inout [Effect]) {
        guard hasStarted else { return }
        coreDeadlinesReached(until: since.uptime, &effects)
        happens(at: Moment(uptime: max(since.uptime, coreMoment.uptime), date: since.date))
        let now = coreMoment
        for index in rooms.indices {
            if case .asterisk = rooms[index].border {
                // Whose link was down, has a gap already; a connection that is being made may be there when the journal goes on.
                guard let id = rooms[index].connection, rooms[index].state != .connecting else { continue }
                openJournalGap(index, at: now, &effects)
                roomOfConnection[id] = nil
                rooms[index].connection = nil
                // Then its next connection has the number that it had.
                withLink(index, at: now, &effects) { $0.closed("The journal lacks what was said from here on.", at: now, into: &$1) }
            } else {
                openJournalGap(index, at: now, &effects)
            }
        }
        noticeNews(at: now)
    }

    /// Of this moment something is known again. Switches without a link have no inventory to wait for.
    public mutating func journalGoesOn(at moment: Moment, into effects: inout [Effect]) {
        guard hasStarted else { return }
        coreDeadlinesReached(until: moment.uptime, &effects)
        happens(at: Moment(uptime: max(moment.uptime, coreMoment.uptime), date: moment.date))
        let now = coreMoment
        for index in rooms.indices {
            guard case .webhook = rooms[index].border, rooms[index].gaps.last?.cause == .journalLost else { continue }
            save(rooms[index].closeGap(at: now.date), index, &effects)
            stream.switchChanged(index)
        }
        noticeNews(at: now)
    }

    private mutating func openJournalGap(_ index: Int, at now: Moment, _ effects: inout [Effect]) {
        save(rooms[index].openGap(at: now.date, cause: .journalLost), index, &effects)
        stream.switchChanged(index)
    }
}
