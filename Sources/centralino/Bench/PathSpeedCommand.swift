import ArgumentParser
import Core
import Edges
import Gateway
import Playback
import Recordings
import Time
import Wire

extension Bench {
    struct PathSpeed: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "path",
            abstract: "How fast recorded bytes go through the gateway, beside a search for their line ends.",
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
                        configuration, of: configuration.switches[0].name,
                        start: UnixTime(microseconds: recording.startEpoch ?? 0),
                        digests: .openSSL)
                    replay.play(connections)
                    outcome.events += replay.gateway.core.tally.events
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
