import ArgumentParser
import EventLoop
import Foundation
import Playback
import Recordings
import Synchronization
import Wire

extension Bench {
    struct RecoveryTime: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "recovery",
            abstract: "How long a start takes after a day of so many calls, with checkpoints and without.",
            discussion: """
                centralino bench recovery --calls 100000

                The day is a recording that the bundled switch plays again and again. Prints one JSON object.
                """)

        @Argument(help: "Recordings: folders or files.") var paths = ["Simulator/Traces/16/load-s1"]
        @Option(help: "Calls of the day.") var calls = 100_000
        @Option(help: "1 is as recorded. The calls must fit into one day.") var speed = 1.0
        @Option(help: "Folder of the journal; a temporary one, removed at the end, where not given.") var journal:
            String?

        @OptionGroup var measured: MeasuredConfiguration

        func run() throws {
            let configuration = try measured.configuration(isRecording: false)
            let folder =
                journal ?? NSTemporaryDirectory() + "centralino-bench-\(ProcessInfo.processInfo.processIdentifier)"
            defer { if journal == nil { try? FileManager.default.removeItem(atPath: folder) } }
            let recordings = try orExit {
                try Recording.find(paths: paths).map { SwitchRecording(try Recording.load($0)) }
            }
            try orExit {
                try EventLoop.run {
                    var bench = try RecoveryBench(configuration, recordings, speed: speed, folder: folder)
                    try bench.play(calls: calls)
                    try bench.start()
                    let outcome = bench.outcome
                    Console.print(String(decoding: JSON.encode(outcome), as: UTF8.self))
                    EventLoop.stop()
                }
            }
        }
    }
}
