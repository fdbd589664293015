import Access
import ArgumentParser
import Foundation
import Store
import Telephony
import Time
import Wire

struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Make, list and disable the accounts of people who sign in.",
        discussion: """
            centralino user add maria.rossi --role agent --agent PJSIP/1001
            centralino user add alfa.capo --role supervisor --scope supplier:Alfa
            centralino user password maria.rossi
            centralino user disable maria.rossi
            centralino user list

            The password is asked for on the terminal, or is the first line of standard input. A running gateway sees each change within five seconds: \
            a disabled account is signed out everywhere, and a new password ends the sessions of the old one. Accounts are disabled, not deleted: the \
            audit names them.
            """,
        subcommands: [Add.self, Password.self, Disable.self, Enable.self, List.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make an account.")

        @Argument(help: "The name to sign in with: letters, digits and . - _ @.") var name: String
        @Option(help: "agent, supervisor, quality, integrator, administrator or auditor.") var role: String
        @Option(help: "An agent's interface: the desk that the account opens, e.g. PJSIP/1001.") var agent: String?
        @Option(
            help: "What may be seen: everything, queue:, group:, team: or supplier:NAME. May be given several times.")
        var scope: [String] = []
        @Option(help: "The configuration file: it names the store.") var config = "centralino.toml"

        func run() throws {
            let role = try AccessCommand.role(role)
            let account = Account(
                name: try AccessCommand.name(name), role: role, scope: try AccessCommand.scope(scope, of: role),
                agent: agent.map { Interface($0) })
            if let fault = account.fault { throw misuse("\(fault)") }
            let command = try AccessCommand(config, consequence: "No account was made.")
            let password = try PasswordPrompt.read("Password for \(account.name): ", for: account.name)
            try command.change(
                .addAccount(AccountRow(account), password: Passwords.text(of: password)), .accountMade,
                what: "account \(account.name)", why: account.role.rawValue + " " + account.scope.words,
                orSay:
                    "There is an account “\(account.name)” already. Choose another name, or see: centralino user list.")
            Console.print("\(account.name) may sign in as \(account.role.rawValue).")
        }
    }

    struct Password: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a new password, and sign the account out everywhere.")

        @Argument(help: "The account.") var name: String
        @Option(help: "The configuration file: it names the store.") var config = "centralino.toml"

        func run() throws {
            let name = try AccessCommand.name(name)
            let command = try AccessCommand(config, consequence: "No password was changed.")
            try command.requireAccount(name)
            let password = try PasswordPrompt.read("New password for \(name): ", for: name)
            try command.change(
                .setPassword(Passwords.text(of: password), of: name), .accountChanged, what: "account \(name)",
                why: "new password", orSay: AccessCommand.noAccount(name))
            Console.print("The password of \(name) is changed, and its sessions are over.")
        }
    }

    struct Disable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let an account sign in no more, and sign it out everywhere.")

        @Argument(help: "The account.") var name: String
        @Option(help: "The configuration file: it names the store.") var config = "centralino.toml"

        func run() throws { try UserCommand.setDisabled(true, name, config) }
    }

    struct Enable: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a disabled account sign in again.")

        @Argument(help: "The account.") var name: String
        @Option(help: "The configuration file: it names the store.") var config = "centralino.toml"

        func run() throws { try UserCommand.setDisabled(false, name, config) }
    }

    private static func setDisabled(_ isDisabled: Bool, _ text: String, _ config: String) throws {
        let name = try AccessCommand.name(text)
        let command = try AccessCommand(config, consequence: "Nothing was changed.")
        try command.requireAccount(name)
        let word = isDisabled ? "disabled" : "enabled"
        try command.change(
            .setDisabled(isDisabled, of: name), .accountChanged, what: "account \(name)", why: word,
            orSay: "\(name) is \(word) already. Nothing was changed.")
        Console.print("\(name) is \(word).")
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the accounts.")

        @Flag(help: "Print one JSON object on standard output.") var json = false
        @Option(help: "The configuration file: it names the store.") var config = "centralino.toml"

        private struct Shown: Encodable {
            var name: String
            var role: String
            var scope: Scope
            var agent: String?
            var disabled: Bool
        }

        func run() throws {
            let command = try AccessCommand(config, for: .reader, consequence: "Nothing is listed.")
            let accounts = try orExit { try command.store.access().accounts.compactMap(Account.init) }
            if json {
                let list = accounts.map {
                    Shown(
                        name: $0.name, role: $0.role.rawValue, scope: $0.scope, agent: $0.agent?.rawValue,
                        disabled: $0.isDisabled)
                }
                return Console.print(String(decoding: JSON.encode(["accounts": list]), as: UTF8.self))
            }
            guard !accounts.isEmpty else {
                return Console.say("There are no accounts. Make one: centralino user add NAME --role administrator.")
            }
            var table = TextTable(["account", "role", "desk", "state", "scope"])
            for account in accounts {
                table.add([
                    account.name, account.role.rawValue,
                    shown(account.agent?.rawValue ?? "–", limit: ProgramLimits.shownName),
                    account.isDisabled ? "disabled" : "enabled", shown(account.scope.words),
                ])
            }
            Console.print(table.text)
        }
    }
}

extension AccessCommand {
    static func noAccount(_ name: String) -> String {
        "There is no account “\(name)”. See: centralino user list."
    }

    /// Before a password is asked for.
    func requireAccount(_ name: String) throws {
        guard try orExit({ try store.account(name) }) == nil else { return }
        Console.say(Self.noAccount(name), .red)
        throw ExitCode.failure
    }
}
