import AMI
import Testing

@Suite("However the network splits the bytes, the messages are the same")
struct FragmentationTests {
    /// One of each shape that a framer must handle.
    static let vectors = [
        wire("Response: Success/ActionID: 1//"),
        wire("Event: OriginateResponse/Privilege: call,all/ActionID: 5/Response: Failure//"),
        wire("Response: Follows/Privilege: Command/ActionID: 3/") + "a: b\n\nc\n--END COMMAND--" + wire("//"),
        wire("Response: Success/Output: x/Output: /Output: y//"),
        wire("Event: E/Account:/Account: /Queue: a:b//"),
        wire("Event: A/no colon/X: 1//Event: B//"),
        wire("Event: NewchaEvent: Hangup/Uniqueid: 1.2//Event: C//"),
        wire("x: 1/y: 2//Event: D//"),
        "Event: Hangup\nCause: 16\n\n",
        wire("event: newstate/uniqueid: 1.1//////Event: F//"),
        "Event: Naïve \u{202E}\r\nName: \r x \0\r\n\r\n",
    ]

    @Test("each shape, split at each place", arguments: vectors)
    func everySplit(text: String) {
        let bytes = Array((banner + text + "Event: Last\r\n\r\n").utf8)
        let whole = frame([bytes])
        #expect(whole.last == .message(.event, "Event: Last"))
        for split in 0...bytes.count {
            #expect(frame([bytes[..<split], bytes[split...]]) == whole, "cut at \(split)")
        }
        for size in 1...32 { #expect(frame(chunks(of: size, bytes)) == whole, "pieces of \(size)") }
    }

    @Test("all shapes in one stream, split at each place, and in three")
    func together() {
        let bytes = Array((banner + Self.vectors.joined()).utf8)
        let whole = frame([bytes])
        #expect(whole.count { if case .malformed = $0 { true } else { false } } == 3)
        for split in 0...bytes.count {
            #expect(frame([bytes[..<split], bytes[split...]]) == whole, "cut at \(split)")
            let second = min(split + 1, bytes.count)
            #expect(frame([bytes[..<split], bytes[split..<second], bytes[second...]]) == whole, "cut around \(split)")
        }
    }
}
