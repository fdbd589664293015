import Foundation
import Records
import SchemaValidation
import Testing
import Wire
import Waiting

@Suite("The whole path, from a switch to a desk, a wallboard and the disk", .tags(.program), .waiting)
struct WholePathTests {
    @Test("a busy minute of a real Asterisk pops the right desk by name, moves the wallboard, and leaves its records")
    func busyMinute() throws {
        let port = try Loopback.freePort()
        let gateway = try GatewayUnderTest(switchPort: port)
        let imported = try Program.run(
            "import", Repository.path("Simulator/Scenarios/demo/parties.csv"), "--config", gateway.configuration)
        #expect(imported.status == 0)
        #expect(imported.output.hasSuffix(" added, 0 updated, 0 unchanged."))

        // The readers are connected before the first call.
        let wallboard = try LineSocket(gateway.wallboards)
        let snapshot = try wallboard.json("the snapshot") { _ in true }
        #expect(snapshot["type"] as? String == "snapshot")
        let desk = try gateway.desk("PJSIP/1007")
        _ = try desk.json("welcome") { $0["type"] as? String == "welcome" }

        let simulated = try Program("simulate", Repository.trace("mixed-a"), "--port", "\(port)", "--speed", "20")
        try gateway.program.errors.wait(for: "Connected, inventory complete.")

        let preview = try desk.json("a preview with the name") { message in
            let parties = (message["match"] as? [String: Any])?["parties"] as? [[String: Any]]
            return ["pop.preview", "pop.update"].contains(message["type"] as? String)
                && parties?.first?["name"] as? String == "Ditta Verdelli S.r.l."
        }
        #expect((preview["caller"] as? [String: Any])?["number"] as? String == "+390659041234")
        #expect(preview["queue"] as? String == "orientamento")

        // The same recording, replayed offline, says where it must end.
        let replayed = try Program.run("replay", "--json", Repository.trace("mixed-a"))
        let report = try #require(object(replayed.output))
        let expected = try #require(report["queues"] as? [String: [String: Any]])
        for (name, queue) in expected {
            try eventually("\(name) as in the replay") {
                let shown = try gateway.queue(name)
                return ["offered", "answered", "abandoned", "waiting"].allSatisfy {
                    shown[$0] as? Int == queue[$0] as? Int
                }
            }
        }
        try eventually("no call is open") { try gateway.link()["openContacts"] as? Int == 0 }

        // Changes are numbered without a gap.
        let numbers = wallboard.lines.all.compactMap(object).filter { $0["type"] as? String == "change" }.compactMap {
            $0["seq"] as? Int
        }
        #expect(numbers.count > 5)
        #expect(numbers == Array((numbers.first ?? 0)..<(numbers.first ?? 0) + numbers.count))

        try gateway.stopCleanly(contacts: (report["contacts"] as? [Any])?.count)
        let documents = try gateway.documents()
        #expect(try JSONSchema(of: "Records/contact.schema.json").violations(of: documents) == [])
        #expect(try gateway.records().map { String(decoding: JSON.encode($0), as: UTF8.self) } == documents)
        #expect(!gateway.program.errors.text.contains("Closed."))
        #expect(simulated.stop() == 0)
    }

