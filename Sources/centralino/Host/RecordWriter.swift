import Contacts
import Dispatch
import EventLoop
import Figures
import Gateway
import Store
import Telephony
import Time
import Wire

/// Brings contact records, gaps and rows of quarter-hours to the store. What the disk refuses is kept and tried again, loudly: a full disk stops no call
/// and loses no record while there is memory for them.
@LoopActor
final class RecordWriter {
    /// Some 2 kB each: 200 MB. Beyond this the oldest go, and that is said.
    private static let keptLimit = 100_000
    private static let retryMicroseconds: Int64 = 5_000_000

    private let store: Store
    /// Rows are made beside the loop: JSON costs some 30 µs each, and a switch that comes back without its calls ends thousands at once.
    private let making = DispatchQueue(label: "rows of the store", qos: .userInitiated)
    /// Records in one transaction: what fails, fails together and is kept.
    private static let batch = 1_000

    /// A record, and its ordinal among those that were to be saved, from 1.
    private struct Numbered: Sendable {
        var number: UInt64
        var record: ContactRecord
    }

    /// Records that wait until the rows before them are made.
    private var waiting: [Numbered] = []
    private var isMakingRows = false
    private var refused: [Numbered] = []
    private(set) var inFlight = 0
    private(set) var ordered: UInt64 = 0
    private var unsettled: Set<UInt64> = []
    /// All records up to this one, counted from the first, are in the store, or were given up.
    var settled: UInt64 { unsettled.min().map { $0 - 1 } ?? ordered }
    /// Called when ``settled`` may be another.
    var onSettled: (@LoopActor () -> Void)?
    private var isFailing: Bool { fault != nil }
    /// Why the store refuses what is to be stored.
    private(set) var fault: String?
    /// The store's file was deleted, and what it had was copied out of it.
    private var isRescued = false
    private lazy var retry = Timer { [unowned self] in tryAgain() }
    /// Called when nothing is on its way any more.
    var onIdle: (@LoopActor () -> Void)?

    /// An outage of ours is known to this length.
    private static let aliveMicroseconds: Int64 = 10_000_000
    private lazy var alive = Timer { [unowned self] in noteAlive() }

    /// Shorter than a service manager's patience, and longer than an import holds the lock for one of its transactions.
    private static let secondsToEnd = 10.0
    private var isStopping = false

    init(_ store: Store) {
        self.store = store
        noteAlive()
    }

    /// Of these, rows of gaps and of quarter-hours.
    var unsavedRows: Int { waitingIntervals.count + waitingGaps.count }
    var unsaved: Int { inFlight + refused.count + waitingIntervals.count + waitingGaps.count }

    /// Rows of quarter-hours in the order in which they came; one transaction at a time, so that a newer one is never overtaken by an older.
    private var waitingIntervals: [Interval] = []
    private var isWritingIntervals = false

    private struct Interval: Sendable {
        var row: IntervalRow
        var `switch`: SwitchID
    }

    func save(_ record: ContactRecord) { save([record]) }

    func save(_ records: [ContactRecord]) {
        write(
            records.map { record in
                ordered += 1
                unsettled.insert(ordered)
                return Numbered(number: ordered, record: record)
            })
    }

    /// A gap, or how one ended; one transaction at a time, so that an end is never overtaken by its beginning.
    private var waitingGaps: [GapRow] = []
    private var isWritingGaps = false

    func save(_ gap: Gap, of name: SwitchID) {
        waitingGaps.append(
            GapRow(switch: name.rawValue, from: gap.from.microseconds, to: gap.to?.microseconds, cause: gap.cause.rawValue))
        writeGaps()
    }

    private func writeGaps() {
        guard !isWritingGaps, !waitingGaps.isEmpty else { return }
        isWritingGaps = true
        let rows = waitingGaps
        waitingGaps = []
        inFlight += rows.count
        store.save(rows) { result in
            EventLoop.post { [self] in
                inFlight -= rows.count
                isWritingGaps = false
                switch result {
                case .success:
                    recovered()
                    writeGaps()
                case .failure(let error): failed(rows, error)
                }
                if inFlight == 0 { onIdle?() }
            }
        }
    }

    private func failed(_ rows: [GapRow], _ error: StoreError) {
        sayFailing(error)
        waitingGaps = rows + waitingGaps
        if waitingGaps.count > Self.keptLimit {
            Log.write(
                .error, "store", "\(waitingGaps.count - Self.keptLimit) gaps were given up: the store has been failing for too long.")
            waitingGaps.removeFirst(waitingGaps.count - Self.keptLimit)
        }
        retryLater()
    }

    func save(_ row: IntervalRow, of name: SwitchID) {
        waitingIntervals.append(Interval(row: row, switch: name))
        writeIntervals()
    }

    private func writeIntervals() {
        guard !isWritingIntervals, !waitingIntervals.isEmpty else { return }
        isWritingIntervals = true
        let rows = waitingIntervals
        waitingIntervals = []
        inFlight += rows.count
        making.async { [store] in
            store.save(rows.map { StoredInterval($0.row, of: $0.switch) }) { result in EventLoop.post { [self] in stored(rows, result) } }
        }
    }

    private func stored(_ rows: [Interval], _ result: Result<[StoredInterval], StoreError>) {
        inFlight -= rows.count
        isWritingIntervals = false
        switch result {
        case .success(let contradicting):
            if let row = contradicting.first {
                Log.write(
                    .error, "store",
                    "\(contradicting.count) final interval row(s) stay as they are, although they would be others now; the first is \(row.kind) “\(row.name)” of “\(row.switch)” from \(UnixTime(microseconds: row.start)). Keep the journal: it says why."
                )
            }
            recovered()
            writeIntervals()
        case .failure(let error): failed(rows, error)
        }
        if inFlight == 0 { onIdle?() }
    }

