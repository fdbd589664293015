import ArgumentParser
import EventLoop
import Foundation
import Core
import Edges
import Gateway
import Store
import Synchronization
import Wire

extension Bench {
    struct PopLatency: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pop", abstract: "How long it takes from the switch's bytes to the pop on a desk.",
            discussion: """
                centralino bench pop --calls 2000

                A switch, the gateway with a database of parties, and a desk, over loopback sockets. Prints one JSON object, in milliseconds.

                With --crowd there is a second switch, and the stream has readers: the first line printed is “PORT” and where they connect.
                """)

        @Option(help: "Calls, one after the other.") var calls = 2000
        @Option(help: "Parties in the registry; each call is from one of them.") var parties = 10_000
        @Option(help: "Port of an AMI server that sends other calls meanwhile.") var crowd: Int?
        @Option(help: "How many readers of the stream are waited for, beside --crowd.") var readers = 0

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
            let made = configuration
            let (calls, parties) = (calls, parties)
            guard crowd != nil || readers == 0 else {
                throw misuse("--readers are waited for beside --crowd only: give its port, too.")
            }
            guard parties > 0 else { throw misuse("--parties must be 1 or more.") }
            let crowd = crowd.map { PopBench.Crowd(switchPort: $0, readers: readers) }
            try orExit {
                let store = try Store(path: folder + "/bench.sqlite")
                var next = 0
                _ = try store.importParties {
                    guard next < parties else { return .end }
                    let last = min(next + Store.Limits.partiesPerTransaction, parties)
                    defer { next = last }
                    return .parties(PopBench.parties(next..<last))
                }
                try store.close()
                try EventLoop.run {
                    let bench = try PopBench(made, calls: calls, parties: parties, crowd: crowd) { outcome in
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
}
