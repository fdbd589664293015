import AMI
import Testing
import Wire

@Suite("An AMI session")
struct SessionTests {
    @Test("is not kept alive by reads without bytes")
    func emptyReads() {
        var client = Client.ready()
        #expect(client.waits(until: .seconds(15)) == [.sent("Action: Ping\r\nActionID: t-2\r\n\r\n")])
        #expect(client.hears("", at: .seconds(16)) == [])
        #expect(client.session.nextDeadline == .seconds(20))
    }

    @Test("passes an answer to its question, by ActionID")
    func answers() throws {
        var client = Client.ready()
        #expect(
            try client.asks(Action("QueuePause", ["Interface": "PJSIP/1"])) == (
                "t-2", [.sent("Action: QueuePause\r\nActionID: t-2\r\nInterface: PJSIP/1\r\n\r\n")]
            ))
        #expect(try client.asks(Action("QueuePause")).id == "t-3")
        #expect(
            client.hears("Response: Error\r\nActionID: t-3\r\n\r\nResponse: Success\r\nActionID: t-2\r\n\r\n") == [
                .answer("t-3", "Error"), .answer("t-2", "Success"),
            ])
        #expect(client.hears("Response: Success\r\nActionID: t-2\r\n\r\n") == [], "answered twice")
        #expect(client.hears("Response: Error\r\nMessage: line too long\r\n\r\n") == [], "an answer to nobody")
    }

    @Test("distinguishes the items of a list from live events between them, and from live events of the same name")
    func lists() throws {
        var client = Client.ready()
        _ = try client.asks(Action("DeviceStateList"), isList: true)
        _ = try client.asks(Action("QueueStatus"), isList: true)
        let stream = wire(
            "Response: Success/ActionID: t-2/EventList: start//Event: DeviceStateChange/ActionID: t-2/Device: A//"
                + "Event: DeviceStateChange/Privilege: call,all/Device: B//Response: Success/ActionID: t-3/EventList: start//"
                + "Event: QueueParams/Queue: q/ActionID: t-3//Event: Hangup/Privilege: call,all//"
                + "Event: DeviceStateListComplete/ActionID: t-2/EventList: Complete/ListItems: 1//"
                + "Event: QueueStatusComplete/ActionID: t-3/eventlist: complete/ListItems: 1//")
        #expect(
            client.hears(stream) == [
                .item("t-2", "DeviceStateChange"), .event("DeviceStateChange"), .item("t-3", "QueueParams"),
                .event("Hangup"),
                .listEnded("t-2"), .listEnded("t-3"),
            ])
    }

    @Test("gives up a list without an end, however steadily it comes; its late items are not live events")
    func endlessList() throws {
        var client = Client.ready()
        _ = try client.asks(Action("QueueStatus"), isList: true)
        #expect(client.hears(wire("Response: Success/ActionID: t-2/EventList: start//")) == [])
        let item = wire("Event: QueueMember/ActionID: t-2/Queue: q//")
        var now = Duration.zero
        while now + .seconds(20) <= Limits.listDuration {
            now += .seconds(20)
            #expect(client.hears(item, at: now) == [.item("t-2", "QueueMember")])
        }
        #expect(client.hears(item, at: now + .seconds(20)) == [.unanswered("t-2", "QueueStatus")])
        #expect(
            client.hears(item + wire("Event: Hangup/Privilege: call,all//"), at: now + .seconds(21)) == [
                .event("Hangup")
            ])
        client.session = try #require(JSON.decode(Session.self, from: JSON.encode(client.session)))
        #expect(client.hears(item, at: now + .seconds(22)) == [], "also after a restart")
        // Asked again, the question is answered.
        let id = try #require(try client.asks(Action("QueueStatus"), isList: true, at: now + .seconds(23)).id)
        #expect(
            client.hears(wire("Event: QueueMember/ActionID: \(id)/Queue: q//"), at: now + .seconds(24)) == [
                .item(id, "QueueMember")
            ])
    }

    @Test("ends an empty list and a cancelled one, and answers a refused one")
    func otherLists() throws {
        var client = Client.ready()
        for _ in 2...4 { _ = try client.asks(Action("ParkedCalls"), isList: true) }
        #expect(
            client.hears(
                wire(
                    "Response: Success/ActionID: t-2/EventList: start//Event: ParkedCallsComplete/ActionID: t-2/EventList: Complete/ListItems: 0//"
                        + "Response: Success/ActionID: t-3/EventList: start//Event: X/ActionID: t-3/EventList: cancelled//"
                        + "Response: Error/ActionID: t-4/Message: Permission denied//")) == [
                    .listEnded("t-2"), .listEnded("t-3"), .answer("t-4", "Error"),
                ])
    }

    @Test("treats an event with the ActionID of a single answer as an event")
    func originateResponse() throws {
        var client = Client.ready()
        _ = try client.asks(Action("Originate", ["Async": "true"]))
        #expect(
            client.hears(
                wire("Event: OriginateResponse/ActionID: t-2/Response: Failure//Response: Success/ActionID: t-2//"))
                == [
                    .event("OriginateResponse"), .answer("t-2", "Success"),
                ])
    }

    @Test("reports which action was not answered in time; a list counts from its last item")
    func unanswered() throws {
        var client = Client.ready()
        _ = try client.asks(Action("CoreStatus"), at: .seconds(1))
        _ = try client.asks(Action("QueueStatus"), isList: true, at: .seconds(1))
        #expect(client.session.nextDeadline == .seconds(11))
        #expect(client.waits(until: .seconds(10)) == [])
        #expect(client.waits(until: .seconds(11)) == [.unanswered("t-2", "CoreStatus")])
        #expect(
            client.hears(wire("Event: QueueParams/ActionID: t-3//"), at: .seconds(14)) == [.item("t-3", "QueueParams")])
        #expect(client.waits(until: .seconds(30)) == [KeepaliveTests.ping(4)])
        #expect(client.hears(wire("Event: Hangup//"), at: .seconds(31)) == [.event("Hangup")])
        #expect(client.waits(until: .seconds(40)) == [], "the Ping's own deadline, which nobody hears of")
        #expect(client.session.nextDeadline == .seconds(44))
        #expect(client.waits(until: .seconds(44)) == [.unanswered("t-3", "QueueStatus")])
        #expect(client.hears(wire("Response: Success/ActionID: t-2//"), at: .seconds(45)) == [], "too late")
    }

    @Test("gives up a switch that leaves a thousand actions unanswered")
    func tooManyPending() throws {
        var client = Client.ready()
        for _ in 0..<Limits.pendingActions { _ = try client.asks(Action("CoreStatus")) }
        #expect(try client.asks(Action("CoreStatus")) == (nil, [.failed(.tooManyPending(Limits.pendingActions))]))
        #expect(try client.asks(Action("CoreStatus")) == (nil, []))
    }

    @Test("counts what it had to skip, and continues")
    func malformed() {
        var client = Client.ready()
        #expect(client.hears(wire("Event: A/half a li//Event: B//")) == [.malformed(.lineWithoutColon), .event("B")])
        #expect(client.session.faults == 1)
        #expect(client.session.messages == 2)
    }

    @Test("sends nothing that could be read as two headers")
    func injection() {
        var client = Client.ready()
        #expect(throws: Action.EncodingError.controlCharacter(header: "CallerID")) {
            _ = try client.asks(Action("Originate", ["CallerID": "\"x\" <1>\r\nAction: Originate"]))
        }
        #expect(client.waits(until: .seconds(14)) == [], "a refused action is not waited for")
    }
}

