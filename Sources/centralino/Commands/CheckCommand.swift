import ArgumentParser
import Wire

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Name every fault of a configuration with its line. Connects to nothing and writes nothing.",
        discussion: """
            centralino check --config centralino.toml

            It lists what is configured, and warns of secrets that others can read and of what is missing. Run it as the service's user: that user \
            must be able to keep the store and the journal where they are configured. Exit status: 0, or 1 with faults; warnings change nothing of it.

            --json prints one object: {"path", "faults": [{"line", "text"}], "warnings": [{"line", "text"}], "configured": {…}}. A warning about what \
            the file lacks has no line; with faults nothing is listed as configured.
            """)

    @Option(help: "The configuration file.") var config = "centralino.toml"
    @Flag(help: "Print one object for programs, also with faults.") var json = false

    func run() throws {
        let configuration: ProgramConfiguration
        do { configuration = try ProgramConfiguration.load(config) } catch { throw refuse(error.list) }
        let faults = StoragePlaces().faults(of: configuration)
        if !faults.isEmpty { throw refuse(faults) }
        let report = CheckReport(config, configuration)
        if json { return print(report) }
        Console.print("\(config): no faults.")
        for line in report.lines { Console.print("  \(line)") }
        for warning in report.warnings {
            Console.say(warning.line.map { "\(config):\($0): \(warning.text)" } ?? warning.text, .yellow)
        }
    }

    private func refuse(_ faults: [ConfigurationReader.Fault]) -> ExitCode {
        guard json else { return refused(config, faults) }
        print(CheckReport(config, faults: faults))
        return ExitCode.failure
    }

    private func print(_ report: CheckReport) { Console.print(String(decoding: JSON.encode(report), as: UTF8.self)) }
}
