import Access
import ArgumentParser
import Foundation
import Store
import TLS
import Time
import Wire

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Print who signed in, who sat at which desk, and whose data was shown to whom.",
        discussion: """
            centralino audit --since 2026-11-30
            centralino audit --person maria.rossi --json
            centralino audit --verify

            Parties are named by their key and calls by the record's id: no caller's name or number is here. --verify follows the chain of digests over \
            the whole audit, and prints number and digest of its last entry: compare them with what the gateway said in its log when it started or ended.

            --json prints one object a line: {"n", "at", "kind", "who", "from", "what", "why"}; empty members are left out.
            Status: 0; 1 the configuration or the store cannot be read, or the chain is broken; 64 usage.
            """)

    @Option(help: "Only of this account; of a program: \"token NAME\".") var person: String?
    @Option(help: "Only from this time on: 2026-11-23, 2026-11-23 10:15 (of the configured zone), or RFC 3339.")
    var since: String?
    @Flag(help: "Check the whole chain instead of printing entries.") var verify = false
    @Flag(help: "Print one JSON object a line on standard output.") var json = false
    @Option(help: "The configuration file: it names the store.") var config = "centralino.toml"

    func validate() throws {
        if verify, person != nil || since != nil {
            throw ValidationError("--verify checks the whole audit: give it without --person and --since.")
        }
    }

    func run() throws {
        let configuration = try readConfiguration(config, consequence: "Nothing was read.")
        guard let path = configuration.storePath else {
            throw misuse("The configuration names no store ([store] path): the audit is kept there.")
        }
        let store = try orExit { try Store(path: path, for: .reader) }
        if verify { return try check(store) }
        let from = try since.map { try instant($0, "--since", configuration.gateway.timeZone).microseconds }
        try orExit {
            try store.readAudit(of: person, since: from) { rows in
                for row in rows { Console.print(json ? document(row) : line(row)) }
            }
        }
    }

    private struct Numbered: Encodable {
        var n: Int64
        var at: String
        var kind: String
        var who: String?
        var from: String?
        var what: String?
        var why: String?
    }

    private func document(_ row: AuditRow) -> String {
        guard let entry = AuditDocument(reading: row.entry) else { return row.entry }
        return String(
            decoding: JSON.encode(
                Numbered(
                    n: row.id, at: entry.at, kind: entry.kind, who: entry.who, from: entry.from, what: entry.what,
                    why: entry.why)), as: UTF8.self)
    }

    private func line(_ row: AuditRow) -> String {
        guard let entry = AuditDocument(reading: row.entry) else { return shown(row.entry) }
        let parts = [
            entry.at, entry.kind, entry.who ?? "–", entry.from.map { "from \($0)" }, entry.what,
            entry.why.map { "(\($0))" },
        ]
        return parts.compactMap { $0.map { shown($0, limit: AccessLimits.auditedText) } }.joined(separator: "  ")
    }

    private func check(_ store: Store) throws {
        let beginning = try orExit { try store.beginningOfAudit() }
        var chain = AuditChain(after: beginning.id, beginning.digest, sha256: OpenSSL.sha256)
        var fault: AuditChain.Fault?
        try orExit {
            try store.readAudit { rows in
                for row in rows where fault == nil { fault = chain.follow(row.id, row.entry, digest: row.digest) }
            }
        }
        if let fault {
            Console.say(
                "The audit was changed: \(fault). Keep the store as it is, and compare it with a backup.", .red)
            throw ExitCode.failure
        }
        let deleted = beginning.id > 0 ? " Entries up to \(beginning.id) were deleted because of their age." : ""
        Console.print("\(chain.ordinal - beginning.id) entries, the chain is whole.\(deleted)")
        Console.print("last \(chain.ordinal) \(chain.digest)")
    }
}
