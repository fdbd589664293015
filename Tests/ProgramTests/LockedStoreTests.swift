import Foundation
import GRDB
import Testing
import Waiting

@Suite("A store that another process holds locked", .tags(.program), .waiting)
struct LockedStoreTests {
    /// The other process; the lock is released with the object.
    private static func lock(_ gateway: GatewayUnderTest) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(20)
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: gateway.folder.path + "/centralino.sqlite", configuration: configuration)
        try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        return other
    }

    @Test("does not keep the program from ending: it reports what is lost, with status 1", arguments: [0, 1])
    func end(calls: Int) throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", journal: false)
        try eventually("connected") { try gateway.link()["state"] as? String == "connected" }
        let other = try Self.lock(gateway)
        if calls > 0 {
            try asterisk.send(NormalCall.bytes)
            try gateway.waitForCall(calls)
        }
        // The test's patience is the 30 s in which a single write would wait.
        #expect(gateway.program.stop() == 1, "\(gateway.program.errors.text)")
        // The link's end with the program is a gap, whose row is lost as well.
        let line = try gateway.program.errors.wait(for: "could not be stored and are lost.")
        #expect(line.contains("ERROR store: \(calls) contact records and "), "\(line)")
        try other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    }

    @Test("for a moment costs nothing: what waits is stored, even at the end")
    func moment() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", journal: false)
        try eventually("connected") { try gateway.link()["state"] as? String == "connected" }
        let other = try Self.lock(gateway)
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        kill(gateway.program.identifier, SIGTERM)
        try gateway.program.errors.wait(for: "Stopping.")
        try other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try other.close()
        #expect(gateway.program.status() == 0, "\(gateway.program.errors.text)")
        #expect(try gateway.stored().contacts == 1)
    }
}
