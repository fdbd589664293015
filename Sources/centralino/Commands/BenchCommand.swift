import AMI
import ArgumentParser
import EventLoop
import Foundation
import Gateway
import Recordings
import Simulation
import Store
import Synchronization
import Telephony
import Time
import Wire

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the gateway.", subcommands: [PopLatency.self, PathSpeed.self, Firehose.self, RecoveryTime.self, Attacks.self])

    struct Firehose: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the stream of an AMI server through the whole path, and count what came through.",
            discussion: """
                centralino bench firehose --port 5038

                The path: framing, translation, calls, contacts, figures, and the journal. The server ends its stream with the event \
                “UserEvent: benchdone”; an action that holds “benchdone” tells it that the event has gone through. Prints one JSON object.
                """)

        @Option(help: "Address of the AMI server.") var host = "127.0.0.1"
        @Option(help: "Port of the AMI server.") var port: Int
        @Option(help: "User name.") var username = "admin"
        @Option(help: "Folder of the journal; a temporary one, removed at the end, where not given.") var journal: String?
        @OptionGroup var measured: MeasuredConfiguration

        func run() throws {
            let folder = journal ?? NSTemporaryDirectory() + "centralino-bench-\(ProcessInfo.processInfo.processIdentifier)"
            defer { if journal == nil { try? FileManager.default.removeItem(atPath: folder) } }
            // The password of the benchmark's server is no secret.
            let secret = ProcessInfo.processInfo.environment["CENTRALINO_BENCH_SECRET"] ?? "x"
            var configuration = try measured.configuration(isRecording: false)
            configuration.switches[0].address = .init(host: host, port: port)
            configuration.switches[0].link.username = username
            configuration.switches[0].secret = .init(secret)
            configuration.switches[0].link.events = "on"
            let made = configuration
            try orExit {
                try EventLoop.run {
                    let keeper = try JournalKeeper(folder)
                    let client = FirehoseClient(Gateway(configuration: made, digests: .openSSL, seed: 1), keeper) { tally in
                        Self.outcomes.withLock { $0 = tally }
                        EventLoop.stop()
                    }
                    client.start()
                    Self.keep = client
                }
            }
            guard let tally = Self.outcomes.withLock({ $0 }) else { throw ExitCode.failure }
            Console.print(String(decoding: JSON.encode(tally), as: UTF8.self))
        }

        @LoopActor private static var keep: FirehoseClient?
        private static let outcomes = Mutex<Tally?>(nil)
    }
    struct PopLatency: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pop", abstract: "How long it takes from the switch's bytes to the pop on a desk.",
            discussion: """
                centralino bench pop --calls 2000

                A switch, the gateway with a database of 10,000 parties, and a desk, over loopback sockets. Prints one JSON object, in milliseconds.
                """)

        @Option(help: "Calls, one after the other.") var calls = 2000

        func run() throws {
            let folder = NSTemporaryDirectory() + "centralino-bench-\(ProcessInfo.processInfo.processIdentifier)"
            try orExit { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
            defer { try? FileManager.default.removeItem(atPath: folder) }
            var configuration = ProgramConfiguration()
            configuration.storePath = folder + "/bench.sqlite"
            configuration.journalDirectory = folder + "/journal"
            configuration.gateway.http = nil
            configuration.gateway.desks?.port = 0
            configuration.gateway.wallboards = nil
            var parties: [PartyEntry]? = PopBench.parties()
            let made = configuration
            try orExit {
                let store = try Store(path: folder + "/bench.sqlite")
                _ = try store.importParties {
                    defer { parties = nil }
                    return parties.map(PartyBatch.parties) ?? .end
                }
                try store.close()
                try EventLoop.run {
                    let bench = try PopBench(made, calls: calls) { outcome in
                        Self.outcomes.withLock { $0 = outcome }
                        EventLoop.stop()
                    }
                    Self.keep = bench
                    try bench.start()
                }
            }
            guard let outcome = Self.outcomes.withLock({ $0 }) else { throw ExitCode.failure }
            Console.print(String(decoding: JSON.encode(outcome), as: UTF8.self))
            guard outcome.previewP99 < 5 else {
                Console.say("99 of 100 pops should leave within 5 ms.", .red)
                throw ExitCode.failure
            }
        }

        @LoopActor private static var keep: PopBench?
        private static let outcomes = Mutex<PopBench.Outcome?>(nil)
    }

    struct PathSpeed: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "path", abstract: "How fast recorded bytes go through the gateway, beside a search for their line ends.",
            discussion: """
                centralino bench path Simulator/Traces/22/mixed-a --rounds 200
                """)

        @Argument(help: "A recording.") var path = "Simulator/Traces/22/mixed-a"
        @Option(help: "How often it is played.") var rounds = 200
        @OptionGroup var measured: MeasuredConfiguration

        func run() throws {
            struct Outcome: Encodable {
                var events = 0
                var eventsPerSecond = 0.0
                var megabytesPerSecond = 0.0
                /// A loop that only looks at every byte for a line end.
                var lineEndsMegabytesPerSecond = 0.0
                var ratio = 0.0
            }
            let configuration = try measured.configuration(isRecording: true)
            let recording = try orExit { try Recording.load(path) }
            let connections = recording.connections
            let bytes = connections.flatMap { $0.chunks.flatMap(\.bytes) }
            var outcome = Outcome()
            let clock = ContinuousClock()
            let took = clock.measure {
                for _ in 0..<rounds {
                    var replay = Replay(
                        configuration, of: configuration.switches[0].name, start: UnixTime(microseconds: recording.startEpoch ?? 0),
                        digests: .openSSL)
                    replay.play(connections)
                    outcome.events += replay.gateway.tally.events
                }
            }
            var lines = 0
            let searched = clock.measure { for _ in 0..<rounds { lines += bytes.count { $0 == UInt8(ascii: "\n") } } }
            func seconds(_ duration: Duration) -> Double {
                Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
            }
            let megabytes = Double(bytes.count * rounds) / 1e6
            outcome.eventsPerSecond = (Double(outcome.events) / seconds(took)).rounded()
            outcome.megabytesPerSecond = (megabytes / seconds(took) * 10).rounded() / 10
            outcome.lineEndsMegabytesPerSecond = (megabytes / seconds(searched) * 10).rounded() / 10
            outcome.ratio = outcome.megabytesPerSecond / outcome.lineEndsMegabytesPerSecond
            guard lines > 0, outcome.events > 0 else {
                Console.say("\(RecordingError.noEvents(path: path))", .red)
                throw ExitCode.failure
            }
            Console.print(String(decoding: JSON.encode(outcome), as: UTF8.self))
        }
    }
}

/// By which configuration something is measured: a small office's and a large house's do not cost the same.
struct MeasuredConfiguration: ParsableArguments {
    @Option(help: "Measure a gateway with this configuration: its trunks, queues, teams, alarms.") var config: String?
    @Option(help: "Which switch of the configuration is meant, where it has several.") var `switch`: String?

    func validate() throws {
        if config == nil, `switch` != nil { throw ValidationError("--switch names a switch of a configuration: give --config, too.") }
    }

    func configuration(isRecording: Bool) throws -> Configuration {
        let settings = try config.map { try readConfiguration($0) }
        let name = try settings?.asterisk(named: `switch`, is: "Which switch is measured?")
        return (settings?.gateway ?? Configuration()).alone(name ?? SwitchID("bench"), isRecording: isRecording)
    }
}
