/// A quarter or half of an hour on the local clock, half-open. Its key is its start, an instant in UTC, together with
/// its length: the October night has two intervals that begin at “02:15”.
///
/// The offsets of our zones (``TimeZoneRule``) are whole hours. So an interval that is aligned in UTC is aligned with
/// the local clock, for every length that divides the hour. A zone with an odd offset would need more.
public struct ClockInterval: Hashable, Codable, Sendable {
    /// The lengths of the rows of a report.
    public static let quarterHour = Span.seconds(900)
    public static let halfHour = Span.seconds(1800)
    public static let hour = Span.seconds(3600)

    public var start: UnixTime
    public var length: Span

    public init(start: UnixTime, length: Span) {
        self.start = start
        self.length = length
    }

    public var end: UnixTime { start + length }
    public var range: Range<UnixTime> { start..<end }

    /// The interval that contains the instant. An instant on a border belongs to the interval that begins there.
    public static func containing(_ instant: UnixTime, length: Span) -> ClockInterval {
        precondition(
            length > .zero && 3_600_000_000 % length.microseconds == 0,
            "an hour is not divided by intervals of \(length.seconds) s")
        let start = instant.microseconds.flooredQuotient(by: length.microseconds) * length.microseconds
        return ClockInterval(start: UnixTime(microseconds: start), length: length)
    }

    /// All intervals that intersect the range, in order; the first and last may extend beyond it.
    public static func intervals(in range: Range<UnixTime>, length: Span) -> [ClockInterval] {
        guard !range.isEmpty else { return [] }
        var intervals = [containing(range.lowerBound, length: length)]
        while let end = intervals.last?.end, end < range.upperBound {
            intervals.append(ClockInterval(start: end, length: length))
        }
        return intervals
    }
}

extension ClockInterval: Comparable {
    public static func < (left: ClockInterval, right: ClockInterval) -> Bool {
        (left.start, left.length) < (right.start, right.length)
    }
}

extension Range<UnixTime> {
    public var length: Span { upperBound - lowerBound }

    /// How long both ranges last together. A duration is split exactly at the borders of intervals and days.
    public func overlap(_ other: Range<UnixTime>) -> Span { clamped(to: other).length }
}
