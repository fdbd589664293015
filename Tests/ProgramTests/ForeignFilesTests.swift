import Foundation
import Testing
import Waiting

/// What an attacker, or an operator in a hurry, may put into the journal's folder.
@Suite("A journal's folder with what does not belong there", .tags(.program), .waiting)
struct ForeignFilesTests {
    @Test(
        "counts nothing again that an old segment under a newer name has, and nothing begins again by it",
        arguments: [true, false])
    func oldSegment(checkpoint: Bool) throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        for call in 1...3 {
            try asterisk.send(NormalCall.numbered(call))
            try gateway.waitForCall(call)
            if call == 1 {
                try gateway.stopCleanly(contacts: 1)
                try gateway.start()
            }
        }
        try gateway.stopCleanly(contacts: 3)
        let oldest = try #require(try gateway.journalFiles(checkpoints: false).first)
        let stray = gateway.folder.path + "/journal/journal-9999999999999999.zst"
        try FileManager.default.copyItem(atPath: oldest, toPath: stray)
        if !checkpoint {
            for path in try gateway.journalFiles(checkpoints: true) { try FileManager.default.removeItem(atPath: path) }
        }
        try gateway.start()
        try gateway.program.errors.wait(for: "Known again")
        try gateway.program.errors.wait(for: "entries, the first in \(stray), are older than what stands before them")
        #expect(try gateway.queue("incentivi")["offered"] as? Int == 3)
        try gateway.stopCleanly(contacts: 3)
    }

    @Test(
        "does without a checkpoint that is a FIFO or cut off, which it names; a FIFO for a segment is refused by name")
    func fifo() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try gateway.stopCleanly(contacts: 1)
        var newest = try #require(try gateway.journalFiles(checkpoints: true).last)
        let whole = try Data(contentsOf: URL(fileURLWithPath: newest))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: newest))
        try gateway.start()
        #expect(try gateway.program.errors.wait(for: "\(newest) is not used").contains("is cut off"))
        #expect(try gateway.queue("incentivi")["offered"] as? Int == 1)
        try gateway.stopCleanly(contacts: 1)

        newest = try #require(try gateway.journalFiles(checkpoints: true).last)
        try FileManager.default.removeItem(atPath: newest)
        #expect(mkfifo(newest, 0o600) == 0)
        try gateway.start()
        #expect(try gateway.program.errors.wait(for: "\(newest) is not used").contains("is not a file"))
        #expect(try gateway.queue("incentivi")["offered"] as? Int == 1)
        try gateway.stopCleanly(contacts: 1)

        let segment = gateway.folder.path + "/journal/journal-9999999999999999.zst"
        #expect(mkfifo(segment, 0o600) == 0)
        let refused = try Program.run("run", "--config", gateway.configuration)
        #expect(refused.status == 1 && refused.errors.contains("\(segment) is not a file"), "\(refused.errors)")
    }
}
