@testable import Core
@testable import Edges
@testable import Gateway
import Contacts
import Directory
import Playback
import Telephony
import Time
import Testing
import Wire

/// A network passes on the number of a caller who has restricted it; a reader of the number alone would show and
/// store what must stay unknown.
@Suite("A caller who withholds the number")
struct WithheldTests {
    private static let number = "0612345678"

    private static func event(_ title: String, _ headers: String...) -> String {
        (["Event: \(title)", "Channel: PJSIP/trunk-1", "Uniqueid: 1.1", "Linkedid: 1.1"] + headers).joined(
            separator: "\r\n") + "\r\n\r\n"
    }

    private static func caller(_ title: String, _ headers: String...) -> String {
        event(
            title, "CallerIDNum: \(number)", "CallerIDName: Mario Rossi", "Context: in", "Exten: 800", "Priority: 1",
            headers.joined(separator: "\r\n")
        )
        .replacing("\r\n\r\n\r\n", with: "\r\n\r\n")
    }

    private static func created(_ headers: String = "Language: it") -> String {
        caller("Newchannel", "ChannelState: 4", headers)
    }
    private static let joined = caller("QueueCallerJoin", "Queue: info", "Position: 1")
    private static let ended = event("HangupRequest") + event("QueueCallerAbandon", "Queue: info") + event("Hangup")

    /// The places and words in which a switch says it.
    static let told: [String] = [
        created() + caller("NewCallerid", "CID-CallingPres: 32 (Presentation Prohibited, Not Screened)") + joined,
        created() + caller("NewCallerid", "CID-CallingPres: 35 (Presentation Prohibited, Network Number)") + joined,
        created() + caller("NewCallerid", "CID-CallingPres: 0 (Presentation Allowed, Not Screened)")
            + caller("NewCallerid", "CID-CallingPres: 33 (Presentation Prohibited, Passed Screen)") + joined,
        created("ChanVariable: CALLERID(num-pres)=prohib_passed_screen") + joined,
        created("ChanVariable(PJSIP/trunk-1): CTI_PRES=33") + joined,
        created() + caller("Newexten", "ChanVariable: CALLERID(pres)=prohib") + joined,
        created() + event("VarSet", "Variable: CTI_PRES", "Value: prohib_not_screened") + joined,
        created() + event("VarSet", "Variable: __CTI_PRES", "Value: prohib") + joined,
        created() + event("VarSet", "Variable: _CTI_PRES", "Value: restricted") + joined,
        created("ChanVariable: CTI_PRES=0x23") + joined,
        created() + joined + caller("NewCallerid", "CID-CallingPres: 33 (Presentation Prohibited, Passed Screen)"),
    ]

    private func replayed(_ events: String) -> Replay {
        var replay = Replay(start: UnixTime(seconds: 1_795_424_400), digests: .openSSL)
        replay.play([
            .init(chunks: [.init(time: .zero, bytes: Array(("Asterisk Call Manager/9.0.0\r\n" + events).utf8))])
        ])
        return replay
    }

    @Test("has no number and no name in the record, wherever the switch says so", arguments: told)
    func record(events: String) throws {
        let record = try #require(replayed(events + Self.ended).closed.first)
        #expect(record.number == .withheld)
        let text = "\(record)"
        #expect(!text.contains(Self.number) && !text.contains("Mario"))
    }

    @Test("is in no checkpoint by number or name once it is known", arguments: told)
    func checkpoint(events: String) {
        let state = String(decoding: JSON.encode(replayed(events).gateway.core), as: UTF8.self)
        #expect(!state.contains(Self.number) && !state.contains("Mario"))
    }

    @Test("differs from one whose number is shown, or not available")
    func allowed() throws {
        for presentation in [
            "0 (Presentation Allowed, Not Screened)", "3 (Presentation Allowed, Network Number)",
            "67 (Number Unavailable)",
        ] {
            let events =
                Self.created() + Self.caller("NewCallerid", "CID-CallingPres: \(presentation)") + Self.joined
                + Self.ended
            #expect(try #require(replayed(events).closed.first).caller.number == Self.number)
        }
        let other = Self.created("ChanVariable: LINGUA=prohib") + Self.joined + Self.ended
        #expect(try #require(replayed(other).closed.first).caller.number == Self.number, "another variable")
    }

    @Test("stays so for the whole call, even where the number is sent again as one that may be shown")
    func stays() throws {
        let events =
            Self.created("ChanVariable: CTI_PRES=prohib")
            + Self.caller("NewCallerid", "CID-CallingPres: 0 (Presentation Allowed, Not Screened)")
            + Self.joined + Self.ended
        let record = try #require(replayed(events).closed.first)
        #expect(record.number == .withheld && !"\(record)".contains(Self.number))
    }
}
