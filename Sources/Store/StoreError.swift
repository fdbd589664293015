import GRDB

/// What a store could not do. None of these loses a row that was already acknowledged.
public enum StoreError: Error, Equatable, Sendable {
    case cannotOpen(path: String, reason: String)
    case notADatabase(path: String)
    /// A SQLite database that another program made.
    case notOurs(path: String)
    case damaged(path: String, detail: String)
    /// Written by a newer version of this program; `changes` are the schema changes that this one does not know.
    case schemaTooNew(path: String, changes: [String])
    /// Written by an earlier version, and not to be converted now: by a program that only reads, or while a gateway
    /// works with it, whose process id is 0 where it is not known.
    case schemaTooOld(path: String, changes: [String], process: Int32?)
    /// The disk has no room for the copy.
    case noRoomForCopy(path: String, copy: String, neededBytes: Int, freeBytes: Int)
    case diskFull(path: String)
    /// An import would have left less than ``Store/Limits/importReserveBytes``.
    case noRoomForImport(path: String, neededBytes: Int, freeBytes: Int)
    /// Another process kept the write lock for longer than ``Store/Limits/busySeconds``.
    case busy(path: String)
    case readOnly(path: String)
    /// More rows wait for the disk than ``Store/Limits/waitingContacts``.
    case overloaded(path: String, waiting: Int)
    /// Another gateway uses this store; `process` is its process id, where that is known.
    case inUse(path: String, process: Int32?, by: Holder)
    /// The store's file, or its -wal or -shm, was deleted, moved or replaced while it was open.
    case fileGone(path: String)
    /// The rest of SQLite's result codes; `detail` holds code, message and statement.
    case failed(path: String, detail: String)

    /// What another process does with a store.
    public enum Holder: Equatable, Sendable { case gateway, `import` }

    /// Saving the same rows again later may succeed.
    public var isTransient: Bool {
        switch self {
        case .diskFull, .busy, .overloaded, .fileGone: true
        case .cannotOpen, .notADatabase, .notOurs, .damaged, .schemaTooNew, .schemaTooOld, .noRoomForCopy,
            .noRoomForImport, .readOnly, .inUse, .failed:
            false
        }
    }
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason):
            "Cannot open the store \(path): \(reason). Check that the folder exists and that this user may write there."
        case .notADatabase(let path):
            "\(path) is not an SQLite database. Check the path of the store; nothing was changed in this file."
        case .notOurs(let path):
            "\(path) is an SQLite database of another program. Check the path of the store; nothing was changed in this file."
        case .damaged(let path, let detail):
            "The store \(path) is damaged: \(detail). Stop the gateway, keep a copy of the file with its -wal and -shm, and restore a backup or "
                + "salvage it with “sqlite3 \(path) .recover”."
        case .schemaTooNew(let path, let changes):
            "The store \(path) was written by a newer version (it has \(changes.joined(separator: ", "))). Install that version, or point to "
                + "another store; nothing was changed in this file."
        case .schemaTooOld(let path, let changes, nil):
            "The store \(path) was written by an earlier version (it lacks \(changes.joined(separator: ", "))). Start this version's gateway once, which "
                + "copies the store and then converts it, or read it with the earlier version; nothing was changed in this file."
        case .schemaTooOld(let path, let changes, let process?):
            "The store \(path) was written by an earlier version (it lacks \(changes.joined(separator: ", "))), and a gateway"
                + "\(process > 0 ? " (process \(process))" : "") works with it. Restart that gateway with this version first; nothing was changed in this file."
        case .noRoomForCopy(let path, let copy, let needed, let free):
            "The disk has no room for a copy of the store \(path): \(copy) needs \(needed / 1_000_000 + 1) MB, and \(free / 1_000_000) MB are free. "
                + "Free space there; nothing was changed in the store."
        case .diskFull(let path):
            "No space is left for the store \(path). Free space or raise the quota; rows not yet stored will be accepted then."
        case .noRoomForImport(let path, let needed, let free):
            "The disk of the store \(path) has \(free / 1_000_000) MB free, and an import leaves \(needed / 1_000_000 + 1) MB for the gateway's records and "
                + "journal. What this import wrote and was not finished is taken back. Free space there, then import again."
        case .busy(let path):
            "Another process holds the store \(path) locked. Let it finish (an import?) or end it, then try again."
        case .readOnly(let path):
            "The store \(path) cannot be written. Check the owner and mode of the file and its folder, and whether the file system is mounted "
                + "read-only."
        case .overloaded(let path, let waiting):
            "\(waiting) rows already wait to be written to \(path): the disk does not keep up. Look for a slow or stuck disk."
        case .inUse(let path, let process, by: .import):
            "Another import\(process.map { " (process \($0))" } ?? "") writes the anagrafica of \(path). Begin again when it has ended."
        case .inUse(let path, let process, by: .gateway):
            "Another gateway\(process.map { " (process \($0))" } ?? "") works with the store \(path). Stop that one, or give this one a store of its own "
                + "([store] path): one store is one gateway's."
        case .fileGone(let path):
            "\(path) was deleted, moved or replaced while the gateway had it open; nothing is written into what is gone. Put the same file back, or "
                + "restart the gateway: it opens what stands there then, and stores again what its journal has."
        case .failed(let path, let detail):
            "The store \(path) failed: \(detail). If it says “disk I/O error”, look at the kernel's log for a dying disk."
        }
    }
}

extension StoreError {
    /// SQLite's codes: https://www.sqlite.org/rescode.html
    init(_ error: any Error, path: String) {
        guard let error = error as? DatabaseError else {
            self = error as? StoreError ?? .failed(path: path, detail: String(describing: error))
            return
        }
        switch (error.resultCode, error.extendedResultCode) {
        // A quota or a file size limit is not ENOSPC, so SQLite calls it a failed write; the -shm file can hit the same
        // wall first.
        case (.SQLITE_FULL, _), (_, .SQLITE_IOERR_WRITE), (_, .SQLITE_IOERR_SHMSIZE): self = .diskFull(path: path)
        case (.SQLITE_BUSY, _), (.SQLITE_LOCKED, _): self = .busy(path: path)
        case (.SQLITE_READONLY, _): self = .readOnly(path: path)
        case (.SQLITE_NOTADB, _): self = .notADatabase(path: path)
        case (.SQLITE_CORRUPT, _): self = .damaged(path: path, detail: error.message ?? "malformed")
        case (.SQLITE_CANTOPEN, _):
            self = .cannotOpen(path: path, reason: error.message ?? "unable to open database file")
        default: self = .failed(path: path, detail: error.description)
        }
    }
}
