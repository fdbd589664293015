import EventLoop
import Figures
import GRDB
import Store
import Telephony
import Testing
import Time
import Waiting

@testable import centralino

/// What must be stored while the database refuses it.
@Suite("Rows of quarter-hours that the store refuses for a while", .tags(.program), .waiting)
struct RecordWriterTests {
    @Test(
        "are stored by themselves when it accepts them again: none is lost, none is overtaken, and a newer version of a row comes last"
    )
    func order() async throws {
        let folder = try TemporaryFolder()
        let refusing = try RefusingStore(path: folder.path + "/centralino.sqlite")
        EventLoop.startOnBackgroundThread()
        let writer = await RecordWriter(refusing.store)
        try await refusing.refuses(writer)
        try refusing.accept()
        try eventually("they are stored") { try refusing.seen().count == 5 }
        try await refusing.takes(writer)
    }
}

@Suite("Gaps that the store refuses for a while", .tags(.program), .waiting)
struct RefusedGapTests {
    @Test("are stored when it accepts them again, the end after the beginning")
    func gaps() async throws {
        let folder = try TemporaryFolder()
        let refusing = try RefusingStore(path: folder.path + "/centralino.sqlite")
        EventLoop.startOnBackgroundThread()
        let writer = await RecordWriter(refusing.store)
        try await refusing.refusesGaps(writer)
        try refusing.accept()
        try eventually("it is stored, by itself") { try refusing.store.gaps(of: "roma", in: 0..<Int64.max).count == 1 }
        #expect(
            try refusing.store.gaps(of: "roma", in: 0..<Int64.max)
                == [GapRow(switch: "roma", from: 100_000_000, to: 160_000_000, cause: "linkLost")])
    }
}

/// A store, and another program's connection to the same file.
private struct RefusingStore: Sendable {
    let store: Store
    private let database: DatabaseQueue

    init(path: String) throws {
        store = try Store(path: path)
        // The writer notes from time to time that it is running.
        var configuration = Configuration()
        configuration.busyMode = .timeout(20)
        database = try DatabaseQueue(path: path, configuration: configuration)
        try database.write { db in
            try db.execute(sql: "CREATE TABLE seen (number INTEGER PRIMARY KEY, name TEXT, version INTEGER)")
            for change in ["INSERT", "UPDATE"] {
                try db.execute(
                    sql: """
                        CREATE TRIGGER seen_\(change) AFTER \(change) ON intervals
                        BEGIN INSERT INTO seen (name, version) VALUES (NEW.name, NEW.gap); END
                        """)
            }
        }
    }

    private let roma = SwitchID("roma")

    private func refuse(_ name: String) throws {
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER refusal BEFORE INSERT ON intervals WHEN NEW.name = '\(name)'
                    BEGIN SELECT RAISE(ABORT, 'refused'); END
                    """)
        }
    }

    private func refuseOpenGaps() throws {
        try database.write { db in
            try db.execute(
                sql:
                    "CREATE TRIGGER refusal BEFORE INSERT ON gaps WHEN NEW.ended IS NULL BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        }
    }

    func accept() throws { try database.write { try $0.execute(sql: "DROP TRIGGER refusal") } }

    func seen() throws -> [String] {
        try database.read { try Row.fetchAll($0, sql: "SELECT name, version FROM seen ORDER BY number") }.map {
            "\($0["name"]!)\($0["version"]!)"
        }
    }

    /// The version is encoded in the row's gap.
    private func row(_ name: String, _ version: Int64, isFinal: Bool = false) -> IntervalRow {
        var row = IntervalRow(kind: .queue, name: name, start: UnixTime(seconds: 1_772_438_400))
        row.gapMicroseconds = version
        row.provisional = !isFinal
        return row
    }

    @LoopActor
    func refuses(_ writer: RecordWriter) async throws {
        // Its transaction fails because of a single row, and what comes meanwhile waits behind it.
        try refuse("b")
        writer.save(row("b", 1), of: roma)
        writer.save(row("a", 1), of: roma)
        writer.save(row("b", 2), of: roma)
        await idle(writer)
        #expect(writer.unsaved == 3)
        writer.save(row("a", 2), of: roma)
        writer.save(row("c", 1, isFinal: true), of: roma)
        await idle(writer)
        #expect(writer.unsaved == 5)
        #expect(try seen() == [])
    }

    @LoopActor
    func refusesGaps(_ writer: RecordWriter) async throws {
        try refuseOpenGaps()
        var gap = Gap(from: UnixTime(seconds: 100), cause: .linkLost)
        writer.save(gap, of: roma)
        await idle(writer)
        #expect(writer.unsaved == 1)
        gap.to = UnixTime(seconds: 160)
        writer.save(gap, of: roma)
        await idle(writer)
        #expect(writer.unsaved == 2, "the end waits behind the beginning")
    }

    @LoopActor
    func takes(_ writer: RecordWriter) async throws {
        writer.save(row("b", 3, isFinal: true), of: roma)
        await idle(writer)
        #expect(writer.unsaved == 0)
        #expect(try seen() == ["b1", "a1", "b2", "a2", "c1", "b3"])
        let rows = try store.intervals(in: 0..<Int64.max)
        #expect(rows.map { "\($0.name)\($0.gap)" } == ["a2", "b3", "c1"])
        #expect(rows.map(\.isFinal) == [false, true, true])
    }

    /// Waits until nothing is on its way.
    @LoopActor
    private func idle(_ writer: RecordWriter) async {
        await withCheckedContinuation { waiter in
            writer.onIdle = { [unowned writer] in
                writer.onIdle = nil
                waiter.resume()
            }
        }
    }
}
