import Foundation
import GRDB
import Testing

@testable import Store

@Suite("Forgetting a person in the store")
struct ForgettingTests {
    let folder: TemporaryFolder
    let store: Store
    private static let day: Int64 = 86_400_000_000
    private static let now: Int64 = 1_796_000_000_000_000
    private static let anna = PersonSubject(
        numbers: ["+390612345678"], digits: ["0612345678", "390612345678", "00390612345678"], partyKeys: ["C-1"])

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.database)
    }

    /// A record that arrived so many days ago; `id`: one digit.
    private static func record(
        _ id: String, daysAgo: Int64, e164: String? = "+390612345678", raw: String? = "0612345678",
        party: String? = "C-1", keys: [String] = ["C-1"], direction: String = "inbound", legs: String = ""
    ) -> ContactRow {
        let arrived = now - daysAgo * day
        let ulid = Store.firstID(atMillisecond: arrived / 1000) + "000000000000000\(id)"
        let caller = [
            e164.map { #""e164":"\#($0)""# }, raw.map { #""raw":"\#($0)""# }, #""kind":"fixed""#, #""name":"Anna""#,
        ]
        let list = keys.map { "\"\($0)\"" }.joined(separator: ",")
        return ContactRow(
            id: ulid, switch: "roma", arrived: arrived, ended: arrived + 60_000_000, queue: "info", agent: "Bea",
            outcome: "answered", e164: e164, partyKey: party,
            record: """
                {"id":"\(ulid)","called":"\(direction == "inbound" ? "0690001" : raw ?? "")","direction":"\(direction)",\
                "caller":{\(caller.compactMap { $0 }.joined(separator: ","))},"partyKeys":[\(list)],"talkSeconds":0.611536,\
                "waitSeconds":7.009494,"visits":[{"queue":"info","waitSeconds":7.009494}],"legs":[{"agent":"Bea","talkSeconds":0.1}\(legs)],"flags":[]}
                """)
    }

    private struct Kept {
        var row: ContactRow
        var forgotten: Int64?
    }

    private func rows() throws -> [Kept] {
        try store.reading { db in
            try Row.fetchAll(db, sql: "SELECT * FROM contacts ORDER BY id").map {
                Kept(row: ContactRow($0), forgotten: $0["forgotten"])
            }
        }
    }

    private func numbers() throws -> [String?] { try rows().map(\.row.e164) }

    private func record(_ kept: Kept) throws -> NSDictionary {
        try #require(JSONSerialization.jsonObject(with: Data(kept.row.record.utf8)) as? NSDictionary)
    }

    /// Everything in the file and beside it.
    private func bytes() throws -> Data {
        try ["", "-wal"].reduce(into: Data()) { data, suffix in
            data += (try? Data(contentsOf: URL(filePath: folder.database + suffix))) ?? Data()
        }
    }

    @Test("takes number, name and party out of old records; every figure stays as it was")
    func retention() throws {
        let old = Self.record("1", daysAgo: 800)
        let young = Self.record("2", daysAgo: 10)
        try store.save([old, young, Self.record("3", daysAgo: 801, direction: "outbound")])
        let before = Self.now - 730 * Self.day
        #expect(try store.forgetPersons(before: before, at: Self.now) == 2)
        let after = try rows()
        #expect(after.count == 3)
        #expect(after[2].row.record == young.record)
        #expect(after[2].forgotten == nil)
        for row in after.prefix(2) {
            #expect(row.row.e164 == nil)
            #expect(row.row.partyKey == nil)
            #expect(row.forgotten == Self.now)
            let record = try record(row)
            #expect(record["caller"] as? NSDictionary == ["kind": "erased"])
            #expect(record["partyKeys"] as? NSArray == [])
            #expect(record["talkSeconds"] as? Double == 0.611536)
            // To the last digit, as it was written.
            #expect(row.row.record.contains(#""waitSeconds":7.009494"#))
            #expect([row.row.agent, row.row.queue, row.row.outcome] == ["Bea", "info", "answered"])
        }
        // The service's number stays, the customer's goes.
        #expect(try record(after[1])["called"] as? String == "0690001")
        #expect(try record(after[0])["called"] == nil)
        #expect(try store.forgotten() == [.init(at: Self.now, what: .records, before: before, rows: 2)])
        #expect(try store.forgetPersons(before: before, at: Self.now) == 0)
    }

    @Test("holds against a replay that stores an old record again, known or not")
    func replay() async throws {
        let old = Self.record("1", daysAgo: 800)
        try store.save([old])
        _ = try store.forgetPersons(before: Self.now - 730 * Self.day, at: Self.now)
        try await store.saved([old, Self.record("2", daysAgo: 790), Self.record("3", daysAgo: 700)]).get()
        #expect(try numbers() == [nil, nil, "+390612345678"])
    }

    @Test("goes on, part by part, where an earlier run was ended")
    func interrupted() throws {
        try store.save(
            (0..<500).map { index in
                let row = Self.record("1", daysAgo: 900)
                return ContactRow(
                    id: String(row.id.dropLast(6)) + "\(100_000 + index)", switch: row.switch, arrived: row.arrived,
                    outcome: row.outcome, e164: row.e164, partyKey: row.partyKey, record: row.record)
            })
        var parts = 0
        let before = Self.now - 730 * Self.day
        let first = try store.forgetPersons(before: before, at: Self.now) {
            parts += 1
            return parts <= 1
        }
        #expect(first == Store.Limits.recordsPerForgetting)
        #expect(try store.forgotten() == [])
        #expect(try store.forgetPersons(before: before, at: Self.now) == 500 - first)
        #expect(try numbers().allSatisfy { $0 == nil })
    }

    @Test("deletes rows of quarter-hours that are older, final ones included, and no other")
    func intervals() throws {
        let quarter: Int64 = 900_000_000
        let before = Self.now - 100 * Self.day
        try store.save(
            [before - 40 * Self.day, before - 3 * Self.day, before - quarter, before - quarter + 1, before].map {
                StoredInterval(
                    switch: "roma", kind: "queue", name: "info", start: $0, length: quarter, isFinal: true, row: "{}")
            })
        #expect(try store.forgetIntervals(before: before, at: Self.now) == 3)
        #expect(try store.intervals(in: 0..<Int64.max).map(\.start) == [before - quarter + 1, before])
        #expect(try store.forgotten().map(\.rows) == [3])
    }

    @Test("by number and party finds the person in every form, and erases it without a trace in the file")
    func person() async throws {
        try store.load([entry("C-1", "Anna Tracciabile", ["+390612345678"]), entry("C-2", "Bea", ["+390699999999"])])
        // An earlier edition.
        try store.load([entry("C-1", "Anna Tracciabile-Rossi", ["+390612345678"])])
        let forwarded =
            #",{"agent":"0612345678","interface":"Local/0612345678@out","isExternal":true,"talkSeconds":2.5}"#
        let kept = Self.record("7", daysAgo: 1, e164: "+3906123456789", raw: "06123456789", party: nil, keys: [])
        try store.save([
            Self.record("1", daysAgo: 1),
            Self.record("2", daysAgo: 1, e164: nil, raw: "0039 0612345678", party: nil, keys: []),
            Self.record("3", daysAgo: 1, e164: "+390699999999", raw: nil, party: nil, keys: ["C-1", "C-2"]),
            Self.record("4", daysAgo: 1, e164: "+390699999999", raw: nil, party: "C-2", keys: ["C-2"], legs: forwarded),
            Self.record("5", daysAgo: 1, party: nil, keys: [], direction: "outbound"),
            kept,
        ])
        var found: [String] = []
        try store.records(of: Self.anna) { found += $0.map { String($0.id.suffix(1)) } }
        #expect(found == ["1", "2", "3", "4", "5"])
        #expect(try store.parties(of: Self.anna).map(\.party.name) == ["Anna Tracciabile-Rossi"])

        let until = Self.now + 4_000 * Self.day
        let counts = try store.erase(Self.anna, at: Self.now, until: until)
        #expect(counts == ErasureCounts(partyRows: 1, records: 5))
        let after = try rows()
        #expect(after.count == 6)
        let expected: [String?] = [nil, nil, "+390699999999", "+390699999999", nil, "+3906123456789"]
        #expect(try numbers() == expected)
        #expect(after[5].row.record == kept.record)
        #expect(after[5].forgotten == nil)
        #expect(try record(after[2])["partyKeys"] as? NSArray == ["C-2"])
        let legs = try #require(try record(after[3])["legs"] as? [NSDictionary])
        #expect(legs.map { $0["agent"] as? String } == ["Bea", "(erased)"])
        #expect(legs[1]["talkSeconds"] as? Double == 2.5)
        #expect(try store.parties(of: Self.anna) == [])
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 5).partyCount == 0)
        #expect(try store.lookUp(e164: "+390699999999", historyLimit: 5).parties.map(\.key) == ["C-2"])
        #expect(try store.forgotten().map(\.what) == [.erasure])
        #expect(try store.integrityCheck() == [])
        #expect(try bytes().range(of: Data("Tracciabile".utf8)) == nil)
    }

    @Test("holds against the gateway, which stores a call from before again; a later call is a new one")
    func erasedStays() async throws {
        _ = try store.erase(Self.anna, at: Self.now, until: Int64.max)
        let later = Self.record("2", daysAgo: -1)
        try await store.saved([Self.record("1", daysAgo: 1), later]).get()
        #expect(try numbers() == [nil, "+390612345678"])
        #expect(try rows()[1].row.record == later.record)
        // The list of who was erased ends by itself.
        try store.forgetErasures(at: Int64.max)
        #expect(try store.reading { try Int.fetchOne($0, sql: "SELECT count(*) FROM erasures") } == 0)
    }

    @Test("makes nothing of a record that is not ours but a record without a person")
    func unreadable() throws {
        var strange = Self.record("1", daysAgo: 1)
        strange.record = "Anna, 0612345678"
        try store.save([strange])
        #expect(try store.erase(Self.anna, at: Self.now, until: Self.now).records == 1)
        #expect(try rows().map(\.row.record) == ["{}"])
    }
}
