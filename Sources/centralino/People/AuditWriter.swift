import Access
import EventLoop
import Store
import TLS
import Time

/// Writes entries of the audit, and sessions, in their order and many at a time. While the store fails they wait, as
/// far as there is room; what is lost is counted, said in the log, and entered as soon as the store works again.
@LoopActor
final class AuditWriter {
    /// Some 300 bytes each. At a hundred screen pops a second, more than half an hour of a store that fails.
    private static let waitingEntries = 200_000
    /// One transaction.
    private static let batch = 1_000
    private static let retryMicroseconds: Int64 = 5_000_000

    private let store: Store
    private var entries: [AuditEntry] = []
    private var sessions: [Store.SessionChange] = []
    /// Entries that found no room since the last one was stored.
    private(set) var lost = 0
    private var isWriting = false
    private var isFailing = false
    private var isStopping = false
    /// The next attempt is some seconds away.
    private var isWaiting = false
    private lazy var retry = Timer { [unowned self] in tryAgain() }

    var onIdle: (@LoopActor () -> Void)?
    /// Whether nothing is on its way any more. What a failing store has not taken at the end is lost, and said.
    var isIdle: Bool { !isWriting && (isFailing || entries.isEmpty && sessions.isEmpty) }

    init(_ store: Store) { self.store = store }

    func append(_ entry: AuditEntry) {
        guard entries.count < Self.waitingEntries else {
            lost += 1
            return
        }
        entries.append(entry)
        write()
    }

    func append(_ change: Store.SessionChange) {
        // A session that is not stored is forgotten by a restart: no more than a sign-in.
        guard sessions.count < Self.waitingEntries else { return }
        sessions.append(change)
        write()
    }

    private func write() {
        guard !isWriting, !isWaiting, !entries.isEmpty || !sessions.isEmpty else { return }
        isWriting = true
        let entriesNow = entries.prefix(Self.batch)
        let sessionsNow = sessions.prefix(Self.batch)
        var rows = entriesNow.map(NewAuditRow.init)
        let lostNow = lost
        if lostNow > 0 {
            let entry = AuditEntry(
                at: UnixTime(microseconds: EventLoop.dateMicroseconds), .lost, who: "gateway",
                what: "\(lostNow) entries", why: "the store failed for too long")
            rows.append(NewAuditRow(entry))
        }
        let (entryCount, sessionCount) = (entriesNow.count, sessionsNow.count)
        store.save(Array(sessionsNow), audit: rows, digest: OpenSSL.sha256) { result in
            EventLoop.post { [self] in stored(entryCount, sessionCount, lostNow, result) }
        }
    }

    private func stored(_ entryCount: Int, _ sessionCount: Int, _ lostNow: Int, _ result: Result<Void, StoreError>) {
        isWriting = false
        switch result {
        case .success:
            if isFailing { Log.write(.info, "audit", "Entries are being stored again; \(lostNow) were lost.") }
            isFailing = false
            entries.removeFirst(entryCount)
            sessions.removeFirst(sessionCount)
            lost -= lostNow
            write()
        case .failure(let error):
            if !isFailing {
                Log.write(
                    .error, "audit", "Entries wait in memory, and are tried again every 5 s. \(error)")
            }
            isFailing = true
            if isStopping {
                Log.write(
                    .error, "audit", "\(entries.count + lost) entries of the audit could not be stored, and are lost.")
            } else {
                isWaiting = true
                retry.start(afterMicroseconds: Self.retryMicroseconds)
            }
        }
        if isIdle { onIdle?() }
    }

    /// What waits is tried once more.
    func stop() {
        isStopping = true
        retry.cancel()
        tryAgain()
    }

    private func tryAgain() {
        isWaiting = false
        write()
    }
}
