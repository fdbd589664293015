import Foundation
import Core
import Edges
import Gateway
import HTTP
import Telephony
import Testing
import Time
import Wire

@Suite("A question about an earlier moment")
struct LookingBackTests {
    private static let accept = "Host: localhost\r\nAccept: application/json\r\n\r\n"
    private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\n\(accept)" }

    /// The bodies of the answers that have arrived, with their status.
    private static func answers(_ bench: inout Bench, _ id: ConnectionID) -> [(status: String, body: String)] {
        var rest = String(decoding: bench.read(id), as: UTF8.self)[...]
        var answers: [(String, String)] = []
        while let end = rest.range(of: "\r\n\r\n") {
            let head = rest[..<end.lowerBound]
            let length =
                head.components(separatedBy: "Content-Length: ").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
            let body = rest[end.upperBound...].utf8.prefix(length)
            answers.append((String(head.split(separator: " ")[1]), String(body) ?? ""))
            rest = rest[body.endIndex...]
        }
        return answers
    }

    private static func state(_ offered: Int) -> LookBack {
        var past = Bench()
        past.greet()
        for call in 0..<offered { past.join("c\(call)") }
        past.wait(.seconds(3))
        return .found(past.gateway.core, at: past.moment)
    }

    @Test("is answered with what every reader saw then, byte for byte", arguments: try JournalledScenario.all)
    func sameAsThen(_ scenario: JournalledScenario) throws {
        let run = try scenario.run()
        #expect(run.glances.count > 1)
        var replay = JournalReplay()
        var played = 0
        for glance in run.glances {
            let until = run.journal.firstIndex { $0.at.uptime > glance.at.uptime } ?? run.journal.endIndex
            // Nobody can ask between two entries of one moment.
            guard until == glance.entries else { continue }
            replay.play(run.journal[played..<until])
            played = until
            var past = replay
            past.end(at: glance.at)
            var bench = Bench(AskedGateway.configuration(legalBasis: true))
            let id = bench.connect(.http)
            bench.send(Self.get("/v1/wallboard?at=2026-03-02T08:00:00Z"), id)
            bench.lookedBack(id, .found(past.gateway.core, at: glance.at))
            let answer = try #require(Self.answers(&bench, id).first)
            #expect(answer.status == "200")
            // A thousand readers within 100 ms get one document, which says when it was true.
            guard glance.json.contains("\"at\":\"\(glance.at.date)\"") else { continue }
            let isSame = answer.body == glance.json
            #expect(isSame, "\(Self.difference(answer.body, glance.json))")
        }
    }

    @Test(
        "names nobody without a legal basis: the pictures of all minutes would be the history of each person",
        arguments: [false, true])
    func persons(legalBasis: Bool) throws {
        var past = Bench()
        past.greet()
        past.member("1001")
        past.wait(.seconds(3))
        var bench = Bench(AskedGateway.configuration(legalBasis: legalBasis))
        let id = bench.connect(.http)
        bench.send(Self.get("/v1/wallboard?agents=1&at=2026-03-02T08:00:00Z"), id)
        bench.lookedBack(id, .found(past.gateway.core, at: past.moment))
        let answer = try #require(Self.answers(&bench, id).first)
        #expect(answer.status == "200" && answer.body.contains("PJSIP/1001") == legalBasis, "\(answer.body)")
        #expect(answer.body.contains(#""agents":{"available":1}"#), "how many is told")
    }

    @Test("and one about now name nobody where agents are only counted, however they are asked")
    func counted() throws {
        var configuration = AskedGateway.configuration(legalBasis: true)
        configuration.namesAgents = false
        var bench = Bench(configuration)
        bench.greet()
        bench.member("1001")
        let lines = bench.connect(.wallboards)
        bench.send("{\"subscribe\":{\"agents\":true}}\n", lines)
        bench.wait(.seconds(1))
        let told = String(decoding: bench.read(lines), as: UTF8.self)
        let asked = bench.request("GET", "/v1/wallboard?agents=1", [("Accept", "application/json")]).body
        for text in [told, asked] {
            #expect(text.contains(#""available":1"#) && !text.contains("PJSIP/1001"), "\(text)")
        }
    }

