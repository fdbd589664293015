import Access
import ArgumentParser
import Foundation
import Store
import TLS
import Telephony
import Time
import Wire

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list and revoke the tokens of programs.",
        discussion: """
            centralino token create grafana --role integrator --expires 2027-12-31
            centralino token create alfa-bi --role quality --scope supplier:Alfa --expires 90d
            centralino token list
            centralino token revoke grafana

            A token is printed once and stored as its SHA-256. A program sends it as Authorization: Bearer ctl_…. A running gateway sees each change \
            within five seconds, and closes what a revoked token had opened. Tokens of the configuration stay valid beside these.
            """,
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a token, and print it this once.")

        @Argument(help: "A name for lists and the audit: letters, digits and . - _ @.") var name: String
        @Option(help: "supervisor, quality, integrator, administrator or auditor.") var role: String
        @Option(
            help: "What may be seen: everything, queue:, group:, team: or supplier:NAME. May be given several times.")
        var scope: [String] = []
        @Option(help: "Until when it is valid: 90d, 2027-12-31 (until that day begins), RFC 3339, or never.")
        var expires: String
        @Option(help: "The configuration file: it names the store.") var config = "centralino.toml"

        func run() throws {
            let name = try AccessCommand.name(name)
            let role = try AccessCommand.role(role)
            guard role != .agent else {
                throw misuse(
                    "An agent is a person: make an account (centralino user add), or an [[agents]] token_file.")
            }
            let scope = try AccessCommand.scope(scope, of: role)
            let command = try AccessCommand(config, consequence: "No token was made.")
            let ends = try end(command.now)
            let text = AccessToken.text(OpenSSL.randomBytes(AccessToken.randomBytes))
            let row = TokenRow(
                name: name, digest: OpenSSL.sha256(Array(text.utf8)), role: role.rawValue, scope: scope.json,
                made: command.now.microseconds, expires: ends?.microseconds)
            try command.change(
                .addToken(row), .tokenMade, what: "token \(name)",
                why: "\(role.rawValue) \(scope.words) until \(ends.map { "\($0)" } ?? "revoked")",
                orSay:
                    "There is or was a token “\(name)” already: the audit would not tell the two apart. Choose another name."
            )
            Console.say("This is the token; it is not shown again:")
            Console.print(text)
        }

        private func end(_ now: UnixTime) throws -> UnixTime? {
            if expires == "never" { return nil }
            let ends: UnixTime
            if expires.hasSuffix("d"), let days = Int64(expires.dropLast()) {
                guard (1...3650).contains(days) else { throw misuse("--expires: give 1d to 3650d, a day, or never.") }
                ends = now + .seconds(days * 86_400)
            } else {
                ends = try instant(expires, "--expires", .rome)
            }
            guard ends > now else { throw misuse("--expires \(shown(expires)) is over: give a later time.") }
            return ends
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a token invalid, and close what it has opened.")

        @Argument(help: "The token's name.") var name: String
        @Option(help: "The configuration file: it names the store.") var config = "centralino.toml"

        func run() throws {
            let name = try AccessCommand.name(name)
            let command = try AccessCommand(config, consequence: "Nothing was revoked.")
            try command.change(
                .revokeToken(name, at: command.now.microseconds), .tokenRevoked, what: "token \(name)", why: "",
                orSay: "There is no valid token “\(name)”. See: centralino token list.")
            Console.print("The token \(name) is revoked.")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the tokens, without what they are.")

        @Flag(help: "Print one JSON object on standard output.") var json = false
        @Option(help: "The configuration file: it names the store.") var config = "centralino.toml"

        private struct Shown: Encodable {
            var name: String
            var role: String
            var scope: String
            var made: String
            var expires: String?
            var revoked: String?
        }

        func run() throws {
            let command = try AccessCommand(config, for: .reader, consequence: "Nothing is listed.")
            let tokens = try orExit { try command.store.access().tokens }.sorted { $0.name < $1.name }
            func time(_ moment: Int64?) -> String? { moment.map { "\(UnixTime(microseconds: $0))" } }
            if json {
                let list = tokens.map {
                    Shown(
                        name: $0.name, role: $0.role, scope: Scope(json: $0.scope)?.words ?? "nothing",
                        made: time($0.made) ?? "", expires: time($0.expires), revoked: time($0.revoked))
                }
                return Console.print(String(decoding: JSON.encode(["tokens": list]), as: UTF8.self))
            }
            guard !tokens.isEmpty else { return Console.say("There are no tokens in the store.") }
            var table = TextTable(["token", "role", "made", "expires", "state", "scope"])
            for token in tokens {
                let isOver = token.expires.map { $0 <= command.now.microseconds } ?? false
                let made = String((time(token.made) ?? "").prefix(10))  // not a limit: a day
                let ends = time(token.expires).map { String($0.prefix(16)) }  // not a limit: a minute
                table.add([
                    token.name, token.role, made, ends ?? "never",
                    token.revoked != nil ? "revoked" : isOver ? "expired" : "valid",
                    shown(Scope(json: token.scope)?.words ?? "nothing"),
                ])
            }
            Console.print(table.text)
        }
    }
}
