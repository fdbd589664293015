import Figures
import Histogram
import Telephony
import Testing
import Time

@Suite("A distribution of waits")
struct WaitHistogramTests {
    @Test("has the reference's quantiles by nearest rank: 12, 18, 21, 60, 60 of 3, 5, 7, 8, 12, 13, 14, 18, 21, 60")
    func reference() {
        var waits = WaitHistogram()
        for seconds in [3, 5, 7, 8, 12, 13, 14, 18, 21, 60] as [Int64] { waits.record(.seconds(seconds)) }
        let expected: [(Double, Int64)] = [(50, 12), (80, 18), (90, 21), (95, 60), (99, 60)]
        for (percent, seconds) in expected {
            let quantile = waits.quantile(percent)!
            #expect(
                quantile >= .seconds(seconds) && quantile.seconds <= Double(seconds) * 1.001,
                "P\(percent): \(quantile.seconds)")
        }
        #expect(WaitHistogram().quantile(50) == nil)
    }

    @Test(
        "is never more than 0.1 % or 1 ms above the exact quantile, and never below", arguments: 0..<20 as Range<UInt64>
    )
    func bound(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var waits = WaitHistogram()
        var exact: [Int64] = []
        for _ in 0..<Int.random(in: 1...2000, using: &generator) {
            // Over five orders of magnitude.
            let wait = Int64.random(in: 0...(1 << Int64.random(in: 10...33, using: &generator)), using: &generator)
            waits.record(Span(microseconds: wait))
            exact.append(wait)
        }
        exact.sort()
        for percent in [1, 25, 50, 90, 95, 99] as [Double] {
            let rank = max(1, Int((percent / 100 * Double(exact.count)).rounded(.up)))
            let truth = exact[rank - 1]
            let quantile = waits.quantile(percent)!.microseconds
            #expect(
                quantile >= truth && Double(quantile) <= Double(truth) * 1.001 + 1000, "P\(percent) of \(exact.count)")
        }
    }

    @Test("added to another equals one of all waits")
    func merged() {
        var generator = SplitMix64(seed: 7)
        var parts = [WaitHistogram(), WaitHistogram(), WaitHistogram()]
        var whole = WaitHistogram()
        for index in 0..<900 {
            let wait = Span(microseconds: Int64.random(in: 0...600_000_000, using: &generator))
            parts[index % 3].record(wait)
            whole.record(wait)
        }
        var sum = parts[0]
        sum.add(parts[1])
        sum.add(parts[2])
        #expect(sum.count == 900)
        for percent in [50, 90, 95, 99] as [Double] { #expect(sum.quantile(percent) == whole.quantile(percent)) }
    }

    @Test("has the quantiles of HdrHistogram", arguments: 0..<20 as Range<UInt64>)
    func judge(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var waits = WaitHistogram()
        var other = WaitHistogram()
        var judge = Histogram<UInt32>(
            lowestDiscernibleValue: 1, highestTrackableValue: 86_400_000, numberOfSignificantValueDigits: .three)
        for _ in 0..<Int.random(in: 1...3000, using: &generator) {
            let wait = Int64.random(in: 0...(1 << Int64.random(in: 0...27, using: &generator)), using: &generator)
            if Bool.random(using: &generator) {
                waits.record(.milliseconds(wait))
            } else {
                other.record(.milliseconds(wait))
            }
            judge.record(UInt64(min(wait, 86_400_000)))
            guard Int.random(in: 0..<50, using: &generator) == 0 else { continue }
            waits.add(other)
            other = WaitHistogram()
            for percent in [0.1, 1, 25, 50, 75, 90, 95, 99, 99.9] {
                let quantile = waits.quantile(percent)
                #expect(quantile == .milliseconds(Int64(judge.valueAtPercentile(percent))), "P\(percent)")
            }
        }
    }
}
