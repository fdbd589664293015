import Calls
import Telephony
import Testing

/// `domain.md` §10, S10–S16, S18, S19, S22: the scenarios with their figures. Asterisk's event names, lines as they
/// come.
@Suite("A call that changes hands")
struct TransferTests {
    /// Caller C talks with A1 from second 10 on.
    static let talking = """
        0.000 Newchannel ch=C
        0.000 QueueCallerJoin ch=C q=info
        1.000 AgentCalled ch=C dest=A1 q=info
        10.000 DialEnd dest=A1 status=ANSWER
        10.000 QueueCallerLeave ch=C q=info
        10.000 AgentConnect ch=C dest=A1
        10.000 BridgeEnter br=B1 ch=C
        10.000 BridgeEnter br=B1 ch=A1

        """
    static let told = [
        "C began at 0.000", "info queued at 0.000, place 1", "A1 alerting at 1.000 for info",
        "info answered by A1, wait 10.000, ring 9.000",
    ]

    func afterAnswer(
        _ text: String, talking: String = TransferTests.talking, told: [String] = TransferTests.told
    ) -> [String] {
        let lines = story(talking + text)
        #expect(Array(lines.prefix(told.count)) == told)
        return Array(lines.dropFirst(told.count))
    }

    /// Caller C talks with A1, who is behind a Local channel, from second 10 on.
    private static let talkingThroughLocal = """
        0.000 QueueCallerJoin ch=C q=info
        9.800 Newchannel ch=L1
        9.800 Newchannel ch=L2
        9.900 LocalBridge a=L1 b=L2
        10.000 BridgeEnter br=B1 ch=C
        10.001 BridgeEnter br=B1 ch=L1
        10.009 BridgeEnter br=B2 ch=L2
        10.010 BridgeEnter br=B2 ch=A1

        """
    private static let toldThroughLocal = [
        "C began at 0.000, partial", "info queued at 0.000, place 1", "info answered by A1, wait 10.010, ring ?",
    ]

    private func throughLocal(_ text: String) -> [String] {
        afterAnswer(text, talking: Self.talkingThroughLocal, told: Self.toldThroughLocal)
    }

