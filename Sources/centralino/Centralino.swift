import ArgumentParser

@main
struct Centralino: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "centralino",
        abstract:
            "A CTI gateway: screen pops for agents, live figures for supervisors, contact records that can be proved.",
        usage: """
            centralino demo
            centralino check --config centralino.toml
            centralino doctor roma --config centralino.toml
            centralino run --config centralino.toml
            centralino tail --queue informazioni
            """,
        version: "0.2.0",
        subcommands: [
            Demo.self, Run.self, Check.self, Doctor.self, Record.self, Import.self, Tail.self, ReplayCommand.self,
            Reconcile.self,
            Stats.self, Explain.self, Intervals.self, BackupCommand.self, RestoreCommand.self, PersonCommand.self,
            UserCommand.self, TokenCommand.self, AuditCommand.self,
            Simulate.self, JournalCommand.self, Bench.self,
        ])
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let fault = unknownCommand(arguments) { exit(withError: ValidationError(fault)) }
        main(arguments)
    }

    /// The parser calls a word in the place of a command an unexpected argument and names none that was meant.
    private static func unknownCommand(_ arguments: [String]) -> String? {
        var subcommands = configuration.subcommands
        for word in arguments {
            guard !word.hasPrefix("-"), !subcommands.isEmpty else { return nil }
            if let command = subcommands.first(where: { $0._commandName == word }) {
                subcommands = command.configuration.subcommands
                continue
            }
            let known = subcommands.map { $0._commandName } + ["help"]
            guard !known.contains(word) else { return nil }
            let hint =
                WordMeant.nearest(to: word, in: known).map { " Did you mean “\($0)”?" }
                ?? " Known: \(known.joined(separator: ", "))."
            return "“\(shown(word))” is not a command.\(hint)"
        }
        return nil
    }
}
