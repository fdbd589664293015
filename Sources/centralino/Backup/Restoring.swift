import Foundation
import Store
import Wire

/// Puts a backup's store and journal where a configuration keeps them. The backup is verified before anything is
/// written, and nothing that is there is overwritten.
struct Restoring {
    private let folder: String
    let manifest: BackupManifest
    private let store: String
    private let journal: String?

    init(_ folder: String, _ configuration: ProgramConfiguration) throws(BackupFiles.Fault) {
        self.folder = folder
        manifest = try BackupManifest(of: folder)
        guard let store = configuration.storePath else {
            throw .init("The configuration names no database ([store] path).")
        }
        self.store = store
        journal = configuration.journalDirectory
        if manifest.segments > 0, journal == nil {
            throw .init(
                "The backup has a journal, and the configuration keeps none. Give [journal] directory, where it was before."
            )
        }
    }

    func run() throws {
        let place = BackupFiles.folder(of: store)
        guard BackupFiles.isThere(place) else {
            throw BackupFiles.Fault("The folder \(place) of the store does not exist. Make it, for the service's user.")
        }
        // Held to the end: no gateway begins meanwhile.
        let lock = try StoreLock(store, for: .gateway)
        defer { lock.release() }
        try requireFreePlaces()
        try verify()
        let (newStore, newJournal) = (store + ".restoring", journal.map { $0 + ".restoring" })
        defer { for path in [newStore, newJournal].compactMap({ $0 }) { BackupFiles.remove(path) } }
        for path in [newStore, newJournal].compactMap({ $0 }) { BackupFiles.remove(path) }
        try copy(to: newStore, newJournal)
        // The store comes last: where it is, everything is.
        if let journal, let newJournal, BackupFiles.isThere(newJournal) {
            try BackupFiles.sync(folder: newJournal)
            try BackupFiles.move(newJournal, to: journal)
        }
        try BackupFiles.move(newStore, to: store)
    }

    private func requireFreePlaces() throws(BackupFiles.Fault) {
        for path in ["", "-wal", "-shm"].map({ store + $0 }) where BackupFiles.isThere(path) {
            throw .init(
                "\(path) exists: a restoring never overwrites data. Move the store away first, with its -wal and -shm.")
        }
        guard let journal, BackupFiles.isThere(journal) else { return }
        guard try BackupFiles.names(in: journal).isEmpty else {
            throw .init(
                "The journal's folder \(journal) is not empty: a restoring never overwrites data. Move it away first.")
        }
    }

    private func verify() throws {
        var bar = Backup.Progress("Verifying", total: manifest.bytes)
        defer { bar.finish() }
        for file in manifest.files {
            let sum = try BackupFiles.sum(of: "\(folder)/\(file.name)") { bar.add($0) }
            try require(sum, file)
        }
    }

    private func require(_ sum: BackupFiles.Sum, _ file: BackupManifest.File) throws(BackupFiles.Fault) {
        guard sum == BackupFiles.Sum(bytes: file.bytes, sha256: file.sha256) else {
            throw .init(
                "\(folder)/\(file.name) is not what was copied: it has \(sum.bytes) bytes with SHA-256 \(sum.sha256), and \(BackupManifest.name) says \(file.bytes) and \(shown(file.sha256)). Nothing was restored; take another backup."
            )
        }
    }

    private func copy(to newStore: String, _ newJournal: String?) throws {
        var bar = Backup.Progress("Restoring", total: manifest.bytes)
        defer { bar.finish() }
        if let newJournal, manifest.segments > 0 {
            try BackupFiles.makeFolder(newJournal)
            giveToOwner(newJournal)
        }
        for file in manifest.files {
            let target: String
            if file.name == BackupManifest.store {
                target = newStore
            } else {
                guard let newJournal, manifest.segments > 0 else { continue }
                target = newJournal + file.name.dropFirst(BackupManifest.journal.count)
            }
            try require(BackupFiles.copy("\(folder)/\(file.name)", to: target) { bar.add($0) }, file)
            giveToOwner(target)
        }
    }

    /// Root restores for the user to whom the folder belongs.
    private func giveToOwner(_ path: String) {
        var status = stat()
        guard geteuid() == 0, stat(BackupFiles.folder(of: store), &status) == 0 else { return }
        _ = lchown(path, status.st_uid, status.st_gid)
    }
}
