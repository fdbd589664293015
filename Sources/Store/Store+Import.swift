import GRDB

public enum ImportPolicy: Hashable, Sendable {
    /// Readers see all of it at once, at the end: a fault anywhere leaves the anagrafica as it was.
    case allOrNothing
    /// Readers see each batch at once.
    case keepGoing
}

/// The next piece from an import's source, which is asked until it returns ``end`` or ``abandon``.
public enum PartyBatch: Sendable {
    case parties([PartyEntry])
    case end
    /// The source found a fault, or this was only a rehearsal. With ``ImportPolicy/allOrNothing`` nothing is stored,
    /// but everything was tried.
    case abandon
}

public struct ImportCounts: Hashable, Sendable {
    public var added = 0
    public var updated = 0
    public var unchanged = 0
    /// False when the import was abandoned and rolled back.
    public var isStored = true

    public var total: Int { added + updated + unchanged }

    public init(added: Int = 0, updated: Int = 0, unchanged: Int = 0, isStored: Bool = true) {
        self.added = added
        self.updated = updated
        self.unchanged = unchanged
        self.isStored = isStored
    }
}

extension Store {
    /// Adds parties, or updates those with the same external key: the details that the source gives
    /// (``PartyEntry/told``), and the numbers as a whole set. Importing the same parties again changes nothing.
    /// Parties that are not mentioned stay.
    ///
    /// Waits for the disk, and for another import to end: for tools, never on the loop. It writes in short transactions
    /// with pauses between them, so others write meanwhile (``RegistryDraft``). When it returns, everything is on the
    /// disk. After a power cut before that, the last batches of ``ImportPolicy/keepGoing`` may be missing.
    /// - Parameters:
    ///   - next: gives the next batch; ``Limits/partiesPerTransaction`` parties are a good size.
    ///   - progress: receives the counts so far, after each batch.
    /// - Throws: ``StoreError/noRoomForImport(path:neededBytes:freeBytes:)`` before the disk is full.
    public func importParties(
        _ policy: ImportPolicy = .allOrNothing, next: () -> PartyBatch, progress: (ImportCounts) -> Void = { _ in }
    ) throws(StoreError) -> ImportCounts {
        try importParties(policy, freeBytes: { Self.freeBytes(besides: $0) }, next: next, progress: progress)
    }

    /// `freeBytes`: on the disk of this file; nil where nobody can say, and then the import goes on.
    func importParties(
        _ policy: ImportPolicy, freeBytes: (String) -> Int?, next: () -> PartyBatch,
        progress: (ImportCounts) -> Void = { _ in }
    ) throws(StoreError) -> ImportCounts {
        func requireRoom() throws(StoreError) {
            guard let free = freeBytes(path), free < Limits.importReserveBytes else { return }
            throw .noRoomForImport(path: path, neededBytes: Limits.importReserveBytes, freeBytes: free)
        }
        let turn = try importTurn()
        defer { turn.release() }
        do {
            // What an earlier import left behind that was killed.
            try discardDraft()
            switch policy {
            case .allOrNothing: return try importAtOnce(requireRoom, next, progress)
            case .keepGoing: return try importInBatches(requireRoom, next, progress)
            }
        } catch {
            // There is room for it: the import stopped before the reserve was used. If this fails too, the next import
            // does it.
            try? discardDraft()
            throw StoreError(error, path: path)
        }
    }

    private func importAtOnce(
        _ requireRoom: () throws -> Void, _ next: () -> PartyBatch, _ progress: (ImportCounts) -> Void
    ) throws -> ImportCounts {
        var counts = ImportCounts()
        var isFirst = true
        reading: while true {
            switch next() {
            case .end: break reading
            case .abandon:
                counts.isStored = false
                try discardDraft()
                return counts
            case .parties(let entries):
                if !isFirst { patience.giveWay() }
                isFirst = false
                try requireRoom()
                counts = try importTransaction {
                    var new = counts
                    try $0.write(entries, &new)
                    return new
                }
                progress(counts)
            }
        }
        // The sorted numbers are in SQLite's temporary files, which may be on the same disk.
        try requireRoom()
        try pool.writeWithoutTransaction { try RegistryDraft($0).sortNumbers() }
        var start = 0
        try inParts { draft in
            try requireRoom()
            defer { start += Limits.numbersPerTransaction }
            return try draft.enterSomeNumbers(from: start)
        }
        try pool.writeWithoutTransaction { try RegistryDraft($0).forgetSortedNumbers() }
        try publish()
        return counts
    }

    private func importInBatches(
        _ requireRoom: () throws -> Void, _ next: () -> PartyBatch, _ progress: (ImportCounts) -> Void
    ) throws -> ImportCounts {
        var counts = ImportCounts()
        while case .parties(let entries) = next() {
            if counts.total > 0 { patience.giveWay() }
            try requireRoom()
            counts = try importTransaction { draft in
                var new = counts
                try draft.write(entries, &new)
                try draft.enterNumbers()
                try draft.publish()
                return new
            }
            try inParts { try $0.clearSomeReplaced() }
            progress(counts)
        }
        // A durable write, with which all earlier ones are on the disk, too.
        try publish()
        return counts
    }

    /// Makes the draft visible, on the disk.
    private func publish() throws {
        try pool.writeWithoutTransaction { db in
            // Most of what is to be synchronised is so here, without the write lock.
            _ = try? db.checkpoint(.passive)
            try db.inTransaction(.immediate) {
                try RegistryDraft(db).publish()
                return .commit
            }
        }
        try inParts { try $0.clearSomeReplaced() }
    }

    private func discardDraft() throws {
        let (hasDraft, hasReplaced) = try pool.read { db in
            (
                try Bool.fetchOne(db, sql: "SELECT draft_from IS NOT NULL FROM registry") ?? false,
                try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM party_rows WHERE until IS NOT NULL)") ?? false
            )
        }
        if hasDraft { try inParts { try $0.discardSome() } }
        if hasReplaced { try inParts { try $0.clearSomeReplaced() } }
    }

    // MARK: - Short transactions

    /// Repeats a part in transactions of its own until there is no more.
    private func inParts(_ part: (RegistryDraft) throws -> Bool) throws {
        while try importTransaction(part) { patience.giveWay() }
    }

    /// One transaction that does not wait for the disk: what it writes counts once ``publish()`` has synchronised it.
    /// Only it: whatever else the connection writes was to survive a power cut when it was acknowledged.
    private func importTransaction<Value>(_ body: (RegistryDraft) throws -> Value) throws -> Value {
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            let result = Result {
                var value: Value?
                try db.inTransaction(.immediate) {
                    value = try body(RegistryDraft(db))
                    return .commit
                }
                return value
            }
            try db.execute(sql: "PRAGMA synchronous = FULL")
            guard let value = try result.get() else { throw StoreError.failed(path: path, detail: "nothing was done") }
            return value
        }
    }

    /// The right to import, until it is released.
    func importTurn() throws(StoreError) -> StoreLock {
        var attempt = 0
        while true {
            do throws(StoreError) {
                return try StoreLock(path, for: .import)
            } catch {
                guard case .inUse = error else { throw error }
                guard patience.wait(attempt: attempt) else { throw error }
                attempt += 1
            }
        }
    }
}
