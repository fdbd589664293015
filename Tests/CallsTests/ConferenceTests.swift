import Calls
import Telephony
import Testing

/// A conference room: whoever only listens there, or waits for a marked member with music, is in no conversation.
@Suite("A member of a conference")
struct ConferenceTests {
    private let talking = """
        0.000 Newchannel ch=C
        0.000 DialBegin ch=C dest=A1
        4.000 DialEnd ch=C dest=A1 status=ANSWER
        4.000 BridgeEnter ch=C kind=conference
        4.000 BridgeEnter ch=A1 kind=conference
        14.000 Newchannel ch=A2
        14.000 BridgeEnter ch=A2 kind=conference

        """
    private let ends = """
        34.000 BridgeLeave ch=A2
        34.000 Hangup ch=A2
        44.000 HangupRequest ch=C
        44.000 BridgeLeave ch=C
        44.000 Hangup ch=C
        """

    private func talks(_ rest: String) -> [String] { story(talking + rest + ends).filter { $0.contains("talk") } }

    @Test("who joined muted has no part in the call, though the switch says so after the entering")
    func listener() {
        #expect(
            talks("14.001 silenced ch=A2\n") == [
                "A1 talks (direct), ring 4.000", "A1 talked 40.000, hold 0.000, ended by caller",
            ])
    }

    @Test("who is heard later begins to talk then")
    func heardLater() {
        #expect(
            talks("14.001 silenced ch=A2\n24.000 heard ch=A2\n").contains(
                "A2 talked 10.000, hold 0.000, ended by unknown"))
    }

    @Test("talks from the moment of entering if nothing says otherwise")
    func ordinary() { #expect(talks("").contains("A2 talked 20.000, hold 0.000, ended by unknown")) }

    @Test(
        "who waits for a marked member with music hears nobody, neither an agent nor a stranger",
        arguments: ["A1", "D"])
    func waiting(other: String) {
        let told = story(
            """
            0.000 Newchannel ch=C
            0.000 BridgeEnter ch=C kind=conference
            0.000 silenced ch=C
            10.000 Newchannel ch=\(other)
            10.000 BridgeEnter ch=\(other) kind=conference
            10.000 silenced ch=\(other)
            60.000 HangupRequest ch=C
            60.000 BridgeLeave ch=C
            60.000 Hangup ch=C
            """)
        #expect(told.filter { $0.contains("talk") || $0.contains("conference") } == [])
    }

    @Test("talks as soon as the music stops, and is on hold when it starts again")
    func markedCame() {
        let told = story(
            """
            0.000 Newchannel ch=C
            0.000 BridgeEnter ch=C kind=conference
            0.000 silenced ch=C
            10.000 Newchannel ch=A1
            10.000 BridgeEnter ch=A1 kind=conference
            12.000 heard ch=C
            30.000 silenced ch=C
            60.000 Hangup ch=C
            """)
        #expect(
            told.filter { $0.contains("talk") } == [
                "A1 talks (conference), ring ?", "A1 talked 18.000, hold 30.000, ended by unknown",
            ])
    }
}
