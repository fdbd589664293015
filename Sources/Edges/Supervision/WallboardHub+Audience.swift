import Access
import Core
import Telephony
import Time
import Wallboard
import Wire

/// Readers with the same sight: what is written for one of them is written for all. Each audience has a stream of its
/// own, in which the changes that it sees are numbered without holes. So a hole always means a loss, and the numbers
/// say nothing of what moves elsewhere.
extension WallboardHub {
    struct Audience {
        /// Distinguishes it from those that had this sight before.
        let ordinal: UInt64
        var readers = 0
        /// The number of its last change. Of those who see everything it is the core's (``ChangeSequence``).
        var sequence: UInt64 = 0
        /// The switches that it was shown.
        var switches: Set<Int>
        var history = WallboardHistory()
        var written: Snapshot?
        /// When somebody last read its stream, in uptime; to within a heartbeat.
        var readAt: Span
    }

    /// From now on what this sight sees is kept for a while, so that its reader may come back.
    mutating func openAudience(_ sight: Sight, _ view: View) {
        guard audiences[sight] == nil else {
            audiences[sight]?.readAt = view.now.uptime
            return
        }
        // The stream of everything goes on by the core's numbers, whoever reads it.
        if !sight.isEverything { audienceOrdinal += 1 }
        audiences[sight] = Audience(
            ordinal: sight.isEverything ? 0 : audienceOrdinal, switches: view.switches(sight),
            readAt: view.now.uptime)
    }

    mutating func joinAudience(_ sight: Sight, _ view: View) {
        openAudience(sight, view)
        audiences[sight]?.readers += 1
    }

    /// The same sight as the audience has it, if there is one: sets of one storage are compared at once.
    func shared(_ sight: Sight) -> Sight {
        audiences.index(forKey: sight).map { audiences[$0].key } ?? sight
    }

    func sequence(of sight: Sight, _ view: View) -> UInt64 {
        sight.isEverything ? view.changes.sequence : audiences[sight]?.sequence ?? 0
    }

    /// Names what an audience reads, in this run of the gateway: a number of another run, or of another audience, means
    /// nothing. Nobody can go on with the stream of somebody who sees something else.
    func stream(of sight: Sight) -> String {
        guard let startedAt else { return "" }
        var generator = SplitMix64(seed: (seed ^ sight.mark) &+ (audiences[sight]?.ordinal ?? 0))
        return ContactID(at: startedAt, using: &generator).rawValue
    }

    mutating func noteReaders(at now: Span) {
        // any order: each audience's own moment
        for sight in Array(audiences.keys) where audiences[sight]!.readers > 0 {
            audiences[sight]!.readAt = now
        }
    }

    /// What each audience gets of the change; nothing for those that see nothing of it.
    mutating func write(_ change: ChangeSequence.Change, _ view: View) -> [Sight: Telling] {
        noteReaders(at: view.now.uptime)
        // Nobody reads any more, and a reader that returns is served better by a snapshot.
        audiences = audiences.filter { view.now.uptime - $0.value.readAt <= Limits.wallboardAbsence }
        var tellings: [Sight: Telling] = [:]
        // any order: each audience's own message
        for sight in Array(audiences.keys) { tellings[sight] = write(change, for: sight, view) }
        return tellings
    }

    private mutating func write(_ change: ChangeSequence.Change, for sight: Sight, _ view: View)
        -> Telling?
    {
        guard var audience = audiences.removeValue(forKey: sight) else { return nil }
        defer { audiences[sight] = audience }
        var seen = view.seen(change, sight, shown: audience.switches)
        guard !seen.isEmpty else { return nil }
        audience.switches.formUnion(seen.switches)
        if !sight.isEverything {
            audience.sequence += 1
            seen.sequence = audience.sequence
        }
        work.add(seen.queues.count + seen.agents.count)
        let message = view.message(seen, sight)
        let json = JSON.encode(message)
        if audiences.count < Limits.wallboardAudiences {
            audience.history.append(seen, json)
        } else {
            audience.history.removeAll()
        }
        guard audience.readers > 0 else { return nil }
        // any order: whether there is one
        let isFiltered = groups.contains { !$0.key.isEverything && $0.key.sight == sight }
        return Telling(seen, message.seq, json, isFiltered ? WallboardPieces(message, json) : nil, view)
    }
}
