import Foundation
import Core
import Edges
import Gateway
import Playback
import Recordings
import Records
import Simulation
import Telephony
import Testing
import Time
import Wire

/// A run whose journal is replayed: of one recording, or beside the bundled switch.
struct JournalledScenario: CustomTestStringConvertible, Sendable {
    var name: String
    private let make: @Sendable () throws -> JournalledRun
    var testDescription: String { name }

    private init(name: String, _ make: @escaping @Sendable () throws -> JournalledRun) {
        self.name = name
        self.make = make
    }

    /// The run, for all tests that only read.
    func run() throws -> JournalledRun { try Self.runs.value(name, make) }
    private static let runs = Shared<JournalledRun>()

    private static let live = ["22/mixed-a", "22/hold-a", "22/rna_then_answer-a", "22/wrapup-a"]

    private static func playlist() throws -> [SwitchRecording] {
        try live.map { SwitchRecording(try Recording.load("\(Trace.folder)/\($0)")) }
    }

    /// Calls of every kind, and a link that breaks in the middle of them.
    static var all: [JournalledScenario] {
        get throws {
            let names: Set = [
                "22/atx_refer-a", "22/client_reconnect-a", "22/park_feature_timeout-a", "22/callback_local-a",
                "16/load-s1", "22/load-s1",
                "22/load-fast-s3", "22/pickup_queue-a", "22/atx_refer_queue_waiting-a",
            ]
            let recorded = try Trace.everywhere().filter { names.contains($0.name) }
                .map { trace in JournalledScenario(name: trace.name) { .listening(to: trace.recording) } }
            return recorded + [
                JournalledScenario(name: "live") {
                    try .beside(
                        playlist(), speed: 4, cuts: [.seconds(21), .seconds(47), .milliseconds(47_300)],
                        length: .seconds(100))
                },
                JournalledScenario(name: "live, with ends and starts") {
                    try .beside(
                        playlist(), speed: 4, cuts: [.seconds(33)],
                        restarts: [.seconds(9), .milliseconds(14_100), .seconds(41)],
                        length: .seconds(60))
                },
                JournalledScenario(name: "live, in pieces") {
                    try .beside(playlist(), speed: 8, cuts: [.milliseconds(8_400)], length: .seconds(40), piece: 97)
                },
            ]
        }
    }
}

extension JournalledScenario {
    /// What its journal gives when it is replayed whole, while somebody watches.
    fileprivate func replayed() throws -> JournalReplay {
        try Self.replays.value(name) {
            let run = try run()
            var replay = JournalReplay(watched: run.configuration)
            replay.play(run.journal)
            replay.end(at: run.now)
            return replay
        }
    }
    private static let replays = Shared<JournalReplay>()
}

@Suite("A journal", .tags(.recordings, .slow))
struct ReplayTests {
    @Test("gives the same records, gaps, questions, figures and stream again", arguments: try JournalledScenario.all)
    func replay(_ scenario: JournalledScenario) throws {
        let run = try scenario.run()
        #expect(run.output.saved.count > 0)
        #expect(run.output.stream.count > 3)
        var replay = JournalReplay(watched: run.configuration)
        // As it is stored on the disk.
        replay.play(
            try run.journal.map {
                JournalEntry(
                    input: try #require(Core.Input($0.input.kind, $0.input.connection, $0.input.bytes)), at: $0.at)
            })
        replay.end(at: run.now)
        // Its secrets are not in the journal, so it sends other bytes to a switch.
        var lived = run.output
        lived.sent = replay.output.sent
        #expect(replay.output.stream == lived.stream)
        #expect((replay.output == lived) as Bool)
        var report = Report()
        report.add(run.gateway.core, closed: run.output.saved, at: run.now)
        #expect(JSON.encode(replay.report(at: run.now)) == JSON.encode(report))
        // Including the stream's numbers and what it has not sent yet.
        #expect((replay.gateway.core == run.gateway.core) as Bool)
    }
}

/// As a network may cut it: what came at one moment comes in pieces at that moment.
@Suite("A journal in pieces", .tags(.recordings, .slow))
struct FragmentationTests {
    @Test(
        "gives the same records, gaps, figures and stream, however its bytes are cut",
        arguments: try JournalledScenario.all,
        [UInt64(1), 2])
    func fragmented(_ scenario: JournalledScenario, seed: UInt64) throws {
        let run = try scenario.run()
        let whole = try scenario.replayed()
        var generator = SplitMix64(seed: seed)
        var pieces: [JournalEntry] = []
        for entry in run.journal {
            guard case .received(let id, let bytes) = entry.input else {
                pieces.append(entry)
                continue
            }
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...max(1, bytes.count), using: &generator))
                pieces.append(JournalEntry(input: .received(id, Array(piece)), at: entry.at))
                rest = rest.dropFirst(piece.count)
            }
        }
        #expect(pieces.count > run.journal.count)
        var cut = JournalReplay(watched: run.configuration)
        cut.play(pieces)
        cut.end(at: run.now)
        #expect(
            cut.output.saved.map { JSON.encode(ContactDocument($0)) }
                == whole.output.saved.map { JSON.encode(ContactDocument($0)) })
        #expect(cut.output.stream == whole.output.stream)
        #expect((cut.output == whole.output) as Bool)
        #expect(JSON.encode(cut.report(at: run.now)) == JSON.encode(whole.report(at: run.now)))
    }
}

