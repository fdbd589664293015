import ArgumentParser
import EventLoop
import Foundation
import Core
import Edges
import Gateway
import Synchronization
import Wire

extension Bench {
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
        @Option(help: "Folder of the journal; a temporary one, removed at the end, where not given.") var journal:
            String?
        @OptionGroup var measured: MeasuredConfiguration

        func run() throws {
            let folder =
                journal ?? NSTemporaryDirectory() + "centralino-bench-\(ProcessInfo.processInfo.processIdentifier)"
            defer { if journal == nil { try? FileManager.default.removeItem(atPath: folder) } }
            // The password of the benchmark's server is not a secret.
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
                    let client = FirehoseClient(Gateway(configuration: made, digests: .openSSL, seed: 1), keeper) {
                        tally in
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
}
