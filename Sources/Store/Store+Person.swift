import Foundation
import GRDB

/// A row of a party: of the registry as readers see it, of an earlier edition, or of one that an import is writing.
public struct StoredParty: Hashable, Sendable {
    public var party: PartyRow
    public var numbers: [String]
    /// Readers see it.
    public var isPublished: Bool
}

/// What an erasure did.
public struct ErasureCounts: Hashable, Sendable {
    /// Rows of parties, of all editions.
    public var partyRows = 0
    public var records = 0

    public init(partyRows: Int = 0, records: Int = 0) {
        self.partyRows = partyRows
        self.records = records
    }
}

extension Store {
    /// The rows of parties that have one of the keys or one of the numbers, in all editions.
    public func parties(of subject: PersonSubject) throws(StoreError) -> [StoredParty] {
        try reading { try Self.parties(of: subject, $0).map(\.party) }
    }

    /// Gives the records in which the subject is the caller, a candidate for the caller, or somebody outside to whom
    /// the call was sent; in batches, in order of arrival. Reads all records: for tools, never on the loop.
    public func records(
        of subject: PersonSubject, _ receive: ([ContactRow]) throws -> Void
    ) throws(StoreError) {
        var last = ""
        while true {
            let rows = try reading { try Self.records(of: subject, after: last, $0) }
            guard let newest = rows.last?.id else { return }
            last = newest
            let concerned = rows.filter { $0.without(subject) != nil }
            do { if !concerned.isEmpty { try receive(concerned) } } catch { throw StoreError(error, path: path) }
        }
    }

    /// Deletes the subject's parties, and takes the subject out of the records; in short transactions, beside the
    /// gateway. Until `until` (microseconds since 1970), records that arrived by `now` are stored without the subject:
    /// the gateway's memory and its journal would bring the person back.
    ///
    /// Waits for the disk, and for an import to end: for tools, never on the loop.
    public func erase(
        _ subject: PersonSubject, at now: Int64, until: Int64, progress: (ErasureCounts) -> Void = { _ in }
    ) throws(StoreError) -> ErasureCounts {
        let turn = try importTurn()
        defer { turn.release() }
        var counts = ErasureCounts()
        counts.partyRows = try forgettingTransaction { db in
            for (number, key) in subject.numbers.sorted().map({ ($0, String?.none) })
                + subject.partyKeys.sorted().map({ (String?.none, $0) })
            {
                try db.execute(
                    sql: "INSERT INTO erasures (at, until, e164, party_key) VALUES (?, ?, ?, ?)",
                    arguments: [now, until, number, key])
            }
            let keys = Self.forms(of: subject.partyKeys)
            var deleted = 0
            for (id, stored) in try Self.parties(of: subject, db) where keys.contains(stored.party.key) {
                for number in stored.numbers {
                    try db.execute(
                        sql: "DELETE FROM party_numbers WHERE e164 = ? AND party = ?", arguments: [number, id])
                }
                try db.execute(sql: "DELETE FROM party_rows WHERE id = ?", arguments: [id])
                deleted += 1
            }
            return deleted
        }
        var last = ""
        while true {
            let part = try forgettingTransaction { db -> (last: String, count: Int)? in
                let rows = try Self.records(of: subject, after: last, db)
                let changed = rows.compactMap { $0.without(subject) }
                for row in changed { try Self.replace(row, at: now, db) }
                return rows.last.map { ($0.id, changed.count) }
            }
            guard let part else { break }
            last = part.last
            counts.records += part.count
            progress(counts)
            patience.giveWay()
        }
        try forgettingTransaction {
            try Self.notePast("erasure", before: now, rows: counts.partyRows + counts.records, at: now, $0)
        }
        // What was overwritten is in the -wal until then. Fails while another program reads: a later one does it.
        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        return counts
    }

    /// Erasures whose end has come are deleted themselves: they have numbers.
    public func forgetErasures(at now: Int64) throws(StoreError) {
        try forgettingTransaction { try $0.execute(sql: "DELETE FROM erasures WHERE until <= ?", arguments: [now]) }
    }

    // MARK: - finding

    private static func parties(of subject: PersonSubject, _ db: Database) throws -> [(id: Int64, party: StoredParty)] {
        let keys = forms(of: subject.partyKeys).sorted()
        let numbers = subject.numbers.sorted()
        return try Row.fetchAll(
            db,
            sql: """
                SELECT id, key, kind, name, town, language, note, is_shared, numbers,
                    id IN (SELECT id FROM parties) AS is_published
                FROM party_rows
                WHERE key IN (\(marks(keys))) OR id IN (SELECT party FROM party_numbers WHERE e164 IN (\(marks(numbers))))
                ORDER BY id
                """, arguments: StatementArguments(keys + numbers)
        ).map { row in
            let json: String = row["numbers"]
            let numbers = (try? JSONDecoder().decode([String].self, from: Data(json.utf8))) ?? []
            return (
                row["id"],
                StoredParty(party: try PartyRow(row), numbers: numbers, isPublished: row["is_published"])
            )
        }
    }

    /// The next records that may have something of the subject.
    private static func records(of subject: PersonSubject, after last: String, _ db: Database) throws -> [ContactRow] {
        let keys = forms(of: subject.partyKeys).sorted()
        let numbers = subject.numbers.sorted()
        // The shortest form is a part of the others.
        let digits = subject.digits.filter { form in
            !subject.digits.contains { $0 != form && form.hasSuffix($0) }
        }.sorted()
        let named = digits.map { _ in "instr(record, ?) > 0" } + ["0"]
        return try Row.fetchAll(
            db,
            sql: """
                SELECT id, switch, arrived, ended, queue, agent, outcome, e164, party_key, record FROM contacts
                WHERE id > ? AND (e164 IN (\(marks(numbers))) OR party_key IN (\(marks(keys))) OR \(named.joined(separator: " OR "))
                    OR (CASE WHEN json_valid(record) THEN EXISTS
                        (SELECT 1 FROM json_each(record, '$.partyKeys') WHERE value IN (\(marks(keys)))) ELSE 0 END))
                ORDER BY id LIMIT ?
                """,
            arguments: StatementArguments([last] + numbers + keys + digits + keys)
                + [Limits.recordsPerForgetting]
        ).map(ContactRow.init)
    }

    private static func marks(_ values: [String]) -> String { values.map { _ in "?" }.joined(separator: ", ") }

    /// macOS writes one form of Unicode, Windows the other; SQLite compares bytes.
    private static func forms(of keys: Set<String>) -> Set<String> {
        Set(
            keys.flatMap {
                [$0, $0.precomposedStringWithCanonicalMapping, $0.decomposedStringWithCanonicalMapping]
            })
    }
}