    @Test("S10: blind to another queue: the first agent's part ends when they part, and the caller waits again")
    func blindToQueue() {
        #expect(
            afterAnswer(
                """
                70.000 BlindTransfer ch=A1
                70.010 BridgeLeave br=B1 ch=A1
                70.020 Hangup ch=A1
                70.030 BridgeLeave br=B1 ch=C
                70.500 QueueCallerJoin ch=C q=reclami at=9
                70.600 AgentCalled ch=C dest=A2 q=reclami
                80.400 QueueCallerLeave ch=C q=reclami at=9
                80.500 BridgeEnter br=B2 ch=C
                80.500 BridgeEnter br=B2 ch=A2
                200.500 BridgeLeave br=B2 ch=A2
                200.501 BridgeLeave br=B2 ch=C
                200.510 Hangup ch=A2
                200.520 Hangup ch=C
                """) == [
                    "A1 talked 60.010, hold 0.000, ended by transfer", "reclami queued at 70.500, place 1",
                    "A2 alerting at 70.600 for reclami", "reclami answered by A2, wait 10.000, ring 9.900",
                    "A2 talked 120.000, hold 0.000, ended by unknown", "C ended at 200.520",
                ])
    }

    /// What A1 did before the transfer, in both forms of S11.
    private static let consultation = """
        60.000 Hold ch=A1
        61.000 Newchannel ch=K
        62.000 DialBegin ch=K dest=A2
        66.000 DialEnd ch=K dest=A2 status=ANSWER
        66.100 BridgeEnter br=B2 ch=K
        66.100 BridgeEnter br=B2 ch=A2

        """

    @Test(
        "S11: attended, the target moves into the caller's bridge: the consultation is hold, and no talk of the second agent's with the caller"
    )
    func attended() {
        #expect(
            afterAnswer(
                Self.consultation + """
                    90.000 BridgeLeave br=B2 ch=A2
                    90.000 BridgeLeave br=B1 ch=A1
                    90.000 BridgeEnter br=B1 ch=A2 swap=A1
                    90.010 AttendedTransfer ch=A1 second=K
                    90.050 Hangup ch=A1
                    90.055 BridgeLeave br=B2 ch=K
                    90.060 Hangup ch=K
                    150.000 BridgeLeave br=B1 ch=C
                    150.001 BridgeLeave br=B1 ch=A2
                    150.010 Hangup ch=C
                    150.020 Hangup ch=A2
                    """) == [
                    "A1 held at 60.000", "A1 consults from 66.100", "A1 consults until 90.000",
                    "A2 talks (transfer), ring 4.000",
                    "A1 talked 50.000, hold 30.000, consultation 23.900, ended by transfer",
                    "A2 talked 60.000, hold 0.000, ended by unknown", "C ended at 150.010",
                ])
    }

    @Test("S11b: attended, the caller moves into the consultation's bridge: the same record")
    func attendedMirrored() {
        #expect(
            afterAnswer(
                Self.consultation + """
                    90.000 BridgeLeave br=B1 ch=C
                    90.000 BridgeLeave br=B2 ch=K
                    90.000 BridgeEnter br=B2 ch=C swap=K
                    90.010 AttendedTransfer ch=A1 second=K
                    90.020 BridgeLeave br=B1 ch=A1
                    90.050 Hangup ch=K
                    90.060 Hangup ch=A1
                    150.000 BridgeLeave br=B2 ch=A2
                    150.001 BridgeLeave br=B2 ch=C
                    150.010 Hangup ch=C
                    150.020 Hangup ch=A2
                    """) == [
                    "A1 held at 60.000", "A1 consults from 66.100", "A1 consults until 90.000",
                    "A2 talks (transfer), ring 4.000",
                    "A1 talked 50.000, hold 30.000, consultation 23.900, ended by transfer",
                    "A2 talked 60.000, hold 0.000, ended by unknown", "C ended at 150.010",
                ])
    }

    @Test("S12: blonde: the second agent's part begins when the caller hears the second agent")
    func blonde() {
        #expect(
            afterAnswer(
                """
                60.000 Hold ch=A1
                61.000 Newchannel ch=K
                62.000 DialBegin ch=K dest=A2
                70.000 AttendedTransfer ch=A1 second=K
                70.005 BridgeLeave br=B1 ch=A1
                70.006 BridgeLeave br=B1 ch=C
                70.007 Hangup ch=A1
                70.100 DialEnd ch=K dest=A2 status=NOANSWER
                70.200 DialBegin ch=C dest=A2
                75.000 DialEnd ch=C dest=A2 status=ANSWER
                75.100 BridgeEnter br=B3 ch=C
                75.100 BridgeEnter br=B3 ch=A2
                105.100 BridgeLeave br=B3 ch=A2
                105.101 BridgeLeave br=B3 ch=C
                105.110 Hangup ch=A2
                105.120 Hangup ch=C
                """) == [
                    "A1 held at 60.000", "A1 talked 50.000, hold 10.005, ended by transfer",
                    // For the customer it has rung since it was dialled for the customer; before that, it rang for
                    // the agent.
                    "A2 alerting at 70.200 (transfer)", "A2 talks (transfer), ring 4.800",
                    "A2 talked 30.000, hold 0.000, ended by unknown", "C ended at 105.120",
                ])
    }

    @Test("S13: through a Local channel that is optimised away: one leg, and talk goes on through the swap")
    func optimised() {
        #expect(
            throughLocal(
                """
                10.200 BridgeLeave br=B2 ch=A1
                10.201 BridgeLeave br=B1 ch=L1
                10.202 BridgeEnter br=B1 ch=A1 swap=L1
                10.204 BridgeLeave br=B2 ch=L2
                11.000 Hangup ch=L1
                11.001 Hangup ch=L2
                70.010 BridgeLeave br=B1 ch=C
                70.011 BridgeLeave br=B1 ch=A1
                70.020 Hangup ch=A1
                70.030 Hangup ch=C
                """) == [
                    "A1 talked 60.000, hold 0.000, ended by unknown", "C ended at 70.030",
                ])
    }

    @Test("S14: a transfer behind a Local channel with /n, which the queue does not see")
    func unseenByTheQueue() {
        #expect(
            throughLocal(
                """
                70.010 BlindTransfer ch=A1
                70.010 BridgeLeave br=B2 ch=A1
                70.011 BridgeLeave br=B2 ch=L2
                70.020 Hangup ch=A1
                80.000 BridgeEnter br=B3 ch=L2
                80.010 BridgeEnter br=B3 ch=A2
                190.010 BridgeLeave br=B3 ch=A2
                190.011 BridgeLeave br=B3 ch=L2
                190.012 BridgeLeave br=B1 ch=L1
                190.013 BridgeLeave br=B1 ch=C
                190.020 Hangup ch=A2
                190.030 Hangup ch=C
                190.100 AgentComplete dest=L1
                """) == [
                    "A1 talked 60.000, hold 0.000, ended by transfer", "A2 talks (transfer), ring ?",
                    "A2 talked 110.000, hold 0.000, ended by unknown", "C ended at 190.030",
                ])
    }

    @Test("S15: an agent who hangs up in the announcement ends a leg, not the visit")
    func dumped() {
        #expect(
            story(
                """
                0.000 QueueCallerJoin ch=C q=info
                1.000 AgentCalled ch=C dest=A1
                5.000 DialEnd ch=C dest=A1 status=ANSWER
                7.000 AgentDump ch=C dest=A1
                7.010 Hangup ch=A1
                12.000 AgentCalled ch=C dest=A2
                15.000 DialEnd ch=C dest=A2 status=ANSWER
                15.100 QueueCallerLeave ch=C q=info
                15.250 BridgeEnter br=B1 ch=A2
                15.250 BridgeEnter br=B1 ch=C
                45.250 BridgeLeave br=B1 ch=C
                45.251 BridgeLeave br=B1 ch=A2
                45.260 Hangup ch=C
                """) == [
                    "C began at 0.000, partial", "info queued at 0.000, place 1", "A1 alerting at 1.000 for info",
                    "A1 dumped after 6.000",
                    "A2 alerting at 12.000 for info", "info answered by A2, wait 15.250, ring 3.000",
                    "A2 talked 30.000, hold 0.000, ended by unknown", "C ended at 45.260",
                ])
    }

    @Test("S16: a conference of three: each agent has a part of their own")
    func conference() {
        #expect(
            afterAnswer(
                """
                50.000 BridgeEnter br=B1 ch=A2
                80.000 BridgeLeave br=B1 ch=A1
                80.010 Hangup ch=A1
                100.000 BridgeLeave br=B1 ch=C
                100.001 BridgeLeave br=B1 ch=A2
                100.010 Hangup ch=C
                """) == [
                    "A2 talks (transfer), ring ?", "A1 talked 70.000, hold 0.000, ended by unknown",
                    "A2 talked 50.000, hold 0.000, ended by unknown", "C ended at 100.010",
                ])
    }

    @Test("S18: a directed pick-up: it is no ring without answer for the phone that rang")
    func pickUp() {
        #expect(
            story(
                """
                0.000 Newchannel ch=C
                1.000 DialBegin ch=C dest=A1
                3.900 Newchannel ch=A2
                4.000 Pickup ch=A2 target=A1
                4.010 DialEnd dest=A1 status=CANCEL
                4.012 DialEnd ch=C dest=A2 status=ANSWER
                4.020 Hangup ch=A1
                4.050 BridgeEnter br=B1 ch=C
                4.050 BridgeEnter br=B1 ch=A2
                34.050 BridgeLeave br=B1 ch=A2
                34.060 Hangup ch=A2
                34.070 Hangup ch=C
                """) == [
                    "C began at 0.000", "A1 alerting at 1.000 (direct)", "A1 answeredElsewhere after 3.000",
                    "A2 alerting at 4.000 (pickup)",
                    "A2 talks (pickup), ring ?", "A2 talked 30.000, hold 0.000, ended by unknown", "C ended at 34.070",
                ])
    }

    private static let parked = """
        40.000 BridgeLeave br=B1 ch=C
        40.000 BridgeEnter br=P ch=C kind=parking
        40.000 ParkedCall ch=C
        40.010 BridgeLeave br=B1 ch=A1
        40.020 Hangup ch=A1

        """

    @Test("S19: parked, and taken by a colleague: the parking is nobody's hold")
    func parkedForAColleague() {
        #expect(
            afterAnswer(
                Self.parked + """
                    65.000 Newchannel ch=A2
                    65.050 UnParkedCall ch=C by=A2
                    65.060 BridgeLeave br=P ch=C
                    65.100 BridgeEnter br=B4 ch=C
                    65.100 BridgeEnter br=B4 ch=A2
                    95.100 BridgeLeave br=B4 ch=A2
                    95.110 Hangup ch=A2
                    95.120 Hangup ch=C
                    """) == [
                    "C parked at 40.000", "A1 parked the caller at 40.000", "C unparked at 65.050",
                    "A1 talked 30.000, hold 0.000, ended by park", "A2 talks (park), ring ?",
                    "A2 talked 30.000, hold 0.000, ended by unknown", "C ended at 95.120",
                ])
    }

    @Test("S19: parked, and taken back by the same agent: one leg, and the parking was a hold")
    func parkedAndTakenBack() {
        #expect(
            afterAnswer(
                Self.parked + """
                    65.000 Newchannel ch=K
                    65.050 UnParkedCall ch=C by=K
                    65.060 BridgeLeave br=P ch=C
                    65.100 BridgeEnter br=B4 ch=C
                    65.100 BridgeEnter br=B4 ch=K
                    95.100 BridgeLeave br=B4 ch=K
                    95.110 Hangup ch=K
                    95.120 Hangup ch=C
                    """) == [
                    "C parked at 40.000", "A1 parked the caller at 40.000", "C unparked at 65.050",
                    "A1 retrieved at 65.100",
                    "A1 talked 60.000, hold 25.100, ended by unknown", "C ended at 95.120",
                ])
    }

    @Test(
        "taken out of the parking lot, and reported only when the voices are already joined: no transfer, whoever took it"
    )
    func unparkedLate() {
        func takenOut(_ by: String) -> [String] {
            afterAnswer(
                Self.parked + """
                    65.000 Newchannel ch=\(by)
                    65.060 BridgeLeave br=P ch=C
                    65.100 BridgeEnter br=B4 ch=C
                    65.100 BridgeEnter br=B4 ch=\(by)
                    65.101 UnParkedCall ch=C by=\(by)
                    95.100 BridgeLeave br=B4 ch=\(by)
                    95.110 Hangup ch=\(by)
                    95.120 Hangup ch=C
                    """)
        }
        #expect(
            takenOut("A2") == [
                "C parked at 40.000", "A1 parked the caller at 40.000", "A1 talked 30.000, hold 0.000, ended by park",
                "A2 talks (park), ring ?", "C unparked at 65.101", "A2 talked 30.000, hold 0.000, ended by unknown",
                "C ended at 95.120",
            ])
        #expect(
            takenOut("K") == [
                "C parked at 40.000", "A1 parked the caller at 40.000", "A1 retrieved at 65.100",
                "C unparked at 65.101",
                "A1 talked 60.000, hold 25.100, ended by unknown", "C ended at 95.120",
            ])
    }

    @Test("parked until the time is up: the agent who parked the caller has no part in what follows")
    func parkedTooLong() {
        #expect(
            afterAnswer(
                Self.parked + """
                    52.000 ParkedCallTimeOut ch=C
                    52.000 BridgeLeave br=P ch=C
                    52.010 DialBegin ch=C dest=A1.2
                    54.010 DialEnd ch=C dest=A1.2 status=ANSWER
                    54.100 BridgeEnter br=B5 ch=C
                    54.100 BridgeEnter br=B5 ch=A1.2
                    60.100 BridgeLeave br=B5 ch=C
                    60.110 Hangup ch=C
                    """) == [
                    "C parked at 40.000", "A1 parked the caller at 40.000", "C unparked at 52.000",
                    "A1 talked 30.000, hold 0.000, ended by park", "A1 alerting at 52.010 (transfer)",
                    "A1 talks (transfer), ring 2.000",
                    "A1 talked 6.000, hold 0.000, ended by unknown", "C ended at 60.110",
                ])
    }

    @Test(
        "attended, to a colleague who had called a queue meanwhile: that call becomes the caller's, and the agent's part in it is over"
    )
    func mergedInTheTransfer() {
        #expect(
            afterAnswer(
                """
                30.000 Newchannel ch=A2
                30.000 QueueCallerJoin ch=A2 q=reclami
                40.000 BridgeLeave br=B1 ch=A1
                40.000 BridgeEnter br=B2 ch=A1
                40.000 BridgeEnter br=B2 ch=A2
                50.000 AttendedTransfer ch=A1 second=A2
                50.000 BridgeLeave br=B2 ch=A1
                50.010 Hangup ch=A1
                50.010 BridgeLeave br=B1 ch=C
                50.010 BridgeEnter br=B2 ch=C
                70.010 BridgeLeave br=B2 ch=C
                70.020 Hangup ch=C
                """) == [
                    "A2 began at 30.000 (internal)", "reclami queued at 30.000, place 1",
                    "reclami answered by A1, wait 10.000, ring ?",
                    "A1 held at 40.000", "A1 talked 30.000, hold 10.000, ended by transfer",
                    "A1 talked 10.000, hold 0.000, ended by caller", "A2 merged into C", "A2 talks (transfer), ring ?",
                    "A2 talked 20.000, hold 0.000, ended by unknown", "C ended at 70.020",
                ])
    }

    @Test("an agent who turns to a second caller leaves only the first on hold, whatever is pressed on the second call")
    func heldByGoingOver() {
        #expect(
            afterAnswer(
                """
                30.000 Newchannel ch=C2
                30.000 QueueCallerJoin ch=C2 q=reclami
                40.000 BridgeLeave br=B1 ch=A1
                40.000 BridgeEnter br=B2 ch=A1
                40.000 BridgeEnter br=B2 ch=C2
                45.000 Hold ch=A1
                47.000 Unhold ch=A1
                50.000 BridgeLeave br=B2 ch=A1
                50.000 BridgeEnter br=B1 ch=A1
                50.010 Hangup ch=C2
                70.000 BridgeLeave br=B1 ch=A1
                70.010 Hangup ch=A1
                70.020 Hangup ch=C
                """) == [
                    "C2 began at 30.000", "reclami queued at 30.000, place 1",
                    "reclami answered by A1, wait 10.000, ring ?",
                    "A1 held at 40.000", "A1 held at 45.000", "A1 retrieved at 47.000", "A1 retrieved at 50.000",
                    "A1 talked 8.000, hold 2.000, ended by unknown", "C2 ended at 50.010",
                    "A1 talked 50.000, hold 10.000, ended by unknown", "C ended at 70.020",
                ])
    }

    @Test(
        "S22: an agent's call to a queue that turns out to be the caller's is one contact, whatever it looked like before"
    )
    func callChanged() {
        #expect(
            story(
                """
                0.000 Newchannel ch=C
                1.000 Newchannel ch=K
                2.000 QueueCallerJoin ch=K q=reclami
                9.000 Linkedid ch=K link=C
                10.000 Hangup ch=K
                20.000 HangupRequest ch=C
                20.000 QueueCallerAbandon ch=C q=reclami
                20.100 Hangup ch=C
                """) == [
                    "C began at 0.000", "K began at 1.000 (internal)", "reclami queued at 2.000, place 1",
                    "reclami inherited from K",
                    "K merged into C", "reclami abandoned, wait 18.000", "C ended at 20.100",
                ])
    }

    @Test("two customers who meet stay two contacts")
    func customersMeet() {
        #expect(
            story(
                """
                0.000 Newchannel ch=C1
                0.000 Newchannel ch=C2
                5.000 BridgeEnter br=B1 ch=C1
                5.000 BridgeEnter br=B1 ch=C2
                9.000 Hangup ch=C1
                9.100 Hangup ch=C2
                """) == [
                    "C1 began at 0.000", "C2 began at 0.000", "C2 in conference with C1", "C1 ended at 9.000",
                    "C2 ended at 9.100",
                ])
    }

    @Test("a supervisor who listens in takes no part")
    func spying() {
        #expect(
            afterAnswer(
                """
                20.000 Newchannel ch=A9
                20.000 ChanSpyStart ch=A9
                21.000 BridgeEnter br=B1 ch=A9
                30.000 BridgeLeave br=B1 ch=C
                30.010 Hangup ch=C
                """) == ["A1 talked 20.000, hold 0.000, ended by unknown", "C ended at 30.010"])
    }

    @Test("an agent who calls out, with the phone rung first (click-to-dial) or not")
    func outbound() {
        #expect(
            story(
                """
                0.000 DialBegin dest=A1
                1.000 DialEnd dest=A1 status=ANSWER
                1.000 DialBegin ch=A1 dest=V number=0665551234
                3.000 DialEnd ch=A1 dest=V status=ANSWER
                3.000 BridgeEnter br=B1 ch=V
                3.000 BridgeEnter br=B1 ch=A1
                8.000 HangupRequest ch=V
                8.000 BridgeLeave br=B1 ch=V
                8.010 Hangup ch=V
                8.020 Hangup ch=A1
                """) == [
                    "V began at 1.000 (outbound)", "A1 alerting at 0.000 (outbound)", "A1 talks (outbound), ring 1.000",
                    "A1 talked 5.000, hold 0.000, ended by caller", "V ended at 8.010",
                ])
        #expect(
            story(
                """
                0.000 Newchannel ch=K
                0.500 DialBegin ch=K dest=V number=0665551234
                4.000 DialEnd ch=K dest=V status=BUSY
                4.010 Hangup ch=V
                4.500 Hangup ch=K
                """) == [
                    "V began at 0.500 (outbound)", "A1 alerting at 0.500 (outbound)", "A1 busy after 3.500",
                    "V ended at 4.010",
                ])
    }

    @Test(
        "an agent who calls out right after hanging up consults nobody: it is a contact, although the end is reported later"
    )
    func callsOutAtOnce() {
        let told = afterAnswer(
            """
            20.000 HangupRequest ch=A1
            20.001 Newchannel ch=K
            20.002 DialBegin ch=K dest=V number=0665551234
            20.003 BridgeLeave br=B1 ch=A1
            20.004 Hangup ch=A1
            20.005 Hangup ch=C
            24.000 DialEnd ch=K dest=V status=BUSY
            24.010 Hangup ch=V
            """)
        #expect(told.contains("V began at 20.002 (outbound)") && told.contains("A1 busy after 3.998"), "\(told)")
    }

    @Test("a question to somebody outside about a caller is no contact of its own")
    func consultsOutside() {
        #expect(
            afterAnswer(
                """
                20.000 Hold ch=A1
                21.000 Newchannel ch=K
                22.000 DialBegin ch=K dest=V number=0665551234
                24.000 BridgeEnter br=B2 ch=K
                24.000 BridgeEnter br=B2 ch=V
                29.000 BridgeLeave br=B2 ch=V
                29.010 Hangup ch=V
                29.020 Hangup ch=K
                30.000 Unhold ch=A1
                40.000 BridgeLeave br=B1 ch=C
                40.010 Hangup ch=C
                """) == [
                    "A1 held at 20.000", "A1 consults from 24.000", "A1 consults until 29.000",
                    "A1 retrieved at 30.000",
                    "A1 talked 20.000, hold 10.000, consultation 5.000, ended by unknown",
                    "C ended at 40.010",
                ])
    }
}
