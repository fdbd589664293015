/// A point of civil time: microseconds since 1970-01-01T00:00:00Z. It may jump when a clock is set; use it only for
/// what a record *says*.
public struct UnixTime: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(seconds: Int64) { microseconds = seconds * 1_000_000 }

    public static func < (left: UnixTime, right: UnixTime) -> Bool { left.microseconds < right.microseconds }
    public static func - (left: UnixTime, right: UnixTime) -> Span {
        Span(microseconds: left.microseconds - right.microseconds)
    }
    public static func + (time: UnixTime, span: Span) -> UnixTime {
        UnixTime(microseconds: time.microseconds + span.microseconds)
    }
}

/// Encoded as its number of microseconds, also as a key.
extension UnixTime: Codable, CodingKeyRepresentable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public var codingKey: any CodingKey { Key(stringValue: String(microseconds)) }

    public init?(codingKey: some CodingKey) {
        guard let microseconds = Int64(codingKey.stringValue) else { return nil }
        self.microseconds = microseconds
    }

    public init(from decoder: any Decoder) throws {
        microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }
}

extension UnixTime: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds, e.g. `2026-03-02T08:15:04.120Z`: the form of every time on the wire.
    public var description: String {
        let days = microseconds.flooredQuotient(by: 86_400_000_000)
        let rest = microseconds % 86_400_000_000
        let millisecond = (rest < 0 ? rest + 86_400_000_000 : rest) / 1000
        let (year, month, day) = Self.civil(daysSinceEpoch: days)
        // Each row, record and heartbeat has one or several: no text of its own is made for each part.
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func write(_ value: Int64, from scale: Int64, _ end: Unicode.Scalar) {
            var scale = scale
            while scale > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / scale % 10))
                scale /= 10
            }
            text.append(UInt8(ascii: end))
        }
        if (0...9999).contains(year) {
            write(year, from: 1000, "-")
        } else {
            let digits = String(year)
            text += (String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "-").utf8
        }
        write(month, from: 10, "-")
        write(day, from: 10, "T")
        write(millisecond / 3_600_000, from: 10, ":")
        write(millisecond / 60_000 % 60, from: 10, ":")
        write(millisecond / 1000 % 60, from: 10, ".")
        write(millisecond % 1000, from: 100, "Z")
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads RFC 3339 with `Z` or a numeric offset; nil for anything else. Digits finer than a microsecond are dropped.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[range] {
                guard byte >= 48, byte <= 57 else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            return value
        }
        func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), byte(4) == 45, byte(7) == 45,
            byte(10) | 32 == 116, byte(13) == 58,
            byte(16) == 58, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if byte(index) == 46 {
            index += 1
            var scale: Int64 = 100_000
            let first = index
            while byte(index) >= 48, byte(index) <= 57 {
                fraction += Int64(byte(index) - 48) * scale
                scale /= 10
                index += 1
            }
            guard index > first else { return nil }
        }
        var offsetMinutes: Int64 = 0
        switch byte(index) {
        case 90, 122: index += 1
        case 43, 45:
            guard let hours = number(index + 1..<index + 3), let minutes = number(index + 4..<index + 6),
                byte(index + 3) == 58,
                hours < 24, minutes < 60
            else { return nil }
            offsetMinutes = (hours * 60 + minutes) * (byte(index) == 43 ? 1 : -1)
            index += 6
        default: return nil
        }
        guard index == bytes.count else { return nil }
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        // 30 February would be a day in March.
        guard Self.civil(daysSinceEpoch: days).day == day else { return nil }
        let seconds = days * 86_400 + hour * 3600 + (minute - offsetMinutes) * 60 + second
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": proleptic Gregorian calendar, eras of 400 years.
    static func civil(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredQuotient(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
