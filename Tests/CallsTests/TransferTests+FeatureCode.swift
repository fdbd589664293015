import Calls
import Telephony
import Testing

/// Transfers by the switch's own codes (`*2`): the switch makes the consultation, and the agent never had a second
/// call.
extension TransferTests {
    /// A1 dials the code and the number, A2's phone rings behind a Local channel, and A1 hangs up: C is joined with
    /// that channel.
    private static let leftByCode = """
        60.000 Hold ch=A1
        62.000 Newchannel ch=L1
        62.000 Newchannel ch=L2
        62.000 LocalBridge a=L1 b=L2
        62.000 BridgeEnter br=B2 ch=L1
        62.000 DialBegin ch=L2 dest=A2
        62.000 BridgeLeave br=B1 ch=A1
        62.000 BridgeEnter br=B2 ch=A1
        70.000 HangupRequest ch=A1
        70.000 BridgeLeave br=B2 ch=A1
        70.000 BridgeLeave br=B2 ch=L1
        70.000 BridgeEnter br=B1 ch=L1
        70.002 AttendedTransfer ch=A1 second=A1

        """

    @Test(
        "S12: blonde, by feature code: the colleague who was asked rings for the caller, since it was dialled, answered or not"
    )
    func blondeByCode() {
        let told = afterAnswer(
            Self.leftByCode + """
                80.000 BridgeLeave br=B1 ch=L1
                80.000 Hangup ch=L1
                80.000 DialEnd ch=L2 dest=A2 status=CANCEL
                80.000 Hangup ch=L2
                80.000 Hangup ch=A2
                90.000 BridgeLeave br=B1 ch=C
                90.010 Hangup ch=C
                """)
        #expect(told.filter { $0.hasPrefix("A2") } == ["A2 alerting at 62.000 (transfer)", "A2 noAnswer after 18.000"])
    }

