import Telephony
import Testing
import Time

@Suite("A point of civil time")
struct UnixTimeTests {
    @Test(
        "is written as RFC 3339 in UTC with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_772_439_304_120_000, "2026-03-02T08:15:04.120Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999_999, "2000-02-29T23:59:59.999Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
            (4_107_542_399_000_000, "2100-02-28T23:59:59.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (-86_400_000_000, "1969-12-31T00:00:00.000Z"),
            (-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"),
            (253_402_300_799_999_000, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000_000, "10000-01-01T00:00:00.000Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_001_000, "00-1-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func written(microseconds: Int64, text: String) {
        #expect(UnixTime(microseconds: microseconds).description == text)
    }

    @Test(
        "is read with Z or an offset, in either case of letters, with any fraction",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00z", 0),
            ("2026-03-02T09:15:04.12+01:00", 1_772_439_304_120_000),
            ("2026-03-02T08:15:04.120-00:00", 1_772_439_304_120_000),
            ("2026-03-02T02:45:04.120-05:30", 1_772_439_304_120_000),
            ("2026-10-25T02:15:00+02:00", 1_792_887_300_000_000), ("2026-10-25T02:15:00+01:00", 1_792_890_900_000_000),
            ("1970-01-01T00:00:00.000001Z", 1), ("1970-01-01T00:00:00.0000019Z", 1),
            ("1970-01-01T00:00:00.9999999999999Z", 999_999),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000), ("1969-12-31T23:59:59.5Z", -500_000),
            ("2000-02-29T12:00:00Z", 951_825_600_000_000),
        ] as [(String, Int64)])
    func read(text: String, microseconds: Int64) {
        #expect(UnixTime(rfc3339: text) == UnixTime(microseconds: microseconds))
    }

    @Test(
        "does not read any other text",
        arguments: [
            "", "Z", "2026-03-02", "2026-03-02T08:15:04", "2026-03-02 08:15:04Z", "2026-3-2T8:15:04Z",
            "2026-03-02T08:15Z",
            "2026-03-02T08:15:04.Z",
            "2026-03-02T24:00:00Z", "2026-03-02T08:60:00Z", "2026-03-02T08:15:61Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-03-02T08:15:04+0100", "2026-03-02T08:15:04+01", "2026-03-02T08:15:04+01:0",
            "2026-03-02T08:15:04+24:00",
            "2026-03-02T08:15:04+01:60", "2026-03-02T08:15:04ZZ", " 2026-03-02T08:15:04Z", "2026-03-02T08:15:04Z\n",
            "٢٠٢٦-03-02T08:15:04Z",
            "+026-03-02T08:15:04Z", "20260302T081504Z", "2026-03-02T08:15:04,5Z", "2026-03-02T08:15:04.5", "à",
        ])
    func garbage(text: String) {
        #expect(UnixTime(rfc3339: text) == nil)
    }

    @Test("can be read back from its own text, for any instant and offset", arguments: 1...5 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<400 {
            let milliseconds = Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
            let time = UnixTime(microseconds: milliseconds * 1000 + Int64.random(in: 0..<1000, using: &generator))
            #expect(
                UnixTime(rfc3339: "\(time)") == UnixTime(microseconds: milliseconds * 1000),
                "seed \(seed): \(time.microseconds)")
        }
        for _ in 0..<400 {
            let time = UnixTime(seconds: Int64.random(in: 0...4_000_000_000, using: &generator))
            let minutes = Int64.random(in: -14 * 60...14 * 60, using: &generator)
            let local = "\(time + .seconds(minutes * 60))".prefix(19)
            let offset = "\(minutes < 0 ? "-" : "+")\(padded(abs(minutes) / 60)):\(padded(abs(minutes) % 60))"
            #expect(UnixTime(rfc3339: "\(local)\(offset)") == time, "seed \(seed): \(local)\(offset)")
        }
    }

    @Test("knows every day from 1600 to 2400 by counting")
    func everyDay() {
        var days = Int64(-135_140)
        for year in 1600..<2400 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for (month, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
                for day in [1, length] {
                    let text = "\(year)-\(padded(Int64(month + 1)))-\(padded(Int64(day)))T00:00:00.000Z"
                    let time = UnixTime(seconds: (days + Int64(day) - 1) * 86_400)
                    #expect(time.description == text)
                    #expect(UnixTime(rfc3339: text) == time)
                }
                days += Int64(length)
            }
        }
    }

    private func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

@Suite("A length of time")
struct SpanTests {
    @Test("is exact in sums")
    func sums() {
        let tenths = Array(repeating: Span.milliseconds(100), count: 10)
        #expect(tenths.reduce(.zero, +) == .seconds(1))
        #expect(Span.seconds(20) - .milliseconds(1) == Span(microseconds: 19_999_000))
        #expect(Span.milliseconds(-5) < .zero)
        #expect(Span(microseconds: 4_040_000).seconds == 4.04)
    }

    @Test("is the difference of two instants, and moves an instant")
    func instants() {
        let time = UnixTime(seconds: 1_772_438_400)
        #expect(time + .milliseconds(1500) - time == .milliseconds(1500))
        #expect(time - (time + .seconds(1)) == .seconds(-1))
    }

    @Test("between two moments is measured by the clock that never jumps")
    func moments() {
        let before = Moment(uptime: .seconds(10), date: UnixTime(seconds: 1000))
        let after = Moment(uptime: .seconds(15), date: UnixTime(seconds: 400))
        #expect(after - before == .seconds(5))
        #expect(before + .seconds(5) == Moment(uptime: .seconds(15), date: UnixTime(seconds: 1005)))
    }
}
