import Core
import Edges
import Journal
import TLS
import Time
import Wire

/// What was known at an earlier moment: the newest checkpoint before it, and the journal up to it.
enum TimeTravel {
    enum Fault: Error, CustomStringConvertible {
        case outside(UnixTime, from: UnixTime, to: UnixTime)
        /// Nobody waits for the answer any more.
        case unwanted
        case empty
        case unreadable(JournalError)

        var description: String { text { "\($0)" } }

        /// `time`: as those who ask read it.
        func text(_ time: (UnixTime) -> String) -> String {
            switch self {
            case .outside(let asked, let from, let to):
                "The journal goes from \(time(from)) to \(time(to)); \(time(asked)) is outside of it."
            case .unwanted: "The reading of the journal was stopped: nobody waits for its answer."
            case .empty: "The journal has nothing to look back at yet."
            case .unreadable(let error): "\(error)"
            }
        }
    }

    /// The gateway as it was at `date`, and that moment. It takes as long as replaying up to a segment's entries, or
    /// longer without a checkpoint, so it must not run on the loop. Questions to it are answered by the configuration
    /// of that time. `heardUntil`: if the journal is still being written, and was flushed: now. What it does not have
    /// up to then did not happen. `isWanted` is asked before each entry: false ends the reading.
    static func core(
        at date: UnixTime, journal folder: String, heardUntil: UnixTime? = nil, isWanted: () -> Bool = { true }
    ) throws(Fault) -> (Core, Moment) {
        let result: Result<(Core, Moment), Fault>
        do throws(JournalError) { result = try look(at: date, folder, heardUntil, isWanted) } catch {
            throw .unreadable(error)
        }
        return try result.get()
    }

    /// For a client's question. `zone`: the gateway's, for the answer where the journal does not reach that moment.
    static func lookBack(
        at date: UnixTime, journal folder: String, heardUntil: UnixTime, zone: TimeZoneRule, isWanted: () -> Bool
    ) -> LookBack {
        do throws(Fault) {
            let (core, moment) = try core(at: date, journal: folder, heardUntil: heardUntil, isWanted: isWanted)
            return .found(core, at: moment)
        } catch {
            switch error {
            case .outside, .empty: return .outside(error.text(ShownTime(zone).text))
            case .unwanted, .unreadable: return .failed("\(error)")
            }
        }
    }

    private static func look(
        at date: UnixTime, _ folder: String, _ heardUntil: UnixTime?, _ isWanted: () -> Bool
    ) throws(JournalError) -> Result<(Core, Moment), Fault> {
        // A question that waited for another may be given up before it begins.
        guard isWanted() else { return .failure(.unwanted) }
        // A time on the wire is a whole millisecond: what was sent with it had happened within that millisecond.
        let end = date + Span(microseconds: date.microseconds.isMultiple(of: 1000) ? 999 : 0)
        let source = try JournalSource(folder, by: end)
        var player = JournalPlayer(source.core)
        let reader = try Journal.Reader(folder, from: source.from ?? .min, sha256: OpenSSL.sha256)
        var first = source.core?.moment.date
        var next: UnixTime?
        var change: Moment?
        // What was due by then has been done, too.
        var isThere = false
        while next == nil, let entry = try reader.next() {
            guard isWanted() else { return .failure(.unwanted) }
            let at = UnixTime(microseconds: entry.date)
            player.notice(reader.damages, in: reader.segment)
            guard player.admits(entry) else { continue }
            // What is missing before this entry was missing at `date`, too, if the loss began by then.
            if at > date { player.lose(before: entry, by: date) }
            if at > date, !isThere { isThere = player.end(at: date) }
            // The stream's change of that millisecond is the one that was sent with it, not what came right after it.
            if at > date, let cut = player.core?.changes.next, cut.date <= min(at, end) { (next, change) = (at, cut) }
            if next != nil || at > end { next = at } else { player.play(entry) { _ in } }
            if first == nil, player.hasStarted { first = at }
        }
        guard let began = player.core, began.hasStarted, let last = player.last, let first, first <= end else {
            return .failure(
                try range(folder, isWanted).map { .outside(date, from: $0.lowerBound, to: $0.upperBound) } ?? .empty)
        }
        // After its last entry the journal knows nothing.
        guard next != nil || max(last.date, heardUntil ?? last.date) >= date else {
            return .failure(.outside(date, from: try range(folder, isWanted)?.lowerBound ?? first, to: last.date))
        }
        if !isThere { isThere = player.end(at: date) }
        if next == nil, let cut = player.core?.changes.next, cut.date <= end { change = cut }
        if let change {
            player.end(at: change)
            return .success((player.core ?? began, change))
        }
        player.end(at: end)
        // The moment that was sent, if something was sent in that millisecond.
        let told = (player.core ?? began).moment
        return .success((player.core ?? began, told.date > date ? told : told + (date - told.date)))
    }

    /// The range that the journal covers: from its first checkpoint, or where a gateway began, to its last entry.
    private static func range(_ folder: String, _ isWanted: () -> Bool) throws(JournalError) -> ClosedRange<UnixTime>? {
        let checkpoint = try Journal.Sidecar.all(Checkpoint.what, in: folder).first.map {
            UnixTime(microseconds: $0.segment)
        }
        var began: UnixTime?
        var last: UnixTime?
        let reader = try Journal.Reader(folder, sha256: OpenSSL.sha256)
        while let entry = try reader.next() {
            guard EntryTime.isPossible(entry.date) else { continue }
            guard isWanted() else { return nil }
            let at = UnixTime(microseconds: entry.date)
            let isBeginning =
                entry.kind == Journal.Kind(Core.Input.Kind.started.rawValue)
                || entry.kind == Journal.Kind(Core.Input.Kind.resumed.rawValue)
            if began == nil, isBeginning { began = at }
            last = max(last ?? at, at)
        }
        guard let from = [began, checkpoint].compactMap({ $0 }).min(), let last, from <= last else { return nil }
        return from...last
    }
}
