import Telephony
import Foundation
import Testing
import Time

@Suite("The hours of the service")
struct ServiceCalendarTests {
    private let zone = TimeZoneRule.rome

    private func calendar(
        _ week: [Int: [String]], holidays: ServiceCalendar.Holidays = .none, patron: String? = nil,
        exceptions: [String: [String]] = [:]
    ) throws -> ServiceCalendar {
        var dates: [LocalDate: [LocalPeriod]] = [:]
        for (date, periods) in exceptions {
            dates[try #require(LocalDate(date))] = try periods.map { try #require(LocalPeriod($0)) }
        }
        return ServiceCalendar(
            zone: zone, week: try week.mapValues { try $0.map { try #require(LocalPeriod($0)) } }, holidays: holidays,
            patron: try patron.map { try #require(MonthDay($0)) }, exceptions: dates)
    }

    private func instant(_ local: String) throws -> UnixTime {
        try #require(zone.instants(local: local).first, "\(local)")
    }

    /// The periods that intersect these local days, as labels.
    private func periods(_ calendar: ServiceCalendar, _ first: String, _ last: String? = nil) throws -> [String] {
        let range =
            zone.day(try #require(LocalDate(first)))
            .lowerBound..<zone.day(try #require(LocalDate(last ?? first))).upperBound
        return calendar.periods(overlapping: range).map(label)
    }

    private func label(_ range: Range<UnixTime>) -> String {
        "\(zone.label(range.lowerBound)) \(zone.label(range.upperBound))"
    }

    @Test("follow the weekday's plan, several a day, open at the first instant and closed at the last")
    func week() throws {
        // 2026-11-23 is a Monday.
        let calendar = try calendar([1: ["14:00-18:30", "08:00-13:00"], 2: ["09:00-12:00"]])
        #expect(
            try periods(calendar, "2026-11-23", "2026-11-29") == [
                "2026-11-23T08:00:00+01:00 2026-11-23T13:00:00+01:00",
                "2026-11-23T14:00:00+01:00 2026-11-23T18:30:00+01:00",
                "2026-11-24T09:00:00+01:00 2026-11-24T12:00:00+01:00",
            ])
        for (time, isOpen) in [
            ("07:59:59", false), ("08:00", true), ("12:59:59", true), ("13:00", false), ("14:00", true),
            ("18:30", false),
        ] {
            #expect(calendar.isOpen(at: try instant("2026-11-23 \(time)")) == isOpen, "\(time)")
        }
        #expect(!calendar.isOpen(at: try instant("2026-11-25 10:00")))
    }

    @Test("of a night continue over midnight, also into a closed day, and belong to the day on which they began")
    func night() throws {
        // Friday to Saturday; Saturday has no plan.
        let calendar = try calendar([5: ["22:00-06:00"]])
        #expect(try periods(calendar, "2026-11-28") == ["2026-11-27T22:00:00+01:00 2026-11-28T06:00:00+01:00"])
        #expect(try periods(calendar, "2026-11-27") == ["2026-11-27T22:00:00+01:00 2026-11-28T06:00:00+01:00"])
        #expect(try periods(calendar, "2026-11-26") == [] && (try periods(calendar, "2026-11-29")) == [])
        for time in ["2026-11-27 23:59:59", "2026-11-28 00:00", "2026-11-28 05:59:59"] {
            #expect(calendar.isOpen(at: try instant(time)))
        }
        for time in ["2026-11-27 05:00", "2026-11-28 06:00", "2026-11-28 22:00"] {
            #expect(!calendar.isOpen(at: try instant(time)))
        }
        // Christmas Day 2026 is a Friday, the day before a Thursday.
        let holidays = try self.calendar([4: ["22:00-06:00"], 5: ["08:00-12:00"]], holidays: .italy)
        #expect(try periods(holidays, "2026-12-25") == ["2026-12-24T22:00:00+01:00 2026-12-25T06:00:00+01:00"])
    }

    @Test(
        "last as long as local time does on the days of the clock changes",
        arguments: [
            ("2026-03-29", "00:00-24:00", "2026-03-29T00:00:00+01:00 2026-03-30T00:00:00+02:00", 23.0),
            ("2026-10-25", "00:00-24:00", "2026-10-25T00:00:00+02:00 2026-10-26T00:00:00+01:00", 25),
            ("2026-03-28", "00:00-24:00", "2026-03-28T00:00:00+01:00 2026-03-29T00:00:00+01:00", 24),
            ("2026-03-29", "01:30-03:30", "2026-03-29T01:30:00+01:00 2026-03-29T03:30:00+02:00", 1),
            ("2026-03-29", "01:30-02:30", "2026-03-29T01:30:00+01:00 2026-03-29T03:00:00+02:00", 0.5),
            ("2026-03-29", "02:30-04:00", "2026-03-29T03:00:00+02:00 2026-03-29T04:00:00+02:00", 1),
            ("2026-10-25", "01:30-03:30", "2026-10-25T01:30:00+02:00 2026-10-25T03:30:00+01:00", 3),
            ("2026-10-25", "01:30-02:30", "2026-10-25T01:30:00+02:00 2026-10-25T02:30:00+02:00", 1),
            ("2026-10-25", "02:30-04:00", "2026-10-25T02:30:00+02:00 2026-10-25T04:00:00+01:00", 2.5),
            ("2026-03-28", "22:00-06:00", "2026-03-28T22:00:00+01:00 2026-03-29T06:00:00+02:00", 7),
            ("2026-10-24", "22:00-06:00", "2026-10-24T22:00:00+02:00 2026-10-25T06:00:00+01:00", 9),
        ])
    func changes(date: String, period: String, expected: String, hours: Double) throws {
        let calendar = try calendar([:], exceptions: [date: [period]])
        let all = calendar.periods(overlapping: zone.day(try #require(LocalDate(date))))
        #expect(all.map(label) == [expected])
        #expect(all.map { $0.length.seconds / 3600 } == [hours])
    }

    @Test("do not take place within the hour that spring leaves out")
    func leftOut() throws {
        let calendar = try calendar([7: ["02:00-03:00", "02:15-02:45", "03:00-04:00"]])
        #expect(try periods(calendar, "2026-03-29") == ["2026-03-29T03:00:00+02:00 2026-03-29T04:00:00+02:00"])
    }

    @Test("around the clock are the local days, without gap or overlap, also over clock changes")
    func always() throws {
        let calendar = ServiceCalendar.always(in: zone)
        let year = try instant("2026-01-01 00:00")..<(try instant("2027-01-01 00:00"))
        let periods = calendar.periods(overlapping: year)
        #expect(
            periods.count == 365 && periods.first?.lowerBound == year.lowerBound
                && periods.last?.upperBound == year.upperBound)
        #expect(zip(periods, periods.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        #expect(periods.reduce(.zero) { $0 + $1.length } == year.length)
        #expect(
            calendar.currentOrLast(at: try instant("2026-10-25 12:00"))
                == zone.day(try #require(LocalDate("2026-10-25"))))
    }

    @Test(
        "are closed on holidays, on the patron saint's day and on exceptional dates, and open where a date says so",
        arguments: [
            ("2026-12-23", "08:00"), ("2026-12-24", nil), ("2026-12-25", nil), ("2026-12-26", nil),
            ("2026-12-27", "09:00"),
            ("2026-12-28", "08:00"),
            ("2026-06-29", nil), ("2027-06-29", nil), ("2026-06-30", "08:00"), ("2026-04-06", nil),
            ("2026-04-07", "08:00"),
            // Sundays are closed by the plan; a date's own hours take precedence over a holiday.
            ("2026-11-29", nil), ("2025-10-04", "08:00"), ("2026-10-04", nil), ("2027-10-04", nil),
            ("2028-10-04", "10:00"),
        ] as [(String, String?)])
    func closed(date: String, opens: String?) throws {
        let calendar = try calendar(
            Dictionary(uniqueKeysWithValues: (1...6).map { ($0, ["08:00-20:00"]) }), holidays: .italy, patron: "06-29",
            exceptions: ["2026-12-24": [], "2026-12-27": ["09:00-13:00"], "2028-10-04": ["10:00-12:00"]])
        #expect(try periods(calendar, date).first.map { String($0.dropFirst(11).prefix(5)) } == opens)
    }

    @Test("without holidays follow the plan, also at Christmas")
    func noHolidays() throws {
        let calendar = try calendar([5: ["08:00-20:00"]])
        #expect(try periods(calendar, "2026-12-25").count == 1)
    }

    @Test(
        "have a shift: the present one, or the last one",
        arguments: [
            // Monday and Tuesday; Friday nights.
            ("2026-11-23 08:00", "2026-11-23T08:00:00+01:00 2026-11-23T13:00:00+01:00"),
            ("2026-11-23 13:00", "2026-11-23T08:00:00+01:00 2026-11-23T13:00:00+01:00"),
            ("2026-11-23 14:00", "2026-11-23T14:00:00+01:00 2026-11-23T18:00:00+01:00"),
            ("2026-11-24 07:59:59", "2026-11-23T14:00:00+01:00 2026-11-23T18:00:00+01:00"),
            ("2026-11-27 21:59:59", "2026-11-24T08:00:00+01:00 2026-11-24T13:00:00+01:00"),
            ("2026-11-28 03:00", "2026-11-27T22:00:00+01:00 2026-11-28T06:00:00+01:00"),
            ("2026-11-28 06:00", "2026-11-27T22:00:00+01:00 2026-11-28T06:00:00+01:00"),
            ("2026-11-30 00:00", "2026-11-27T22:00:00+01:00 2026-11-28T06:00:00+01:00"),
        ])
    func shift(time: String, expected: String) throws {
        let calendar = try calendar([1: ["08:00-13:00", "14:00-18:00"], 2: ["08:00-13:00"], 5: ["22:00-06:00"]])
        #expect(calendar.currentOrLast(at: try instant(time)).map(label) == expected)
    }

    @Test("have no shift if the service was never open, or not for a year")
    func noShift() throws {
        #expect(try calendar([:]).currentOrLast(at: instant("2026-11-23 10:00")) == nil)
        #expect(try calendar([:], exceptions: ["2026-11-23": []]).currentOrLast(at: instant("2026-11-23 10:00")) == nil)
        let once = try calendar([:], exceptions: ["2026-11-23": ["08:00-09:00"]])
        #expect(once.currentOrLast(at: try instant("2026-11-23 07:59")) == nil)
        #expect(once.currentOrLast(at: try instant("2027-11-23 07:59")) != nil)
        #expect(once.currentOrLast(at: try instant("2028-11-23 07:59")) == nil)
    }

    @Test("never overlap, whatever the plan: a period ends where the next begins")
    func overlapping() throws {
        let calendar = try calendar([1: ["08:00-20:00", "12:00-14:00", "22:00-06:00"], 2: ["05:00-07:00"]])
        #expect(
            try periods(calendar, "2026-11-23", "2026-11-24") == [
                "2026-11-23T08:00:00+01:00 2026-11-23T12:00:00+01:00",
                "2026-11-23T12:00:00+01:00 2026-11-23T14:00:00+01:00",
                "2026-11-23T22:00:00+01:00 2026-11-24T05:00:00+01:00",
                "2026-11-24T05:00:00+01:00 2026-11-24T07:00:00+01:00",
            ])
        #expect(
            calendar.currentOrLast(at: try instant("2026-11-24 04:00")).map(label)?.hasSuffix(
                "2026-11-24T05:00:00+01:00") == true)
    }

    @Test("of a range are all that intersect it, and of an empty range none")
    func touched() throws {
        let calendar = try calendar([1: ["08:00-13:00"]])
        let start = try instant("2026-11-23 08:00")
        let end = try instant("2026-11-23 13:00")
        #expect(calendar.periods(overlapping: start..<start) == [])
        #expect(calendar.periods(overlapping: start + .seconds(-60)..<start) == [])
        #expect(calendar.periods(overlapping: end..<end + .seconds(60)) == [])
        #expect(calendar.periods(overlapping: start + .seconds(60)..<start + .seconds(61)) == [start..<end])
    }

    @Test("are open at an instant exactly within their periods", arguments: 1...3 as ClosedRange<UInt64>)
    func consistent(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let calendar = try calendar(
            [
                1: ["08:00-13:00", "23:00-01:00"], 3: ["00:00-24:00"], 4: ["02:00-02:30"], 6: ["22:00-10:00"],
                7: ["01:00-03:00"],
            ],
            holidays: .italy, exceptions: ["2026-10-25": ["02:30-05:00"]])
        let year = try instant("2026-01-01 00:00")..<(try instant("2027-01-01 00:00"))
        let periods = calendar.periods(overlapping: year)
        #expect(zip(periods, periods.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
        for _ in 0..<500 {
            let time = UnixTime(
                microseconds: Int64.random(
                    in: year.lowerBound.microseconds..<year.upperBound.microseconds, using: &generator))
            #expect(calendar.isOpen(at: time) == periods.contains { $0.contains(time) }, "seed \(seed): \(time)")
            let shift = calendar.currentOrLast(at: time)
            #expect(
                shift == periods.last { $0.lowerBound <= time }
                    || shift.map { $0.upperBound <= year.lowerBound } == true,
                "seed \(seed): \(time)")
        }
    }

    @Test("are read as 08:00-20:00")
    func text() {
        for text in ["08:00-20:00", "00:00-24:00", "22:00-06:00", "23:59-00:01", "00:00-00:01", "22:00-24:00"] {
            #expect(LocalPeriod(text)?.description == text)
        }
        for text in [
            "", "8:00-20:00", "08:00–20:00", "08:00-20:60", "24:00-06:00", "09:00-09:00", "00:00-00:00", "22:00-00:00",
            "08:00-24:01",
            "08.00-20.00",
            "08:00 20:00", "08:00-20:00 ", "-8:00-20:00", "08:0à-20:00", "0::00-20:00",
        ] {
            #expect(LocalPeriod(text) == nil, "\(text)")
        }
        #expect(MonthDay("06-29")?.description == "06-29" && MonthDay("02-29")?.description == "02-29")
        for text in ["", "6-29", "02-30", "13-01", "06/29", "06-29 "] { #expect(MonthDay(text) == nil, "\(text)") }
    }

    @Test("can be read back from their encoded form")
    func coding() throws {
        let calendar = try calendar(
            [1: ["08:00-13:00", "22:00-06:00"]], holidays: .italy, patron: "06-29",
            exceptions: ["2026-12-24": [], "2026-12-27": ["09:00-13:00"]])
        #expect(try JSONDecoder().decode(ServiceCalendar.self, from: try JSONEncoder().encode(calendar)) == calendar)
        #expect(String(decoding: try JSONEncoder().encode(calendar), as: UTF8.self).contains(#""2026-12-24":[]"#))
    }
}
