import GRDB

// Append-only: SQLite itself refuses to change or delete an entry, whoever asks, and the chain of digests shows it
// where somebody took the triggers away. Only ``Store/shortenAudit(before:entry:digest:)`` deletes entries.
extension Store {
    /// Appends the entries in order, waiting for the disk: for tools and tests, never on the loop.
    public func audit(_ entries: [NewAuditRow], digest: @Sendable ([UInt8]) -> [UInt8]) throws(StoreError) {
        do { try pool.write { db in try Self.append(entries, digest, db) } } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Within one transaction: another process may append as well, and each entry follows the last.
    static func append(_ entries: [NewAuditRow], _ digest: ([UInt8]) -> [UInt8], _ db: Database) throws {
        guard !entries.isEmpty else { return }
        var last = try lastOfAudit(db)
        for entry in entries {
            last.id += 1
            last.digest = hexadecimal(digest(Array((last.digest + entry.entry).utf8)))
            try db.cachedStatement(
                sql: "INSERT INTO audit (id, at, kind, who, entry, digest) VALUES (?, ?, ?, ?, ?, ?)"
            )
            .execute(arguments: [last.id, entry.at, entry.kind, entry.who, entry.entry, last.digest])
        }
    }

    /// Number and digest of the last entry, whether it is still there or was deleted because of its age.
    public func lastOfAudit() throws(StoreError) -> (id: Int64, digest: String) {
        try reading { try Self.lastOfAudit($0) }
    }

    /// Number and digest of the last entry that was deleted because of its age: from there the chain goes on.
    public func beginningOfAudit() throws(StoreError) -> (id: Int64, digest: String) {
        try reading { db in
            try Row.fetchOne(db, sql: "SELECT last, digest FROM audit_retention").map { ($0["last"], $0["digest"]) }
                ?? (0, "")
        }
    }

    private static func lastOfAudit(_ db: Database) throws -> (id: Int64, digest: String) {
        let last =
            try Row.fetchOne(db.cachedStatement(sql: "SELECT id, digest FROM audit ORDER BY id DESC LIMIT 1"))
            ?? Row.fetchOne(db.cachedStatement(sql: "SELECT last AS id, digest FROM audit_retention"))
        return last.map { ($0["id"], $0["digest"]) } ?? (0, "")
    }

    /// The last entry of that kind; nil: there is none.
    public func lastOfAudit(kind: String) throws(StoreError) -> String? {
        try reading {
            try String.fetchOne(
                $0, sql: "SELECT entry FROM audit WHERE kind = ? ORDER BY id DESC LIMIT 1", arguments: [kind])
        }
    }

    /// Reads the entries in order, in batches: for tools, never on the loop.
    /// - Parameters:
    ///   - who: only of this person or program.
    ///   - since: only those of this moment or later, by the clock of then.
    public func readAudit(
        of who: String? = nil, since: Int64? = nil, batchRows: Int = 1_000, _ receive: ([AuditRow]) throws -> Void
    ) throws {
        var last: Int64 = 0
        while true {
            let rows = try reading { db in
                try Row.fetchAll(
                    db.cachedStatement(
                        sql: """
                            SELECT id, at, kind, who, entry, digest FROM audit
                            WHERE id > :last AND (:who IS NULL OR who = :who) AND (:since IS NULL OR at >= :since)
                            ORDER BY id LIMIT :limit
                            """),
                    arguments: ["last": last, "who": who, "since": since, "limit": max(1, batchRows)]
                ).map {
                    AuditRow(
                        id: $0["id"], at: $0["at"], kind: $0["kind"], who: $0["who"], entry: $0["entry"],
                        digest: $0["digest"])
                }
            }
            guard let newest = rows.last?.id else { return }
            last = newest
            try receive(rows)
        }
    }

    /// Deletes the entries up to the last one before `moment`, and enters that it did; returns how many. The rest is a
    /// chain that goes on from what was deleted.
    @discardableResult
    public func shortenAudit(
        before moment: Int64, entry: (_ count: Int64) -> NewAuditRow, digest: @Sendable ([UInt8]) -> [UInt8]
    ) throws(StoreError) -> Int64 {
        do {
            return try pool.write { db in
                // Clocks are set back: what follows an entry is not older than it, whatever it says.
                let first = try Int64.fetchOne(
                    db, sql: "SELECT min(id) FROM audit WHERE at >= ?", arguments: [moment])
                let last = try first.map { $0 - 1 } ?? Self.lastOfAudit(db).id
                guard
                    let row = try Row.fetchOne(
                        db, sql: "SELECT digest, id - (SELECT last FROM audit_retention) AS n FROM audit WHERE id = ?",
                        arguments: [last])
                else { return 0 }
                let count: Int64 = row["n"]
                let end: String = row["digest"]
                try Self.append([entry(count)], digest, db)
                try db.execute(sql: "UPDATE audit_retention SET last = ?, digest = ?", arguments: [last, end])
                try db.execute(sql: "DELETE FROM audit WHERE id <= ?", arguments: [last])
                return count
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
