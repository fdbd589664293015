import Histogram
import Time

/// A distribution of durations that can be added to another: HdrHistogram with a resolution of 1 ms and three
/// significant digits, up to a day.
///
/// A quantile is by nearest rank (the ⌈p·n⌉-th smallest) and at most 0.1 % above the exact value, or 1 ms
/// where that is more; the longest value is exact to the millisecond's equivalent class likewise. Durations
/// beyond a day count as a day. Quantiles are never averaged: add the histograms, then ask.
public struct WaitHistogram: Sendable {
    /// A day: the histogram's highest value.
    public static let longest = Span.seconds(86_400)
    /// nil until something is recorded: it takes tens of kilobytes.
    private var histogram: Histogram<UInt32>?

    public init() {}

    public var count: Int { histogram.map { Int($0.totalCount) } ?? 0 }

    /// Rounded up to whole milliseconds, so that no quantile flatters.
    public mutating func record(_ span: Span) {
        let milliseconds = (min(max(span, .zero), Self.longest).microseconds + 999) / 1000
        if histogram == nil { histogram = Self.empty }
        histogram!.record(UInt64(milliseconds))
    }

    private static var empty: Histogram<UInt32> {
        Histogram(
            lowestDiscernibleValue: 1, highestTrackableValue: UInt64(longest.microseconds / 1000),
            numberOfSignificantValueDigits: .three)
    }

    public mutating func add(_ other: WaitHistogram) {
        guard let added = other.histogram else { return }
        if histogram == nil { histogram = Self.empty }
        histogram!.add(added)
    }

    /// `percent` of 50 is the median; nil when nothing was recorded.
    public func quantile(_ percent: Double) -> Span? {
        histogram.map { .milliseconds(Int64($0.valueAtPercentile(percent))) }
    }
}
