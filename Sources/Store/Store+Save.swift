import GRDB
import Synchronization

/// Rows on their way to the disk, and the completions that wait for them.
struct WaitingSaves: Sendable {
    typealias Completion = @Sendable (Result<Void, StoreError>) -> Void

    var contacts: [ContactRow] = []
    var completions: [Completion] = []
}

extension Store {
    /// Writes the rows, replacing those with the same id, and completes when they are on the disk. A record whose end
    /// was seen is not replaced by one whose end was not. After a failure none of them is stored.
    ///
    /// Saves that arrive while the disk is busy share the next transaction: a synchronous commit costs the same for
    /// one row as for a thousand. Saves are done in the order in which they were requested.
    public func save(_ contacts: [ContactRow], completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
        enum Admission { case first, following, refused(waiting: Int) }
        let admission = waiting.withLock { waiting -> Admission in
            let rows = waiting.contacts.count
            if rows + contacts.count > Limits.waitingContacts { return .refused(waiting: rows) }
            waiting.contacts += contacts
            waiting.completions.append(completion)
            return waiting.completions.count == 1 ? .first : .following
        }
        switch admission {
        case .first: pool.asyncWriteWithoutTransaction { [self] in drain($0) }
        case .following: break
        case .refused(let rows): completion(.failure(.overloaded(path: path, waiting: rows)))
        }
    }

    /// The same, waiting for the disk: for tools and tests, never on the loop.
    public func save(_ contacts: [ContactRow]) throws(StoreError) {
        do {
            try pool.write { db in
                let forgetting = try Forgetting(db)
                for contact in contacts { try Self.upsert(contact, forgetting, db) }
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Runs on the writer queue.
    func drain(_ db: Database) {
        let saves = waiting.withLock { waiting in
            defer { waiting = WaitingSaves() }
            return waiting
        }
        guard !saves.completions.isEmpty else { return }
        var result = Result<Void, StoreError>.success(())
        do {
            try requirePlace()
            try db.inTransaction(.immediate) {
                let forgetting = try Forgetting(db)
                for contact in saves.contacts { try Self.upsert(contact, forgetting, db) }
                return .commit
            }
        } catch {
            result = .failure(StoreError(error, path: path))
        }
        for completion in saves.completions { completion(result) }
    }

    /// Whether the record as a whole is flagged `lost`. The replay of a journal that lacks entries yields such a
    /// record for a call that was stored completely when it ended.
    private static func isLost(_ record: String, unreadable: Bool) -> String {
        """
        CASE WHEN json_valid(\(record)) THEN EXISTS (SELECT 1 FROM json_each(\(record), '$.flags') WHERE value = 'lost') ELSE \(unreadable ? 1 : 0) END
        """
    }

    private static func upsert(_ contact: ContactRow, _ forgetting: Forgetting, _ db: Database) throws {
        // The gateway's memory and its journal know a person for some time after the store has forgotten.
        let changed = forgetting.applied(to: contact)
        let contact = changed ?? contact
        try db.cachedStatement(
            sql: """
                INSERT INTO contacts (id, switch, arrived, ended, queue, agent, outcome, e164, party_key, record, forgotten)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET
                    switch = excluded.switch, arrived = excluded.arrived, ended = excluded.ended, queue = excluded.queue,
                    agent = excluded.agent, outcome = excluded.outcome, e164 = excluded.e164, party_key = excluded.party_key,
                    record = excluded.record, forgotten = excluded.forgotten
                WHERE contacts.forgotten IS NULL AND NOT (\(Self.isLost("excluded.record", unreadable: false)) AND NOT \(Self.isLost("contacts.record", unreadable: true)))
                """
        ).execute(arguments: [
            contact.id, contact.switch, contact.arrived, contact.ended, contact.queue, contact.agent, contact.outcome,
            contact.e164,
            contact.partyKey, contact.record, changed == nil ? nil : forgetting.now,
        ])
    }
}
