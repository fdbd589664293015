import HTTP
import Testing

@Suite("Whatever a peer sends")
struct FuzzTests {
    private static let seeds: [[UInt8]] = [
        Array(RequestTests.fragmented.utf8), Array(handshake(origin: "https://desk.example.it").utf8),
        Array("POST /h HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n".utf8),
        WebSocketTests.conversation,
    ]

    @Test("the engine neither crashes nor sends anything after the end", arguments: 0..<8 as Range<UInt64>)
    func randomBytes(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<400 {
            var bytes = Self.seeds.randomElement(using: &generator)!
            if Bool.random(using: &generator) { bytes += Self.seeds.randomElement(using: &generator)! }
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 2:
                    bytes.insert(
                        [0x00, 0x0A, 0x0D, 0x20, 0x3A, 0x2C, 0x80, 0xFF].randomElement(using: &generator)!, at: index)
                default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0...9, using: &generator)))
                }
            }
            let connection = Bool.random(using: &generator) ? Connection() : WebSocketTests.open()
            drive(connection, bytes[...], using: &generator)
        }
    }

    @Test("mutated bytes give the same events however they are split", arguments: 0..<4 as Range<UInt64>)
    func cuts(seed: UInt64) {
        var generator = SeededGenerator(state: seed &+ 1000)
        for _ in 0..<200 {
            var bytes = Self.seeds[Int.random(in: 0..<3, using: &generator)] + Self.seeds[2]
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let atOnce = Connection().receive(bytes)
            let cut = Connection()
            var events: [Connection.Event] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...20, using: &generator)
                events += cut.receive(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(
                events.map(\.withoutReason) == atOnce.map(\.withoutReason),
                "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
        }
    }

    private func converse(
        with connection: Connection, _ bytes: ArraySlice<UInt8>, using generator: inout SeededGenerator
    ) -> [Connection
        .Event]
    {
        var events: [Connection.Event] = []
        var rest = bytes
        while !rest.isEmpty {
            let size = Int.random(in: 1...80, using: &generator)
            let new = connection.receive(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
            events += new
            for event in new {
                switch event {
                case .request: Bool.random(using: &generator) ? connection.respond(.noContent) : ()
                case .webSocketRequested: connection.acceptWebSocket()
                case .text, .closed, .failed: break
                }
            }
        }
        return events
    }

    private func drive(_ connection: Connection, _ bytes: ArraySlice<UInt8>, using generator: inout SeededGenerator) {
        _ = converse(with: connection, bytes, using: &generator)
        while !connection.shouldClose, connection.unansweredRequests > 0 { connection.respond(.noContent) }
        _ = connection.takeOutgoing()
        if connection.shouldClose {
            #expect(connection.receive(Array(bytes)) == [])
            #expect(connection.takeOutgoing() == [])
        }
    }
}

extension Connection.Event {
    /// The split may decide which of several faults is met first, but not whether there is one.
    fileprivate var withoutReason: Connection.Event {
        if case .failed = self { .failed(status: 0, reason: "") } else { self }
    }
}
