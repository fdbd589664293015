import AMI
import Switches
import Telephony
import Testing

/// Rooms: ConfBridge is a bridge with events beside it, MeetMe (up to Asterisk 20) has events of its own.
@Suite("A conference's events in our words")
struct ConferenceEventTests {
    private func leg(_ id: String) -> String {
        """
        Channel: PJSIP/\(id)-00000001
        ChannelState: 6
        CallerIDNum: \(id)
        CallerIDName: <unknown>
        Exten: 500
        Uniqueid: 1.\(id)
        Linkedid: 1.\(id)
        """
    }
    private func enter(_ id: String, type: String = "base", technology: String = "softmix") -> String {
        "Event: BridgeEnter\nBridgeUniqueid: b\nBridgeType: \(type)\nBridgeTechnology: \(technology)\n" + leg(id)
    }
    private func join(_ id: String, muted: String) -> String {
        "Event: ConfbridgeJoin\nConference: 500\nBridgeUniqueid: b\n" + leg(id) + "\nAdmin: No\nMuted: \(muted)"
    }

    /// Who enters, with “silent” if it takes no part from the first; and who falls silent or is heard.
    private func told(_ messages: String...) -> [String] {
        var translator = AsteriskTranslator()
        return messages.compactMap { text in
            switch translator.event(AsteriskTranslatorTests.message(text)) {
            case .bridgeEntered(_, _, let channel, _):
                "\(channel.id) enters\(channel.isSilent == true ? " silent" : "")"
            case .bridgeLeft(_, let id): "\(id) leaves"
            case .silenced(let id, let isSilent): "\(id) \(isSilent ? "silent" : "heard")"
            default: nil
            }
        }
    }

    @Test("a member who joins muted takes no part until it is unmuted, whichever event comes first")
    func muted() {
        let unmute = "Event: ConfbridgeUnmute\nConference: 500\n" + leg("1009")
        #expect(
            told(join("1009", muted: "Yes"), enter("1009"), unmute) == ["1.1009 enters silent", "1.1009 heard"])
        #expect(
            told(enter("1009"), join("1009", muted: "Yes"), unmute)
                == ["1.1009 enters", "1.1009 silent", "1.1009 heard"])
        #expect(told(enter("1009"), join("1009", muted: "No")) == ["1.1009 enters"])
        // Muted later, a member has taken part, and still does.
        #expect(told(enter("1009"), "Event: ConfbridgeMute\nConference: 500\n" + leg("1009")) == ["1.1009 enters"])
    }

    @Test("a member who hears music takes no part, whichever event comes first; elsewhere music says nothing")
    func music() {
        let (start, stop) = (
            "Event: MusicOnHoldStart\n" + leg("1") + "\nClass: default", "Event: MusicOnHoldStop\n" + leg("1")
        )
        #expect(told(enter("1"), start, stop) == ["1.1 enters", "1.1 silent", "1.1 heard"])
        #expect(told(start, enter("1"), stop) == ["1.1 enters silent", "1.1 heard"])
        #expect(told(start, stop, enter("1")) == ["1.1 enters"])
        #expect(told(start, enter("1", type: "basic", technology: "simple_bridge"), stop) == ["1.1 enters"])
        #expect(
            told(enter("1"), "Event: BridgeLeave\nBridgeUniqueid: b\n" + leg("1"), start) == [
                "1.1 enters", "1.1 leaves",
            ])
    }

    @Test("a MeetMe room is a conference")
    func meetMe() {
        var translator = AsteriskTranslator()
        let joined = translator.event(
            AsteriskTranslatorTests.message("Event: MeetmeJoin\n" + leg("1001") + "\nMeetme: 8600051\nUser: 1"))
        guard case .bridgeEntered(let room, .conference, let channel, nil)? = joined else {
            Issue.record("\(String(describing: joined))")
            return
        }
        #expect(channel.id == ChannelID("1.1001"))
        #expect(
            translator.event(
                AsteriskTranslatorTests.message("Event: MeetmeLeave\n" + leg("1001") + "\nMeetme: 8600051\nUser: 1"))
                == .bridgeLeft(room, ChannelID("1.1001")))
    }
}
