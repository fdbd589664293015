import ArgumentParser
import Wire

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy what the gateway keeps, as of one moment. It may run meanwhile.",
        discussion: """
            centralino backup /backup/centralino-$(date +%F) --config centralino.toml

            The folder must not exist; its parent must. It gets the store (store.sqlite), the journal (journal/) with its newest checkpoints, and \
            manifest.json with the size and the SHA-256 of each file. It has its name only when all of it is on the disk. It holds citizens' names and \
            numbers (mode 0700): keep it as long as they may be kept, not longer.

            Not copied: the configuration and the files that it names (tokens, secrets, certificates). Keep those where secrets are kept.

            --json prints {"backup", "upTo", "bytes", "files", "segments", "notCopied"}. Status: 0; 1 nothing was copied; 64 usage.
            """)

    @Argument(help: "The folder to make.") var folder: String
    @Option(help: "The configuration file: it names store and journal.") var config = "centralino.toml"
    @Flag(help: "Print one JSON object on standard output.") var json = false

    func run() throws {
        let configuration = try readConfiguration(config, consequence: "Nothing was copied.")
        try orExit {
            var backup = try Backup(configuration, file: config, to: folder)
            let manifest = try backup.run()
            if json { return Console.print(BackupReport(folder, manifest).json) }
            Console.print(
                "\(folder): \(manifest.files.count) files, \(manifest.bytes / 1_000_000) MB, all records and figures up to \(manifest.upTo)."
            )
            Console.say("Not copied: \(manifest.notCopied.joined(separator: "; ")).", .yellow)
        }
    }
}

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup where the configuration keeps its data.",
        discussion: """
            centralino restore /backup/centralino-2026-11-30 --config centralino.toml

            The backup is verified by its manifest first. Refused while a gateway runs with that store, and where a store or a journal is already: move \
            them away. As root, what is restored belongs to the owner of the store's folder. The gateway's next start replays from the journal what the \
            store lacked at that moment; from then until the start is a gap.

            --json prints {"backup", "upTo", "bytes", "files", "segments", "notCopied"}. Status: 0; 1 nothing was restored; 64 usage.
            """)

    @Argument(help: "The folder that `centralino backup` made.") var folder: String
    @Option(help: "The configuration file: it names the places of store and journal.") var config = "centralino.toml"
    @Flag(help: "Print one JSON object on standard output.") var json = false

    func run() throws {
        let configuration = try readConfiguration(config, consequence: "Nothing was restored.")
        try orExit {
            let restoring = try Restoring(folder, configuration)
            try restoring.run()
            let manifest = restoring.manifest
            if json { return Console.print(BackupReport(folder, manifest).json) }
            Console.print(
                "Restored: \(manifest.files.count) files, \(manifest.bytes / 1_000_000) MB, all records and figures up to \(manifest.upTo)."
            )
            Console.say("Start the gateway. It replays what the store lacks; the time until its start is a gap.")
        }
    }
}

/// What both commands print for programs.
private struct BackupReport: Encodable {
    var backup: String
    var upTo: String
    var bytes: Int
    var files: Int
    var segments: Int
    var notCopied: [String]

    init(_ folder: String, _ manifest: BackupManifest) {
        backup = folder
        upTo = manifest.upTo
        bytes = manifest.bytes
        files = manifest.files.count
        segments = manifest.segments
        notCopied = manifest.notCopied
    }

    var json: String { String(decoding: JSON.encode(self), as: UTF8.self) }
}
