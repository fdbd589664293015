import HTTP
import Testing

@Suite("A WebSocket handshake")
struct HandshakeTests {
    let connection = Connection()

    @Test("is answered as in RFC 6455 §1.3")
    func accepted() {
        let events = connection.receive(handshake())
        guard case .webSocketRequested(let request)? = events.first, events.count == 1 else {
            Issue.record("\(events)"); return
        }
        #expect(request.path == "/desk")
        #expect(connection.acceptWebSocket())
        let lines = connection.sent().components(separatedBy: "\r\n")
        #expect(lines.first == "HTTP/1.1 101 Switching Protocols")
        #expect(
            Set(lines.dropFirst()) == [
                "Upgrade: websocket", "Connection: upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "",
            ])
        #expect(!connection.shouldClose)
    }

    @Test("may be refused, which ends the connection")
    func refused() {
        _ = connection.receive(handshake())
        connection.respond(.error(404, "No desk here."))
        #expect(connection.sentStatuses() == [404])
        #expect(connection.shouldClose)
    }

    @Test(
        "must be complete",
        arguments: [
            (handshake(version: "8"), 426), (handshake(key: "c2hvcnQ="), 400), (handshake(key: "%%%"), 400),
            (handshake(method: "OPTIONS"), 400),
            (
                "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n",
                400
            ),
        ])
    func malformed(text: String, status: Int) {
        #expect(failure(text) == status)
    }

    @Test("names the supported version")
    func version() {
        _ = connection.receive(handshake(version: "8"))
        #expect(connection.sent().contains("\r\nSec-WebSocket-Version: 13\r\n"))
    }

    @Test(
        "is refused for pages of other sites",
        arguments: [
            ("https://evil.example", "desk.example.it"), ("null", "desk.example.it"),
            ("https://desk.example.it.evil.example", "desk.example.it"),
            ("https://desk.example.it:8443", "desk.example.it"), ("http://desk.example.it:443", "desk.example.it"),
            ("file://desk.example.it", "desk.example.it"),
            ("", "desk.example.it"), ("desk.example.it", "desk.example.it"),
            ("https://evil.example\r\nOrigin: https://desk.example.it", "desk.example.it"),
            ("https://desk.example.it\r\nOrigin: https://evil.example", "desk.example.it"),
        ])
    func foreignOrigin(origin: String, host: String) {
        #expect(failure(handshake(origin: origin, host: host)) == 403)
    }

    @Test(
        "is accepted for our own pages",
        arguments: [
            ("https://desk.example.it", "desk.example.it"), ("http://DESK.example.it", "desk.example.it"),
            ("https://desk.example.it", "desk.example.it:443"),
            ("http://desk.example.it:80", "desk.example.it"), ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[::1]:8080", "[::1]:8080"),
        ])
    func ownOrigin(origin: String, host: String) {
        #expect(connection.receive(handshake(origin: origin, host: host)).count == 1)
        #expect(connection.acceptWebSocket())
    }

    @Test("ends the connection if the client does not wait for the answer")
    func impatient() {
        let events = connection.receive(Array(handshake().utf8) + clientFrame(0x81, Array("hi".utf8)))
        #expect(events.count == 2 && refusals(events) == [400])
        #expect(!connection.acceptWebSocket())
        #expect(connection.sentStatuses() == [400])
        #expect(connection.shouldClose)
    }

    @Test("may not overtake an unanswered request")
    func pipelined() {
        let events = connection.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + handshake())
        #expect(paths(events) == ["/"] && refusals(events) == [400])
        connection.respond(.noContent)
        #expect(connection.sentStatuses() == [204, 400])
    }
}

@Suite("A WebSocket")
struct WebSocketTests {
    let connection: Connection

    init() { connection = Self.open() }

    static func open(limits: Limits = Limits()) -> Connection {
        let connection = Connection(limits: limits)
        _ = connection.receive(handshake())
        connection.acceptWebSocket()
        _ = connection.takeOutgoing()
        return connection
    }

    /// A text in two fragments with a ping between them, an empty text, a long text, a close.
    static let conversation: [UInt8] =
        clientFrame(0x01, Array("caffè".utf8.dropLast())) + clientFrame(0x89, Array("p".utf8))
        + clientFrame(0x80, Array("caffè".utf8.suffix(1)))
        + clientFrame(0x8A, []) + clientFrame(0x81, []) + clientFrame(0x81, Array(repeating: 0x61, count: 200))
        + clientFrame(0x88, [0x03, 0xE8, 0x62])

