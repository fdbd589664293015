import AMI
import Recordings
import Testing

/// A recording of a real Asterisk (`Simulator/Traces`).
struct RecordedStream: CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]

    var testDescription: String { name }

    init(_ name: String) throws {
        self.name = name
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
        bytes = try Recording.load("\(root)/Simulator/Traces/\(name)").chunks.filter { $0.direction == .incoming }
            .flatMap(\.bytes)
    }

    static func all() throws -> [RecordedStream] {
        try ["22/caller_hangup-a", "22/hold-b", "16/names_hostile-a"].map(RecordedStream.init)
    }
}

@Suite("However the network splits the bytes of a real switch")
struct RecordedStreamTests {
    @Test("pieces of 1 to 32 bytes give the same messages", arguments: try RecordedStream.all())
    func pieces(stream: RecordedStream) {
        let whole = frame([stream.bytes])
        #expect(whole.count > 50)
        #expect(!whole.contains { if case .malformed = $0 { true } else { false } })
        for size in [1, 2, 3, 4, 5, 7, 8, 13, 16, 31, 32] {
            #expect(frame(chunks(of: size, stream.bytes)) == whole, "pieces of \(size)")
        }
    }

    @Test("a split at any place gives the same messages", arguments: try RecordedStream.all())
    func everySplit(stream: RecordedStream) {
        let bytes = Array(stream.bytes.prefix(1500))
        let whole = frame([bytes])
        for split in 0...bytes.count { #expect(frame([bytes[..<split], bytes[split...]]) == whole, "cut at \(split)") }
    }

    @Test("a session receives every event and misses none", arguments: try RecordedStream.all())
    func session(stream: RecordedStream) {
        var client = Client()
        var events = 0
        for piece in chunks(of: 1448, stream.bytes) {
            for happened in client.hears(Array(piece)) {
                switch happened {
                case .event: events += 1
                case .sent, .loggedIn: break
                case .answer, .item, .listEnded, .unanswered, .pong, .malformed, .failed:
                    #expect(Bool(false), "\(happened)")
                }
            }
        }
        let framed = frame([stream.bytes]).count { if case .message(.event, _) = $0 { true } else { false } }
        #expect(events == framed)
    }
}
