import Telephony
import Testing
import Time

/// The rules at the head of `Calls+Visits.swift`, each by its smallest example. A caller joins at 0 and stands at
/// priority 5.
@Suite("A visit ends")
struct OutcomeTests {
    private func outcome(_ text: String) -> String? {
        story("0.000 Newchannel\n0.000 QueueCallerJoin pos=2\n" + text).first {
            $0.hasPrefix("info ") && !$0.contains("queued")
        }
    }

    @Test("abandoned, at the caller's own hang-up, when that came before the Abandon")
    func callerHungUp() {
        #expect(
            outcome("7.000 HangupRequest\n7.010 QueueCallerAbandon\n7.011 QueueCallerLeave\n7.020 Hangup")
                == "info abandoned, wait 7.000")
    }

    @Test(
        "abandoned, at the Leave, when the hang-up is reported within the grace and the caller has not left the application"
    )
    func hangUpToldLate() {
        #expect(outcome("7.000 QueueCallerLeave\n7.010 HangupRequest\n7.020 Hangup") == "info abandoned, wait 7.000")
        #expect(
            outcome("7.000 QueueCallerAbandon\n7.001 QueueCallerLeave\n7.010 HangupRequest\n7.020 Hangup")
                == "info abandoned, wait 7.000")
    }

    @Test("as a flow-out, when the caller hangs up within the grace but elsewhere in the dial plan")
    func hangUpElsewhere() {
        #expect(
            outcome("7.000 QueueCallerLeave\n7.500 HangupRequest at=9\n7.510 Hangup at=9")
                == "info flow-out key, wait 7.000")
        #expect(
            outcome("7.000 QueueCallerAbandon\n7.001 QueueCallerLeave\n7.500 HangupRequest at=9\n7.510 Hangup at=9")
                == "info flow-out unknown, wait 7.000")
    }

    @Test("abandoned when the Abandon stands elsewhere in the dial plan: a supervisor redirected the caller")
    func redirected() {
        #expect(
            outcome("7.000 QueueCallerAbandon at=1\n7.001 QueueCallerLeave at=1\n7.100 QueueCallerJoin q=altra")
                == "info abandoned, wait 7.000")
    }

    @Test("abandoned when the switch hangs up a caller who is still in the queue")
    func hungUpByManagement() {
        #expect(
            outcome("7.000 SoftHangupRequest\n7.010 QueueCallerAbandon\n7.011 QueueCallerLeave\n7.020 Hangup")
                == "info abandoned, wait 7.010")
        #expect(outcome("7.000 SoftHangupRequest\n7.020 Hangup") == "info abandoned, wait 7.020")
    }

    @Test("as a flow-out of unknown reason after a bare Abandon, once the grace of a second is over")
    func grace() {
        let text = "0.000 QueueCallerJoin\n7.000 QueueCallerAbandon\n7.001 QueueCallerLeave"
        #expect(story(text, until: .milliseconds(7999)).last == "info queued at 0.000, place 1")
        #expect(story(text, until: .seconds(8)).last == "info flow-out unknown, wait 7.000")
    }

    @Test("as a flow-out by key after a bare Leave")
    func key() {
        #expect(outcome("7.000 QueueCallerLeave\n30.000 Hangup at=9") == "info flow-out key, wait 7.000")
        #expect(
            outcome("7.000 QueueCallerLeave\n7.400 QueueCallerJoin q=altra at=9") == "info flow-out key, wait 7.000")
        #expect(outcome("7.000 QueueCallerLeave\n7.100 Hangup") == "info flow-out key, wait 7.000")
    }

    @Test(
        "as a flow-out for the reason that the dial plan tells",
        arguments: [
            ("TIMEOUT", "timeout"), ("LEAVEEMPTY", "empty"), ("LEAVEUNAVAIL", "empty"), ("WITHDRAW", "withdrawn"),
            ("CONTINUE", "unknown"),
            ("FULL", "unknown"),
        ])
    func reason(status: String, reason: String) {
        #expect(
            outcome(
                "7.000 QueueCallerAbandon\n7.001 QueueCallerLeave\n7.010 QUEUESTATUS status=\(status)\n7.020 Hangup at=9"
            )
                == "info flow-out \(reason), wait 7.000")
    }

    @Test("not by what the dial plan reports after the grace")
    func lateReason() {
        #expect(
            outcome("7.000 QueueCallerAbandon\n7.001 QueueCallerLeave\n9.000 QUEUESTATUS status=TIMEOUT")
                == "info flow-out unknown, wait 7.000")
    }

    /// A supervisor takes the caller away; a time-out would let the round end first.
    @Test("abandoned where the Abandon cuts a ringing phone short")
    func takenAway() {
        let ringing = "1.000 AgentCalled dest=A1\n"
        let end = "7.000 QueueCallerAbandon\n7.001 QueueCallerLeave\n7.002 QueueCallerJoin q=altra at=9"
        #expect(outcome(ringing + "7.000 DialEnd dest=A1 status=CANCEL\n" + end) == "info abandoned, wait 7.000")
        #expect(
            outcome(ringing + "7.000 AgentRingNoAnswer dest=A1\n7.000 DialEnd dest=A1 status=CANCEL\n" + end)
                == "info flow-out unknown, wait 7.000")
    }

    @Test("answered when the agent is gone before the voices meet: at the switch's own Connect")
    func neverBridged() {
        let connect =
            "1.000 AgentCalled dest=A1\n4.000 DialEnd dest=A1 status=ANSWER\n4.010 QueueCallerLeave\n4.020 AgentConnect dest=A1\n"
        #expect(
            outcome(connect + "4.100 HangupRequest ch=A1\n4.110 Hangup ch=A1\n4.200 Hangup")
                == "info answered by A1, wait 4.020, ring 3.000")
        #expect(
            outcome(connect + "4.100 HangupRequest\n4.110 Hangup\n4.200 Hangup ch=A1")
                == "info answered by A1, wait 4.020, ring 3.000")
    }

    @Test("lost when the channel ends without a word")
    func vanished() {
        #expect(outcome("7.000 Hangup") == "info lost, wait 7.000")
    }

    @Test("lost when the caller joins another queue without having left")
    func leaveMissed() {
        #expect(outcome("7.000 QueueCallerJoin q=altra at=9") == "info lost, wait 7.000")
    }

    @Test("abandoned when the caller hangs up while a member's answer is announced")
    func hangUpInAnnouncement() {
        #expect(
            outcome(
                "1.000 AgentCalled dest=A1\n4.000 DialEnd dest=A1 status=ANSWER\n5.000 HangupRequest\n5.010 QueueCallerAbandon\n5.011 QueueCallerLeave\n5.020 Hangup\n5.030 Hangup ch=A1"
            ) == "info abandoned, wait 5.000")
    }

    /// The queue lets the caller go (QueueCallerLeave), runs the member's gosub or AGI on the agent's channel, and
    /// connects then.
    private static let announcing =
        "1.000 AgentCalled dest=A1\n10.000 DialEnd dest=A1 status=ANSWER\n10.000 QueueCallerLeave\n"

    @Test("answered, however long something is played to the agent between the Leave and the Connect")
    func longAnnouncement() {
        #expect(
            outcome(Self.announcing + "13.000 AgentConnect dest=A1\n13.000 BridgeEnter\n13.000 BridgeEnter ch=A1")
                == "info answered by A1, wait 13.000, ring 9.000")
    }

    @Test("as a flow-out, when the agent who answered is gone before the Connect and the caller lives on")
    func announcementFailed() {
        let text = Self.announcing + "12.000 Hangup ch=A1"
        #expect(
            story("0.000 QueueCallerJoin\n" + text, until: .milliseconds(12_999)).last == "A1 noAnswer after 11.000")
        #expect(outcome(text) == "info flow-out key, wait 10.000")
    }

    @Test(
        "answered when the caller hangs up while something is played to the agent, and the queue connects all the same")
    func hangUpBeforeConnect() {
        #expect(
            outcome(
                Self.announcing
                    + "10.500 HangupRequest\n13.000 AgentConnect dest=A1\n13.010 Hangup\n13.020 Hangup ch=A1")
                == "info answered by A1, wait 13.000, ring 9.000")
        #expect(
            outcome(Self.announcing + "10.500 HangupRequest\n10.510 Hangup\n10.520 Hangup ch=A1")
                == "info abandoned, wait 10.000")
    }

    @Test(
        "abandoned, when the customer of a callback hangs up and the line is gone before the Local half that waits for it"
    )
    func callback() {
        let told = story(
            """
            0.000 Newchannel ch=L1
            0.000 Newchannel ch=L2
            0.000 LocalBridge a=L1 b=L2
            0.000 DialBegin dest=L1
            0.010 DialBegin ch=L2 dest=C number=3479998877
            2.000 DialEnd ch=L2 dest=C status=ANSWER
            2.000 BridgeEnter br=B1 ch=C
            2.000 DialEnd dest=L1 status=ANSWER
            2.100 QueueCallerJoin ch=L1 q=info
            2.110 BridgeEnter br=B1 ch=L2
            2.200 AgentCalled ch=L1 q=info dest=A1
            5.000 HangupRequest ch=C
            5.000 BridgeLeave br=B1 ch=C
            5.000 BridgeLeave br=B1 ch=L2
            5.001 Hangup ch=C
            5.002 HangupRequest ch=L1
            5.002 DialEnd ch=L1 dest=A1 status=CANCEL
            5.002 Hangup ch=L2
            5.003 QueueCallerAbandon ch=L1 q=info
            5.003 QueueCallerLeave ch=L1 q=info
            5.004 Hangup ch=L1
            """)
        #expect(
            told.filter { $0.hasPrefix("info ") } == ["info queued at 2.100, place 1", "info abandoned, wait 2.900"])
    }

    @Test("only in its own queue: another queue's Abandon and Leave mean nothing to it")
    func otherQueue() {
        #expect(
            outcome(
                "3.000 QueueCallerAbandon q=altra\n3.001 QueueCallerLeave q=altra\n7.000 HangupRequest\n7.010 QueueCallerAbandon\n7.020 Hangup"
            )
                == "info abandoned, wait 7.000")
    }

    @Test("after a wait that is never negative, whatever the switch's clock does")
    func clockBack() {
        #expect(
            story("5.000 QueueCallerJoin\n4.000 HangupRequest\n4.010 QueueCallerAbandon\n4.020 Hangup").contains(
                "info abandoned, wait 0.000"))
    }
}

@Suite("A caller refused at the door")
struct RefusalTests {
    @Test(
        "makes no visit and is counted for its queue",
        arguments: [("FULL", "full"), ("JOINEMPTY", "empty"), ("JOINUNAVAIL", "empty")])
    func refused(status: String, reason: String) {
        #expect(
            story("0.000 Newchannel\n1.000 QUEUESTATUS q=info status=\(status)\n2.000 Hangup")
                == ["C began at 0.000", "info refused: \(reason)", "C ended at 2.000"])
    }

    @Test("is counted also if the dial plan does not say which queue")
    func unnamed() {
        #expect(story("0.000 Newchannel\n1.000 QUEUESTATUS status=FULL\n2.000 Hangup")[1] == "? refused: full")
    }

    @Test("is not counted for the words that report a visit's end")
    func otherWords() {
        #expect(
            story(
                "0.000 Newchannel\n1.000 QUEUESTATUS q=info status=TIMEOUT\n1.100 QUEUESTATUS q=info status=CONTINUE\n2.000 Hangup"
            )
                == ["C began at 0.000", "C ended at 2.000"])
    }
}
