import Testing

@testable import centralino

@Suite("The end of a benchmark's stream")
struct StreamEndingTests {
    private static let stream = Array("Event: Hangup\r\nUniqueid: 1.1\r\n\r\nEvent: UserEvent\r\n".utf8)
    private static let pong = Array("Response: Success\r\nActionID: 7\r\nPing: Pong\r\n\r\n".utf8)

    @Test("is found wherever the reads split it", arguments: 1...80)
    func split(size: Int) {
        let bytes = Self.stream + StreamEnding.bytes
        let found = Self.found(
            stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) })
        #expect(found.dropLast().allSatisfy { !$0 })
        #expect(found.last == true)
    }

    private static func found(_ reads: [[UInt8]]) -> [Bool] {
        var ending = StreamEnding()
        return reads.map { ending.ends(with: $0) }
    }

    @Test("is found before an answer to a Ping in the same read", arguments: 0...10)
    func pongAfterwards(answers: Int) {
        let last = StreamEnding.bytes + Array(repeating: Self.pong, count: answers).joined()
        #expect(Self.found([Self.stream, last]) == [false, true])
    }

    @Test("is not found in a stream that goes on")
    func absent() {
        let reads = [
            Self.stream + Self.pong, Array("UserEvent: benchdon".utf8), Array("UserEvent: benchdone\r\n".utf8),
        ]
        #expect(Self.found(reads) == [false, false, false])
        #expect(Self.found(reads + [Array("\r\n".utf8)]).last == true)
    }
}
