import Gateway
import Journal
import TLS
import Telephony
import Wire

/// Plays what a journal has through a gateway: for a start, and for looking back.
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

    /// Without a state: nothing is known until an entry says how a gateway began.
    init(_ state: CoreState?, digests: Digests) {
        if let state {
            gateway = Gateway(state, digests: digests)
            last = state.moment
        } else {
            gateway = Gateway(configuration: Configuration(), digests: digests, seed: 0)
        }
    }

    /// `body` gets what came of it.
    mutating func play(_ entry: Journal.Entry, _ body: ([Gateway.Effect]) -> Void) {
        entries += 1
        if let interval = Journal.LostInterval(entry) { return lost.append(interval) }
        guard let kind = CoreInput.Kind(rawValue: Unicode.Scalar(entry.kind.letter)),
            let input = CoreInput(kind, ConnectionID(entry.connection), entry.bytes)
        else {
            notUnderstood += 1
            return
        }
        let moment = Moment(uptime: Span(microseconds: entry.uptime), date: UnixTime(microseconds: entry.date))
        effects.removeAll(keepingCapacity: true)
        gateway.replay(input, at: moment, into: &effects)
        last = moment
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
