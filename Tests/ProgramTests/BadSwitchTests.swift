import Foundation
import Testing
import Waiting

@Suite("A switch that misbehaves", .tags(.program), .waiting)
struct BadSwitchTests {
    @Test("whose name does not resolve is named, and looked up again")
    func wrongName() throws {
        let gateway = try GatewayUnderTest(switchPort: 5038, host: "nowhere.invalid")
        let line = try gateway.program.errors.wait(for: "nowhere.invalid")
        #expect(
            line.contains("WARNING prova: ")
                && (line.contains("No host is named") || line.contains("could not be resolved")), "\(line)")
        try gateway.stopCleanly(contacts: 0)
    }

    @Test("that is not running is reported with address and remedy")
    func refusedPort() throws {
        let port = try Loopback.freePort()
        let gateway = try GatewayUnderTest(switchPort: port)
        let line = try gateway.program.errors.wait(for: "127.0.0.1:\(port)")
        #expect(line.contains("ECONNREFUSED") && line.contains("check the port and that the service runs"), "\(line)")
        #expect(try gateway.link()["state"] as? String != "connected")
        try gateway.stopCleanly(contacts: 0)
    }

    @Test("that refuses the login is reported with the file to check")
    func refusedLogin() throws {
        let simulated = try Program("simulate", Repository.trace("caller_hangup-a"), "--port", "0")
        let line = try simulated.errors.wait(for: "Playing ")
        let port = try #require(Int(line.components(separatedBy: "127.0.0.1:")[1].prefix { $0.isNumber }))
        let gateway = try GatewayUnderTest(switchPort: port, secret: "wrong-secret")
        let error = try gateway.program.errors.wait(for: "refused the login")
        #expect(
            error.contains("ERROR prova: ") && error.contains("“cti”") && error.contains("manager.conf"), "\(error)")
        #expect(!gateway.program.errors.text.contains("wrong-secret"))
        try eventually("the status says so") { try gateway.link()["state"] as? String == "refused" }
        try gateway.stopCleanly(contacts: 0)
        #expect(simulated.stop() == 0)
    }

    @Test("that is another service's port is reported with the beginning of its greeting")
    func notAMI() throws {
        let ssh = try ScriptedSwitch { _ in "SSH-2.0-OpenSSH_9.2p1\r\n" }
        defer { ssh.stop() }
        let gateway = try GatewayUnderTest(switchPort: ssh.port)
        let line = try gateway.program.errors.wait(for: "does not speak AMI")
        #expect(line.contains("“SSH-2.0-OpenSSH_9.2p1”") && line.contains("manager.conf"), "\(line)")
        try gateway.stopCleanly(contacts: 0)
    }

    @Test("that sends half a line and then nothing is disconnected and tried again; the next call is counted")
    func halfALine() throws {
        let asterisk = try ScriptedSwitch { $0 == 1 ? "Asterisk Call Mana" : "Asterisk Call Manager/11.0.0\r\n" }
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        let line = try gateway.program.errors.wait(for: "Connected, but no")
        #expect(line.contains("in 10 s") && line.contains("manager.conf"), "\(line)")
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try gateway.stopCleanly(contacts: 1)
    }

    /// What precedes a normal call, and how much of it counts as malformed.
    struct Nonsense: CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var malformed: Int
    }

    @Test(
        "that sends nonsense stays connected: the next call is counted",
        arguments: [
            Nonsense(
                testDescription: "a line of 10 MB",
                bytes: Array("Event: ".utf8) + [UInt8](repeating: 0x78, count: 10_000_000) + "\r\n\r\n".utf8,
                malformed: 1),
            Nonsense(
                testDescription: "a message without a colon",
                bytes: Array("Event: Newchannel\r\nthis is no header\r\nUniqueid: 1\r\n\r\n".utf8), malformed: 1),
            Nonsense(
                testDescription: "a message that breaks off, and the next",
                bytes: Array("Event: Newchannel\r\nChan\r\n\r\n".utf8),
                malformed: 1),
            Nonsense(
                testDescription: "invalid UTF-8 in a name",
                bytes: Array("Event: QueueMemberStatus\r\nQueue: \u{1B}[2J".utf8) + [0xFF, 0xC3, 0x28, 0x80]
                    + Array("\r\nMemberName: ".utf8) + [0xC0, 0xAF, 0xED, 0xA0, 0x80]
                    + Array("\r\nInterface: PJSIP/1\r\nStateInterface: PJSIP/1\r\nStatus: 1\r\nPaused: 0\r\n\r\n".utf8),
                malformed: 0),
        ])
    func nonsense(_ nonsense: Nonsense) throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send(nonsense.bytes)
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        let link = try gateway.link()
        #expect(link["malformed"] as? Int == nonsense.malformed)
        #expect(link["state"] as? String == "connected", "\(link)")
        try gateway.stopCleanly(contacts: 1)
    }

    @Test("that cannot write UTF-8 stays connected: the caller's record exists, in UTF-8")
    func invalidUTF8InTheCall() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        let wallboard = try LineSocket(gateway.wallboards)
        var bytes = NormalCall.bytes
        // The caller's name, “Perché Città”, as a switch with Latin-1 would write it.
        while let name = bytes.firstRange(of: Array("Perché Città".utf8)) {
            bytes.replaceSubrange(name, with: Array("Perch".utf8) + [0xE9, 0x20, 0xFF])
        }
        #expect(bytes.contains(0xFF))
        try asterisk.send(bytes)
        try wallboard.lines.wait(for: "\"name\":\"incentivi\"")
        try gateway.waitForCall()
        try gateway.stopCleanly(contacts: 1)
    }

    @Test("that breaks the connection is connected again")
    func reconnection() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send("")
        asterisk.hangUp()
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try gateway.stopCleanly(contacts: 1)
    }
}
