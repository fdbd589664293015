import Calls
import Telephony
import Testing

/// `Bridge`, as an AMI action or as an application, takes a caller out of a queue: a Surrogate stands in the queue for
/// the caller, and the queue reports the Surrogate's leaving. The queue_log has ABANDON.
@Suite("A caller whom `Bridge` takes out of a queue")
struct TakenAwayTests {
    private let waiting = """
        0.000 Newchannel ch=C
        0.000 QueueCallerJoin ch=C
        2.000 AgentCalled ch=C dest=A2
        5.000 Newchannel ch=A1

        """
    private let talk = """
        38.000 HangupRequest ch=C
        38.000 BridgeLeave ch=C
        38.000 BridgeLeave ch=A1
        38.000 Hangup ch=C
        """

    private let taken = [
        "info queued at 0.000, place 1", "A2 alerting at 2.000 for info", "info abandoned, wait 8.000",
        "A2 callerLeft after 6.000", "A1 talks (direct), ring ?", "A1 talked 30.000, hold 0.000, ended by caller",
    ]

    @Test("has abandoned the queue at that moment, and the conversation is none of the queue's")
    func bridged() {
        let told = story(
            waiting + """
                8.000 Surrogate ch=LS for=C
                8.000 BridgeEnter ch=C
                8.000 BridgeEnter ch=A1
                8.000 DialEnd ch=LS dest=A2 status=CANCEL
                8.001 QueueCallerAbandon ch=LS
                8.001 QueueCallerLeave ch=LS
                8.002 Hangup ch=A2
                8.003 Hangup ch=LS

                """ + talk)
        #expect(Array(told.dropFirst().dropLast()) == taken)
    }

    @Test("has abandoned it also if the queue speaks before the voices are joined")
    func abandonedFirst() {
        let told = story(
            waiting + """
                8.000 Surrogate ch=LS for=C
                8.000 QueueCallerAbandon ch=LS
                8.000 QueueCallerLeave ch=LS
                8.000 Hangup ch=LS
                8.000 BridgeEnter ch=C
                8.000 BridgeEnter ch=A1

                """ + talk)
        #expect(Array(told.dropFirst().dropLast()) == taken)
    }

    @Test("waits on if the Surrogate goes without the caller's having been taken")
    func inVain() {
        let told = story(
            waiting + """
                8.000 Surrogate ch=LS for=C
                8.000 Hangup ch=LS
                9.000 DialEnd ch=C dest=A2 status=ANSWER
                9.000 QueueCallerLeave ch=C
                9.000 AgentConnect ch=C dest=A2
                9.000 BridgeEnter ch=C
                9.000 BridgeEnter ch=A2
                """)
        #expect(told.contains("info answered by A2, wait 9.000, ring 7.000"))
    }

    @Test("is answered after such a Surrogate, also if the voices are reported before the queue's answer")
    func inVainInAnotherOrder() {
        let told = story(
            waiting + """
                8.000 Surrogate ch=LS for=C
                8.000 Hangup ch=LS
                9.000 DialEnd ch=C dest=A2 status=ANSWER
                9.000 BridgeEnter ch=C
                9.000 BridgeEnter ch=A2
                9.000 QueueCallerLeave ch=C
                9.000 AgentConnect ch=C dest=A2
                """)
        #expect(told.contains("info answered by A2, wait 9.000, ring 7.000"))
    }

    @Test("is not the caller of a Surrogate with another name")
    func another() {
        let told = story(
            waiting + """
                8.000 Surrogate ch=LS for=D
                8.000 QueueCallerAbandon ch=LS
                9.000 HangupRequest ch=C
                9.000 QueueCallerAbandon ch=C
                9.000 Hangup ch=C
                """)
        #expect(told.contains("info abandoned, wait 9.000"))
    }
}
