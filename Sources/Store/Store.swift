import GRDB
import Glibc
import Synchronization

/// Parties and contact records in one SQLite file that only its owner may read and write.
///
/// Writes go through one connection, on GRDB's writer queue, with `synchronous = FULL`: what was acknowledged
/// survives a power cut. Reads have connections of their own and never wait for a write (WAL). May be called from any
/// thread; completions run on a background thread.
public final class Store: Sendable {
    public let path: String
    let pool: DatabasePool
    private let lock: StoreLock?
    private let place: StorePlace
    let waiting = Mutex(WaitingSaves())
    let patience: LockPatience
    /// What opening it changed; nil: it had this version's tables already, or is new.
    public let conversion: StoreConversion?

    /// Who opens a store.
    public enum Use: Sendable {
        /// The gateway: refused while another one has the file.
        case gateway
        /// A program that writes, perhaps beside the gateway. It converts an older store unless a gateway has it.
        case tool
        /// A program that only reads. It converts nothing.
        case reader
    }

    /// Opens the file. Creates it if it is missing, unless for a reader. An older schema is updated after the store was
    /// copied (``conversion``), and never under a running gateway, which may be of the older version.
    public convenience init(path: String, for use: Use) throws(StoreError) {
        try self.init(path: path, use: use, busySeconds: Limits.busySeconds)
    }

    /// The same for a tool, or for the gateway.
    public convenience init(path: String, forGateway: Bool = false) throws(StoreError) {
        try self.init(path: path, for: forGateway ? .gateway : .tool)
    }

    convenience init(path: String, forGateway: Bool = false, busySeconds: Double) throws(StoreError) {
        try self.init(path: path, use: forGateway ? .gateway : .tool, busySeconds: busySeconds)
    }

