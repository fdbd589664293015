import ArgumentParser
import Core
import Edges
import EventLoop
import Foundation
import Gateway
import Synchronization
import Wire

extension Bench {
    struct Firehose: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the stream of an AMI server through the whole path, and count what came through.",
            discussion: """
                centralino bench firehose --port 5038 --oracle stream.json

                The path: framing, translation, calls, contacts, figures, and the journal. With --ports all that `run` does: \
                listeners, a store, the wallboards' stream with one subscriber. The server ends its stream with the event \
                “UserEvent: benchdone”; an action that holds “benchdone” reports to it that the event has gone through. Prints one \
                JSON object: counts, and what the stream cost from its first bytes to its last event.
                """)

        @Option(help: "Address of the AMI server.") var host = "127.0.0.1"
        @Option(help: "Port of the AMI server.") var port: Int
        @Option(help: "User name.") var username = "admin"
        @Option(help: "Folder of the journal; a temporary one, removed at the end, where not given.") var journal:
            String?
        @Option(help: "The counts to expect: the JSON that the stream's generator wrote. A difference is a failure.")
        var oracle: String?
        @Flag(help: "As `run` does it: with listeners, a store, and one subscriber of the stream.") var ports = false
        @OptionGroup var measured: MeasuredConfiguration

        private struct Line: Encodable {
            var events, hangups, joins, connects, abandons, completes: Int
            var wallSeconds, cpuSeconds, eventsPerSecond, cpuSecondsPerMillionEvents, peakMegabytes: Double
            var streamedBytes: Int?
            /// nil: nothing to compare with. Empty: all is as the generator says.
            var differences: [String]?

            init(_ outcome: FirehoseOutcome, _ differences: [String]?) {
                let tally = outcome.tally
                events = tally.events
                hangups = tally.hangups
                joins = tally.joins
                connects = tally.connects
                abandons = tally.abandons
                completes = tally.completes
                wallSeconds = outcome.cost.wallSeconds
                cpuSeconds = outcome.cost.cpuSeconds
                eventsPerSecond = (Double(tally.events) / wallSeconds).rounded()
                cpuSecondsPerMillionEvents = cpuSeconds / Double(max(1, tally.events)) * 1e6
                peakMegabytes = outcome.cost.peakMegabytes
                streamedBytes = outcome.streamed
                self.differences = differences
            }
        }

        func run() throws {
            let folder =
                NSTemporaryDirectory() + "centralino-bench-\(ProcessInfo.processInfo.processIdentifier)"
            try orExit { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let expected = try oracle.map { path in try orExit { try FirehoseOracle.read(path) } }
            var program = ProgramConfiguration()
            program.gateway = try configured()
            program.journalDirectory = journal ?? folder + "/journal"
            if ports {
                program.storePath = folder + "/bench.sqlite"
                program.gateway.http = .init(host: "127.0.0.1", port: 0)
                program.gateway.desks = .init(host: "127.0.0.1", port: 0)
                program.gateway.wallboards = .init(host: "127.0.0.1", port: 0)
            }
            let made = program
            let isSite = ports
            try orExit {
                try EventLoop.run {
                    let completion: @LoopActor (FirehoseOutcome?) -> Void = { outcome in
                        Self.outcomes.withLock { $0 = outcome }
                        EventLoop.stop()
                    }
                    if isSite {
                        let site = try FirehoseSite(made, completion)
                        Self.keep = site
                        try site.start()
                    } else {
                        let keeper = try JournalKeeper(made.journalDirectory ?? "")
                        let gateway = Gateway(configuration: made.gateway, digests: .openSSL, seed: 1)
                        let client = FirehoseClient(gateway, keeper, completion)
                        Self.keep = client
                        client.start()
                    }
                }
            }
            guard let outcome = Self.outcomes.withLock({ $0 }) else { throw ExitCode.failure }
            let differences = expected?.differences(from: outcome.tally, outcome.core)
            Console.print(String(decoding: JSON.encode(Line(outcome, differences)), as: UTF8.self))
            guard differences?.isEmpty ?? true else {
                Console.say("The counts are not those of the generator.", .red)
                throw ExitCode.failure
            }
        }

        private func configured() throws -> Configuration {
            // The password of the benchmark's server is not a secret.
            let secret = ProcessInfo.processInfo.environment["CENTRALINO_BENCH_SECRET"] ?? "x"
            var configuration = try measured.configuration(isRecording: false)
            configuration.switches[0].address = .init(host: host, port: port)
            configuration.switches[0].link.username = username
            configuration.switches[0].secret = .init(secret)
            configuration.switches[0].link.events = "on"
            return configuration
        }

        @LoopActor private static var keep: AnyObject?
        private static let outcomes = Mutex<FirehoseOutcome?>(nil)
    }
}
