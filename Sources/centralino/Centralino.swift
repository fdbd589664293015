import ArgumentParser

@main
struct Centralino: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "centralino",
        abstract: "A CTI gateway: screen pops for agents, live figures for supervisors, contact records that can be proved.",
        usage: """
            centralino demo
            centralino check --config centralino.toml
            centralino doctor roma --config centralino.toml
            centralino run --config centralino.toml
            centralino tail --queue informazioni
            """,
        version: "0.1.0",
        subcommands: [
            Demo.self, Run.self, Check.self, Doctor.self, Record.self, Import.self, Tail.self, ReplayCommand.self, Reconcile.self,
            Stats.self, Explain.self, Intervals.self,
            Simulate.self, JournalCommand.self, Bench.self,
        ])
}
