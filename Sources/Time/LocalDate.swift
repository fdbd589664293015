/// A calendar day without a zone: `2026-11-23`. Only days that exist can be made.
public struct LocalDate: Hashable, Sendable {
    public let year: Int
    public let month: Int
    public let day: Int

    /// nil for a day outside the (proleptic Gregorian) calendar, e.g. 30 February, or outside the years 0 to 9999.
    public init?(year: Int, month: Int, day: Int) {
        guard (0...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        self.init(daysSinceEpoch: UnixTime.daysSinceEpoch(year: Int64(year), month: Int64(month), day: Int64(day)))
        // 30 February would be a day in March.
        guard self.day == day else { return nil }
    }

    /// Reads `2026-11-23`; nil for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == 45, bytes[7] == 45 else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard byte >= 48, byte <= 57 else { return nil }
                value = value * 10 + Int(byte - 48)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else { return nil }
        self.init(year: year, month: month, day: day)
    }

    init(daysSinceEpoch days: Int64) {
        let date = UnixTime.civil(daysSinceEpoch: days)
        year = Int(date.year)
        month = Int(date.month)
        day = Int(date.day)
    }

    var daysSinceEpoch: Int64 { UnixTime.daysSinceEpoch(year: Int64(year), month: Int64(month), day: Int64(day)) }

    /// ISO 8601: 1 Monday … 7 Sunday.
    public var weekday: Int {
        // 1970-01-01 was a Thursday.
        let days = daysSinceEpoch + 3
        return Int(days - days.flooredQuotient(by: 7) * 7) + 1
    }

    /// The date that many days later; earlier, if negative.
    public func adding(days: Int) -> LocalDate { LocalDate(daysSinceEpoch: daysSinceEpoch + Int64(days)) }
}

extension LocalDate: Comparable, CustomStringConvertible {
    public static func < (left: LocalDate, right: LocalDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    public var description: String {
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

/// Encoded as its text, also as a key of a JSON object.
extension LocalDate: RawRepresentable, Codable, CodingKeyRepresentable {
    public var rawValue: String { description }
    public init?(rawValue: String) { self.init(rawValue) }

    // Compares the fields, and not the text as a RawRepresentable would.
    public static func == (left: LocalDate, right: LocalDate) -> Bool {
        left.day == right.day && left.month == right.month && left.year == right.year
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(daysSinceEpoch) }
}
