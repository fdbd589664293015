import Foundation
import GRDB
import Testing
import Waiting

@Suite("What the program keeps", .tags(.program), .waiting)
struct KeptTests {
    private func wait(_ gateway: GatewayUnderTest, _ words: String) throws -> String {
        let line = gateway.program.errors.first(patience: 60) { $0.contains(words) ? $0 : nil }
        return try #require(line, "within a minute nobody said “\(words)”:\n\(gateway.program.errors.text)")
    }

    @Test("is complete in the store's file alone once the program has stopped")
    func oneFile() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try gateway.stopCleanly()
        let copy = gateway.folder.path + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: gateway.folder.path + "/centralino.sqlite", toPath: copy)
        let count = try DatabaseQueue(path: copy).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM contacts") }
        #expect(count == 1)
    }

    @Test(
        "belongs to one gateway: a second one is refused with the reason, and harms nothing; after a kill the next may start"
    )
    func oneGateway() throws {
        let gateway = try GatewayUnderTest(switchPort: 1, journal: false)
        let second = try Program.run("run", "--config", gateway.configuration)
        #expect(second.status == 1)
        #expect(
            second.errors.contains("Another gateway (process \(gateway.program.identifier)) works with the store"),
            "\(second.errors)")
        #expect(second.errors.contains("[store] path"))
        // An import is still possible.
        try gateway.importParties("key,kind,name,phone1\nC-1,person,Anna,0612345678\n")
        kill(gateway.program.identifier, SIGKILL)
        _ = gateway.program.status()
        try gateway.start()
        try gateway.stopCleanly(contacts: 0)
    }

    @Test("in a journal belongs to one gateway as well")
    func oneJournal() throws {
        let gateway = try GatewayUnderTest(switchPort: 1)
        let text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        let other = try gateway.folder.write(
            "other.toml", text.replacingOccurrences(of: "centralino.sqlite", with: "other.sqlite"))
        let second = try Program.run("run", "--config", other)
        #expect(second.status == 1 && second.errors.contains("is being written by another process"), "\(second.errors)")
        try gateway.stopCleanly()
    }

    @Test("survives the end of the terminal: SIGHUP reads the configuration again, which has not changed")
    func hangUp() throws {
        let gateway = try GatewayUnderTest(switchPort: 1)
        kill(gateway.program.identifier, SIGHUP)
        #expect(try gateway.program.errors.wait(for: "Read again").contains("nothing to take over has changed"))
        #expect(try LineSocket.request(gateway.http, "GET /v1/status HTTP/1.1").status == 200)
        try gateway.stopCleanly()
    }

    @Test(
        "is not written to a deleted store: that is reported, its contents are copied, later records are stored at the next start"
    )
    func deletedStore() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send(NormalCall.bytes)
        try eventually("it is stored") { try gateway.stored().contacts == 1 }
        for suffix in ["", "-wal", "-shm"] {
            try FileManager.default.removeItem(atPath: gateway.folder.path + "/centralino.sqlite" + suffix)
        }
        #expect(try wait(gateway, "was deleted, moved or replaced").contains("restart the gateway"))
        let rescued = try wait(gateway, "All that was stored until then is in ")
        let path = try #require(
            rescued.components(separatedBy: "is in ").last?.components(separatedBy: ". To go on").first)
        #expect(try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM contacts") } == 1)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try eventually("the operator sees it") {
            let metrics = try LineSocket.request(gateway.http, "GET /metrics HTTP/1.1").body
            return (try gateway.status()["faults"] as? [String])?.first?.contains("was deleted") == true
                && metrics.contains("\ncentralino_store_failing 1\n")
        }
        try asterisk.send(NormalCall.numbered(2))
        try gateway.waitForCall(2)
        #expect(gateway.program.stop() == 1, "a record could not be stored")
        #expect(gateway.program.errors.untilEnd().contains("the next start finds them in the journal"))
        try FileManager.default.moveItem(atPath: path, toPath: gateway.folder.path + "/centralino.sqlite")
        try gateway.start()
        try eventually("both are stored") { try gateway.stored().contacts == 2 }
        try gateway.stopCleanly(contacts: 2)
    }

    @Test(
        "in the journal is missed when a segment is deleted while it is written, and a start knows everything nevertheless"
    )
    func deletedSegment() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try eventually("it is stored") { try gateway.stored().contacts == 1 }
        let folder = gateway.folder.path + "/journal"
        func files(_ suffix: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(suffix) }.sorted()
        }
        let segments = try files(".zst").filter { !$0.hasSuffix("checkpoint.zst") }
        for name in segments { try FileManager.default.removeItem(atPath: folder + "/" + name) }
        #expect(try wait(gateway, "while it was being written").contains("Calls go on."))
        try asterisk.send(NormalCall.numbered(2))
        try gateway.waitForCall(2)
        try eventually("a checkpoint stands beside the new segment") {
            let newest = try files(".zst").last { !$0.hasSuffix("checkpoint.zst") }
            return try newest.map {
                try files(".checkpoint.zst").contains($0.replacingOccurrences(of: ".zst", with: ".checkpoint.zst"))
            }
                ?? false
        }
        // The checkpoint itself is watched as well.
        let checkpoint = try #require(try files(".checkpoint.zst").last)
        try FileManager.default.removeItem(atPath: folder + "/" + checkpoint)
        _ = try wait(gateway, "\(checkpoint) was deleted")
        try asterisk.send(NormalCall.numbered(3))
        try gateway.waitForCall(3)
        try eventually("another checkpoint, beside a segment that has what it is of") {
            guard let newest = try files(".checkpoint.zst").last, newest > checkpoint else { return false }
            let segment = folder + "/" + newest.replacingOccurrences(of: ".checkpoint", with: "")
            // The segment itself is written a moment later, off the loop.
            let attributes = try? FileManager.default.attributesOfItem(atPath: segment)
            return attributes?[.size] as? Int ?? 0 > 0
        }
        try eventually("the operator sees it") {
            try LineSocket.request(gateway.http, "GET /metrics HTTP/1.1").body.contains(
                "\ncentralino_journal_gone_files_total 2\n")
        }
        kill(gateway.program.identifier, SIGKILL)
        _ = gateway.program.status()
        try gateway.start()
        _ = try gateway.program.errors.wait(for: "Known again")
        #expect(try gateway.queue("incentivi")["offered"] as? Int == 3)
        try gateway.stopCleanly(contacts: 3)
    }

    @Test("in the journal is replayed from a checkpoint after the configured number of inputs, however short the time")
    func boundedReplay() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(
            switchPort: asterisk.port, login: "plain",
            more: "[journal]\ndirectory = \"journal\"\nsegment_entries = 10\ncommit_delay_ms = 1",
            journal: false)
        // In small pieces, each an input of its own.
        let calls = 12
        for number in 1...calls {
            let bytes = NormalCall.numbered(number)
            for start in stride(from: 0, to: bytes.count, by: 256) {
                try asterisk.send(bytes[start..<min(bytes.count, start + 256)])
            }
            try gateway.waitForCall(number)
        }
        try eventually("all is stored") { try gateway.stored().contacts == calls }
        kill(gateway.program.identifier, SIGKILL)
        _ = gateway.program.status()
        try gateway.start()
        let line = try gateway.program.errors.wait(for: "Known again")
        let entries = try #require(line.firstMatch(of: /, ([0-9]+) entries in/).flatMap { Int($0.1) })
        #expect(line.contains("from the checkpoint of") && entries <= 30, "\(line)")
        #expect(try gateway.queue("incentivi")["offered"] as? Int == calls)
        let files = try FileManager.default.contentsOfDirectory(atPath: gateway.folder.path + "/journal")
        #expect(files.count { $0.hasSuffix(".zst") && !$0.contains("checkpoint") } > 4, "\(files)")
        #expect(files.count { $0.hasSuffix(".checkpoint.zst") } <= 6, "those that nobody needs are thinned out")
        try gateway.stopCleanly(contacts: calls)
    }
}
