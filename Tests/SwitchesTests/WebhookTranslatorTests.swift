import Calls
import Contacts
import Switches
import Telephony
import Testing
import Time
import Webhook

/// A cloud switch's events, through the same `Calls` and `Contacts` as an Asterisk's.
struct CloudBench {
    var translator = WebhookTranslator()
    var calls = Calls()
    var contacts = Contacts(switch: SwitchID("cloud"), seed: 1)
    var records: [ContactRecord] = []
    var happened: [Telephony.CallEvent] = []

    static let start = UnixTime(seconds: 1_772_438_400)

    static func moment(_ seconds: Int64) -> Moment {
        Moment(uptime: .seconds(1000 + seconds), date: start + .seconds(seconds))
    }

    mutating func hear(
        _ type: Webhook.CallEvent.Kind, at seconds: Int64, call: String = "c-1", from: Webhook.CallEvent.Caller? = nil,
        to: String? = nil,
        queue: String? = nil, agent: String? = nil, endedBy: Webhook.CallEvent.EndedBy? = nil,
        talkSeconds: Double? = nil,
        receivedAt: Int64? = nil
    ) {
        let event = Webhook.CallEvent(
            type: type, timestamp: "\(Self.start + .seconds(seconds))", callId: call, from: from, to: to, queue: queue,
            agent: agent.map { Webhook.CallEvent.Agent(id: $0) }, endedBy: endedBy, talkSeconds: talkSeconds)
        let received = Self.moment(receivedAt ?? seconds)
        receive(event, at: received)
        // A test that sets a receipt time also controls what follows.
        if type == .ended, receivedAt == nil { pass(until: received + .seconds(2)) }
    }

    mutating func receive(_ event: Webhook.CallEvent, at now: Moment) {
        pass(until: now)
        for timed in translator.events(event, received: now) { feed(timed.event, at: timed.moment) }
    }

    /// Held events are applied when they are due.
    mutating func pass(until end: Moment) {
        while let due = translator.nextDeadline, due <= end.uptime {
            for timed in translator.deadlineReached(at: end + (due - end.uptime)) {
                feed(timed.event, at: timed.moment)
            }
        }
    }

    mutating func feed(_ event: SwitchEvent, at moment: Moment) {
        let before = happened.count
        while let deadline = calls.nextDeadline, deadline <= moment.uptime {
            calls.deadlineReached(at: moment, into: &happened)
        }
        calls.handle(event, at: moment, into: &happened)
        var outputs: [Contacts.Output] = []
        for event in happened[before...] { contacts.handle(event, at: moment, into: &outputs) }
        for case .closed(let record) in outputs { records.append(record) }
    }
}

@Suite("A call of a cloud switch")
struct WebhookTranslatorTests {
    private let mario = Webhook.CallEvent.Caller(raw: "+390612345678", name: "Mario")

