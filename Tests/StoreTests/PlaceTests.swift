import Foundation
import GRDB
import Testing

@testable import Store

@Suite("A store's file")
struct PlaceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("is complete in itself once it is closed")
    func closed() async throws {
        let store = try Store(path: folder.database)
        try await store.saved([contact("a")]).get()
        try store.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["centralino.sqlite"])
    }

    @Test("belongs to one gateway until that one closes it; readers and imports may use it meanwhile")
    func lock() throws {
        let first = try Store(path: folder.database, forGateway: true)
        #expect(throws: StoreError.inUse(path: folder.database, process: getpid(), by: .gateway)) {
            try Store(path: folder.database, forGateway: true)
        }
        let link = folder.path + "/link.sqlite"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.database)
        #expect(throws: StoreError.inUse(path: link, process: getpid(), by: .gateway)) {
            try Store(path: link, forGateway: true)
        }
        #expect(try Store(path: folder.database).counts().contacts == 0)
        try first.close()
        _ = try Store(path: folder.database, forGateway: true)
    }

    @Test(
        "is not locked for its owner by root, who imported or started first", .enabled(if: geteuid() == 0),
        arguments: ["-gateway", "-import"])
    func lockOfRoot(suffix: String) throws {
        try Store(path: folder.database).close()
        #expect(chown(folder.database, 1, 1) == 0)
        let store = try Store(path: folder.database, forGateway: true)
        _ = try store.load([])
        try store.close()
        var status = stat()
        #expect(stat(folder.database + suffix, &status) == 0)
        #expect(status.st_uid == 1 && status.st_gid == 1 && status.st_mode & 0o777 == 0o600)
    }

    @Test(
        "is its folder's owner's, and so is the copy before a conversion, where root made it",
        .enabled(if: geteuid() == 0))
    func madeByRoot() throws {
        #expect(chown(folder.path, 1, 1) == 0)
        try Store(path: folder.database).close()
        try Store.copy(folder.database, to: folder.path + "/copy.sqlite")
        for name in ["/centralino.sqlite", "/copy.sqlite"] {
            var status = stat()
            #expect(stat(folder.path + name, &status) == 0)
            #expect(status.st_uid == 1 && status.st_gid == 1 && status.st_mode & 0o777 == 0o600, "\(name)")
        }
    }

    @Test("is not written to when it is gone or replaced", arguments: ["", "-wal", "-shm"], [true, false])
    func gone(suffix: String, isReplaced: Bool) async throws {
        let store = try Store(path: folder.database)
        try await store.saved([contact("a")]).get()
        let path = folder.database + suffix
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        if isReplaced { try Data("x".utf8).write(to: URL(fileURLWithPath: path)) }
        let saved = await store.saved([contact("b")])
        let (gap, alive) = await withCheckedContinuation { continuation in
            store.save([GapRow(switch: "roma", from: 1, to: 2, cause: "linkLost")]) { gap in
                store.noteAlive(at: 1) { continuation.resume(returning: (gap, $0)) }
            }
        }
        for result in [saved, gap, alive] { #expect(throws: StoreError.fileGone(path: path)) { try result.get() } }
        // The same file is back.
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
        try await store.saved([contact("b")]).get()
        #expect(try store.counts().contacts == 2)
    }

    @Test("can be copied out of the open store after it was deleted")
    func rescue() async throws {
        let store = try Store(path: folder.database)
        try await store.saved([contact("a"), contact("b")]).get()
        for suffix in ["", "-wal", "-shm"] { try FileManager.default.removeItem(atPath: folder.database + suffix) }
        let path = try await withCheckedContinuation { continuation in
            store.rescue { continuation.resume(returning: $0) }
        }.get()
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try Store(path: path).counts().contacts == 2)
    }
}
