import Calls
import Contacts
import Switches
import Telephony
import Testing
import Time
import Webhook

/// The faults of real senders: parts with clocks of their own, whole seconds, attempts with their own time, a clock
/// that nobody sets.
@Suite("Webhooks as real senders send them")
struct WebhookFieldTests {
    typealias Event = Webhook.CallEvent

    private static let restricted = Event.Caller(raw: "+390612345678", name: "Mario", presentation: .restricted)
    private static let mario = Event.Caller(raw: "+390612345678", name: "Mario")

    /// `at` and `receivedAt` are seconds; the sender's clock is `clock` seconds from ours.
    private static func send(
        _ type: Event.Kind, at: Double, receivedAt: Double? = nil, clock: Double = 0, from: Event.Caller? = nil,
        queue: String? = nil,
        agent: String? = nil, name: String? = nil, endedBy: Event.EndedBy? = nil, seq: Int? = nil,
        timestamp: String? = nil,
        to cloud: inout CloudBench
    ) {
        let event = Event(
            type: type, timestamp: timestamp ?? "\(WebhookWindowTests.moment(at + clock).date)", callId: "c-1",
            from: from, queue: queue,
            agent: agent.map { Event.Agent(id: $0, name: name) }, endedBy: endedBy, seq: seq)
        cloud.receive(event, at: WebhookWindowTests.moment(receivedAt ?? at))
    }

    private static func over(_ cloud: inout CloudBench) { cloud.pass(until: WebhookWindowTests.moment(3000)) }

    // MARK: parts with clocks of their own

    /// When the ringing and the queue arrive, and how far our clock is ahead of the sender's.
    static let ringAndQueue: [(ring: Double, queue: Double, clock: Double)] = [
        (10.05, 10.1, 0), (10.1, 10.05, 0), (13, 13.1, 0), (13.1, 13, 0), (10.05, 10.1, -360), (10.1, 10.05, -360),
        (10.1, 10.05, 3600),
        (10.05, 10.1, 3600),
    ]

