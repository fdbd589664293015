import Foundation
import GRDB

// Who may sign in, and what may be shown instead. Each change of an account or a token also changes
// ``Store/accessVersion()``, in the same transaction as its entry of the audit: neither is there without the other.
extension Store {
    /// What a gateway knows of people and programs, in one read of one state of the file.
    public struct StoredAccess: Hashable, Sendable {
        public var version: Int64
        /// In order of their names.
        public var accounts: [AccountRow]
        public var tokens: [TokenRow]
        public var sessions: [SessionRow]
    }

    /// A number that is another after each change of an account or a token, whoever made it.
    public func accessVersion() throws(StoreError) -> Int64 {
        try reading { try Self.accessVersion($0) }
    }

    /// At most so many of each are read: more are a mistake, and memory is bounded.
    public func access(accounts: Int, tokens: Int, sessions: Int) throws(StoreError) -> StoredAccess {
        try reading { db in
            StoredAccess(
                version: try Self.accessVersion(db),
                accounts: try Row.fetchAll(
                    db,
                    sql: "SELECT name, role, scope, agent, is_disabled, changed FROM accounts ORDER BY name LIMIT ?",
                    arguments: [accounts]
                ).map(AccountRow.init),
                tokens: try Row.fetchAll(
                    db, sql: "SELECT * FROM tokens ORDER BY revoked IS NOT NULL, name LIMIT ?", arguments: [tokens]
                ).map(TokenRow.init),
                sessions: try Row.fetchAll(
                    db, sql: "SELECT digest, account, began, used FROM sessions ORDER BY used DESC, digest LIMIT ?",
                    arguments: [sessions]
                ).map {
                    SessionRow(
                        digest: Self.bytes($0["digest"]), account: $0["account"], began: $0["began"], used: $0["used"])
                })
        }
    }

    /// The account and the text of its password's hash; nil: there is none of that name.
    public func account(_ name: String) throws(StoreError) -> (account: AccountRow, password: String)? {
        try reading { db in
            try Row.fetchOne(
                db, sql: "SELECT name, role, scope, agent, is_disabled, changed, password FROM accounts WHERE name = ?",
                arguments: [name]
            ).map { (AccountRow($0), $0["password"]) }
        }
    }

    // MARK: changes

    public enum AccessChange: Hashable, Sendable {
        /// A new account, with its password's hash.
        case addAccount(AccountRow, password: String)
        /// The same, but only while there is none at all.
        case addFirstAccount(AccountRow, password: String)
        /// All sessions of the account end: whoever knew the old password may have one.
        case setPassword(String, of: String)
        /// A disabled account has no sessions.
        case setDisabled(Bool, of: String)
        case addToken(TokenRow)
        case revokeToken(String, at: Int64)
    }

    /// Makes the change and enters it in the audit; false, and neither, where it does not fit what is there: an account
    /// or a token of that name exists already or does not exist, or nothing would be different.
    @discardableResult
    public func change(
        _ change: AccessChange, at date: Int64, audit entries: [NewAuditRow], digest: @Sendable ([UInt8]) -> [UInt8]
    ) throws(StoreError) -> Bool {
        do {
            return try pool.write { db in
                guard try Self.perform(change, at: date, db) else { return false }
                try db.execute(sql: "UPDATE access_version SET version = version + 1")
                try Self.append(entries, digest, db)
                return true
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private static func perform(_ change: AccessChange, at date: Int64, _ db: Database) throws -> Bool {
        switch change {
        case .addAccount(let account, let password), .addFirstAccount(let account, let password):
            var condition = ""
            if case .addFirstAccount = change { condition = "WHERE NOT EXISTS (SELECT 1 FROM accounts)" }
            try db.execute(
                sql: """
                    INSERT INTO accounts (name, role, scope, agent, is_disabled, password, changed)
                    SELECT ?, ?, ?, ?, ?, ?, ? \(condition.isEmpty ? "WHERE true" : condition) ON CONFLICT DO NOTHING
                    """,
                arguments: [
                    account.name, account.role, account.scope, account.agent, account.isDisabled, password, date,
                ])
            return db.changesCount > 0
        case .setPassword(let password, let name):
            try db.execute(
                sql: "UPDATE accounts SET password = ?, changed = ? WHERE name = ?", arguments: [password, date, name])
            guard db.changesCount > 0 else { return false }
            try db.execute(sql: "DELETE FROM sessions WHERE account = ?", arguments: [name])
            return true
        case .setDisabled(let isDisabled, let name):
            try db.execute(
                sql: "UPDATE accounts SET is_disabled = ?, changed = ? WHERE name = ? AND is_disabled <> ?",
                arguments: [isDisabled, date, name, isDisabled])
            guard db.changesCount > 0 else { return false }
            if isDisabled { try db.execute(sql: "DELETE FROM sessions WHERE account = ?", arguments: [name]) }
            return true
        case .addToken(let token):
            try db.execute(
                sql: """
                    INSERT INTO tokens (name, digest, role, scope, made, expires, revoked)
                    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """,
                arguments: [
                    token.name, Data(token.digest), token.role, token.scope, token.made, token.expires, token.revoked,
                ])
            return db.changesCount > 0
        case .revokeToken(let name, let moment):
            try db.execute(
                sql: "UPDATE tokens SET revoked = ? WHERE name = ? AND revoked IS NULL", arguments: [moment, name])
            return db.changesCount > 0
        }
    }

    // MARK: sessions

    public enum SessionChange: Hashable, Sendable {
        case save(SessionRow)
        case delete([UInt8])
    }

    /// Stores sessions, or their ends, and entries of the audit, in this order; completes when they are on the disk.
    /// After a failure none is stored. A session of an account that is gone or disabled is left out.
    public func save(
        _ sessions: [SessionChange], audit entries: [NewAuditRow], digest: @escaping @Sendable ([UInt8]) -> [UInt8],
        completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
    ) {
        pool.asyncWrite(
            { [self] db in
                try requirePlace()
                for change in sessions {
                    switch change {
                    case .save(let session):
                        try db.cachedStatement(
                            sql: """
                                INSERT INTO sessions (digest, account, began, used)
                                SELECT ?, name, ?, ? FROM accounts WHERE name = ? AND is_disabled = 0
                                ON CONFLICT (digest) DO UPDATE SET used = excluded.used
                                """
                        ).execute(arguments: [Data(session.digest), session.began, session.used, session.account])
                    case .delete(let digest):
                        try db.cachedStatement(sql: "DELETE FROM sessions WHERE digest = ?")
                            .execute(arguments: [Data(digest)])
                    }
                }
                try Self.append(entries, digest, db)
            }, completion: { [path] _, result in completion(result.mapError { StoreError($0, path: path) }) })
    }

    private static func accessVersion(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT version FROM access_version") ?? 0
    }

    private static func bytes(_ data: Data) -> [UInt8] { [UInt8](data) }
}

extension AccountRow {
    fileprivate init(_ row: Row) {
        self.init(
            name: row["name"], role: row["role"], scope: row["scope"], agent: row["agent"],
            isDisabled: row["is_disabled"], changed: row["changed"])
    }
}

extension TokenRow {
    fileprivate init(_ row: Row) {
        let digest: Data = row["digest"]
        self.init(
            name: row["name"], digest: [UInt8](digest), role: row["role"], scope: row["scope"], made: row["made"],
            expires: row["expires"], revoked: row["revoked"])
    }
}
