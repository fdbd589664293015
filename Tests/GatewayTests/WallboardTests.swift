import Core
import Edges
import Gateway
import Telephony
import Testing
import Time
import Wallboard
import Wire

@Suite("A wallboard")
struct WallboardTests {
    var bench = Bench()

    init() {
        bench.greet()
        bench.member("1001")
    }

    /// What each of the three transports received since it was last read.
    private mutating func heard(_ lines: ConnectionID, _ web: ConnectionID, _ events: ConnectionID) -> [[String]] {
        [bench.lines(lines), bench.frames(web), bench.events(events).map(\.data)]
    }

    @Test("receives a snapshot, then changes numbered without a gap: the same JSON by SSE, WebSocket and NDJSON")
    mutating func transports() {
        let lines = bench.connect(.wallboards)
        let web = bench.webSocket("/v1/wallboard")
        let events = bench.connect(.http)
        bench.send(Bench.request("GET", "/v1/wallboard", [("Accept", "text/event-stream")]), events)
        let snapshots = heard(lines, web, events)
        #expect(snapshots.map(types) == [["snapshot"], ["snapshot"], ["snapshot"]])
        #expect(Set(snapshots.joined()).count == 1)
        var next = wallboardMessages(snapshots[0])[0].seq + 1
        for number in 0..<20 {
            bench.join("1.\(number)")
            bench.wait(.milliseconds(100))
            let changes = heard(lines, web, events)
            #expect(changes.map(types) == [["change"], ["change"], ["change"]])
            #expect(Set(changes.joined()).count == 1)
            #expect(wallboardMessages(changes[0]).map(\.seq) == [next])
            next += 1
        }
    }

    @Test("by SSE gets the run and the message's number as the event's id")
    mutating func eventIDs() {
        let events = bench.connect(.http)
        bench.send(Bench.request("GET", "/v1/wallboard"), events)
        for number in 0..<3 {
            bench.join("1.\(number)")
            bench.wait(.milliseconds(100))
        }
        let heard = bench.events(events)
        #expect(heard.count == 4)
        let messages = wallboardMessages(heard.map(\.data))
        let stream = messages[0].stream ?? ""
        #expect(stream.utf8.count == 26)
        #expect(heard.map(\.id) == messages.map { "\(stream)-\($0.seq)" })
    }

    @Test("that comes later gets a snapshot with the number of the last change, and the next change after it")
    mutating func later() {
        let first = bench.connect(.wallboards)
        bench.join("1.1")
        bench.wait(.milliseconds(100))
        bench.join("1.2")
        _ = bench.lines(first)
        // The second caller's change is not written yet: the snapshot shows it, and the change will name it again.
        let second = bench.connect(.wallboards)
        let snapshot = wallboardMessages(bench.lines(second))[0]
        #expect(snapshot.type == .snapshot)
        #expect(bench.lines(first) == [])
        #expect(snapshot.queues?.first?.waiting == 2)
        bench.wait(.milliseconds(100))
        let changes = [bench.lines(first), bench.lines(second)]
        #expect(wallboardMessages(changes[0]).map(\.seq) == [snapshot.seq + 1] && changes[0] == changes[1])
        bench.join("1.3")
        bench.wait(.milliseconds(100))
        #expect(wallboardMessages(bench.lines(second)).map(\.seq) == [snapshot.seq + 2])
        #expect(wallboardMessages(bench.lines(first)).map(\.seq) == [snapshot.seq + 2])
    }

    @Test("receives what happens within 100 ms of the first news together, then")
    mutating func together() {
        let lines = bench.connect(.wallboards)
        bench.wait(.seconds(1))
        _ = bench.lines(lines)
        bench.join("1.0")
        for number in 1...50 {
            bench.wait(.milliseconds(1))
            bench.join("1.\(number)")
        }
        bench.wait(.milliseconds(49))
        #expect(bench.lines(lines) == [])
        bench.wait(.milliseconds(1))
        let changes = wallboardMessages(bench.lines(lines))
        #expect(changes.count == 1)
        #expect(changes.first?.queues?.map(\.waiting) == [51])
        #expect(changes.first?.agents == nil)
    }

