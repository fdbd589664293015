import Foundation
import Testing
import Time
import Waiting

@testable import centralino

/// The bundled switch in a program of its own, on a port of its own, looping.
final class LoopingSwitch {
    let port: Int
    private let program: Program

    func stop() { _ = program.stop() }

    init(_ recordings: [String], speed: Double, port: Int = 0) throws {
        program = try Program(
            executable: Program.executable,
            ["simulate"] + recordings.map(Repository.trace) + ["--loop", "--speed", "\(speed)", "--port", "\(port)"])
        let line = try program.errors.wait(for: "Playing ")
        self.port = try #require(
            line.components(separatedBy: "127.0.0.1:").last.flatMap { Int($0.prefix { $0.isNumber }) }, "\(line)")
    }
}

@Suite("A question about an earlier moment, to the program", .tags(.program), .waiting)
struct LookingBackProgramTests {
    private static let head = "HTTP/1.1\r\nAccept: application/json"

    @Test("shows exactly what the stream showed then")
    func sameAsTheStream() throws {
        let asterisk = try LoopingSwitch(["mixed-a", "hold-a", "ringall_race-a"], speed: 20)
        let gateway = try GatewayUnderTest(
            switchPort: asterisk.port,
            more: "[statistics]\nlegal_basis = { reference = \"Accordo 12/2026\", date = \"2026-03-01\" }\n")
        let board = try LineSocket(gateway.wallboards)
        var told: [[String: Any]] = []
        try eventually("the stream has told enough") {
            told = board.lines.all.compactMap(object).filter {
                $0["type"] as? String == "change" && $0["queues"] != nil
            }
            return told.count >= 60
        }
        // The core is the same after a start.
        for isRestarted in [false, true] {
            if isRestarted {
                try gateway.stopCleanly()
                try gateway.start()
            }
            for change in told.enumerated().filter({ $0.offset % 7 == 0 }).map(\.element) {
                let at = try #require(change["at"] as? String)
                let answer = try LineSocket.request(gateway.http, "GET /v1/wallboard?at=\(at) \(Self.head)")
                let then = try #require(object(answer.body))
                #expect(
                    answer.status == 200 && then["at"] as? String == at && then["seq"] as? Int == change["seq"] as? Int,
                    "\(at): \(then["seq"] ?? 0), not \(change["seq"] ?? 0)")
                for (member, key) in [("queues", "name"), ("agents", "interface")] {
                    let all = then[member] as? [[String: Any]] ?? []
                    for item in change[member] as? [[String: Any]] ?? [] {
                        let same = all.first { $0[key] as? String == item[key] as? String } ?? [:]
                        #expect(NSDictionary(dictionary: same) == NSDictionary(dictionary: item), "\(at)")
                    }
                }
                let stats = try LineSocket.request(gateway.http, "GET /v1/stats?at=\(at) \(Self.head)")
                #expect(stats.status == 200 && object(stats.body)?["at"] as? String == at)
            }
        }
        let explained = try LineSocket.request(
            gateway.http,
            "GET /v1/stats/explain?figure=offered&at=\(try #require(told.last?["at"] as? String)) \(Self.head)")
        #expect(explained.status == 200, "\(explained.body)")
        try gateway.stopCleanly()
    }

    @Test("is answered no further than somebody waits for it, and gets the patience of a replay from every command")
    func givenUp() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        // Behind a whole call, and before the checkpoint of the stop.
        let at = try #require((try gateway.status()["at"] as? String).flatMap { UnixTime(rfc3339: $0) })
        try gateway.stopCleanly()
        // It is asked once before the reading begins, and then before each entry.
        for entries in 0...3 {
            var asked = 0
            #expect {
                _ = try TimeTravel.core(at: at, journal: gateway.folder.path + "/journal") {
                    asked += 1
                    return asked <= entries
                }
            } throws: {
                if case TimeTravel.Fault.unwanted = $0 { true } else { false }
            }
            #expect(asked == entries + 1)
        }
        #expect(PlainRequest.patienceSeconds(at: nil) == ProgramLimits.answerSeconds)
        #expect(PlainRequest.patienceSeconds(at: "2026-11-23 10:42") == ProgramLimits.earlierAnswerSeconds)
        #expect(PlainRequest.path("/v1/stats?lang=en", at: "10:42") == "/v1/stats?lang=en&at=10%3A42")
    }

    @Test("is refused before the journal's beginning, in the future and without a journal, each time with what exists")
    func refused() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        for at in ["2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"] {
            let answer = try LineSocket.request(gateway.http, "GET /v1/stats?at=\(at) \(Self.head)")
            #expect(answer.status == 404 && answer.body.contains("The journal goes from"), "\(answer)")
        }
        try gateway.stopCleanly()
        let without = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", journal: false)
        let answer = try LineSocket.request(without.http, "GET /v1/stats?at=2026-01-01T00:00:00Z \(Self.head)")
        #expect(answer.status == 404 && answer.body.contains("[journal] directory"))
        try without.stopCleanly()
    }
}
