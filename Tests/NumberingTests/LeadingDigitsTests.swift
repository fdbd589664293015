import Foundation
import Telephony
import Testing

@testable import Numbering

/// libphonenumber reads only the first number of each range. Here it reads all, and every answer must be the same:
/// `CENTRALINO_NUMBERS=5000000 swift test --filter LeadingDigitsTests` compares 20 million.
@Suite("The leading digits of an Italian number")
struct LeadingDigitsTests {
    private static func usually(_ count: Int) -> Int {
        ProcessInfo.processInfo.environment["CENTRALINO_NUMBERS"].flatMap(Int.init) ?? count
    }
    private static let seeds =
        (ProcessInfo.processInfo.environment["CENTRALINO_NUMBERS_SEED"].flatMap(UInt64.init) ?? 1)
    private static let numbersASeed = usually(30_000)

    @Test("decide the same as libphonenumber does for the whole number", arguments: seeds...seeds + 3)
    func forms(seed: UInt64) {
        let quick = PhoneNumbers()
        let slow = PhoneNumbers(remembersRanges: false)
        let plan = InternalPlan([20...29, 200...299, 39_000...39_999])
        var invented = InventedNumbers(seed: seed)
        for _ in 0..<Self.numbersASeed {
            let raw = invented.next()
            let rule = invented.pick(TrunkRule.allCases)
            let internalPlan = invented.pick([InternalPlan(), plan])
            let answer = quick.normalise(raw, trunkRule: rule, internalPlan: internalPlan)
            let expected = slow.normalise(raw, trunkRule: rule, internalPlan: internalPlan)
            guard answer == expected else {
                Issue.record("\(raw.debugDescription) by \(rule), seed \(seed): \(answer), not \(expected)")
                return
            }
        }
    }

    /// Five digits, because libphonenumber's longest distinction has five.
    @Test("decide with the length, whatever digits follow: all beginnings of five digits", arguments: 0...9)
    func beginnings(first: Int) {
        let quick = PhoneNumbers()
        let slow = PhoneNumbers(remembersRanges: false)
        var invented = InventedNumbers(seed: UInt64(first))
        for leading in first * 1000..<(first + 1) * 1000 {
            let digits = String("\(10_000 + leading)".dropFirst())
            let lengths = Self.numbersASeed > 1_000_000 ? Array(5...13) : [invented.pick([6, 8, 9, 10, 11, 12])]
            for length in lengths {
                for fifth in 0...9 {
                    let raw = "+39" + invented.national(beginning: digits + "\(fifth)", length: length)
                    let answer = quick.normalise(raw)
                    let expected = slow.normalise(raw)
                    guard answer == expected else {
                        Issue.record("\(raw): \(answer), not \(expected)")
                        return
                    }
                }
            }
        }
    }

    @Test("are read by libphonenumber once")
    func once() {
        let numbers = PhoneNumbers()
        for last in 1000..<2000 { _ = numbers.normalise("+39 02 1234 \(last)") }
        #expect(numbers.cachedReadings == 1)
        // Without the plus, the number is first tried as a national one.
        for last in 1000..<2000 { _ = numbers.normalise("39021234\(last)") }
        #expect(numbers.cachedReadings <= 3)
    }

    @Test("do not decide about Rome's 0669, which contains the Vatican")
    func vatican() {
        let numbers = PhoneNumbers()
        func region(_ raw: String) -> String? {
            if case .number(_, _, let region, _) = numbers.normalise(raw).result { region } else { nil }
        }
        #expect(region("0669712345") == "IT-RM")
        #expect(region("0669812345") == "VA")
    }
}
