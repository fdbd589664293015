import Telephony
import Testing

/// A mark that cannot be seen takes a number the long way; it must mean the same.
@Suite("A number of digits only")
struct PlainNumberTests {
    private static let invisible = "\u{200B}"

    @Test("means the same as with an invisible mark in it")
    func shortWay() {
        var generator = SplitMix64(seed: 11)
        var numbers = [
            "+", "0", "+0", "00", "+390612345678", "00390612345678", "266696687", "+266696687", "39266696687",
            "+392562533", "86282452253", "8656696", "7777777", "+397777777", "12222222222", "+12222222222",
            "1234567890", "+123456789", "+10000000000", "39000000", "100", "1000000000", "777777",
        ]
        for _ in 0..<2_000 {
            let alphabet = Array(generator.next().isMultiple(of: 3) ? "02" : "0123456789")
            let length = 1 + Int(generator.next() % 16)
            let digits = (0..<length).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] }
            numbers.append((generator.next().isMultiple(of: 2) ? "+" : "") + String(digits))
        }
        for number in numbers {
            let marked = number + Self.invisible
            #expect(PlaceholderNumber(number) == PlaceholderNumber(marked), "\(number)")
            #expect(SubscriberText(number) == SubscriberText(marked), "\(number)")
        }
    }
}