@Suite("A silent link")
struct KeepaliveTests {
    static func ping(_ number: Int) -> Happened { .sent("Action: Ping\r\nActionID: t-\(number)\r\n\r\n") }

    @Test("is asked after 15 s, again after 5 s, and given up after 5 s more")
    func silence() {
        var client = Client.ready()
        var happened: [(Duration, [Happened])] = []
        while let deadline = client.session.nextDeadline {
            #expect(client.waits(until: deadline - .milliseconds(1)) == [])
            happened.append((deadline, client.waits(until: deadline)))
        }
        #expect(happened.map(\.0) == [.seconds(15), .seconds(20), .seconds(25)])
        #expect(happened.map(\.1) == [[Self.ping(2)], [Self.ping(3)], [.failed(.silent(for: .seconds(25)))]])
    }

    @Test("lives on if it answers, and the Ping is not shown to others")
    func answered() {
        var client = Client.ready()
        #expect(client.waits(until: .seconds(15)) == [Self.ping(2)])
        #expect(client.hears("Response: Success\r\nActionID: t-2\r\nPing: Pong\r\n\r\n", at: .seconds(16)) == [])
        #expect(client.session.nextDeadline == .seconds(30))
        #expect(client.waits(until: .seconds(30)) == [Self.ping(3)])
    }

