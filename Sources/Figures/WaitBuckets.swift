import Telephony
import Time

/// Waits that were seen whole, counted by fixed bounds since counting began: a monitoring system adds these up
/// over queues and time. (Our own quantiles are those of ``WaitHistogram``, which is finer.)
public struct WaitBuckets: Codable, Equatable, Sendable {
    /// Seconds, each included in its bucket. They never change: a series of another shape could not be added
    /// to the earlier ones.
    public static let bounds: [Int64] = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600]

    /// One for each bound, and the last for longer waits.
    public private(set) var counts = [Int](repeating: 0, count: WaitBuckets.bounds.count + 1)
    public private(set) var sum = Span.zero

    public var count: Int { counts.reduce(0, +) }

    /// How many waits lasted at most `seconds`, which must be one of the ``bounds``.
    public func count(within seconds: Int64) -> Int {
        guard let index = Self.bounds.firstIndex(of: seconds) else {
            preconditionFailure("no bucket ends at \(seconds) s")
        }
        return counts[...index].reduce(0, +)
    }

    mutating func record(_ wait: Span) {
        counts[Self.bounds.firstIndex { wait <= .seconds($0) } ?? Self.bounds.count] += 1
        sum += wait
    }
}
