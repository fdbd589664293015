import Contacts
import Delivery
import Dispatch
import EventLoop
import Core
import Edges
import Figures
import Gateway
import Records
import Store
import Telephony
import Time
import Wire

/// Brings contact records, gaps and rows of quarter-hours to the store. A ``StoreBacklog`` decides what is sent when,
/// kept, or given up.
@LoopActor
final class RecordWriter {
    private typealias Backlog = StoreBacklog<ContactRecord, GapRow, Interval>

    private struct Interval: Sendable {
        var row: IntervalRow
        var `switch`: SwitchID
    }

    private let store: Store
    /// Rows are made beside the loop: JSON costs some 30 µs each, and a switch that comes back without its calls ends
    /// thousands at once.
    private let making = DispatchQueue(label: "rows of the store", qos: .userInitiated)
    private var backlog = Backlog()

    /// The records that were to be saved so far.
    var ordered: UInt64 { backlog.records.ordered }
    /// All records up to this one, counted from the first, are in the store, or were given up.
    var settled: UInt64 { backlog.records.settled }
    /// Called when ``settled`` may be another.
    var onSettled: (@LoopActor () -> Void)?
    var inFlight: Int { backlog.inFlight }
    /// Called when nothing is on its way any more.
    var onIdle: (@LoopActor () -> Void)?
    /// Why the store refuses what is to be stored.
    var fault: String? { backlog.fault }
    /// Rows of gaps and of quarter-hours among ``unsaved``.
    var unsavedRows: Int { backlog.waitingRows }
    var unsaved: Int { backlog.unsaved }

    /// The store's file was deleted, and what it had was copied out of it.
    private var isRescued = false
    private lazy var retry = Timer { [unowned self] in tryAgain() }

    /// How often a sign of life is stored: the length of an outage of ours is known to within this time.
    private static let aliveMicroseconds: Int64 = 10_000_000
    private lazy var alive = Timer { [unowned self] in noteAlive() }

    /// Shorter than a service manager's patience, and longer than an import holds the lock for one of its transactions.
    private static let secondsToEnd = 10.0
    private var isStopping = false

    init(_ store: Store) {
        self.store = store
        noteAlive()
    }

    func save(_ record: ContactRecord) { save([record]) }

    func save(_ records: [ContactRecord]) {
        backlog.records.append(records)
        writeRecords()
    }

    /// A gap, or how one ended.
    func save(_ gap: Gap, of name: SwitchID) {
        backlog.gaps.append(
            GapRow(
                switch: name.rawValue, from: gap.from.microseconds, to: gap.to?.microseconds, cause: gap.cause.rawValue)
        )
        writeGaps()
    }

    func save(_ row: IntervalRow, of name: SwitchID) {
        backlog.intervals.append(Interval(row: row, switch: name))
        writeIntervals()
    }

    // MARK: records

    private func writeRecords() {
        guard let records = backlog.records.next() else { return }
        making.async { [store] in
            store.save(records.map { ContactRow($0.record) }) { result in
                EventLoop.post { [self] in stored(records, result) }
            }
            EventLoop.post { [self] in
                backlog.records.rowsMade()
                writeRecords()
            }
        }
    }

    private func stored(_ records: [NumberedBacklog<ContactRecord>.Numbered], _ result: Result<Void, StoreError>) {
        switch result {
        case .success:
            backlog.records.stored(records)
            onSettled?()
            recovered()
        case .failure(let error): failed(error, "contact records", givenUp: backlog.records.refused(records))
        }
        if inFlight == 0 { onIdle?() }
    }

    // MARK: gaps

    private func writeGaps() {
        guard let rows = backlog.gaps.next() else { return }
        store.save(rows) { result in
            EventLoop.post { [self] in
                switch result {
                case .success:
                    backlog.gaps.stored()
                    recovered()
                    writeGaps()
                case .failure(let error): failed(error, "gaps", givenUp: backlog.gaps.refused())
                }
                if inFlight == 0 { onIdle?() }
            }
        }
    }

    // MARK: rows of quarter-hours

    private func writeIntervals() {
        guard let rows = backlog.intervals.next() else { return }
        making.async { [store] in
            store.save(rows.map { StoredInterval($0.row, of: $0.switch) }) { result in
                EventLoop.post { [self] in stored(result) }
            }
        }
    }

    private func stored(_ result: Result<[StoredInterval], StoreError>) {
        switch result {
        case .success(let contradicting):
            backlog.intervals.stored()
            if let row = contradicting.first {
                Log.write(
                    .error, "store",
                    "\(contradicting.count) final interval row(s) stay as they are, although they would be different now; the first is \(row.kind) “\(row.name)” of “\(row.switch)” from \(UnixTime(microseconds: row.start)). Keep the journal: it says why."
                )
            }
            recovered()
            writeIntervals()
        case .failure(let error): failed(error, "interval rows", givenUp: backlog.intervals.refused())
        }
        if inFlight == 0 { onIdle?() }
    }

