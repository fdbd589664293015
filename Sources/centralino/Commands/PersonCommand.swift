import ArgumentParser
import Foundation
import Numbering
import Store
import Time
import Wire

struct PersonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "person", abstract: "Show, hand out or erase what is kept of one person.",
        discussion: """
            centralino person show --number "06 1234 5678" --config centralino.toml
            centralino person export --party C-1042 --config centralino.toml > person.json
            centralino person erase --number - --config centralino.toml

            By telephone number in any Italian form, or by the key of the registry (which may be the fiscal code). “-” reads it from standard input, so \
            that it is in no history of commands. All of the store, the journal and its checkpoints is searched. The gateway may run meanwhile.

            What is kept where, for how long and why: Sources/Store/Privacy.md
            """, subcommands: [Show.self, Export.self, Erase.self])

    struct Who: ParsableArguments {
        @Option(help: "A telephone number in any form; - reads it from standard input.") var number: String?
        @Option(help: "The key of a party of the registry; - reads it from standard input.") var party: String?
        @Option(help: "The configuration file: it names store and journal.") var config = "centralino.toml"

        func validate() throws {
            guard (number == nil) != (party == nil) else { throw ValidationError("Give --number or --party.") }
        }

        func search(for use: Store.Use = .reader, consequence: String? = nil) throws -> PersonSearch {
            let configuration = try readConfiguration(config, consequence: consequence)
            guard let path = configuration.storePath else {
                throw misuse("The configuration names no database ([store] path).")
            }
            let (number, party) = (Self.text(number), Self.text(party))
            return try orExit {
                guard BackupFiles.isThere(path) else { throw ReconcileError.noStore(path: path) }
                return try PersonSearch(configuration, store: path, for: use, number: number, party: party)
            }
        }

        private static func text(_ argument: String?) -> String? {
            argument == "-" ? (readLine() ?? "").trimmingCharacters(in: .whitespacesAndNewlines) : argument
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what is kept of a person, where, and until when.",
            discussion:
                "--json prints one object. Status: 0, also where nothing is found; 1 it cannot be read; 64 usage.")

        @OptionGroup var who: Who
        @Flag(help: "Print one JSON object on standard output.") var json = false

        func run() throws {
            let search = try who.search()
            let found = try orExit { try search.found() }
            if json { return Console.print(String(decoding: JSON.encode(found), as: UTF8.self)) }
            for line in found.lines { Console.print(line) }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print all that the store has of a person as JSON (arts. 15 and 20 GDPR).",
            discussion: """
                {"numbers", "partyKeys", "parties": [ROW], "records": [CONTACT RECORD], "journal": {"entries", "until"}}, with the contact records of \
                Protocols/Records/Records.md. The journal has the switch's own bytes of the same calls: they are counted, not printed. Records in which \
                somebody else is the caller name that person too: read it before you hand it out. Status: 0; 1 it cannot be read; 64 usage.
                """)

        @OptionGroup var who: Who

        func run() throws {
            let search = try who.search()
            try orExit { try search.export() }
        }
    }

    struct Erase: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a person out of the registry and of all records (art. 17 GDPR). Figures stay.",
            discussion: """
                Records keep times, queue, agent and outcome, so that every figure can be computed again; number, name and party's key go. The party is \
                deleted, unless its number is a switchboard's or several parties'. What cannot be erased (the journal, checkpoints, copies) is listed, with \
                the day on which it ends by itself. Refused under a legal hold ([store] hold).

                --json prints one object. Status: 0; 1 nothing was erased, or not all; 64 usage.
                """)

        @OptionGroup var who: Who
        @Flag(help: "Do not ask.") var yes = false
        @Flag(help: "Print one JSON object on standard output.") var json = false

        func run() throws {
            let search = try who.search(for: .tool, consequence: "Nothing was erased.")
            if search.isOnHold {
                throw misuse("A legal hold ([store] hold) is configured: nobody is erased until it is removed.")
            }
            let found = try orExit { try search.found() }
            if !yes {
                guard isatty(STDIN_FILENO) == 1 else { throw misuse("Give --yes: there is no terminal to ask on.") }
                for line in found.lines { Console.say(line) }
                Console.write("This cannot be undone. Type “erase” to go on: ", to: STDERR_FILENO)
                guard readLine() == "erase" else {
                    Console.say("Nothing was erased.")
                    throw ExitCode.failure
                }
            }
            let erased = try orExit { try search.erase(found) }
            if json { return Console.print(String(decoding: JSON.encode(erased), as: UTF8.self)) }
            for line in erased.lines { Console.print(line) }
        }
    }
}
