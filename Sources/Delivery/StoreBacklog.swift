import Time

/// Everything that is to be stored, and is not yet: contact records, gaps and rows of intervals. What the disk refuses
/// is kept and tried again, so that a full disk stops no call and loses no record while there is memory for them.
public struct StoreBacklog<Record: Sendable, Gap: Sendable, Interval: Sendable>: Sendable {
    public enum Limits {
        /// Some 2 kB each: 200 MB. Beyond this the oldest go, and that is reported.
        public static var kept: Int { 100_000 }
        /// Records in one transaction.
        public static var batch: Int { 1_000 }
        /// From a refusal to the next attempt.
        public static var retry: Span { .seconds(5) }
    }

    public var records: NumberedBacklog<Record>
    public var gaps: OrderedBacklog<Gap>
    public var intervals: OrderedBacklog<Interval>
    /// Why the store refuses what is to be stored; nil while it does not.
    public private(set) var fault: String?
    /// The uptime at which what was refused is tried again.
    public private(set) var nextRetry: Span?
    private var isStopping = false

    public init(limit: Int = Limits.kept, batch: Int = Limits.batch) {
        records = NumberedBacklog(limit: limit, batch: batch)
        gaps = OrderedBacklog(limit: limit)
        intervals = OrderedBacklog(limit: limit)
    }

    /// Everything that no answer of the store is known of.
    public var inFlight: Int { records.inFlight + gaps.inFlight.count + intervals.inFlight.count }
    /// The rows of gaps and intervals that wait.
    public var waitingRows: Int { gaps.waiting.count + intervals.waiting.count }
    /// Everything that is not in the store.
    public var unsaved: Int { inFlight + records.refused + waitingRows }

    /// Notes why the store failed; true for the first failure since it last worked.
    public mutating func failed(_ reason: String) -> Bool {
        defer { fault = reason }
        return fault == nil
    }

    /// The store took something. True if it had failed and nothing waits any more: on a disk that is almost full a
    /// small record may find room while others still wait.
    public mutating func recovered() -> Bool {
        guard fault != nil, unsaved == 0 else { return false }
        fault = nil
        return true
    }

    /// Tries again in a while, counted from the last refusal.
    public mutating func retryLater(at now: Span) {
        guard !isStopping else { return }
        nextRetry = now + Limits.retry
    }

    /// What was refused waits for the store again.
    public mutating func retry() {
        nextRetry = nil
        records.retry()
    }

    /// The program is to end: what is refused from now on is not tried again.
    public mutating func stop() {
        isStopping = true
        nextRetry = nil
    }
}
