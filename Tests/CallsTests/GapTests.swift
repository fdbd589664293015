import Calls
import Telephony
import Testing
import Time

/// The link breaks in mid-call, and comes back: what we believed is corrected by what the switch says, never
/// cleared and read again. `domain.md` §1.9, S17.
@Suite("After a gap")
struct GapTests {
    private static let before = """
        0.000 Newchannel ch=C
        0.000 QueueCallerJoin ch=C q=info
        1.000 AgentCalled ch=C dest=A1
        10.000 DialEnd dest=A1 status=ANSWER
        10.000 QueueCallerLeave ch=C q=info
        10.000 BridgeEnter br=B1 ch=C
        10.000 BridgeEnter br=B1 ch=A1
        40.000 Hold ch=A1
        """
    private static let told = [
        "C began at 0.000", "info queued at 0.000, place 1", "A1 alerting at 1.000 for info",
        "info answered by A1, wait 10.000, ring 9.000",
        "A1 held at 40.000",
    ]

    /// The link breaks at 45 s and is back at 65 s.
    private func afterGap(_ text: String, before: String = GapTests.before, told: [String] = GapTests.told) -> [String]
    {
        let lines = linesAroundGap(before, text)
        let all = lines.before + lines.after
        #expect(Array(all.prefix(told.count)) == told)
        return Array(all.dropFirst(told.count))
    }

