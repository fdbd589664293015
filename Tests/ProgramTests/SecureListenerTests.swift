import Core
import Foundation
import TLS
import Testing
import Waiting

@testable import centralino

/// `[tls]`: the real program, and clients that are not made of its parts where there are any (curl, openssl).
@Suite("A listener with TLS", .tags(.program), .waiting)
struct SecureListenerTests {
    let folder: TemporaryFolder
    let authority: TestAuthority

    init() throws {
        folder = try TemporaryFolder()
        authority = try TestAuthority(in: folder)
    }

    static let tls = "[tls]\ncertificate_file = \"gateway.crt\"\nkey_file = \"gateway.key\""

    private func gateway(days: Int = 90) throws -> GatewayUnderTest {
        try authority.issue("gateway", days: days)
        return try GatewayUnderTest(folder: folder, switchPort: 1, more: Self.tls)
    }

    private func curl(_ arguments: String...) throws -> (status: Int32, output: String) {
        let program = try Program(
            executable: "/usr/bin/curl", ["-sS", "--max-time", "20", "--cacert", authority.certificate] + arguments)
        let text = program.output.untilEnd() + program.errors.untilEnd()
        return (program.status(), text)
    }

    @Test("serves pages, API, desks and wallboards; pages say that they are had by TLS only")
    func everyPort() throws {
        let gateway = try gateway()
        let page = try curl("-D", "-", "--http2", "https://127.0.0.1:\(gateway.http)/desk")
        #expect(page.status == 0 && page.output.hasPrefix("HTTP/1.1 200 OK"), "\(page)")
        #expect(page.output.contains("Strict-Transport-Security: max-age=31536000"), "\(page)")
        let status = try curl("https://localhost:\(gateway.http)/v1/status")
        #expect(object(status.output)?["switches"] != nil, "\(status)")
        let desk = try SecureSocket(gateway.desks, authority: authority.certificate)
        try desk.send(
            "{\"type\":\"hello\",\"token\":\"\(GatewayUnderTest.token)\",\"agent\":\"PJSIP/1001\",\"version\":1}\n")
        #expect(try desk.text(until: "\"welcome\"").contains("PJSIP/1001"))
        let wallboard = try SecureSocket(gateway.wallboards, authority: authority.certificate)
        #expect(try wallboard.text(until: "\"snapshot\"").contains("\"queues\""))
        let stream = try SecureSocket(gateway.http, authority: authority.certificate)
        try stream.send("GET /v1/wallboard HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        #expect(try stream.text(until: "\"snapshot\"").contains("Content-Type: text/event-stream"))
        try gateway.stopCleanly()
        #expect(try wallboard.untilEnd().contains("\"snapshot\""), "the end came with TLS's goodbye")
    }

    @Test("tells a client without TLS so, and serves others meanwhile")
    func plainClients() throws {
        let gateway = try gateway()
        for port in [gateway.http, gateway.desks] {
            let browser = try LineSocket(port)
            try browser.send("GET /desk HTTP/1.1\r\nHost: gw.example.it\r\n\r\n")
            let answer = browser.lines.untilEnd()
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request") && answer.contains("Use https://"), "\(answer)")
        }
        let desk = try LineSocket(gateway.desks)
        try desk.send("{\"type\":\"hello\"}\n")
        #expect(desk.lines.untilEnd().hasPrefix("This port speaks TLS only."))
        try gateway.program.errors.wait(for: "No TLS with 127.0.0.1: it does not speak TLS.")
        #expect(try curl("https://127.0.0.1:\(gateway.http)/v1/status").status == 0)
        let metrics = try curl("https://127.0.0.1:\(gateway.http)/metrics").output
        #expect(metrics.contains("centralino_certificate_end_timestamp_seconds{listener=\"http\"}"))
        try gateway.stopCleanly()
    }

    @Test(
        "refuses what is not safe: TLS before 1.2, a cipher without forward secrecy, a client of another protocol",
        arguments: ["-tls1_1 -cipher DEFAULT@SECLEVEL=0", "-tls1_2 -cipher AES128-GCM-SHA256", "-alpn h2,smtp"])
    func unsafe(option: String) throws {
        let gateway = try gateway()
        func connect(_ options: String) throws -> (Int32, String) {
            let program = try Program(
                executable: "/bin/sh",
                [
                    "-c",
                    "echo | openssl s_client -connect 127.0.0.1:\(gateway.http) -CAfile '\(authority.certificate)' \(options) 2>&1",
                ])
            let text = program.output.untilEnd()
            return (program.status(), text)
        }
        let (status, text) = try connect(option)
        #expect(status != 0 && text.contains("alert"), "\(text)")
        let (good, goodText) = try connect("-tls1_2 -alpn h2,http/1.1")
        #expect(good == 0 && goodText.contains("ALPN protocol: http/1.1"), "\(goodText)")
        try gateway.stopCleanly()
    }

    @Test("closes clients that do not finish their handshake in 10 s, also those that send a byte now and then")
    func slowHandshakes() throws {
        let gateway = try gateway()
        let began = ContinuousClock.now
        let silent = try LineSocket(gateway.http)
        let dripping = try LineSocket(gateway.http)
        let hello = try Session(client: .client(authorities: .file(authority.certificate)), serverName: "localhost")
            .start().ciphertext
        var rest = hello.dropLast()[...]
        // A byte whenever half a second has brought no end: more of the record, and never all of it.
        while !dripping.lines.isOver, let byte = rest.popFirst() {
            try? dripping.send(bytes: [byte])
            _ = dripping.lines.first(patience: 0.5) { _ in nil as Never? }
        }
        #expect(silent.lines.untilEnd() == "")
        let took = ContinuousClock.now - began
        #expect(took > .seconds(9) && took < .seconds(25), "\(took)")
        #expect(try curl("https://127.0.0.1:\(gateway.http)/v1/status").status == 0)
        try gateway.stopCleanly()
    }

    @Test("warns of a certificate that ends soon: in the log, by check, and as a metric")
    func endsSoon() throws {
        let gateway = try gateway(days: 5)
        let line = try gateway.program.errors.wait(for: "WARNING http: The certificate of “CN = gateway” ends on")
        #expect(line.contains("in 4 days") || line.contains("in 5 days"), "\(line)")
        let checked = try Program.run("check", "--config", gateway.configuration)
        #expect(checked.status == 0 && checked.errors.contains("the certificate of “CN = gateway” ends on"))
        #expect(checked.output.contains("http: 127.0.0.1:0 with TLS"), "\(checked)")
        try gateway.stopCleanly()
    }
}

@Suite("A crowd of handshakes")
struct PendingHandshakesTests {
    @Test("is bounded, and the address that has most of them loses its oldest: nobody else is kept out")
    func bounded() {
        var pending = PendingHandshakes()
        #expect(pending.insert(.init(1), from: "10.0.0.1") == nil)
        for number in 1..<ProgramLimits.handshakes {
            #expect(pending.insert(.init(UInt64(2 * number + 1)), from: "192.0.2.7") == nil)
        }
        let next = UInt64(2 * ProgramLimits.handshakes + 1)
        #expect(pending.insert(.init(next), from: "10.0.0.2") == .init(3), "the oldest of the crowd")
        #expect(
            pending.count == ProgramLimits.handshakes && pending.contains(.init(1)) && pending.contains(.init(next)))
        pending.remove(.init(1))
        #expect(pending.count == ProgramLimits.handshakes - 1)
    }
}