    private static func difference(_ one: String, _ other: String) -> String {
        let length = zip(one, other).prefix { $0 == $1 }.count
        return
            "…\(one.dropFirst(max(0, length - 60)).prefix(140))… is not …\(other.dropFirst(max(0, length - 60)).prefix(140))…"
    }

    @Test("goes to the host once, for the moment in local time, and is answered by the core of then")
    func asked() throws {
        var bench = Bench()
        let id = bench.connect(.http)
        bench.send(Self.get("/v1/stats?at=2026-03-02%2009:30&queue=info"), id)
        #expect(bench.looksBack.map(\.date) == [UnixTime(rfc3339: "2026-03-02T08:30:00Z")])
        #expect(bench.read(id).isEmpty)
        bench.lookedBack(id, Self.state(3))
        let answer = try #require(Self.answers(&bench, id).first)
        #expect(answer.status == "200" && answer.body.contains("\"at\":\"2026-03-02T08:00:03.000Z\""))
        #expect(answer.body.contains("3"))
        for path in [
            "/v1/stats/explain?figure=offered&at=2026-03-02T08:30:00Z", "/v1/wallboard?at=2026-03-02T09:30:00+01:00",
        ] {
            bench.send(Self.get(path), id)
            #expect(bench.looksBack.last?.date == UnixTime(rfc3339: "2026-03-02T08:30:00Z"))
            bench.lookedBack(id, Self.state(3))
            #expect(Self.answers(&bench, id).map(\.status) == ["200"], "\(path)")
        }
    }

    @Test("keeps the order of the answers on its connection")
    func order() throws {
        var bench = Bench()
        let id = bench.connect(.http)
        bench.send(
            Self.get("/v1/status") + Self.get("/v1/wallboard?at=2026-03-02T08:30:00Z") + Self.get("/v1/nothing")
                + Self.get("/v1/stats?at=2026-03-02T08:31:00Z") + Self.get("/v1/status"), id)
        #expect(Self.answers(&bench, id).map(\.status) == ["200"])
        // However long it takes.
        bench.wait(.seconds(600))
        #expect(bench.closedByUs.isEmpty)
        bench.lookedBack(id, Self.state(1))
        #expect(Self.answers(&bench, id).map(\.status) == ["200", "404"])
        #expect(bench.looksBack.count == 2)
        bench.lookedBack(id, .outside("too early"))
        #expect(Self.answers(&bench, id).map(\.status) == ["404", "200"])
        // From here on it is as idle as any other.
        bench.wait(.seconds(90))
        #expect(bench.closedByUs == [id])
    }

    @Test("has one at a time: a second learns when to come back")
    func busy() throws {
        var bench = Bench()
        let (first, second) = (bench.connect(.http), bench.connect(.http))
        bench.send(Self.get("/v1/stats?at=2026-03-02T08:30:00Z"), first)
        bench.send(Self.get("/v1/stats?at=2026-03-02T08:30:00Z"), second)
        #expect(String(decoding: bench.read(second), as: UTF8.self).contains("Retry-After: 2\r\n"))
        bench.lookedBack(first, Self.state(1))
        bench.send(Self.get("/v1/stats?at=2026-03-02T08:30:00Z"), second)
        #expect(bench.looksBack.map(\.id) == [first, second])
    }

