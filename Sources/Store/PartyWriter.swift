import Foundation
import GRDB

/// Writes parties into an edition of the registry. Each batch is one transaction of the caller's.
///
/// A new party costs one statement, whose values are bound by position: GRDB's arguments are arrays, made and checked
/// for each row.
struct PartyWriter {
    enum Outcome { case added, updated, unchanged }

    private struct KnownParty {
        var id: Int64
        var party: PartyRow
        /// As JSON, like the column.
        var numbers: String
    }

    private let db: Database
    private let edition: Int64
    private let insert: Statement
    private let select: Statement
    private let replace: Statement

    init(_ db: Database, edition: Int64) throws {
        self.db = db
        self.edition = edition
        insert = try db.cachedStatement(
            sql: """
                INSERT INTO party_rows (key, kind, name, town, language, note, is_shared, numbers, since)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """)
        select = try db.cachedStatement(
            sql: """
                SELECT id, key, kind, name, town, language, note, is_shared, numbers FROM party_rows
                WHERE key = ? AND until IS NULL
                """)
        replace = try db.cachedStatement(sql: "UPDATE party_rows SET until = ? WHERE id = ?")
    }

    func write(_ entry: PartyEntry) throws -> Outcome {
        var party = entry.party
        let numbers = Self.json(entry.numbers)
        if party.key.utf8.allSatisfy({ $0 < 0x80 }) {
            // Nearly all parties of a first import are new, and the index of keys refuses the others.
            if try add(party, numbers: numbers) { return .added }
            guard let known = try newest(party.key) else { throw Self.damage }
            return try update(known, by: entry, numbers)
        }
        // Two keys that differ only in Unicode's form, `à` as one character or as two, are the same key, as they are
        // within a file: macOS writes one form, Windows the other. SQLite compares bytes.
        let composed = party.key.precomposedStringWithCanonicalMapping
        for form in [party.key, composed, party.key.decomposedStringWithCanonicalMapping] {
            if let known = try newest(form) { return try update(known, by: entry, numbers) }
        }
        party.key = composed
        guard try add(party, numbers: numbers) else { throw Self.damage }
        return .added
    }

    /// False where the key is known.
    private func add(_ party: PartyRow, numbers: String) throws -> Bool {
        // Without arguments this only makes the statement ready for new ones.
        insert.setUncheckedArguments(StatementArguments())
        var index: Int32 = 0
        func bind(_ value: some StatementBinding) throws {
            index += 1
            let code = value.bind(to: insert.sqliteStatement, at: index)
            guard code == ResultCode.SQLITE_OK.rawValue else {
                throw DatabaseError(resultCode: ResultCode(rawValue: code))
            }
        }
        try bind(party.key)
        try bind(party.kind.rawValue)
        try bind(party.name)
        try bind(party.town)
        try bind(party.language)
        try bind(party.note)
        try bind(party.isShared)
        try bind(numbers)
        try bind(edition)
        try insert.execute()
        return db.changesCount > 0
    }

    /// The index of keys and the rows contradict each other.
    private static var damage: DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the index of keys is wrong")
    }

    private func newest(_ key: String) throws -> KnownParty? {
        let rows = try Row.fetchCursor(select, arguments: [key])
        guard let row = try rows.next() else { return nil }
        guard let kind = PartyRow.Kind(rawValue: row[2]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a party is neither person nor company")
        }
        return KnownParty(
            id: row[0],
            party: PartyRow(
                key: row[1], kind: kind, name: row[3], town: row[4], language: row[5], note: row[6], isShared: row[7]),
            numbers: row[8])
    }

    private func update(_ known: KnownParty, by entry: PartyEntry, _ written: String) throws -> Outcome {
        var party = entry.party
        let stored = known.party
        if !entry.told.contains(.kind) { party.kind = stored.kind }
        if !entry.told.contains(.town) { party.town = stored.town }
        if !entry.told.contains(.language) { party.language = stored.language }
        if !entry.told.contains(.note) { party.note = stored.note }
        if !entry.told.contains(.isShared) { party.isShared = stored.isShared }
        let numbers = entry.told.contains(.numbers) ? written : known.numbers
        guard stored != party || known.numbers != numbers else { return .unchanged }
        try replace.execute(arguments: [edition, known.id])
        // The contacts know the party by the key that it was stored with.
        party.key = stored.key
        guard try add(party, numbers: numbers) else { throw Self.damage }
        return .updated
    }

    /// A JSON array of the numbers, sorted.
    private static func json(_ numbers: Set<String>) -> String {
        func isNumber(_ text: String) -> Bool {
            text.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: "+") }
        }
        let sorted = numbers.count > 1 ? numbers.sorted() : Array(numbers)
        guard sorted.allSatisfy(isNumber) else {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            return (try? encoder.encode(sorted)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
        }
        return sorted.isEmpty ? "[]" : "[\"" + sorted.joined(separator: "\",\"") + "\"]"
    }
}
