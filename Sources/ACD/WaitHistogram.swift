import Histogram
import Time

/// A distribution of durations that can be added to another: HdrHistogram with a resolution of 1 ms and three significant digits, up to a day.
///
/// A quantile is by nearest rank (the ⌈p·n⌉-th smallest) and at most 0.1 % above the exact value, or 1 ms where that is more; the longest value is exact to
/// the millisecond's equivalent class likewise. Durations beyond a day count as a day. Quantiles are never averaged: add the histograms, then ask.
public struct WaitHistogram: Sendable {
    public static let longest = Span.seconds(86_400)
    private var histogram = Histogram<UInt32>(
        lowestDiscernibleValue: 1, highestTrackableValue: UInt64(WaitHistogram.longest.microseconds / 1000),
        numberOfSignificantValueDigits: .three)

    public init() {}

    public var count: Int { Int(histogram.totalCount) }

    /// Rounded up to whole milliseconds, so that no quantile flatters.
    public mutating func record(_ span: Span) {
        let milliseconds = (min(max(span, .zero), Self.longest).microseconds + 999) / 1000
        histogram.record(UInt64(milliseconds))
    }

    public mutating func add(_ other: WaitHistogram) { histogram.add(other.histogram) }

    /// `percent` of 50 is the median; nil when nothing was recorded.
    public func quantile(_ percent: Double) -> Span? {
        histogram.totalCount == 0 ? nil : .milliseconds(Int64(histogram.valueAtPercentile(percent)))
    }
}