    private init(path: String, use: Use, busySeconds: Double) throws(StoreError) {
        self.path = path
        let patience = LockPatience(seconds: busySeconds)
        self.patience = patience
        lock = use == .gateway ? try StoreLock(path, for: .gateway) : nil
        if use == .reader { try Self.requireFile(path) } else { try Self.prepareFile(path) }
        do {
            conversion = try Self.convert(path, for: use)
            var configuration = Configuration()
            configuration.label = "store"
            configuration.foreignKeysEnabled = true
            configuration.busyMode = .callback { patience.wait(attempt: $0) }
            pool = try DatabasePool(path: path, configuration: configuration)
            // DatabasePool sets NORMAL after its configuration has run, so FULL can only be set once the pool is
            // open.
            let synchronous = try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                return try Int.fetchOne(db, sql: "PRAGMA synchronous")
            }
            precondition(synchronous == 2, "SQLite did not accept PRAGMA synchronous = FULL")
            if use != .reader { try Schema.migrator.migrate(pool) }
            place = StorePlace(path)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// From this many seconds after now on, nothing waits for a lock that another process holds: what needs it fails
    /// as `busy`. For the end of the program, which must come even if the lock is never released.
    public func endWaiting(afterSeconds seconds: Double) { patience.end(afterSeconds: seconds) }

    /// Waits for the saves in flight, moves everything from the -wal into the file itself, and closes it: a copy of
    /// the file alone is then the whole store. Later requests fail.
    public func close() throws(StoreError) {
        do {
            try pool.barrierWriteWithoutTransaction { db in
                drain(db)
                // Fails while another program reads: SQLite then does it when that program closes the file.
                _ = try? db.checkpoint(.truncate)
            }
            try pool.close()
            lock?.release()
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// SQLite would create the file with the umask's mode. It gives the -wal and -shm the mode of the file.
    private static func prepareFile(_ path: String) throws(StoreError) {
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file >= 0 {
            Ownership.give(file, toOwnerOfFolderOf: path)
            Glibc.close(file)
            return
        }
        switch errno {
        // An existing file is not opened here: closing it would drop the locks that another connection of this process
        // holds on it.
        case EEXIST:
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                throw .cannotOpen(path: path, reason: "it is not a file")
            }
            guard chmod(path, 0o600) == 0 else {
                throw .cannotOpen(
                    path: path, reason: "its mode cannot be set to 0600: " + String(cString: strerror(errno)))
            }
        case ENOSPC, EDQUOT: throw .diskFull(path: path)
        case EROFS: throw .readOnly(path: path)
        default: throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
    }

    private static func requireFile(_ path: String) throws(StoreError) {
        guard Glibc.access(path, F_OK) == 0 else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
    }

    /// Brings an older store to this version's tables, after copying it. Nothing is done to a new one.
    private static func convert(_ path: String, for use: Use) throws -> StoreConversion? {
        guard var need = try StoreConversion.Need(applied: appliedChanges(path)) else { return nil }
        if use == .reader { throw StoreError.schemaTooOld(path: path, changes: need.missing, process: nil) }
        var turn: StoreLock?
        if use == .tool {
            do throws(StoreError) { turn = try StoreLock(path, for: .gateway) } catch {
                guard case .inUse(_, let process, by: _) = error else { throw error }
                throw StoreError.schemaTooOld(path: path, changes: need.missing, process: process ?? 0)
            }
            // Another tool may have done it meanwhile.
            guard let still = try StoreConversion.Need(applied: appliedChanges(path)) else { return nil }
            need = still
        }
        defer { turn?.release() }
        let conversion = try StoreConversion(need, of: path)
        let queue = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(queue)
        try queue.close()
        return conversion
    }

    /// The changes of the schema that the file has. Checks before anything is written that the file is ours and not
    /// newer: opening a pool already changes it.
    private static func appliedChanges(_ path: String) throws -> Set<String> {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size > 0 else { return [] }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(Limits.busySeconds)
        let probe = try DatabaseQueue(path: path, configuration: configuration)
        let applied = try probe.read { db in
            let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
            guard try isEmpty || Int64.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
                throw StoreError.notOurs(path: path)
            }
            let applied = try isEmpty ? [] : Schema.migrator.appliedIdentifiers(db)
            let unknown = applied.subtracting(Schema.migrator.migrations)
            guard unknown.isEmpty else { throw StoreError.schemaTooNew(path: path, changes: unknown.sorted()) }
            return applied
        }
        try probe.close()
        return applied
    }
}

// MARK: - Health

extension Store {
    public struct Counts: Hashable, Sendable {
        public var parties: Int
        public var numbers: Int
        public var contacts: Int
    }

    public func counts() throws(StoreError) -> Counts {
        try reading { db in
            func count(_ table: String) throws -> Int {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
            }
            return Counts(
                parties: try count("parties"),
                numbers: try count("party_numbers WHERE party IN (SELECT id FROM parties)"),
                contacts: try count("contacts"))
        }
    }

    /// What SQLite finds wrong in the file, the first faults only; empty when it is sound. Reads the whole file.
    public func integrityCheck() throws(StoreError) -> [String] {
        try reading { db in
            let faults = try String.fetchAll(db, sql: "PRAGMA integrity_check(\(Limits.integrityFaults))").filter {
                $0 != "ok"
            }
            let orphans = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").prefix(Limits.integrityFaults)
            return faults
                + orphans.map {
                    "a row of \($0["table"] as String? ?? "?") refers to a missing row of \($0["parent"] as String? ?? "?")"
                }
        }
    }

    /// Throws where the file, its -wal or its -shm is no longer the one that was opened. Call it before a write: what
    /// is written into a deleted file is lost when the program ends.
    func requirePlace() throws(StoreError) {
        if let path = place.firstLost { throw .fileGone(path: path) }
    }

    /// Copies everything that this store has, even if its file was deleted, into a new file beside it
    /// (`….rescued-<seconds since 1970>`, mode 0600).
    public func rescue(completion: @escaping @Sendable (Result<String, StoreError>) -> Void) {
        let target = "\(path).rescued-\(time(nil))"
        pool.asyncWriteWithoutTransaction { [path] db in
            do {
                // SQLite would create it with the umask's mode.
                let file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
                guard file >= 0 else {
                    throw StoreError.cannotOpen(path: target, reason: String(cString: strerror(errno)))
                }
                Glibc.close(file)
                try db.execute(sql: "VACUUM INTO ?", arguments: [target])
                completion(.success(target))
            } catch {
                completion(.failure(StoreError(error, path: path)))
            }
        }
    }

    func reading<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.read(body) } catch { throw StoreError(error, path: path) }
    }
}
