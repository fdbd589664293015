import GRDB
import Glibc

// What is old is forgotten in short transactions with pauses between them, as an import writes: the gateway stores its
// records meanwhile. Each part counts on its own, so an end in the middle loses nothing, and the next run goes on.
extension Store {
    /// When ``noteRetention(at:)`` was last called, in microseconds since 1970.
    public func lastRetention() throws(StoreError) -> Int64? {
        try reading { try Int64.fetchOne($0, sql: "SELECT last_run FROM retention") }
    }

    /// Retention is through.
    public func noteRetention(at now: Int64) throws(StoreError) {
        try forgettingTransaction { try $0.execute(sql: "UPDATE retention SET last_run = ?", arguments: [now]) }
    }

    /// Takes number, name and party out of records that arrived before `moment`. Returns how many.
    ///
    /// Waits for the disk: never on the loop. Records of that time that are stored later lose their person at once.
    /// - Parameters:
    ///   - now: stands in the record and in the proof.
    ///   - isWanted: asked before each part.
    public func forgetPersons(
        before moment: Int64, at now: Int64, isWanted: () -> Bool = { true }
    ) throws(StoreError) -> Int {
        let since = try reading { try Int64.fetchOne($0, sql: "SELECT records_before FROM retention") ?? 0 }
        guard moment > since else { return 0 }
        var last = Self.firstID(atMillisecond: since / 1000)
        let end = Self.firstID(atMillisecond: moment / 1000 + 1)
        var count = 0
        while isWanted() {
            let part = try forgettingTransaction { db -> (last: String, count: Int)? in
                let rows = try Row.fetchAll(
                    db.cachedStatement(
                        sql: """
                            SELECT * FROM contacts WHERE id > :last AND id < :end AND arrived < :moment AND forgotten IS NULL
                            ORDER BY id LIMIT :limit
                            """),
                    arguments: ["last": last, "end": end, "moment": moment, "limit": Limits.recordsPerForgetting]
                ).map(ContactRow.init)
                for row in rows { try Self.replace(row.withoutPerson(), at: now, db) }
                return rows.last.map { ($0.id, rows.count) }
            }
            guard let part else {
                try forgettingTransaction { db in
                    try db.execute(sql: "UPDATE retention SET records_before = ?", arguments: [moment])
                    try Self.notePast("records", before: moment, rows: count, at: now, db)
                }
                return count
            }
            last = part.last
            count += part.count
            patience.giveWay()
        }
        return count
    }

    /// Deletes rows of quarter-hours that ended by `moment`. Returns how many.
    public func forgetIntervals(
        before moment: Int64, at now: Int64, isWanted: () -> Bool = { true }
    ) throws(StoreError) -> Int {
        var count = 0
        while isWanted() {
            let oldest = try reading {
                try Int64.fetchOne(
                    $0, sql: "SELECT min(start) FROM intervals WHERE start < ? AND start + length <= ?",
                    arguments: [moment, moment])
            }
            guard let oldest else { break }
            try forgettingTransaction { db in
                try db.execute(sql: "UPDATE interval_retention SET before = ?", arguments: [moment])
                try db.execute(
                    sql: "DELETE FROM intervals WHERE start <= ? AND start + length <= ?",
                    arguments: [oldest + Limits.intervalsForgottenAtOnce, moment])
                count += db.changesCount
                try db.execute(sql: "UPDATE interval_retention SET before = NULL")
            }
            patience.giveWay()
        }
        if count > 0 {
            try forgettingTransaction { try Self.notePast("intervals", before: moment, rows: count, at: now, $0) }
        }
        return count
    }

    /// What was forgotten, the oldest first: the proof.
    public struct Forgotten: Hashable, Sendable {
        public enum What: String, Sendable { case records, intervals, erasure }
        /// Microseconds since 1970.
        public var at: Int64
        public var what: What
        public var before: Int64
        public var rows: Int
    }

    public func forgotten() throws(StoreError) -> [Forgotten] {
        try reading { db in
            try Row.fetchAll(db, sql: "SELECT at, what, before, rows FROM forgotten ORDER BY id").compactMap { row in
                Forgotten.What(rawValue: row["what"]).map {
                    Forgotten(at: row["at"], what: $0, before: row["before"], rows: row["rows"])
                }
            }
        }
    }

    // MARK: - for this and for the erasure of a person

    static func replace(_ row: ContactRow, at now: Int64, _ db: Database) throws {
        try db.cachedStatement(
            sql: "UPDATE contacts SET e164 = ?, party_key = ?, record = ?, forgotten = ? WHERE id = ?"
        ).execute(arguments: [row.e164, row.partyKey, row.record, now, row.id])
    }

    static func notePast(_ what: String, before: Int64, rows: Int, at now: Int64, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO forgotten (at, what, before, rows) VALUES (?, ?, ?, ?)",
            arguments: [now, what, before, rows])
    }

    /// One transaction, from which on freed space is overwritten: not every build of SQLite does so by itself, and
    /// numbers and names would stay in it.
    @discardableResult
    func forgettingTransaction<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        try requirePlace()
        do {
            return try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA secure_delete = ON")
                let result = Result {
                    var value: Value?
                    try db.inTransaction(.immediate) {
                        value = try body(db)
                        return .commit
                    }
                    return value
                }
                guard let value = try result.get() else {
                    throw StoreError.failed(path: path, detail: "nothing was done")
                }
                return value
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }
}

extension Forgetting {
    /// Erasures of a person that are over are not read: nothing can bring the person back.
    init(_ db: Database) throws {
        let now = Int64(time(nil)) * 1_000_000
        let recordsBefore =
            try Int64.fetchOne(db.cachedStatement(sql: "SELECT records_before FROM retention")) ?? 0
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT at, e164, party_key FROM erasures WHERE until > ? ORDER BY id DESC LIMIT ?"),
            arguments: [now, Store.Limits.erasures])
        self.init(
            now: now, recordsBefore: recordsBefore,
            erasures: rows.map { row in
                let number: String? = row["e164"]
                let key: String? = row["party_key"]
                return (
                    row["at"],
                    PersonSubject(numbers: Set(number.map { [$0] } ?? []), partyKeys: Set(key.map { [$0] } ?? []))
                )
            })
    }
}