    @Test("leaves the same record as an Asterisk's")
    func wholeCall() throws {
        var cloud = CloudBench()
        cloud.hear(.initiated, at: 0, from: mario, to: "800123456")
        cloud.hear(.queued, at: 10, from: mario, to: "800123456", queue: "info")
        cloud.hear(.ringing, at: 12, agent: "PJSIP/1001")
        cloud.hear(.answered, at: 16, agent: "PJSIP/1001")
        cloud.hear(.held, at: 20)
        cloud.hear(.resumed, at: 25)
        cloud.hear(.ended, at: 46, endedBy: .caller)

        var asterisk = CloudBench()
        let channel = ChannelID("c-1")
        let agent = AgentRef(interface: Interface("PJSIP/1001"), name: "PJSIP/1001")
        let phone = ChannelID("c-1/PJSIP/1001")
        let caller = CallerID(number: "+390612345678", name: "Mario")
        let place = DialplanPosition(context: "from-trunk", exten: "800", priority: "5")
        let info = QueueName("info")
        let bridge = BridgeID("B1")
        for (seconds, event) in [
            (
                0,
                .channelCreated(
                    Channel(
                        id: channel, call: CallID("c-1"), name: "PJSIP/trunk-1", caller: caller, called: "800123456"))
            ),
            (10, .queueJoined(info, channel, caller, position: 0, place)),
            (12, .agentCalled(info, channel, agent, destination: phone)),
            (16, .dialEnded(destination: phone, .answered)), (16, .queueLeft(info, channel, place)),
            (16, .agentConnected(info, channel, agent, destination: phone)),
            (
                16,
                .bridgeEntered(
                    bridge, .conversation,
                    Channel(
                        id: phone, call: CallID("c-1"), name: "PJSIP/1001-1", kind: .phone, isIncoming: false,
                        device: Interface("PJSIP/1001")),
                    replacing: nil)
            ),
            (
                16,
                .bridgeEntered(
                    bridge, .conversation, Channel(id: channel, call: CallID("c-1"), name: "PJSIP/trunk-1"),
                    replacing: nil)
            ),
            (20, .held(phone)), (25, .retrieved(phone)),
            (46, .hangupRequested(channel, byPeer: true, place)), (46, .bridgeLeft(bridge, channel)),
            (46, .bridgeLeft(bridge, phone)),
            (46, .channelEnded(channel, place)), (46, .channelEnded(phone, place)),
        ] as [(Int64, SwitchEvent)] { asterisk.feed(event, at: CloudBench.moment(seconds)) }

        #expect(cloud.records == asterisk.records)
        let record = try #require(cloud.records.first)
        #expect(record.outcome == .answered)
        #expect(record.visits.first?.wait == .seconds(6))
        #expect(record.legs.first?.ring == .seconds(4))
        #expect(record.legs.first?.talk == .seconds(25))
        #expect(record.legs.first?.hold == .seconds(5))
        #expect(record.legs.first?.result == .ended(.caller))
        #expect(record.called == "800123456")
        #expect(cloud.calls.channelCount == 0)
        #expect(asterisk.calls.channelCount == 0)
    }

