/// A half-open part of a day on the local clock, in minutes since midnight: `08:00-20:00`. A period that ends earlier
/// than it begins, `22:00-06:00`, ends on the next day. `24:00` is midnight at the end of the day.
public struct LocalPeriod: Hashable, Codable, Sendable, CustomStringConvertible {
    /// From 0 to 1439.
    public let from: Int
    /// Greater than ``from``, by a day at most; more than 1440 on the next day.
    public let to: Int

    public static let wholeDay = LocalPeriod(from: 0, to: 1440)

    /// On the clock; the two days of a change have an hour more or less.
    private static let minutesOfDay = 24 * 60

    private init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }

    /// Reads `08:00-20:00`; nil for anything else. `09:00-09:00` is refused, since it could mean nothing or a day. A
    /// whole day is `00:00-24:00`.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 11, bytes[5] == 45, let from = Self.minute(bytes[0..<5]),
            let to = Self.minute(bytes[6..<11]), from < Self.minutesOfDay,
            from != to, to > 0
        else { return nil }
        self.init(from: from, to: to > from ? to : to + Self.minutesOfDay)
    }

    public var description: String {
        func clock(_ minute: Int) -> String {
            "\(minute / 60 < 10 ? "0" : "")\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)"
        }
        return "\(clock(from))-\(clock(to > Self.minutesOfDay ? to - Self.minutesOfDay : to))"
    }

    /// Reads `hh:mm` as a minute of the day.
    private static func minute(_ bytes: ArraySlice<UInt8>) -> Int? {
        let digits = bytes.map { Int($0) - 48 }
        guard digits[2] == 10, [0, 1, 3, 4].allSatisfy({ (0...9).contains(digits[$0]) }) else { return nil }
        let minute = (digits[0] * 10 + digits[1]) * 60 + digits[3] * 10 + digits[4]
        return digits[3] < 6 && minute <= Self.minutesOfDay ? minute : nil
    }
}
