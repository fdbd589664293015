import Foundation
import GRDB
import Testing

@testable import Store

@Suite("Importing parties")
struct ImportTests {
    let folder: TemporaryFolder
    let store: Store
    let anna = entry("C-1", "Anna", ["+390612345678", "+393331234567"])
    let bruno = entry("C-2", "Bruno", [])

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.database)
    }

    @Test("twice duplicates nothing", arguments: [ImportPolicy.allOrNothing, .keepGoing])
    func repeated(policy: ImportPolicy) throws {
        #expect(try store.load([anna], [bruno], policy: policy) == ImportCounts(added: 2))
        #expect(try store.load([anna, bruno], policy: policy) == ImportCounts(unchanged: 2))
        #expect(try store.counts() == Store.Counts(parties: 2, numbers: 2, contacts: 0))
    }

    @Test("replaces the name and the numbers of a known key, and leaves the others alone")
    func update() throws {
        try store.load([anna, bruno])
        #expect(
            try store.load([entry("C-1", "Anna Rossi", ["+39055"]), bruno]) == ImportCounts(updated: 1, unchanged: 1))
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 1).partyCount == 0)
        #expect(try store.lookUp(e164: "+39055", historyLimit: 1).parties.map(\.name) == ["Anna Rossi"])
        #expect(try store.load([entry("C-1", "Anna Rossi", ["+39055", "+39056"])]) == ImportCounts(updated: 1))
    }

    @Test("leaves everything unchanged when the source gives up")
    func abandoned() throws {
        try store.load([anna])
        let counts = try store.load([entry("C-1", "Altra", [])], [bruno], then: .abandon)
        #expect(counts == ImportCounts(added: 1, updated: 1, isStored: false))
        #expect(try store.counts().parties == 1)
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 1).parties == [anna.party])
    }

    @Test("leaves everything unchanged when a row is refused")
    func refused() throws {
        #expect(throws: StoreError.self) { try store.load([anna], [entry("", "Nessuno", [])]) }
        #expect(try store.counts().parties == 0)
        #expect(try store.load([anna]) == ImportCounts(added: 1))
    }

    @Test("keeps the finished batches with the policy keepGoing")
    func keepGoing() throws {
        #expect(throws: StoreError.self) {
            try store.load([anna], [bruno, entry("", "Nessuno", [])], policy: .keepGoing)
        }
        #expect(try store.counts().parties == 1)
        #expect(try store.load([bruno], policy: .keepGoing, then: .abandon) == ImportCounts(added: 1))
    }

    @Test(
        "of a key in another Unicode form updates the same party; what is stored of it, contacts included, keeps its key",
        arguments: [true, false])
    func unicodeForms(composedFirst: Bool) throws {
        let forms = ["Citt\u{E0} \u{1E8}", "Citta\u{300} K\u{30C}"]
        let (first, second) = composedFirst ? (forms[0], forms[1]) : (forms[1], forms[0])
        #expect(try store.load([entry(first, "Mario", ["+390612345678"])]) == ImportCounts(added: 1))
        #expect(try store.load([entry(second, "Mario", ["+390612345678"])]) == ImportCounts(unchanged: 1))
        #expect(try store.load([entry(second, "Mario B", ["+390612345679"])]) == ImportCounts(updated: 1))
        #expect(try store.counts() == Store.Counts(parties: 1, numbers: 1, contacts: 0))
        // Keys that only look alike are different.
        #expect(try store.load([entry("Citta", "Anna", [])]) == ImportCounts(added: 1))
    }

    @Test("of a key that an earlier version stored decomposed finds its party")
    func decomposedStore() throws {
        try store.load([anna])
        try store.pool.write {
            try $0.execute(sql: "UPDATE party_rows SET key = ? WHERE key = 'C-1'", arguments: ["Citta\u{300}"])
        }
        #expect(try store.load([entry("Citt\u{E0}", "Anna Rossi", [])]) == ImportCounts(updated: 1))
        // By its bytes, which is how its contacts know it: to Swift the two forms are equal.
        let key = try store.pool.read { try Data.fetchOne($0, sql: "SELECT CAST(key AS BLOB) FROM parties") }
        #expect(key == Data("Citta\u{300}".utf8))
    }

    @Test("stops while there is room to take it back, and says how much is free and needed")
    func noRoom() throws {
        try store.load([anna])
        let free = [100, 64, 63].map { $0 * 1024 * 1024 }
        func run(_ policy: ImportPolicy, asked: inout Int, _ batches: Int) throws -> ImportCounts {
            var rest = (0..<batches).map { [entry("N-\($0)", "Nuovo", ["+3906555\($0)"])] }[...]
            var times = 0
            defer { asked = times }
            return try store.importParties(
                policy,
                freeBytes: { _ in
                    defer { times += 1 }
                    return free[min(times, 2)]
                }, next: { rest.popFirst().map(PartyBatch.parties) ?? .end })
        }
        var asked = 0
        let refused = StoreError.noRoomForImport(
            path: folder.database, neededBytes: 64 * 1024 * 1024, freeBytes: free[2])
        #expect(throws: refused) { try run(.allOrNothing, asked: &asked, 5) }
        #expect(asked == 3)
        #expect(try store.counts() == Store.Counts(parties: 1, numbers: 2, contacts: 0))
        let rows = try store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM party_rows") }
        #expect(rows == 1, "the draft was taken back")
        #expect(refused.description.contains("66 MB free") && refused.description.contains("68 MB"))
        // Its numbers are entered after its parties, and need room, too.
        #expect(throws: refused) { try run(.allOrNothing, asked: &asked, 2) }
        #expect(try store.counts().parties == 1)
        #expect(throws: refused) { try run(.keepGoing, asked: &asked, 5) }
        #expect(try store.counts().parties == 3)
        #expect(try store.importParties(.allOrNothing, freeBytes: { _ in nil }, next: { .end }) == ImportCounts())
    }

    @Test("reports its progress")
    func progress() throws {
        var totals: [Int] = []
        try store.load([anna, bruno], [anna], progress: { totals.append($0.total) })
        #expect(totals == [2, 3])
    }
}
