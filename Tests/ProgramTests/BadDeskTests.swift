import Foundation
import Testing
import Waiting

@Suite("A desk that misbehaves", .tags(.program), .waiting)
struct BadDeskTests {
    @Test(
        "is refused with the reason, and the others are not disturbed",
        arguments: [
            (
                "{\"type\":\"hello\",\"token\":\"guess\",\"agent\":\"PJSIP/1004\",\"version\":1}", "token",
                "[desks] token_file"
            ),
            (
                "{\"type\":\"hello\",\"token\":\"desk-token-of-the-test\",\"agent\":\"PJSIP/1004\",\"version\":9}",
                "version", "version 1"
            ),
            ("{\"type\":\"pop.ack\",\"popId\":\"p\",\"revision\":1}", "malformed", "hello"),
            ("GET / HTTP/1.1\r", "malformed", "ScreenPop.md"),
            ("{\"type\":\"hello\",\u{0}", "malformed", "ScreenPop.md"),
            (String(repeating: "[", count: 4_000), "malformed", "ScreenPop.md"),
            (String(repeating: "[", count: 15_000), "tooLong", "4096"),
            (String(repeating: "x", count: 100_000), "tooLong", "16384"),
        ])
    func refusals(line: String, reason: String, help: String) throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        let good = try gateway.desk("PJSIP/1004")
        _ = try good.json("welcome") { $0["type"] as? String == "welcome" }

        let bad = try LineSocket(gateway.desks)
        try bad.send(line + "\n")
        let refusal = try bad.json("a refusal") { $0["type"] as? String == "refused" }
        #expect(refusal["reason"] as? String == reason)
        #expect((refusal["message"] as? String)?.contains(help) == true, "\(refusal)")
        _ = bad.lines.untilEnd()  // closed

        try asterisk.send(NormalCall.bytes)
        _ = try good.json("the pop") { $0["type"] as? String == "pop.preview" }
        try gateway.waitForCall()
        try gateway.stopCleanly(contacts: 1)
        #expect(!gateway.program.errors.text.contains(GatewayUnderTest.token))
    }
}
