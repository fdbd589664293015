import Foundation
import Journal
import TLS

/// One file of a backup or of a restoring: copied part by part with its SHA-256, on the disk when it is counted.
enum BackupFiles {
    struct Fault: Error, CustomStringConvertible {
        var description: String
        /// The file was there and is not any more: retention deleted it.
        var isVanished = false

        init(_ text: String, isVanished: Bool = false) {
            description = text
            self.isVanished = isVanished
        }

        static func system(_ what: String, _ path: String, _ code: Int32 = errno) -> Fault {
            let remedy = code == ENOSPC || code == EDQUOT ? " Free space there, or choose another place." : ""
            return Fault(
                "\(path) cannot be \(what): \(String(cString: strerror(code))).\(remedy)", isVanished: code == ENOENT)
        }
    }

    struct Sum: Equatable {
        var bytes: Int
        var sha256: String
    }

    /// Copies what the file has now; what is appended meanwhile is not in the copy. The copy has mode 0600.
    static func copy(_ source: String, to target: String, progress: (Int) -> Void) throws(Fault) -> Sum {
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw .system("made", target) }
        defer { close(output) }
        let sum = try read(source) { bytes throws(Fault) in
            guard Console.write(bytes, to: output) else { throw .system("written", target) }
            progress(bytes.count)
        }
        guard fsync(output) == 0 else { throw .system("written", target) }
        return sum
    }

    static func sum(of path: String, progress: (Int) -> Void) throws(Fault) -> Sum {
        try read(path) { bytes throws(Fault) in progress(bytes.count) }
    }

    private static func read(_ path: String, _ body: ([UInt8]) throws(Fault) -> Void) throws(Fault) -> Sum {
        // A FIFO of that name would keep us waiting.
        let file = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { throw .system("read", path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .system("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Fault("\(path) is not a file.") }
        let digest = RunningSHA256()
        let size = Int(status.st_size)
        var done = 0
        var buffer = [UInt8](repeating: 0, count: ProgramLimits.copiedPartBytes)
        while done < size {
            let count = Glibc.read(file, &buffer, min(buffer.count, size - done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system("read", path) }
            guard count > 0 else { throw Fault("\(path) became shorter while it was read.") }
            let part = count == buffer.count ? buffer : Array(buffer[..<count])
            digest.update(part)
            try body(part)
            done += count
        }
        return Sum(bytes: done, sha256: Journal.Digest(digest.finish())?.description ?? "")
    }

    static func makeFolder(_ path: String) throws(Fault) {
        guard mkdir(path, 0o700) == 0 else { throw .system("made", path) }
    }

    static func move(_ source: String, to target: String) throws(Fault) {
        guard rename(source, target) == 0 else { throw .system("given the name \(target)", source) }
        try sync(folder: folder(of: target))
    }

    /// The names in a folder survive a power cut.
    static func sync(folder: String) throws(Fault) {
        let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .system("opened", folder) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .system("written", folder) }
    }

    static func folder(of path: String) -> String {
        let folder = (path as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }

    static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Sorted.
    static func names(in folder: String) throws(Fault) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            throw .system("read", folder, access(folder, F_OK) == 0 ? EACCES : ENOENT)
        }
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
