import Foundation
import Core
import Edges
import Gateway
import Playback
import Recordings
import Telephony
import Testing
import Time
import Wire

/// A recording of a real Asterisk in `Simulator/Traces`, with what the switch's own queue_log counted.
struct Trace: CustomTestStringConvertible {
    var name: String
    var recording: Recording
    var truth: Truth

    var testDescription: String { name }

    static let folder = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Simulator/Traces"

    /// Bytes of the calls of one minute: a recording of so many has one call of each kind, not a load.
    static let small = 60_000

    init(_ path: String) throws {
        name = path.split(separator: "/").suffix(2).joined(separator: "/")
        recording = try Recording.load(path)
        truth = try JSONDecoder().decode(Truth.self, from: Data(contentsOf: URL(fileURLWithPath: path + "/truth.json")))
    }

    /// The committed recordings, each read once.
    static func all() throws -> [Trace] { try committed.get() }
    private static let committed = Result { try Recording.find(paths: [folder]).map { try Trace($0) } }

    var byteCount: Int { recording.chunks.reduce(0) { $0 + ($1.direction == .incoming ? $1.bytes.count : 0) } }

    /// A committed recording, e.g. `22/mixed-a`.
    static func named(_ name: String) throws -> Trace {
        guard let trace = try all().first(where: { $0.name == name }) else {
            throw RecordingError.notARecording(path: "\(folder)/\(name)")
        }
        return trace
    }

    /// What the gateway makes of the recording as it was read, for all tests that only look at it.
    var report: Report { Self.reports.value(recording.path) { replayed() } }
    private static let reports = Shared<Report>()

    /// What the gateway makes of it when it is replayed now; `cut` may cut what one read gave into several.
    func replayed(cut: ([UInt8]) -> [[UInt8]] = { [$0] }) -> Report {
        var replay = Replay(start: UnixTime(microseconds: recording.startEpoch ?? 0), digests: .openSSL)
        let connections = [recording.chunks] + recording.others.filter { $0.name == "ami-after" }.map(\.chunks)
        replay.play(
            connections.map { chunks in
                Replay.Connection(
                    chunks: chunks.filter { $0.direction == .incoming }.flatMap { chunk in
                        cut(chunk.bytes).map { .init(time: Span(microseconds: chunk.microseconds), bytes: $0) }
                    })
            })
        return replay.report()
    }
}

/// `truth.json`, as far as a gateway can know it.
struct Truth: Decodable {
    struct Queue: Decodable {
        var offered: Int
        var answered: Int
        var abandoned: Int
        var exit_timeout: Int
        var exit_key: Int
        var exit_empty: Int
        var lost: Int
        var other: Int
        var transferred: Int
        var talk_sum: Int
        var hold_sum: Int
        var rna: [String: Int]
    }
    var queues: [String: Queue]
}

/// The counts that both must agree on.
struct Counts: Equatable {
    var offered = 0
    var answered = 0
    var abandoned = 0
    var flowOut = 0
    var lost = 0
    var waiting = 0
    var transferredOut = 0
    var ringNoAnswer: [String: Int] = [:]

    init() {}

    init(_ queue: Truth.Queue) {
        offered = queue.offered
        answered = queue.answered
        abandoned = queue.abandoned
        flowOut = queue.exit_timeout + queue.exit_key + queue.exit_empty + queue.other
        lost = queue.lost
        transferredOut = queue.transferred
        ringNoAnswer = queue.rna
    }

    init(_ queue: Report.Queue) {
        offered = queue.offered
        answered = queue.answered
        abandoned = queue.abandoned
        flowOut =
            queue.flowOut.timeout + queue.flowOut.key + queue.flowOut.empty + queue.flowOut.withdrawn
            + queue.flowOut.unknown
        lost = queue.lost
        waiting = queue.waiting
        transferredOut = queue.transferredOut
        ringNoAnswer = queue.ringNoAnswer
    }
}

