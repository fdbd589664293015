import Foundation
import GRDB
import Records
import Testing
import Waiting

/// The end of the program, orderly or not, and what the next start makes of the journal.
@Suite("A gateway that is started again", .tags(.program), .waiting)
struct RecoveryTests {
    /// A conversation is under way when the program ends; afterwards the switch still has it.
    @Test(
        "continues a conversation that outlives it: one record, counted once, with the gap in it",
        arguments: [SIGINT, SIGKILL])
    func outlivedCall(signal: Int32) throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send(NormalCall.untilAnswered)
        try eventually("somebody talks") { try gateway.queue("incentivi")["talking"] as? Int == 1 }
        // What the kernel does not have yet, 50 ms at most, is lost with the program.
        try eventually("the journal has it") { try Self.journal(gateway).contains("BridgeEnter") }
        asterisk.has(NormalCall.whileTalking)
        kill(gateway.program.identifier, signal)
        #expect(gateway.program.status() == (signal == SIGKILL ? 128 + SIGKILL : 0))
        #expect(try gateway.stored().contacts == 0, "it is not over")

        try gateway.start()
        #expect(try gateway.program.errors.wait(for: "Known again").contains("1 calls were open"))
        try gateway.program.errors.wait(for: "Connected, inventory complete.")
        #expect(try gateway.queue("incentivi")["talking"] as? Int == 1)
        try asterisk.send(NormalCall.fromHangup)
        try eventually("it is over") { try gateway.stored().contacts == 1 }
        #expect(try gateway.queue("incentivi")["offered"] as? Int == 1)
        #expect(try gateway.queue("incentivi")["answered"] as? Int == 1)