    @Test("lives as long as any byte comes, even half a line, although a Ping is unanswered")
    func anyByte() {
        var client = Client.ready()
        #expect(client.waits(until: .seconds(15)) == [Self.ping(2)])
        #expect(client.hears("Event: Ha", at: .seconds(17)) == [])
        #expect(client.session.nextDeadline == .seconds(25), "the Ping's own deadline")
        #expect(client.waits(until: .seconds(25)) == [], "which nobody hears of")
        #expect(client.waits(until: .seconds(32)) == [Self.ping(3)])
    }

    @Test("is also asked every 15 s while events come, for its clock; that does not doubt its life")
    func busy() {
        var client = Client.ready()
        var asked: [Int: [Happened]] = [:]
        for second in 1...44 {
            #expect(client.hears("Event: E\r\n\r\n", at: .seconds(second)) == [.event("E")])
            asked[second] = client.waits(until: .seconds(second))
        }
        #expect(asked.filter { $0.value != [] } == [15: [Self.ping(2)], 30: [Self.ping(3)]])
        // Nobody answered, and the last byte came at 44 s: the silence counts from there.
        #expect(client.waits(until: .seconds(45)) == [Self.ping(4)])
        for second in [50, 55, 58] { #expect(client.waits(until: .seconds(second)) == []) }
        #expect(client.waits(until: .seconds(59)) == [Self.ping(5)])
        #expect(client.waits(until: .seconds(64)) == [Self.ping(6)])
        #expect(client.waits(until: .seconds(69)) == [.failed(.silent(for: .seconds(25)))])
    }

    @Test("reports the clock of each answer that has one")
    func clock() {
        func answer(_ id: Int, _ more: String) -> String {
            "Response: Success\r\nActionID: t-\(id)\r\nPing: Pong\r\n\(more)\r\n"
        }
        var client = Client.ready()
        #expect(client.waits(until: .seconds(15)) == [Self.ping(2)])
        #expect(
            client.hears(answer(2, "Timestamp: 1795402407.614349\r\n"), at: .seconds(16)) == [
                .pong(1_795_402_407_614_349, sent: .seconds(15))
            ])
        #expect(client.waits(until: .seconds(31)) == [Self.ping(3)])
        #expect(client.hears(answer(3, ""), at: .seconds(32)) == [])
        for (index, nonsense) in [
            "", "yesterday", "1795402407", "1795402407.61", "-1.000000", "1.-00001", "9999999999999999.000000",
        ]
        .enumerated() {
            let start = 15 * index + 47
            #expect(client.waits(until: .seconds(start)) == [Self.ping(index + 4)])
            #expect(
                client.hears(answer(index + 4, "Timestamp: \(nonsense)\r\n"), at: .seconds(start)) == [], "\(nonsense)")
        }
    }

    @Test("can be pinged by others, who get their answer")
    func foreignPing() throws {
        var client = Client.ready()
        _ = try client.asks(Action("Ping"))
        #expect(client.hears("Response: Success\r\nActionID: t-2\r\nPing: Pong\r\n\r\n") == [.answer("t-2", "Success")])
    }
}