    @Test(
        "a ringing that is dated a millisecond before its queue rings, and the call is answered",
        arguments: ringAndQueue)
    func ringBeforeQueue(received: (ring: Double, queue: Double, clock: Double)) throws {
        var cloud = CloudBench()
        let (ring, queue, clock) = received
        let answer = max(ring, queue) + 3
        func tellRing() { Self.send(.ringing, at: 9.999, receivedAt: ring, clock: clock, agent: "a", to: &cloud) }
        func tellQueue() { Self.send(.queued, at: 10, receivedAt: queue, clock: clock, queue: "info", to: &cloud) }
        if ring < queue { tellRing() } else { tellQueue() }
        if ring < queue { tellQueue() } else { tellRing() }
        cloud.pass(until: WebhookWindowTests.moment(max(ring, queue) + 0.3))
        #expect(
            cloud.happened.contains { if case .alerting = $0 { true } else { false } },
            "the telephone was not told to ring")
        Self.send(.answered, at: answer, clock: clock, agent: "a", to: &cloud)
        Self.send(.ended, at: answer + 5, clock: clock, endedBy: .caller, to: &cloud)
        Self.over(&cloud)
        let record = try #require(cloud.records.first)
        #expect(cloud.records.count == 1)
        #expect(record.visits.map(\.outcome) == [.answered])
        #expect(record.legs.map(\.result) == [.ended(.caller)])
        #expect(record.legs.map { ($0.ring ?? .zero) > .seconds(2) } == [true])
        #expect(record.flags == [])
        #expect(cloud.translator.eventsDiscarded == 0)
        #expect(cloud.calls.channelCount == 0)
    }

    @Test(
        "an event dated up to a second before the previous one changes no outcome",
        arguments: WebhookWindowTests.shapes.keys.sorted())
    func jitter(name: String) throws {
        let shape = try #require(WebhookWindowTests.shapes[name])
        func outcome(_ cloud: CloudBench) -> [String] {
            cloud.records.map {
                "\($0.outcome) \($0.visits.map { "\($0.queue) \($0.outcome)" }) \($0.legs.map { "\($0.agent.name) \($0.result)" })"
            }
        }
        var punctual = CloudBench()
        for told in shape { punctual.receive(told.event, at: WebhookWindowTests.moment(told.at)) }
        Self.over(&punctual)
        for seed in 0..<300 as Range<UInt64> {
            var generator = SplitMix64(seed: seed)
            // A quick call: its events are 10 ms apart, by clocks that differ by up to a second.
            var cloud = CloudBench()
            for (index, told) in shape.enumerated() {
                let now = Double(index) * 0.01
                var told = told
                told.at = now - Double.random(in: 0...1, using: &generator)
                if told.type == .resumed || told.type == .held { continue }
                cloud.receive(told.event, at: WebhookWindowTests.moment(now))
            }
            Self.over(&cloud)
            if shape.contains(where: { $0.queue == "altra" }) {
                // The order of the two queues cannot be known: the call is answered all the same.
                #expect(cloud.records.map(\.outcome) == [.answered], "seed \(seed)")
            } else {
                #expect(outcome(cloud) == outcome(punctual), "seed \(seed)")
            }
            #expect(cloud.records.allSatisfy { $0.flags.isEmpty }, "seed \(seed)")
            #expect(cloud.calls.channelCount == 0)
        }
    }

    @Test("an answer dated after its call's end, and a ringing whose queue arrives with the end, belong to the call")
    func flushedByTheEnd() {
        var cloud = CloudBench()
        Self.send(.ringing, at: 1, receivedAt: 9, agent: "a", to: &cloud)
        Self.send(.ended, at: 9, endedBy: .caller, to: &cloud)
        Self.send(.answered, at: 9.001, agent: "a", to: &cloud)
        Self.send(.queued, at: 9.002, queue: "info", to: &cloud)
        Self.over(&cloud)
        #expect(cloud.records.map(\.outcome) == [.answered])
        #expect(cloud.records.first?.flags == [])
        #expect(cloud.translator.eventsDiscarded == 0)
        #expect(cloud.calls.channelCount == 0)
    }

    @Test("a ringing of the previous queue does not ring for the next one, and an event without effect is counted")
    func discarded() {
        var cloud = CloudBench()
        Self.send(.queued, at: 0, queue: "uno", to: &cloud)
        Self.send(.queued, at: 9, queue: "due", to: &cloud)
        Self.send(.ringing, at: 8.5, receivedAt: 9.1, queue: "uno", agent: "a", to: &cloud)
        Self.send(.ringing, at: 2, receivedAt: 9.2, agent: "b", to: &cloud)
        cloud.pass(until: WebhookWindowTests.moment(9.5))
        #expect(cloud.translator.eventsDiscarded == 2)
        Self.send(.ended, at: 20, endedBy: .caller, to: &cloud)
        Self.send(.answered, at: 12, receivedAt: 23, agent: "a", to: &cloud)
        #expect(cloud.translator.eventsDiscarded == 3)
        #expect(cloud.records.first?.legs == [])
    }

    // MARK: the caller

    @Test(
        "a caller who withholds the number is not shown, whichever event says so first, and remains withheld",
        arguments: [Event.Kind.initiated, .queued, .ringing, .answered, .held, .ended])
    func withheld(teller: Event.Kind) {
        var cloud = CloudBench()
        func from(_ type: Event.Kind) -> Event.Caller { type == teller ? Self.restricted : Self.mario }
        Self.send(.initiated, at: 0, from: from(.initiated), to: &cloud)
        Self.send(.queued, at: 1, from: from(.queued), queue: "info", to: &cloud)
        Self.send(.ringing, at: 2, from: from(.ringing), agent: "a", to: &cloud)
        Self.send(.answered, at: 5, from: from(.answered), agent: "a", to: &cloud)
        Self.send(.held, at: 6, from: from(.held), to: &cloud)
        Self.send(.ended, at: 9, from: from(.ended), endedBy: .caller, to: &cloud)
        Self.over(&cloud)
        #expect(cloud.records.map(\.caller) == [CallerID(number: "", name: "")])
        #expect(cloud.records.map { "\($0.number)" } == ["withheld"])
    }

    @Test("a caller whose wish comes in an event without effect is not shown either")
    func withheldLate() {
        var cloud = CloudBench()
        Self.send(.queued, at: 1, from: Self.mario, queue: "info", to: &cloud)
        Self.send(.ringing, at: 5, agent: "a", to: &cloud)
        Self.send(.initiated, at: 0, receivedAt: 6, from: Self.restricted, to: &cloud)
        Self.send(.ended, at: 9, endedBy: .caller, to: &cloud)
        Self.over(&cloud)
        #expect(cloud.records.map { "\($0.number)" } == ["withheld"])
    }

    @Test(
        "a number marked “unavailable” is not the caller's, even if another event repeats it without the mark; a later other number is"
    )
    func unavailable() {
        let luigi = Event.Caller(raw: "+390687654321", name: "Luigi")
        for later in [nil, Self.mario, luigi] {
            var cloud = CloudBench()
            let unavailable = Event.Caller(raw: "+390612345678", name: "Mario", presentation: .unavailable)
            Self.send(.initiated, at: 0, from: unavailable, to: &cloud)
            Self.send(.queued, at: 1, from: later ?? unavailable, queue: "info", to: &cloud)
            Self.send(.ringing, at: 2, from: unavailable, agent: "a", to: &cloud)
            Self.send(.ended, at: 9, endedBy: .caller, to: &cloud)
            Self.over(&cloud)
            let expected =
                later == luigi ? CallerID(number: "+390687654321", name: "Luigi") : CallerID(number: "", name: "")
            #expect(cloud.records.map(\.caller) == [expected])
        }
    }

    // MARK: repetitions

    /// 2026-03-02T08:00:05Z.
    private static let spellings = [
        "2026-03-02T08:00:05Z", "2026-03-02T08:00:05.000Z", "2026-03-02T08:00:05+00:00", "2026-03-02T09:00:05.0+01:00",
    ]

    @Test("an instant in another spelling is the same instant, and a queue in other letters the same queue")
    func spelling() {
        var cloud = CloudBench()
        for spelling in Self.spellings.prefix(2) {
            for queue in ["info", "INFO"] { Self.send(.queued, at: 5, queue: queue, timestamp: spelling, to: &cloud) }
        }
        for spelling in Self.spellings {
            Self.send(.answered, at: 5, receivedAt: 6, agent: "a", timestamp: spelling, to: &cloud)
        }
        // After the answer: a second one would end the conversation.
        for spelling in Self.spellings.suffix(2) {
            Self.send(.queued, at: 5, receivedAt: 7, queue: "Info", timestamp: spelling, to: &cloud)
        }
        Self.send(.ended, at: 30, endedBy: .caller, to: &cloud)
        Self.over(&cloud)
        #expect(cloud.records.map(\.visits.count) == [1])
        #expect(cloud.records.map { $0.legs.map(\.talk) } == [[.seconds(25)]])
        #expect(cloud.translator.eventsDiscarded == 0)
    }

    @Test("a second attempt with its own time is neither a second visit nor a second ringing")
    func attempts() {
        var cloud = CloudBench()
        Self.send(.queued, at: 0, queue: "info", to: &cloud)
        Self.send(.queued, at: 5, queue: "Info", to: &cloud)
        Self.send(.ringing, at: 6, agent: "a", name: "Anna", to: &cloud)
        Self.send(.ringing, at: 8, agent: "a", to: &cloud)
        Self.send(.answered, at: 10, agent: "a", to: &cloud)
        Self.send(.ended, at: 20, endedBy: .caller, to: &cloud)
        Self.over(&cloud)
        #expect(cloud.records.map { $0.visits.map(\.wait) } == [[.seconds(10)]])
        #expect(cloud.records.map { $0.legs.map(\.ring) } == [[.seconds(4)]])
        #expect(cloud.records.map { $0.legs.map(\.agent.name) } == [["Anna"]])
    }

    // MARK: whole seconds

    @Test("events of one second have no order, however our two clocks were read")
    func wholeSeconds() {
        for seed in 0..<100 as Range<UInt64> {
            var generator = SplitMix64(seed: seed)
            var cloud = CloudBench()
            for (type, delay) in [(Event.Kind.queued, 0.3), (.ringing, 0.31), (.answered, 0.32), (.ended, 0.4)] {
                var now = WebhookWindowTests.moment(10 + delay)
                // The two clocks are read one after the other.
                now.uptime = now.uptime + Span(microseconds: Int64.random(in: -5...5, using: &generator))
                let event = Event(
                    type: type, timestamp: "\(WebhookWindowTests.moment(10).date)", callId: "c-1",
                    queue: type == .queued ? "info" : nil,
                    agent: Event.Agent(id: "a"), endedBy: type == .ended ? .caller : nil)
                cloud.receive(event, at: now)
            }
            Self.over(&cloud)
            #expect(cloud.records.map(\.outcome) == [.answered])
            #expect(cloud.records.map(\.flags) == [[]], "seed \(seed)")
            #expect(cloud.records.map { $0.legs.map(\.talk) } == [[.zero]])
        }
    }

    @Test(
        "two queues in one second keep their telephones, by the order of receipt or by `seq`", arguments: [false, true])
    func twoQueuesInASecond(isShuffled: Bool) {
        let told: [(Event.Kind, String?, String?)] = [
            (.queued, "uno", nil), (.ringing, nil, "anna"), (.queued, "due", nil), (.ringing, nil, "bruno"),
            (.answered, nil, "bruno"),
        ]
        for seed in 0..<(isShuffled ? 50 : 1) as Range<UInt64> {
            var generator = SplitMix64(seed: seed)
            var cloud = CloudBench()
            let order = isShuffled ? Array(told.indices).shuffled(using: &generator) : Array(told.indices)
            for index in order {
                let (type, queue, agent) = told[index]
                Self.send(
                    type, at: 10, receivedAt: 14, queue: queue, agent: agent, seq: isShuffled ? index : nil, to: &cloud)
            }
            Self.send(.ended, at: 20, endedBy: .caller, to: &cloud)
            Self.over(&cloud)
            #expect(
                cloud.records.map { $0.legs.map { "\($0.agent.name) \($0.queue?.rawValue ?? "")" } } == [
                    ["anna uno", "bruno due"]
                ],
                "seed \(seed)")
            #expect(
                cloud.records.map { $0.visits.map(\.outcome) } == [[.flowOut(.unknown), .answered]], "seed \(seed)")
        }
    }

    // MARK: a clock that nobody sets

    @Test(
        "a call by a clock that is far from ours has the sender's order and durations",
        arguments: [-3600.0, -360, 360, 86_400])
    func farClock(clock: Double) throws {
        var cloud = CloudBench()
        Self.send(.queued, at: 0, clock: clock, queue: "info", to: &cloud)
        Self.send(.ringing, at: 4, clock: clock, agent: "a", to: &cloud)
        // The end overtakes the answer.
        Self.send(.ended, at: 20, clock: clock, endedBy: .caller, to: &cloud)
        Self.send(.answered, at: 10, receivedAt: 20.5, clock: clock, agent: "a", to: &cloud)
        Self.over(&cloud)
        let record = try #require(cloud.records.first)
        #expect(record.outcome == .answered)
        #expect(record.visits.map(\.wait) == [.seconds(10)])
        #expect(record.legs.map(\.talk) == [.seconds(10)])
        #expect(record.legs.map(\.ring) == [.seconds(6)])
        #expect(record.flags == [])
        // The call is placed by its receipt.
        #expect(record.arrived == WebhookWindowTests.moment(0).date)
    }

    @Test(
        "a call that arrives as a whole after an outage of the sender's line has its durations, and lies before its receipt"
    )
    func burst() throws {
        var cloud = CloudBench()
        for (index, told) in WebhookWindowTests.shapes["answered, with a hold"]!.enumerated() {
            cloud.receive(told.event, at: WebhookWindowTests.moment(1000 + Double(index) * 0.04))
        }
        Self.over(&cloud)
        let record = try #require(cloud.records.first)
        #expect(record.legs.map(\.talk) == [.seconds(19)])
        #expect(record.legs.map(\.hold) == [.seconds(3)])
        #expect(record.flags == [])
        #expect(record.ended.map { $0 <= WebhookWindowTests.moment(1000.3).date } == true)
    }

    @Test("a clock that is set during the call is noticed, and the record is flagged", arguments: [-1200.0, 1200])
    func setClock(step: Double) throws {
        var cloud = CloudBench()
        Self.send(.queued, at: 0, queue: "info", to: &cloud)
        Self.send(.ringing, at: 4, agent: "a", to: &cloud)
        Self.send(.answered, at: 10, clock: step, agent: "a", to: &cloud)
        Self.send(.ended, at: 20, clock: step, endedBy: .caller, to: &cloud)
        Self.over(&cloud)
        let record = try #require(cloud.records.first)
        #expect(record.outcome == .answered)
        #expect(record.visits.map(\.wait) == [.seconds(10)])
        #expect(record.legs.map(\.talk) == [.seconds(10)])
        #expect(record.flags == [.clockStep])
    }

    @Test("an answer that is delivered six minutes late counts at the time when it was given")
    func lateAnswer() throws {
        var cloud = CloudBench()
        Self.send(.queued, at: 0, queue: "info", to: &cloud)
        Self.send(.ringing, at: 4, agent: "a", to: &cloud)
        Self.send(.answered, at: 10, receivedAt: 370, agent: "a", to: &cloud)
        Self.send(.ended, at: 500, endedBy: .caller, to: &cloud)
        Self.over(&cloud)
        #expect(cloud.records.map { $0.visits.map(\.wait) } == [[.seconds(10)]])
        #expect(cloud.records.map { $0.legs.map(\.talk) } == [[.seconds(490)]])
    }
}