    @Test(
        "whose client has gone is read no further: another's begins at once, and a late answer to the first is nothing")
    func givenUp() throws {
        var bench = Bench()
        let (first, second) = (bench.connect(.http), bench.connect(.http))
        bench.send(Self.get("/v1/stats?at=2026-03-02T08:30:00Z"), first)
        bench.drop(bench.connect(.http))
        #expect(bench.looksGivenUp.isEmpty, "somebody else has gone")
        bench.drop(first)
        #expect(bench.looksGivenUp == [first])
        bench.send(Self.get("/v1/stats?at=2026-03-02T08:30:00Z"), second)
        #expect(bench.looksBack.map(\.id) == [first, second])
        bench.lookedBack(first, .failed("stopped"))
        let third = bench.connect(.http)
        bench.send(Self.get("/v1/stats?at=2026-03-02T08:30:00Z"), third)
        #expect(Self.answers(&bench, third).map(\.status) == ["503"], "the second's is still being read")
        bench.lookedBack(second, Self.state(1))
        #expect(Self.answers(&bench, second).map(\.status) == ["200"])
        bench.drop(second)
        #expect(bench.looksGivenUp == [first], "nothing is being read")
    }

    @Test(
        "is refused with the remedy",
        arguments: [
            ("/v1/stats?at=yesterday", "write 2026-11-23 10:15"),
            ("/v1/stats?at=2026-10-25%2002:30", "2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"),
            ("/v1/stats?at=2026-03-29%2002:30", "is not a date and time"),
        ])
    func refused(path: String, remedy: String) throws {
        var bench = Bench()
        let id = bench.connect(.http)
        bench.send(Self.get(path), id)
        let answer = try #require(Self.answers(&bench, id).first)
        #expect(answer.status == "400" && answer.body.contains(remedy), "\(answer.body)")
        #expect(bench.looksBack.isEmpty)
    }

    @Test("about the stream does not exist, and without a journal there is no answer; both say what to do")
    func impossible() throws {
        var bench = Bench()
        let id = bench.connect(.http)
        bench.send("GET /v1/wallboard?at=2026-03-02T08:30:00Z HTTP/1.1\r\nHost: localhost\r\n\r\n", id)
        #expect(Self.answers(&bench, id).first?.body.contains("Accept: application/json") == true)
        bench.send(Self.get("/v1/stats?at=2026-03-02T08:30:00Z"), id)
        bench.lookedBack(id, .noJournal)
        let answer = try #require(Self.answers(&bench, id).first)
        #expect(answer.status == "404" && answer.body.contains("[journal] directory"))
    }

    @Test("does not show a single agent's figures where that is no longer allowed")
    func withheld() throws {
        var configuration = Bench.configuration
        configuration.legalBasis = LegalBasis(reference: "accordo 12/2026", date: try #require(LocalDate("2026-01-01")))
        var past = Bench(configuration)
        past.greet()
        past.member("1001")
        past.wait(.seconds(3))
        for isAllowed in [true, false] {
            var bench = Bench(isAllowed ? configuration : Bench.configuration)
            let id = bench.connect(.http)
            bench.send(Self.get("/v1/stats?at=2026-03-02T08:30:00Z"), id)
            bench.lookedBack(id, .found(past.gateway.core, at: past.moment))
            let answer = try #require(Self.answers(&bench, id).first)
            #expect(answer.status == "200" && answer.body.contains("legal basis") == !isAllowed, "\(answer.body)")
        }
    }

    @Test("and any other, sent behind a stream's beginning on one connection, has no answer and does no harm")
    func behindAStream() throws {
        var bench = Bench()
        let id = bench.connect(.http)
        let stream = "GET /v1/wallboard HTTP/1.1\r\nHost: localhost\r\n\r\n"
        bench.send(Self.get("/v1/stats?at=2026-03-02T08:30:00Z") + stream + Self.get("/v1/status"), id)
        bench.lookedBack(id, .noJournal)
        #expect(String(decoding: bench.read(id), as: UTF8.self).contains("text/event-stream"))
        let other = bench.connect(.http)
        bench.send(stream + Self.get("/v1/status"), other)
        #expect(String(decoding: bench.read(other), as: UTF8.self).contains("text/event-stream"))
    }
}
