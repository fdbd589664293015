import Testing
import Time

@testable import Figures

@Suite("Rows of quarter-hours that were closed")
struct ClosedRowsTests {
    private static let quarter = ClockInterval.quarterHour.microseconds

    /// The quarter-hours that something touches which lasted from here to there.
    private func touched(_ range: ClosedRange<Int64>, closedBefore: Int64) -> [Int64] {
        var facts = Facts()
        facts.rowsAreClosed(before: UnixTime(microseconds: closedBefore), keptFrom: UnixTime(microseconds: 0))
        facts.touch(
            nil, team: "A",
            UnixTime(microseconds: range.lowerBound)...UnixTime(microseconds: range.upperBound))
        return facts.takeTouched().map { $0.start.microseconds / Self.quarter }
    }

    @Test("are written again where something lasted, and no others")
    func some() {
        let range = 4 * Self.quarter + 1...6 * Self.quarter
        #expect(touched(range, closedBefore: 6 * Self.quarter) == [4, 5])
        #expect(touched(range, closedBefore: 9 * Self.quarter) == [4, 5, 6])
        #expect(touched(range, closedBefore: 4 * Self.quarter) == [])
    }

    @Test("are no more than can be noted, whatever a file says was closed, and since when something lasts")
    func endless() {
        #expect(touched(4 * Self.quarter...5 * Self.quarter, closedBefore: .max) == [4, 5])
        let ages: Int64 = 10_000_000_000_000_000
        #expect(touched(-ages...ages, closedBefore: .max).count == 100_000)
    }
}
