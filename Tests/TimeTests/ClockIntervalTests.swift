import Testing
import Time

@Suite("A clock interval")
struct ClockIntervalTests {
    private let quarter = ClockInterval.quarterHour

    @Test(
        "is half-open: it contains its first instant but not its end",
        arguments: [
            ("2026-03-02T08:14:59.990Z", "2026-03-02T08:00:00Z"), ("2026-03-02T08:15:00.000Z", "2026-03-02T08:15:00Z"),
            ("2026-03-02T08:15:04.000Z", "2026-03-02T08:15:00Z"),
            ("2026-03-02T08:29:59.999999Z", "2026-03-02T08:15:00Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:45:00Z"),
        ])
    func containing(instant: String, start: String) throws {
        let interval = ClockInterval.containing(try #require(UnixTime(rfc3339: instant)), length: quarter)
        #expect(interval == ClockInterval(start: try #require(UnixTime(rfc3339: start)), length: .seconds(900)))
        #expect(interval.end == interval.start + .seconds(900))
    }

    @Test(
        "divides days into 92, 96 or 100 quarters and half as many halves",
        arguments: [
            ("2026-03-28", 96), ("2026-03-29", 92), ("2026-10-25", 100), ("2027-03-28", 92), ("2027-10-31", 100),
            ("2027-06-01", 96),
        ])
    func days(date: String, quarters: Int) throws {
        let day = TimeZoneRule.rome.day(try #require(LocalDate(date)))
        for (length, count) in [(ClockInterval.quarterHour, quarters), (ClockInterval.halfHour, quarters / 2)] {
            let intervals = ClockInterval.intervals(in: day, length: length)
            #expect(intervals.count == count)
            #expect(intervals.first?.start == day.lowerBound && intervals.last?.end == day.upperBound)
            #expect(zip(intervals, intervals.dropFirst()).allSatisfy { $0.end == $1.start && $0 < $1 })
            #expect(Set(intervals).count == count)
        }
    }

    @Test("begins at local minute 00, 15, 30 or 45, and twice at 02:15 in an October night")
    func aligned() throws {
        let zone = TimeZoneRule.rome
        let labels = ClockInterval.intervals(in: zone.day(try #require(LocalDate("2026-10-25"))), length: quarter).map {
            zone.label($0.start)
        }
        #expect(
            labels.allSatisfy { ["00:00", "15:00", "30:00", "45:00"].contains(String($0.dropFirst(14).prefix(5))) })
        #expect(
            labels.filter { $0.hasPrefix("2026-10-25T02:15") } == [
                "2026-10-25T02:15:00+02:00", "2026-10-25T02:15:00+01:00",
            ])
    }

    @Test("of a range are all that intersect it")
    func touched() throws {
        let start = try #require(UnixTime(rfc3339: "2026-03-02T08:15:00Z"))
        #expect(ClockInterval.intervals(in: start..<start, length: quarter) == [])
        #expect(ClockInterval.intervals(in: start..<start + .seconds(900), length: quarter).map(\.start) == [start])
        let touched = ClockInterval.intervals(
            in: start + Span(microseconds: -1)..<start + Span(microseconds: 900_000_001), length: quarter)
        #expect(touched.map(\.start) == [start + .seconds(-900), start, start + .seconds(900)])
    }

    @Test("takes its part of a duration: nothing is lost or counted twice at a border")
    func durations() throws {
        let talk = try range("2026-03-02T08:15:04Z", "2026-03-02T08:31:04Z")
        let shares = ClockInterval.intervals(in: talk, length: quarter).map { $0.range.overlap(talk) }
        #expect(shares == [.seconds(896), .seconds(64)])
        let available = try range("2026-03-02T22:50:00Z", "2026-03-02T23:10:00Z")
        let days = [available.lowerBound, available.upperBound].map {
            TimeZoneRule.rome.day(containing: $0).overlap(available)
        }
        #expect(days == [.seconds(600), .seconds(600)])
        #expect(talk.overlap(available) == .zero && available.overlap(talk) == .zero)
    }

    private func range(_ from: String, _ to: String) throws -> Range<UnixTime> {
        try #require(UnixTime(rfc3339: from))..<(try #require(UnixTime(rfc3339: to)))
    }
}
