import GRDB
import Testing

@testable import Store

@Suite("Stored accounts, tokens and sessions")
struct StoredAccessTests {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.database)
    }

    private let maria = AccountRow(name: "maria", role: "agent", scope: #""everything""#, agent: "PJSIP/1", changed: 1)
    private let token = TokenRow(
        name: "bi", digest: [UInt8](repeating: 7, count: 32), role: "quality", scope: "[]", made: 1, expires: 9)
    @Sendable private static func digest(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](repeating: UInt8(bytes.count % 251), count: 32)
    }

    @discardableResult
    private func change(_ change: Store.AccessChange, at date: Int64 = 1) throws -> Bool {
        let entry = NewAuditRow(at: date, kind: "test", who: "test", entry: "{}")
        return try store.change(change, at: date, audit: [entry], digest: Self.digest)
    }

    private func access() throws -> Store.StoredAccess { try store.access(accounts: 100, tokens: 100, sessions: 100) }

    private func save(_ changes: [Store.SessionChange]) async throws {
        try await withCheckedThrowingContinuation { continuation in
            store.save(changes, audit: [], digest: Self.digest) { continuation.resume(with: $0) }
        }
    }

    private func session(_ byte: UInt8, _ account: String = "maria") -> SessionRow {
        SessionRow(digest: [UInt8](repeating: byte, count: 32), account: account, began: 5, used: 6)
    }

    @Test("are kept across a restart, and each change has a new version and an entry in the audit")
    func kept() throws {
        #expect(try change(.addAccount(maria, password: "hash")))
        #expect(try change(.addToken(token)))
        let before = try access()
        #expect(before.version == 2 && before.accounts == [maria] && before.tokens == [token])
        try store.close()
        let again = try Store(path: folder.database)
        #expect(try again.access(accounts: 100, tokens: 100, sessions: 100) == before)
        #expect(try again.account("maria")?.password == "hash" && again.account("luca") == nil)
        #expect(try again.lastOfAudit().id == 2)
    }

    @Test("a change that does not fit makes nothing: no row, no version, no entry")
    func unfitting() throws {
        #expect(try change(.addAccount(maria, password: "hash")))
        #expect(try change(.addToken(token)))
        for unfitting: Store.AccessChange in [
            .addAccount(maria, password: "other"),
            .addFirstAccount(.init(name: "x", role: "auditor", scope: ""), password: ""),
            .setPassword("x", of: "luca"), .setDisabled(false, of: "maria"), .setDisabled(true, of: "luca"),
            .addToken(token), .revokeToken("none", at: 3),
        ] {
            #expect(try !change(unfitting), "\(unfitting)")
        }
        #expect(try store.accessVersion() == 2 && store.lastOfAudit().id == 2)
        #expect(try store.account("maria")?.password == "hash")
    }

    @Test("the first account is made once")
    func first() throws {
        #expect(try change(.addFirstAccount(maria, password: "one")))
        #expect(try !change(.addFirstAccount(.init(name: "luca", role: "auditor", scope: ""), password: "two")))
        #expect(try access().accounts.map(\.name) == ["maria"])
    }

    @Test("a new password and a disabled account end the sessions, and no other can be stored while it is disabled")
    func sessions() async throws {
        try change(.addAccount(maria, password: "one"))
        try await save([.save(session(1)), .save(session(2)), .save(session(3, "nobody")), .delete(session(2).digest)])
        #expect(try access().sessions == [session(1)])
        try change(.setPassword("two", of: "maria"), at: 7)
        #expect(try access().sessions == [] && access().accounts.first?.changed == 7)
        try await save([.save(session(4))])
        try change(.setDisabled(true, of: "maria"), at: 8)
        try await save([.save(session(5))])
        #expect(try access().sessions == [] && access().accounts.first?.isDisabled == true)
    }

    @Test("a session that is used again keeps its beginning")
    func used() async throws {
        try change(.addAccount(maria, password: "one"))
        var session = session(1)
        try await save([.save(session)])
        session.used = 99
        session.began = 98
        try await save([.save(session)])
        #expect(try access().sessions.map(\.used) == [99] && access().sessions.map(\.began) == [5])
    }

    @Test("a revoked token stays, so that its name is not given again; the valid ones are read first")
    func revoked() throws {
        try change(.addToken(token))
        var other = token
        (other.name, other.digest) = ("zz", [UInt8](repeating: 8, count: 32))
        try change(.addToken(other))
        #expect(try change(.revokeToken("bi", at: 5)))
        #expect(try !change(.revokeToken("bi", at: 6)))
        #expect(try access().tokens.map(\.revoked) == [nil, 5])
        #expect(try store.access(accounts: 1, tokens: 1, sessions: 1).tokens.map(\.name) == ["zz"])
        #expect(try !change(.addToken(token)))
    }
}

