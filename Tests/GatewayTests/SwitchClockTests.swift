import ACD
import Contacts
@testable import Core
@testable import Edges
import Figures
@testable import Gateway
import Playback
import Switches
import Telephony
import Time
import Testing
import Wallboard
import Wire

/// An event dated far from our time changes nothing but its own record; the day is the gateway's own.
@Suite("A switch's clock that is far from ours")
struct SwitchClockTests {
    private static let now = UnixTime(rfc3339: "2026-11-23T09:00:00Z")!

    private static func event(_ title: String, _ id: String, at date: Int64, _ headers: String...) -> String {
        ([
            "Event: \(title)", "Privilege: call,all", "Timestamp: \(date).000000", "Channel: PJSIP/trunk-\(id)",
            "ChannelState: 4",
            "CallerIDNum: 06123456\(id)", "Context: in", "Exten: 800", "Priority: 1", "Uniqueid: \(id)",
            "Linkedid: \(id)",
        ] + headers).joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// A caller who waits for ten seconds and hangs up, by a clock that is `off` by this many seconds.
    private static func abandoned(_ id: String, from second: Int64, off: Int64) -> [(Int64, String)] {
        let date = now.microseconds / 1_000_000 + second + off
        return [
            (second, event("Newchannel", id, at: date)),
            (second + 1, event("QueueCallerJoin", id, at: date + 1, "Queue: info", "Position: 1")),
            (second + 11, event("HangupRequest", id, at: date + 11)),
            (
                second + 11,
                event("QueueCallerAbandon", id, at: date + 11, "Queue: info") + event("Hangup", id, at: date + 11)
            ),
        ]
    }

    private func asked(_ events: [(Int64, String)]) -> AskedGateway {
        var chunks = [Replay.Connection.Chunk(time: .zero, bytes: Array("Asterisk Call Manager/9.0.0\r\n".utf8))]
        chunks += events.map { .init(time: .seconds($0.0), bytes: Array($0.1.utf8)) }
        var asked = AskedGateway(heard: chunks, from: Self.now, Bench.configuration)
        asked.wait(.seconds(2))
        return asked
    }

    private static let day: Int64 = 86_400
    /// Ahead, behind, and as far as a number in AMI can be: twelve years, the year 36812, 1970.
    private static let offsets: [Int64] = [
        day, -day, 12 * 365 * day, -12 * 365 * day, 1 << 39, 1_000_000 - now.microseconds / 1_000_000, 3600, -3600,
    ]

    @Test("removes no figure of today, however far off it is", arguments: offsets)
    func today(off: Int64) throws {
        let asked = asked(
            Self.abandoned("1.1", from: 10, off: 0) + Self.abandoned("1.2", from: 30, off: off)
                + Self.abandoned("1.3", from: 60, off: 0))
        let statistics = try #require(
            asked.statistics("?queue=info&window=today"), "\(asked.get("/v1/stats?queue=info&window=today").body)")
        #expect(statistics.figures.first { $0.id == "offered" }?.numerator == 3)
        #expect(statistics.figures.first { $0.id == "abandoned" }?.numerator == 3)
    }

    @Test(
        "gives records our dates and the flag, where it is permanently off; how long the caller waited is by the switch's clock",
        arguments: offsets)
    func record(off: Int64) throws {
        var replay = Replay(start: Self.now, digests: .openSSL)
        var chunks = [Replay.Connection.Chunk(time: .zero, bytes: Array("Asterisk Call Manager/9.0.0\r\n".utf8))]
        chunks += Self.abandoned("1.1", from: 10, off: off).map { .init(time: .seconds($0.0), bytes: Array($0.1.utf8)) }
        replay.play([.init(chunks: chunks)])
        let record = try #require(replay.closed.first)
        #expect(record.flags.contains(.clockStep))
        #expect(abs((record.arrived - Self.now).seconds - 10) < 1)
        #expect(record.visits.first?.wait == .seconds(10))
    }

    @Test("changes nothing but the record of the one event that it dated wrongly")
    func oneEvent() throws {
        var events = Self.abandoned("1.1", from: 10, off: 0) + Self.abandoned("1.2", from: 12, off: 0)
        let date = Self.now.microseconds / 1_000_000 + 15 + 12 * 365 * Self.day
        events.append(
            (15, Self.event("NewCallerid", "1.2", at: date, "CID-CallingPres: 0 (Presentation Allowed, Not Screened)")))
        events.sort { $0.0 < $1.0 }
        var replay = Replay(start: Self.now, digests: .openSSL)
        let chunks =
            [Replay.Connection.Chunk(time: .zero, bytes: Array("Asterisk Call Manager/9.0.0\r\n".utf8))]
            + events.map { .init(time: .seconds($0.0), bytes: Array($0.1.utf8)) }
        replay.play([.init(chunks: chunks)])
        let flags = Dictionary(uniqueKeysWithValues: replay.closed.map { ($0.channel.rawValue, $0.flags) })
        #expect(flags["1.1"] == [] && flags["1.2"] == [.clockStep])
        #expect(replay.closed.flatMap(\.visits).map(\.wait) == [.seconds(10), .seconds(10)])
    }

    @Test("is counted in the status and logged once, not for each event")
    func said() {
        var bench = Bench()
        bench.greet()
        for (_, text) in Self.abandoned("1.1", from: 10, off: 12 * 365 * Self.day) { bench.hear(Array(text.utf8)) }
        #expect(bench.log.count { $0.text.contains("Its date is not believed") } == 1)
        #expect(bench.gateway.core.switches.first?.link?.misdated == 5)
    }

    @Test(
        "nor does our own, set forward and back: what was counted before is there again",
        arguments: [day, -day, 400 * day, 3 * day])
    func ourOwn(step: Int64) throws {
        var asked = asked(Self.abandoned("1.1", from: 10, off: 0))
        /// A call each half hour, by the switch's clock, which is right.
        func go(_ ids: Range<Int>, _ asked: inout AskedGateway) {
            for id in ids {
                asked.wait(.seconds(1800))
                let second = (asked.now.uptime - .seconds(1000)).microseconds / 1_000_000
                for (_, text) in Self.abandoned("1.\(id)", from: second, off: 0) { asked.hear(text) }
                asked.wait(.seconds(2))
            }
        }
        asked.setClock(by: .seconds(step))
        go(2..<7, &asked)
        asked.setClock(by: .seconds(-step))
        go(7..<9, &asked)
        let statistics = try #require(
            asked.statistics("?queue=info&window=today"), "\(asked.get("/v1/stats?queue=info&window=today").body)")
        // The day of those in between is not known better than by our clock.
        #expect(statistics.figures.first { $0.id == "abandoned" }?.numerator == 3)
    }

    @Test("does not matter over midnight and a restart: today is the gateway's own day")
    func restart() throws {
        let before = asked(Self.abandoned("1.1", from: 10, off: Self.day))
        let state = try #require(JSON.decode(Core.self, from: JSON.encode(before.gateway.core)))
        #expect(state == before.gateway.core)
        #expect(before.gateway.core.switches.allSatisfy { $0.acd.facts.forgottenBefore.map { $0 < Self.now } ?? true })
    }
}
