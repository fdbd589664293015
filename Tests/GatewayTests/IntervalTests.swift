import ACD
import Contacts
import Figures
import Foundation
import Core
import Edges
import Gateway
import Playback
import Recordings
import Switches
import Telephony
import Testing
import Time

@testable import Reference

/// Rows of quarter-hours as the whole gateway closes them. `domain.md` §3.1, §3.2, §3.9.
@Suite("Interval rows")
struct IntervalTests {
    private static func bench(_ start: UnixTime = Bench.start) -> Bench {
        var configuration = Bench.configuration
        configuration.keepsIntervals = true
        return Bench(configuration, start: start)
    }

    /// The rows as last written.
    private static func rows(_ bench: Bench) -> [IntervalRow.Key: IntervalRow] {
        bench.savedRows.reduce(into: [:]) { $0[$1.key] = $1 }
    }

    /// Calls of some hours, some of them across the borders of quarters; the switch sends something every ten
    /// seconds.
    private static func work(_ bench: inout Bench, for time: Span, seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var open: [(channel: String, at: Span, agent: String?)] = []
        var number = 0
        let end = bench.now + time
        while bench.now < end {
            bench.wait(.seconds(10))
            bench.hear([])
            for (channel, due, agent) in open where due <= bench.now { bench.hangUp(channel, agent: agent) }
            open.removeAll { $0.at <= bench.now }
            guard end - bench.now > .seconds(3600), Int.random(in: 0..<12, using: &generator) == 0 else { continue }
            number += 1
            let channel = "c\(number)"
            bench.join(channel)
            if Int.random(in: 0..<3, using: &generator) == 0 {
                open.append((channel, bench.now + .seconds(Int64.random(in: 1...1500, using: &generator)), nil))
            } else {
                // Sixty agents in turn: the turn comes round after two hours, and no call lasts so long.
                let agent = "\(1001 + number % 60)"
                bench.ring(channel, agent: agent)
                bench.wait(.milliseconds(Int64.random(in: 1...40_000, using: &generator)))
                bench.pickUp(channel, agent: agent)
                open.append((channel, bench.now + .seconds(Int64.random(in: 1...2000, using: &generator)), agent))
            }
        }
    }

    @Test(
        "are 96 a day, 92 and 100 when the clocks change, each with the sums of its contact records",
        arguments: [
            ("2026-10-24T20:00:00Z", LocalDate(year: 2026, month: 10, day: 25)!, 100),
            ("2026-03-28T20:00:00Z", LocalDate(year: 2026, month: 3, day: 29)!, 92),
            ("2026-03-01T20:00:00Z", LocalDate(year: 2026, month: 3, day: 2)!, 96),
        ])
    func days(start: String, day: LocalDate, count: Int) throws {
        var bench = Self.bench(try #require(UnixTime(rfc3339: start)))
        Self.work(&bench, for: .seconds(31 * 3600), seed: UInt64(count))
        let rows = Self.rows(bench).filter { $0.key.kind == .queue }
        let range = TimeZoneRule.rome.day(day)
        let ofDay = rows.keys.filter { range.contains($0.start) }.sorted()
        #expect(ofDay.count == count)
        #expect(Set(ofDay.map { TimeZoneRule.rome.label($0.start) }).count == count)
        #expect(rows.values.allSatisfy { !$0.provisional && $0.gapMicroseconds == 0 })
        let naive = NaiveRow.rows(of: bench.savedRecords)
        #expect(naive.count > 80)
        for (key, row) in rows { #expect(NaiveRow(row) == naive[key] ?? NaiveRow(), "\(key)") }
        #expect(naive.keys.allSatisfy { rows[$0] != nil })
        // The talk within the quarters is all the talk there was.
        #expect(
            rows.values.reduce(Span.zero) { $0 + ($1.occupancy?.talk ?? .zero) }
                == naive.values.reduce(Span.zero) { $0 + $1.talk })
        #expect(bench.log.allSatisfy { !$0.text.contains("too late") })
    }

    @Test("of a caller who joins before midnight and gives up after it belong to the day of joining")
    func midnight() throws {
        var bench = Self.bench(try #require(UnixTime(rfc3339: "2026-03-02T22:50:00Z")))
        bench.wait(.seconds(590))
        bench.join("1")
        bench.wait(.seconds(30))
        bench.hangUp("1")
        for _ in 0..<40 {
            bench.wait(.seconds(60))
            bench.hear([])
        }
        let rows = Self.rows(bench).values.sorted { $0.key < $1.key }.filter { $0.kind == .queue }
        #expect(
            rows.prefix(2).map { $0.cohort?.abandoned } == [1, 0]
                && rows.prefix(2).map { $0.completion?.abandoned } == [0, 1])
        #expect(
            rows[0].cohort?.waitAbandoned == .seconds(30)
                && TimeZoneRule.rome.label(rows[0].start) == "2026-03-02T23:45:00+01:00")
    }

    @Test("do not depend on when the gateway woke, nor on who watches")
    func lateTimer() {
        func run(isLate: Bool) -> [IntervalRow] {
            var bench = Self.bench()
            if isLate { _ = bench.connect(.wallboards) }
            bench.join("1")
            if isLate { bench.oversleep(.seconds(2000)) } else { bench.wait(.seconds(2000)) }
            bench.hangUp("1")
            if isLate { _ = bench.connect(.wallboards) }
            if isLate { bench.oversleep(.seconds(2000)) } else { bench.wait(.seconds(2000)) }
            bench.hear([])
            bench.wait(.seconds(100))
            return bench.savedRows
        }
        #expect(run(isLate: false).count > 4)
        #expect(run(isLate: true) == run(isLate: false))
    }

