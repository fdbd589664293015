import Foundation
import GRDB
import Testing

@testable import Store

@Suite("A long import")
struct EditionTests {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.database)
    }

    private static func parties(_ keys: Range<Int>, _ name: String, number: Int = 0) -> [PartyEntry] {
        keys.map { entry("C-\($0)", "\(name) \($0)", ["+3906\(10_000_000 + number + $0)"]) }
    }

    private static func name(_ store: Store, _ number: String) throws -> [String] {
        try store.lookUp(e164: number, historyLimit: 1).parties.map(\.name)
    }

    /// Imports the batches, and runs `meanwhile` before each of them and before the end.
    private func load(_ batches: [[PartyEntry]], policy: ImportPolicy = .allOrNothing, meanwhile: () throws -> Void)
        throws -> ImportCounts
    {
        var rest = batches[...]
        return try store.importParties(policy) {
            do { try meanwhile() } catch { Issue.record(error) }
            return rest.popFirst().map(PartyBatch.parties) ?? .end
        }
    }

    /// What a kill at this moment would leave behind.
    private func killed() throws -> Store {
        let copy = folder.path + "/killed-\(UUID().uuidString).sqlite"
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: folder.database + suffix, toPath: copy + suffix)
        }
        return try Store(path: copy)
    }

    /// The numbers of a party's row and those of the index are the same, and nothing is left that nobody sees.
    private static func check(_ store: Store) throws {
        let (entered, told, hidden) = try store.pool.read { db in
            (
                try String.fetchAll(db, sql: "SELECT e164 || ' ' || party FROM party_numbers ORDER BY e164, party"),
                try String.fetchAll(
                    db,
                    sql: """
                        SELECT value || ' ' || parties.id FROM parties, json_each(parties.numbers) ORDER BY value, parties.id
                        """),
                try Int.fetchOne(db, sql: "SELECT count(*) FROM party_rows WHERE id NOT IN (SELECT id FROM parties)")
            )
        }
        #expect(entered == told)
        #expect(hidden == 0)
        #expect(try store.integrityCheck() == [])
    }

    @Test("becomes visible as a whole, at its end")
    func atOnce() throws {
        try store.load(Self.parties(0..<10, "Anna"))
        var seen: [[String]] = []
        let batches = [Self.parties(0..<5, "Bea"), Self.parties(5..<20, "Bea")]
        let counts = try load(batches) {
            seen.append(
                try Self.name(store, "+390610000003") + Self.name(store, "+390610000015") + ["\(store.counts())"])
        }
        #expect(seen.count == 3)
        #expect(Set(seen) == [["Anna 3", "\(Store.Counts(parties: 10, numbers: 10, contacts: 0))"]])
        #expect(counts == ImportCounts(added: 10, updated: 10))
        #expect(try Self.name(store, "+390610000003") == ["Bea 3"])
        #expect(try store.counts() == Store.Counts(parties: 20, numbers: 20, contacts: 0))
        try Self.check(store)
    }

    @Test("with keepGoing becomes visible batch by batch")
    func inBatches() throws {
        var seen: [Int] = []
        _ = try load([Self.parties(0..<5, "Bea"), Self.parties(3..<20, "Ciro")], policy: .keepGoing) {
            seen.append(try store.counts().parties)
        }
        #expect(seen == [0, 5, 20])
        try Self.check(store)
    }

    @Test("lets others write between its batches", arguments: [ImportPolicy.allOrNothing, .keepGoing])
    func lock(policy: ImportPolicy) throws {
        let gateway = try Store(path: folder.database, forGateway: true, busySeconds: 0)
        var saved = 0
        _ = try load((0..<4).map { Self.parties($0 * 10..<$0 * 10 + 10, "Anna") }, policy: policy) {
            try gateway.save([contact("c\(saved)")])
            saved += 1
        }
        #expect(try store.counts() == Store.Counts(parties: 40, numbers: 40, contacts: 5))
    }

    @Test("keeps nobody waiting who stores records meanwhile")
    func beside() async throws {
        let gateway = try Store(path: folder.database, forGateway: true, busySeconds: 10)
        let batches = (0..<8).map { Self.parties($0 * 5000..<$0 * 5000 + 5000, "Anna") }
        // A batch comes only after another record was stored: an import that kept the lock would wait for ever.
        let stored = DispatchSemaphore(value: 0)
        let importing = Task.detached { [store] in
            var rest = batches[...]
            return try store.importParties {
                stored.wait()
                return rest.popFirst().map(PartyBatch.parties) ?? .end
            }
        }
        var saved = 0
        var counts: ImportCounts?
        while counts == nil {
            try await gateway.saved([contact("c\(saved)")]).get()
            saved += 1
            stored.signal()
            if try gateway.counts().parties > 0 { counts = try await importing.value }
        }
        #expect(counts == ImportCounts(added: 40_000))
        #expect(try store.counts() == Store.Counts(parties: 40_000, numbers: 40_000, contacts: saved))
        #expect(saved > batches.count)
    }

    @Test("that is killed leaves nothing, and the next one succeeds", arguments: [0, 1, 2, 3])
    func killed(before batch: Int) throws {
        let old = Self.parties(0..<10, "Anna")
        try store.load(old)
        let batches = [
            Self.parties(0..<4, "Bea"), Self.parties(4..<12, "Bea", number: 500), Self.parties(2..<3, "Ciro"),
        ]
        var copy: Store?
        var index = 0
        _ = try load(batches) {
            if index == batch { copy = try killed() }
            index += 1
        }
        let left = try #require(copy)
        #expect(try left.counts() == Store.Counts(parties: 10, numbers: 10, contacts: 0))
        #expect(try left.lookUp(e164: "+390610000003", historyLimit: 1).parties == [old[3].party])
        #expect(try Self.name(left, "+390610000505") == [])
        #expect(try left.load(old) == ImportCounts(unchanged: 10))
        try Self.check(left)
        #expect(try left.load(batches[0], batches[1]) == ImportCounts(added: 2, updated: 10))
        try Self.check(left)
        #expect(try store.counts().parties == 12)
        try Self.check(store)
    }

    @Test("that is killed while its numbers are entered, or after it was published, leaves nothing or everything")
    func killedAtTheEnd() throws {
        try store.load(Self.parties(0..<10, "Anna"))
        func draft(_ body: (RegistryDraft) throws -> Void) throws {
            try store.pool.write { try body(RegistryDraft($0)) }
        }
        try draft { draft in
            var counts = ImportCounts()
            try draft.write(Self.parties(5..<15, "Bea", number: 500), &counts)
        }
        try draft { try $0.enterNumbers() }
        #expect(try store.counts() == Store.Counts(parties: 10, numbers: 10, contacts: 0))
        #expect(try Self.name(store, "+390610000507") == [] && Self.name(store, "+390610000007") == ["Anna 7"])
        try draft { try $0.publish() }
        #expect(try store.counts() == Store.Counts(parties: 15, numbers: 15, contacts: 0))
        #expect(try Self.name(store, "+390610000507") == ["Bea 7"] && Self.name(store, "+390610000007") == [])
        #expect(try store.load([]) == ImportCounts())
        try Self.check(store)
        #expect(try store.counts() == Store.Counts(parties: 15, numbers: 15, contacts: 0))
    }

    @Test("leaves acknowledged writes as durable as before")
    func durable() throws {
        func synchronous() throws -> Int? {
            try store.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        }
        var seen: [Int?] = []
        // The second batch is refused.
        #expect(throws: StoreError.self) {
            try load([Self.parties(0..<3, "Anna"), [entry("", "Nessuno", [])]]) { seen.append(try synchronous()) }
        }
        #expect(try seen == [2, 2] && synchronous() == 2)
    }

    @Test("is one at a time")
    func turns() throws {
        let other = try Store(path: folder.database, busySeconds: 0.01)
        _ = try load([Self.parties(0..<3, "Anna")]) {
            #expect(throws: StoreError.inUse(path: folder.database, process: getpid(), by: .import)) {
                try other.load(Self.parties(0..<3, "Bea"))
            }
        }
        #expect(try other.load(Self.parties(0..<3, "Bea")) == ImportCounts(updated: 3))
    }

    @Test("comes to the same as writing each party by itself", arguments: 1...20)
    func random(seed: UInt64) throws {
        var chance = Chance(state: seed)
        var expected: [String: PartyEntry] = [:]
        for _ in 0..<12 {
            let policy = [ImportPolicy.allOrNothing, .keepGoing][chance.below(2)]
            let isAbandoned = policy == .allOrNothing && chance.below(4) == 0
            var counts = ImportCounts(isStored: !isAbandoned)
            var after = expected
            let batches = (0..<chance.below(4)).map { _ in
                (0..<chance.below(6)).map { _ in
                    let numbers = Set((0..<chance.below(3)).map { _ in "+3906123\(chance.below(9))" })
                    var new = entry(
                        "C-\(chance.below(6))", "N\(chance.below(3))", numbers, shared: chance.below(4) == 0)
                    if chance.below(3) == 0 { new.told.remove([.numbers, .isShared][chance.below(2)]) }
                    let known = after[new.party.key]
                    var whole = new
                    if let known, !new.told.contains(.numbers) { whole.numbers = known.numbers }
                    if let known, !new.told.contains(.isShared) { whole.party.isShared = known.party.isShared }
                    whole.told = Set(PartyEntry.Detail.allCases)
                    switch known {
                    case nil: counts.added += 1
                    case whole: counts.unchanged += 1
                    default: counts.updated += 1
                    }
                    after[new.party.key] = whole
                    return new
                }
            }
            var rest = batches[...]
            let found = try store.importParties(policy) {
                rest.popFirst().map(PartyBatch.parties) ?? (isAbandoned ? .abandon : .end)
            }
            #expect(found == counts)
            if !isAbandoned { expected = after }
            for number in (0..<9).map({ "+3906123\($0)" }) {
                let parties = try store.lookUp(e164: number, historyLimit: 1).parties
                let wanted = expected.values.filter { $0.numbers.contains(number) }.map(\.party)
                #expect(Set(parties) == Set(wanted))
            }
            try Self.check(store)
        }
    }

    @Test("finds what earlier versions stored")
    func migration() throws {
        let path = folder.path + "/old.sqlite"
        let old = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(old, upTo: "3 intervals")
        try old.write { db in
            try db.execute(
                sql: """
                    INSERT INTO parties (id, key, kind, name, town, language, note, is_shared)
                    VALUES (7, 'C-1', 'company', 'Anna', 'Roma', 'it', 'Nota', 1), (9, 'C-2', 'person', 'Bea', NULL, NULL, NULL, 0);
                    INSERT INTO party_numbers (e164, party) VALUES ('+39062', 7), ('+39061', 7), ('+39061', 9);
                    """)
        }
        try old.close()
        let store = try Store(path: path)
        try Self.check(store)
        let anna = PartyRow(
            key: "C-1", kind: .company, name: "Anna", town: "Roma", language: "it", note: "Nota", isShared: true)
        let lookup = try store.lookUp(e164: "+39061", historyLimit: 1)
        #expect(lookup.parties == [anna, PartyRow(key: "C-2", kind: .person, name: "Bea")] && lookup.isShared)
        #expect(
            try store.load([PartyEntry(party: anna, numbers: ["+39061", "+39062"]), entry("C-2", "Bea", ["+39061"])])
                == ImportCounts(unchanged: 2))
    }
}

/// A generator of its own (splitmix64), so that a seed means the same everywhere.
private struct Chance {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ (value >> 31)) % UInt64(bound))
    }
}
