import Directory
import Core
import Edges
import Gateway
import ScreenPop
import Telephony
import Testing
import Time

@Suite("A hostile client")
struct HostileClientTests {
    var bench = Bench()

    init() { bench.greet() }

    // MARK: slow senders

    @Test("that sends a byte of its request from time to time is closed 15 s after the first")
    mutating func slowLoris() {
        let slow = bench.connect(.http)
        bench.wait(.seconds(10))
        bench.send("GET /v1/status HTTP/1.1\r\nX:", slow)
        for _ in 0..<14 {
            bench.wait(.seconds(1))
            bench.send("x", slow)
        }
        bench.wait(.milliseconds(999))
        #expect(bench.closedByUs == [])
        bench.wait(.milliseconds(1))
        #expect(bench.closedByUs == [slow])
    }

    @Test("has 15 s for each of its requests, even where one begins in the packet in which another ends")
    mutating func pipelined() {
        let client = bench.connect(.http)
        let request = Bench.request("GET", "/nothing")
        bench.send(String(request.dropLast(4)), client)
        for _ in 0..<3 {
            bench.wait(.seconds(10))
            bench.send(String(request.suffix(4) + request.dropLast(4)), client)
            #expect(Bench.answer(bench.read(client)).status == 404)
        }
        bench.wait(.milliseconds(14_999))
        #expect(bench.closedByUs == [])
        bench.wait(.milliseconds(1))
        #expect(bench.closedByUs == [client])
    }

    @Test("that has ended its request may be idle for 75 s from then on, not for the rest of the request's 15 s")
    mutating func idleAfterRequest() {
        let client = bench.connect(.http)
        let request = Bench.request("GET", "/nothing")
        bench.send(String(request.dropLast(1)), client)
        bench.wait(.seconds(14))
        bench.send(String(request.suffix(1)), client)
        bench.wait(.milliseconds(74_999))
        #expect(bench.closedByUs == [])
        bench.wait(.milliseconds(1))
        #expect(bench.closedByUs == [client])
    }

    // MARK: many connections

    @Test("that opens desk connections and stays silent gets no more of them than a listener has")
    mutating func silentDesks() {
        let silent = (0..<Limits.unsettledConnections).map { _ in bench.connect(.desks) }
        #expect(bench.closedByUs == [])
        let beyond = bench.connect(.desks)
        #expect(bench.closedByUs == [beyond])
        bench.send(Bench.hello("PJSIP/1001"), beyond)
        #expect(bench.lines(beyond) == [])
        let web = bench.webSocket("/v1/desk")
        #expect(Bench.answer(bench.read(web)).status == 503)
        bench.drop(silent[0])
        #expect(Bench.answer(bench.read(bench.webSocket("/v1/desk"))).status == 101)
        let full = bench.connect(.desks)
        #expect(bench.closedByUs.contains(full))
        // A client that does not say hello in time makes room for others.
        bench.wait(Limits.hello)
        let desk = bench.connect(.desks)
        bench.send(Bench.hello("PJSIP/1001"), desk)
        #expect(types(bench.lines(desk)) == ["welcome"])
    }

    // MARK: a caller's words

    @Test("cannot make a large pop of a name with many marks on one letter", arguments: ["\u{301}", "é", "👨‍👩‍👧‍👦"])
    mutating func stackedMarks(mark: String) throws {
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1", name: "Z" + String(repeating: mark, count: 2_000))
        bench.ring("1.1", agent: "1001")
        let name = try #require(bench.pops(desk).first?.caller.name)
        #expect(name.unicodeScalars.first == "Z")
        // It is truncated where the switch's bytes come in, and again where the pop is made.
        #expect((30...80).contains(name.unicodeScalars.count))
    }

    // MARK: agents

    @Test("is not admitted by a name that two agents have; by id and interface both are")
    func ambiguousName() throws {
        var configuration = Bench.configuration
        configuration.agents = [
            .init(id: "rossi1", name: "Mario Rossi", interface: Interface("PJSIP/1001")),
            .init(
                id: "rossi2", name: "Mario Rossi", interface: Interface("PJSIP/1002"),
                token: Configuration.Secret("own")),
            // Agents without an id have their name for one.
            .init(id: "Anna", name: "Anna", interface: Interface("PJSIP/1003")),
            .init(id: "Anna", name: "Anna", interface: Interface("PJSIP/1004")),
        ]
        var bench = Bench(configuration)
        func answer(_ agent: String, _ token: String = "desk-secret") -> (type: String?, text: String) {
            let desk = bench.connect(.desks)
            bench.send(Bench.hello(agent, token: token), desk)
            let lines = bench.lines(desk)
            return (types(lines).first, lines.first ?? "")
        }
        for (name, token) in [("Mario Rossi", "desk-secret"), ("Mario Rossi", "own"), ("Anna", "desk-secret")] {
            let refusal = answer(name, token)
            #expect(refusal.type == "refused: agent")
            #expect(refusal.text.contains("more than one"))
        }
        // Strangers do not learn which names occur twice.
        #expect(answer("Mario Rossi", "guess").type == "refused: token")
        for (agent, token, interface) in [
            ("rossi1", "desk-secret", "1001"), ("PJSIP/1001", "desk-secret", "1001"), ("rossi2", "own", "1002"),
            ("PJSIP/1002", "own", "1002"), ("PJSIP/1004", "desk-secret", "1004"),
        ] {
            let welcome = answer(agent, token)
            #expect(welcome.type == "welcome")
            #expect(welcome.text.contains(#""interface":"PJSIP/\#(interface)""#))
        }
    }

