import Testing

@testable import centralino

@Suite("The end of a benchmark's stream")
struct StreamEndingTests {
    private static let stream = Array("Event: Hangup\r\nUniqueid: 1.1\r\n\r\nEvent: UserEvent\r\n".utf8)
    private static let pong = Array("Response: Success\r\nActionID: 7\r\nPing: Pong\r\n\r\n".utf8)

    @Test("is found wherever the reads split it", arguments: 1...80)
    func split(size: Int) {
        let bytes = Self.stream + StreamEnding.bytes
        var ending = StreamEnding()
        let found = stride(from: 0, to: bytes.count, by: size).map {
            ending.ends(with: Array(bytes[$0..<min($0 + size, bytes.count)]))
        }
        #expect(found.dropLast().allSatisfy { !$0 })
        #expect(found.last == true)
    }

    @Test("is found before an answer to a Ping in the same read", arguments: 0...10)
    func pongAfterwards(answers: Int) {
        var ending = StreamEnding()
        #expect(!ending.ends(with: Self.stream))
        #expect(ending.ends(with: StreamEnding.bytes + Array(repeating: Self.pong, count: answers).joined()))
    }

    @Test("is not found in a stream that goes on")
    func absent() {
        var ending = StreamEnding()
        #expect(!ending.ends(with: Self.stream + Self.pong))
        #expect(!ending.ends(with: Array("UserEvent: benchdon".utf8)))
        #expect(!ending.ends(with: Array("UserEvent: benchdone\r\n".utf8)))
        #expect(ending.ends(with: Array("\r\n".utf8)))
    }
}
