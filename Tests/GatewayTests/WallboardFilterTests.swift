import Foundation
import Core
import Edges
import Gateway
import Telephony
import Testing
import Time
import Wallboard

@Suite("A wallboard that asks for less")
struct WallboardFilterTests {
    var bench: Bench

    init() {
        var configuration = Bench.configuration
        configuration.organisation.groups = [
            .init(name: "sportelli", queues: [QueueName("info"), QueueName("ticket")]),
            .init(name: "vuoto", queues: []),
        ]
        bench = Bench(configuration)
        bench.greet()
        bench.member("1001")
        bench.member("1002", queue: "ticket")
        bench.member("1003", queue: "altro")
        bench.wait(.seconds(1))
    }

    private mutating func lines(_ subscription: String) -> ConnectionID {
        let id = bench.connect(.wallboards)
        _ = bench.lines(id)
        bench.send("{\"subscribe\":\(subscription)}\n", id)
        return id
    }

    private mutating func messages(_ id: ConnectionID) -> [WallboardMessage] { wallboardMessages(bench.lines(id)) }

    private mutating func tick() { bench.wait(.milliseconds(100)) }

    private func object(_ line: String) -> [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] ?? [:]
    }

    // MARK: which queues

    @Test("gets its queues, by name or by group, and their agents", arguments: [false, true])
    mutating func queues(byGroup: Bool) {
        let reader = lines(byGroup ? #"{"groups":["sportelli"]}"# : #"{"queues":["ticket","info"]}"#)
        let snapshot = messages(reader).first
        #expect(snapshot?.type == .snapshot && snapshot?.resumed == nil)
        #expect(snapshot?.queues?.map(\.name) == ["info", "ticket"])
        #expect(snapshot?.agents?.map(\.interface) == ["PJSIP/1001", "PJSIP/1002"])
        #expect(snapshot?.switches?.count == 2)
        bench.join("1.1", queue: "altro")
        bench.member("1003", queue: "altro", status: 2)
        tick()
        #expect(bench.lines(reader) == [])
        bench.join("1.2", queue: "ticket")
        tick()
        #expect(messages(reader).map { $0.queues?.map(\.name) } == [["ticket"]])
    }

    @Test("learns when an agent leaves the last of its queues, and nothing of him afterwards")
    mutating func agentLeaves() {
        let reader = lines(#"{"queues":["info"]}"#)
        _ = bench.lines(reader)
        bench.member("1001", queue: "altro")
        bench.asterisk(
            "QueueMemberRemoved|Queue: info|MemberName: Agente 1001|Interface: PJSIP/1001|Status: 1|Paused: 0")
        tick()
        #expect(messages(reader).flatMap { $0.agents ?? [] }.map(\.queues) == [["altro"]])
        bench.asterisk(
            "QueueMemberPause|Queue: altro|MemberName: Agente 1001|Interface: PJSIP/1001|Status: 1|Paused: 1")
        tick()
        #expect(bench.lines(reader) == [])
    }

    @Test("gets no agents with agents false, and hears of the switches in any case")
    mutating func withoutAgents() {
        let reader = lines(#"{"agents":false}"#)
        #expect(messages(reader).first?.agents == [])
        bench.asterisk("QueueMemberPause|Queue: info|MemberName: Agente 1001|Interface: PJSIP/1001|Status: 1|Paused: 1")
        tick()
        #expect(messages(reader).allSatisfy { $0.agents == nil })
        bench.cutSwitch()
        tick()
        #expect(messages(reader).contains { $0.switches?.first?.state == .disconnected })
    }

    // MARK: which members

    @Test("gets the metrics it names beside the queue's key, and a change only when one of them moved")
    mutating func metrics() throws {
        let reader = lines(#"{"metrics":["waiting","serviceLevel","longestWaitSince"],"agents":false}"#)
        let snapshot = object(try #require(bench.lines(reader).first))
        let queue = try #require((snapshot["queues"] as? [[String: Any]])?.first)
        #expect(Set(queue.keys) == ["switch", "name", "waiting", "serviceLevel"])
        bench.join("1.1")
        tick()
        let change = object(try #require(bench.lines(reader).first))
        let changed = try #require((change["queues"] as? [[String: Any]])?.first)
        #expect(Set(changed.keys) == ["switch", "name", "waiting", "serviceLevel", "longestWaitSince"])
        // He pauses: the counts of agents move, but nothing that this reader requested.
        bench.asterisk("QueueMemberPause|Queue: info|MemberName: Agente 1001|Interface: PJSIP/1001|Status: 1|Paused: 1")
        tick()
        #expect(bench.lines(reader) == [])
    }

    @Test("that came between a move and its change hears of it when everything is as before")
    mutating func movedBack() throws {
        let first = lines(#"{"metrics":["waiting"],"agents":false}"#)
        bench.join("1.0")
        tick()
        _ = bench.lines(first)
        bench.join("1.1")
        let second = lines(#"{"metrics":["waiting"],"agents":false}"#)
        #expect(bench.lines(second).first?.contains("\"waiting\":2") == true)
        bench.hangUp("1.1")
        tick()
        #expect(bench.lines(second).first?.contains("\"waiting\":1") == true)
    }

    @Test("has the same numbers as all others, to the byte")
    mutating func sameBytes() throws {
        let whole = bench.connect(.wallboards)
        let part = lines(#"{"queues":["info"]}"#)
        _ = (bench.lines(whole), bench.lines(part))
        bench.join("1.1")
        tick()
        #expect(bench.lines(part) == bench.lines(whole))
        let document = bench.request("GET", "/v1/wallboard?queue=info", [("Accept", "application/json")])
        #expect(
            document.status == 200 && document.body.contains(#""name":"info""#)
                && !document.body.contains(#""name":"ticket""#))
        let lean = bench.request(
            "GET", "/v1/wallboard?metric=waiting&agents=0&group=sportelli", [("Accept", "application/json")])
        #expect(
            lean.body.contains(
                #""queues":[{"name":"info","switch":"roma","waiting":1},{"name":"ticket","switch":"roma","waiting":0}]"#
            ))
    }

    // MARK: how often

    @Test(
        "with a minimum interval gets the first news at once, then the latest state when it is due, and the last of all"
    )
    mutating func minimumInterval() {
        let reader = lines(#"{"minIntervalMs":500,"agents":false}"#)
        _ = bench.lines(reader)
        bench.join("1.0")
        tick()
        #expect(messages(reader).map { $0.queues?.first?.waiting } == [1])
        let begin = bench.now
        for number in 1...12 {
            bench.join("1.\(number)")
            tick()
        }
        let told = messages(reader)
        #expect(told.map { $0.queues?.first?.waiting } == [6, 11])
        #expect(bench.now - begin == .milliseconds(1200))
        bench.wait(.seconds(1))
        #expect(messages(reader).map { $0.queues?.first?.waiting } == [13])
        bench.wait(.seconds(10))
        #expect(bench.lines(reader) == [])
    }

    @Test("with an insensitivity hears of a queue when a value has moved by that much since it last did")
    mutating func insensitivity() {
        let reader = lines(#"{"insensitivity":{"waiting":3},"agents":false}"#)
        _ = bench.lines(reader)
        var told: [Int?] = []
        for number in 1...8 {
            bench.join("1.\(number)")
            tick()
            told += messages(reader).map { $0.queues?.first?.waiting }
        }
        #expect(told == [3, 6])
        // Another reader begins with the state of its own beginning, 8; the first is at 6.
        let second = lines(#"{"insensitivity":{"waiting":3},"agents":false}"#)
        #expect(messages(second).first?.queues?.first { $0.name == "info" }?.waiting == 8)
        bench.join("1.9")
        tick()
        #expect(messages(reader).map { $0.queues?.first?.waiting } == [9])
        #expect(bench.lines(second) == [])
        for number in 4...9 {
            bench.hangUp("1.\(number)")
            tick()
        }
        #expect(messages(reader).map { $0.queues?.first?.waiting } == [6, 3])
        #expect(messages(second).map { $0.queues?.first?.waiting } == [5])
    }

    @Test(
        "measures a service level by its ratio; a value that becomes known has moved, and so has anything that is not a number"
    )
    mutating func insensitiveRatio() {
        let reader = lines(#"{"insensitivity":{"serviceLevel":0.3},"agents":false}"#)
        let members = lines(#"{"queues":["info"],"insensitivity":{"agents":5},"agents":false}"#)
        _ = (bench.lines(reader), bench.lines(members))
        for number in 1...4 { bench.join("1.\(number)") }
        tick()
        #expect(bench.lines(reader) == [])
        bench.ring("1.1", agent: "1001")
        bench.pickUp("1.1", agent: "1001")
        bench.wait(.seconds(30))
        #expect(messages(reader).compactMap { $0.queues?.first?.serviceLevel.ratio } == [1])
        // Abandoned late: 1/2, then 1/3.
        bench.hangUp("1.2")
        tick()
        bench.hangUp("1.3")
        tick()
        #expect(messages(reader).compactMap { $0.queues?.first?.serviceLevel.ratio } == [0.5])
        #expect(messages(members).contains { $0.queues?.first?.agents == ["talking": 1] })
    }

    @Test("hears of a move by exactly the step: 1 to 0.9 is 0.1, in spite of binary fractions")
    mutating func exactStep() {
        let reader = lines(#"{"queues":["info"],"insensitivity":{"serviceLevel":0.1},"agents":false}"#)
        for number in 1...9 {
            bench.join("1.\(number)")
            bench.ring("1.\(number)", agent: "1001")
            bench.pickUp("1.\(number)", agent: "1001")
            bench.hangUp("1.\(number)", agent: "1001")
        }
        tick()
        _ = bench.lines(reader)
        bench.join("1.10")
        bench.wait(.seconds(30))
        bench.hangUp("1.10")
        tick()
        #expect(messages(reader).compactMap { $0.queues?.first?.serviceLevel.ratio } == [0.9])
    }

    @Test("may change its request, and then gets the whole picture of it")
    mutating func another() {
        let web = bench.webSocket("/v1/wallboard?queue=info")
        #expect(wallboardMessages(bench.frames(web)).map { $0.queues?.map(\.name) } == [["info"]])
        bench.send(Bench.frame(#"{"subscribe":{"queues":["ticket"]}}"#), web)
        #expect(wallboardMessages(bench.frames(web)).map { $0.queues?.map(\.name) } == [["ticket"]])
        bench.send(Bench.frame(#"{"subscribe":{}}"#), web)
        #expect(wallboardMessages(bench.frames(web)).map { $0.queues?.map(\.name) } == [["altro", "info", "ticket"]])
        bench.join("1.1", queue: "info")
        tick()
        #expect(wallboardMessages(bench.frames(web)).map { $0.queues?.map(\.name) } == [["info"]])
    }

    // MARK: what cannot be

    @Test(
        "learns what exists when it requests what does not, and keeps what it had",
        arguments: [
            (#"{"subscribe":{"queues":["inof"]}}"#, "no queue “inof”; there are: “altro”, “info”, “ticket”"),
            (#"{"subscribe":{"groups":["x"]}}"#, "no group “x”; there are: “sportelli”, “vuoto”"),
            (#"{"subscribe":{"metrics":["wait"]}}"#, "no metric “wait”; there are: abandoned, agents, alarms"),
            (#"{"subscribe":{"insensitivity":{"wait":1}}}"#, "no metric “wait”"),
            (#"{"subscribe":{"insensitivity":{"waiting":0}}}"#, "a number above 0"),
            (#"{"subscribe":{"queue":["info"]}}"#, "“queue” is not a member"),
            (#"{"subscribe":{"queues":["info"],"queues":["altra"]}}"#, "“subscribe.queues” occurs twice"),
            (#"{"subscribe":{"queues":[]}}"#, "names nothing"),
            (#"{"subscribe":{"queues":"info"}}"#, "“subscribe.queues” has the wrong type"),
            (#"{"subscribe":{"minIntervalMs":-1}}"#, "from 0 to 60000"),
            (#"{"subscribe":{"minIntervalMs":60001}}"#, "from 0 to 60000"),
            (#"{"subscribe":{"minIntervalMs":1e99}}"#, "out of range"),
            (#"{"subscrib":{}}"#, "“subscrib” is not a member of a request"),
            (#"{}"#, "A reader says"), ("[1]", "not a JSON object"), ("hello", "not JSON"),
            (#"{"resume":{}}"#, "“resume” has the wrong type"),
            (#"{"subscribe":{"queues":[\#(String(repeating: "\"q\",", count: 200))"q"]}}"#, "201 names; 200 are taken"),
            ("{" + String(repeating: " ", count: 17_000), "at most 16384 bytes"),
        ])
    mutating func refused(_ request: String, _ message: String) throws {
        let reader = lines(#"{"queues":["info"]}"#)
        _ = bench.lines(reader)
        bench.send(request + "\n", reader)
        let answers = bench.lines(reader)
        #expect(types(answers) == ["error"])
        #expect(answers.first?.contains(message) == true, "\(answers)")
        bench.join("1.1", queue: "ticket")
        bench.join("1.2")
        tick()
        #expect(messages(reader).map { $0.queues?.map(\.name) } == [["info"]])
    }

    @Test(
        "over HTTP is answered with 400 and what exists",
        arguments: [
            ("queue=inof", "there are: “altro”, “info”, “ticket”"), ("metric=x", "there are: abandoned"),
            ("group=x", "sportelli"),
            ("agents=yes", "0 or 1"), ("minIntervalMs=x", "whole number"),
            ("minIntervalMs=99999999", "from 0 to 60000"),
            ("insensitivity=waiting", "METRIC:NUMBER"), ("insensitivity=waiting:inf", "above 0"),
            ("insensitivity=waiting:nan", "above 0"),
            ("queues=info", "no parameter of the wallboard; there are: queue, group"),
        ])
    mutating func badQuery(_ query: String, _ message: String) {
        for fields in [[("Accept", "application/json")], [("Accept", "text/event-stream")]] {
            let answer = bench.request("GET", "/v1/wallboard?\(query)", fields)
            #expect(answer.status == 400 && answer.body.contains(message), "\(answer)")
        }
        #expect(Bench.answer(bench.read(bench.webSocket("/v1/wallboard?\(query)"))).status == 400)
    }

    @Test("is not refused a queue that a switch may not have reported yet")
    mutating func early() {
        bench.cutSwitch()
        #expect(bench.request("GET", "/v1/wallboard?queue=serale", [("Accept", "application/json")]).status == 200)
    }

    @Test("that requests without end is informed and disconnected")
    mutating func tooOften() {
        let reader = bench.connect(.wallboards)
        for _ in 0..<Limits.wallboardRequestsPerMinute { bench.send("{}\n", reader) }
        #expect(!bench.closedByUs.contains(reader))
        _ = bench.lines(reader)
        bench.send("{}\n{}\n{}\n", reader)
        #expect(types(bench.lines(reader)) == ["error"])
        #expect(bench.closedByUs.contains(reader))
    }
}
