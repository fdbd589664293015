import Foundation
import GRDB

public enum ImportPolicy: Hashable, Sendable {
    /// One transaction: a fault anywhere leaves the anagrafica as it was.
    case allOrNothing
    /// One transaction for each batch: good lines are stored, and calls are recorded in between.
    case keepGoing
}

/// The next piece from an import's source, which is asked until it returns ``end`` or ``abandon``.
public enum PartyBatch: Sendable {
    case parties([PartyEntry])
    case end
    /// The source found a fault, or this was only a rehearsal. With ``ImportPolicy/allOrNothing`` nothing is stored,
    /// but everything was tried.
    case abandon
}

public struct ImportCounts: Hashable, Sendable {
    public var added = 0
    public var updated = 0
    public var unchanged = 0
    /// False when the import was abandoned and rolled back.
    public var isStored = true

    public var total: Int { added + updated + unchanged }

    public init(added: Int = 0, updated: Int = 0, unchanged: Int = 0, isStored: Bool = true) {
        self.added = added
        self.updated = updated
        self.unchanged = unchanged
        self.isStored = isStored
    }
}

extension Store {
    /// Adds parties, or updates those with the same external key: the details that the source gives
    /// (``PartyEntry/told``), and the numbers as a whole set. Importing the same parties again changes nothing.
    /// Parties that are not mentioned stay.
    ///
    /// Waits for the disk and, with ``ImportPolicy/allOrNothing``, holds the write lock from the first batch to the
    /// last: for tools, never on the loop.
    /// - Parameters:
    ///   - next: gives the next batch; some thousand parties are a good size.
    ///   - progress: receives the counts so far, after each batch.
    public func importParties(
        _ policy: ImportPolicy = .allOrNothing, next: () -> PartyBatch, progress: (ImportCounts) -> Void = { _ in }
    ) throws(StoreError) -> ImportCounts {
        var counts = ImportCounts()
        do {
            switch policy {
            case .allOrNothing:
                try pool.writeWithoutTransaction { db in
                    try db.inTransaction(.immediate) {
                        while true {
                            switch next() {
                            case .end: return .commit
                            case .abandon:
                                counts.isStored = false
                                return .rollback
                            case .parties(let entries):
                                for entry in entries { try Self.upsert(entry, &counts, db) }
                                progress(counts)
                            }
                        }
                    }
                }
            case .keepGoing:
                while case .parties(let entries) = next() {
                    try pool.write { db in
                        for entry in entries { try Self.upsert(entry, &counts, db) }
                    }
                    progress(counts)
                }
            }
        } catch {
            throw StoreError(error, path: path)
        }
        return counts
    }

    /// The party of a key. Two keys that differ only in Unicode's form, `à` as one character or as two, are the same
    /// key, as they are within a file: macOS writes one form, Windows the other. SQLite compares bytes.
    private static func party(key: String, _ db: Database) throws -> Row? {
        let sql = "SELECT * FROM parties WHERE key = ?"
        if let same = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [key]) { return same }
        guard !key.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        for form in [key.precomposedStringWithCanonicalMapping, key.decomposedStringWithCanonicalMapping] {
            if let other = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [form]) { return other }
        }
        return nil
    }

    private static func upsert(_ entry: PartyEntry, _ counts: inout ImportCounts, _ db: Database) throws {
        var party = entry.party
        let known = try Self.party(key: party.key, db)
        var wanted = entry.numbers
        let id: Int64
        if let known {
            id = known["id"]
            let numbers = try String.fetchSet(
                db.cachedStatement(sql: "SELECT e164 FROM party_numbers WHERE party = ?"), arguments: [id])
            let stored = try PartyRow(known)
            if !entry.told.contains(.kind) { party.kind = stored.kind }
            if !entry.told.contains(.town) { party.town = stored.town }
            if !entry.told.contains(.language) { party.language = stored.language }
            if !entry.told.contains(.note) { party.note = stored.note }
            if !entry.told.contains(.isShared) { party.isShared = stored.isShared }
            if !entry.told.contains(.numbers) { wanted = numbers }
            guard stored != party || numbers != wanted else {
                counts.unchanged += 1
                return
            }
            try db.cachedStatement(
                sql:
                    "UPDATE parties SET kind = ?, name = ?, town = ?, language = ?, note = ?, is_shared = ? WHERE id = ?"
            ).execute(arguments: [
                party.kind.rawValue, party.name, party.town, party.language, party.note, party.isShared, id,
            ])
            try db.cachedStatement(sql: "DELETE FROM party_numbers WHERE party = ?").execute(arguments: [id])
            counts.updated += 1
        } else {
            try db.cachedStatement(
                sql:
                    "INSERT INTO parties (key, kind, name, town, language, note, is_shared) VALUES (?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                party.key.precomposedStringWithCanonicalMapping, party.kind.rawValue, party.name, party.town,
                party.language, party.note,
                party.isShared,
            ])
            id = db.lastInsertedRowID
            counts.added += 1
        }
        let insert = try db.cachedStatement(sql: "INSERT INTO party_numbers (e164, party) VALUES (?, ?)")
        for number in wanted { try insert.execute(arguments: [number, id]) }
    }
}