        let record = try #require(try gateway.records().first)
        #expect(record.outcome == "answered" && record.endedBy == "caller")
        #expect(record.flags == [])
        #expect(record.gaps?.map(\.cause) == ["notRunning"] && record.gaps?.first?.to != nil, "\(record)")
        #expect(record.visits.count == 1 && record.legs.count == 1)
        try gateway.stopCleanly(contacts: 1)
    }

    @Test(
        "knows the same from a checkpoint, from an older one, and from the whole journal: a damaged one is skipped, and reported"
    )
    func checkpoints() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        for start in 1...3 {
            for call in 0..<3 { try asterisk.send(NormalCall.numbered(start * 10 + call)) }
            try gateway.waitForCall(start * 3)
            try gateway.stopCleanly(contacts: start * 3)
            try gateway.start()
        }
        func known() throws -> [String: Any] {
            try gateway.program.errors.wait(for: "Connected, inventory complete.")
            return try gateway.queue("incentivi").filter {
                ["offered", "answered", "waiting", "serviceLevel"].contains($0.key)
            }
        }
        func said(_ keep: (Int, String) throws -> Void) throws -> String {
            try gateway.stopCleanly()
            let all = try gateway.journalFiles(checkpoints: true)
            #expect(all.count >= 3)
            for (index, path) in all.reversed().enumerated() { try keep(index, path) }
            try gateway.start()
            return try gateway.program.errors.wait(for: "Known again")
        }
        let expected = NSDictionary(dictionary: try known())
        #expect(expected["offered"] as? Int == 9)
        #expect(try said { _, _ in }.contains("from the checkpoint of"))
        #expect(try NSDictionary(dictionary: known()) == expected)
        #expect(
            try said { index, path in
                if index == 0 { try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path)) }
            }.contains("from the checkpoint of"))
        #expect(gateway.program.errors.text.contains("is not used"))
        #expect(try NSDictionary(dictionary: known()) == expected)
        #expect(
            try said { _, path in try FileManager.default.removeItem(atPath: path) }.contains(
                "from the journal's beginning"))
        #expect(try NSDictionary(dictionary: known()) == expected)
        try gateway.stopCleanly(contacts: 9)
    }

    @Test(
        "after an orderly stop reads a checkpoint of the end, and next to nothing of the journal",
        arguments: [SIGINT, SIGTERM])
    func orderedStop(signal: Int32) throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        for call in 0..<20 { try asterisk.send(NormalCall.numbered(call)) }
        try gateway.waitForCall(20)
        try eventually("all calls are stored") { try gateway.stored().contacts == 20 }
        kill(gateway.program.identifier, signal)
        #expect(gateway.program.status() == 0)
        #expect(try gateway.stored().contacts == 20)
        try gateway.start()
        let line = try gateway.program.errors.wait(for: "Known again")
        #expect(line.contains("from the checkpoint of"), "\(line)")
        let words = line.components(separatedBy: " ")
        let entries = try #require(words.firstIndex(of: "entries").flatMap { Int(words[$0 - 1]) }, "\(line)")
        // The stop request, what the switch sent until the link was closed, and the link's end; 20 calls are
        // hundreds.
        #expect((1...10).contains(entries), "\(line)")
        #expect(try gateway.queue("incentivi")["offered"] as? Int == 20)
        try gateway.stopCleanly(contacts: 20)
    }

    /// By the README's instructions for restoring a backup.
    @Test("with an older copy of its store, and without checkpoints, stores again what the journal has")
    func restoredStore() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        let (store, copy) = (gateway.folder.path + "/centralino.sqlite", gateway.folder.path + "/copy.sqlite")
        try asterisk.send(NormalCall.numbered(1))
        try gateway.waitForCall(1)
        try gateway.stopCleanly(contacts: 1)
        try FileManager.default.copyItem(atPath: store, toPath: copy)
        try gateway.start()
        for call in 2...3 { try asterisk.send(NormalCall.numbered(call)) }
        try gateway.waitForCall(3)
        try gateway.stopCleanly(contacts: 3)

        for file in [store, store + "-wal", store + "-shm"] { try? FileManager.default.removeItem(atPath: file) }
        try FileManager.default.copyItem(atPath: copy, toPath: store)
        #expect(try gateway.stored().contacts == 1)
        for path in try gateway.journalFiles(checkpoints: true) { try FileManager.default.removeItem(atPath: path) }
        try gateway.start()
        #expect(try gateway.program.errors.wait(for: "Known again").contains("from the journal's beginning"))
        try eventually("what it lacked is stored") { try gateway.stored().contacts == 3 }
        try gateway.stopCleanly(contacts: 3)
    }

    @Test("drops a switch that is no longer configured, and reports it; the others' figures stay")
    func anotherConfiguration() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let more =
            "[[switches]]\nname = \"altra\"\nhost = \"127.0.0.1\"\nport = \(try Loopback.freePort())\nusername = \"cti\"\nsecret_file = \"ami.secret\"\n"
        let before = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", more: more)
        try asterisk.send(NormalCall.bytes)
        try before.waitForCall()
        try before.stopCleanly(contacts: 1)
        let gateway = try GatewayUnderTest(folder: before.folder, switchPort: asterisk.port, login: "plain")
        try gateway.program.errors.wait(for: "altra: Is no longer configured")
        #expect(try gateway.queue("incentivi")["offered"] as? Int == 1)
        #expect((try gateway.status()["switches"] as? [Any])?.count == 1)
        try gateway.stopCleanly(contacts: 1)
    }

    @Test(
        "begins again, and reports it, where the journal's beginning is missing; and after the third attempt at the whole journal that ended at one entry"
    )
    func nothingToGoOnFrom() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try gateway.stopCleanly(contacts: 1)
        // Starts that somebody ended, at any entry, say nothing against the journal.
        try gateway.folder.write("journal/recovery.attempts", "0 7\n0 9\n0 7")
        try gateway.start()
        try gateway.program.errors.wait(for: "Known again")
        #expect(try gateway.queue("incentivi")["offered"] as? Int == 1)
        try gateway.stopCleanly(contacts: 1)
        try gateway.folder.write("journal/recovery.attempts", "2 7\n2 7\n2 7")
        try gateway.start()
        try gateway.program.errors.wait(for: "3 attempts to replay the journal ended at its entry 7")
        #expect(try gateway.queue("incentivi").isEmpty)
        try gateway.stopCleanly(contacts: 1)
        // That start is a beginning as well, and what came before it is not counted again.
        try gateway.start()
        try gateway.program.errors.wait(for: "Known again")
        #expect(try gateway.queue("incentivi").isEmpty)
        try gateway.stopCleanly(contacts: 1)
    }

    @Test(
        "takes a step back after three attempts that ended at one place: to an older checkpoint, then to the whole journal; the day is not lost",
        arguments: [
            ("0 7\n0 7\n0 7", "an older checkpoint", "from the checkpoint of"),
            ("0 resumed\n0 resumed\n0 resumed", "an older checkpoint", "from the checkpoint of"),
            ("1 7\n1 7\n1 7", "no checkpoint", "from the journal's beginning"),
            ("1 7", nil, "from the checkpoint of"), ("7\n7\n7", nil, "from the checkpoint of"),
        ] as [(String, String?, String)])
    func stepBack(attempts: String, step: String?, from: String) throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        for call in 1...2 {
            try asterisk.send(NormalCall.numbered(call))
            try gateway.waitForCall(call)
            try gateway.stopCleanly(contacts: call)
            if call == 1 { try gateway.start() }
        }
        let file = try gateway.folder.write("journal/recovery.attempts", attempts)
        try gateway.start()
        #expect(try gateway.program.errors.wait(for: "Known again").contains(from))
        #expect(gateway.program.errors.text.contains("3 attempts") == (step != nil))
        if let step { try gateway.program.errors.wait(for: "This start takes \(step)") }
        #expect(try gateway.queue("incentivi")["offered"] as? Int == 2)
        #expect(!FileManager.default.fileExists(atPath: file), "it went on: the attempt is over")
        try gateway.stopCleanly(contacts: 2)
    }

    @Test("that cannot listen says nothing against its journal: no attempt is counted")
    func portTaken() throws {
        let gateway = try GatewayUnderTest(switchPort: 1)
        try gateway.stopCleanly()
        let other = try GatewayUnderTest(switchPort: 1, journal: false)
        let text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        let taken = text.replacingOccurrences(
            of: "[http]\nlisten = \"127.0.0.1:0\"", with: "[http]\nlisten = \"127.0.0.1:\(other.http)\"")
        #expect(taken != text)
        try taken.write(toFile: gateway.configuration, atomically: true, encoding: .utf8)
        let refused = try Program.run("run", "--config", gateway.configuration)
        #expect(refused.status == 1 && refused.errors.contains("Known again"), "\(refused.errors)")
        let attempts = gateway.folder.path + "/journal/recovery.attempts"
        #expect(!FileManager.default.fileExists(atPath: attempts))
        try other.stopCleanly()
    }

    // MARK: reading

    /// The output of `zstdcat`.
    static func journal(_ gateway: GatewayUnderTest) throws -> String {
        let cat = try Program(
            executable: "/bin/sh",
            ["-c", "zstdcat \(gateway.folder.path)/journal/journal-????????????????.zst 2>/dev/null; true"])
        return cat.output.untilEnd()
    }
}