    @Test("receives nothing but heartbeats while nothing happens, one each 15 s, with the last change's number")
    mutating func heartbeats() {
        let lines = bench.connect(.wallboards)
        bench.join("1.1")
        bench.wait(.seconds(1))
        let seq = wallboardMessages(bench.lines(lines)).last!.seq
        bench.wait(.milliseconds(13_999))
        #expect(bench.lines(lines) == [])
        bench.wait(.milliseconds(1))
        #expect(
            wallboardMessages(bench.lines(lines)) == [
                WallboardMessage(type: .heartbeat, seq: seq, at: "2026-03-02T08:00:15.000Z")
            ])
        bench.wait(.seconds(30))
        #expect(
            wallboardMessages(bench.lines(lines)).map(\.at) == ["2026-03-02T08:00:30.000Z", "2026-03-02T08:00:45.000Z"])
    }

    @Test("shows a call's whole way: waiting, ringing, talking, answered")
    mutating func call() throws {
        let lines = bench.connect(.wallboards)
        func last(_ bench: inout Bench) -> (WallboardMessage.Queue?, WallboardMessage.Agent?) {
            bench.wait(.milliseconds(100))
            let messages = wallboardMessages(bench.lines(lines))
            return (messages.compactMap { $0.queues?.first }.last, messages.compactMap { $0.agents?.first }.last)
        }
        _ = last(&bench)
        bench.join("1.1")
        var (queue, agent) = last(&bench)
        #expect(queue?.waiting == 1)
        #expect(queue?.longestWaitSince == "2026-03-02T08:00:00.100Z")
        #expect(queue?.serviceLevel.ratio == nil)
        bench.ring("1.1", agent: "1001")
        (queue, agent) = last(&bench)
        #expect(agent?.state == .ringing)
        #expect(queue?.agents == ["ringing": 1])
        bench.pickUp("1.1", agent: "1001")
        (queue, agent) = last(&bench)
        #expect(agent?.state == .talking)
        #expect(agent?.name == "Agente 1001")
        #expect(queue?.waiting == 0)
        #expect(queue?.talking == 1)
        #expect(queue?.answered == 1)
        #expect(queue?.serviceLevel.ratio == 1)
        #expect(queue?.longestWaitSince == nil)
        bench.hangUp("1.1", agent: "1001")
        (queue, agent) = last(&bench)
        #expect(agent?.state == .available)
        #expect(queue?.talking == 0)
    }

    @Test("learns when a switch is lost, and why")
    mutating func switchLost() {
        let lines = bench.connect(.wallboards)
        _ = bench.lines(lines)
        bench.cutSwitch()
        bench.wait(.milliseconds(100))
        let changes = wallboardMessages(bench.lines(lines)).compactMap(\.switches).joined()
        #expect(changes.contains { $0.name == "roma" && $0.state == .disconnected && $0.detail == "reset by peer" })
    }

    @Test("as one document is requested with Accept: application/json")
    mutating func document() throws {
        bench.join("1.1")
        let answer = bench.request("GET", "/v1/wallboard", [("Accept", "application/json")])
        #expect(answer.status == 200)
        let snapshot = try #require(JSON.decode(WallboardMessage.self, from: answer.body.utf8))
        #expect(snapshot.type == .snapshot)
        #expect(snapshot.queues?.first?.offered == 1)
    }

    @Test("needs the token where one is configured: as a bearer or in the query, and never on the line port")
    func token() {
        var configuration = Bench.configuration
        configuration.wallboardToken = Configuration.Secret("wall-secret")
        var bench = Bench(configuration)
        bench.greet()
        let json = [("Accept", "application/json")]
        #expect(bench.request("GET", "/v1/wallboard", json).status == 401)
        #expect(bench.request("GET", "/v1/wallboard?token=guess", json).status == 401)
        #expect(bench.request("GET", "/v1/wallboard", json + [("Authorization", "Bearer guess")]).status == 401)
        #expect(bench.request("GET", "/v1/wallboard", json + [("Authorization", "Basic wall-secret")]).status == 401)
        #expect(bench.request("GET", "/v1/wallboard?token=wall-secret", json).status == 200)
        #expect(bench.request("GET", "/v1/wallboard", json + [("Authorization", "Bearer wall-secret")]).status == 200)
        let web = bench.webSocket("/v1/wallboard")
        #expect(Bench.answer(bench.read(web)).status == 401)
        #expect(types(bench.frames(bench.webSocket("/v1/wallboard?token=wall-secret"))) == ["snapshot"])
        let lines = bench.connect(.wallboards)
        #expect(bench.lines(lines) == [])
        #expect(bench.closedByUs.contains(lines))
    }

    @Test("that is gone receives nothing more")
    mutating func gone() {
        let lines = bench.connect(.wallboards)
        bench.drop(lines)
        _ = bench.lines(lines)
        bench.join("1.1")
        bench.wait(.seconds(60))
        #expect(bench.lines(lines) == [])
    }
}

