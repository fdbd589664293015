import Calls
import Telephony
import Testing

/// Diallers (VICIdial) keep an agent's phone up in a conference the whole day and send one customer after another into
/// it; `Bridge` gives a phone another caller.
@Suite("A phone that is up already")
struct PhoneUpTests {
    /// Nobody had it dialled: the switch was told to.
    private let up = """
        0.000 DialBegin dest=A1
        2.000 DialEnd dest=A1 status=ANSWER
        2.100 BridgeEnter ch=A1 kind=conference br=X

        """

    private func customer(_ id: String, at arrived: Int) -> String {
        """
        \(arrived).000 Newchannel ch=\(id)
        \(arrived + 6).000 BridgeEnter ch=\(id) kind=conference br=X
        \(arrived + 36).000 HangupRequest ch=\(id)
        \(arrived + 36).000 BridgeLeave ch=\(id) br=X
        \(arrived + 36).000 Hangup ch=\(id)

        """
    }

    @Test("does not ring for the callers who are sent to it")
    func conference() {
        let told = story(up + customer("C", at: 10) + customer("C2", at: 70))
        #expect(
            told.filter { $0.hasPrefix("A1 ") } == [
                "A1 talks (conference), ring ?", "A1 talked 30.000, hold 0.000, ended by caller",
                "A1 talks (conference), ring ?", "A1 talked 30.000, hold 0.000, ended by caller",
            ])
    }

    @Test("answers the next caller when the two meet, though that caller was there before it rang for the last one")
    func second() {
        let told = story(
            """
            0.000 Newchannel ch=C2
            1.000 Newchannel ch=C
            1.000 DialBegin ch=C dest=A1
            6.000 DialEnd ch=C dest=A1 status=ANSWER
            6.000 BridgeEnter ch=A1
            6.000 BridgeEnter ch=C
            40.000 BridgeLeave ch=A1
            40.000 BridgeEnter ch=A1 br=B2
            40.000 BridgeEnter ch=C2 br=B2
            """)
        #expect(
            told.filter { $0.contains("talks") } == [
                "A1 talks (direct), ring 5.000", "A1 talks (direct), ring ?",
            ])
    }
}
