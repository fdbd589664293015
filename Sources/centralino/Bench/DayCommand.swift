import ArgumentParser
import Core
import Edges
import EventLoop
import Foundation
import Gateway
import Wire

extension Bench {
    struct Day: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "What an event, a change of the stream, a pop, a checkpoint, a start and an answer cost late in the day.",
            discussion: """
                centralino bench day --calls 100000

                An invented centre fills a day first, in virtual time; another gateway has the first 100 calls of \
                such a day, and both are measured in turn. Times are the processor's, of one turn of the loop. Prints one JSON \
                object.

                For callgrind: --only events --calls 100, the same with --calls 3000, and --toggle-collect with the function \
                measuredEvents or measuredCuts.
                """)

        enum Part: String, ExpressibleByArgument, CaseIterable { case events, cuts, pops, checkpoint, answers }

        @Option(help: "Calls of the day.") var calls = 100_000
        @Option(help: "Queues.") var queues = 50
        @Option(help: "Agents; each works for two queues.") var agents = 500
        @Option(help: "Measure only this: \(Part.allCases.map(\.rawValue).joined(separator: ", ")).") var only: Part?
        @Flag(
            help: ArgumentHelp("Start from a journal's folder instead, and say what that took.", visibility: .private))
        var startOnly = false
        @Option(help: .private) var journal: String?

        /// A comparison of both gateways; the first calls of a day.
        private static let few = 100
        private static let rounds = 7

        struct Outcome: Encodable {
            struct Pair: Encodable {
                var few = 0.0, many = 0.0, ratio = 0.0

                init(_ few: Double, _ many: Double) {
                    self.few = few
                    self.many = many
                    ratio = many / few
                }
            }

            var calls = 0, queues = 0, agents = 0
            var fillEvents = 0
            var fillCPUSeconds = 0.0
            /// After the day was filled.
            var residentMegabytes = 0.0
            /// Of one event with all that it leads to, nobody watching.
            var eventMicroseconds: Pair?
            /// Of one core, for a centre of 16 calls a second, of twenty events each, with a subscriber.
            var loadShare: Pair?
            /// The longest turn while a subscriber reads the stream, and while nobody does; milliseconds.
            var cutLongestMilliseconds: Pair?
            var unwatchedLongestMilliseconds: Pair?
            var popP50Milliseconds: Pair?
            var popP99Milliseconds: Pair?
            var answerP99Milliseconds: Pair?
            /// Beside the loop.
            var answerBesideLongestMilliseconds: Double?
            var checkpointStallMilliseconds: Double?
            /// The longest turn of the ten seconds before.
            var checkpointUsualMilliseconds: Double?
            var checkpointCPUSeconds: Double?
            var checkpointMoreMegabytes: Double?
            var checkpointMegabytes: Double?
            var startSeconds: Double?
            var startCPUSeconds: Double?
            var startPeakMegabytes: Double?
        }

        struct Start: Codable {
            var seconds = 0.0
            var cpuSeconds = 0.0
            var peakMegabytes = 0.0
            var calls = 0
        }

        func run() throws {
            if startOnly { return try start(journal ?? "") }
            var outcome = Outcome()
            outcome.calls = calls
            outcome.queues = queues
            outcome.agents = agents
            var few = DayBench(.init(calls: min(Self.few, calls), queues: queues, agents: agents))
            few.fill { _ in }
            var many = DayBench(.init(calls: calls, queues: queues, agents: agents))
            let before = ProcessFigures.cpuSeconds ?? 0
            var bar = ProgressBar("Filling the day", total: calls)
            many.fill { bar.show(min($0, calls), "\($0) calls") }
            bar.finish()
            outcome.fillEvents = many.events
            outcome.fillCPUSeconds = (ProcessFigures.cpuSeconds ?? 0) - before
            outcome.residentMegabytes = Double(ProcessFigures.residentBytes ?? 0) / 1e6
            few.hurry()
            many.hurry()
            func wants(_ part: Part) -> Bool { only == nil || only == part }
            if wants(.events) {
                outcome.eventMicroseconds = Self.compare(&few, &many) { measuredEvents(&$0) }
            }
            if wants(.cuts) {
                outcome.unwatchedLongestMilliseconds = Self.compare(&few, &many) { measuredCuts(&$0) }
                _ = few.connect(.wallboards)
                _ = many.connect(.wallboards)
                outcome.cutLongestMilliseconds = Self.compare(&few, &many) { measuredCuts(&$0) }
                outcome.loadShare = Self.compare(&few, &many) {
                    _ = measuredCuts(&$0)
                    return $0.turns.reduce(0, +) / 4000
                }
            }
            if wants(.pops) {
                let (one, other) = (pops(&few), pops(&many))
                outcome.popP50Milliseconds = .init(Self.quantile(one, 0.5), Self.quantile(other, 0.5))
                outcome.popP99Milliseconds = .init(Self.quantile(one, 0.99), Self.quantile(other, 0.99))
            }
            if wants(.answers) {
                outcome.answerP99Milliseconds = .init(
                    Self.quantile(answers(&few), 0.99), Self.quantile(answers(&many), 0.99))
                outcome.answerBesideLongestMilliseconds = many.besides.max()
            }
            if wants(.checkpoint) { try orExit { try checkpoint(&many, &outcome) } }
            Console.print(String(decoding: JSON.encode(outcome), as: UTF8.self))
        }

        /// Medians of rounds that alternate between the two, so that other work of the machine affects both.
        private static func compare(
            _ few: inout DayBench, _ many: inout DayBench, _ body: (inout DayBench) -> Double
        ) -> Outcome.Pair {
            var pairs: [(few: Double, many: Double)] = []
            for _ in 0..<rounds { pairs.append((body(&few), body(&many))) }
            return .init(quantile(pairs.map(\.few), 0.5), quantile(pairs.map(\.many), 0.5))
        }

        private static func quantile(_ values: [Double], _ share: Double) -> Double {
            let sorted = values.sorted()
            guard !sorted.isEmpty else { return .nan }
            return sorted[min(sorted.count - 1, max(0, Int((Double(sorted.count) * share).rounded(.up)) - 1))]
        }

        private func pops(_ bench: inout DayBench) -> [Double] {
            let desk = bench.connect(.desks)
            bench.send("{\"type\":\"hello\",\"token\":\"desk\",\"agent\":\"PJSIP/2000\",\"version\":1}\n", desk)
            var longest: [Double] = []
            for call in 1...200 {
                let before = bench.sent(to: desk)
                bench.beginMeasure()
                bench.ring(call, agent: 2000)
                bench.endMeasure()
                // The ring's turn and that of the registry's answer.
                if bench.sent(to: desk) > before { longest.append(bench.turns.reduce(0, +)) }
                bench.hangUp(call)
                bench.play(DayBench.tick)
            }
            return longest
        }

        private func answers(_ bench: inout DayBench) -> [Double] {
            var longest: [Double] = []
            for _ in 0..<25 {
                for path in ["/v1/status", "/v1/wallboard", "/v1/stats", "/metrics"] {
                    bench.beginMeasure()
                    bench.ask(path)
                    bench.endMeasure()
                    longest.append(bench.turns.max() ?? 0)
                    bench.play(.milliseconds(200), tick: .milliseconds(100))
                }
            }
            return longest
        }

        private func checkpoint(_ bench: inout DayBench, _ outcome: inout Outcome) throws {
            let folder = NSTemporaryDirectory() + "centralino-bench-\(ProcessInfo.processInfo.processIdentifier)"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let written = try bench.writeCheckpoint(folder)
            outcome.checkpointStallMilliseconds = written.longestTurn
            outcome.checkpointUsualMilliseconds = written.usualTurn
            outcome.checkpointCPUSeconds = written.cpuSeconds
            outcome.checkpointMoreMegabytes = written.moreMegabytes
            outcome.checkpointMegabytes = written.megabytes
            // In a process of its own, whose memory nobody has used before.
            let child = Process()
            child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            child.arguments = ["bench", "day", "--start-only", "--journal", folder]
            let output = Pipe()
            child.standardOutput = output
            // The log's lines would stand between ours.
            child.standardError = FileHandle.nullDevice
            try child.run()
            let said = output.fileHandleForReading.readDataToEndOfFile()
            child.waitUntilExit()
            guard let start = JSON.decode(Start.self, from: Array(said)) else { return }
            outcome.startSeconds = start.seconds
            outcome.startCPUSeconds = start.cpuSeconds
            outcome.startPeakMegabytes = start.peakMegabytes
        }

        private func start(_ folder: String) throws {
            try orExit {
                try EventLoop.run {
                    var start = Start()
                    let clock = ContinuousClock()
                    let (began, cpu) = (clock.now, ProcessFigures.cpuSeconds ?? .nan)
                    let recovery = try Recovery.run(folder) { _ in }
                    let took = began.duration(to: clock.now).components
                    start.seconds = Double(took.seconds) + Double(took.attoseconds) / 1e18
                    start.cpuSeconds = (ProcessFigures.cpuSeconds ?? .nan) - cpu
                    start.peakMegabytes = Double(ProcessFigures.peakBytes ?? 0) / 1e6
                    start.calls = recovery?.core.tally.joins ?? 0
                    Console.print(String(decoding: JSON.encode(start), as: UTF8.self))
                    EventLoop.stop()
                }
            }
        }
    }
}

// Plain functions, so that callgrind finds them by their names.

/// Microseconds an event: a second of the centre's at a time, nobody watching.
@inline(never) func measuredEvents(_ bench: inout DayBench) -> Double {
    let before = bench.events
    bench.beginMeasure()
    bench.play(.seconds(4))
    bench.endMeasure()
    return bench.turns.reduce(0, +) * 1000 / Double(max(1, bench.events - before))
}

/// The longest turn of four seconds of the centre's.
@inline(never) func measuredCuts(_ bench: inout DayBench) -> Double {
    bench.beginMeasure()
    bench.play(.seconds(4))
    bench.endMeasure()
    return bench.turns.max() ?? 0
}
