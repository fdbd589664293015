import GRDB

extension Store {
    /// Who has this number, and what they called about, in one read of one state of the file.
    ///
    /// Only whole numbers are compared, never their endings.
    /// - Parameters:
    ///   - other: a second E.164 form of the same line (San Marino has two).
    ///   - historyLimit: at most ``Store/Limits/historyPerLookup``.
    ///   - completion: runs on a background thread.
    public func lookUp(
        e164: String, or other: String? = nil, historyLimit: Int,
        completion: @escaping @Sendable (Result<Lookup, StoreError>) -> Void
    ) {
        pool.asyncRead { [path] in
            do {
                completion(.success(try Self.lookUp(e164, other, historyLimit, try $0.get())))
            } catch {
                completion(.failure(StoreError(error, path: path)))
            }
        }
    }

    /// The same, waiting for the disk: for tools and tests, never on the loop.
    public func lookUp(e164: String, or other: String? = nil, historyLimit: Int) throws(StoreError) -> Lookup {
        try reading { try Self.lookUp(e164, other, historyLimit, $0) }
    }

    private static func lookUp(_ e164: String, _ other: String?, _ historyLimit: Int, _ db: Database) throws -> Lookup {
        let total = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT count(*), coalesce(max(is_shared), 0) FROM parties
                    WHERE id IN (SELECT party FROM party_numbers WHERE e164 IN (?, ?))
                    """), arguments: [e164, other])
        let (count, isShared): (Int, Bool) = total.map { ($0[0], $0[1]) } ?? (0, false)
        let parties = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT key, kind, name, town, language, note, is_shared,
                        (SELECT max(arrived) FROM contacts WHERE party_key = parties.key) AS last_contact
                    FROM parties
                    WHERE id IN (SELECT party FROM party_numbers WHERE e164 IN (?, ?))
                    ORDER BY last_contact DESC, name, key
                    LIMIT ?
                    """), arguments: [e164, other, Limits.partiesPerLookup]
        ).map(PartyRow.init)
        // Several people share such a number: what one of them said on another line is not the others' business.
        let onlyParty = count == 1 && !isShared ? parties.first?.key : nil
        let history = try Row.fetchAll(
            db.cachedStatement(sql: historyQuery),
            arguments: [
                "number": e164, "other": other, "party": onlyParty,
                "limit": min(max(historyLimit, 0), Limits.historyPerLookup),
            ]
        ).map(PastContactRow.init)
        return Lookup(parties: parties, partyCount: count, isShared: isShared, history: history)
    }

    /// Three walks along an index, each at most `limit` rows long; with OR, SQLite would collect and sort everything.
    private static let historyQuery: String = {
        let walks = ["e164 = :number", "e164 = :other", "party_key = :party"].map {
            """
            SELECT * FROM (
                SELECT id, switch, arrived, queue, agent, outcome, party_key FROM contacts
                WHERE \($0) ORDER BY arrived DESC, id DESC LIMIT :limit
            )
            """
        }
        return walks.joined(separator: "\nUNION\n") + "\nORDER BY arrived DESC, id DESC LIMIT :limit"
    }()
}

extension PartyRow {
    init(_ row: Row) throws {
        // The table's CHECK allows no other word, but somebody else can edit the file.
        guard let kind = Kind(rawValue: row["kind"]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a party is neither person nor company")
        }
        self.init(
            key: row["key"], kind: kind, name: row["name"], town: row["town"], language: row["language"],
            note: row["note"],
            isShared: row["is_shared"])
    }
}

extension PastContactRow {
    fileprivate init(_ row: Row) {
        self.init(
            id: row["id"], switch: row["switch"], arrived: row["arrived"], queue: row["queue"], agent: row["agent"],
            outcome: row["outcome"],
            partyKey: row["party_key"])
    }
}