    @Test("gives the same events however the network splits the bytes", arguments: 1...conversation.count)
    func fragmentation(size: Int) {
        let bytes = Self.conversation
        let events = stride(from: 0, to: bytes.count, by: size).flatMap {
            connection.receive(Array(bytes[$0..<min($0 + size, bytes.count)]))
        }
        #expect(
            events == [
                .text(Array("caffè".utf8)), .text([]), .text(Array(repeating: 0x61, count: 200)), .closed(code: 1000),
            ])
        #expect(connection.takeOutgoing() == [0x8A, 1, 0x70, 0x88, 2, 0x03, 0xE8])
        #expect(connection.shouldClose)
    }

    @Test(
        "ends with the right code if the peer breaks the protocol",
        arguments: [
            ("unmasked", clientFrame(0x81, [0x61], mask: nil), 1002),
            ("reserved bit 1", clientFrame(0xC1, [0x61]), 1002),
            ("reserved bit 3", clientFrame(0x91, [0x61]), 1002), ("opcode 3", clientFrame(0x83, []), 1002),
            ("opcode 15", clientFrame(0x8F, []), 1002),
            ("continuation of nothing", clientFrame(0x80, []), 1002),
            ("text within a text", clientFrame(0x01, []) + clientFrame(0x81, []), 1002),
            ("binary", clientFrame(0x82, [1]), 1003), ("invalid UTF-8", clientFrame(0x81, [0xC3]), 1007),
            ("surrogate", clientFrame(0x81, [0xED, 0xA0, 0x80]), 1007),
            ("too long", clientFrame(0x81, Array(repeating: 0x61, count: 65_537)), 1009),
            ("declared too long", clientFrame(0x81, [], declaredLength: 1 << 40), 1009),
            ("declared negative", clientFrame(0x81, [], declaredLength: .max), 1009),
            (
                "too long in fragments",
                clientFrame(0x01, Array(repeating: 0x61, count: 65_536)) + clientFrame(0x00, [0x61]), 1009
            ),
            ("fragmented ping", clientFrame(0x09, []), 1002),
            ("long ping", clientFrame(0x89, Array(repeating: 0, count: 126)), 1002),
            ("half a close code", clientFrame(0x88, [0x03]), 1002),
            ("close 1005", clientFrame(0x88, [0x03, 0xED]), 1002),
            ("close 999", clientFrame(0x88, [0x03, 0xE7]), 1002),
            ("close 5000", clientFrame(0x88, [0x13, 0x88]), 1002),
            ("close reason not UTF-8", clientFrame(0x88, [0x03, 0xE8, 0xFF]), 1007),
        ] as [(String, [UInt8], Int)])
    func violations(name: String, bytes: [UInt8], code: Int) {
        #expect(connection.receive(bytes + clientFrame(0x81, [0x61])) == [.closed(code: UInt16(code))], "\(name)")
        let sent = connection.takeOutgoing()
        #expect(sent.first == 0x88 && Int(sent[1]) == sent.count - 2 && Int(sent[2]) << 8 | Int(sent[3]) == code)
        #expect(connection.shouldClose)
        #expect(connection.receive(clientFrame(0x81, [0x61])) == [])
        #expect(connection.takeOutgoing() == [])
    }

    @Test("accepts a message of exactly the limit")
    func atTheLimit() {
        let message = Array(repeating: UInt8(0x61), count: 65_536)
        #expect(connection.receive(clientFrame(0x81, message)) == [.text(message)])
    }

    @Test("ignores all after the peer's close, even in the same bytes")
    func afterClose() {
        #expect(
            connection.receive(clientFrame(0x88, []) + clientFrame(0x88, []) + clientFrame(0x82, [])) == [
                .closed(code: nil)
            ])
        #expect(connection.takeOutgoing() == [0x88, 0])
    }

    @Test("echoes a close without a code")
    func emptyClose() {
        #expect(connection.receive(clientFrame(0x88, [])) == [.closed(code: nil)])
        #expect(connection.takeOutgoing() == [0x88, 0])
    }

    @Test("closed from our side waits for the peer's answer, and sends nothing more")
    func goodbye() {
        connection.closeWebSocket(1001, "bye")
        connection.closeWebSocket(1000)
        #expect(connection.takeOutgoing() == WebSocketFrame.close(1001, "bye"))
        #expect(!connection.shouldClose)
        #expect(connection.receive(clientFrame(0x81, [0x61]) + clientFrame(0x89, [])) == [])
        #expect(connection.receive(clientFrame(0x88, [0x03, 0xE9])) == [.closed(code: 1001)])
        #expect(connection.takeOutgoing() == [])
        #expect(connection.shouldClose)
    }

    @Test("writes the same frames for every subscriber")
    func frames() {
        // RFC 6455 §5.7
        #expect(WebSocketFrame.text(Array("Hello".utf8)) == [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
        #expect(WebSocketFrame.text(Array(repeating: 1, count: 126)).prefix(4) == [0x81, 126, 0, 126])
        #expect(WebSocketFrame.text(Array(repeating: 1, count: 65_535)).prefix(4) == [0x81, 126, 0xFF, 0xFF])
        #expect(
            WebSocketFrame.text(Array(repeating: 1, count: 65_536)).prefix(10) == [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0])
        #expect(WebSocketFrame.ping == [0x89, 0])
        #expect(WebSocketFrame.close(1001) == [0x88, 2, 0x03, 0xE9])
        let long = WebSocketFrame.close(1008, String(repeating: "è", count: 100))
        #expect(long.count == 2 + 2 + 122 && Int(long[1]) == 124)
    }
}