    @Test("that a gap touches say for how long, and are provisional until the inventory is complete")
    func gap() throws {
        var bench = Self.bench()
        bench.join("1")
        bench.hangUp("1")
        bench.wait(.seconds(800))
        bench.cutSwitch()
        // It is tried repeatedly, and never opened.
        bench.oversleep(.seconds(1200))
        bench.wait(.seconds(1))
        var rows = Self.rows(bench).values.sorted { $0.key < $1.key }.filter { $0.kind == .queue }
        #expect(rows.map(\.provisional) == [true, true])
        #expect(rows.map(\.gapMicroseconds) == [100_000_000, 900_000_000])
        bench.reconnectSwitch()
        bench.wait(.seconds(100))
        bench.hear([])
        bench.wait(.seconds(100))
        rows = Self.rows(bench).values.sorted { $0.key < $1.key }.filter { $0.kind == .queue }
        #expect(rows.prefix(2).map(\.provisional) == [false, false])
        #expect(rows.prefix(2).map(\.gapMicroseconds) == [100_000_000, 900_000_000])
        #expect(rows[0].cohort?.abandoned == 1)
    }

    @Test("of a switch that was never heard are provisional, and entirely a gap")
    func neverHeard() {
        var configuration = Bench.liveConfiguration
        configuration.keepsIntervals = true
        for name in ["roma", "cloud"] {
            configuration.queuesBySwitch[SwitchID(name)] = .init(settings: [QueueName("info"): .init()])
        }
        var bench = Bench(configuration)
        bench.wait(.seconds(1000))
        // The other switch, in the cloud, was heard all the time.
        #expect(bench.savedRows.map(\.provisional) == [true, false])
        #expect(bench.savedRows.map(\.gapMicroseconds) == [900_000_000, 0])
    }

    @Test("are not closed, and have no deadline, where nobody stores them")
    func unwanted() {
        var bench = Bench()
        bench.join("1")
        bench.hangUp("1")
        bench.wait(.seconds(4000))
        #expect(bench.savedRows == [])
        // Local midnight, when today's figures begin again: 15 h after the start.
        #expect(bench.gateway.nextDeadline == .seconds(1000 + 15 * 3600))
    }

    @Test("are skipped, and that is reported, when the clock is set forward by years")
    func clockJump() {
        var bench = Self.bench()
        bench.join("1")
        bench.setClock(by: .seconds(400 * 86_400))
        bench.hear([])
        bench.wait(.seconds(1000))
        #expect(bench.savedRows.count < 100)
        #expect(bench.log.contains { $0.text.contains("there are no rows between") })
    }

    // MARK: recordings

    private static let recordings = [
        "mixed-a", "hold-a", "members_dynamic-a", "client_reconnect-a", "overflow-a", "atx_feature-a",
    ]

    /// The recording in another night, across a border of quarters, without the switch's own times.
    private static func replayed(_ name: String, cut: ([UInt8]) -> [[UInt8]] = { [$0] }) throws -> Replay {
        let recording = try Recording.load(Trace.folder + "/22/" + name)
        let chunks = [recording.chunks] + recording.others.filter { $0.name == "ami-after" }.map(\.chunks)
        let connections = chunks.map { chunks -> Replay.Connection in
            Replay.Connection(
                chunks: chunks.filter { $0.direction == .incoming }.flatMap { chunk -> [Replay.Connection.Chunk] in
                    let text = String(decoding: chunk.bytes, as: UTF8.self).replacing(
                        "\r\nTimestamp: ", with: "\r\nX-Time: ")
                    return cut(Array(text.utf8)).map { .init(time: Span(microseconds: chunk.microseconds), bytes: $0) }
                })
        }
        let middle = (connections.flatMap(\.chunks).map(\.time).max() ?? .zero).microseconds / 2
        let border = UnixTime(rfc3339: "2026-10-25T01:00:00Z")!
        var replay = Replay(start: border + Span(microseconds: -middle), keepsIntervals: true, digests: .openSSL)
        replay.play(connections)
        replay.rest(for: .seconds(2000))
        return replay
    }

    @Test("of a recording are the sums of its contact records, quarter by quarter", arguments: recordings)
    func recorded(name: String) throws {
        let replay = try Self.replayed(name)
        let naive = NaiveRow.rows(of: replay.closed)
        let rows = replay.rows.filter { $0.key.kind == .queue }
        #expect(!naive.isEmpty)
        for (key, row) in rows { #expect(NaiveRow(row) == naive[key] ?? NaiveRow(), "\(key)") }
        #expect(naive.keys.allSatisfy { rows[$0] != nil })
        #expect(Set(rows.keys.map(\.start)).count >= 2)
        #expect(rows.values.allSatisfy { !$0.provisional })
    }

    @Test("of the same inputs are the same rows, however the network cut them", arguments: recordings)
    func repeatable(name: String) throws {
        let once = try Self.replayed(name).rows
        #expect(!once.isEmpty)
        #expect(try Self.replayed(name).rows == once)
        let pieces = try Self.replayed(name) { bytes in
            stride(from: 0, to: bytes.count, by: 7).map { Array(bytes[$0..<min($0 + 7, bytes.count)]) }
        }
        #expect(pieces.rows == once)
    }
}
