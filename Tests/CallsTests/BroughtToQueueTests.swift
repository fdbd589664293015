import Testing

/// Many dial plans reach their queues by `Dial(Local/600@queues)`: the caller's channel is joined with one half,
/// and the other is in `Queue()`. The switch reports the queue on that half only, as it does for a callback.
@Suite("A caller who is brought to a queue through a Local channel")
struct BroughtToQueueTests {
    private static let brought = """
        0.000 Newchannel ch=C number=0612345678
        0.100 Newchannel ch=L1 link=C
        0.100 Newchannel ch=L2 link=C
        0.100 LocalBridge a=L1 b=L2
        0.100 DialBegin ch=C dest=L1 number=600
        0.100 DialEnd ch=C dest=L1 status=ANSWER
        0.100 BridgeEnter br=B1 ch=C
        0.100 BridgeEnter br=B1 ch=L1

        """
    private static let answered = """
        1.000 QueueCallerJoin ch=L2
        2.000 DialBegin ch=L2 dest=A1
        2.000 AgentCalled ch=L2 dest=A1
        6.000 DialEnd ch=L2 dest=A1 status=ANSWER
        6.000 QueueCallerLeave ch=L2
        6.000 AgentConnect ch=L2 dest=A1
        6.000 BridgeEnter br=B2 ch=L2
        6.000 BridgeEnter br=B2 ch=A1

        """
    private static let tells = [
        "info queued at 1.000, place 1", "A1 alerting at 2.000 for info", "info answered by A1, wait 5.000, ring 4.000",
    ]

    @Test("is one contact with one visit, and the agent's part counts once")
    func stays() {
        #expect(
            story(
                Self.brought + Self.answered + """
                    26.000 HangupRequest ch=C
                    26.000 BridgeLeave br=B1 ch=C
                    26.000 BridgeLeave br=B1 ch=L1
                    26.001 Hangup ch=L1
                    26.001 Hangup ch=C
                    26.002 BridgeLeave br=B2 ch=L2
                    26.002 BridgeLeave br=B2 ch=A1
                    26.003 Hangup ch=L2
                    26.003 Hangup ch=A1
                    """) == ["C began at 0.000"] + Self.tells + [
                    "A1 talked 20.000, hold 0.000, ended by caller", "C ended at 26.001",
                ])
    }

    @Test("talks on where the Local channel is optimised away")
    func optimised() {
        #expect(
            story(
                Self.brought + Self.answered + """
                    6.020 BridgeLeave br=B2 ch=A1
                    6.020 BridgeEnter br=B1 ch=A1 swap=L1
                    6.020 BridgeLeave br=B1 ch=L1
                    6.020 Hangup ch=L1
                    6.020 BridgeLeave br=B2 ch=L2
                    6.020 Hangup ch=L2
                    18.000 HangupRequest ch=A1
                    18.000 BridgeLeave br=B1 ch=A1
                    18.000 Hangup ch=A1
                    18.000 BridgeLeave br=B1 ch=C
                    18.001 Hangup ch=C
                    """) == ["C began at 0.000"] + Self.tells + [
                    "A1 talked 12.000, hold 0.000, ended by agent", "C ended at 18.001",
                ])
    }

    @Test("gives up: abandoned when the caller hung up, whichever channel the switch reports first")
    func abandoned() {
        let asks = ["8.000 HangupRequest ch=C", "8.000 Hangup ch=L1"]
        let ends = [
            "8.001 Hangup ch=C",
            "8.004 HangupRequest ch=L2\n8.004 QueueCallerAbandon ch=L2\n8.004 QueueCallerLeave ch=L2\n8.005 Hangup ch=L2",
        ]
        for ends in [ends, ends.reversed()] {
            let told = story(Self.brought + "1.000 QueueCallerJoin ch=L2\n" + (asks + ends).joined(separator: "\n"))
            #expect(
                told.filter { !$0.contains("ended at") } == [
                    "C began at 0.000", "info queued at 1.000, place 1", "info abandoned, wait 7.000",
                ])
        }
    }

    @Test("goes on in a second queue: flow-out of the first, and the visit of the second is the caller's, too")
    func overflow() {
        let told = story(
            """
            0.000 Newchannel ch=C number=0612345678
            0.000 QueueCallerJoin ch=C q=prima
            5.000 QueueCallerAbandon ch=C q=prima
            5.000 QueueCallerLeave ch=C q=prima
            5.100 Newchannel ch=L1 link=C
            5.100 Newchannel ch=L2 link=C
            5.100 LocalBridge a=L1 b=L2
            5.100 DialBegin ch=C dest=L1
            5.100 DialEnd ch=C dest=L1 status=ANSWER
            5.100 BridgeEnter br=B1 ch=C
            5.100 BridgeEnter br=B1 ch=L1
            5.200 QueueCallerJoin ch=L2 q=seconda
            9.000 QueueCallerLeave ch=L2 q=seconda
            9.001 Hangup ch=L2
            9.001 BridgeLeave br=B1 ch=L1
            9.001 Hangup ch=L1
            9.001 BridgeLeave br=B1 ch=C
            12.000 DialBegin ch=C dest=A1
            """)
        #expect(
            told == [
                "C began at 0.000", "prima queued at 0.000, place 1", "prima flow-out unknown, wait 5.000",
                "seconda queued at 5.200, place 1", "seconda flow-out key, wait 3.800",
                "A1 alerting at 12.000 (direct)",
            ])
    }

    @Test("through two of them, one behind the other")
    func twice() {
        let told = story(
            Self.brought + """
                0.200 Newchannel ch=L3 link=C
                0.200 Newchannel ch=L4 link=C
                0.200 LocalBridge a=L3 b=L4
                0.200 DialBegin ch=L2 dest=L3
                1.000 QueueCallerJoin ch=L4
                2.000 AgentCalled ch=L4 dest=A1
                """)
        #expect(told == ["C began at 0.000", "info queued at 1.000, place 1", "A1 alerting at 2.000 for info"])
    }

    @Test("is an agent where an agent's phone calls: an internal contact, and nobody is called back")
    func internalCall() {
        let told = story(
            Self.brought.replacing("ch=C", with: "ch=K") + """
                1.000 QueueCallerJoin ch=L2
                2.000 AgentCalled ch=L2 dest=A2
                5.000 HangupRequest ch=K
                5.000 Hangup ch=K
                """)
        #expect(
            told == [
                "K began at 0.000 (internal)", "info queued at 1.000, place 1", "A2 alerting at 2.000 for info",
                "info abandoned, wait 4.000", "A2 callerLeft after 3.000", "K ended at 5.000",
            ])
    }

    @Test("is not the caller who waits in another queue, whose member the Local channel is")
    func member() {
        let told = story(
            """
            0.000 QueueCallerJoin ch=C q=prima
            1.000 Newchannel ch=L1 link=C
            1.000 Newchannel ch=L2 link=C
            1.000 LocalBridge a=L1 b=L2
            1.000 DialBegin ch=C dest=L1
            1.001 QueueCallerJoin ch=L2 q=seconda
            1.002 AgentCalled ch=C dest=L1 q=prima agent=Team
            """)
        #expect(told.contains("L2 began at 1.000 (callback)") && !told.contains { $0.hasPrefix("prima lost") })
    }
}
