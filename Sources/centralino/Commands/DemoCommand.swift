import ACD
import ArgumentParser
import EventLoop
import Foundation
import Core
import Edges
import Gateway
import Numbering
import Playback
import Recordings
import Store
import Telephony
import Time

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Start the gateway beside the bundled switch, which plays recorded calls over and over, with an invented anagrafica.",
        discussion: """
            centralino demo
            centralino demo --http-port 8090 --speed 2
            """)

    @Option(help: "Folder of the demo: playlist and parties.csv.") var scenario = Self.scenario
    @Option(help: "A playlist in place of the scenario's own, e.g. Simulator/Scenarios/demo/busy-minute.") var playlist:
        String?
    @Option(parsing: .unconditional, help: "Port of the pages on 127.0.0.1.") var httpPort = 8080
    @Option(parsing: .unconditional, help: "Port of the desks' NDJSON on 127.0.0.1.") var desksPort = 8081
    @Option(parsing: .unconditional, help: "Port of the wallboards' NDJSON on 127.0.0.1.") var wallboardsPort = 8082
    @Option(parsing: .unconditional, help: "1 is as recorded, 10 is ten times as fast.") var speed = 1.0
    @Option(help: "Folder for the demo's database; without it a temporary one, removed at the end.") var state: String?

    /// In the folder of the sources; without one, the package's.
    private static let scenario =
        ["Simulator/Scenarios/demo", installed].first { FileManager.default.fileExists(atPath: $0 + "/playlist") }
        ?? "Simulator/Scenarios/demo"
    private static let installed = "/usr/share/centralino/Simulator/Scenarios/demo"

    static let token = "demo"
    /// The suggested desk: that of an agent in the recordings who has one call after the other.
    static let agent = "PJSIP/1003"

    /// Thresholds that the recordings pass again and again, so that a viewer sees an alarm come and go.
    private static let alarms: [QueueName: [AlarmRule]] = [
        "informazioni": [
            AlarmRule(metric: .waiting, raise: 2, clear: 1),
            AlarmRule(metric: .abandonmentRate, raise: 0.5, clear: 0.3, severity: .critical, window: .today),
        ],
        "reclami": [
            AlarmRule(metric: .longestWait, raise: 10, clear: 5),
            AlarmRule(metric: .serviceLevel, raise: 0.6, clear: 0.7, severity: .critical, window: .halfHour),
        ],
        "incentivi": [AlarmRule(metric: .longestWait, raise: 5, clear: 2)],
    ].reduce(into: [:]) { $0[QueueName($1.key)] = $1.value }

    /// The `wrapuptime` of the recorded queues, which AMI does not report.
    private static let wrapUps: [QueueName: ACD.Settings] = [
        QueueName("incentivi"): .init(wrapUp: .seconds(4)),  // not a limit: as the queue is recorded
        QueueName("reclami"): .init(wrapUp: .seconds(2)),  // not a limit: as the queue is recorded
    ]

    private static let groups = [
        Organisation.Group(
            name: "cittadini", queues: [QueueName("informazioni"), QueueName("orientamento"), QueueName("reclami")]),
        Organisation.Group(name: "imprese", queues: [QueueName("incentivi")]),
    ]

    /// Everything except ports and paths.
    static var gatewayAndAnagrafica: ProgramConfiguration {
        var configuration = ProgramConfiguration()
        configuration.gateway.deskToken = Configuration.Secret(token)
        configuration.internalPlan = InternalPlan([1000...1999])
        configuration.gateway.alarms = alarms
        configuration.gateway.organisation.groups = groups
        configuration.gateway.queues = wrapUps
        return configuration
    }

    func validate() throws {
        try OptionRange.speed(speed)
        for (port, option) in [
            (httpPort, "--http-port"), (desksPort, "--desks-port"), (wallboardsPort, "--wallboards-port"),
        ] {
            try OptionRange.port(port, option)
        }
    }

    func run() throws {
        // The sources' own folder is looked for from the working directory.
        if playlist == nil, !FileManager.default.fileExists(atPath: scenario + "/playlist") {
            Console.say(
                "There is no demo in \(scenario): it has no playlist. Start it in the folder of the sources, or name their demo with --scenario …/Simulator/Scenarios/demo.",
                .red)
            throw ExitCode.failure
        }
        let found = try orExit { try Recording.find(playlist: playlist ?? scenario + "/playlist") }
        let recordings = try orExit { try found.map { SwitchRecording(try Recording.load($0)) } }
        let folder = state ?? NSTemporaryDirectory() + "centralino-demo-\(ProcessInfo.processInfo.processIdentifier)"
        try orExit { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        defer { if state == nil { try? FileManager.default.removeItem(atPath: folder) } }

        var configuration = Self.gatewayAndAnagrafica
        configuration.storePath = folder + "/centralino.sqlite"
        configuration.journalDirectory = folder + "/journal"
        configuration.gateway.http?.port = httpPort
        configuration.gateway.desks?.port = desksPort
        configuration.gateway.wallboards?.port = wallboardsPort
        let parties = try orExit {
            try PartyImport(
                store: try Store(path: folder + "/centralino.sqlite"), file: scenario + "/parties.csv",
                keepsGoing: false
            ).run()
        }
        let secret = UUID().uuidString
        let prepared = configuration
        try orExit {
            try EventLoop.run {
                let simulated = try SimulatedSwitch(
                    recordings, .init(users: ["cti": secret], speed: speed, loops: true))
                let port = try simulated.start(host: "127.0.0.1", port: 0)
                var configuration = prepared
                configuration.gateway.switches = [
                    .init(
                        name: SwitchID("demo"), address: .init(host: "127.0.0.1", port: port),
                        secret: secret, link: .init(username: "cti"))
                ]
                let host = try Site.make(configuration)
                let watchers = try Site.stopOnSignals { stopped in
                    host.stop {
                        simulated.stop()
                        stopped()
                    }
                }
                // Kept before the start: however that ends, the loop's last callbacks still find the host.
                Self.keep = (host, simulated, watchers)
                do {
                    try host.start()
                } catch {
                    Console.say("\(error)", .red)
                    Console.say(
                        "Or choose other ports: make demo PORTS=\"--http-port 8090 --desks-port 8091 --wallboards-port 8092\"."
                    )
                    throw ExitCode.failure
                }
                welcome(host, recordings: recordings.count, parties: parties.total)
            }
        }
        Console.say("The demo has ended.")
    }

    @LoopActor private func welcome(_ host: Host, recordings: Int, parties: Int) {
        let http = "http://127.0.0.1:\(host.port(.http) ?? httpPort)"
        Console.say(
            """

            \(Console.styled("Centralino is running", .bold, toTerminal: Console.errorIsTerminal)): \(recordings) recordings of a real Asterisk 22 in a loop, \(parties) invented parties.

              Wallboard   \(http)/wallboard
              Desk        \(http)/desk#token=\(Self.token)&agent=\(Self.agent)   (or choose another agent)
              Terminal    \(scenario == Self.installed ? "" : "swift run ")centralino tail --url \(http)
              Lines       nc 127.0.0.1 \(host.port(.wallboards) ?? wallboardsPort)

            Ctrl-C ends everything.

            """)
    }

    @LoopActor private static var keep: (Host, SimulatedSwitch, [SignalWatcher])?
}