    // MARK: a store that fails

    private func failed(_ error: StoreError, _ what: String, givenUp: Int) {
        reportFailure(error)
        if givenUp > 0 {
            Log.write(.error, "store", "\(givenUp) \(what) were given up: the store has been failing for too long.")
        }
        backlog.retryLater(at: Moment.now.uptime)
        if let nextRetry = backlog.nextRetry {
            retry.start(afterMicroseconds: nextRetry.microseconds - EventLoop.uptimeMicroseconds)
        }
    }

    private func recovered() {
        guard backlog.recovered() else { return }
        isRescued = false
        Log.write(.info, "store", "Records are being stored again; none is waiting.")
    }

    private func reportFailure(_ error: StoreError) {
        if backlog.failed("\(error)") {
            Log.write(
                .error, "store",
                "\(error) Records are kept in memory and tried again every 5 s; stop the program only after that.")
        }
        if case .fileGone = error { rescue() }
    }

    private func rescue() {
        guard !isRescued else { return }
        isRescued = true
        store.rescue { result in
            EventLoop.post {
                switch result {
                case .success(let path):
                    Log.write(
                        .error, "store",
                        "All that was stored until then is in \(path). To go on with it: stop the gateway, give that file the store's name, start again."
                    )
                case .failure(let error):
                    Log.write(.error, "store", "What was stored until then could not be copied: \(error)")
                }
            }
        }
    }

    private func tryAgain() {
        backlog.retry()
        writeGaps()
        writeIntervals()
        writeRecords()
    }

    /// Failures are ignored: a full disk is already reported for the records, and one missed sign of life does no harm.
    /// Only a file that is gone is reported, as nobody else notices it while there are no calls. The next sign of life
    /// is due when this one is over: each may wait for another process's lock for longer than the time between two, and
    /// what is to be saved would wait behind all of them.
    private func noteAlive() {
        store.noteAlive(at: EventLoop.dateMicroseconds) { result in
            EventLoop.post { [self] in
                switch result {
                case .failure(let error): if case .fileGone = error { reportFailure(error) }
                case .success: recovered()
                }
                if !isStopping { alive.start(afterMicroseconds: Self.aliveMicroseconds) }
            }
        }
    }

    // MARK: the end

    /// The program is to end: what was refused is tried once more, and no sign of life follows. What fails from now on
    /// is not tried again, and after ``secondsToEnd`` nothing waits any longer for another process's lock; ``onIdle``
    /// follows in any case.
    func stop() {
        endTimers()
        store.endWaiting(afterSeconds: Self.secondsToEnd)
        tryAgain()
    }

    /// Closes the store, off the loop, when nothing is on its way any more; then nothing can be saved.
    func close(_ completion: @escaping @LoopActor () -> Void) {
        endTimers()
        DispatchQueue.global(qos: .userInitiated).async { [store] in
            var failure: StoreError?
            do throws(StoreError) { try store.close() } catch { failure = error }
            EventLoop.post { [failure] in
                if let failure { Log.write(.error, "store", "\(failure)") }
                completion()
            }
        }
    }

    private func endTimers() {
        isStopping = true
        backlog.stop()
        alive.cancel()
        retry.cancel()
    }
}

extension ContactRow {
    init(_ record: ContactRecord) {
        self.init(
            id: record.id.rawValue, switch: record.switch.rawValue, arrived: record.arrived.microseconds,
            ended: record.ended?.microseconds,
            queue: record.visits.last?.queue.rawValue, agent: record.firstAgent, outcome: record.outcome.word,
            e164: record.storedNumber,
            partyKey: record.partyKey, record: String(decoding: JSON.encode(ContactDocument(record)), as: UTF8.self))
    }
}

extension StoredInterval {
    init(_ row: IntervalRow, of name: SwitchID) {
        self.init(
            switch: name.rawValue, kind: row.kind.rawValue, name: row.name, start: row.start.microseconds,
            length: row.length.microseconds,
            isFinal: !row.provisional, offered: row.cohort?.offered, answered: row.cohort?.answered,
            abandoned: row.cohort?.abandoned,
            inTime: row.cohort?.serviceLevel?.numerator, ofServiceLevel: row.cohort?.serviceLevel?.denominator,
            handled: row.legs.handled, gap: row.gapMicroseconds, row: String(decoding: JSON.encode(row), as: UTF8.self))
    }
}
