import Calls
import Telephony
import Testing
import Time

@Suite("Calls, in a disorderly world")
struct DisorderTests {
    @Test("do not change when every event is reported twice", arguments: ScenarioTests.all.indices)
    func twice(scenario: Int) {
        let text = ScenarioTests.all[scenario]
        #expect(story(text, copies: 2) == story(text))
    }

    @Test("do not change when everything is reported again after the end, except for what begins again")
    func afterTheEnd() {
        var harness = Harness()
        harness.play(Script(ScenarioTests.simpleAnswer))
        let before = harness.events
        // A caller and an agent who are gone stay gone. A Newchannel or Join would be a new call.
        let late = Script(ScenarioTests.simpleAnswer).events.filter { entry in
            if case .channelCreated = entry.event { return false }
            if case .queueJoined = entry.event { return false }
            return true
        }
        harness.play(Script(late.map { (.seconds(200), $0.event) }))
        harness.wait(until: .seconds(300))
        #expect(harness.events == before)
        #expect(harness.calls.channelCount == 0)
    }

    @Test("know the caller's number and name when they come late, once for each change")
    func identified() {
        #expect(
            story(
                """
                0.000 Newchannel ch=C
                0.100 NewCallerid ch=C number=+39061 name=Mario
                1.000 QueueCallerJoin ch=C
                1.100 NewCallerid ch=C number=+39061 name=Mario
                1.200 NewCallerid ch=C number=+39062 name=Maria
                2.000 HangupRequest ch=C
                2.010 QueueCallerAbandon ch=C
                2.020 Hangup ch=C
                2.030 NewCallerid ch=C number=+39063 name=Marta
                """) == [
                    "C began at 0.000", "C is +39061 “Mario”", "info queued at 1.000, place 1", "C is +39062 “Maria”",
                    "info abandoned, wait 1.000",
                    "C ended at 2.020",
                ])
    }

    @Test("of unknown channels are ignored")
    func strangers() {
        #expect(
            story(
                """
                0.000 QueueCallerLeave ch=X
                0.100 QueueCallerAbandon ch=X
                0.200 AgentCalled ch=X dest=Y
                0.300 AgentConnect ch=X dest=Y
                0.400 BridgeEnter ch=X
                0.500 BridgeLeave ch=X
                0.600 Hold ch=X
                0.700 HangupRequest ch=X
                0.800 Hangup ch=X
                0.900 DialEnd dest=Y status=ANSWER
                1.000 AgentComplete ch=X dest=Y
                """) == [])
    }

    @Test("that waited before we connected are found with their wait, once, and are marked")
    func found() {
        let text = """
            65.000 QueueEntry ch=C q=info wait=37
            65.001 QueueEntry ch=C q=info wait=37
            70.000 AgentCalled ch=C dest=A1
            72.000 DialEnd dest=A1 status=ANSWER
            72.000 BridgeEnter ch=C
            72.000 BridgeEnter ch=A1
            """
        #expect(
            story(text) == [
                "C began at 28.000, partial", "info queued at 28.000, place 1, partial",
                "A1 alerting at 70.000 for info",
                "info answered by A1, wait 44.000, ring 2.000",
            ])
    }

    @Test("that are known already are not found again by an inventory")
    func foundAgain() {
        #expect(
            story("0.000 Newchannel ch=C\n5.000 QueueCallerJoin ch=C\n9.000 QueueEntry ch=C wait=4")
                == ["C began at 0.000", "info queued at 5.000, place 1"])
    }

    @Test("that a found caller abandons are abandoned, wherever in the dial plan he joined")
    func foundAndAbandoned() {
        #expect(
            story(
                "65.000 QueueEntry ch=C wait=5\n70.000 HangupRequest ch=C\n70.010 QueueCallerAbandon ch=C\n70.020 Hangup ch=C"
            )
            .suffix(2) == ["info abandoned, wait 10.000", "C ended at 70.020"])
        #expect(
            story("65.000 QueueEntry ch=C wait=5\n70.010 QueueCallerAbandon ch=C\n70.020 QueueCallerLeave ch=C").last
                == "info flow-out unknown, wait 10.010")
    }

    @Test("end as lost when no more events will come: waiting, ringing and talking ones, in order of arrival")
    func linkLost() {
        var harness = Harness()
        harness.play(
            Script(
                """
                0.000 QueueCallerJoin ch=C1
                1.000 QueueCallerJoin ch=C2
                2.000 QueueCallerJoin ch=C3
                3.000 AgentCalled ch=C1 dest=A1
                4.000 DialEnd dest=A1 status=ANSWER
                4.000 BridgeEnter ch=C1
                4.000 BridgeEnter ch=A1
                5.000 AgentCalled ch=C2 dest=A2
                """))
        let before = harness.events.count
        harness.abandon(at: .seconds(9))
        #expect(
            told(Array(harness.events)).map(\.line).suffix(from: before).map { $0 } == [
                "A1 talked 5.000, hold 0.000, ended by unknown, estimated", "C1 ended at 9.000, lost",
                "info lost, wait 8.000, estimated",
                "A2 lost after 4.000", "C2 ended at 9.000, lost", "info lost, wait 7.000, estimated",
                "C3 ended at 9.000, lost",
            ])
        #expect(harness.calls.channelCount == 0)
        #expect(harness.calls.nextDeadline == nil)
        harness.abandon(at: .seconds(10))
        #expect(told(harness.events).count == before + 7)
    }

    @Test(
        "with the same result however many other calls there are between their events",
        arguments: 1...20 as ClosedRange<UInt64>)
    func interleaved(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let scripts = (0..<12).map { Self.renamed(ScenarioTests.all.randomElement(using: &generator)!, $0, &generator) }
        var alone: [String: [String]] = [:]
        for (number, script) in scripts.enumerated() {
            var harness = Harness()
            harness.play(script)
            harness.wait(until: .seconds(1000))
            alone["\(number)"] = told(harness.events).map(\.line)
        }
        // In order of time. Each call keeps its own order; events of several calls at one instant come in any order.
        var rest = scripts.map { $0.events[...] }
        var events: [(time: Span, event: SwitchEvent)] = []
        while let next = rest.compactMap({ $0.first?.time }).min() {
            let index = rest.indices.filter { rest[$0].first?.time == next }.randomElement(using: &generator)!
            events.append(rest[index].removeFirst())
        }
        var harness = Harness()
        harness.play(Script(events))
        harness.wait(until: .seconds(1000))
        var together: [String: [String]] = [:]
        for (about, line) in told(harness.events) {
            together[String(about.drop { $0 != "x" }.dropFirst()), default: []].append(line)
        }
        #expect(together == alone, "seed \(seed)")
    }

    /// The same call with channels, bridges and agents of its own, at another moment.
    private static func renamed(_ text: String, _ number: Int, _ generator: inout SplitMix64) -> Script {
        let lines = text.split(separator: "\n").map { line in
            line.prefix { $0 != "#" }.split(separator: " ").map { word in
                word.hasPrefix("ch=") || word.hasPrefix("dest=") || word.hasPrefix("br=")
                    ? "\(word)x\(number)" : String(word)
            }.joined(separator: " ")
        }
        let shift = Span.milliseconds(Int64.random(in: 0...40, using: &generator) * 500)
        return Script(Script(lines.joined(separator: "\n")).events.map { ($0.time + shift, $0.event) })
    }

    @Test("are bounded: beyond the limit, new channels are counted and not followed; channels that end make room")
    func limit() {
        var calls = Calls()
        var events: [CallEvent] = []
        func create(_ number: Int) -> SwitchEvent {
            .channelCreated(
                Channel(
                    id: ChannelID("\(number)"), call: CallID("\(number)"), name: "PJSIP/1", kind: .phone,
                    isIncoming: false))
        }
        for number in 0..<Calls.channelLimit + 3 { calls.handle(create(number), at: moment(.zero), into: &events) }
        #expect(calls.channelCount == Calls.channelLimit)
        #expect(calls.channelsRefused == 3)
        let join = SwitchEvent.queueJoined(
            QueueName("info"), ChannelID("\(Calls.channelLimit + 1)"), CallerID(number: "", name: ""), position: 1,
            DialplanPosition())
        calls.handle(join, at: moment(.zero), into: &events)
        #expect(calls.channelCount == Calls.channelLimit)
        #expect(events == [])
        calls.handle(.channelEnded(ChannelID("7"), DialplanPosition()), at: moment(.zero), into: &events)
        calls.handle(create(Calls.channelLimit + 4), at: moment(.zero), into: &events)
        #expect(calls.channelCount == Calls.channelLimit)
        #expect(calls.channelsEnded == 1)
    }
}