@Suite("A recording of a real Asterisk", .tags(.recordings))
struct GoldenTraceTests {
    @Test("counts what the switch's own queue_log counts", arguments: try Trace.everywhere())
    func counts(trace: Trace) {
        // A queue that nobody called may be in one of them only.
        let expected = trace.truth.queues.mapValues { Counts($0) }.filter { $0.value != Counts() }
        let report = trace.report
        #expect(report.queues.mapValues { Counts($0) }.filter { $0.value != Counts() } == expected)
        #expect(report.events.malformed == 0)
        for queue in report.queues.values { #expect(queue.offered == Counts(queue).sum) }
    }

    /// Where the log's own talk time is wrong, and why; the table for people is in `Simulator/Traces/README.md`.
    private static let wrongTalk: Set = [
        // The Local channel is optimised away at the answer: the log says 0 s.
        "22/callback_local-a", "22/callback_local-b", "16/callback_local-a", "16-sip/callback_local-a",
        // The customer, who is called at the same time, answers after the agent: the log counts from the agent.
        "16/callback_local_agent_first-a",
        // The log's talk goes on until the caller finally hangs up: with others, in a conference, in a parking lot.
        "22/ami_bridge-a", "16/ami_bridge-a", "22/ami_redirect-a", "16/ami_redirect-a", "22/park_feature_timeout-a",
        "22/park_feature_timeout-b",
        "16/park_feature_timeout-a",
    ]

    @Test(
        "waits and talks as long as the switch's own queue_log says, within its whole seconds",
        arguments: try Trace.everywhere())
    func durations(trace: Trace) {
        let report = trace.report
        for (name, truth) in trace.truth.queues {
            let queue = report.queues[name]
            // Each line is a difference of two truncated clocks: up to a second off, either way.
            let tolerance = Double(max(1, truth.answered))
            #expect(abs((queue?.waitSeconds.answered ?? 0) - Double(truth.hold_sum)) <= tolerance, "\(name)")
            guard !Self.wrongTalk.contains(trace.name) else { continue }
            #expect(
                abs((queue?.talkSeconds ?? 0) + (queue?.holdSeconds ?? 0) - Double(truth.talk_sum)) <= tolerance,
                "\(name)")
        }
    }

    @Test(
        "gives the same report to the byte, whenever it is replayed and however the network had cut it",
        arguments: try Trace.all())
    func fragmentation(trace: Trace) {
        let expected = JSON.encode(trace.report)
        #expect(JSON.encode(trace.replayed()) == expected)
        for seed in 1...2 as ClosedRange<UInt64> {
            var generator = SplitMix64(seed: seed)
            let report = trace.replayed { bytes in
                var pieces: [[UInt8]] = []
                var rest = bytes[...]
                while !rest.isEmpty {
                    let piece = rest.prefix(Int.random(in: 1...700, using: &generator))
                    pieces.append(Array(piece))
                    rest = rest.dropFirst(piece.count)
                }
                return pieces
            }
            #expect(JSON.encode(report) == expected, "seed \(seed)")
        }
    }

    /// The gateway is called for each byte, which takes a hundred times as long as the recording's own reads do.
    @Test("gives the same report to the byte when it comes in single bytes", arguments: try smallest)
    func singleBytes(trace: Trace) {
        #expect(JSON.encode(trace.replayed { $0.map { [$0] } }) == JSON.encode(trace.report))
    }

    private static var smallest: [Trace] {
        get throws { Array(try Trace.all().sorted { ($0.byteCount, $0.name) < ($1.byteCount, $1.name) }.prefix(6)) }
    }

    @Test("exists for every scenario of the list")
    func complete() throws {
        #expect(try Trace.all().count >= 23)
        #expect(try Trace.all().contains { $0.byteCount <= Trace.small })
    }
}

extension Counts {
    fileprivate var sum: Int { answered + abandoned + flowOut + lost + waiting }
}