@Suite("The stored audit")
struct StoredAuditTests {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.database)
    }

    /// Any function will do: the store only chains.
    @Sendable private static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var sum: UInt8 = 1
        return (0..<32).map { index in
            for byte in bytes { sum = sum &* 31 &+ byte &+ UInt8(index) }
            return sum
        }
    }

    private func append(_ times: Int64..., who: String = "maria") throws {
        try store.audit(
            times.map { NewAuditRow(at: $0, kind: "sign-in", who: who, entry: #"{"n":\#($0)}"#) }, digest: Self.digest)
    }

    private func rows(of who: String? = nil, since: Int64? = nil) throws -> [AuditRow] {
        var rows: [AuditRow] = []
        try store.readAudit(of: who, since: since, batchRows: 2) { rows += $0 }
        return rows
    }

    /// Whether each digest follows from the one before.
    private func isWhole() throws -> Bool {
        var (id, digest) = try store.beginningOfAudit()
        for row in try rows() {
            let expected = Self.digest(Array((digest + row.entry).utf8)).map {
                String($0 / 16, radix: 16) + String($0 % 16, radix: 16)
            }
            guard row.id == id + 1, row.digest == expected.joined() else { return false }
            (id, digest) = (row.id, row.digest)
        }
        return true
    }

    @Test("is numbered from 1 and chained, over restarts and over two programs that write")
    func chained() throws {
        try append(1, 2)
        let other = try Store(path: folder.database)
        try other.audit([NewAuditRow(at: 3, kind: "x", who: "command", entry: "3")], digest: Self.digest)
        try append(4)
        #expect(try rows().map(\.id) == [1, 2, 3, 4] && isWhole())
        #expect(try store.lastOfAudit().digest == rows().last?.digest)
    }

    @Test("is read by person and by time")
    func read() throws {
        try append(1, 2, 3)
        try append(4, who: "luca")
        #expect(try rows(of: "luca").map(\.at) == [4] && rows(since: 3).map(\.at) == [3, 4])
        #expect(try rows(of: "maria", since: 3).map(\.at) == [3] && rows(of: "x'; --").isEmpty)
        #expect(try store.lastOfAudit(kind: "sign-in") == #"{"n":4}"# && store.lastOfAudit(kind: "x") == nil)
    }

    @Test(
        "SQLite refuses to change it, whoever asks",
        arguments: [
            "UPDATE audit SET who = 'x' WHERE id = 2", "DELETE FROM audit WHERE id = 3", "DELETE FROM audit",
            "INSERT OR REPLACE INTO audit VALUES (2, 1, 'x', 'x', 'x', 'x')",
            "INSERT INTO audit VALUES (9, 1, 'x', 'x', 'x', 'x')", "UPDATE audit_retention SET last = -1",
        ])
    func refused(_ statement: String) throws {
        try append(1, 2, 3)
        let before = try rows()
        #expect(throws: DatabaseError.self) { try store.pool.write { try $0.execute(sql: statement) } }
        #expect(try rows() == before)
    }

    @Test("is shortened from its beginning; the chain goes on from what was deleted, and the deletion is entered")
    func shortened() throws {
        // The third came after the second, whatever its clock says.
        try append(10, 20, 5, 30)
        let count = try store.shortenAudit(
            before: 25, entry: { NewAuditRow(at: 40, kind: "audit.shortened", who: "gateway", entry: "\($0)") },
            digest: Self.digest)
        #expect(count == 3)
        #expect(try rows().map(\.id) == [4, 5] && rows().map(\.entry).last == "3")
        #expect(try store.beginningOfAudit().id == 3 && isWhole())
        try append(50)
        #expect(try isWhole() && store.lastOfAudit().id == 6)
        #expect(
            try store.shortenAudit(
                before: 25, entry: { _ in .init(at: 0, kind: "", who: "", entry: "") }, digest: Self.digest) == 0)
    }

    @Test("a clock that was set back does not shorten it before an entry of its time")
    func clock() throws {
        try append(100, 5, 6)
        #expect(
            try store.shortenAudit(
                before: 50, entry: { _ in .init(at: 0, kind: "", who: "", entry: "") }, digest: Self.digest) == 0)
        #expect(try rows().count == 3)
    }

    @Test("after all is deleted, the next is numbered and chained behind it")
    func emptied() throws {
        try append(1, 2)
        let count = try store.shortenAudit(
            before: 10, entry: { NewAuditRow(at: 40, kind: "s", who: "g", entry: "\($0)") }, digest: Self.digest)
        #expect(count == 2)
        #expect(try rows().map(\.id) == [3] && isWhole())
    }
}