    @Test("a conversation that is still there goes on with all its figures")
    func goesOn() {
        #expect(
            afterGap(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C br=B1 age=65
                65.001 CoreShowChannel ch=A1 br=B1 age=64
                65.002 complete
                70.000 Unhold ch=A1
                100.000 Hold ch=A1
                110.000 BridgeLeave br=B1 ch=C
                110.010 Hangup ch=C
                110.020 Hangup ch=A1
                """) == [
                    "A1 retrieved at 70.000", "A1 held at 100.000", "A1 talked 60.000, hold 40.000, ended by unknown",
                    "C ended at 110.010",
                ])
    }

    @Test("a conversation that is gone ended at the last moment at which it was known to live")
    func gone() {
        #expect(
            afterGap("65.000 inventory\n65.002 complete") == [
                "A1 talked 30.000, hold 5.000, ended by unknown, estimated", "C ended at 45.000, lost",
            ])
    }

    @Test("an agent who is gone while the caller lives on leaves a conversation whose end is estimated")
    func agentGone() {
        #expect(
            afterGap(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C age=65
                65.002 complete
                70.000 Hangup ch=C
                """) == ["A1 talked 30.000, hold 5.000, ended by unknown, estimated", "C ended at 70.000"])
    }

    private static let waiting = "0.000 Newchannel ch=C\n0.000 QueueCallerJoin ch=C q=info"
    private static let toldWaiting = ["C began at 0.000", "info queued at 0.000, place 1"]

    private func whenWaiting(_ text: String) -> [String] {
        afterGap(text, before: Self.waiting, told: Self.toldWaiting)
    }

    @Test("a caller who still waits is the same caller, with the whole wait")
    func stillWaits() {
        #expect(
            whenWaiting(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C q=info age=65
                65.001 QueueEntry ch=C q=info wait=65
                65.002 complete
                80.000 HangupRequest ch=C
                80.000 QueueCallerAbandon ch=C q=info
                80.010 Hangup ch=C
                """) == ["info abandoned, wait 80.000", "C ended at 80.010"])
    }

    @Test("a caller who was answered meanwhile counts as answered, at an unknown moment")
    func answeredMeanwhile() {
        #expect(
            whenWaiting(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C br=B1 q=info age=65
                65.001 CoreShowChannel ch=A1 br=B1 age=20
                65.002 complete
                80.000 BridgeLeave br=B1 ch=C
                80.010 Hangup ch=C
                """) == [
                    "info answered by A1, wait 65.002, ring ?, estimated",
                    "A1 talked 14.998, hold 0.000, ended by unknown, partial",
                    "C ended at 80.010",
                ])
    }

    @Test(
        "a caller who hangs up before the switch has reported who waits may have been answered meanwhile: the outcome is estimated"
    )
    func hungUpBeforeInventory() {
        for inventory in ["", "65.000 inventory\n"] {
            #expect(
                whenWaiting(
                    inventory + "65.500 HangupRequest ch=C\n65.510 Hangup ch=C\n66.000 inventory\n66.001 complete")
                    == ["info abandoned, wait 65.500, estimated", "C ended at 65.510"])
        }
    }

    @Test(
        "a caller of whom the switch tells that the agent has completed was answered, nobody knows when, though an inventory is still to come"
    )
    func completedBeforeInventory() {
        let ends = """
            65.500 HangupRequest ch=C
            65.501 AgentComplete ch=C q=info agent=A1
            65.502 Hangup ch=A1
            65.510 Hangup ch=C
            66.000 inventory
            66.001 complete
            """
        #expect(
            afterGap(
                ends, before: Self.waiting + "\n44.000 AgentCalled ch=C dest=A1",
                told: Self.toldWaiting + ["A1 alerting at 44.000 for info"])
                == [
                    // The ring is an estimate like the wait: both end with the first report of the answer.
                    "info answered by A1, wait 65.501, ring 21.501, estimated",
                    "A1 talked 0.001, hold 0.000, ended by caller, partial", "C ended at 65.510",
                ])
        // We did not see that telephone ring: who spoke is not known, but the caller did not abandon.
        #expect(whenWaiting(ends) == ["info lost, wait 65.501, estimated", "C ended at 65.510"])
    }

    @Test(
        "a conversation that ends before the switch has reported who talks has an estimated end: the two may have parted meanwhile"
    )
    func partedBeforeInventory() {
        #expect(
            afterGap(
                "65.500 BridgeLeave br=B1 ch=A1\n65.500 Hangup ch=A1\n65.510 Hangup ch=C\n66.000 inventory\n66.001 complete"
            )
                == ["A1 talked 30.000, hold 25.500, ended by unknown, estimated", "C ended at 65.510"])
    }

    @Test(
        "a caller whose agent had answered, and was played something when the link broke, was answered if the two are together now",
        arguments: [
            ("br=B1", "info answered by A1, wait 65.002, ring 43.900, estimated"),
            ("", "info flow-out unknown, wait 45.000, estimated"),
        ])
    func announcementCut(bridge: String, line: String) {
        let lines = afterGap(
            """
            65.000 inventory
            65.001 CoreShowChannel ch=C \(bridge) age=65
            65.001 CoreShowChannel ch=A1 \(bridge) age=65
            65.002 complete
            """,
            before: Self.waiting + """

                1.000 AgentCalled ch=C dest=A1 q=info
                44.900 DialEnd dest=A1 status=ANSWER
                44.900 QueueCallerLeave ch=C q=info
                """,
            told: Self.toldWaiting + ["A1 alerting at 1.000 for info"])
        #expect(lines == [line])
    }

    private static let parked = """
        0.000 Newchannel ch=C
        0.000 QueueCallerJoin ch=C q=info
        1.000 AgentCalled ch=C dest=A1
        10.000 DialEnd dest=A1 status=ANSWER
        10.000 QueueCallerLeave ch=C q=info
        10.000 BridgeEnter br=B1 ch=C
        10.000 BridgeEnter br=B1 ch=A1
        40.000 BridgeLeave br=B1 ch=C
        40.000 BridgeEnter br=P ch=C kind=parking
        40.000 ParkedCall ch=C
        40.010 BridgeLeave br=B1 ch=A1
        40.020 Hangup ch=A1
        """
    private static let toldParked = Array(told.dropLast()) + ["C parked at 40.000", "A1 parked the caller at 40.000"]

    @Test(
        "a caller who was taken out of the parking lot meanwhile is not parked any more: the call ends with the next agent's part"
    )
    func unparkedMeanwhile() {
        #expect(
            afterGap(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C br=B4 age=65
                65.001 CoreShowChannel ch=A2 br=B4 age=5
                65.002 complete
                95.000 HangupRequest ch=A2
                95.000 BridgeLeave br=B4 ch=A2
                95.010 Hangup ch=A2
                95.020 Hangup ch=C
                """, before: Self.parked, told: Self.toldParked) == [
                    "C unparked at 65.002", "A1 talked 30.000, hold 0.000, ended by park",
                    "A2 talks (transfer), ring ?",
                    "A2 talked 29.998, hold 0.000, ended by agent, partial", "C ended at 95.020",
                ])
    }

    @Test(
        "a caller whom the parking lot sent on meanwhile is not parked any more, and the agent who parked it has no further part"
    )
    func parkedTooLongMeanwhile() {
        #expect(
            afterGap(
                "65.000 inventory\n65.001 CoreShowChannel ch=C age=65\n65.002 complete\n95.020 Hangup ch=C",
                before: Self.parked, told: Self.toldParked) == [
                    "C unparked at 65.002", "A1 talked 30.000, hold 0.000, ended by park", "C ended at 95.020",
                ])
    }

    @Test("a caller who is still parked is parked")
    func stillParked() {
        #expect(
            afterGap(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C br=P age=65
                65.002 complete
                70.000 Newchannel ch=K
                70.050 UnParkedCall ch=C by=K
                70.060 BridgeLeave br=P ch=C
                70.100 BridgeEnter br=B4 ch=C
                70.100 BridgeEnter br=B4 ch=K
                95.020 Hangup ch=C
                """, before: Self.parked, told: Self.toldParked) == [
                    "C unparked at 70.050", "A1 retrieved at 70.100", "A1 talked 54.920, hold 30.100, ended by unknown",
                    "C ended at 95.020",
                ])
    }

    @Test("a caller who left the queue and came back to it meanwhile stays there a second time, and waits since then")
    func joinedAgainMeanwhile() {
        #expect(
            whenWaiting(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C q=info age=65
                65.001 QueueEntry ch=C q=info wait=15
                65.002 complete
                80.000 HangupRequest ch=C
                80.000 QueueCallerAbandon ch=C q=info
                80.010 Hangup ch=C
                """) == [
                    "info flow-out unknown, wait 45.000, estimated", "info queued at 50.001, place 1, partial",
                    "info abandoned, wait 29.999", "C ended at 80.010",
                ])
    }

    @Test("a caller who came back to a queue in two gaps, one after the other, stayed there three times")
    func joinedAgainTwice() {
        var harness = Harness()
        harness.play(Script(Self.waiting))
        for (lost, back) in [(10, 20), (30, 40)] as [(Int64, Int64)] {
            harness.loseLink(at: .seconds(lost))
            harness.play(
                Script(
                    """
                    \(back).000 inventory
                    \(back).000 CoreShowChannel ch=C q=info age=\(back)
                    \(back).000 QueueEntry ch=C q=info wait=5
                    \(back).000 complete
                    """))
        }
        #expect(
            CallsTests.told(harness.events).map(\.line) == Self.toldWaiting + [
                "info flow-out unknown, wait 10.000, estimated", "info queued at 15.000, place 1, partial",
                "info flow-out unknown, wait 15.000, estimated", "info queued at 35.000, place 1, partial",
            ])
    }

    @Test("a caller who left the queue and lives on flowed out, for an unknown reason")
    func leftMeanwhile() {
        #expect(
            whenWaiting(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C age=65
                65.002 complete
                80.010 Hangup ch=C
                """) == ["info flow-out unknown, wait 45.000, estimated", "C ended at 80.010"])
    }

    @Test("a caller who came meanwhile is counted, and the wait is known to the second")
    func cameMeanwhile() {
        #expect(
            afterGap(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C br=B1 age=65
                65.001 CoreShowChannel ch=A1 br=B1 age=64
                65.001 CoreShowChannel ch=C2 q=info age=40
                65.001 QueueEntry ch=C2 q=info wait=37
                65.002 complete
                """) == ["C2 began at 25.001, partial", "info queued at 28.001, place 1, partial"])
    }

    @Test("a caller who was answered before we connected counts as offered and answered, and in no average")
    func joinedInMidCall() {
        #expect(
            story(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C br=B1 q=info age=65
                65.001 CoreShowChannel ch=A1 br=B1 age=20
                65.002 complete
                80.000 BridgeLeave br=B1 ch=C
                80.010 Hangup ch=C
                """) == [
                    "C began at 0.001, partial", "info queued at 0.001, place 0, partial",
                    "info answered by A1, wait 65.001, ring ?",
                    "A1 talked 14.998, hold 0.000, ended by unknown, partial", "C ended at 80.010",
                ])
    }

    /// Without `trunks` in the configuration: an endpoint with a name of letters is a line, unless a queue has it
    /// as a member.
    @Test(
        "whoever was answered before we came is so, too, where only the list of queues, which comes last, says that the endpoint is an agent's",
        arguments: [true, false])
    func joinedInMidCallWithNamedEndpoints(hasCalledTheQueue: Bool) {
        let anna = AgentRef(interface: Interface("PJSIP/anna"), name: "Anna")
        let customer = Channel(
            id: ChannelID("C"), call: CallID("C"), name: "PJSIP/trunk-1", device: Interface("PJSIP/trunk"))
        let endpoint = Channel(
            id: ChannelID("a"), call: CallID("C"), name: "PJSIP/anna-1", isIncoming: hasCalledTheQueue,
            device: anna.interface)
        let bridge = BridgeID("B1")
        let member = QueueMember(
            queue: QueueName("info"), agent: anna, device: .inUse, isPaused: false, pauseReason: "")
        let script: [(Span, SwitchEvent)] = [
            (.seconds(65), .inventoryBegan),
            (.seconds(65), .channelFound(customer, bridge: bridge, queue: QueueName("info"), age: .seconds(65))),
            (.seconds(65), .channelFound(endpoint, bridge: bridge, queue: nil, age: .seconds(20))),
            (.seconds(65), .member(member)), (.seconds(65), .inventoryEnded(hasChannels: true, hasQueues: true)),
            (.seconds(80), .bridgeLeft(bridge, customer.id)),
            (.seconds(80), .channelEnded(customer.id, DialplanPosition())),
        ]
        #expect(
            story(Script(script)) == [
                "C began at 0.000, partial", "info queued at 0.000, place 0, partial",
                "info answered by Anna, wait 65.000, ring ?",
                "Anna talked 15.000, hold 0.000, ended by unknown, partial", "C ended at 80.000",
            ])
    }

    @Test("a caller who was listed first is a caller, also if that inventory is broken off, or begun again")
    func inventoryBrokenOff() {
        var harness = Harness()
        harness.play(Script("1.000 inventory\n1.000 CoreShowChannel ch=C age=1"))
        harness.loseLink(at: .seconds(2))
        harness.play(Script("3.000 inventory\n3.000 CoreShowChannel ch=C age=3\n3.000 complete"))
        #expect(CallsTests.told(harness.events).map(\.line) == ["C began at 0.000, partial"])
        #expect(
            story(
                "1.000 inventory\n1.000 CoreShowChannel ch=C age=1\n2.000 inventory\n2.000 CoreShowChannel ch=C age=2\n2.000 complete"
            )
                == ["C began at 0.000, partial"])
    }

    @Test("if the switch does not list its channels, only callers who wait are known to live")
    func withoutChannels() {
        #expect(
            afterGap("65.000 inventory\n65.002 complete channels=no") == [
                "A1 talked 30.000, hold 5.000, ended by unknown, estimated", "C ended at 45.000, lost",
            ])
    }

    @Test("if some channels could not be read, the others are known to live")
    func withSomeChannels() {
        #expect(
            afterGap(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C br=B1 age=65
                65.002 complete channels=no
                70.000 Unhold ch=A1
                110.000 BridgeLeave br=B1 ch=C
                110.010 Hangup ch=C
                """) == [
                    "A1 retrieved at 70.000", "A1 talked 70.000, hold 30.000, ended by unknown", "C ended at 110.010",
                ])
    }

    @Test("if the switch does not list its queues, callers who waited go on waiting")
    func withoutQueues() {
        #expect(
            whenWaiting(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C q=info age=65
                65.002 complete queues=no
                80.000 HangupRequest ch=C
                80.000 QueueCallerAbandon ch=C q=info
                80.010 Hangup ch=C
                """) == ["info abandoned, wait 80.000", "C ended at 80.010"])
    }

    @Test(
        "a caller who was answered meanwhile counts as answered, also if the agent presses hold while the switch is asked"
    )
    func heldDuringTheInventory() {
        #expect(
            whenWaiting(
                """
                65.000 inventory
                65.000 Hold ch=A1
                65.001 CoreShowChannel ch=C br=B1 q=info age=65
                65.001 CoreShowChannel ch=A1 br=B1 age=20
                65.002 complete
                80.000 BridgeLeave br=B1 ch=C
                80.010 Hangup ch=C
                """) == [
                    "info answered by A1, wait 65.002, ring ?, estimated",
                    "A1 talked 14.998, hold 0.000, ended by unknown, partial",
                    "C ended at 80.010",
                ])
    }

    @Test("a hold that ended unseen makes the leg's figures estimated, also if the agent holds again")
    func holdEndedMeanwhile() {
        let inventory = """
            65.000 inventory
            65.001 CoreShowChannel ch=C br=B1 age=65
            65.001 CoreShowChannel ch=A1 br=B1 age=64
            65.002 complete

            """
        let end = "110.000 BridgeLeave br=B1 ch=C\n110.010 Hangup ch=C"
        #expect(afterGap(inventory + end).first == "A1 talked 30.000, hold 70.000, ended by unknown, estimated")
        #expect(
            afterGap(inventory + "80.000 Hold ch=A1\n90.000 Unhold ch=A1\n" + end) == [
                "A1 retrieved at 90.000", "A1 talked 50.000, hold 50.000, ended by unknown, estimated",
                "C ended at 110.010",
            ])
    }

    @Test("a consultation that ended unseen does so, too: it is not known since when the caller has the agent again")
    func consultationEndedMeanwhile() {
        let consulting = """
            0.000 Newchannel ch=C
            0.000 QueueCallerJoin ch=C q=info
            1.000 AgentCalled ch=C dest=A1
            10.000 DialEnd dest=A1 status=ANSWER
            10.000 QueueCallerLeave ch=C q=info
            10.000 BridgeEnter br=B1 ch=C
            10.000 BridgeEnter br=B1 ch=A1
            40.000 BridgeLeave br=B1 ch=A1
            40.000 BridgeEnter br=B2 ch=A1
            """
        #expect(
            afterGap(
                """
                65.000 inventory
                65.001 CoreShowChannel ch=C br=B1 age=65
                65.001 CoreShowChannel ch=A1 br=B1 age=64
                65.002 complete
                110.000 BridgeLeave br=B1 ch=C
                110.010 Hangup ch=C
                """, before: consulting) == [
                    "A1 retrieved at 65.002", "A1 talked 74.998, hold 25.002, ended by unknown, estimated",
                    "C ended at 110.010",
                ])
    }

    @Test("a live event between the items is newer than the list")
    func liveEventBetween() {
        #expect(
            afterGap(
                """
                65.000 inventory
                65.001 Newchannel ch=C2
                65.001 CoreShowChannel ch=C br=B1 age=65
                65.001 CoreShowChannel ch=A1 br=B1 age=64
                65.002 Unhold ch=A1
                65.003 complete
                70.000 Hangup ch=C2
                """) == ["C2 began at 65.001", "A1 retrieved at 65.002", "C2 ended at 70.000"])
    }

    @Test("there is nothing to estimate if nothing was lost: an answer during an inventory is seen, and exact")
    func answeredDuringAnInventory() {
        #expect(
            story(
                """
                0.000 Newchannel ch=C
                0.000 QueueCallerJoin ch=C q=info
                1.000 AgentCalled ch=C dest=A1
                9.000 inventory
                9.001 CoreShowChannel ch=C q=info age=9
                10.000 DialEnd dest=A1 status=ANSWER
                10.000 QueueCallerLeave ch=C q=info
                10.000 BridgeEnter br=B1 ch=C
                10.000 BridgeEnter br=B1 ch=A1
                10.001 complete
                30.000 BridgeLeave br=B1 ch=C
                30.010 Hangup ch=C
                """) == [
                    "C began at 0.000", "info queued at 0.000, place 1", "A1 alerting at 1.000 for info",
                    "info answered by A1, wait 10.000, ring 9.000", "A1 talked 20.000, hold 0.000, ended by unknown",
                    "C ended at 30.010",
                ])
    }

    @Test("an inventory changes nothing if no event was lost")
    func nothingLost() {
        let script = Script(Self.before)
        var harness = Harness()
        harness.play(script)
        let before = harness.events
        harness.play(
            Script(
                """
                50.000 inventory
                50.001 CoreShowChannel ch=C br=B1 age=50
                50.001 CoreShowChannel ch=A1 br=B1 age=49
                50.002 complete
                """))
        #expect(harness.events == before)
    }
}
