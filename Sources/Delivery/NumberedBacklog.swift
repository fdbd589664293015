/// Records on their way to the store, in batches. Each has its ordinal, from 1, so that it is known up to where all are
/// stored.
///
/// Several batches may be on their way at once: the rows of the next one are made while the store writes the one
/// before. No record replaces another, so a refused record may arrive after younger ones.
public struct NumberedBacklog<Record: Sendable>: Sendable {
    public struct Numbered: Sendable {
        public var number: UInt64
        public var record: Record
    }

    private var waiting: [Numbered] = []
    private var isMakingRows = false
    private var beingStored = 0
    private var refusedRecords: [Numbered] = []
    private var unsettled: Set<UInt64> = []
    private let limit: Int
    private let batch: Int

    /// The records that were to be stored so far, and with that the ordinal of the last one.
    public private(set) var ordered: UInt64 = 0

    /// `limit`: how many refused records are kept; `batch`: how many records go into one transaction.
    public init(limit: Int, batch: Int) {
        self.limit = limit
        self.batch = batch
    }

    /// All records up to this ordinal are in the store, or were given up.
    public var settled: UInt64 { unsettled.min().map { $0 - 1 } ?? ordered }
    /// The records that no answer of the store is known of.
    public var inFlight: Int { waiting.count + beingStored }
    /// The records that the store refused and that wait until it is asked again.
    public var refused: Int { refusedRecords.count }

    public mutating func append(_ records: some Sequence<Record>) {
        for record in records {
            ordered += 1
            unsettled.insert(ordered)
            waiting.append(Numbered(number: ordered, record: record))
        }
    }

    /// The next batch; call ``rowsMade()`` when its rows are made. nil while those of another batch are being made, or
    /// nothing waits.
    public mutating func next() -> [Numbered]? {
        guard !isMakingRows, !waiting.isEmpty else { return nil }
        isMakingRows = true
        let records = Array(waiting.prefix(batch))
        waiting.removeFirst(records.count)
        beingStored += records.count
        return records
    }

    public mutating func rowsMade() { isMakingRows = false }

    public mutating func stored(_ records: [Numbered]) {
        beingStored -= records.count
        for record in records { unsettled.remove(record.number) }
    }

    /// What fails, fails together and is kept. Gives how many of the oldest were given up for the limit.
    public mutating func refused(_ records: [Numbered]) -> Int {
        beingStored -= records.count
        refusedRecords += records
        let excess = max(0, refusedRecords.count - limit)
        for record in refusedRecords.prefix(excess) { unsettled.remove(record.number) }
        refusedRecords.removeFirst(excess)
        return excess
    }

    /// The refused records wait again, after those that already do.
    public mutating func retry() {
        waiting += refusedRecords
        refusedRecords = []
    }
}
