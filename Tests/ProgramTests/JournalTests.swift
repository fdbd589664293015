import Foundation
import Testing
import Waiting

@Suite("The program's journal", .tags(.program), .waiting)
struct ProgramJournalTests {
    private func verify(_ gateway: GatewayUnderTest, _ arguments: String...) throws -> (
        status: Int32, output: String, errors: String
    ) {
        let program = try Program(
            executable: Program.executable, ["journal", "verify", gateway.folder.path + "/journal"] + arguments)
        let output = program.output.untilEnd()
        let errors = program.errors.untilEnd()
        return (program.status(), output, errors)
    }

    /// One call through a gateway, from its start to its end.
    private func oneCall(_ gateway: GatewayUnderTest, _ asterisk: ScriptedSwitch) throws {
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try gateway.stopCleanly(contacts: 1)
    }

    private func segments(_ gateway: GatewayUnderTest) throws -> [String] {
        let folder = gateway.folder.path + "/journal"
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
    }

    @Test("is intact at the end, can be anchored, and shows what was changed afterwards")
    func wholeCall() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try oneCall(gateway, asterisk)
        let ended = try verify(gateway, "--json")
        #expect(ended.status == 0 && ended.errors == "", "\(ended.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any])
        // An orderly stop begins a segment, so that a checkpoint stands beside it.
        #expect(report["whole"] as? Bool == true && report["segments"] as? Int == 2)
        #expect(report["firstLink"] as? String == String(repeating: "0", count: 64))
        let digest = try #require(report["lastDigest"] as? String)
        let anchored = try verify(gateway, "--anchor", digest)
        #expect(anchored.status == 0 && anchored.errors.contains("nothing before it was changed"))
        #expect(anchored.output.contains("last digest \(digest)"))
        let other = try verify(gateway, "--anchor", String(repeating: "a", count: 64))
        #expect(other.status == 1 && other.errors.contains("is not in this journal"))
        #expect(try verify(gateway, "--anchor", "abc").status == 64)

        let segment = try #require(try segments(gateway).first)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: segment))
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: segment))
        let broken = try verify(gateway)
        #expect(broken.status == 1 && broken.errors.contains("\(segment): "), "\(broken.errors)")
        #expect(!broken.errors.contains("The chain is intact."))
    }

    @Test("goes on after kill -9 in the middle of a block, which is reported")
    func torn() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        // The next start finds what is in the kernel. The torn block is written by hand, since no kill hits that
        // moment.
        kill(gateway.program.identifier, SIGKILL)
        _ = gateway.program.status()
        let segment = try #require(try segments(gateway).last)
        let handle = try #require(FileHandle(forWritingAtPath: segment))
        let whole = try handle.seekToEnd()
        try handle.write(contentsOf: Data([0x28, 0xB5, 0x2F, 0xFD, 0x64, 1, 2, 3]))
        try handle.close()
        let unfinished = try verify(gateway)
        #expect(
            unfinished.status == 0 && unfinished.errors.contains("8 bytes at the end are an unfinished block"),
            "\(unfinished.errors)")
        try gateway.start()
        try gateway.program.errors.wait(for: "the last 8 bytes, from byte \(whole) on, are no whole block")
        try gateway.stopCleanly()
        let ended = try verify(gateway)
        #expect(
            ended.status == 0 && ended.output.hasPrefix("3 segments") && ended.errors.contains("The chain is intact."),
            "\(ended.errors)")
    }

    @Test("on a file system that is really full stops no call, reports the loss, and itself records what it lacks")
    func fullFileSystem() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", starts: false)
        let folder = gateway.folder.path + "/journal"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let mount = try Program(executable: "/bin/mount", ["-t", "tmpfs", "-o", "size=1m", "centralino-test", folder])
        guard mount.status() == 0 else {
            print(
                "SKIPPED: a file system of 1 MB can be mounted only by root with CAP_SYS_ADMIN: \(mount.errors.untilEnd())"
            )
            return
        }
        defer { _ = try? Program(executable: "/bin/umount", ["-l", folder]).status() }
        try gateway.start()
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        let ballast = try Program(executable: "/bin/dd", ["if=/dev/zero", "of=\(folder)/ballast", "bs=4096"])
        #expect(ballast.status() == 1, "the disk should be full now")
        for number in 2...30 { try asterisk.send(NormalCall.numbered(number)) }
        let line = try gateway.program.errors.wait(for: "ERROR journal: ")
        #expect(line.contains("Free some space") && line.contains("Calls go on"), "\(line)")
        try gateway.waitForCall(30)
        try FileManager.default.removeItem(atPath: folder + "/ballast")
        try gateway.program.errors.wait(for: "The journal is being written again")
        try asterisk.send(NormalCall.numbered(31))
        try gateway.waitForCall(31)
        try gateway.stopCleanly(contacts: 31)
        let ended = try verify(gateway, "--json")
        #expect(ended.status == 0, "\(ended.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any])
        #expect(report["lostCount"] as? Int == 1 && report["lostEntries"] as? Int ?? 0 > 0, "\(ended.output)")
    }

    @Test("reports an empty journal, with status 1")
    func nothing() throws {
        let folder = try TemporaryFolder()
        let empty = try Program.run("journal", "verify", folder.path)
        #expect(empty.status == 1 && empty.errors.contains("no journal here"))
        let missing = try Program.run("journal", "verify", folder.path + "/none")
        #expect(missing.status == 1 && missing.errors.contains("cannot be read"))
    }
}
