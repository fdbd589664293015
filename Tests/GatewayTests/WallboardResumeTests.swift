import Core
import Edges
import Gateway
import Telephony
import Testing
import Time
import Wallboard

@Suite("A wallboard that comes back")
struct WallboardResumeTests {
    var bench = Bench()

    init() {
        bench.greet()
        bench.member("1001")
        bench.wait(.seconds(1))
    }

    private mutating func calls(_ numbers: ClosedRange<Int>, queue: String = "info") {
        for number in numbers {
            bench.join("\(queue).\(number)", queue: queue)
            bench.wait(.milliseconds(100))
        }
    }

    private static let accept = ("Accept", "text/event-stream")

    private mutating func eventStream(_ target: String = "/v1/wallboard", _ fields: [(String, String)] = [])
        -> ConnectionID
    {
        let id = bench.connect(.http)
        bench.send(Bench.request("GET", target, [Self.accept] + fields), id)
        return id
    }

    @Test("by SSE with Last-Event-ID receives exactly the bytes that it missed, and then the stream's place")
    mutating func byEventStream() {
        let witness = eventStream()
        calls(1...5)
        let told = bench.events(witness)
        calls(6...9)
        let missed = bench.events(witness)
        let back = eventStream("/v1/wallboard", [("Last-Event-ID", told.last?.id ?? "")])
        let heard = bench.events(back)
        #expect(heard.dropLast().map(\.data) == missed.map(\.data) && heard.dropLast().map(\.id) == missed.map(\.id))
        #expect(missed.count == 4)
        let end = wallboardMessages(heard.map(\.data)).last
        #expect(end?.type == .heartbeat && end?.resumed == true && end?.stream?.utf8.count == 26)
        #expect(end?.seq == wallboardMessages(missed.map(\.data)).last?.seq)
        // Then both continue together.
        calls(10...10)
        #expect(bench.events(back).map(\.data) == bench.events(witness).map(\.data))
    }

    @Test("by WebSocket and TCP sends {\"resume\": …} and receives the same, by name or by bare number")
    mutating func resumeMessage() throws {
        let witness = bench.connect(.wallboards)
        calls(1...3)
        let last = try #require(wallboardMessages(bench.lines(witness)).last)
        calls(4...6)
        let missed = bench.lines(witness)
        let lines = bench.connect(.wallboards)
        let snapshot = try #require(wallboardMessages(bench.lines(lines)).first)
        let stream = try #require(snapshot.stream)
        for position in ["\(last.seq)", "\"\(last.seq)\"", "\"\(stream)-\(last.seq)\""] {
            bench.send("{\"resume\":\(position)}\n", lines)
            let heard = bench.lines(lines)
            #expect(heard.dropLast() == missed[...], "\(position)")
            #expect(wallboardMessages(heard).last?.resumed == true)
        }
        let web = bench.webSocket("/v1/wallboard?resume=\(stream)-\(last.seq)")
        #expect(bench.frames(web).dropLast() == missed[...])
        bench.send(Bench.frame("{\"resume\":\(last.seq)}"), web)
        #expect(bench.frames(web).dropLast() == missed[...])
    }

    @Test("having missed nothing learns that at once")
    mutating func nothingMissed() throws {
        let reader = eventStream()
        let id = try #require(bench.events(reader).last?.id)
        let back = eventStream("/v1/wallboard", [("Last-Event-ID", id)])
        #expect(wallboardMessages(bench.events(back).map(\.data)).map(\.type) == [.heartbeat])
    }

    @Test(
        "after another run, from the future, or with what is not a place in the stream, gets a snapshot that says so",
        arguments: [
            "01ARZ3NDEKTSV4RRFFQ69G5FAV-3", "99", "18446744073709551615", "x", "-", "3-", "-3", "1-2-3", "+3", "",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        ])
    mutating func unknownPlace(position: String) {
        calls(1...5)
        let back = eventStream("/v1/wallboard", [("Last-Event-ID", position)])
        let heard = wallboardMessages(bench.events(back).map(\.data))
        #expect(heard.map(\.type) == [.snapshot] && heard.first?.resumed == false)
    }

    @Test(
        "too late gets a snapshot that says so: what is kept is bounded in number and in bytes",
        arguments: [false, true])
    mutating func tooLate(byBytes: Bool) throws {
        // Many queues make large messages: the bytes end the history before the number does.
        let queues = byBytes ? 60 : 1
        var count = 0
        // Without a reader nothing would be kept for long.
        _ = bench.connect(.wallboards)
        for _ in 0..<(byBytes ? 60 : Limits.wallboardHistoryMessages + 5) {
            for queue in 0..<queues {
                bench.asterisk(
                    "Newchannel|Channel: PJSIP/t-\(count)|CallerIDNum: 06|Context: in|Exten: 800|Priority: 1|Uniqueid: \(count)|Linkedid: \(count)",
                    "QueueCallerJoin|Uniqueid: \(count)|Queue: q\(queue)|Position: 1",
                    "QueueCallerAbandon|Uniqueid: \(count)|Queue: q\(queue)", "Hangup|Uniqueid: \(count)")
                count += 1
            }
            bench.wait(.milliseconds(100))
        }
        let reader = bench.connect(.wallboards)
        let last = try #require(wallboardMessages(bench.lines(reader)).first).seq
        func resumed(_ position: UInt64) -> [WallboardMessage] {
            bench.send("{\"resume\":\(position)}\n", reader)
            return wallboardMessages(bench.lines(reader))
        }
        let first = (0..<last).first { resumed($0).count > 1 } ?? last
        bench.wait(.seconds(60))
        _ = bench.lines(reader)
        bench.send("{\"resume\":\(first)}\n", reader)
        let missed = bench.lines(reader)
        #expect(missed.count == Int(last - first) + 1)
        if byBytes {
            let bytes = missed.dropLast().reduce(0) { $0 + $1.utf8.count }
            #expect(first > 0 && bytes <= Limits.wallboardHistoryBytes && bytes > Limits.wallboardHistoryBytes * 9 / 10)
        } else {
            #expect(last - first == UInt64(Limits.wallboardHistoryMessages))
        }
        bench.wait(.seconds(60))
        _ = bench.lines(reader)
        let before = resumed(first - 1)
        #expect(before.map(\.type) == [.snapshot] && before.first?.resumed == false)
    }

