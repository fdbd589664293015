import Foundation
import GRDB
import Synchronization
import Testing

@testable import Store

@Suite("A store")
struct StoreTests {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.database)
    }

    @Test("keeps every column of a contact record across a restart")
    func roundTrip() async throws {
        let row = ContactRow(
            id: "01J0000000000000000000000A", switch: "roma", arrived: 1_772_438_400_000_001, ended: nil, queue: nil,
            agent: nil,
            outcome: "abandoned", e164: "+390612345678", partyKey: "C-1", record: #"{"name":"D'Angelo \"Nicolò\""}"#)
        try await store.saved([row]).get()
        try store.close()
        let again = try Store(path: folder.database)
        let stored = try again.reading { try Row.fetchAll($0, sql: "SELECT * FROM contacts") }
        #expect(stored.count == 1)
        #expect(
            stored[0] == [
                "id": row.id, "switch": "roma", "arrived": row.arrived, "ended": nil, "queue": nil, "agent": nil,
                "outcome": "abandoned", "e164": "+390612345678", "party_key": "C-1", "record": row.record,
                "forgotten": nil,
            ])
    }

    @Test("writes through to the disk before it acknowledges")
    func synchronous() async throws {
        let pragmas = try await store.pool.write { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA synchronous"), try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(db, sql: "PRAGMA foreign_keys")
            )
        }
        #expect(pragmas == (2, "wal", 1))
    }

    @Test("is readable by its owner only, even if it was not before", arguments: ["", "-wal", "-shm"])
    func mode(suffix: String) throws {
        func mode() throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: folder.database + suffix)[.posixPermissions] as? Int
        }
        try store.save([contact("a")])
        #expect(try mode() == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.database)
        let again = try Store(path: folder.database)
        #expect(try again.counts().contacts == 1)
        #expect(try FileManager.default.attributesOfItem(atPath: folder.database)[.posixPermissions] as? Int == 0o600)
    }

    @Test("keeps a record whose end was seen when a replay, which lacks the end, saves the same one again")
    func notForTheWorse() async throws {
        func told(_ flags: String, _ call: Int) -> String {
            #"{"visits":[{"flags":["lost"]}],"flags":[\#(flags)],"call":\#(call)}"#
        }
        func stored() throws -> [String] {
            try store.reading { try String.fetchAll($0, sql: "SELECT record FROM contacts ORDER BY id") }
        }
        try await store.saved([
            contact("a", record: told("", 1)), contact("b", record: told(#""estimated","lost""#, 1)),
        ]).get()
        let worse = [contact("a", record: told(#""estimated","lost""#, 2)), contact("b", record: told(#""lost""#, 2))]
        try await store.saved(worse).get()
        #expect(try stored() == [told("", 1), told(#""lost""#, 2)])
        try await store.saved([contact("a", record: told(#""partial""#, 3)), contact("b", record: told("", 3))]).get()
        #expect(try stored() == [told(#""partial""#, 3), told("", 3)])
        // A record that is not ours is replaced as usual.
        try await store.saved([contact("a", record: "?")]).get()
        try await store.saved([contact("a", record: told(#""lost""#, 4)), contact("b", record: "?")]).get()
        #expect(try stored() == [told(#""lost""#, 4), "?"])
    }

    @Test("replaces a record with the same id, so that saving twice counts once")
    func idempotent() async throws {
        try await store.saved([contact("a"), contact("b")]).get()
        try await store.saved([contact("a", outcome: "abandoned"), contact("b")]).get()
        #expect(try store.counts().contacts == 2)
        let history = try store.lookUp(e164: "+390612345678", historyLimit: 5).history
        #expect(history.map(\.outcome) == ["answered", "abandoned"])
    }

    @Test("acknowledges every save, in order, when many come at once")
    func groupCommit() async throws {
        let acknowledged = Mutex<[Int]>([])
        await withCheckedContinuation { continuation in
            for index in 0..<500 {
                store.save([contact("c\(index)"), contact("last", at: Int64(index))]) { result in
                    if case .failure(let error) = result { Issue.record(error) }
                    let count = acknowledged.withLock {
                        $0.append(index)
                        return $0.count
                    }
                    if count == 500 { continuation.resume() }
                }
            }
        }
        #expect(acknowledged.withLock { $0 } == Array(0..<500))
        #expect(try store.counts().contacts == 501)
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 1).history.first?.arrived == 499)
    }

    @Test("finishes the saves in flight when it closes, and refuses later ones")
    func close() async throws {
        let acknowledged = Mutex(0)
        for index in 0..<50 {
            store.save([contact("c\(index)")]) { if case .success = $0 { acknowledged.withLock { $0 += 1 } } }
        }
        try store.close()
        #expect(acknowledged.withLock { $0 } == 50)
        #expect(throws: StoreError.self) { try store.save([contact("late")]) }
        guard case .failure = await store.saved([contact("late")]) else {
            Issue.record("a closed store acknowledged a row")
            return
        }
        #expect(try Store(path: folder.database).counts().contacts == 50)
    }

    @Test("refuses more rows than it can hold while the disk is stuck, and stores those that it accepted")
    func overloaded() async throws {
        let unstick = DispatchSemaphore(value: 0)
        store.pool.asyncWriteWithoutTransaction { _ in unstick.wait() }
        let isTaken = Mutex(false)
        store.save((0..<Store.Limits.waitingContacts).map { contact("c\($0)", e164: nil) }) {
            if case .success = $0 { isTaken.withLock { $0 = true } }
        }
        await #expect(throws: StoreError.overloaded(path: folder.database, waiting: Store.Limits.waitingContacts)) {
            try await store.saved([contact("late")]).get()
        }
        unstick.signal()
        try store.close()
        #expect(isTaken.withLock { $0 })
        #expect(try Store(path: folder.database).counts().contacts == Store.Limits.waitingContacts)
    }

    @Test("finds nothing wrong in a sound file")
    func integrity() throws {
        try store.load([entry("C-1", "Anna", ["+390612345678"])])
        #expect(try store.integrityCheck() == [])
        #expect(try store.counts() == Store.Counts(parties: 1, numbers: 1, contacts: 0))
    }
}
