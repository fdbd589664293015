import Gateway
import Journal
import TLS
import Time
import Wire

/// Plays what a journal has through a gateway: for a start, and for looking back. What it lacks is a gap in every switch of that gateway.
struct JournalPlayer {
    private(set) var gateway: Gateway
    /// What was left out: of another version of this program, or damaged within.
    private(set) var notUnderstood = 0
    private(set) var entries = 0
    /// Where the journal itself says that entries are missing.
    private(set) var lost: [Journal.LostInterval] = []
    /// When the last entry was made.
    private(set) var last: Moment?
    private var effects: [Gateway.Effect] = []
    /// Of what a reader found damaged, how much is known here.
    private var damagesSeen = 0
    /// What stood before the next entry cannot be read.
    private var isDamaged = false
    /// The gap has begun, and the next entry is behind it.
    private var isLosing = false

    /// Without a state: nothing is known until an entry says how a gateway began.
    init(_ state: CoreState?, digests: Digests) {
        if let state {
            gateway = Gateway(state, digests: digests)
            last = state.moment
        } else {
            gateway = Gateway(configuration: Configuration(), digests: digests, seed: 0)
        }
    }

    /// A whole segment cannot be read.
    mutating func passOver() { isDamaged = true }

    /// To be told before each entry what could not be read so far. An unfinished block is the end of a run: what was in it fell into the time until the next.
    mutating func notice(_ damages: [Journal.Reader.Damage]) {
        if damages[damagesSeen...].contains(where: { $0.fault != .tornTail }) { isDamaged = true }
        damagesSeen = damages.count
    }

    /// Where entries are missing before this one, and the first of them before `date`: from there on nothing is known.
    mutating func lose(before entry: Journal.Entry, by date: UnixTime? = nil) {
        guard !isLosing else { return }
        let since: Moment
        if isDamaged, let last {
            since = last
        } else if let interval = Journal.LostInterval(entry) {
            since = Moment(uptime: Span(microseconds: interval.fromUptime), date: UnixTime(microseconds: interval.fromDate))
        } else {
            return
        }
        if let date, since.date > date { return }
        gateway.journalLost(since: since, into: &effects)
        isLosing = true
        last = since
    }

    /// `body` gets what came of it.
    mutating func play(_ entry: Journal.Entry, _ body: ([Gateway.Effect]) -> Void) {
        entries += 1
        let moment = Moment(uptime: Span(microseconds: entry.uptime), date: UnixTime(microseconds: entry.date))
        effects.removeAll(keepingCapacity: true)
        lose(before: entry)
        if isLosing {
            gateway.journalGoesOn(at: moment, into: &effects)
            isLosing = false
            last = moment
        }
        isDamaged = false
        if let interval = Journal.LostInterval(entry) {
            lost.append(interval)
        } else if let kind = CoreInput.Kind(rawValue: Unicode.Scalar(entry.kind.letter)),
            let input = CoreInput(kind, ConnectionID(entry.connection), entry.bytes)
        {
            gateway.replay(input, at: moment, into: &effects)
            last = moment
        } else {
            notUnderstood += 1
        }
        if !effects.isEmpty { body(effects) }
    }

    /// The same at a moment that is known to the microsecond on both clocks.
    mutating func end(at moment: Moment) {
        gateway.handle(.deadlineReached, at: moment, into: &effects)
        effects.removeAll()
        last = moment
    }

    /// What was due by then.
    @discardableResult
    mutating func end(at date: UnixTime) -> Bool {
        guard gateway.hasStarted, let last else { return true }
        end(at: last + max(.zero, date - last.date))
        return true
    }
}

/// The newest checkpoint of a journal that can be read, and what stands behind it.
struct JournalSource {
    var state: CoreState?
    /// The segment from which on entries are to be played; nil: all.
    var from: Int64?
    /// Why newer checkpoints were not taken.
    var faults: [(path: String, fault: Checkpoint.Fault)] = []

    /// `date`: only what was known by then.
    init(_ folder: String, by date: UnixTime? = nil) throws(JournalError) {
        for beside in try Journal.Beside.all(Checkpoint.what, in: folder).reversed() {
            // The number is the date of the segment's first entry, or later.
            if let date, beside.segment > date.microseconds { continue }
            do throws(Checkpoint.Fault) {
                let read = try Checkpoint.read(beside)
                if let date, read.moment.date > date { continue }
                state = read
                from = beside.segment
                return
            } catch {
                faults.append((beside.path, error))
            }
        }
    }
}
