import GRDB
import Synchronization
import Testing

@testable import Store

@Suite("Looking up a number")
struct LookUpTests {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.database)
    }

    @Test("finds the party with every detail")
    func details() async throws {
        let party = PartyRow(
            key: "C-1", kind: .company, name: "D'Amico & Figli, S.r.l.", town: "Forlì", language: "it",
            note: "chiamare\ndopo le 10",
            isShared: false)
        try store.load([PartyEntry(party: party, numbers: ["+390543123456", "+393331234567"])])
        let expected = Store.Lookup(parties: [party], partyCount: 1, isShared: false, history: [])
        #expect(try store.lookUp(e164: "+390543123456", historyLimit: 5) == expected)
        let answer = await withCheckedContinuation { continuation in
            store.lookUp(e164: "+393331234567", historyLimit: 5) { continuation.resume(returning: $0) }
        }
        #expect(answer == .success(expected))
    }

    @Test(
        "never matches a part of another number",
        arguments: [
            "+39612345678", "0612345678", "12345678", "+3906123456789", "+39061234567", "+390612345678 ", "%",
            "+39061234567_", "",
        ])
    func exact(e164: String) throws {
        try store.load([entry("C-1", "Anna", ["+390612345678"]), entry("C-2", "Bruno", ["+3905212345678"])])
        try store.save([contact("a"), contact("b", e164: "+3905212345678")])
        #expect(
            try store.lookUp(e164: e164, historyLimit: 5)
                == Store.Lookup(parties: [], partyCount: 0, isShared: false, history: []))
    }

    @Test("returns the history with the most recent first, up to the limit")
    func history() throws {
        try store.save((0..<20).map { contact("c\($0)", at: Int64(($0 * 7) % 20)) })
        try store.save([contact("other", at: 100, e164: "+390687654321"), contact("withheld", at: 100, e164: nil)])
        #expect(
            try store.lookUp(e164: "+390612345678", historyLimit: 5).history.map(\.arrived) == [19, 18, 17, 16, 15])
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 0).history == [])
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: -1).history == [])
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: .max).history.count == 20)
    }

    @Test("includes in the history, once, what the only party said from another number")
    func historyOfParty() throws {
        try store.load([entry("C-1", "Anna", ["+390612345678", "+393331234567"])])
        try store.save([
            contact("a", at: 1, party: "C-1"), contact("b", at: 2, e164: "+393331234567", party: "C-1"),
            contact("c", at: 3, e164: "+39055", party: "C-2"),
        ])
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 5).history.map(\.id) == ["b", "a"])
    }

    @Test("does not reveal to one party what another one said who shares the number")
    func historyIsPrivate() throws {
        try store.load([
            entry("C-1", "Anna", ["+390612345678", "+393331234567"]), entry("C-2", "Bruno", ["+390612345678"]),
        ])
        try store.load([entry("S", "Centralino", ["+39055", "+39056"], shared: true)])
        try store.save([contact("a", e164: "+393331234567", party: "C-1"), contact("s", e164: "+39056", party: "S")])
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 5).history == [])
        #expect(try store.lookUp(e164: "+39055", historyLimit: 5).history == [])
    }

    @Test("lists eleven of many parties, the last caller first, and counts them all")
    func many() throws {
        try store.load((10..<40).map { entry("C-\($0)", "Nome \($0)", ["+390612345678"]) })
        try store.save([
            contact("a", at: 1, e164: "+39055", party: "C-30"), contact("b", at: 2, e164: "+39055", party: "C-35"),
        ])
        let lookup = try store.lookUp(e164: "+390612345678", historyLimit: 5)
        #expect(lookup.partyCount == 30)
        #expect(!lookup.isShared)
        #expect(lookup.parties.map(\.key) == ["C-35", "C-30"] + (10..<19).map { "C-\($0)" })
    }

    @Test("reports a switchboard even when it is not among the first eleven")
    func shared() throws {
        try store.load((10..<40).map { entry("C-\($0)", "Nome \($0)", ["+390612345678"], shared: $0 == 39) })
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 5).isShared)
    }

    @Test("counts a party once that has both forms of one line")
    func twoForms() throws {
        try store.load([entry("C-1", "Marino", ["+390549882123", "+3780549882123"])])
        try store.save([contact("a", at: 1, e164: "+390549882123"), contact("b", at: 2, e164: "+3780549882123")])
        let lookup = try store.lookUp(e164: "+390549882123", or: "+3780549882123", historyLimit: 5)
        #expect(lookup.partyCount == 1)
        #expect(lookup.parties.map(\.key) == ["C-1"])
        #expect(lookup.history.map(\.id) == ["b", "a"])
    }

    @Test("walks indexes, whatever the size of the tables")
    func indexes() async throws {
        let statements = Mutex<[String]>([])
        try await store.pool.read { db in
            db.trace { event in
                if case .statement(let statement) = event { statements.withLock { $0.append(statement.expandedSQL) } }
            }
        }
        _ = try store.lookUp(e164: "+390612345678", or: "+39055", historyLimit: 5)
        let seen = statements.withLock { $0.filter { $0.hasPrefix("SELECT") } }
        #expect(seen.count == 3)
        let plan = try await store.pool.read { db in
            try seen.flatMap { try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + $0) }.map { $0["detail"] as String }
        }
        // A scan is allowed over the few rows of a subquery, never over a table.
        for table in ["party_rows", "party_numbers", "contacts"] { #expect(!plan.contains("SCAN \(table)"), "\(plan)") }
    }
}