@Suite("The HTTP port")
struct RouteTests {
    var bench = Bench()

    @Test("knows its addresses, and answers others with those it knows")
    mutating func addresses() {
        bench.member("1001")
        #expect(bench.request("GET", "/nothing").status == 404)
        #expect(bench.request("GET", "/nothing").body.contains("/desk and /wallboard"))
        #expect(bench.request("POST", "/v1/status", body: "x").status == 405)
        #expect(bench.request("GET", "/v1/webhooks/cloud").status == 405)
        for (method, target, allowed) in [
            ("POST", "/v1/status", "GET, HEAD"), ("TRACE", "/desk", "GET, HEAD"), ("PUT", "/v1/webhooks/x", "POST"),
        ] {
            let id = bench.connect(.http)
            bench.send(Bench.request(method, target, body: method == "TRACE" ? nil : "x"), id)
            #expect(String(decoding: bench.read(id), as: UTF8.self).contains("\r\nAllow: \(allowed)\r\n"))
        }
        #expect(bench.request("GET", "/v1/agents").status == 401)
        #expect(Bench.answer(bench.read(bench.webSocket("/v1/other"))).status == 404)
    }

    @Test("tells the agents to clients with the desks' token")
    mutating func agents() {
        bench.greet()
        bench.member("1001")
        let answer = bench.request("GET", "/v1/agents", [("Authorization", "Bearer desk-secret")])
        #expect(answer.status == 200)
        #expect(answer.body == #"{"agents":[{"interface":"PJSIP/1001","name":"Agente 1001","switch":"roma"}]}"#)
    }

    @Test("offers the agents as which a desk with the same token would be admitted")
    func ownAgents() {
        var configuration = Bench.configuration
        configuration.agents = [
            .init(id: "1", name: "Anna", interface: Interface("PJSIP/1001")),
            .init(id: "2", name: "Bruno", interface: Interface("PJSIP/1002"), token: .init("bruno-secret")),
        ]
        var bench = Bench(configuration)
        bench.greet()
        for member in ["1001", "1002", "1003"] { bench.member(member) }
        func offered(_ token: String) -> [String] {
            let answer = bench.request("GET", "/v1/agents", [("Authorization", "Bearer \(token)")])
            return answer.status == 200 ? ["1001", "1002", "1003"].filter(answer.body.contains) : ["\(answer.status)"]
        }
        #expect(offered("desk-secret") == ["1001"])
        #expect(offered("bruno-secret") == ["1002"])
        #expect(offered("guess") == ["401"])
    }

    @Test("closes a client that begins a request and does not end it in 15 s, and one that sends none for 75 s")
    mutating func late() {
        let slow = bench.connect(.http)
        bench.send("GET /v1/status HTTP/1.1\r\nHost:", slow)
        bench.wait(.milliseconds(14_999))
        #expect(bench.closedByUs == [])
        bench.wait(.milliseconds(1))
        #expect(bench.closedByUs == [slow])
        let idle = bench.connect(.http)
        bench.send(Bench.request("GET", "/v1/status"), idle)
        bench.wait(.milliseconds(74_999))
        #expect(!bench.closedByUs.contains(idle))
        bench.wait(.milliseconds(1))
        #expect(bench.closedByUs.contains(idle))
    }
}
