import Testing

@testable import Store

@Suite("Reading the contact records of a time")
struct ReadTests {
    private let folder: TemporaryFolder
    private let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.database)
    }

    /// A ULID of that millisecond.
    private func id(_ milliseconds: Int64, _ random: String = "0000000000000000") -> String {
        Store.firstID(atMillisecond: milliseconds) + random
    }

    private func read(_ range: Range<Int64>, of name: String? = nil, batch: Int = 2) throws -> [[Int64]] {
        var batches: [[Int64]] = []
        try store.contacts(of: name, arrived: range, batchRows: batch) { rows in batches.append(rows.map(\.arrived)) }
        return batches
    }

    @Test("returns them in order of arrival, in batches, each once, whatever the order of saving")
    func order() throws {
        let times: [Int64] = [5000, 1000, 4000, 3000, 2000]
        try store.save(times.map { contact(id($0), at: $0 * 1000) })
        #expect(try read(0..<10_000_000) == [[1_000_000, 2_000_000], [3_000_000, 4_000_000], [5_000_000]])
        #expect(try read(0..<10_000_000, batch: 100).count == 1)
        #expect(try read(0..<10_000_000, of: "roma").flatMap { $0 }.count == 5)
        #expect(try read(0..<10_000_000, of: "milano") == [])
    }

    @Test("includes the first microsecond of the range, and excludes its end")
    func edges() throws {
        try store.save([
            contact(id(1, "A"), at: 1000), contact(id(1, "B"), at: 1999), contact(id(2), at: 2000),
            contact(id(3, "ZZZZ"), at: 3001),
        ])
        #expect(try read(1000..<2000, batch: 9) == [[1000, 1999]])
        #expect(try read(1001..<2001, batch: 9) == [[1999, 2000]])
        #expect(try read(2001..<3002, batch: 9) == [[3001]])
        #expect(try read(3002..<9000, batch: 9) == [])
    }

    @Test("knows the first id of a millisecond by the rules of ULIDs")
    func identifiers() {
        // github.com/ulid/spec: 01ARZ3NDEKTSV4RRFFQ69G5FAV is of 1469922850259.
        #expect(Store.firstID(atMillisecond: 1_469_922_850_259) == "01ARZ3NDEK")
        #expect(Store.firstID(atMillisecond: -5) == "0000000000")
        #expect(Store.firstID(atMillisecond: .max) == "7ZZZZZZZZZ")
    }

    @Test("returns the whole record")
    func whole() throws {
        let saved = contact(id(7), at: 7000, party: "K1", record: "{\"a\": 1}")
        try store.save([saved])
        var rows: [ContactRow] = []
        try store.contacts(arrived: 0..<8000) { rows += $0 }
        #expect(rows == [saved])
    }
}
