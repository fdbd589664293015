import Glibc
import Synchronization

/// Ensures that one process at a time does something with a store.
///
/// A lock on a file of its own (`<store>-gateway` or `<store>-import`, which holds the process id): SQLite's locks are
/// for transactions, and an import must be able to write beside the gateway. The lock ends with the process, however
/// that ends; the file stays.
public final class StoreLock: Sendable {
    public enum Purpose: String, CaseIterable {
        /// Two gateways would each assign ids of their own to calls, close the other's gaps and overwrite its sign of
        /// life.
        case gateway
        /// Two imports would each write the next edition of the registry.
        case `import`
    }

    private let descriptor: Mutex<Int32?>

    public init(_ store: String, for purpose: Purpose) throws(StoreError) {
        let path = Self.resolved(store) + "-" + purpose.rawValue
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            let code = errno
            // The lock file is an implementation detail: the error names the store, unless the lock file exists and
            // cannot be opened.
            let isLockAtFault = access(path, F_OK) == 0
            throw .cannotOpen(path: isLockAtFault ? path : store, reason: String(cString: strerror(code)))
        }
        // On a file system without locks the program goes on without one.
        if flock(file, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            let process = Self.content(of: file)
            close(file)
            throw .inUse(path: store, process: process, by: purpose.holder)
        }
        if access(store, F_OK) == 0 {
            Ownership.give(file, toOwnerOf: store)
        } else {
            Ownership.give(file, toOwnerOfFolderOf: store)
        }
        let number = Array("\(getpid())\n".utf8)
        if ftruncate(file, 0) == 0 { _ = pwrite(file, number, number.count, 0) }
        descriptor = Mutex(file)
    }

    deinit { release() }

    public func release() {
        let file = descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
        guard let file else { return }
        // A forked child that has not yet executed another program still holds the descriptor.
        flock(file, LOCK_UN)
        close(file)
    }

    /// Two names of one store refer to the same store.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func content(of file: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(file, &bytes, bytes.count, 0)
        return count > 0 ? Int32(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self)) : nil
    }
}

/// The files that were opened under the store's names.
struct StorePlace: Sendable {
    private struct File: Sendable {
        var path: String
        var device: dev_t
        var inode: ino_t
    }

    private let files: [File]

    init(_ path: String) {
        files = ["", "-wal", "-shm"].compactMap { suffix in
            Self.status(path + suffix).map { File(path: path + suffix, device: $0.st_dev, inode: $0.st_ino) }
        }
    }

    /// The first name under which there is now another file, or none.
    var firstLost: String? {
        files.first { file in
            guard let status = Self.status(file.path) else { return true }
            return (status.st_dev, status.st_ino) != (file.device, file.inode)
        }?.path
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}

extension StoreLock.Purpose {
    fileprivate var holder: StoreError.Holder {
        switch self {
        case .gateway: .gateway
        case .import: .import
        }
    }
}

extension Store {
    /// What is appended to a store's path for the files that lie beside it: SQLite's two, and the locks.
    public static let sidecars: [String] = ["-wal", "-shm"] + StoreLock.Purpose.allCases.map { "-\($0.rawValue)" }
}
