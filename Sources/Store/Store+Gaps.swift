import GRDB

/// An interval in which a switch was not heard. Times are microseconds since 1970 in UTC.
public struct GapRow: Hashable, Sendable {
    public var `switch`: String
    public var from: Int64
    /// nil while the gap lasts.
    public var to: Int64?
    public var cause: String

    public init(switch: String, from: Int64, to: Int64?, cause: String) {
        self.switch = `switch`
        self.from = from
        self.to = to
        self.cause = cause
    }
}

// What was not heard is evidence as much as what was heard: a call that is missing from the records may have fallen
// into a gap.
extension Store {
    /// Stores gaps, or their ends, in this order; completes when they are on the disk. After a failure none is
    /// stored.
    public func save(_ gaps: [GapRow], completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
        pool.asyncWrite(
            { [self] db in
                try requirePlace()
                for gap in gaps {
                    try db.cachedStatement(
                        sql: """
                            INSERT INTO gaps (switch, began, ended, cause) VALUES (?, ?, ?, ?)
                            ON CONFLICT (switch, began) DO UPDATE SET ended = excluded.ended, cause = excluded.cause
                            """
                    ).execute(arguments: [gap.switch, gap.from, gap.to, gap.cause])
                }
            }, completion: { [path] _, result in completion(result.mapError { StoreError($0, path: path) }) })
    }

    /// The gaps of a switch that intersect the interval, in order.
    public func gaps(of name: String, in interval: Range<Int64>) throws(StoreError) -> [GapRow] {
        try reading { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT began, ended, cause FROM gaps WHERE switch = ? AND began < ? AND (ended IS NULL OR ended >= ?) ORDER BY began
                    """, arguments: [name, interval.upperBound, interval.lowerBound]
            ).map { GapRow(switch: name, from: $0["began"], to: $0["ended"], cause: $0["cause"]) }
        }
    }

    /// Notes that we are running, so that the next start knows until when we were.
    public func noteAlive(at moment: Int64, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
        pool.asyncWrite(
            { [self] db in
                try requirePlace()
                try db.cachedStatement(
                    sql: "INSERT INTO alive (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at"
                )
                .execute(arguments: [moment])
            }, completion: { [path] _, result in completion(result.mapError { StoreError($0, path: path) }) })
    }

    /// The moment of the last such note; nil if there is none.
    public func lastAlive() throws(StoreError) -> Int64? {
        try reading { db in try Int64.fetchOne(db, sql: "SELECT at FROM alive") }
    }
}
