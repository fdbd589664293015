import ArgumentParser
import EventLoop
import Core
import Edges
import Gateway
import Switches
import Synchronization
import Telephony
import Time
import Wire

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Ask a switch what in its configuration will spoil the figures or the security, and name the line to change.",
        discussion: """
            centralino doctor roma --config centralino.toml
            centralino doctor roma --seconds 60          # listens longer for events, on a quiet switch
            centralino doctor roma --json | jq '.findings[] | select(.severity == "error")'

            It connects as `run` would, changes nothing on the switch, and requests no secret. It reports what could not be checked.

            Exit status: 0 if nothing is serious, 1 with errors or warnings, 2 if the switch could not be asked,
            64 for a switch that the configuration does not have.
            """)

    /// Not 1, which means that the switch was asked.
    static let unreachable = ExitCode(2)

    @Argument(help: ArgumentHelp("The switch, by its name in the configuration.", valueName: "switch")) var name: String
    @Option(help: "The configuration file.") var config = "centralino.toml"
    @Option(help: "How many seconds to wait for events, at most.") var seconds = 10
    @Flag(help: "Print one JSON object on standard output.") var json = false

    func validate() throws {
        guard (1...3600).contains(seconds) else { throw ValidationError("--seconds must be from 1 to 3600.") }
    }

    func run() throws {
        let configuration: ProgramConfiguration
        do { configuration = try readConfiguration(config) } catch { throw Self.unreachable }
        let asterisk = try configuration.asterisk(named: name, config)
        let way = configuration.way(to: asterisk)
        let listening = Span.seconds(Int64(seconds))
        if Console.errorIsTerminal {
            Console.say("Asking \(asterisk.address), and listening for \(seconds) s at most…", .dim)
        }
        do {
            try EventLoop.run {
                let doctor = SwitchDoctor(asterisk, way: way, listening: listening) { outcome in
                    Self.outcome.withLock { $0 = outcome }
                    EventLoop.stop()
                }
                Self.keep = doctor
                doctor.start()
            }
        } catch {
            Console.say("\(error)", .red)
            throw Self.unreachable
        }
        switch Self.outcome.withLock({ $0 }) {
        case .examined(let facts):
            let judgement = SwitchJudgement(facts, at: UnixTime(microseconds: EventLoop.dateMicroseconds))
            let report = DoctorReport(asterisk, facts, judgement)
            Console.print(
                json
                    ? String(decoding: JSON.encode(report), as: UTF8.self)
                    : report.text(coloured: Console.outputIsColoured))
            if judgement.isSerious { throw ExitCode.failure }
        case .failed(let reason):
            var reason = shown(reason, limit: ProgramLimits.shownFailure)
            if reason.contains("Already In Use") {
                reason +=
                    " The gateway is connected, and allowmultiplelogin is no: set it to yes, or stop the gateway for this."
            }
            if json { Console.print(String(decoding: JSON.encode(["switch": name, "error": reason]), as: UTF8.self)) }
            Console.say("\(name): \(reason)", .red)
            throw Self.unreachable
        case nil: throw Self.unreachable
        }
    }

    @LoopActor private static var keep: SwitchDoctor?
    private static let outcome = Mutex<SwitchDoctor.Outcome?>(nil)
}

extension ProgramConfiguration {
    /// The Asterisk of that name, or status 64 and the names that exist.
    func asterisk(named name: String, _ path: String) throws -> Configuration.Asterisk {
        if let found = gateway.switches.first(where: { $0.name.rawValue == name }) { return found }
        let names = gateway.switches.map { "“\($0.name)”" }
        throw misuse(
            "\(path) has no Asterisk “\(shown(name))”."
                + (names.isEmpty
                    ? " It has none at all: add [[switches]]." : " It has \(names.joined(separator: ", "))."))
    }

    func way(to asterisk: Configuration.Asterisk) -> SwitchFacts.Way {
        SwitchFacts.Way(
            username: asterisk.link.username, login: asterisk.link.isChallenged ? .md5 : .plain,
            isEncrypted: asterisk.address.security != .plain, isLoopback: asterisk.address.isLoopback,
            port: asterisk.address.port,
            switches: gateway.switches.count, threshold: gateway.queueDefaults.serviceLevel.threshold,
            thresholds: gateway.queues.mapValues(\.serviceLevel.threshold), notice: asterisk.link.notice)
    }
}
