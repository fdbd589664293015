import Foundation
import GRDB
import Testing

@testable import Store

@Suite("When something is wrong, a store")
struct FaultTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Every message must name the file and the remedy.
    private func check(_ error: StoreError?, _ path: String) {
        #expect(error?.description.contains(path) == true)
    }

    @Test("keeps what it has when the disk is full, and goes on when space is back")
    func diskFull() async throws {
        let store = try Store(path: folder.database)
        try await store.saved((0..<100).map { contact("early\($0)", at: Int64($0)) }).get()
        try await store.pool.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages + 3)")
        }
        let large = (0..<100).map { contact("late\($0)", record: String(repeating: "x", count: 4000)) }
        guard case .failure(let error) = await store.saved(large) else {
            Issue.record("more pages than the limit were stored")
            return
        }
        #expect(error == .diskFull(path: folder.database))
        #expect(error.isTransient)
        check(error, folder.database)
        #expect(throws: StoreError.diskFull(path: folder.database)) {
            try store.load((0..<1000).map { entry("C-\($0)", String(repeating: "n", count: 500), ["+39055\($0)"]) })
        }
        #expect(try store.counts() == Store.Counts(parties: 0, numbers: 0, contacts: 100))
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 1).history.first?.id == "early99")
        #expect(try store.integrityCheck() == [])

        _ = try await store.pool.writeWithoutTransaction {
            try Int.fetchOne($0, sql: "PRAGMA max_page_count = 1073741823")
        }
        try await store.saved(large).get()
        #expect(try store.counts().contacts == 200)
        try store.close()
        #expect(try Store(path: folder.database).counts().contacts == 200)
    }

    @Test("reports that another process holds the lock, and succeeds after it")
    func busy() async throws {
        let store = try Store(path: folder.database, busySeconds: 0.05)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: folder.database, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        guard case .failure(let error) = await store.saved([contact("a")]) else {
            Issue.record("written in spite of the lock")
            return
        }
        #expect(error == .busy(path: folder.database))
        check(error, folder.database)
        #expect(
            try store.lookUp(e164: "+390612345678", historyLimit: 1).history == [], "reading does not wait for a writer"
        )
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await store.saved([contact("a")]).get()
    }

    @Test("reports that it cannot write")
    func readOnly() async throws {
        let store = try Store(path: folder.database)
        try await store.saved([contact("a")]).get()
        try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = ON") }
        guard case .failure(let error) = await store.saved([contact("b")]) else {
            Issue.record("written although read-only")
            return
        }
        #expect(error == .readOnly(path: folder.database))
        #expect(try store.counts().contacts == 1)
        check(error, folder.database)
    }

    @Test(
        "refuses a file that is not a database, and leaves it unchanged",
        arguments: ["key,name\nC-1,Anna\n", String(repeating: "testo ", count: 2000)])
    func notADatabase(text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: folder.database))
        let error = #expect(throws: StoreError.self) { try Store(path: folder.database) }
        #expect(error == .notADatabase(path: folder.database))
        check(error, folder.database)
        #expect(try Data(contentsOf: URL(filePath: folder.database)) == Data(text.utf8))
    }

    @Test("refuses another program's database, and leaves it unchanged")
    func notOurs() async throws {
        let other = try DatabaseQueue(path: folder.database)
        try await other.write { try $0.execute(sql: "CREATE TABLE songs (title TEXT)") }
        try other.close()
        let before = try Data(contentsOf: URL(filePath: folder.database))
        let error = #expect(throws: StoreError.self) { try Store(path: folder.database) }
        #expect(error == .notOurs(path: folder.database))
        check(error, folder.database)
        #expect(try Data(contentsOf: URL(filePath: folder.database)) == before)
    }

    @Test("refuses a schema from the future")
    func tooNew() async throws {
        let store = try Store(path: folder.database)
        try await store.pool.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('2 surveys')") }
        try store.close()
        let error = #expect(throws: StoreError.self) { try Store(path: folder.database) }
        #expect(error == .schemaTooNew(path: folder.database, changes: ["2 surveys"]))
        check(error, folder.database)
    }

    @Test("reports that its file is damaged")
    func damaged() throws {
        let store = try Store(path: folder.database)
        try store.save((0..<2000).map { contact("c\($0)", at: Int64($0)) })
        try store.close()
        let file = try #require(FileHandle(forUpdatingAtPath: folder.database))
        let size = try file.seekToEnd()
        // The first page, with the header and the schema, stays intact.
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - 4096))
        try file.close()

        var error: StoreError?
        do throws(StoreError) {
            let again = try Store(path: folder.database)
            #expect(try !again.integrityCheck().isEmpty)
            _ = try again.lookUp(e164: "+390612345678", historyLimit: 5)
        } catch let thrown {
            error = thrown
        }
        guard case .damaged = error else {
            Issue.record("expected damaged, got \(String(describing: error))")
            return
        }
        check(error, folder.database)
    }

    @Test("names the missing folder")
    func missingFolder() {
        let path = folder.path + "/nowhere/centralino.sqlite"
        let error = #expect(throws: StoreError.self) { try Store(path: path) }
        #expect(error == .cannotOpen(path: path, reason: "No such file or directory"))
        check(error, path)
    }

    @Test("takes an empty file as a new store")
    func emptyFile() throws {
        try Data().write(to: URL(filePath: folder.database))
        #expect(try Store(path: folder.database).counts().contacts == 0)
    }

    @Test("reports a failed write of any cause as a full disk")
    func codes() {
        #expect(StoreError(DatabaseError(resultCode: .SQLITE_IOERR_WRITE), path: "p") == .diskFull(path: "p"))
        #expect(StoreError(DatabaseError(resultCode: .SQLITE_IOERR_SHMSIZE), path: "p") == .diskFull(path: "p"))
        guard case .failed = StoreError(DatabaseError(resultCode: .SQLITE_IOERR_READ), path: "p") else {
            Issue.record("a failed read is not a full disk")
            return
        }
    }
}