    @Test("that rings several phones is answered by one, and leaves none of them behind")
    func ringAll() {
        var cloud = CloudBench()
        cloud.hear(.queued, at: 0, from: mario, queue: "info")
        for agent in ["a", "b", "c"] { cloud.hear(.ringing, at: 1, agent: agent) }
        cloud.hear(.ringing, at: 2, agent: "b")
        cloud.hear(.answered, at: 5, agent: "b")
        cloud.hear(.answered, at: 6, agent: "c")
        cloud.hear(.ended, at: 9, endedBy: .agent)
        #expect(cloud.records.first?.legs.map(\.agent.name) == ["a", "b", "c"])
        #expect(
            cloud.records.first?.legs.map(\.result) == [
                .notAnswered(.answeredElsewhere), .ended(.agent), .notAnswered(.answeredElsewhere),
            ])
        #expect(cloud.calls.channelCount == 0)
    }

    @Test("answered by an agent whose ring was not reported is answered all the same")
    func answeredWithoutRinging() {
        var cloud = CloudBench()
        cloud.hear(.queued, at: 0, from: mario, queue: "info")
        cloud.hear(.answered, at: 5, agent: "b")
        cloud.hear(.ended, at: 9)
        #expect(cloud.records.first?.visits.first?.wait == .seconds(5))
        #expect(cloud.records.first?.legs.first?.result == .ended(.unknown))
    }

    @Test("that goes to another queue flows out of the first")
    func overflow() {
        var cloud = CloudBench()
        cloud.hear(.queued, at: 0, from: mario, queue: "info")
        cloud.hear(.queued, at: 60, from: mario, queue: "altra")
        cloud.hear(.ringing, at: 62, agent: "a")
        cloud.hear(.answered, at: 65, agent: "a")
        cloud.hear(.ended, at: 90, endedBy: .agent)
        #expect(cloud.records.first?.visits.map(\.queue) == [QueueName("info"), QueueName("altra")])
        #expect(cloud.records.first?.visits.map(\.outcome) == [.flowOut(.unknown), .answered])
        #expect(cloud.records.first?.visits.map(\.wait) == [.seconds(60), .seconds(5)])
    }

    @Test(
        "that goes to another queue while a phone rings stops that ring, so that the talk belongs to the second queue")
    func overflowWhileRinging() {
        var cloud = CloudBench()
        cloud.hear(.queued, at: 0, from: mario, queue: "info")
        cloud.hear(.ringing, at: 55, agent: "x")
        cloud.hear(.queued, at: 60, from: mario, queue: "altra")
        cloud.hear(.ringing, at: 62, agent: "x")
        cloud.hear(.answered, at: 65, agent: "x")
        cloud.hear(.ended, at: 90, endedBy: .agent)
        let legs = cloud.records.first?.legs
        #expect(legs?.map(\.queue) == [QueueName("info"), QueueName("altra")])
        #expect(legs?.map(\.result) == [.notAnswered(.noAnswer), .ended(.agent)])
        #expect(legs?.map(\.talk) == [nil, .seconds(25)])
        #expect(cloud.calls.channelCount == 0)
    }

    @Test("that waits again after its answer has left that agent, and can be answered again")
    func queuedAfterAnswer() {
        var cloud = CloudBench()
        cloud.hear(.queued, at: 0, from: mario, queue: "info")
        cloud.hear(.ringing, at: 1, agent: "x")
        cloud.hear(.answered, at: 5, agent: "x")
        cloud.hear(.queued, at: 20, queue: "altra")
        cloud.hear(.answered, at: 26, agent: "y")
        cloud.hear(.ended, at: 30, endedBy: .caller)
        #expect(cloud.records.first?.visits.map(\.outcome) == [.answered, .answered])
        #expect(cloud.records.first?.visits.map(\.wait) == [.seconds(5), .seconds(6)])
        #expect(cloud.records.first?.legs.map(\.result) == [.ended(.unknown), .ended(.caller)])
        #expect(cloud.records.first?.legs.map(\.talk) == [.seconds(15), .seconds(4)])
        #expect(cloud.calls.channelCount == 0)
    }

    @Test("that the switch itself ends while the caller waits is a flow-out: the caller did not give up")
    func endedBySystem() {
        var cloud = CloudBench()
        cloud.hear(.queued, at: 0, from: mario, queue: "info")
        cloud.hear(.ringing, at: 3, agent: "a")
        cloud.hear(.ended, at: 25, endedBy: .system)
        #expect(cloud.records.first?.visits.map(\.outcome) == [.flowOut(.unknown)])
        #expect(cloud.records.first?.visits.map(\.wait) == [.seconds(25)])
        #expect(cloud.calls.channelCount == 0)

        cloud.hear(.queued, at: 100, call: "c-2", from: mario, queue: "info")
        cloud.hear(.answered, at: 103, call: "c-2", agent: "a")
        cloud.hear(.ended, at: 125, call: "c-2", endedBy: .system)
        #expect(cloud.records.last?.legs.map(\.result) == [.ended(.system)])
    }

    @Test(
        "that ends while the caller waits is abandoned, also if the sender does not say who ended it",
        arguments: [.caller, nil] as [Webhook.CallEvent.EndedBy?])
    func abandoned(endedBy: Webhook.CallEvent.EndedBy?) {
        var cloud = CloudBench()
        cloud.hear(.queued, at: 0, from: mario, queue: "info")
        cloud.hear(.ringing, at: 3, agent: "a")
        cloud.hear(.ended, at: 25, endedBy: endedBy)
        #expect(cloud.records.first?.outcome == .abandoned)
        #expect(cloud.records.first?.visits.first?.wait == .seconds(25))
        #expect(cloud.records.first?.legs.first?.result == .notAnswered(.callerLeft))
        #expect(cloud.calls.channelCount == 0)
    }

    @Test("that never came to a queue leaves a record without a visit")
    func noQueue() {
        var cloud = CloudBench()
        cloud.hear(.initiated, at: 0, from: mario)
        cloud.hear(.ringing, at: 1, agent: "a")
        cloud.hear(.answered, at: 2, agent: "a")
        cloud.hear(.ended, at: 3)
        #expect(cloud.records.map(\.outcome) == [.selfService])
        #expect(cloud.calls.channelCount == 0)
    }

    @Test("that waits in a queue without a name leaves no channel behind when it ends")
    func unnamedQueue() {
        var cloud = CloudBench()
        cloud.hear(.queued, at: 0, from: mario)
        #expect(cloud.calls.channelCount == 1)
        cloud.hear(.ended, at: 3)
        #expect(cloud.records.map(\.visits.count) == [0])
        #expect(cloud.calls.channelCount == 0)
    }

    @Test("without an end is over a day after its last event, when another call begins")
    func expiry() {
        let day: Int64 = 24 * 3600
        var cloud = CloudBench()
        cloud.hear(.queued, at: 0, call: "forgotten", from: mario, queue: "info")
        cloud.hear(.queued, at: 1, call: "answered", from: mario, queue: "info")
        cloud.hear(.queued, at: 2, call: "alive", from: mario, queue: "info")
        cloud.hear(.answered, at: 3, call: "answered", agent: "a")
        cloud.hear(.ringing, at: 4, call: "alive", agent: "b")
        cloud.hear(.initiated, at: day - 1, call: "new-1")
        #expect(cloud.records == [])
        cloud.hear(.initiated, at: day, call: "new-2")
        #expect(cloud.records.map(\.outcome) == [.lost])
        cloud.hear(.initiated, at: day + 3, call: "new-3")
        #expect(cloud.records.map(\.outcome) == [.lost, .answered])
        // It had an event after the other call's last.
        cloud.hear(.answered, at: day + 5, call: "alive", agent: "b")
        cloud.hear(.initiated, at: day + 6, call: "new-4")
        #expect(cloud.records.count == 2)
        cloud.hear(.ended, at: day + 7, call: "alive")
        #expect(cloud.records.count == 3)
        for number in 1...4 { cloud.hear(.ended, at: day + 8, call: "new-\(number)") }
        #expect(cloud.calls.channelCount == 0)
    }

    @Test("whose number is restricted is anonymous, even if the sender sends the number")
    func restricted() {
        var cloud = CloudBench()
        cloud.hear(
            .queued, at: 0, from: .init(raw: "+390612345678", name: "Mario", presentation: .restricted), queue: "info")
        cloud.hear(.ended, at: 5)
        #expect(cloud.records.first?.caller == CallerID(number: "", name: ""))
    }

    @Test("happened at its sender's time, within five minutes of our clock; otherwise at its receipt")
    func time() {
        let translator = WebhookTranslator()
        let now = CloudBench.moment(0)
        func moment(_ timestamp: String) -> Moment {
            translator.moment(of: Webhook.CallEvent(type: .held, timestamp: timestamp, callId: "c"), received: now)
        }
        #expect(moment("\(CloudBench.start + .seconds(-3))") == CloudBench.moment(-3))
        #expect(moment("\(CloudBench.start + .seconds(300))") == CloudBench.moment(300))
        #expect(moment("\(CloudBench.start + .milliseconds(300_001))") == now)
        #expect(moment("\(CloudBench.start + .seconds(-301))") == now)
        #expect(moment("2026-02-30T08:00:00Z") == now)
    }

    @Test("that is sent twice under different ids counts once, also after its end")
    func twice() {
        var once = CloudBench()
        var twice = CloudBench()
        for times in [1, 2] {
            var cloud = CloudBench()
            for _ in 0..<times { cloud.hear(.queued, at: 0, from: mario, queue: "info") }
            for _ in 0..<times { cloud.hear(.ringing, at: 1, agent: "a") }
            cloud.hear(.queued, at: 0, from: mario, queue: "info")
            for _ in 0..<times { cloud.hear(.answered, at: 5, agent: "a") }
            cloud.hear(.queued, at: 0, from: mario, queue: "info")
            for _ in 0..<times { cloud.hear(.ended, at: 12, endedBy: .caller) }
            if times == 1 { once = cloud } else { twice = cloud }
        }
        #expect(once.records.map(\.outcome) == [.answered])
        #expect(once.records == twice.records)
        // Late, after its end: no new wait begins.
        for kind in [Webhook.CallEvent.Kind.initiated, .queued] {
            twice.hear(kind, at: 0, from: mario, queue: "info", receivedAt: 60)
        }
        twice.hear(.answered, at: 5, agent: "b", receivedAt: 61)
        #expect(twice.calls.channelCount == 0)
    }

    @Test("leaves the same record in whatever order its events arrive, each of them once or twice", arguments: 0..<96)
    func order(number: Int) throws {
        let kinds: [Webhook.CallEvent.Kind] = [.queued, .ringing, .answered, .ended]
        var rest = kinds
        var arrivals: [Webhook.CallEvent.Kind] = []
        var code = number % 24
        for size in [4, 3, 2, 1] {
            arrivals.append(rest.remove(at: code % size))
            code /= size
        }
        if number >= 24 { arrivals.insert(arrivals[number % 4], at: number / 24) }
        if number >= 48 { arrivals.append(arrivals[number % 3]) }
        var cloud = CloudBench()
        for kind in arrivals {
            switch kind {
            case .queued: cloud.hear(.queued, at: 0, from: mario, queue: "info", receivedAt: 20)
            case .ringing: cloud.hear(.ringing, at: 1, agent: "a", receivedAt: 20)
            case .answered: cloud.hear(.answered, at: 5, agent: "a", receivedAt: 20)
            default: cloud.hear(.ended, at: 12, endedBy: .caller, receivedAt: 20)
            }
        }
        cloud.pass(until: CloudBench.moment(21))
        #expect(cloud.calls.channelCount == 0)
        let record = try #require(cloud.records.first)
        #expect(cloud.records.count == 1)
        #expect(record.visits.map(\.outcome) == [.answered])
        #expect(record.visits.map(\.wait) == [.seconds(5)])
        #expect(record.legs.map(\.talk) == [.seconds(7)])
        #expect(record.legs.map(\.result) == [.ended(.caller)])
        #expect(record.legs.map(\.ring) == [.seconds(4)])
    }

    @Test("whose answer or end arrives before its queue is answered, and waits for nothing")
    func early() {
        var cloud = CloudBench()
        cloud.hear(.initiated, at: 0, from: mario)
        cloud.hear(.answered, at: 5, agent: "a")
        cloud.hear(.ringing, at: 1, agent: "a", receivedAt: 6)
        cloud.hear(.queued, at: 0, from: mario, queue: "info", receivedAt: 7)
        cloud.hear(.ended, at: 12, endedBy: .agent)
        #expect(cloud.records.first?.visits.map(\.wait) == [.seconds(5)])
        #expect(cloud.records.first?.legs.map(\.ring) == [.seconds(4)])
        #expect(cloud.calls.channelCount == 0)
    }

    @Test("is one of a bounded number; calls in progress continue")
    func limit() {
        var translator = WebhookTranslator()
        let now = CloudBench.moment(0)
        func event(_ type: Webhook.CallEvent.Kind, _ call: String, queue: String? = nil) -> Webhook.CallEvent {
            Webhook.CallEvent(type: type, timestamp: "", callId: call, queue: queue)
        }
        for number in 0..<(WebhookTranslator.callLimit + 3) {
            _ = translator.events(event(.initiated, "\(number)"), received: now)
        }
        #expect(translator.callsRefused == 3)
        #expect(translator.events(event(.queued, "7", queue: "info"), received: now).count == 2)
        #expect(translator.events(event(.queued, "new", queue: "info"), received: now) == [])
    }
}