    @Test("S12: blonde, by feature code, and answered: one part, which begins when the caller hears the colleague")
    func blondeByCodeAnswered() {
        let told = afterAnswer(
            Self.leftByCode + """
                75.000 DialEnd ch=L2 dest=A2 status=ANSWER
                75.100 BridgeEnter br=B3 ch=L2
                75.100 BridgeEnter br=B3 ch=A2
                105.100 BridgeLeave br=B3 ch=A2
                105.101 BridgeLeave br=B1 ch=C
                105.110 Hangup ch=A2
                105.120 Hangup ch=C
                """)
        #expect(
            told.filter { $0.hasPrefix("A2") } == [
                "A2 alerting at 62.000 (transfer)", "A2 talks (transfer), ring 13.000",
                "A2 talked 30.000, hold 0.000, ended by unknown",
            ])
    }

    @Test("A queue that caller and agent ask together is asked for the agent alone again when the caller leaves")
    func placeGoesBack() {
        let told = afterAnswer(
            """
            60.000 Hold ch=A1
            62.000 Newchannel ch=L1 link=C
            62.000 Newchannel ch=L2 link=C
            62.000 LocalBridge a=L1 b=L2
            62.010 QueueCallerJoin ch=L2 q=claims
            62.010 BridgeEnter br=B2 ch=L1
            62.010 BridgeLeave br=B1 ch=A1
            62.010 BridgeEnter br=B2 ch=A1
            64.000 BridgeLeave br=B2 ch=L1
            64.000 BridgeEnter br=B1 ch=L1
            64.000 BridgeLeave br=B2 ch=A1
            64.000 BridgeEnter br=B1 ch=A1
            65.000 HangupRequest ch=C
            65.000 BridgeLeave br=B1 ch=C
            65.001 Hangup ch=C
            67.000 HangupRequest ch=A1
            67.000 BridgeLeave br=B1 ch=A1
            67.000 BridgeLeave br=B1 ch=L1
            67.000 HangupRequest ch=L2
            67.001 QueueCallerAbandon ch=L2 q=claims
            67.001 QueueCallerLeave ch=L2 q=claims
            67.002 Hangup ch=L1
            67.002 Hangup ch=A1
            67.002 Hangup ch=L2

            """)
        #expect(
            told.filter { $0.hasPrefix("claims ") } == [
                "claims queued at 62.010, place 1", "claims inherited from L2", "claims inherited from C",
                "claims abandoned, wait 4.990",
            ])
        #expect(told.last?.contains("ended at 67.00") == true)
    }

    @Test("A colleague who is only asked by feature code, while the caller waits, does not ring for the caller")
    func askedByCode() {
        let asked = Self.leftByCode.split(separator: "\n").prefix { !$0.hasPrefix("70.") }.joined(separator: "\n")
        let told = afterAnswer(
            asked + """

                68.000 DialEnd ch=L2 dest=A2 status=NOANSWER
                68.000 Hangup ch=A2
                68.000 BridgeLeave br=B2 ch=L1
                68.000 BridgeLeave br=B2 ch=A1
                68.000 BridgeEnter br=B1 ch=A1
                90.000 BridgeLeave br=B1 ch=C
                90.010 Hangup ch=C
                90.010 Hangup ch=A1
                """)
        #expect(told.filter { $0.hasPrefix("A2") } == [])
    }

    /// A1 dials the code and the number of a queue: the order of `atx_feature-a`, with `Queue()` where a phone was
    /// dialled.
    private static let queueAskedByCode = """
        60.000 Hold ch=A1
        62.000 Newchannel ch=L1 link=C
        62.000 Newchannel ch=L2 link=C
        62.000 LocalBridge a=L1 b=L2
        62.000 BridgeEnter br=B2 ch=L1
        62.010 QueueCallerJoin ch=L2 q=reclami at=9
        62.020 BridgeLeave br=B1 ch=A1
        62.020 BridgeEnter br=B2 ch=A1
        63.000 AgentCalled ch=L2 dest=A2 q=reclami
        63.000 DialBegin ch=L2 dest=A2

        """
    private static let toldOfQueueAskedByCode = [
        "A1 held at 60.000", "L2 began at 62.000 (internal)", "reclami queued at 62.010, place 1",
        "A2 alerting at 63.000 for reclami",
    ]
    private static let queueAnswers = """
        70.000 DialEnd dest=A2 status=ANSWER
        70.000 QueueCallerLeave ch=L2 q=reclami at=9
        70.000 AgentConnect ch=L2 dest=A2 q=reclami
        70.100 BridgeEnter br=B3 ch=A2
        70.100 BridgeEnter br=B3 ch=L2

        """

    @Test(
        "a queue that is asked by feature code is a consultation, and no customer is called back: handed over, one contact"
    )
    func queueAskedByCode() {
        #expect(
            afterAnswer(
                Self.queueAskedByCode + Self.queueAnswers + """
                    90.000 BridgeLeave br=B2 ch=L1
                    90.000 BridgeEnter br=B1 ch=L1
                    90.000 BridgeLeave br=B2 ch=A1
                    90.002 AttendedTransfer ch=A1 second=A1
                    90.010 Hangup ch=A1
                    150.000 BridgeLeave br=B1 ch=C
                    150.010 Hangup ch=C
                    """) == Self.toldOfQueueAskedByCode + [
                    "reclami answered by A2, wait 8.090, ring 7.000", "A1 consults from 70.100",
                    "A1 consults until 90.000", "A2 talked 19.900, hold 0.000, ended by caller", "L2 merged into C",
                    "A2 talks (transfer), ring 7.000",
                    "A1 talked 50.000, hold 30.002, consultation 19.900, ended by transfer",
                    "A2 talked 60.000, hold 0.000, ended by unknown", "C ended at 150.010",
                ])
    }

    @Test(
        "a queue that is asked by feature code, and left to the caller while it still waits: the caller has the place")
    func queueLeftByCode() {
        #expect(
            afterAnswer(
                Self.queueAskedByCode + """
                    65.000 BridgeLeave br=B2 ch=A1
                    65.000 BridgeLeave br=B2 ch=L1
                    65.000 BridgeEnter br=B1 ch=L1
                    65.002 AttendedTransfer ch=A1 second=A1
                    65.010 Hangup ch=A1

                    """ + Self.queueAnswers + """
                        150.000 BridgeLeave br=B1 ch=C
                        150.010 Hangup ch=C
                        """) == Self.toldOfQueueAskedByCode + [
                    "reclami inherited from L2", "L2 merged into C", "A1 talked 50.000, hold 5.002, ended by transfer",
                    "reclami answered by A2, wait 8.090, ring 7.000", "A2 talked 79.900, hold 0.000, ended by unknown",
                    "C ended at 150.010",
                ])
    }

    @Test("a Local channel that a queue's member stands for, and that comes into another queue, is no consultation")
    func memberIsAQueue() {
        #expect(
            story(
                """
                0.000 QueueCallerJoin ch=C q=info
                1.000 Newchannel ch=L1 link=C
                1.000 Newchannel ch=L2 link=C
                1.000 LocalBridge a=L1 b=L2
                1.000 AgentCalled ch=C dest=L1 agent=Team
                1.000 DialBegin ch=L2 dest=A1
                10.000 DialEnd dest=A1 status=ANSWER
                10.000 BridgeEnter br=B2 ch=L2
                10.000 BridgeEnter br=B2 ch=A1
                10.000 DialEnd dest=L1 status=ANSWER
                10.000 AgentConnect ch=C dest=L1 agent=Team
                10.000 BridgeEnter br=B1 ch=C
                10.000 BridgeEnter br=B1 ch=L1
                70.010 BlindTransfer ch=A1
                70.010 BridgeLeave br=B2 ch=A1
                70.011 BridgeLeave br=B2 ch=L2
                70.015 QueueCallerJoin ch=L2 q=reclami at=9
                70.020 Hangup ch=A1
                """
            ).contains { $0.contains("internal") } == false)
    }
}
