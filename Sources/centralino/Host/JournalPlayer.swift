import Core
import Journal
import TLS
import Time
import Wire

/// Plays a journal through a core: for a start, and for looking back. What the journal lacks is a gap in every switch
/// of that core.
struct JournalPlayer {
    /// nil: nothing is known, until an entry says how a run began.
    private(set) var core: Core?
    /// How many entries were left out: of another version of this program, or damaged within.
    private(set) var notUnderstood = 0
    private(set) var entries = 0
    /// Where the journal itself says that entries are missing.
    private(set) var lost: [Journal.LostInterval] = []
    /// What was left out because of its time.
    private(set) var refused = Refused()
    /// When an entry said that counting began again, although something was known.
    private(set) var begunAgain: [UnixTime] = []
    /// When the last entry was made.
    private(set) var last: Moment?
    private var outputs: [Core.Output] = []
    /// How many of the damages that a reader found are known here.
    private var damagesSeen = 0
    /// What stood before the next entry cannot be read.
    private var isDamaged = false
    /// The gap has begun, and the next entry is behind it.
    private var isLosing = false
    /// From which segment the last entry came, and whether it does not follow from what was written before it.
    private var segment: Int64?
    private var isForeign = false

    init(_ core: Core?) {
        self.core = core
        last = core?.moment
    }

    var hasStarted: Bool { core?.hasStarted ?? false }

    /// A whole segment cannot be read.
    mutating func passOver() { isDamaged = true }

    /// To be called before each entry, with what could not be read so far and the segment that the entry comes from. An
    /// unfinished block is the end of a run: what was in it belongs to the time until the next run.
    mutating func notice(_ damages: [Journal.Reader.Damage], in segment: Int64?) {
        if segment != self.segment { isForeign = false }
        self.segment = segment
        for damage in damages[damagesSeen...] {
            if damage.fault != .tornTail { isDamaged = true }
            if damage.fault == .chainBroken || damage.fault == .chainMissing { isForeign = true }
        }
        damagesSeen = damages.count
    }

    /// Whether the entry's time is possible after what was played before it. One with an impossible time is left out,
    /// and counts as missing. To be called before ``play(_:_:)``.
    mutating func admits(_ entry: Journal.Entry) -> Bool {
        guard let fault = EntryTime.fault(of: entry, after: last, isForeign: isForeign) else { return true }
        refused.note(fault, in: segment)
        isDamaged = true
        return false
    }

    /// If entries are missing before this one, and the first of them is not after `date`: from there on nothing is
    /// known.
    mutating func lose(before entry: Journal.Entry, by date: UnixTime? = nil) {
        guard !isLosing else { return }
        let since: Moment
        if isDamaged, let last {
            since = last
        } else if let interval = Journal.LostInterval(entry) {
            since = Moment(
                uptime: Span(microseconds: interval.fromUptime), date: UnixTime(microseconds: interval.fromDate))
        } else {
            return
        }
        if let date, since.date > date { return }
        Self.lose(&core, since: since, into: &outputs)
        isLosing = true
        last = since
    }

    /// Plays the entry; `body` gets the outputs.
    mutating func play(_ entry: Journal.Entry, _ body: ([Core.Output]) -> Void) {
        entries += 1
        let moment = Moment(uptime: Span(microseconds: entry.uptime), date: UnixTime(microseconds: entry.date))
        outputs.removeAll(keepingCapacity: true)
        let input = Core.Input.Kind(rawValue: Unicode.Scalar(entry.kind.letter)).flatMap {
            Core.Input($0, ConnectionID(entry.connection), entry.bytes)
        }
        if case .started(let beginning) = input { beginAgain(beginning, at: moment) }
        lose(before: entry)
        if isLosing {
            Self.goOn(&core, at: moment, into: &outputs)
            isLosing = false
            last = moment
        }
        isDamaged = false
        if let interval = Journal.LostInterval(entry) {
            lost.append(interval)
        } else if let input {
            Self.play(input, &core, at: moment, into: &outputs)
            last = moment
        } else {
            notUnderstood += 1
        }
        if !outputs.isEmpty { body(outputs) }
    }

    /// A gateway that began to count knew nothing of what stands before, and its monotonic clock was another: no
    /// deadline of the earlier run takes effect.
    private mutating func beginAgain(_ beginning: Core.Input.Beginning, at moment: Moment) {
        if hasStarted { begunAgain.append(moment.date) }
        core = Core(beginning)
        isLosing = false
        isDamaged = false
    }

    private static func lose(_ core: inout Core?, since: Moment, into outputs: inout [Core.Output]) {
        core?.journalLost(since: since) { said, _ in outputs += said }
    }

    private static func goOn(_ core: inout Core?, at moment: Moment, into outputs: inout [Core.Output]) {
        core?.journalGoesOn(at: moment) { said, _ in outputs += said }
    }

    private static func play(
        _ input: Core.Input, _ core: inout Core?, at moment: Moment, into outputs: inout [Core.Output]
    ) {
        if core == nil {
            switch input {
            case .started(let beginning), .resumed(let beginning): core = Core(beginning)
            // Without its beginning an entry means nothing.
            case .opened, .received, .closed, .webhook, .found, .wrapUpDone, .configured, .stopped: return
            }
        }
        core?.handle(input, .none, at: moment) { said, _ in outputs += said }
    }

    /// Ends the playing at a moment that is known to the microsecond on both clocks: does what was due by then.
    mutating func end(at moment: Moment) {
        core?.handle(nil, .none, at: moment) { _, _ in }
        last = moment
    }

    /// The same at a date.
    @discardableResult
    mutating func end(at date: UnixTime) -> Bool {
        guard hasStarted, let last else { return true }
        end(at: last + max(.zero, date - last.date))
        return true
    }
}

/// The newest checkpoint of a journal that can be read, and what stands behind it.
struct JournalSource {
    var core: Core?
    /// The segment from which on entries are to be played; nil: all.
    var from: Int64?
    /// Why newer checkpoints were not taken.
    var faults: [(path: String, fault: Checkpoint.Fault)] = []

    /// `date`: only what was known by then. `without`: so many of the newest are left out.
    init(_ folder: String, by date: UnixTime? = nil, without: Int = 0) throws(JournalError) {
        for beside in try Journal.Sidecar.all(Checkpoint.what, in: folder).reversed().dropFirst(without) {
            // The number is the date of the segment's first entry, or later.
            if let date, beside.segment > date.microseconds { continue }
            do throws(Checkpoint.Fault) {
                let read = try Checkpoint.read(beside)
                if let date, read.moment.date > date { continue }
                core = read
                from = beside.segment
                return
            } catch {
                faults.append((beside.path, error))
            }
        }
    }
}
