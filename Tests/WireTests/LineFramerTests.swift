import Testing
import Wire

@Suite("A stream of lines")
struct LineFramerTests {
    private func lines(_ pieces: [[UInt8]], limit: Int = 16) -> [LineFramer.Output] {
        var framer = LineFramer(limit: limit)
        return pieces.flatMap { framer.receive($0) }
    }

    private func line(_ text: String) -> LineFramer.Output { .line(Array(text.utf8)) }

    @Test("is split at LF or CRLF; empty lines are skipped, an unfinished one waits")
    func cut() {
        #expect(lines([Array("{\"a\":1}\n\n\r\nb\r\nc\rd\ne".utf8)]) == [line("{\"a\":1}"), line("b"), line("c\rd")])
    }

    @Test("gives the same lines however the network splits it", arguments: 1...20)
    func fragments(size: Int) {
        let bytes = Array(
            "hello\r\nworld\n\nthis line is far too long\nx\n0123456789abcdef\n0123456789abcdefg\ny\n".utf8)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        #expect(
            lines(pieces) == [
                line("hello"), line("world"), .tooLong, line("x"), line("0123456789abcdef"), .tooLong, line("y"),
            ])
    }

    @Test("reports a line that grows too long once, at once, and continues after its end")
    func tooLong() {
        var framer = LineFramer(limit: 4)
        #expect(framer.receive(Array("1234".utf8)) == [])
        #expect(framer.receive(Array("5".utf8)) == [.tooLong])
        #expect(framer.receive([UInt8](repeating: 65, count: 100_000)) == [])
        #expect(framer.receive(Array("\nok\n".utf8)) == [line("ok")])
    }

    @Test("counts neither the CR nor the LF of a line at the limit")
    func exactLimit() {
        #expect(lines([Array("1234\n".utf8), Array("1234\r\n".utf8)], limit: 4) == [line("1234"), line("1234")])
    }
}