    @Test(
        "within two minutes after the last reader receives what it missed; after that a snapshot, because nothing was kept"
    )
    mutating func absence() throws {
        for (absence, isResumed) in [
            (Limits.wallboardAbsence - Limits.heartbeat, true), (Limits.wallboardAbsence + .seconds(1), false),
        ] {
            let reader = bench.connect(.wallboards)
            bench.wait(.seconds(1))
            let last = try #require(wallboardMessages(bench.lines(reader)).last).seq
            bench.drop(reader)
            bench.join("\(absence).1", queue: "info")
            bench.wait(absence)
            let before = bench.gateway.workDone
            bench.join("\(absence).2", queue: "info")
            bench.wait(.seconds(1))
            #expect((bench.gateway.workDone == before) == !isResumed, "no row is written where nobody reads")
            let back = bench.connect(.wallboards)
            _ = bench.lines(back)
            bench.send("{\"resume\":\(last)}\n", back)
            let heard = wallboardMessages(bench.lines(back))
            #expect(heard.last?.resumed == isResumed && heard.last?.type == (isResumed ? .heartbeat : .snapshot))
            bench.drop(back)
        }
    }

    @Test("with a filter gets what it missed as one change, or a snapshot where it cannot be known which agents left")
    mutating func filtered() throws {
        calls(1...2)
        calls(1...2, queue: "other")
        let reader = bench.connect(.wallboards)
        bench.send(#"{"subscribe":{"queues":["info"],"agents":false}}"# + "\n", reader)
        let place = try #require(wallboardMessages(bench.lines(reader)).last).seq
        calls(3...4)
        calls(3...4, queue: "other")
        let changes = wallboardMessages(bench.lines(reader))
        // Each names only the one queue; numbers of changes that concern others are left out.
        #expect(
            changes.map(\.seq) == [place + 1, place + 2] && changes.allSatisfy { $0.queues?.map(\.name) == ["info"] })
        bench.send("{\"resume\":\(place)}\n", reader)
        let back = wallboardMessages(bench.lines(reader))
        #expect(back.map(\.type) == [.change, .heartbeat] && back.map(\.seq) == [place + 4, place + 4])
        #expect(back[0].queues?.map(\.name) == ["info"] && back[0].queues?.first?.waiting == 4 && back[0].agents == nil)
        // A change names an agent of the queue; one of another queue might have been one of ours before.
        bench.send("{\"subscribe\":{\"queues\":[\"info\"]}}\n", reader)
        let here = try #require(wallboardMessages(bench.lines(reader)).last).seq
        bench.member("1001", status: 2)
        bench.asterisk("QueueMemberPause|Queue: info|MemberName: Agente 1001|Interface: PJSIP/1001|Status: 1|Paused: 1")
        bench.wait(.milliseconds(100))
        _ = bench.lines(reader)
        bench.send("{\"resume\":\(here)}\n", reader)
        #expect(wallboardMessages(bench.lines(reader)).map(\.type) == [.change, .heartbeat])
        bench.member("1002", queue: "other")
        bench.wait(.milliseconds(100))
        #expect(bench.lines(reader) == [])
        bench.send("{\"resume\":\(here)}\n", reader)
        let whole = wallboardMessages(bench.lines(reader))
        #expect(
            whole.map(\.type) == [.snapshot] && whole[0].resumed == false
                && whole[0].agents?.map(\.interface) == ["PJSIP/1001"])
    }

    @Test("with an interval or an insensitivity gets a snapshot that says so: what was held back is in no history")
    mutating func holding() {
        calls(1...2)
        let seq = 1
        for target in ["minIntervalMs=500", "insensitivity=waiting:2"] {
            let back = eventStream("/v1/wallboard?\(target)&resume=\(seq)")
            let heard = wallboardMessages(bench.events(back).map(\.data))
            #expect(heard.map(\.type) == [.snapshot] && heard.first?.resumed == false)
        }
    }

    @Test("to another run of the gateway learns that it is another")
    mutating func anotherRun() throws {
        let reader = eventStream()
        let before = try #require(wallboardMessages(bench.events(reader).map(\.data)).first?.stream)
        var later = Bench(seed: 2)
        let lines = later.connect(.wallboards)
        #expect(wallboardMessages(later.lines(lines)).first?.stream != before)
    }
}
