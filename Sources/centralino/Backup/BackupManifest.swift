import Foundation
import Wire

/// What a backup holds: `manifest.json` in its folder, written last.
struct BackupManifest: Codable, Equatable {
    static let name = "manifest.json"
    static let store = "store.sqlite"
    static let journal = "journal"
    private static let format = "centralino-backup 1"

    struct File: Codable, Equatable {
        /// Below the backup's folder.
        var name: String
        var bytes: Int
        /// 64 hexadecimal digits.
        var sha256: String
    }

    var format = Self.format
    /// The version that wrote it.
    var program: String
    /// Records and figures up to this moment are in it, RFC 3339.
    var upTo: String
    var files: [File]
    /// For people: what a restoring needs besides.
    var notCopied: [String]

    var bytes: Int { files.reduce(0) { $0 + $1.bytes } }
    var segments: Int { files.filter { Self.isSegment($0.name) }.count }

    init(program: String, upTo: String, files: [File], notCopied: [String]) {
        self.program = program
        self.upTo = upTo
        self.files = files
        self.notCopied = notCopied
    }

    /// Reads and checks it. A manifest that names a file outside of the backup is refused.
    init(of folder: String) throws(BackupFiles.Fault) {
        let path = "\(folder)/\(Self.name)"
        guard BackupFiles.isThere(path) else {
            throw .init(
                "\(folder) is not a backup: it has no \(Self.name). Name the folder that `centralino backup` made.")
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_size <= ProgramLimits.manifestBytes,
            let data = FileManager.default.contents(atPath: path),
            let read = JSON.decode(BackupManifest.self, from: data)
        else { throw .init("\(path) cannot be read: it is damaged, or of a newer version. Take another backup.") }
        guard read.format == Self.format else {
            throw .init("\(path) is of another version (“\(shown(read.format))”). Restore it with that version.")
        }
        let names = read.files.map(\.name)
        guard names.contains(Self.store), Set(names).count == names.count, names.allSatisfy(Self.isOurs) else {
            throw .init("\(path) is not what `centralino backup` writes: nothing is restored from it.")
        }
        self = read
    }

    private static func isOurs(_ name: String) -> Bool {
        if name == store { return true }
        guard name.hasPrefix("\(journal)/") else { return false }
        return isOfJournal(String(name.dropFirst(journal.count + 1)))
    }

    /// `journal-<16 digits>.<anything>`, as Journal.md has it.
    static func isOfJournal(_ name: String) -> Bool {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasPrefix("journal-"), !name.contains("/") else { return false }
        let digits = parts[0].dropFirst(8)
        return digits.count == 16 && digits.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// Of a segment itself, not of a file beside it.
    static func isSegment(_ name: String) -> Bool {
        let own = name.split(separator: "/").last.map(String.init) ?? ""
        return isOfJournal(own) && own.drop { $0 != "." } == ".zst"
    }

    static func isCheckpoint(_ name: String) -> Bool { isOfJournal(name) && name.hasSuffix(".\(Checkpoint.what)") }
}