    // MARK: the time of a resend

    @Test(
        "whose switch has a clock that runs ahead or behind does not change when a pop is sent again",
        arguments: [3600, -3600])
    mutating func switchClock(secondsOff: Int) {
        let desk = bench.desk("PJSIP/1001")
        // After the first header, where Asterisk puts it.
        func stamped(_ seconds: Int, _ name: String, _ headers: String) -> String {
            "\(name)|Timestamp: \(1_772_438_400 + seconds).000000|\(headers)"
        }
        let caller = "CallerIDNum: 0612345678|CallerIDName: Mario|Context: in|Exten: 800"
        // The first stamp gives the switch's present time; then that clock is set.
        bench.asterisk(
            stamped(0, "Newchannel", "Channel: PJSIP/trunk-1|\(caller)|Priority: 1|Uniqueid: 1.1|Linkedid: 1.1"),
            stamped(secondsOff, "QueueCallerJoin", "\(caller)|Priority: 2|Uniqueid: 1.1|Queue: info|Position: 1"))
        for lookup in bench.lookups { bench.answer(lookup.id, DirectoryAnswer(number: .unavailable, match: .none)) }
        bench.asterisk(
            stamped(
                secondsOff, "AgentCalled",
                "Uniqueid: 1.1|DestUniqueid: 1.1-1001|Queue: info|Interface: PJSIP/1001|MemberName: Agente 1001"))
        let first = bench.pops(desk)
        #expect(first.map(\.type) == [.preview])
        #expect(first.first?.at == "2026-03-02T08:00:00.000Z", "an hour off, its date is not believed")
        bench.wait(.milliseconds(1999))
        #expect(bench.pops(desk) == [])
        bench.wait(.milliseconds(1))
        #expect(bench.pops(desk).map(\.revision) == first.map(\.revision))
    }

    // MARK: many pops

    @Test("that acknowledges nothing gets each of its many pops again, and no other desk's")
    mutating func manyPops() {
        let anna = bench.desk("PJSIP/1001")
        let bruno = bench.desk("PJSIP/1002")
        for number in 1...50 {
            bench.join("1.\(number)")
            bench.ring("1.\(number)", agent: number % 2 == 0 ? "1002" : "1001")
        }
        for lookup in bench.lookups { bench.answer(lookup.id, DirectoryAnswer(number: .unavailable, match: .none)) }
        let first = [Set(bench.pops(anna).map(\.popId)), Set(bench.pops(bruno).map(\.popId))]
        #expect(first.map(\.count) == [25, 25])
        bench.wait(.seconds(2))
        let again = [bench.pops(anna), bench.pops(bruno)]
        #expect(again.map { Set($0.map(\.popId)) } == first)
        #expect(again.map(\.count) == [25, 25])
        #expect(again.joined().allSatisfy { $0.revision == 2 })
    }

    // MARK: a page of another site

    private static let local = [
        "localhost", "localhost:8080", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8080", "127.255.0.3", "[::1]",
        "[::1]:8080",
    ]
    private static let strange = [
        "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "127.evil.example", "localhost.evil.example",
        "127.0.0.256",
        "127.0.0",
        "127.0.0.1.1", "127.0.0.1:evil", "localhost:8080:8080", "::1", "[::1", "[::1]evil.example", "[::2]",
        "128.0.0.1", "127.0.0.+1",
        "10.0.0.1",
    ]

    private static func request(_ target: String, host: String, _ fields: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n"
    }

    private static let handshake =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

    private mutating func statuses(host: String) -> [Int] {
        [
            Self.request("/v1/wallboard", host: host, "Accept: application/json\r\n"),
            Self.request("/v1/wallboard", host: host),
            Self.request("/v1/status", host: host), Self.request("/v1/wallboard", host: host, Self.handshake),
        ].map { text in
            let id = bench.connect(.http)
            bench.send(text, id)
            return Bench.answer(bench.read(id)).status
        }
    }

    @Test("reads neither board nor status under a name of its own (DNS rebinding)", arguments: strange)
    mutating func rebinding(host: String) {
        #expect(statuses(host: host) == [403, 403, 403, 403])
    }

    @Test("that is this machine reads board and status", arguments: local)
    mutating func thisMachine(host: String) { #expect(statuses(host: host) == [200, 200, 200, 101]) }

    @Test("learns why it is refused and what to do")
    mutating func rebindingText() {
        let id = bench.connect(.http)
        bench.send(Self.request("/v1/status", host: "evil.example"), id)
        let answer = Bench.answer(bench.read(id))
        #expect(answer.status == 403)
        #expect(answer.body.contains("[wallboards] token_file"))
        let old = bench.connect(.http)
        bench.send("GET /v1/status HTTP/1.0\r\n\r\n", old)
        #expect(Bench.answer(bench.read(old)).status == 403)
    }

    @Test("is asked for the token instead of the name where there is one")
    mutating func tokenInsteadOfName() {
        var configuration = Bench.configuration
        configuration.wallboardToken = Configuration.Secret("wall-secret")
        bench = Bench(configuration)
        #expect(statuses(host: "board.example") == [401, 401, 200, 401])
        let id = bench.connect(.http)
        bench.send(
            Self.request("/v1/wallboard?token=wall-secret", host: "board.example", "Accept: application/json\r\n"), id)
        #expect(Bench.answer(bench.read(id)).status == 200)
    }
}
