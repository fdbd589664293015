import AMI
import Switches
import Telephony
import Testing
import Time

@Suite("A hostile or broken message")
struct HostileMessageTests {
    private func message(_ text: String) throws -> Message {
        var framer = Framer(role: .client)
        var found: Message?
        framer.receive(Array(("Asterisk Call Manager/11.0.0\n" + text + "\n\n").utf8)) {
            if case .message(let message) = $0 { found = message }
        }
        return try #require(found)
    }

    @Test(
        "with a number of eighteen digits causes no overflow", arguments: ["999999999999999999", "-999999999999999999"])
    func hugeNumbers(digits: String) throws {
        var translator = AsteriskTranslator()
        let status = try message(
            "Event: QueueMemberStatus\nQueue: info\nMemberName: Anna\nInterface: PJSIP/1\nStatus: 1\nPaused: 0\nWrapuptime: \(digits)"
        )
        guard case .member(let member)? = translator.event(status) else { return #expect(Bool(false), "no member") }
        #expect(member.wrapUp >= .zero && member.wrapUp <= .seconds(31 * 86_400))
        let entry = try message("Event: QueueEntry\nQueue: info\nPosition: 1\nUniqueid: 1.1\nWait: \(digits)")
        guard case .queueEntryFound(_, _, _, _, let wait)? = translator.inventory(entry) else {
            return #expect(Bool(false), "no entry")
        }
        #expect(wait >= .zero && wait <= .seconds(31 * 86_400))
    }

    @Test(
        "with an age of nineteen digits gets the longest possible age",
        arguments: [
            ("9223372036854775807:0:0", Span.seconds(31 * 86_400)), ("0:0:9223372036854775807", .seconds(31 * 86_400)),
            ("-9223372036854775808:0:0", .zero),
        ])
    func hugeAge(duration: String, expected: Span) throws {
        let channel = try message(
            "Event: CoreShowChannel\nChannel: PJSIP/1-1\nUniqueid: 1.1\nLinkedid: 1.1\nDuration: \(duration)")
        var translator = AsteriskTranslator()
        guard case .channelFound(_, _, _, let age)? = translator.inventory(channel) else {
            return #expect(Bool(false), "no channel")
        }
        #expect(age == expected)
    }

    @Test(
        "without its subject has no effect",
        arguments: [
            "Event: QueueCallerJoin\nQueue: info", "Event: QueueCallerJoin\nUniqueid: 1.1",
            "Event: Newchannel\nChannel: PJSIP/1-1",
            "Event: QueueMemberStatus\nQueue: info\nStatus: 1", "Event: BridgeEnter\nUniqueid: 1.1",
            "Event: AgentCalled\nUniqueid: 1.1\nQueue: info",
        ])
    func nameless(text: String) throws {
        var translator = AsteriskTranslator()
        #expect(try translator.event(message(text)) == nil)
    }
}
