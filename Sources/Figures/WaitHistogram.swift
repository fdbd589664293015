import Time

/// A distribution of durations that can be added to another, with a resolution of 1 ms and three significant digits, up
/// to a day. Its buckets and its quantiles are those of HdrHistogram, which the tests hold it to.
///
/// A quantile is by nearest rank (the ⌈p·n⌉-th smallest) and at most 0.1 % above the exact value, or 1 ms
/// where that is more; the longest value is exact to the millisecond's equivalent class likewise. Durations
/// beyond a day count as a day. Quantiles are never averaged: add the histograms, then ask.
///
/// Buckets lie in pages that are made when something falls into them, so that one of each queue can be kept.
public struct WaitHistogram: Equatable, Sendable {
    /// A day: the histogram's highest value.
    public static let longest = Span.seconds(86_400)
    private static let pageBits = 6
    /// Buckets of one width: 1024. Below twice as many milliseconds each has its own.
    private static let halfBits = 10

    private struct Page: Equatable, Sendable {
        var total = 0
        /// Empty until something is recorded.
        var counts: [UInt32] = []
    }

    private var pages: [Page] = []
    public private(set) var count = 0
    /// Of what was recorded, in milliseconds.
    private var least: Int64 = .max
    private var most: Int64 = 0

    public init() {}

    /// Rounded up to whole milliseconds, so that no quantile flatters.
    public mutating func record(_ span: Span) {
        let milliseconds = (min(max(span, .zero), Self.longest).microseconds + 999) / 1000
        add(1, inBucket: Self.bucket(of: milliseconds))
        least = min(least, milliseconds)
        most = max(most, milliseconds)
    }

    public mutating func add(_ other: WaitHistogram) {
        for (page, added) in other.pages.enumerated() {
            for (place, number) in added.counts.enumerated() where number > 0 {
                add(number, inBucket: page << Self.pageBits + place)
            }
        }
        least = min(least, other.least)
        most = max(most, other.most)
    }

    private mutating func add(_ number: UInt32, inBucket bucket: Int) {
        let (page, place) = (bucket >> Self.pageBits, bucket & (1 << Self.pageBits - 1))
        while pages.count <= page { pages.append(Page()) }
        if pages[page].counts.isEmpty { pages[page].counts = [UInt32](repeating: 0, count: 1 << Self.pageBits) }
        pages[page].counts[place] += number
        pages[page].total += Int(number)
        count += Int(number)
    }

    /// `percent` of 50 is the median; nil when nothing was recorded.
    public func quantile(_ percent: Double) -> Span? {
        guard count > 0 else { return nil }
        // One unit in the last place less, or an error of rounding would ask for the next value.
        var left = min(max(1, Int((percent.nextDown * Double(count) / 100).rounded(.up))), count)
        for (page, counted) in pages.enumerated() {
            guard counted.total >= left else {
                left -= counted.total
                continue
            }
            for (place, number) in counted.counts.enumerated() {
                left -= Int(number)
                guard left <= 0 else { continue }
                return .milliseconds(max(min(Self.highest(in: page << Self.pageBits + place), most), least))
            }
        }
        return .milliseconds(most)
    }

    // MARK: buckets

    /// The widths of buckets double: those of 1 ms end at 2047 ms, those of 2 ms at 4095 ms, …
    private static func bucket(of milliseconds: Int64) -> Int {
        let doublings = max(0, Int64.bitWidth - milliseconds.leadingZeroBitCount - (halfBits + 1))
        return doublings << halfBits + Int(milliseconds >> Int64(doublings))
    }

    private static func highest(in bucket: Int) -> Int64 {
        let doublings = max(0, bucket >> halfBits - 1)
        let place = bucket - doublings << halfBits
        return Int64(place + 1) << Int64(doublings) - 1
    }
}
