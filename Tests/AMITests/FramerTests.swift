import AMI
import Testing

@Suite("A framer")
struct FramerTests {
    @Test("takes the banner as a line of its own, even if the answer follows in the same packet")
    func bannerAndAnswer() {
        let stream = wire("Asterisk Call Manager") + "/9.0.0\r\n" + wire("Response: Success/ActionID: 1//")
        #expect(
            frame([Array(stream.utf8)]) == [
                .banner("Asterisk Call Manager/9.0.0"), .message(.response, "Response: Success", "ActionID: 1"),
            ])
    }

    @Test("distinguishes an event from an answer by the name of the first header alone")
    func originateResponse() {
        #expect(
            frame(afterBanner: wire("Event: OriginateResponse/Privilege: call,all/ActionID: 5/Response: Failure//"))
                == [
                    .message(
                        .event, "Event: OriginateResponse", "Privilege: call,all", "ActionID: 5", "Response: Failure")
                ])
    }

    @Test("reads an old-style Command answer as raw text up to its end mark")
    func oldCommand() {
        let head = wire("Response: Follows/Privilege: Command/ActionID: 3/")
        #expect(
            frame(afterBanner: head + "a: b\n\nc\n--END COMMAND--" + wire("//Event: Hangup//")) == [
                .message(
                    .response,
                    [
                        .init("Response: Follows"), .init("Privilege: Command"), .init("ActionID: 3"), .text("a: b"),
                        .text(""), .text("c"),
                    ]),
                .message(.event, "Event: Hangup"),
            ])
    }

    @Test("finds the end mark after text without a line end, and treats text that looks like a header as text")
    func oldCommandWithoutLineEnd() {
        #expect(
            frame(
                afterBanner:
                    "Response: Follows\r\nx: 1\nPrivilege: no\nlast--END COMMAND--\r\n\r\nEvent: Hangup\r\n\r\n") == [
                    .message(
                        .response, [.init("Response: Follows"), .text("x: 1"), .text("Privilege: no"), .text("last")]),
                    .message(.event, "Event: Hangup"),
                ])
    }

    @Test("keeps repeated headers and their order, also empty ones")
    func output() {
        #expect(
            frame(afterBanner: wire("Response: Success/Output: x/Output: /Output: y//")) == [
                .message(.response, "Response: Success", "Output: x", "Output: ", "Output: y")
            ])
    }

    @Test("splits at the first colon and removes one blank only")
    func values() {
        #expect(
            frame(afterBanner: wire("Event: E/Account:/Account: /Queue: a:b/CallerIDName:   Mario/X:y//")) == [
                .message(
                    .event,
                    [
                        .init("Event: E"), .init("Account: "), .init("Account: "), .init("Queue: a:b"),
                        .init("CallerIDName:   Mario"),
                        .init("X: y"),
                    ])
            ])
    }

    @Test("accepts LF alone, and names in any case")
    func lenient() {
        #expect(frame(afterBanner: "Event: Hangup\nCause: 16\n\n") == [.message(.event, "Event: Hangup", "Cause: 16")])
        #expect(
            frame(afterBanner: wire("event: newstate/uniqueid: 1.1//")) == [
                .message(.event, "event: newstate", "uniqueid: 1.1")
            ])
    }

    @Test("skips extra empty lines between messages")
    func emptyMessages() {
        #expect(
            frame(afterBanner: wire("//Event: TestEvent////Event: Hangup//")) == [
                .message(.event, "Event: TestEvent"), .message(.event, "Event: Hangup"),
            ])
    }

    @Test("ends a message whose text ends with a bare LF")
    func bareLineFeedInText() {
        #expect(
            frame(
                afterBanner:
                    "Response: Error\r\nMessage: CoreShowChannelMap requires a channel.\n\r\n\r\nEvent: A\r\n\r\n") == [
                    .message(.response, "Response: Error", "Message: CoreShowChannelMap requires a channel."),
                    .message(.event, "Event: A"),
                ])
    }

    @Test(
        "drops malformed input up to the next empty line, counts it and continues",
        arguments: [
            ("Event: A/no colon here/Cause: 16//", Framer.Fault.lineWithoutColon),
            ("Event: A/: no name/Cause: 16//", .lineWithoutColon),
            ("ause: 16/Uniqueid: 1.2//", .neitherEventNorResponse),
            ("Event: NewchaEvent: Hangup/Uniqueid: 1.2//", .cut),
            // Cut after a line, in a name and in a value; and where the second message's head is lost as well.
            ("Event: Newchannel/Uniqueid: 1.1/Event: Hangup/Privilege: call,all/Uniqueid: 1.2//", .cut),
            ("Event: Newchannel/Uniqueid: 1.1/ChannelEvent: Hangup/Privilege: call,all/Uniqueid: 1.2//", .cut),
            ("Event: Newchannel/Privilege: call,all/Channel: trEvent: Hangup/Privilege: call,all/Cause: 16//", .cut),
            ("Event: Newchannel/Uniqueid: 1.1/Contege: call,all/Channel: Local/uniqueid: 1.2//", .cut),
        ])
    func corruption(text: String, fault: Framer.Fault) {
        #expect(
            frame(afterBanner: wire(text + "Event: Intact//")) == [
                .malformed(fault), .message(.event, "Event: Intact"),
            ])
    }

    @Test("drops a message with a line of 70 KiB, and reads the next one")
    func longLine() {
        let long = "Event: A\r\nX: \(String(repeating: "x", count: 70 * 1024))\r\nY: 1\r\n\r\n"
        #expect(
            frame(afterBanner: long + "Event: B\r\n\r\n") == [.malformed(.lineTooLong), .message(.event, "Event: B")])
    }

    @Test(
        "does not mistake legitimate headers for a second message",
        arguments: [
            "Event: UserEvent/Privilege: user,all/Uniqueid: 1.1/UserEvent: Note/Event: x/Privilege: y/Uniqueid: 1.1//",
            "Event: OriginateResponse/Privilege: call,all/ActionID: 5/Response: Failure/Uniqueid: <unknown>//",
            "Event: TestEvent/Privilege: reporting,all/State: a/State: a//",
            "Response: Success/Uniqueid: 1.1/Uniqueid: 1.2/Privilege: x//",
            "Event: AgentCalled/Timestamp: 1.000000/Uniqueid: 1.1/DestUniqueid: 1.2/DestLinkedid: 1.1//",
        ])
    func repetition(text: String) {
        let outputs = frame(afterBanner: wire(text))
        #expect(outputs.count == 1)
        #expect(!outputs.contains { if case .malformed = $0 { true } else { false } })
    }

    @Test("accepts a line of exactly the limit, in one piece or split before its LF")
    func lineOfTheLimit() {
        let line = "X: " + String(repeating: "x", count: Limits.lineBytes - 3)
        let stream = Array((banner + "Event: A\r\n\(line)\r\n\r\n").utf8)
        let expected = [Framed.banner(String(banner.dropLast())), .message(.event, "Event: A", line)]
        #expect(frame([stream]) == expected)
        #expect(frame([stream[..<(stream.count - 3)], stream[(stream.count - 3)...]]) == expected)
        let longer = Array((banner + "Event: A\r\n\(line)x\r\n\r\n").utf8)
        #expect(frame([longer]).last == .malformed(.lineTooLong))
        #expect(frame([longer[..<(longer.count - 3)], longer[(longer.count - 3)...]]).last == .malformed(.lineTooLong))
    }

    @Test("drops a message of too many lines or bytes, and reads the next one")
    func longMessage() {
        let lines = "Event: A\r\n" + String(repeating: "X: y\r\n", count: Limits.messageLines) + "\r\n"
        #expect(
            frame(afterBanner: lines + "Event: B\r\n\r\n") == [
                .malformed(.messageTooLong), .message(.event, "Event: B"),
            ])
        let line = "X: \(String(repeating: "x", count: 60_000))\r\n"
        let bytes = "Event: A\r\n" + String(repeating: line, count: 18) + "\r\n"
        #expect(
            frame(afterBanner: bytes + "Event: B\r\n\r\n") == [
                .malformed(.messageTooLong), .message(.event, "Event: B"),
            ])
    }

    @Test("stores no more than its limits of an endless line")
    func endlessLine() {
        var framer = Framer(role: .client)
        var faults = 0
        framer.receive(banner.utf8) { _ in }
        framer.receive("Event: A\r\nX: ".utf8) { _ in }
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 16 * 1024)
        var most = 0
        for _ in 0..<640 {
            framer.receive(piece) { _ in faults += 1 }
            most = max(most, framer.pendingBytes)
        }
        #expect(faults == 1)
        #expect(most <= Limits.lineBytes + piece.count)
        #expect(framer.pendingBytes == 0)
        var outputs: [Framed] = []
        framer.receive("\r\nY: 1\r\n\r\nEvent: B\r\n\r\n".utf8) { outputs.append(Framed($0)) }
        #expect(outputs == [.message(.event, "Event: B")])
    }

    @Test(
        "stores no more than its limits of endless headers and endless command text",
        arguments: [
            "Event: A\r\n", "Response: Follows\r\nPrivilege: Command\r\n",
        ])
    func endlessMessage(head: String) {
        var framer = Framer(role: .client)
        framer.receive((banner + head).utf8) { _ in }
        let piece = Array(String(repeating: "Name: \(String(repeating: "v", count: 1000))\r\n", count: 16).utf8)
        var most = 0
        var faults = 0
        for _ in 0..<200 {
            framer.receive(piece) { if case .malformed = $0 { faults += 1 } }
            most = max(most, framer.pendingBytes)
        }
        #expect(faults == 1)
        #expect(most <= Limits.messageBytes + piece.count)
    }

    @Test("quotes only the beginning of an endless first line")
    func endlessBanner() {
        let line = String(repeating: "b", count: 5000)
        #expect(frame([Array(line.utf8)]) == [.banner(String(line.prefix(80)))])
        #expect(frame([Array((line + "\r\n").utf8)]) == [.banner(String(line.prefix(80)))])
    }

    @Test("reads actions as a switch")
    func server() {
        #expect(
            frame([Array(wire("Action: Ping/ActionID: 1//action: login/Username: a:b//").utf8)], role: .server) == [
                .message(.action, "Action: Ping", "ActionID: 1"), .message(.action, "action: login", "Username: a:b"),
            ])
    }
}
