import GRDB

/// What is stored of a queue or a team for a quarter of an hour. Times are in microseconds, `start` since 1970 in
/// UTC.
public struct StoredInterval: Hashable, Sendable {
    public var `switch`: String
    /// `queue` or `team`.
    public var kind: String
    public var name: String
    public var start: Int64
    public var length: Int64
    /// Never written again.
    public var isFinal: Bool
    /// By joining; nil where the row is not a queue's. For readers who use SQL: everything is in ``row``.
    public var offered: Int?
    public var answered: Int?
    public var abandoned: Int?
    /// Numerator and denominator of the contract's service level.
    public var inTime: Int?
    public var ofServiceLevel: Int?
    /// Agents' parts that ended in it.
    public var handled: Int
    /// For how long within it the switch was not heard.
    public var gap: Int64
    /// The whole row, as JSON.
    public var row: String

    public init(
        switch: String, kind: String, name: String, start: Int64, length: Int64, isFinal: Bool, offered: Int? = nil,
        answered: Int? = nil,
        abandoned: Int? = nil, inTime: Int? = nil, ofServiceLevel: Int? = nil, handled: Int = 0, gap: Int64 = 0,
        row: String
    ) {
        self.switch = `switch`
        self.kind = kind
        self.name = name
        self.start = start
        self.length = length
        self.isFinal = isFinal
        self.offered = offered
        self.answered = answered
        self.abandoned = abandoned
        self.inTime = inTime
        self.ofServiceLevel = ofServiceLevel
        self.handled = handled
        self.gap = gap
        self.row = row
    }
}

// A final row is evidence: SQLite itself refuses to change it, whoever asks. Only ``Store/forgetIntervals(before:)``
// deletes it.
extension Store {
    /// Writes the rows. Completes when they are on the disk, with the rows that were *not* written because a
    /// different final row is there. After a failure none is stored. Writing the same final row again has no effect.
    public func save(
        _ rows: [StoredInterval], completion: @escaping @Sendable (Result<[StoredInterval], StoreError>) -> Void
    ) {
        pool.asyncWrite(
            { [self] db in
                try requirePlace()
                return try rows.filter { try !Self.write($0, db) }
            },
            completion: { [path] _, result in completion(result.mapError { StoreError($0, path: path) }) })
    }

    /// The same, waiting for the disk: for tools and tests, never on the loop.
    @discardableResult
    public func save(_ rows: [StoredInterval]) throws(StoreError) -> [StoredInterval] {
        do { return try pool.write { db in try rows.filter { try !Self.write($0, db) } } } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Rows that begin in `range`, in order of time, then kind and name. A nil argument means all switches, kinds or
    /// names.
    public func intervals(
        of switch: String? = nil, kind: String? = nil, name: String? = nil, in range: Range<Int64>
    ) throws(StoreError) -> [StoredInterval] {
        try reading { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT * FROM intervals WHERE start >= :from AND start < :to AND (:switch IS NULL OR switch = :switch)
                        AND (:kind IS NULL OR kind = :kind) AND (:name IS NULL OR name = :name) ORDER BY start, switch, kind, name
                        """),
                arguments: [
                    "from": range.lowerBound, "to": range.upperBound, "switch": `switch`, "kind": kind, "name": name,
                ]
            ).map(StoredInterval.init)
        }
    }

    /// The names that have rows, whenever they were written. Reads the table's whole key: for reporting a name that
    /// has none.
    public func intervalNames(of switch: String? = nil, kind: String) throws(StoreError) -> [String] {
        try reading { db in
            try String.fetchAll(
                db.cachedStatement(
                    sql:
                        "SELECT DISTINCT name FROM intervals WHERE kind = :kind AND (:switch IS NULL OR switch = :switch) ORDER BY name"
                ),
                arguments: ["kind": kind, "switch": `switch`])
        }
    }

    /// Deletes rows that ended by `moment`, final ones included: the user decides how long they are kept. Returns how
    /// many.
    @discardableResult
    public func forgetIntervals(before moment: Int64) throws(StoreError) -> Int {
        do {
            return try pool.write { db in
                try db.execute(sql: "UPDATE interval_retention SET before = ?", arguments: [moment])
                try db.execute(sql: "DELETE FROM intervals WHERE start + length <= ?", arguments: [moment])
                let count = db.changesCount
                try db.execute(sql: "UPDATE interval_retention SET before = NULL")
                return count
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Writes a row; whether it is stored now.
    private static func write(_ row: StoredInterval, _ db: Database) throws -> Bool {
        try db.cachedStatement(
            sql: """
                INSERT INTO intervals (switch, kind, name, start, length, is_final, offered, answered, abandoned, in_time, of_service_level,
                    handled, gap, row)
                SELECT :switch, :kind, :name, :start, :length, :final, :offered, :answered, :abandoned, :in_time, :of, :handled, :gap, :row
                WHERE NOT EXISTS (SELECT 1 FROM intervals WHERE switch = :switch AND kind = :kind AND name = :name AND start = :start
                    AND length = :length AND is_final = 1)
                ON CONFLICT (switch, kind, name, start, length) DO UPDATE SET
                    is_final = excluded.is_final, offered = excluded.offered, answered = excluded.answered, abandoned = excluded.abandoned,
                    in_time = excluded.in_time, of_service_level = excluded.of_service_level, handled = excluded.handled,
                    gap = excluded.gap, row = excluded.row
                WHERE is_final = 0
                """
        ).execute(arguments: [
            "switch": row.switch, "kind": row.kind, "name": row.name, "start": row.start, "length": row.length,
            "final": row.isFinal,
            "offered": row.offered, "answered": row.answered, "abandoned": row.abandoned, "in_time": row.inTime,
            "of": row.ofServiceLevel, "handled": row.handled, "gap": row.gap, "row": row.row,
        ])
        if db.changesCount > 0 { return true }
        let stored = try String.fetchOne(
            db.cachedStatement(
                sql: "SELECT row FROM intervals WHERE switch = ? AND kind = ? AND name = ? AND start = ? AND length = ?"
            ),
            arguments: [row.switch, row.kind, row.name, row.start, row.length])
        // A replay also writes again what was provisional then: only a different final row is a contradiction.
        return stored == row.row || !row.isFinal
    }
}

extension StoredInterval {
    fileprivate init(_ row: Row) {
        self.init(
            switch: row["switch"], kind: row["kind"], name: row["name"], start: row["start"], length: row["length"],
            isFinal: row["is_final"], offered: row["offered"], answered: row["answered"], abandoned: row["abandoned"],
            inTime: row["in_time"], ofServiceLevel: row["of_service_level"], handled: row["handled"], gap: row["gap"],
            row: row["row"])
    }
}
