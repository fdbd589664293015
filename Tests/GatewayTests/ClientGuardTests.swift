import Core
import Edges
import Gateway
import Telephony
import Testing
import Time

@Suite("What one client may cost")
struct ClientGuardTests {
    private static func get(_ path: String, token: String? = nil) -> String {
        Bench.request("GET", path, token.map { [("Authorization", "Bearer \($0)")] } ?? [])
    }

    private func statuses(_ bench: inout Bench, _ id: ConnectionID) -> [Substring] {
        String(decoding: bench.read(id), as: UTF8.self).split(separator: "HTTP/1.1 ").map { $0.prefix(3) }.filter {
            Int($0) != nil
        }
    }

    @Test("takes a place of its own address only: others are admitted, and so is the next one after one has gone")
    func places() {
        var bench = Bench()
        let silent = (0..<Limits.unsettledPerAddress).map { _ in bench.connect(.http, from: "192.0.2.1") }
        #expect(bench.closedByUs.isEmpty)
        let beyond = bench.connect(.http, from: "192.0.2.1")
        #expect(bench.closedByUs == [beyond])
        let other = bench.connect(.http, from: "192.0.2.2")
        bench.send(Self.get("/v1/status"), other)
        #expect(statuses(&bench, other) == ["200"])
        bench.drop(silent[0])
        let next = bench.connect(.http, from: "192.0.2.1")
        bench.send(Self.get("/v1/status"), next)
        #expect(statuses(&bench, next) == ["200"])
        #expect(
            bench.request("GET", "/metrics").body.contains("centralino_clients_refused_total{reason=\"address\"} 1\n"))
    }

    @Test("has one answer of figures in a turn, in the order of the requests")
    func turns() {
        var bench = Bench()
        let id = bench.connect(.http)
        bench.send(String(repeating: Self.get("/metrics"), count: 4) + Self.get("/nothing") + Self.get("/metrics"), id)
        #expect(statuses(&bench, id) == ["200"])
        var turns = 0
        var answers: [Substring] = []
        while answers.count < 5, turns < 10 {
            turns += 1
            bench.wait(.zero, turns: 1)
            let told = statuses(&bench, id)
            #expect(told.count == 1)
            answers += told
        }
        #expect(answers == ["200", "200", "200", "404", "200"])
        bench.wait(.seconds(74))
        #expect(bench.closedByUs.isEmpty)
        bench.wait(.seconds(2))
        #expect(bench.closedByUs == [id])
    }

    @Test("may request a limited amount of work; then it learns when to come back, and others are answered")
    func budget() {
        var bench = Bench()
        let id = bench.connect(.http, from: "192.0.2.1")
        var asked = 0
        var answer = ""
        while asked < 2 * Limits.clientWork / Limits.answerWork, !answer.hasPrefix("HTTP/1.1 429") {
            asked += 1
            bench.send(Self.get("/v1/stats?window=x"), id)
            answer = String(decoding: bench.read(id), as: UTF8.self)
        }
        #expect(asked == Limits.clientWork / Limits.answerWork + 1)
        #expect(answer.contains("Retry-After: 1\r\n"))
        let other = bench.connect(.http, from: "192.0.2.2")
        bench.send(Self.get("/v1/stats"), other)
        #expect(statuses(&bench, other) == ["200"])
        bench.wait(.seconds(1))
        bench.send(Self.get("/v1/stats"), id)
        #expect(statuses(&bench, id) == ["200"])
    }

    @Test("waits longer for each wrong token, and not at all with the right one; the token is in no log")
    func tokens() {
        var configuration = Bench.configuration
        configuration.wallboardToken = Configuration.Secret("giusto")
        var bench = Bench(configuration)
        for _ in 0..<Limits.freeMistakes {
            let id = bench.connect(.http, from: "192.0.2.1")
            bench.send(Self.get("/v1/stats", token: "sbagliato"), id)
            #expect(statuses(&bench, id) == ["401"])
        }
        for delay in [Span.milliseconds(250), .milliseconds(500), .milliseconds(1000)] {
            let id = bench.connect(.http, from: "192.0.2.1")
            bench.send(Self.get("/v1/stats", token: "sbagliato"), id)
            bench.wait(delay - .milliseconds(1))
            #expect(bench.read(id).isEmpty)
            bench.wait(.milliseconds(1))
            #expect(statuses(&bench, id) == ["401"])
        }
        let right = bench.connect(.http, from: "192.0.2.1")
        bench.send(Self.get("/v1/stats", token: "giusto"), right)
        #expect(statuses(&bench, right) == ["200"])
        bench.send(Self.get("/v1/stats", token: "sbagliato"), right)
        #expect(statuses(&bench, right) == ["401"], "who has the right one has mistyped")
        bench.wait(Limits.refusalReport)
        #expect(
            bench.log.contains { $0.text == "Refused to clients in the last minute: token \(Limits.freeMistakes + 4)." }
        )
        #expect(
            !bench.log.contains { $0.text.contains("sbagliato") }
                && bench.log.contains { $0.text.contains("192.0.2.1") })
    }

    @Test(
        "waits as long where the wrong token comes by WebSocket, for the status, or from a desk; the right one resets only its own address"
    )
    func siblings() {
        var configuration = Bench.configuration
        configuration.wallboardToken = Configuration.Secret("giusto")
        var bench = Bench(configuration)
        func spoil(_ address: String) {
            for _ in 0..<Limits.freeMistakes {
                bench.send(Self.get("/v1/status", token: "x"), bench.connect(.http, from: address))
            }
        }
        spoil("192.0.2.1")
        let status = bench.connect(.http, from: "192.0.2.1")
        bench.send(Self.get("/v1/status", token: "x"), status)
        #expect(bench.read(status).isEmpty)
        bench.wait(.milliseconds(250))
        #expect(statuses(&bench, status) == ["200"])

        spoil("192.0.2.2")
        let socket = bench.webSocket("/v1/wallboard?token=x", from: "192.0.2.2")
        #expect(bench.read(socket).isEmpty)
        bench.wait(.milliseconds(250))
        #expect(statuses(&bench, socket) == ["401"])

        for _ in 0..<Limits.freeMistakes {
            let desk = bench.connect(.desks, from: "192.0.2.3")
            bench.send(Bench.hello("PJSIP/1001", token: "x"), desk)
            #expect(types(bench.lines(desk)) == ["refused: token"])
        }
        let slowed = bench.connect(.desks, from: "192.0.2.3")
        bench.send(Bench.hello("PJSIP/1001", token: "x") + Bench.hello("PJSIP/1001"), slowed)
        bench.wait(.milliseconds(249))
        #expect(bench.lines(slowed).isEmpty, "not heard meanwhile, either")
        bench.wait(.milliseconds(1))
        #expect(types(bench.lines(slowed)) == ["refused: token"] && bench.closedByUs.contains(slowed))
        let right = bench.connect(.desks, from: "192.0.2.3")
        bench.send(Bench.hello("PJSIP/1001"), right)
        #expect(types(bench.lines(right)) == ["welcome"])
    }

    @Test("from many addresses, about one agent: each waits longer")
    func oneAgent() {
        var configuration = Bench.configuration
        configuration.agents = [
            .init(id: "anna", name: "Anna", interface: Interface("PJSIP/1001"), token: .init("suo"))
        ]
        var bench = Bench(configuration)
        for last in 0..<Limits.freeMistakes {
            bench.send(Bench.hello("anna", token: "x"), bench.connect(.desks, from: "192.0.2.\(last)"))
        }
        let next = bench.connect(.desks, from: "198.51.100.1")
        bench.send(Bench.hello("anna", token: "x"), next)
        #expect(bench.lines(next).isEmpty)
        bench.wait(.milliseconds(250))
        #expect(types(bench.lines(next)) == ["refused: token"])
        let anna = bench.connect(.desks, from: "198.51.100.2")
        bench.send(Bench.hello("anna", token: "suo"), anna)
        #expect(types(bench.lines(anna)) == ["welcome"])
    }

    @Test("has a limited number of places for silent desks, by lines and by WebSocket")
    func silentDesks() {
        var bench = Bench()
        for _ in 0..<Limits.unsettledPerAddress { _ = bench.connect(.desks, from: "192.0.2.1") }
        #expect(bench.closedByUs.isEmpty)
        let beyond = bench.connect(.desks, from: "192.0.2.1")
        #expect(bench.closedByUs == [beyond])
        let socket = bench.webSocket("/v1/desk", from: "192.0.2.1")
        #expect(statuses(&bench, socket) == ["503"])
        let other = bench.connect(.desks, from: "192.0.2.2")
        bench.send(Bench.hello("PJSIP/1001"), other)
        #expect(types(bench.lines(other)) == ["welcome"])
    }

    /// RFC 6455 §5.5.1, §7.1.7: as in the Autobahn test suite, cases 3, 4, 5.1–5.18, 6.3–6.21, 7.
    @Test("learns from a close frame why a WebSocket ends", arguments: ["/v1/desk", "/v1/wallboard"])
    func closeFrames(path: String) {
        let mask: [UInt8] = [0, 0, 0, 0]
        let cases: [(String, [UInt8], Int)] = [
            ("a close without a code is answered by one without", [0x88, 0x80] + mask, 0),
            ("a code is echoed", [0x88, 0x82] + mask + [0x03, 0xE8], 1000),
            ("4999 is the last", [0x88, 0x82] + mask + [0x13, 0x87], 4999),
            ("1005 may not be sent", [0x88, 0x82] + mask + [0x03, 0xED], 1002),
            ("half a code", [0x88, 0x81] + mask + [0x03], 1002),
            ("a reason that is no UTF-8", [0x88, 0x83] + mask + [0x03, 0xE8, 0xFF], 1007),
            ("a reserved bit", [0xC1, 0x80] + mask, 1002),
            ("an opcode that is none", [0x83, 0x80] + mask, 1002), ("a fragmented ping", [0x09, 0x80] + mask, 1002),
            ("a ping of 126 bytes", [0x89, 0xFE, 0, 126] + mask, 1002),
            ("nothing to continue", [0x80, 0x80] + mask, 1002),
            ("binary", [0x82, 0x80] + mask, 1003), ("text that is no UTF-8", [0x81, 0x81] + mask + [0xFF], 1007),
            ("not masked", [0x81, 0x00], 1002),
        ]
        for (what, bytes, code) in cases {
            var bench = Bench()
            let id = bench.webSocket(path)
            _ = bench.frames(id)
            bench.send(bytes, id)
            #expect(bench.frames(id) == ["close \(code)"], "\(what)")
            #expect(bench.closedByUs == [id])
        }
    }

    @Test("and without the token learns only that the gateway is alive")
    func life() {
        var configuration = Bench.configuration
        configuration.wallboardToken = Configuration.Secret("giusto")
        var bench = Bench(configuration)
        let id = bench.connect(.http)
        bench.send(Self.get("/v1/status"), id)
        let told = Bench.answer(bench.read(id))
        #expect(told.status == 200 && told.body.hasPrefix("{\"at\":") && !told.body.contains(","))
        bench.send(Self.get("/v1/status", token: "giusto"), id)
        #expect(Bench.answer(bench.read(id)).body.contains("\"switches\""))
    }
}
