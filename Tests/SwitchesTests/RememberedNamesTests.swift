import AMI
@testable import Switches
import Telephony
import Testing

@Suite("Names that a translator remembers")
struct RememberedNamesTests {
    private func message(_ lines: [(String, [UInt8])]) throws -> Message {
        var framer = Framer(role: .client)
        var found: Message?
        var bytes = Array("Asterisk Call Manager/11.0.0\r\n".utf8)
        for (name, value) in lines { bytes += Array("\(name): ".utf8) + value + [13, 10] }
        framer.receive(bytes + [13, 10]) { if case .message(let message) = $0 { found = message } }
        return try #require(found)
    }

    /// Names that are easily taken for each other.
    private static let names: [[UInt8]] = [
        [], [0xE0], Array(#"\xe0"#.utf8), Array(#"\x5cxe0"#.utf8), Array(#"\\"#.utf8), [0x5C], Array("è".utf8),
        Array("e\u{300}".utf8), [0xF0, 0x9F, 0x98], Array("\u{FFFD}".utf8), Array("<unknown>".utf8), Array("a".utf8),
        Array("aa".utf8), Array("aaa".utf8), Array("aaaaaaaa".utf8), Array("aaaaaaaabbbbbbbb".utf8),
        Array("aaaaaaaaXbbbbbbbb".utf8), Array("aaaaaaaaYbbbbbbbb".utf8), Array("Coda".utf8), Array("coda".utf8),
        Array("PJSIP/1001-00000001".utf8), Array("PJSIP/1001-\u{301}1".utf8), Array("PJSIP/trunk-1-2".utf8),
        Array("-1".utf8), Array("Local/1@x-1;2".utf8), Array(repeating: 0x61, count: 256),
        Array(repeating: 0x61, count: 257),
        Array(repeating: 0x61, count: 300),
    ]

    @Test("are the same as those of a translator that reads a message for the first time", arguments: [1, 2, 3])
    func sameAsAtFirst(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var remembering = AsteriskTranslator()
        func name() -> [UInt8] { Self.names.randomElement(using: &generator)! }
        for _ in 0..<2000 {
            let item = try message([
                ("Event", Array("Newchannel".utf8)), ("Channel", name()), ("CallerIDNum", name()),
                ("CallerIDName", name()), ("Exten", name()), ("Uniqueid", name()), ("Linkedid", name()),
            ])
            var fresh = AsteriskTranslator()
            #expect(remembering.event(item) == fresh.event(item))
        }
    }

    @Test("are as many as a switch has, and none is taken for another")
    func many() throws {
        var translator = AsteriskTranslator()
        for _ in 0..<2 {
            for number in 0..<6000 {
                let item = try message([
                    ("Event", Array("Hold".utf8)), ("Uniqueid", Array("1700000000.\(number)".utf8)),
                ])
                #expect(translator.event(item) == .held(ChannelID("1700000000.\(number)")))
            }
        }
    }

    @Test("do not hide that a channel's call changes, or changes back, or is over", arguments: [1, 2, 3])
    func calls(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var translator = AsteriskTranslator()
        var calls: [[UInt8]: [UInt8]] = [:]
        let names = Self.names.filter { !$0.isEmpty && $0.count <= String.longestName }
        for _ in 0..<5000 {
            let channel = names.randomElement(using: &generator)!
            let call = names.randomElement(using: &generator)!
            let title = ["Newchannel", "Newstate", "Newstate", "Newstate", "Hangup"].randomElement(using: &generator)!
            let item = try message([("Event", Array(title.utf8)), ("Uniqueid", channel), ("Linkedid", call)])
            var expected: SwitchEvent?
            if title == "Hangup" {
                calls[channel] = nil
            } else if let before = calls[channel] {
                calls[channel] = call
                if before != call {
                    expected = .callChanged(ChannelID(String(name: channel[...])), CallID(String(name: call[...])))
                }
            } else if title == "Newchannel" {
                calls[channel] = call
            }
            #expect(translator.callChange(item, EventName(item)).map { .callChanged($0.channel, $0.call) } == expected)
        }
    }

    @Test("of queues keep the form that the switch wrote last")
    func displayForms() throws {
        var translator = AsteriskTranslator()
        func declares(_ name: String) throws {
            _ = translator.inventory(try message([("Event", Array("QueueParams".utf8)), ("Queue", Array(name.utf8))]))
        }
        for name in ["Coda", "Coda", "CODA", "Coda", "CODA", "CODA"] {
            try declares(name)
            let tried = try message([
                ("Event", Array("CEL".utf8)), ("EventName", Array("APP_START".utf8)),
                ("Application", Array("Queue".utf8)), ("AppData", Array("coda,tT".utf8)),
                ("UniqueID", Array("1.1".utf8)),
            ])
            guard case .queueTried(let queue, _)? = translator.event(tried) else {
                #expect(Bool(false), "not tried")
                return
            }
            #expect(queue.rawValue == name)
        }
    }
}
