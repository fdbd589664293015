/// Rows on their way to the store, one transaction at a time: a row that replaces an earlier one never arrives before
/// it.
public struct OrderedBacklog<Row: Sendable>: Sendable {
    /// In the order in which they came; without those in ``inFlight``.
    public private(set) var waiting: [Row] = []
    /// The rows of the transaction that is being written; empty: none is.
    public private(set) var inFlight: [Row] = []
    private let limit: Int

    /// `limit`: how many rows may wait.
    public init(limit: Int) { self.limit = limit }

    public mutating func append(_ row: Row) { waiting.append(row) }

    /// The next transaction: everything that waits. nil while there is another one, or nothing to write.
    public mutating func next() -> [Row]? {
        guard inFlight.isEmpty, !waiting.isEmpty else { return nil }
        swap(&waiting, &inFlight)
        return inFlight
    }

    /// The transaction is in the store.
    public mutating func stored() { inFlight = [] }

    /// The store refused the transaction: its rows wait before those that came meanwhile. Gives how many of the oldest
    /// were given up for the limit.
    public mutating func refused() -> Int {
        waiting = inFlight + waiting
        inFlight = []
        let excess = max(0, waiting.count - limit)
        waiting.removeFirst(excess)
        return excess
    }
}