@Suite("A checkpoint", .tags(.recordings, .slow))
struct CheckpointTests {
    static let cuts = 20

    @Test("taken anywhere and read again continues as if nothing had happened", arguments: try JournalledScenario.all)
    func cutAnywhere(_ scenario: JournalledScenario) throws {
        let run = try scenario.run()
        var whole = JournalReplay()
        whole.play(run.journal)
        whole.end(at: run.now)
        var generator = SplitMix64(seed: 42)
        let cuts = (0..<Self.cuts).map { _ in Int.random(in: 1..<run.journal.count, using: &generator) }.sorted()
        // Read again at every cut: what a checkpoint forgets stays forgotten, and shows in whatever comes after it.
        var chain = JournalReplay()
        // Of some, what follows is played with nothing read again after them: a later checkpoint could mend what an
        // earlier one spoilt.
        let alone = Set(stride(from: 0, to: Self.cuts, by: Self.cuts / 4))
        var before = JournalReplay()
        var played = 0
        for (number, cut) in cuts.enumerated() {
            before.play(run.journal[played..<cut])
            chain.play(run.journal[played..<cut])
            played = cut
            let state = before.gateway.core
            let read = try #require(JSON.decode(Core.self, from: JSON.encode(state)))
            // Reported in a word: a whole state is not a message for people.
            #expect((read == state) as Bool, "cut \(cut)")
            #expect((chain.output == before.output) as Bool, "cut \(cut) of \(run.journal.count)")
            #expect((chain.gateway.core == state) as Bool, "cut \(cut) of \(run.journal.count)")
            chain.resume(read)
            guard alone.contains(number) else { continue }
            var after = JournalReplay(read)
            after.play(run.journal[cut...])
            after.end(at: run.now)
            #expect((before.output + after.output == whole.output) as Bool, "cut \(cut) of \(run.journal.count)")
            #expect((after.gateway.core == whole.gateway.core) as Bool, "cut \(cut) of \(run.journal.count)")
        }
        chain.play(run.journal[played...])
        chain.end(at: run.now)
        #expect((chain.output == whole.output) as Bool)
        #expect((chain.gateway.core == whole.gateway.core) as Bool)
    }

    @Test("contains no secret")
    func secrets() throws {
        let run = try JournalledRun.beside(
            [SwitchRecording(try Recording.load("\(Trace.folder)/22/hold-a"))], speed: 8, cuts: [], length: .seconds(5))
        let state = String(decoding: JSON.encode(run.gateway.core), as: UTF8.self)
        #expect(state.contains("\"username\":\"cti\""))
        for secret in ["s3cret", "desk-secret", Bench.webhookSecret] { #expect(!state.contains(secret)) }
        let journal = run.journal.map { String(decoding: $0.input.bytes, as: UTF8.self) }.joined()
        for secret in ["s3cret", "desk-secret", Bench.webhookSecret] { #expect(!journal.contains(secret)) }
    }
}
