import Foundation
import Testing
import Waiting

@Suite("A machine in a bad state", .tags(.program), .waiting)
struct BadWorldTests {
    @Test("with the port taken: names the program that has it and the remedy, status 1")
    func portTaken() throws {
        let (descriptor, port) = try Loopback.listen()
        defer { close(descriptor) }
        let folder = try TemporaryFolder()
        try folder.write("s", "x")
        let path = try folder.write(
            "centralino.toml",
            "[http]\nlisten = \"127.0.0.1:\(port)\"\n[desks]\nlisten = \"off\"\n[wallboards]\nlisten = \"off\"\n[[switches]]\nname = \"a\"\nhost = \"127.0.0.1\"\nport = 1\nusername = \"u\"\nsecret_file = \"s\"\n"
        )
        let ended = try Program.run("run", "--config", path)
        #expect(ended.status == 1)
        #expect(ended.errors.contains("Cannot listen on 127.0.0.1:\(port)"))
        #expect(
            ended.errors.contains("ss -ltnp 'sport = :\(port)'") && ended.errors.contains("choose another port"),
            "\(ended.errors)")
    }

    @Test("with the port taken: reports nothing of a switch to which it did not connect")
    func portTakenBesideSwitch() throws {
        let (descriptor, port) = try Loopback.listen()
        defer { close(descriptor) }
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, starts: false)
        let text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        try gateway.folder.write(
            "centralino.toml",
            text.replacing("[http]\nlisten = \"127.0.0.1:0\"", with: "[http]\nlisten = \"127.0.0.1:\(port)\""))
        let ended = try Program.run("run", "--config", gateway.configuration)
        #expect(ended.status == 1 && ended.errors.hasPrefix("Cannot listen on 127.0.0.1:\(port)"), "\(ended.errors)")
    }

    @Test("with the demo's port taken: names the remedy for the demo as well, and ends in an orderly way")
    func demoPortTaken() throws {
        let (descriptor, port) = try Loopback.listen()
        defer { close(descriptor) }
        let scenario = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appending(path: "Simulator/Scenarios/demo").path
        let ended = try Program.run(
            "demo", "--scenario", scenario, "--http-port", "\(port)", "--desks-port", "0", "--wallboards-port", "0")
        #expect(ended.status == 1, "\(ended.errors)")
        #expect(
            ended.errors.contains("Cannot listen on 127.0.0.1:\(port)") && ended.errors.contains("--http-port 8090"),
            "\(ended.errors)")
    }

    @Test("with another program's store: it is not touched, status 1")
    func foreignStore() throws {
        let gateway = try GatewayUnderTest(switchPort: 1, starts: false)
        let path = try gateway.folder.write(
            "centralino.sqlite", "Dear diary, this is no database at all. " + String(repeating: "x", count: 5000))
        let before = FileManager.default.contents(atPath: path)
        let ended = try Program.run("run", "--config", gateway.configuration)
        #expect(ended.status == 1)
        #expect(ended.errors.contains("is not an SQLite database"), "\(ended.errors)")
        #expect(FileManager.default.contents(atPath: path) == before)
    }

    @Test(
        "with 64 file descriptors: the switch keeps its own, clients beyond are refused and counted, and later ones are served"
    )
    func fewDescriptors() throws {
        let asterisk = try ScriptedSwitch()
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", starts: false)
        // Plus as many as the test's own process leaves open in its children.
        try gateway.start(shell: "ulimit -n $((60 + $(ls /proc/$$/fd | wc -l)))")
        try eventually("connected") { try gateway.link()["state"] as? String == "connected" }
        for port in [gateway.wallboards, gateway.http, gateway.desks] {
            do {
                let crowd = try (0..<100).map { _ in try LineSocket(port) }
                // A client that was disconnected sees the end of the stream.
                try eventually("most are let go") { crowd.count { $0.lines.isOver } >= 50 }
            }
            try eventually("others are served again") { (try? gateway.link()["state"] as? String) == "connected" }
        }
        try gateway.program.errors.wait(for: "No more than")
        try gateway.program.errors.wait(for: "rest of the file descriptors is kept for the switches")
        #expect(gateway.program.isRunning)
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try gateway.stopCleanly(contacts: 1)
    }

    @Test(
        "with 64 file descriptors: a desk with the right token is admitted and stays in any crowd; of the others the oldest is closed"
    )
    func fewDescriptorsForDesks() throws {
        let asterisk = try ScriptedSwitch()
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", starts: false)
        try gateway.start(shell: "ulimit -n $((60 + $(ls /proc/$$/fd | wc -l)))")
        var crowd: [LineSocket] = []
        for port in [gateway.desks, gateway.http, gateway.wallboards] {
            crowd += try (0..<60).map { _ in try LineSocket(port) }
            let desk = try gateway.desk("PJSIP/1001")
            try desk.lines.wait(for: "\"welcome\"")
            crowd += try (0..<60).map { _ in try LineSocket(port) }
            // The room is between 24 and 30, depending on what the program has open.
            try eventually("the crowd has half of the room at most") { crowd.count { !$0.lines.isOver } <= 16 }
            #expect(!desk.lines.isOver, "\(port)")
            let oldest = crowd.suffix(60).prefix(20)
            try eventually("of the last 60 the oldest went") { oldest.allSatisfy { $0.lines.isOver } }
        }
        try gateway.stopCleanly()
    }

    @Test("with a low soft limit of file descriptors and a high hard one: as many as the hard one allows may be open")
    func softLimit() throws {
        let gateway = try GatewayUnderTest(switchPort: 1, starts: false)
        try gateway.start(shell: "ulimit -Sn 64; ulimit -Hn 4096")
        let crowd = try (0..<150).map { _ in try LineSocket(gateway.desks) }
        let desk = try gateway.desk("PJSIP/1001")
        try desk.lines.wait(for: "\"welcome\"")
        #expect(crowd.allSatisfy { !$0.lines.isOver })
        #expect(!gateway.program.errors.text.contains("file descriptors"))
        try gateway.stopCleanly()
    }

    private static let calls = 21

    /// A limit on the size of files stands for the disk. It is full where SQLite's write-ahead log ends now: a fixed
    /// number of bytes was not reached where a slow machine stored all the calls in one transaction.
    private func limitFiles(of gateway: GatewayUnderTest, to bytes: String) throws {
        let limit = try Program(
            executable: "/usr/bin/prlimit", ["--pid", "\(gateway.program.identifier)", "--fsize=\(bytes):"])
        #expect(limit.status() == 0)
    }

    /// A gateway whose disk is full, and which has stored at least one call.
    private func gatewayOnFullDisk(_ asterisk: ScriptedSwitch) throws -> GatewayUnderTest {
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", starts: false)
        try gateway.start()
        try asterisk.send(NormalCall.bytes)
        try eventually("the first record is stored") { try gateway.stored().contacts == 1 }
        let log = gateway.folder.path + "/centralino.sqlite-wal"
        let size = try #require(FileManager.default.attributesOfItem(atPath: log)[.size] as? Int)
        try limitFiles(of: gateway, to: "\(size)")
        for number in 2...Self.calls { try asterisk.send(NormalCall.numbered(number)) }
        let line = try gateway.program.errors.wait(for: "ERROR store: ")
        #expect(line.contains("No space is left for the store") && line.contains("kept in memory"), "\(line)")
        try gateway.waitForCall(Self.calls)
        try eventually("no call is open") { try gateway.link()["openContacts"] as? Int == 0 }
        return gateway
    }

    @Test("with a full disk: it goes on; what was stored stays, and the rest is stored as soon as there is room")
    func fullDisk() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try gatewayOnFullDisk(asterisk)
        #expect(try (1..<Self.calls).contains(gateway.stored().contacts))
        try limitFiles(of: gateway, to: "unlimited")
        try gateway.program.errors.wait(for: "Records are being stored again")
        try gateway.stopCleanly(contacts: Self.calls)
    }

    @Test(
        "with a disk that stays full: reports at the end how many records are not stored, with status 1; the next start stores them"
    )
    func diskStaysFull() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try gatewayOnFullDisk(asterisk)
        #expect(gateway.program.stop() == 1)
        let line = try gateway.program.errors.wait(for: "could not be stored")
        let missing = try #require(Int(line.components(separatedBy: "ERROR store: ")[1].prefix { $0.isNumber }))
        let stored = try gateway.stored().contacts
        #expect(stored + missing == Self.calls)

        // With room again the store is sound, and the journal has what the store lacks.
        try gateway.start()
        try asterisk.send(NormalCall.numbered(99))
        try gateway.waitForCall(Self.calls + 1)
        try gateway.stopCleanly(contacts: Self.calls + 1)
    }
}
