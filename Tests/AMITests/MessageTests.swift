import AMI
import Testing

/// The first message of `text`; no banner is needed.
func message(_ text: String) throws -> Message { try message(Array(text.utf8)) }

func message(_ bytes: [UInt8]) throws -> Message {
    var framer = Framer(role: .client)
    var found: Message?
    framer.receive(Array(banner.utf8) + bytes) { if case .message(let message) = $0, found == nil { found = message } }
    return try #require(found)
}

@Suite("A message")
struct MessageTests {
    @Test("finds headers and titles without regard to case")
    func names() throws {
        let message = try message(wire("event: newstate/uniqueid: 1.1//"))
        #expect(message.isTitled("Newstate"))
        #expect(!message.isTitled("Newstat"))
        #expect(message["Uniqueid"] == "1.1")
        #expect(message["Uniquei"] == nil)
        #expect(message["Un\u{49}QUEID"] == "1.1")
    }

    @Test("does not treat other characters that differ by 32 as the same letter")
    func punctuation() throws {
        let message = try message(wire("Event: E/A@B: 1//"))
        #expect(message["A`B"] == nil)
        #expect(message["a@b"] == "1")
    }

    @Test("compares a configured name as our own names: ASCII letters without case, all else exactly")
    func configuredNames() throws {
        // U+212A is a K whose lower case is our k. e with U+0301 is the same character as é, but other bytes.
        let message = try message(wire("Event: E/Lin\u{212A}edid: 1/linkedid: 2/Citte\u{301}: 3/Citt\u{E9}: 4/X@: 5//"))
        #expect(message.value(named: "Linkedid") == "2")
        #expect(message.value(named: "Citt\u{E9}") == "4")
        #expect(message.value(named: "x`") == nil)
        #expect(message.value(named: "Linkedi") == nil)
    }

    @Test("gives the first of repeated headers, or all in order")
    func repeated() throws {
        let message = try message(wire("Response: Success/Output: x/Output: /output: y//"))
        #expect(message["Output"] == "x")
        #expect(message.all("Output") == ["x", "", "y"])
    }

    @Test("replaces bytes that are not UTF-8, and keeps them for a reader of bytes")
    func invalidUTF8() throws {
        let message = try message(Array("Event: E\r\nCallerIDName: latin".utf8) + [0xE8] + Array("\r\n\r\n".utf8))
        #expect(message["CallerIDName"] == "latin\u{FFFD}")
        #expect(Array(message.bytes(at: 1)) == Array("latin".utf8) + [0xE8])
    }

    @Test("can be read in order, out of order and with headers missing")
    func reader() throws {
        var reader = HeaderReader(
            try message(wire("Event: E/Channel: PJSIP\\x/Queue: q/Position: 12/Count: x/Wait: -3//")))
        #expect(reader.text("Queue") == "q")
        #expect(reader.number("Position") == 12)
        #expect(reader.text("Missing") == "")
        #expect(reader.number("Count") == nil)
        #expect(reader.text("Channel") == "PJSIP\\x")
        #expect(reader.number("Wait") == -3)
        #expect(reader.bytes("Missing") == nil)
    }

    @Test(
        "reads numbers, and nothing else",
        arguments: [
            ("0", 0), ("-1", -1), ("999999999999999999", 999_999_999_999_999_999), ("1000000000000000000", nil),
            ("", nil), ("-", nil),
            ("1.5", nil), (" 1", nil), ("+1", nil), ("٣", nil),
        ] as [(String, Int?)])
    func numbers(text: String, value: Int?) {
        #expect(parseInteger(Array(text.utf8)[...]) == value)
    }

    @Test("remains readable after its framer has continued")
    func kept() throws {
        var framer = Framer(role: .client)
        var kept: [Message] = []
        for index in 0..<50 {
            let text = (index == 0 ? banner : "") + "Event: E\r\nNumber: \(index)\r\n\r\nEvent: Half"
            framer.receive(text.utf8) { if case .message(let message) = $0 { kept.append(message) } }
            framer.receive("\r\nNumber: half \(index)\r\n\r\n".utf8) {
                if case .message(let message) = $0 { kept.append(message) }
            }
        }
        #expect(kept.compactMap { $0["Number"] } == (0..<50).flatMap { ["\($0)", "half \($0)"] })
    }

    @Test("gives channel variables with their snapshot or channel, split at the first =")
    func channelVariables() throws {
        let message = try message(
            "Event: E\r\nChanVariable(PJSIP/t-1): CTI_PRES=prohib=1\r\nDestChanVariable: A=\r\nChanVariable: none\r\nVariable: x=y\r\n\r\n"
        )
        #expect(
            message.channelVariables == [
                ChannelVariable(prefix: "", channel: "PJSIP/t-1", name: "CTI_PRES", value: "prohib=1"),
                ChannelVariable(prefix: "Dest", channel: nil, name: "A", value: ""),
            ])
    }

    @Test(
        "has caller names C-escaped once",
        arguments: [
            (#"Mario \"Rossi\"\\x"#, #"Mario "Rossi"\x"#), (#"D\'Angelo\?"#, "D'Angelo?"),
            (#"a\nb\tc\rd"#, "a\nb\tc\rd"),
            (#"\a\b\f\v"#, "\u{07}\u{08}\u{0C}\u{0B}"), (#"end\"#, #"end\"#), ("Però", "Però"), ("", ""),
            (#"\\\\"#, #"\\"#),
        ])
    func escaping(escaped: String, plain: String) {
        #expect(unescaped(escaped) == plain)
    }

    @Test("leaves member names unchanged: the reader of a header decides about unescaping")
    func memberName() throws {
        #expect(try message(#"Event: E"# + "\r\n" + #"MemberName: a\\b"# + "\r\n\r\n")["MemberName"] == #"a\\b"#)
    }
}
