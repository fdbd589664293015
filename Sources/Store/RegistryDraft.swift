import Foundation
import GRDB

/// The next edition of the registry, while an import writes it.
///
/// Its rows lie in the same table as those of the published edition, and no reader sees them: a row belongs to the
/// editions `since ..< until`. So an import of any length is written in short transactions, between which the gateway
/// stores its records, and one small write makes it visible as a whole. An import that was killed leaves rows that
/// nobody sees, and the next import deletes them.
///
/// Each call is one transaction of the caller's, except ``sortNumbers()`` and ``forgetSortedNumbers()``, which write
/// only a temporary table of the connection. A function named “some” does a bounded part, and returns whether
/// there may be more.
struct RegistryDraft {
    private let db: Database

    init(_ db: Database) { self.db = db }

    // MARK: - Writing

    /// Writes the parties that are new, or that differ from what the registry has.
    func write(_ entries: [PartyEntry], _ counts: inout ImportCounts) throws {
        let writer = try PartyWriter(db, edition: begin())
        for entry in entries {
            switch try writer.write(entry) {
            case .added: counts.added += 1
            case .updated: counts.updated += 1
            case .unchanged: counts.unchanged += 1
            }
        }
    }

    /// The number of the edition that is being written.
    private func begin() throws -> Int64 {
        try db.execute(
            sql: """
                UPDATE registry SET draft_from = (SELECT coalesce(max(id), 0) + 1 FROM party_rows)
                WHERE draft_from IS NULL
                """)
        return try Int64.fetchOne(db, sql: "SELECT edition + 1 FROM registry") ?? 1
    }

    // MARK: - Numbers

    private static let draftNumbers = """
        SELECT value AS e164, party_rows.id AS party FROM party_rows, json_each(party_rows.numbers)
        WHERE party_rows.id >= (SELECT draft_from FROM registry) ORDER BY e164, party
        """

    /// Enters all numbers of the draft into the index of numbers at once.
    func enterNumbers() throws {
        try db.execute(sql: "INSERT INTO party_numbers (e164, party) \(Self.draftNumbers)")
    }

    /// Sorts the numbers of a long draft outside the store: entered in their order, they touch each page of the index
    /// once. In the order of the parties, each number would rewrite a page of its own.
    func sortNumbers() throws {
        try db.execute(sql: "DROP TABLE IF EXISTS temp.sorted_numbers")
        try db.execute(sql: "CREATE TEMP TABLE sorted_numbers AS \(Self.draftNumbers)")
    }

    /// Enters the sorted numbers from the `start`-th on, counted from 0.
    func enterSomeNumbers(from start: Int) throws -> Bool {
        try db.execute(
            sql: """
                INSERT INTO party_numbers (e164, party)
                SELECT e164, party FROM temp.sorted_numbers WHERE rowid > ? AND rowid <= ?
                """, arguments: [start, start + Store.Limits.numbersPerTransaction])
        return db.changesCount == Store.Limits.numbersPerTransaction
    }

    func forgetSortedNumbers() throws { try db.execute(sql: "DROP TABLE IF EXISTS temp.sorted_numbers") }

    // MARK: - The end

    /// From now on, readers see what was written.
    func publish() throws { try db.execute(sql: "UPDATE registry SET edition = edition + 1, draft_from = NULL") }

    /// Deletes rows that were replaced in the published edition.
    func clearSomeReplaced() throws -> Bool {
        try delete("until <= (SELECT edition FROM registry) ORDER BY until, id")
    }

    /// Deletes what was written of a draft, and restores what it would have replaced.
    func discardSome() throws -> Bool {
        if try delete("id >= (SELECT draft_from FROM registry) ORDER BY id") { return true }
        try db.execute(
            sql: """
                UPDATE party_rows SET until = NULL WHERE id IN
                    (SELECT id FROM party_rows WHERE until > (SELECT edition FROM registry) LIMIT ?)
                """, arguments: [Store.Limits.partiesPerTransaction])
        if db.changesCount > 0 { return true }
        try db.execute(sql: "UPDATE registry SET draft_from = NULL")
        return false
    }

    /// Deletes the first rows of those, with their numbers.
    private func delete(_ condition: String) throws -> Bool {
        let rows = "SELECT id FROM party_rows WHERE \(condition) LIMIT \(Store.Limits.partiesPerTransaction)"
        try db.execute(
            sql: """
                DELETE FROM party_numbers WHERE (e164, party) IN (
                    SELECT value, party_rows.id FROM party_rows, json_each(party_rows.numbers)
                    WHERE party_rows.id IN (\(rows)))
                """)
        try db.execute(sql: "DELETE FROM party_rows WHERE id IN (\(rows))")
        return db.changesCount > 0
    }
}