    @Test("Ctrl-C in the middle of a conversation loses no record, even without a journal")
    func stopDuringCall() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", journal: false)
        try asterisk.send(NormalCall.untilAnswered)
        try eventually("somebody talks") { try gateway.queue("incentivi")["talking"] as? Int == 1 }
        try gateway.stopCleanly(contacts: 1)
        #expect(!gateway.program.errors.text.contains("WARNING"))
    }

    @Test("SIGTERM ends it as well as Ctrl-C does")
    func terminate() throws {
        let gateway = try GatewayUnderTest(switchPort: try Loopback.freePort())
        kill(gateway.program.identifier, SIGTERM)
        #expect(gateway.program.status() == 0)
    }

    @Test("a call that comes by webhook, signed with openssl, counts and is kept like any other")
    func webhook() throws {
        let gateway = try cloudGateway()
        func post(_ id: String, _ body: String, signature: String? = nil) throws -> Int {
            try LineSocket.request(gateway.http, head(id, body, signature: signature), body).status
        }
        #expect(try post("msg1", event("call.queued", 1)) == 204)
        #expect(try gateway.queue("nuvola-info")["waiting"] as? Int == 1)
        #expect(try post("msg2", event("call.answered", 2)) == 204)
        #expect(try gateway.queue("nuvola-info")["answered"] as? Int == 1)
        #expect(try post("msg3", event("call.ended", 3)) == 204)
        #expect(try post("msg3", event("call.ended", 3)) == 204)
        #expect(try post("msg4", event("call.queued", 4), signature: "AAAA") == 401)
        #expect(try gateway.queue("nuvola-info")["offered"] as? Int == 1)
        try eventually("the end, which is held for two seconds, is stored") { try gateway.stored().contacts == 1 }
        try gateway.stopCleanly(contacts: 1)
    }

    @Test("an acknowledged webhook survives the program's sudden death; the answers come in the order of the requests")
    func acknowledgedWebhook() throws {
        let gateway = try cloudGateway(journal: "[journal]\ndirectory = \"journal\"\ncommit_delay_ms = 1000")
        let body = event("call.queued", 1)
        let socket = try LineSocket(gateway.http)
        // The second request is ready long before the first may be answered.
        try socket.send(
            "\(head("msg1", body))\r\nHost: 127.0.0.1\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                + "GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        #expect(socket.lines.first { $0.hasPrefix("HTTP/1.1 ") ? $0 : nil }?.hasPrefix("HTTP/1.1 204") == true)
        kill(gateway.program.identifier, SIGKILL)
        #expect(gateway.program.status() == 128 + SIGKILL)
        try gateway.start()
        #expect(try gateway.queue("nuvola-info")["waiting"] as? Int == 1)
        #expect(try LineSocket.request(gateway.http, head("msg1", body), body).status == 204)
        #expect(try gateway.queue("nuvola-info")["offered"] as? Int == 1)
        try gateway.stopCleanly()
    }

    @Test("a call of a cloud switch is counted once, however often the program dies during it")
    func restartedInWebhookCall() throws {
        let gateway = try cloudGateway()
        let queued = event("call.queued", 1)
        #expect(try LineSocket.request(gateway.http, head("msg1", queued), queued).status == 204)
        for _ in 0..<2 {
            kill(gateway.program.identifier, SIGKILL)
            #expect(gateway.program.status() == 128 + SIGKILL)
            try gateway.start()
        }
        let answered = event("call.answered", 2)
        #expect(try LineSocket.request(gateway.http, head("msg2", answered), answered).status == 204)
        #expect(try gateway.queue("nuvola-info")["offered"] as? Int == 1)
        #expect(try gateway.queue("nuvola-info")["answered"] as? Int == 1)
        try gateway.stopCleanly()
    }

    // MARK: a cloud switch

    private static let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

    private func cloudGateway(journal: String? = nil) throws -> GatewayUnderTest {
        let folder = try TemporaryFolder()
        try folder.write("nuvola.secret", Self.secret)
        return try GatewayUnderTest(
            folder: folder,
            more: "\(journal ?? "")\n[[webhooks]]\nname = \"nuvola\"\nsecret_file = \"nuvola.secret\"\n",
            journal: journal == nil)
    }

    private func event(_ type: String, _ seq: Int) -> String {
        let time = ISO8601DateFormatter().string(from: Date())
        return
            "{\"type\":\"\(type)\",\"timestamp\":\"\(time)\",\"data\":{\"callId\":\"c-1\",\"direction\":\"inbound\",\"from\":{\"raw\":\"+390612345678\"},\"to\":\"800123456\",\"queue\":\"nuvola-info\",\"agent\":{\"id\":\"PJSIP/1001\",\"name\":\"Anna\"},\"seq\":\(seq)}}"
    }

    /// `signature`: a wrong one in place of the right one.
    private func head(_ id: String, _ body: String, signature: String? = nil) throws -> String {
        let time = Int(Date().timeIntervalSince1970)
        let signature = try signature ?? sign("\(id).\(time).\(body)")
        return
            "POST /v1/webhooks/nuvola HTTP/1.1\r\nContent-Type: application/json\r\nwebhook-id: \(id)\r\nwebhook-timestamp: \(time)\r\nwebhook-signature: v1,\(signature)"
    }

    private func sign(_ text: String) throws -> String {
        let script = """
            key=$(printf %s "${SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')
            printf %s "$TEXT" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A
            """
        let shell = try Program(
            executable: "/bin/sh", ["-c", script], environment: ["SECRET": Self.secret, "TEXT": text])
        return shell.output.untilEnd()
    }
}
