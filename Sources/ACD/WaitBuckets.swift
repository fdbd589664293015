import Telephony
import Time

/// Waits that were seen whole, counted by fixed bounds since counting began: what a monitoring system adds up over queues and time. (Quantiles of ours come
/// of ``WaitHistogram``, which is finer.)
public struct WaitBuckets: Codable, Equatable, Sendable {
    /// Seconds, each included in its bucket. They are never changed: a series of another shape could not be added to those before.
    public static let bounds: [Int64] = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600]

    /// One for each bound, and the last for what is longer.
    public private(set) var counts = [Int](repeating: 0, count: WaitBuckets.bounds.count + 1)
    public private(set) var sum = Span.zero

    public var count: Int { counts.reduce(0, +) }

    mutating func record(_ wait: Span) {
        counts[Self.bounds.firstIndex { wait <= .seconds($0) } ?? Self.bounds.count] += 1
        sum += wait
    }
}
