import Calls
import Telephony
import Testing

/// `FollowMe` rings several phones and asks who picks up to press 1. When one is picked up, it reports that one as
/// answered and every other as cancelled, although they ring on until somebody has accepted (`app_followme.c`).
@Suite("A phone that FollowMe rings")
struct FollowMeTests {
    private let ringing = """
        0.000 Newchannel ch=C
        1.000 DialBegin ch=C dest=A1
        1.000 DialBegin ch=C dest=A2
        6.000 DialEnd ch=C dest=A1 status=ANSWER
        6.000 DialEnd ch=C dest=A2 status=CANCEL

        """

    private func of(_ agent: String, _ text: String) -> [String] {
        story(ringing + text).filter { $0.hasPrefix(agent + " ") }
    }

    @Test("rings on after a colleague has picked up, and is one leg when it takes the call")
    func ringsOn() {
        let rest = """
            13.000 DialEnd ch=C dest=A2 status=ANSWER
            13.000 DialEnd ch=C dest=A1 status=CANCEL
            15.000 Hangup ch=A1
            15.000 BridgeEnter ch=A2
            15.000 BridgeEnter ch=C
            45.000 HangupRequest ch=C
            45.000 BridgeLeave ch=C
            45.000 Hangup ch=A2
            45.000 Hangup ch=C
            """
        #expect(
            of("A2", rest) == [
                "A2 alerting at 1.000 (direct)", "A2 talks (direct), ring 12.000",
                "A2 talked 30.000, hold 0.000, ended by caller",
            ])
        #expect(of("A1", rest).last == "A1 answeredElsewhere after 14.000")
    }

    @Test("did not answer if the colleague declines and it rings until the time-out")
    func declined() {
        #expect(
            of("A2", "13.000 Hangup ch=A1\n31.000 Hangup ch=A2\n40.000 HangupRequest ch=C\n40.000 Hangup ch=C")
                == ["A2 alerting at 1.000 (direct)", "A2 noAnswer after 30.000"])
    }

    @Test("takes the call in the very instant of the colleague's")
    func atOnce() {
        #expect(
            of("A2", "6.100 DialEnd ch=C dest=A2 status=ANSWER\n6.200 BridgeEnter ch=A2\n6.200 BridgeEnter ch=C").last
                == "A2 talks (direct), ring 5.100")
    }

    @Test(
        "has stopped ringing if it is hung up at once, as by Dial, whether the voices are joined or the caller is gone",
        arguments: [
            "6.001 Hangup ch=A2\n6.010 BridgeEnter ch=A1\n6.010 BridgeEnter ch=C",
            "6.001 Hangup ch=A2\n6.100 HangupRequest ch=C\n6.100 Hangup ch=C",
            "6.001 Hangup ch=A2\n26.100 BridgeEnter ch=A1\n26.100 BridgeEnter ch=C",
            // The end of the channel is reported after the voices are joined.
            "6.010 BridgeEnter ch=A1\n6.010 BridgeEnter ch=C\n6.011 Hangup ch=A2",
        ])
    func hungUp(rest: String) {
        #expect(of("A2", rest) == ["A2 alerting at 1.000 (direct)", "A2 answeredElsewhere after 5.000"])
    }
}
