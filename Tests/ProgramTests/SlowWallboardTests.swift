import Foundation
import Testing
import Waiting

@Suite("A wallboard that does not read", .tags(.program), .waiting)
struct SlowWallboardTests {
    @Test("delays nobody, receives nothing more, and gets the latest state when it reads again")
    func slow() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        // Enough queues for a long snapshot.
        let name = String(repeating: "coda lunga ", count: 6)
        for number in 0..<300 {
            try asterisk.send(
                "Event: QueueMemberAdded\r\nQueue: \(name)\(number)\r\nMemberName: Zoe\r\nInterface: PJSIP/9\r\nStateInterface: PJSIP/9\r\nStatus: 1\r\nPaused: 0\r\n\r\n"
            )
        }
        try eventually("all queues are known") { try !gateway.queue("\(name)299").isEmpty }
        let quick = try LineSocket(gateway.wallboards)
        try quick.lines.wait(for: "\"type\":\"snapshot\"")
        let slow = try Loopback.connect(gateway.wallboards)
        defer { close(slow) }
        // Otherwise the kernel would read megabytes for it.
        var buffer: Int32 = 32_768
        setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &buffer, 4)
        // It requests whole snapshots and reads none of them, until the kernel's buffers for it are full.
        try eventually("the gateway sees that it does not read") {
            try Loopback.write("{\"subscribe\":{}}\n".utf8, to: slow)
            return try gateway.status()["wallboardsBehind"] as? Int == 1
        }
        try asterisk.send(NormalCall.bytes)
        _ = try #require(quick.lines.first { $0.contains("\"answered\":1") ? $0 : nil })
        #expect(try gateway.status()["wallboardsBehind"] as? Int == 1)
        // With so small a window the rest would take a minute.
        buffer = 1_000_000
        setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &buffer, 4)
        let read = Lines(reading: dup(slow))
        let caughtUp = try #require(object(try read.wait(for: "\"conflated\":")))
        #expect(caughtUp["type"] as? String == "snapshot" && caughtUp["conflated"] as? Int ?? 0 > 0)
        let queues = caughtUp["queues"] as? [[String: Any]]
        #expect(queues?.first { $0["name"] as? String == "incentivi" }?["answered"] as? Int == 1)
        // Nothing of the call, which came meanwhile, was kept for it.
        let before = read.all.prefix { !$0.contains("\"conflated\":") }
        #expect(!before.contains { $0.contains("\"change\"") && $0.contains("incentivi") })
        #expect(try gateway.status()["wallboardsBehind"] as? Int == 0)
    }
}
