import Foundation
import GRDB
import Testing

@testable import Store

/// `Stores/` has stores that earlier versions of the program wrote.
@Suite("A store of an earlier version")
struct OlderStoreTests {
    let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.database
        let sql = try String(
            contentsOfFile: #filePath.replacingOccurrences(of: "OlderStoreTests.swift", with: "Stores/schema-4.sql"),
            encoding: .utf8)
        let old = try DatabaseQueue(path: path)
        try old.inDatabase { try $0.execute(sql: sql) }
        try old.close()
    }

    private static func all(_ table: String, of path: String) throws -> [Row] {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration).read {
            try Row.fetchAll($0, sql: "SELECT * FROM \(table) ORDER BY 1")
        }
    }

    private func copies() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains(".before-") }
    }

    @Test("is converted with all that it has, and what it was before lies beside it, for its owner only")
    func converted() throws {
        let tables = ["contacts", "party_rows", "party_numbers", "gaps", "intervals", "registry"]
        let before = try tables.map { try Self.all($0, of: path) }
        let store = try Store(path: path, for: .gateway)
        let conversion = try #require(store.conversion)
        #expect(conversion.from == 4 && conversion.to >= 6)
        #expect(conversion.copy.hasPrefix("\(path).before-\(conversion.to)-20"))
        #expect("\(conversion)".contains("cp -p \(conversion.copy) \(path)"))
        #expect(try copies().map { "\(folder.path)/\($0)" } == [conversion.copy])
        let mode = try FileManager.default.attributesOfItem(atPath: conversion.copy)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        // The copy is a whole store of the older version.
        for (table, rows) in zip(tables, before) { #expect(try Self.all(table, of: conversion.copy) == rows) }
        #expect(try Self.all("grdb_migrations", of: conversion.copy).count == 4)
        #expect(try store.integrityCheck() == [])
        #expect(try store.counts() == Store.Counts(parties: 3, numbers: 4, contacts: 5))
        let found = try store.lookUp(e164: "+390612345678", historyLimit: 5)
        #expect(found.parties.map(\.name) == ["Anna Bianchi", "Bea Nicolò"])
        #expect(try store.lookUp(e164: "+393471234567", historyLimit: 5).history.count == 2)
        #expect(try store.intervals(in: 0..<Int64.max).map(\.offered) == [3])
        try store.close()
        let again = try Store(path: path, for: .gateway)
        #expect(again.conversion == nil)
        #expect(try copies().count == 1)
    }

    @Test("of three changes ago is converted as well")
    func schema3() throws {
        let path = folder.path + "/three.sqlite"
        let old = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(old, upTo: "3 intervals")
        try old.write { db in
            try db.execute(
                sql: """
                    INSERT INTO parties (id, key, kind, name, is_shared) VALUES (7, 'C-1', 'person', 'Anna', 0);
                    INSERT INTO party_numbers (e164, party) VALUES ('+390612345678', 7);
                    INSERT INTO contacts VALUES ('a', 'roma', 1, 2, 'info', '1001', 'answered', '+390612345678', 'C-1', '{}');
                    """)
        }
        try old.close()
        let store = try Store(path: path)
        #expect(store.conversion?.from == 3)
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 5).history.map(\.partyKey) == ["C-1"])
        #expect(try Self.all("parties", of: #require(store.conversion?.copy)).count == 1)
    }

    @Test("is left as it is by a program that only reads, which says what to do")
    func reader() throws {
        let before = try Data(contentsOf: URL(filePath: path))
        let error = #expect(throws: StoreError.self) { try Store(path: path, for: .reader) }
        guard case .schemaTooOld(path, let changes, nil) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(changes.contains("6 forgotten persons"))
        #expect("\(try #require(error))".contains("Start this version's gateway once"))
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        #expect(try copies() == [])
        // Of this version it may be read beside a gateway.
        let store = try Store(path: path, for: .gateway)
        #expect(try Store(path: path, for: .reader).counts().contacts == 5)
        try store.close()
    }

    @Test("is not converted under a running gateway, which may be of that version")
    func underGateway() throws {
        let lock = try StoreLock(path, for: .gateway)
        let error = #expect(throws: StoreError.self) { try Store(path: path, for: .tool) }
        guard case .schemaTooOld(path, _, getpid()) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect("\(try #require(error))".contains("Restart that gateway with this version first"))
        #expect(try copies() == [])
        #expect(try Self.all("grdb_migrations", of: path).count == 4)
        lock.release()
        #expect(try Store(path: path, for: .tool).conversion != nil)
    }

    @Test("is not converted where the copy cannot be made")
    func noCopy() throws {
        // A folder in the place of each copy of the next minute.
        let base = Date()
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
        let to = try #require(StoreConversion.Need(applied: ["4 editions of the registry"])).to
        for second in 0..<60 {
            let name = "\(path).before-\(to)-\(format.string(from: base + TimeInterval(second)))"
            try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: false)
        }
        #expect(throws: StoreError.self) { try Store(path: path, for: .gateway) }
        #expect(try Self.all("grdb_migrations", of: path).count == 4)
    }

    @Test("says how much room the copy needs")
    func room() {
        let error = StoreError.noRoomForCopy(path: "s", copy: "s.before", neededBytes: 12_000_000, freeBytes: 3_000_000)
        #expect("\(error)".contains("s.before needs 13 MB, and 3 MB are free"))
        #expect(!error.isTransient)
    }
}
