import GRDB
import Testing

@testable import Store

@Suite("Stored interval rows")
struct StoredIntervalTests {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.database)
    }

    private func row(
        _ start: Int64 = 0, _ name: String = "info", offered: Int = 1, isFinal: Bool = false, kind: String = "queue"
    )
        -> StoredInterval
    {
        StoredInterval(
            switch: "roma", kind: kind, name: name, start: start, length: 900_000_000, isFinal: isFinal,
            offered: offered, answered: 1,
            abandoned: 0, inTime: 1, ofServiceLevel: 1, handled: 1, gap: 5, row: #"{"offered":\#(offered)}"#)
    }

    private var all: [StoredInterval] { get throws { try store.intervals(in: 0..<Int64.max) } }

    @Test("are kept with every column across a restart")
    func roundTrip() throws {
        let rows = [row(0, "b'\"; --"), row(900_000_000, "", kind: "team")]
        try store.save(rows)
        try store.close()
        #expect(try Store(path: folder.database).intervals(in: 0..<Int64.max) == rows)
    }

    @Test("are rewritten while provisional, and once when they become final")
    func revised() throws {
        #expect(try store.save([row(offered: 1)]) == [])
        #expect(try store.save([row(offered: 2)]) == [])
        #expect(try store.save([row(offered: 3, isFinal: true)]) == [])
        #expect(try all == [row(offered: 3, isFinal: true)])
    }

    @Test(
        "do not change once final: a different one is returned, while the same one and a replay's provisional ones have no effect"
    )
    func final() async throws {
        let final = row(offered: 3, isFinal: true)
        try store.save([final])
        let result = await withCheckedContinuation { continuation in
            store.save([row(offered: 4, isFinal: true), final, row(offered: 2), row(900_000_000)]) {
                continuation.resume(returning: $0)
            }
        }
        #expect(try result.get() == [row(offered: 4, isFinal: true)])
        #expect(try all == [final, row(900_000_000)])
    }

    @Test(
        "that are final cannot be changed: SQLite itself refuses, whoever asks",
        arguments: [
            "UPDATE intervals SET offered = 9", "UPDATE intervals SET is_final = 0", "UPDATE intervals SET start = 7",
            "DELETE FROM intervals",
            "INSERT OR REPLACE INTO intervals SELECT switch, kind, name, start, length, 0, 9, 9, 9, 9, 9, 9, 9, '{}' FROM intervals",
        ])
    func immutable(sql: String) throws {
        try store.save([row(isFinal: true)])
        #expect(throws: DatabaseError.self) { try store.pool.write { try $0.execute(sql: sql) } }
        #expect(try all == [row(isFinal: true)])
    }

    @Test("that are provisional may be deleted by hand")
    func provisional() throws {
        try store.save([row()])
        try store.pool.write { try $0.execute(sql: "DELETE FROM intervals") }
        #expect(try all == [])
    }

    @Test("are deleted after the time to keep them, if they ended by then; the others are then as protected as before")
    func retention() throws {
        let quarter: Int64 = 900_000_000
        try store.save((0..<4).map { row($0 * quarter, isFinal: true) })
        #expect(try store.forgetIntervals(before: 2 * quarter + 1) == 2)
        #expect(try all.map(\.start) == [2 * quarter, 3 * quarter])
        #expect(throws: DatabaseError.self) {
            try store.pool.write { try $0.execute(sql: "DELETE FROM intervals WHERE start = \(2 * quarter)") }
        }
        #expect(try store.forgetIntervals(before: 0) == 0)
    }

    @Test("are read by switch, kind, name and time, in order")
    func selected() throws {
        try store.save([row(2, "b"), row(1, "b"), row(1, "a"), row(1, "a", kind: "team"), row(3, "a")])
        #expect(try store.intervals(kind: "queue", in: 1..<3).map { "\($0.start)\($0.name)" } == ["1a", "1b", "2b"])
        #expect(
            try store.intervals(of: "roma", name: "a", in: 0..<9).map { "\($0.start)\($0.kind)" } == [
                "1queue", "1team", "3queue",
            ])
        #expect(try store.intervals(of: "other", in: 0..<9) == [])
    }
}