    private func failed(_ rows: [Interval], _ error: StoreError) {
        sayFailing(error)
        waitingIntervals = rows + waitingIntervals
        if waitingIntervals.count > Self.keptLimit {
            Log.write(
                .error, "store",
                "\(waitingIntervals.count - Self.keptLimit) interval rows were given up: the store has been failing for too long.")
            waitingIntervals.removeFirst(waitingIntervals.count - Self.keptLimit)
        }
        retryLater()
    }

    /// Failures are ignored: a full disk is already reported for the records, and one missed sign of life does no harm. But that the file is gone is noticed
    /// here, where nobody calls. The next is due when this one is over: each may wait for another process's lock for longer than the time between two,
    /// and what is to be saved would wait behind all of them.
    private func noteAlive() {
        store.noteAlive(at: EventLoop.dateMicroseconds) { result in
            EventLoop.post { [self] in
                switch result {
                case .failure(let error): if case .fileGone = error { sayFailing(error) }
                case .success: recovered()
                }
                if !isStopping { alive.start(afterMicroseconds: Self.aliveMicroseconds) }
            }
        }
    }

    private func write(_ records: [Numbered]) {
        inFlight += records.count
        waiting += records
        makeRows()
    }

    /// One batch after the other, so that the store has them in order.
    private func makeRows() {
        guard !isMakingRows, !waiting.isEmpty else { return }
        isMakingRows = true
        let records = Array(waiting.prefix(Self.batch))
        waiting.removeFirst(records.count)
        making.async { [store] in
            store.save(records.map { ContactRow($0.record) }) { result in EventLoop.post { [self] in stored(records, result) } }
            EventLoop.post { [self] in
                isMakingRows = false
                makeRows()
            }
        }
    }

    private func stored(_ records: [Numbered], _ result: Result<Void, StoreError>) {
        inFlight -= records.count
        switch result {
        case .success:
            for record in records { unsettled.remove(record.number) }
            onSettled?()
            recovered()
        case .failure(let error): failed(records, error)
        }
        if inFlight == 0 { onIdle?() }
    }

    /// On a disk that is almost full a small record may find room while others still wait.
    private func recovered() {
        guard isFailing, refused.isEmpty, waitingIntervals.isEmpty, waitingGaps.isEmpty, inFlight == 0 else { return }
        fault = nil
        isRescued = false
        Log.write(.info, "store", "Records are being stored again; none is waiting.")
    }

    private func sayFailing(_ error: StoreError) {
        if !isFailing {
            Log.write(.error, "store", "\(error) Records are kept in memory and tried again every 5 s; stop the program only after that.")
        }
        fault = "\(error)"
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
                case .failure(let error): Log.write(.error, "store", "What was stored until then could not be copied: \(error)")
                }
            }
        }
    }

    /// The program is to end: what was refused is tried once more, and no sign of life follows. What fails from now on is not tried again, and after
    /// ``secondsToEnd`` nothing waits any longer for another process's lock; ``onIdle`` follows in any case.
    func stop() {
        isStopping = true
        alive.cancel()
        retry.cancel()
        store.endWaiting(afterSeconds: Self.secondsToEnd)
        tryAgain()
    }

    private func retryLater() {
        if !isStopping { retry.start(afterMicroseconds: Self.retryMicroseconds) }
    }

    /// Closes the store, off the loop, when nothing is on its way any more; then nothing can be saved.
    func close(_ completion: @escaping @LoopActor () -> Void) {
        isStopping = true
        alive.cancel()
        retry.cancel()
        DispatchQueue.global(qos: .userInitiated).async { [store] in
            var failure: StoreError?
            do throws(StoreError) { try store.close() } catch { failure = error }
            EventLoop.post { [failure] in
                if let failure { Log.write(.error, "store", "\(failure)") }
                completion()
            }
        }
    }

    private func failed(_ rows: [Numbered], _ error: StoreError) {
        sayFailing(error)
        refused += rows
        if refused.count > Self.keptLimit {
            Log.write(
                .error, "store", "\(refused.count - Self.keptLimit) contact records were given up: the store has been failing for too long."
            )
            for row in refused.prefix(refused.count - Self.keptLimit) { unsettled.remove(row.number) }
            refused.removeFirst(refused.count - Self.keptLimit)
        }
        retryLater()
    }

    private func tryAgain() {
        writeGaps()
        writeIntervals()
        guard !refused.isEmpty else { return }
        let rows = refused
        refused = []
        write(rows)
    }
}

extension ContactRow {
    init(_ record: ContactRecord) {
        self.init(
            id: record.id.rawValue, switch: record.switch.rawValue, arrived: record.arrived.microseconds, ended: record.ended?.microseconds,
            queue: record.visits.last?.queue.rawValue, agent: record.firstAgent, outcome: record.outcome.word, e164: record.storedNumber,
            partyKey: record.partyKey, record: String(decoding: JSON.encode(ContactDocument(record)), as: UTF8.self))
    }
}

extension StoredInterval {
    init(_ row: IntervalRow, of name: SwitchID) {
        self.init(
            switch: name.rawValue, kind: row.kind.rawValue, name: row.name, start: row.start.microseconds, length: row.length.microseconds,
            isFinal: !row.provisional, offered: row.cohort?.offered, answered: row.cohort?.answered, abandoned: row.cohort?.abandoned,
            inTime: row.cohort?.serviceLevel?.numerator, ofServiceLevel: row.cohort?.serviceLevel?.denominator,
            handled: row.legs.handled, gap: row.gapMicroseconds, row: String(decoding: JSON.encode(row), as: UTF8.self))
    }
}
