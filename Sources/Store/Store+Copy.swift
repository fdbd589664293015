import GRDB
import Glibc

// A copy is made page by page with SQLite's backup interface, within one read: it has the store as of one moment, and
// the gateway goes on writing meanwhile.
extension Store {
    /// Copies a store of any version into a new file with mode 0600, and returns when it is on the disk. Changes
    /// nothing in the store. A copy that fails leaves no file.
    /// - Parameter progress: how many pages are copied, of how many.
    /// - Throws: ``StoreError/noRoomForCopy(path:copy:neededBytes:freeBytes:)`` before anything is written.
    public static func copy(
        _ path: String, to target: String, progress: @escaping (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws(StoreError) {
        do {
            try requireRoom(for: path, copy: target)
            try createCopy(target)
        } catch {
            throw StoreError(error, path: path)
        }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(Limits.busySeconds)
            let source = try DatabaseQueue(path: path, configuration: configuration)
            let copy = try DatabaseQueue(path: target)
            try source.read { db in
                guard try Int64.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
                    throw StoreError.notOurs(path: path)
                }
                try copy.writeWithoutTransaction {
                    try db.backup(to: $0, pagesPerStep: Limits.pagesPerCopyStep) {
                        try progress($0.totalPageCount - $0.remainingPageCount, $0.totalPageCount)
                    }
                }
            }
            try copy.close()
            try source.close()
            try sync(target)
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(target + suffix) }
            throw StoreError(error, path: path)
        }
    }

    /// The store's size with what waits in its -wal, in bytes: about what a copy needs.
    public static func size(_ path: String) -> Int {
        ["", "-wal"].reduce(0) { size, suffix in
            var status = stat()
            return size + (stat(path + suffix, &status) == 0 ? Int(status.st_size) : 0)
        }
    }

    /// What an ordinary user may still write where this file is; nil where nobody can say.
    static func freeBytes(besides path: String) -> Int? {
        var status = statvfs()
        guard statvfs(Ownership.folder(of: path), &status) == 0 else { return nil }
        let (bytes, isOverflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isOverflow ? nil : Int(clamping: bytes)
    }

    private static func requireRoom(for path: String, copy target: String) throws {
        guard let free = freeBytes(besides: target) else {
            throw StoreError.cannotOpen(path: target, reason: String(cString: strerror(errno)))
        }
        let needed = size(path)
        guard needed <= free else {
            throw StoreError.noRoomForCopy(path: path, copy: target, neededBytes: needed, freeBytes: free)
        }
    }

    /// SQLite would create it with the umask's mode.
    private static func createCopy(_ target: String) throws {
        let file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            if errno == ENOSPC || errno == EDQUOT { throw StoreError.diskFull(path: target) }
            throw StoreError.cannotOpen(path: target, reason: String(cString: strerror(errno)))
        }
        Ownership.give(file, toOwnerOfFolderOf: target)
        Glibc.close(file)
    }

    /// The file, and its name in the folder.
    private static func sync(_ path: String) throws {
        for (place, flags) in [(path, O_RDONLY), (Ownership.folder(of: path), O_RDONLY | O_DIRECTORY)] {
            let descriptor = open(place, flags | O_CLOEXEC)
            defer { Glibc.close(descriptor) }
            guard descriptor >= 0, fsync(descriptor) == 0 else {
                throw StoreError.cannotOpen(path: place, reason: String(cString: strerror(errno)))
            }
        }
    }
}
