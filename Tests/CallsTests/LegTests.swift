import Calls
import Telephony
import Testing

@Suite("An agent's part")
struct LegTests {
    private let answered = """
        0.000 Newchannel ch=C
        0.000 QueueCallerJoin ch=C
        1.000 AgentCalled ch=C dest=A1
        4.000 DialEnd ch=C dest=A1 status=ANSWER
        4.010 QueueCallerLeave ch=C
        4.020 AgentConnect ch=C dest=A1
        4.030 BridgeEnter ch=C
        4.040 BridgeEnter ch=A1

        """

    private func end(_ text: String) -> String? { story(answered + text).first { $0.contains("talked") } }

    @Test("is ended by the side that asked to hang up first, whatever followed")
    func endedBy() {
        #expect(
            end("9.000 HangupRequest ch=A1\n9.040 BridgeLeave ch=A1\n9.041 BridgeLeave ch=C")
                == "A1 talked 5.000, hold 0.000, ended by agent")
        #expect(
            end("9.000 HangupRequest ch=C\n9.040 BridgeLeave ch=C\n9.050 Hangup ch=C")
                == "A1 talked 5.000, hold 0.000, ended by caller")
        #expect(
            end("9.000 HangupRequest ch=C\n9.001 HangupRequest ch=A1\n9.040 BridgeLeave ch=A1")
                == "A1 talked 5.000, hold 0.000, ended by caller")
        #expect(
            end("9.000 SoftHangupRequest ch=C\n9.040 BridgeLeave ch=C")
                == "A1 talked 5.000, hold 0.000, ended by system")
        #expect(end("9.040 BridgeLeave ch=C") == "A1 talked 5.000, hold 0.000, ended by unknown")
    }

    @Test("ends with its channel if no BridgeLeave was reported")
    func hangupOnly() {
        #expect(
            end("9.030 HangupRequest ch=A1\n9.040 Hangup ch=A1\n9.050 Hangup ch=C")
                == "A1 talked 5.000, hold 0.000, ended by agent")
        #expect(
            end("9.030 HangupRequest ch=C\n9.040 Hangup ch=C\n9.050 Hangup ch=A1")
                == "A1 talked 5.000, hold 0.000, ended by caller")
    }

    @Test("does not end when the channel leaves a bridge that it is not in")
    func otherBridge() {
        #expect(
            end("6.000 BridgeLeave ch=C br=B7\n9.040 BridgeLeave ch=C")
                == "A1 talked 5.000, hold 0.000, ended by unknown")
    }

    @Test("counts a hold only on the agent's channel, and an Unhold only after a Hold")
    func holds() {
        #expect(
            end(
                "5.000 Hold ch=C\n5.500 Unhold ch=A1\n6.000 Hold ch=A1\n6.500 Hold ch=A1\n8.000 Unhold ch=A1\n8.100 Unhold ch=A1\n9.040 BridgeLeave ch=C"
            )
                == "A1 talked 3.000, hold 2.000, ended by unknown")
    }

    @Test(
        "ends its ringing for the reason that the switch gives",
        arguments: [
            ("6.000 DialEnd dest=A1 status=BUSY", "A1 busy after 5.000"),
            ("6.000 DialEnd dest=A1 status=NOANSWER", "A1 noAnswer after 5.000"),
            ("6.000 DialEnd dest=A1 status=CHANUNAVAIL", "A1 noAnswer after 5.000"),
            ("6.000 Hangup ch=A1", "A1 noAnswer after 5.000"),
            ("5.900 HangupRequest ch=C\n6.000 DialEnd dest=A1 status=CANCEL", "A1 callerLeft after 5.000"),
            ("5.900 SoftHangupRequest ch=C\n6.000 Hangup ch=A1", "A1 callerLeft after 5.000"),
            // The caller pressed a key, or a supervisor took the caller elsewhere: the queue cancels the phone, and
            // logs no RINGNOANSWER.
            ("6.000 DialEnd dest=A1 status=CANCEL\n6.002 QueueCallerLeave", "A1 callerLeft after 5.000"),
            // The caller goes on waiting.
            ("6.000 DialEnd dest=A1 status=CANCEL", "A1 noAnswer after 5.000"),
            // The phone refused in the instant in which the caller hung up: the queue logs a RINGNOANSWER, before
            // or after that.
            (
                "6.000 HangupRequest ch=C\n6.000 DialEnd dest=A1 status=NOANSWER\n6.001 DialEnd dest=A1 status=CANCEL",
                "A1 noAnswer after 5.000"
            ),
        ])
    func ringingEnds(text: String, line: String) {
        #expect(
            story("0.000 QueueCallerJoin\n1.000 AgentCalled dest=A1\n" + text).first {
                $0.hasPrefix("A1 ") && !$0.contains("alerting")
            }
                == line)
    }

    @Test(
        "was not left by a caller who waits on, whether the next phone rings at once or later, and whoever ends the wait",
        arguments: [
            "6.001 AgentCalled dest=A2\n6.200 DialEnd dest=A2 status=ANSWER\n6.200 AgentConnect dest=A2\n6.200 BridgeEnter\n6.200 BridgeEnter ch=A2",
            """
            12.000 AgentCalled dest=A2
            16.000 DialEnd dest=A2 status=ANSWER
            16.000 AgentConnect dest=A2
            16.000 BridgeEnter
            16.000 BridgeEnter ch=A2
            """,
            "16.000 HangupRequest\n16.001 QueueCallerAbandon\n16.001 QueueCallerLeave\n16.002 Hangup",
        ])
    func givenUpAlone(text: String) {
        let told = story(
            "0.000 QueueCallerJoin\n1.000 AgentCalled dest=A1\n6.000 DialEnd dest=A1 status=CANCEL\n6.000 Hangup ch=A1\n"
                + text)
        #expect(told.filter { $0.hasPrefix("A1 ") } == ["A1 alerting at 1.000 for info", "A1 noAnswer after 5.000"])
    }

    @Test("is counted as ring without answer also if its channel is gone before the switch reports that")
    func lateRingNoAnswer() {
        #expect(
            story(
                "0.000 QueueCallerJoin\n1.000 AgentCalled dest=A1\n6.000 DialEnd dest=A1 status=NOANSWER\n6.010 Hangup ch=A1\n6.020 AgentRingNoAnswer dest=A1"
            )
            .suffix(2) == ["A1 noAnswer after 5.000", "A1 did not answer for info"])
        #expect(
            story("0.000 QueueCallerJoin\n6.020 AgentRingNoAnswer agent=PJSIP/1001").last
                == "PJSIP/1001 did not answer for info")
    }

    @Test("may be taken by a colleague: it counts for the member who was rung")
    func pickedUp() {
        #expect(
            story(
                """
                0.000 QueueCallerJoin ch=C
                1.000 AgentCalled ch=C dest=A1 agent=PJSIP/1001
                3.000 Newchannel ch=A9
                4.000 QueueCallerLeave ch=C
                4.000 AgentConnect ch=C dest=A9 agent=PJSIP/1001
                4.100 BridgeEnter ch=A9
                4.110 BridgeEnter ch=C
                4.200 Hangup ch=A1
                9.110 BridgeLeave ch=A9
                9.120 Hangup ch=A9
                9.130 Hangup ch=C
                """) == [
                    "C began at 0.000, partial", "info queued at 0.000, place 1",
                    "PJSIP/1001 alerting at 1.000 for info",
                    "info answered by PJSIP/1001 (A9 speaks), wait 4.110, ring 3.000",
                    "PJSIP/1001 talked 5.000, hold 0.000, ended by unknown",
                    "C ended at 9.130",
                ])
    }

    @Test("is an agent's also if the member is a Local channel with a phone outside behind it: the caller was answered")
    func outsidePhone() {
        #expect(
            story(
                """
                0.000 Newchannel ch=C
                0.000 QueueCallerJoin ch=C
                1.000 Newchannel ch=L1
                1.000 Newchannel ch=L2
                1.000 LocalBridge a=L1 b=L2
                1.000 AgentCalled ch=C dest=L1 agent=Mobile
                1.100 DialBegin ch=L2 dest=V number=3471234567
                9.900 DialEnd ch=L2 dest=V status=ANSWER
                9.910 BridgeEnter br=B2 ch=L2
                9.910 BridgeEnter br=B2 ch=V
                9.910 DialEnd ch=C dest=L1 status=ANSWER
                10.000 QueueCallerLeave ch=C
                10.000 AgentConnect ch=C dest=L1 agent=Mobile
                10.010 BridgeEnter ch=L1
                10.010 BridgeEnter ch=C
                40.010 BridgeLeave ch=C
                40.020 Hangup ch=C
                """) == [
                    "C began at 0.000", "info queued at 0.000, place 1", "Mobile alerting at 1.000 for info",
                    "info answered by Mobile, wait 10.010, ring 8.900",
                    "Mobile talked 30.000, hold 0.000, ended by unknown",
                    "C ended at 40.020",
                ])
    }

    /// The member is a Local channel with two phones behind it. The one that was dialled last is cancelled: early, when
    /// the other answers, or after the voices have met.
    private static func twoPhones(cancelled: String) -> String {
        """
        0.000 Newchannel ch=C
        0.000 QueueCallerJoin ch=C
        1.000 Newchannel ch=L1
        1.000 Newchannel ch=L2
        1.000 LocalBridge a=L1 b=L2
        1.000 AgentCalled ch=C dest=L1 agent=Team
        1.100 DialBegin ch=L2 dest=A1
        1.100 DialBegin ch=L2 dest=A2
        \(cancelled != "early" ? "" : "3.000 DialEnd ch=L2 dest=A2 status=BUSY\n3.000 Hangup ch=A2")
        9.900 DialEnd ch=L2 dest=A1 status=ANSWER
        \(cancelled == "at the answer" ? "9.901 DialEnd ch=L2 dest=A2 status=CANCEL\n9.902 Hangup ch=A2" : "")
        9.910 BridgeEnter br=B2 ch=L2
        9.910 BridgeEnter br=B2 ch=A1
        9.910 DialEnd ch=C dest=L1 status=ANSWER
        10.000 QueueCallerLeave ch=C
        10.000 AgentConnect ch=C dest=L1 agent=Team
        10.010 BridgeEnter ch=L1
        10.010 BridgeEnter ch=C
        \(cancelled == "afterwards" ? "10.020 DialEnd ch=L2 dest=A2 status=CANCEL\n10.030 Hangup ch=A2" : "")

        """
    }
    private static let toldOfTwoPhones = [
        "C began at 0.000", "info queued at 0.000, place 1", "Team alerting at 1.000 for info",
        "info answered by Team, wait 10.010, ring 8.910",
    ]

    private static let twoPhonesCases = [
        twoPhones(cancelled: "early"), twoPhones(cancelled: "at the answer"), twoPhones(cancelled: "afterwards"),
    ]

    @Test("is on the phone that answered if two rang behind one Local member", arguments: twoPhonesCases)
    func twoPhonesBehindOneMember(answered: String) {
        #expect(
            story(
                answered + """
                    20.000 Hold ch=A1
                    25.000 Unhold ch=A1
                    40.010 BlindTransfer ch=A1
                    40.010 BridgeLeave br=B2 ch=A1
                    40.020 Hangup ch=A1
                    50.000 Hangup ch=C
                    """) == Self.toldOfTwoPhones + [
                    "Team held at 20.000", "Team retrieved at 25.000",
                    "Team talked 25.000, hold 5.000, ended by transfer",
                    "C ended at 50.000",
                ])
    }

    @Test("is still one leg when the Local channel is optimised away afterwards", arguments: twoPhonesCases)
    func twoPhonesOptimised(answered: String) {
        #expect(
            story(
                answered + """
                    10.200 BridgeLeave br=B2 ch=A1
                    10.201 BridgeLeave br=B1 ch=L1
                    10.202 BridgeEnter br=B1 ch=A1 swap=L1
                    10.204 BridgeLeave br=B2 ch=L2
                    10.300 Hangup ch=L1
                    10.301 Hangup ch=L2
                    40.010 BridgeLeave br=B1 ch=A1
                    40.020 Hangup ch=A1
                    50.000 Hangup ch=C
                    """) == Self.toldOfTwoPhones + [
                    "Team talked 30.000, hold 0.000, ended by unknown", "C ended at 50.000",
                ])
    }

    @Test("is known from the Connect alone if we did not see the phone ring")
    func ringNotSeen() {
        #expect(
            story(
                "0.000 QueueCallerJoin ch=C\n4.000 AgentConnect ch=C dest=A1\n4.100 BridgeEnter ch=C\n4.110 BridgeEnter ch=A1"
            )
            .last == "info answered by A1, wait 4.110, ring ?")
    }

    @Test("is established when both are in the bridge, also if the Connect comes after")
    func connectLast() {
        #expect(
            story(
                "0.000 QueueCallerJoin ch=C\n1.000 Newchannel ch=A1\n4.000 BridgeEnter ch=C\n4.010 BridgeEnter ch=A1\n4.100 AgentConnect ch=C dest=A1"
            )
            .last == "info answered by A1, wait 4.010, ring ?")
    }
}
