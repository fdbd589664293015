import Testing

/// The worked scenarios of a queue call (`domain.md` §10.1, S01–S09), with their figures. Asterisk's event names,
/// lines as they come.
@Suite("A queue call")
struct ScenarioTests {
    static let simpleAnswer = """
        0.000 Newchannel ch=C
        0.200 Newstate ch=C state=Up            # the dial plan answered, not the agent
        10.000 QueueCallerJoin ch=C q=info
        10.100 AgentCalled ch=C dest=A1 q=info
        10.150 DialBegin ch=C dest=A1
        14.000 DialEnd ch=C dest=A1 status=ANSWER
        14.010 QueueCallerLeave ch=C q=info
        14.020 AgentConnect ch=C dest=A1
        14.030 BridgeEnter br=B1 ch=A1
        14.040 BridgeEnter br=B1 ch=C
        134.030 HangupRequest ch=C
        134.040 BridgeLeave br=B1 ch=C
        134.041 BridgeLeave br=B1 ch=A1
        134.050 Hangup ch=C
        134.060 Hangup ch=A1
        134.070 NewConnectedLine ch=A1          # after the Hangup
        134.080 AgentComplete dest=A1
        """

    @Test("that is answered waits until both are in one bridge, and talks until one leaves it")
    func answered() {
        #expect(
            story(Self.simpleAnswer) == [
                "C began at 0.000", "info queued at 10.000, place 1", "A1 alerting at 10.100 for info",
                "info answered by A1, wait 4.040, ring 3.900",
                "A1 talked 120.000, hold 0.000, ended by caller", "C ended at 134.050",
            ])
    }

    static let abandon = """
        0.000 Newchannel ch=C
        5.000 QueueCallerJoin ch=C q=info
        30.490 HangupRequest ch=C
        30.500 QueueCallerAbandon ch=C q=info
        30.501 QueueCallerLeave ch=C q=info
        30.510 Hangup ch=C
        """

    @Test("that is abandoned has waited until the caller hung up")
    func abandoned() {
        #expect(
            story(Self.abandon) == [
                "C began at 0.000", "info queued at 5.000, place 1", "info abandoned, wait 25.490", "C ended at 30.510",
            ])
    }

    static let shortAbandon = """
        0.000 Newchannel ch=C
        2.000 QueueCallerJoin ch=C q=info
        2.100 AgentCalled ch=C dest=A1
        2.150 DialBegin ch=C dest=A1
        6.000 HangupRequest ch=C
        6.005 DialEnd ch=C dest=A1 status=CANCEL
        6.006 DialEnd ch=C dest=A1 status=CANCEL
        6.010 QueueCallerAbandon ch=C q=info
        6.011 QueueCallerLeave ch=C q=info
        6.020 Hangup ch=A1
        6.030 Hangup ch=C
        """

    @Test("abandoned while a phone rings is no ring without answer for its agent")
    func ringingAgentCancelled() {
        #expect(
            story(Self.shortAbandon) == [
                "C began at 0.000", "info queued at 2.000, place 1", "A1 alerting at 2.100 for info",
                "A1 callerLeft after 3.905",
                "info abandoned, wait 4.000", "C ended at 6.030",
            ])
    }

    static let overflow = """
        0.000 Newchannel ch=C
        0.500 QueueCallerJoin ch=C q=info
        60.500 QueueCallerAbandon ch=C q=info
        60.501 QueueCallerLeave ch=C q=info
        61.000 QueueCallerJoin ch=C q=overflow at=9
        63.000 AgentCalled ch=C dest=A2 q=overflow
        65.900 DialEnd ch=C dest=A2 status=ANSWER
        65.910 QueueCallerLeave ch=C q=overflow at=9
        65.990 BridgeEnter br=B1 ch=C
        66.000 BridgeEnter br=B1 ch=A2
        96.000 BridgeLeave br=B1 ch=A2
        96.001 BridgeLeave br=B1 ch=C
        96.010 Hangup ch=A2
        96.020 Hangup ch=C
        """

    @Test("that overflows is a flow-out of the first queue and answered in the second, although Abandon was said")
    func overflowed() {
        #expect(
            story(Self.overflow) == [
                "C began at 0.000", "info queued at 0.500, place 1", "info flow-out unknown, wait 60.000",
                "overflow queued at 61.000, place 1",
                "A2 alerting at 63.000 for overflow", "overflow answered by A2, wait 5.000, ring 2.900",
                "A2 talked 30.000, hold 0.000, ended by unknown", "C ended at 96.020",
            ])
    }

    static let timeOut = """
        0.000 QueueCallerJoin ch=C q=info
        60.000 QueueCallerAbandon ch=C q=info
        60.001 QueueCallerLeave ch=C q=info
        60.020 Hangup ch=C
        """

    @Test("that times out and is then ended by the switch is a flow-out, not abandoned")
    func timedOut() {
        #expect(
            story(Self.timeOut) == [
                "C began at 0.000, partial", "info queued at 0.000, place 1", "info flow-out unknown, wait 60.000",
                "C ended at 60.020",
            ])
    }

    static let key = """
        0.000 QueueCallerJoin ch=C q=info
        12.000 QueueCallerLeave ch=C q=info
        12.500 DialBegin ch=C dest=V
        40.000 HangupRequest ch=C at=9
        40.010 Hangup ch=C at=9
        """

    @Test("that the caller leaves by pressing a key is a flow-out by key")
    func keyPressed() {
        #expect(
            story(Self.key) == [
                "C began at 0.000, partial", "info queued at 0.000, place 1", "info flow-out key, wait 12.000",
                // The caller was sent to a number outside, which did not answer.
                "V alerting at 12.500 (direct)", "V callerLeft after 27.510", "C ended at 40.010",
            ])
    }

    static let secondAgent = """
        0.900 QueueCallerJoin ch=C q=info
        1.000 AgentCalled ch=C dest=A1
        16.000 AgentRingNoAnswer ch=C dest=A1
        16.001 DialEnd ch=C dest=A1 status=NOANSWER
        16.100 AgentCalled ch=C dest=A2
        18.500 DialEnd ch=C dest=A2 status=ANSWER
        18.510 QueueCallerLeave ch=C q=info
        18.520 AgentConnect ch=C dest=A2
        18.590 BridgeEnter br=B1 ch=C
        18.600 BridgeEnter br=B1 ch=A2
        80.000 BridgeLeave br=B1 ch=A2
        80.001 BridgeLeave br=B1 ch=C
        80.010 Hangup ch=A2
        80.020 Hangup ch=C
        """

    @Test("that one agent lets ring is answered by the next")
    func rangWithoutAnswer() {
        #expect(
            story(Self.secondAgent) == [
                "C began at 0.900, partial", "info queued at 0.900, place 1", "A1 alerting at 1.000 for info",
                "A1 did not answer for info",
                "A1 noAnswer after 15.000", "A2 alerting at 16.100 for info",
                "info answered by A2, wait 17.700, ring 2.400",
                "A2 talked 61.400, hold 0.000, ended by unknown", "C ended at 80.020",
            ])
    }

    static let ringAll = """
        0.000 QueueCallerJoin ch=C q=info
        0.100 AgentCalled ch=C dest=A1
        0.101 AgentCalled ch=C dest=A2
        0.102 AgentCalled ch=C dest=A3
        20.000 DialEnd ch=C dest=A2 status=ANSWER
        20.000 BridgeEnter br=B1 ch=A2
        20.000 BridgeEnter br=B1 ch=C
        20.001 DialEnd ch=C dest=A1 status=CANCEL
        20.002 DialEnd ch=C dest=A3 status=CANCEL
        20.005 Hangup ch=A1
        20.006 Hangup ch=A3
        20.010 QueueCallerLeave ch=C q=info
        50.000 BridgeLeave br=B1 ch=C
        50.001 BridgeLeave br=B1 ch=A2
        50.010 HangupRequest ch=A2
        50.020 Hangup ch=A2
        50.030 Hangup ch=C
        """

    @Test("that rings three phones at once is answered by one of them, elsewhere for the others")
    func rangEverywhere() {
        #expect(
            story(Self.ringAll) == [
                "C began at 0.000, partial", "info queued at 0.000, place 1", "A1 alerting at 0.100 for info",
                "A2 alerting at 0.101 for info",
                "A3 alerting at 0.102 for info", "info answered by A2, wait 20.000, ring 19.899",
                "A1 answeredElsewhere after 19.901",
                // The first hang-up request shows who ended it, also if it follows the parting (`domain.md` §1.11).
                "A3 answeredElsewhere after 19.900", "A2 talked 30.000, hold 0.000, ended by agent",
                "C ended at 50.030",
            ])
    }

    static let holds = """
        0.000 QueueCallerJoin ch=C q=info
        5.000 AgentCalled ch=C dest=A1
        10.000 DialEnd ch=C dest=A1 status=ANSWER
        10.000 BridgeEnter br=B1 ch=C
        10.000 BridgeEnter br=B1 ch=A1
        40.000 Hold ch=A1
        70.000 Unhold ch=A1
        100.000 Hold ch=A1
        109.990 HangupRequest ch=C
        110.000 BridgeLeave br=B1 ch=C
        110.001 BridgeLeave br=B1 ch=A1
        110.010 Hangup ch=C
        110.020 Hangup ch=A1
        """

    @Test("held twice and ended on hold: the second hold ends with the conversation")
    func held() {
        #expect(
            story(Self.holds) == [
                "C began at 0.000, partial", "info queued at 0.000, place 1", "A1 alerting at 5.000 for info",
                "info answered by A1, wait 10.000, ring 5.000", "A1 held at 40.000", "A1 retrieved at 70.000",
                "A1 held at 100.000",
                "A1 talked 60.000, hold 40.000, ended by caller", "C ended at 110.010",
            ])
    }

    static let all = [simpleAnswer, abandon, shortAbandon, overflow, timeOut, key, secondAgent, ringAll, holds]
}
