import Telephony
import Foundation
import Testing
import Time

@Suite("Local time")
struct LocalTimeTests {
    private let rome = TimeZoneRule.rome

    @Test("knows two zones by their names and no other")
    func names() {
        #expect(TimeZoneRule(identifier: "Europe/Rome") == .rome)
        #expect(TimeZoneRule(identifier: "UTC") == .utc)
        for name in ["", "europe/rome", "Europe/Roma", "CET", "Europe/Berlin", "GMT"] {
            #expect(TimeZoneRule(identifier: name) == nil, "\(name)")
        }
        #expect(
            TimeZoneRule.identifiers.compactMap(TimeZoneRule.init(identifier:)).map(\.identifier) == [
                "Europe/Rome", "UTC",
            ])
    }

    @Test(
        "of Rome is CET, and CEST from the last Sunday of March to the last of October, from 01:00 UTC",
        arguments: [
            ("2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00", "CET"),
            ("2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00", "CEST"),
            ("2026-10-25T00:15:00Z", "2026-10-25T02:15:00+02:00", "CEST"),
            ("2026-10-25T00:59:59.999Z", "2026-10-25T02:59:59+02:00", "CEST"),
            ("2026-10-25T01:00:00Z", "2026-10-25T02:00:00+01:00", "CET"),
            ("2026-10-25T01:15:00Z", "2026-10-25T02:15:00+01:00", "CET"),
            ("2027-03-28T00:59:59Z", "2027-03-28T01:59:59+01:00", "CET"),
            ("2027-03-28T01:00:00Z", "2027-03-28T03:00:00+02:00", "CEST"),
            ("2027-10-31T00:59:59Z", "2027-10-31T02:59:59+02:00", "CEST"),
            ("2027-10-31T01:00:00Z", "2027-10-31T02:00:00+01:00", "CET"),
            // The last day of the month is a Sunday.
            ("2024-03-31T00:59:59Z", "2024-03-31T01:59:59+01:00", "CET"),
            ("2024-03-31T01:00:00Z", "2024-03-31T03:00:00+02:00", "CEST"),
            ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "CET"),
            ("2026-07-31T23:30:00Z", "2026-08-01T01:30:00+02:00", "CEST"),
            ("2026-12-31T23:30:00Z", "2027-01-01T00:30:00+01:00", "CET"),
            ("1969-12-31T22:59:59Z", "1969-12-31T23:59:59+01:00", "CET"),
        ])
    func labels(instant: String, label: String, abbreviation: String) throws {
        let instant = try #require(UnixTime(rfc3339: instant))
        #expect(rome.label(instant) == label)
        #expect(rome.abbreviation(at: instant) == abbreviation)
        #expect(rome.offset(at: instant) == .seconds(abbreviation == "CEST" ? 7200 : 3600))
        #expect(UnixTime(rfc3339: label).map { instant - $0 < .seconds(1) && $0 <= instant } == true)
    }

    @Test("of UTC is UTC")
    func utc() throws {
        let instant = try #require(UnixTime(rfc3339: "2026-07-01T12:30:15Z"))
        #expect(TimeZoneRule.utc.label(instant) == "2026-07-01T12:30:15Z")
        #expect(TimeZoneRule.utc.abbreviation(at: instant) == "UTC")
        #expect(TimeZoneRule.utc.offset(at: instant) == .zero)
        #expect(
            TimeZoneRule.utc.day(containing: instant) == (try range("2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z")))
    }

    @Test(
        "has days of 24 hours, one of 23 and one of 25 a year",
        arguments: [
            ("2026-03-28", "2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", 24),
            ("2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 23),
            ("2026-03-30", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z", 24),
            ("2026-10-24", "2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", 24),
            ("2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 25),
            ("2026-10-26", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z", 24),
            ("2027-03-28", "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z", 23),
            ("2027-10-31", "2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z", 25),
        ])
    func days(date: String, from: String, to: String, hours: Int64) throws {
        let day = try range(from, to)
        #expect(rome.day(try #require(LocalDate(date))) == day)
        #expect(day.length == .seconds(hours * 3600))
        for instant in [
            day.lowerBound, day.lowerBound + .seconds(1), day.upperBound + .seconds(-1),
            day.upperBound + Span(microseconds: -1),
        ] {
            #expect(rome.day(containing: instant) == day)
            #expect(rome.midnight(atOrBefore: instant) == day.lowerBound)
            #expect("\(rome.localDate(at: instant))" == date)
        }
        #expect(rome.midnight(atOrBefore: day.upperBound) == day.upperBound)
    }

    @Test("changes the date at local midnight, to the microsecond")
    func midnight() throws {
        let before = try #require(UnixTime(rfc3339: "2026-03-02T22:59:59.999999Z"))
        #expect("\(rome.localDate(at: before)) \(rome.weekday(at: before))" == "2026-03-02 1")
        let after = before + Span(microseconds: 1)
        #expect("\(rome.localDate(at: after)) \(rome.weekday(at: after))" == "2026-03-03 2")
    }

    @Test(
        "is read back as one instant, as two in the repeated autumn hour, as none in the spring gap",
        arguments: [
            ("2026-11-23 10:42", ["2026-11-23T09:42:00.000Z"]), ("2026-11-23T10:42:30", ["2026-11-23T09:42:30.000Z"]),
            ("2026-07-01 00:00:00", ["2026-06-30T22:00:00.000Z"]),
            ("2026-03-29 01:59:59", ["2026-03-29T00:59:59.000Z"]), ("2026-03-29 02:00", []),
            ("2026-03-29 02:59:59", []),
            ("2026-03-29 03:00", ["2026-03-29T01:00:00.000Z"]),
            ("2026-10-25 01:59:59", ["2026-10-24T23:59:59.000Z"]), ("2026-10-25 03:00", ["2026-10-25T02:00:00.000Z"]),
            ("2026-10-25 02:00", ["2026-10-25T00:00:00.000Z", "2026-10-25T01:00:00.000Z"]),
            ("2026-10-25 02:59:59", ["2026-10-25T00:59:59.000Z", "2026-10-25T01:59:59.000Z"]),
            // An offset selects one of the two.
            ("2026-10-25T02:15:00+02:00", ["2026-10-25T00:15:00.000Z"]),
            ("2026-10-25T02:15:00+01:00", ["2026-10-25T01:15:00.000Z"]),
            ("2026-03-29T02:30:00+01:00", ["2026-03-29T01:30:00.000Z"]),
            ("2026-11-23T10:42:00Z", ["2026-11-23T10:42:00.000Z"]),
            ("", []), ("10:42", []), ("2026-11-23", []), ("2026-11-23 10:42:5", []), ("2026-11-23 10:4a", []),
            ("2026-02-29 10:42", []),
            ("2026-11-23 24:00", []), ("2026-11-23  10:42", []), ("2026-11-23_10:42", []), ("２026-11-23 10:42", []),
            ("2026-11-23 10:42Z", []),
            ("2026-11-23 10:42 +01", []), ("à026-11-23 1:42", []), ("2026-11-2à 10:42", []),
            ("2026-11-23\u{0}10:42", []),
        ] as [(String, [String])])
    func read(text: String, instants: [String]) {
        #expect(rome.instants(local: text).map(\.description) == instants)
    }

    @Test("can be read back from its label, for any instant", arguments: 1...4 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let instant = UnixTime(seconds: Int64.random(in: 850_000_000...4_000_000_000, using: &generator))
            for zone in [TimeZoneRule.rome, .utc] {
                #expect(
                    zone.instants(local: String(zone.label(instant).prefix(19))).contains(instant),
                    "seed \(seed): \(instant)")
                #expect(zone.instants(local: zone.label(instant)) == [instant])
            }
        }
    }

    @Test("has every day from 1997 to 2099 in sequence: 92, 96 or 100 quarters, one short and one long day a year")
    func everyDay() throws {
        var day = try range("1996-12-30T23:00:00Z", "1996-12-31T23:00:00Z")
        var date = try #require(LocalDate("1996-12-31"))
        for year in 1997...2099 {
            var lengths: [Int: Int] = [:]
            repeat {
                let next = rome.day(containing: day.upperBound)
                #expect(next.lowerBound == day.upperBound, "\(date)")
                date = date.adding(days: 1)
                day = next
                #expect(
                    rome.day(date) == day && rome.localDate(at: day.lowerBound) == date
                        && rome.weekday(at: day.lowerBound) == date.weekday)
                lengths[ClockInterval.intervals(in: day, length: ClockInterval.quarterHour).count, default: 0] += 1
            } while (date.month, date.day) != (12, 31)
            let isLeap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
            #expect(date.year == year && lengths == [92: 1, 96: isLeap ? 364 : 363, 100: 1], "\(year): \(lengths)")
        }
    }

    @Test("agrees with the operating system's table", arguments: 1...5 as ClosedRange<UInt64>)
    func operatingSystem(seed: UInt64) throws {
        let zone = try #require(TimeZone(identifier: "Europe/Rome"))
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = zone
        var generator = SplitMix64(seed: seed)
        // Half of the instants are anywhere from 1996 to 2037, half within four hours of a change.
        for number in 0..<1000 {
            var second = Int64.random(in: 820_454_400...2_145_916_799, using: &generator)
            if number % 2 == 0,
                let change = zone.nextDaylightSavingTimeTransition(
                    after: Foundation.Date(timeIntervalSince1970: Double(second)))
            {
                second = Int64(change.timeIntervalSince1970) + Int64.random(in: -14_400...14_400, using: &generator)
            }
            let instant = UnixTime(seconds: second)
            let date = Foundation.Date(timeIntervalSince1970: Double(second))
            #expect(
                rome.offset(at: instant) == .seconds(Int64(zone.secondsFromGMT(for: date))), "seed \(seed): \(instant)")
            let midnight = Int64(calendar.startOfDay(for: date).timeIntervalSince1970)
            #expect(rome.midnight(atOrBefore: instant) == UnixTime(seconds: midnight), "seed \(seed): \(instant)")
            let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
            #expect(
                rome.localDate(at: instant)
                    == LocalDate(year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0),
                "seed \(seed): \(instant)")
            #expect(rome.weekday(at: instant) == ((parts.weekday ?? 0) + 5) % 7 + 1, "seed \(seed): \(instant)")
        }
    }

    @Test("of an instant at the end of the range does not overflow")
    func extremes() {
        for instant in [UnixTime(microseconds: .max), UnixTime(microseconds: .min)] {
            #expect(rome.day(containing: instant).lowerBound <= instant)
            #expect(!rome.label(instant).isEmpty)
        }
    }

    private func range(_ from: String, _ to: String) throws -> Range<UnixTime> {
        try #require(UnixTime(rfc3339: from))..<(try #require(UnixTime(rfc3339: to)))
    }
}

@Suite("A calendar day")
struct LocalDateTests {
    @Test("is read and written as 2026-11-23, and exists")
    func text() {
        for text in ["2026-11-23", "2024-02-29", "0000-01-01", "9999-12-31"] {
            #expect(LocalDate(text)?.description == text)
        }
        for text in [
            "", "2026-11-2", "2026-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00",
            "2026/11/23", "26-11-23",
            "2026-11-23 ",
        ] {
            #expect(LocalDate(text) == nil, "\(text)")
        }
        #expect(LocalDate(year: 2026, month: 2, day: 30) == nil)
        #expect(LocalDate(year: .max, month: .min, day: .max) == nil)
    }

    @Test("has an order, a weekday and days before and after")
    func order() throws {
        let date = try #require(LocalDate("2026-02-28"))
        #expect("\(date.adding(days: 1)) \(date.adding(days: -59))" == "2026-03-01 2025-12-31")
        #expect(date < date.adding(days: 1) && date.adding(days: -59) < date)
        #expect((1...7).map { date.adding(days: $0).weekday } == [7, 1, 2, 3, 4, 5, 6])
        #expect(Set([date, try #require(LocalDate("2026-02-28"))]).count == 1)
    }
}
