import ArgumentParser
import Core
import Edges
import Gateway
import Telephony

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the gateway.",
        subcommands: [PopLatency.self, PathSpeed.self, Firehose.self, Day.self, RecoveryTime.self, Attacks.self])
}

/// By which configuration something is measured: a small office's and a large house's do not cost the same.
struct MeasuredConfiguration: ParsableArguments {
    @Option(help: "Measure a gateway with this configuration: its trunks, queues, teams, alarms.") var config: String?
    @Option(help: "Which switch of the configuration is meant, where it has several.") var `switch`: String?

    func validate() throws {
        if config == nil, `switch` != nil {
            throw ValidationError("--switch names a switch of a configuration: give --config, too.")
        }
    }

    func configuration(isRecording: Bool) throws -> Configuration {
        let settings = try config.map { try readConfiguration($0) }
        let name = try settings?.asterisk(named: `switch`, is: "Which switch is measured?")
        return (settings?.gateway ?? Configuration()).alone(name ?? SwitchID("bench"), isRecording: isRecording)
    }
}
