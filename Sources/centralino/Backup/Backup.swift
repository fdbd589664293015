import EventLoop
import Foundation
import Journal
import Store
import Time
import Wire

/// Copies store and journal of a gateway, running or not, so that the copy is of one moment.
///
/// The order makes it so. A checkpoint is written when all records before it are stored: so the newest ones are copied
/// first, then the store, which has these records and later ones. Then come the journal's segments, which have what
/// caused every record of that store: a start from the copy replays what the store lacks, as after a crash.
struct Backup {
    private let store: String
    private let journal: String?
    private let target: String
    private let configuration: String
    private var partial: String { target + ".partial" }
    private var files: [BackupManifest.File] = []
    private var progress: Progress

    init(_ configuration: ProgramConfiguration, file: String, to target: String) throws(BackupFiles.Fault) {
        guard let store = configuration.storePath, BackupFiles.isThere(store) else {
            throw .init(
                "There is no store at \(configuration.storePath ?? "?") ([store] path): nothing has been kept yet, or the configuration is another's."
            )
        }
        self.store = store
        journal = configuration.journalDirectory.flatMap { BackupFiles.isThere($0) ? $0 : nil }
        self.target = target.count > 1 && target.hasSuffix("/") ? String(target.dropLast()) : target
        self.configuration = file
        let bytes = journal.flatMap { try? Journal.bytes(in: $0) } ?? 0
        progress = Progress("Copying", total: Store.size(store) + bytes)
    }

    /// Nothing has the target's name before all of it is on the disk.
    mutating func run() throws -> BackupManifest {
        guard !BackupFiles.isThere(target) else {
            throw BackupFiles.Fault(
                "\(target) exists: a backup never overwrites another. Give a new name, e.g. with the date in it.")
        }
        let lock = try claim()
        defer { close(lock) }
        do {
            let manifest = try write()
            try BackupFiles.move(partial, to: target)
            progress.finish()
            return manifest
        } catch {
            progress.finish()
            BackupFiles.remove(partial)
            throw error
        }
    }

    /// What a backup that was killed left is deleted; one that is under way is left alone.
    private func claim() throws(BackupFiles.Fault) -> Int32 {
        if mkdir(partial, 0o700) != 0, errno != EEXIST { throw .system("made", partial) }
        let folder = open(partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { throw .system("opened", partial) }
        guard flock(folder, LOCK_EX | LOCK_NB) == 0 else {
            close(folder)
            throw .init("Another backup is writing \(partial). Let it finish.")
        }
        for name in try BackupFiles.names(in: partial) { BackupFiles.remove("\(partial)/\(name)") }
        return folder
    }

    private mutating func write() throws -> BackupManifest {
        var upTo = UnixTime(microseconds: EventLoop.dateMicroseconds)
        for attempt in 1... {
            files = []
            do {
                if let journal { try copyCheckpoints(of: journal) }
                upTo = UnixTime(microseconds: EventLoop.dateMicroseconds)
                try copyStore()
                if let journal { upTo = try copySegments(of: journal) }
                break
            } catch let fault as BackupFiles.Fault where fault.isVanished && attempt < ProgramLimits.backupAttempts {
                // Retention deleted a file of the journal meanwhile: what was copied would have a hole.
                for name in try BackupFiles.names(in: partial) { BackupFiles.remove("\(partial)/\(name)") }
                progress.again()
            }
        }
        let manifest = BackupManifest(
            program: Centralino.configuration.version, upTo: "\(upTo)", files: files,
            notCopied: ["the configuration \(configuration)", "the files that it names: tokens, secrets, certificates"])
        let path = "\(partial)/\(BackupManifest.name)"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BackupFiles.Fault.system("made", path) }
        defer { close(file) }
        guard Console.write(JSON.encode(manifest) + Array("\n".utf8), to: file), fsync(file) == 0 else {
            throw BackupFiles.Fault.system("written", path)
        }
        try BackupFiles.sync(folder: partial)
        return manifest
    }

    /// The newest two: should the newest be damaged, the one before saves much replaying.
    private mutating func copyCheckpoints(of journal: String) throws {
        let folder = "\(partial)/\(BackupManifest.journal)"
        try BackupFiles.makeFolder(folder)
        for beside in try Journal.Sidecar.all(Checkpoint.what, in: journal).suffix(2) {
            try copy((beside.path as NSString).lastPathComponent, of: journal)
        }
    }

    private mutating func copyStore() throws {
        let path = "\(partial)/\(BackupManifest.store)"
        let before = progress
        let size = Store.size(store)
        try Store.copy(store, to: path) { [before] done, total in
            var bar = before
            bar.add(size * done / max(1, total))
        }
        progress.add(size)
        let sum = try BackupFiles.sum(of: path) { _ in }
        files.append(.init(name: BackupManifest.store, bytes: sum.bytes, sha256: sum.sha256))
    }

    /// All that is there now, the oldest first; checkpoints are copied already. Returns when the last was read.
    private mutating func copySegments(of journal: String) throws -> UnixTime {
        let checkpoints = Set(files.map(\.name))
        let names = try BackupFiles.names(in: journal).filter {
            BackupManifest.isOfJournal($0) && !BackupManifest.isCheckpoint($0) && !$0.hasSuffix(".new")
        }
        var upTo = UnixTime(microseconds: EventLoop.dateMicroseconds)
        for name in names {
            upTo = UnixTime(microseconds: EventLoop.dateMicroseconds)
            try copy(name, of: journal)
        }
        // Without its segment a checkpoint is none.
        for checkpoint in checkpoints where checkpoint.hasSuffix(Checkpoint.what) {
            let segment = checkpoint.replacingOccurrences(of: Checkpoint.what, with: "zst")
            guard files.contains(where: { $0.name == segment }) else {
                throw BackupFiles.Fault("\(segment) was deleted while the journal was copied.", isVanished: true)
            }
        }
        try BackupFiles.sync(folder: "\(partial)/\(BackupManifest.journal)")
        return upTo
    }

    private mutating func copy(_ name: String, of journal: String) throws(BackupFiles.Fault) {
        let own = "\(BackupManifest.journal)/\(name)"
        var bar = progress
        let sum = try BackupFiles.copy("\(journal)/\(name)", to: "\(partial)/\(own)") { bar.add($0) }
        progress = bar
        files.append(.init(name: own, bytes: sum.bytes, sha256: sum.sha256))
    }

    /// Bytes of all that is to be done.
    struct Progress {
        private let total: Int
        private var done = 0
        private var bar: ProgressBar

        init(_ label: String, total: Int) {
            self.total = total
            bar = ProgressBar(label, total: total)
        }

        mutating func add(_ bytes: Int) {
            done += bytes
            bar.show(min(done, total), "\(done / 1_000_000) MB")
        }

        mutating func again() { done = 0 }

        func finish() { bar.finish() }
    }
}
