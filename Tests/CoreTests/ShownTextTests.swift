import Telephony
import Testing
import Time

@testable import Core

@Suite("Text that is shown")
struct ShownTextTests {
    /// Plain ones most often; the first and the last that are plain, and their neighbours; what is left out; what is
    /// not ASCII.
    private static let scalars: [Unicode.Scalar] =
        (0x20...0x7E).map { Unicode.Scalar($0) } + ["\u{1F}", "\u{7F}", "\u{80}", "\u{0}", "\n", "\u{AD}", "\u{202E}"]
        + ["\u{2028}", "\u{E000}", "\u{FEFF}", "à", "中", "\u{301}", "😀"]

    @Test("is the same, whether it is plain and short or looked at scalar by scalar")
    func same() {
        var generator = SplitMix64(seed: 11)
        var plain = 0
        for number in 0..<5_000 {
            // Every other text is of plain scalars only.
            let choice = number % 2 == 0 ? Self.scalars[..<95] : Self.scalars[...]
            var text = ""
            for _ in 0..<Int.random(in: 0...90, using: &generator) {
                text.unicodeScalars.append(choice.randomElement(using: &generator)!)
            }
            let shown = printable(text)
            #expect(Array(shown.utf8) == Array(printableOfAny(text, atMost: Core.Limits.printableScalars).utf8))
            if shown == text { plain += 1 }
        }
        #expect(plain > 1_000)
        for scalar in Self.scalars {
            let text = "a\(scalar)b"
            #expect(Array(printable(text).utf8) == Array(printableOfAny(text, atMost: 80).utf8), "\(scalar.value)")
        }
        // To the scalar, at the limit.
        for count in 79...82 {
            #expect(printable(String(repeating: "x", count: count)).count == min(count, 80))
        }
    }
}
