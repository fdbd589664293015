import Foundation
import Testing
import Waiting

@testable import centralino

/// The example for nginx, run by a real nginx in front of the real program.
@Suite(
    "Behind the nginx of the example", .tags(.program), .waiting,
    .enabled(if: Nginx.path != nil, "nginx is missing: apt-get install nginx-light"))
struct NginxTests {
    let folder: TemporaryFolder
    let authority: TestAuthority

    init() throws {
        folder = try TemporaryFolder()
        authority = try TestAuthority(in: folder)
    }

    private func start() throws -> (gateway: GatewayUnderTest, nginx: Nginx) {
        let files = try authority.issue("front")
        try folder.write("wallboard.token", "w-secret-of-the-test\n")
        let gateway = try GatewayUnderTest(
            folder: folder, switchPort: 1, http: "behind_proxy = [\"127.0.0.1\"]",
            wallboards: "token_file = \"wallboard.token\"")
        return (gateway, try Nginx(in: folder, to: gateway.http, files))
    }

    private func secure(_ nginx: Nginx) throws -> SecureSocket {
        try SecureSocket(nginx.port, authority: authority.certificate)
    }

    @Test("pages and API answer, and the answer for a client is by that client's own address, whatever it forges")
    func requests() throws {
        let (gateway, nginx) = try start()
        defer { nginx.stop() }
        func ask(_ token: String) throws -> String {
            let client = try secure(nginx)
            try client.send(
                "GET /v1/wallboard HTTP/1.1\r\nHost: gw.example.it\r\nAccept: application/json\r\nX-Forwarded-For: 8.8.8.8\r\nAuthorization: Bearer \(token)\r\nConnection: close\r\n\r\n"
            )
            return try client.untilEnd()
        }
        let page = try secure(nginx)
        try page.send("GET /desk HTTP/1.1\r\nHost: gw.example.it\r\nConnection: close\r\n\r\n")
        let text = try page.untilEnd()
        #expect(text.hasPrefix("HTTP/1.1 200 OK") && text.contains("Strict-Transport-Security: max-age=31536000"))
        #expect(try ask("w-secret-of-the-test").hasPrefix("HTTP/1.1 200 OK"))
        #expect(try ask("wrong").hasPrefix("HTTP/1.1 401"))
        // nginx says 127.0.0.1, which is the proxy itself; the client's own invention before it is not believed where
        // it stands left of one that no proxy has.
        let line = try gateway.program.errors.wait(for: "A wrong token for /v1/wallboard came")
        #expect(line.contains("from 8.8.8.8") || line.contains("from 127.0.0.1"), "\(line)")
        try gateway.stopCleanly()
    }

    @Test("a request that hides another in its body is one request, or none")
    func smuggling() throws {
        let (gateway, nginx) = try start()
        defer { nginx.stop() }
        let hidden = "GET /v1/agents HTTP/1.1\r\nHost: hidden\r\n\r\n"
        for fields in [
            "Content-Length: \(5 + hidden.utf8.count)\r\nTransfer-Encoding: chunked",
            "Content-Length: 5\r\nContent-Length: 0",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: \u{B}chunked",
            "Content-Length: 0\r\n Transfer-Encoding: chunked",
        ] {
            let client = try secure(nginx)
            try client.send(
                "POST /v1/webhooks/none HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\(fields)\r\n\r\n0\r\n\r\n\(hidden)"
            )
            let answers = try client.untilEnd()
            #expect(answers.ranges(of: "HTTP/1.1 ").count == 1, "\(fields): \(answers)")
            // What the gateway answers to the hidden one.
            #expect(!answers.contains("401") && !answers.contains("WWW-Authenticate"), "\(fields): \(answers)")
        }
        try gateway.stopCleanly()
    }

    @Test("a desk is a WebSocket, and a stream's events come as they are sent")
    func streams() throws {
        let (gateway, nginx) = try start()
        defer { nginx.stop() }
        let stream = try secure(nginx)
        try stream.send(
            "GET /v1/wallboard HTTP/1.1\r\nHost: gw.example.it\r\nAuthorization: Bearer w-secret-of-the-test\r\n\r\n")
        #expect(try stream.text(until: "\"snapshot\"").contains("text/event-stream"), "nothing is kept back")
        let desk = try secure(nginx)
        try desk.send(
            "GET /v1/desk HTTP/1.1\r\nHost: gw.example.it\r\nOrigin: https://gw.example.it\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        #expect(try desk.text(until: "Sec-WebSocket-Accept").hasPrefix("HTTP/1.1 101 Switching Protocols"))
        try desk.send(
            masked:
                "{\"type\":\"hello\",\"token\":\"\(GatewayUnderTest.token)\",\"agent\":\"PJSIP/1001\",\"version\":1}")
        #expect(try desk.frame(containing: "\"welcome\"").contains("PJSIP/1001"))
        let foreign = try secure(nginx)
        try foreign.send(
            "GET /v1/desk HTTP/1.1\r\nHost: gw.example.it\r\nOrigin: https://evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        #expect(try foreign.untilEnd().hasPrefix("HTTP/1.1 403"))
        // The same page without TLS: nginx says that its visitor came with TLS, so our own page would have, too.
        let plain = try secure(nginx)
        try plain.send(
            "GET /v1/desk HTTP/1.1\r\nHost: gw.example.it\r\nOrigin: http://gw.example.it\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        #expect(try plain.untilEnd().hasPrefix("HTTP/1.1 403"))
        try gateway.stopCleanly()
    }
}

/// A real nginx with the example's configuration, on a port of its own.
final class Nginx {
    static let path = ["/usr/sbin/nginx", "/usr/bin/nginx"].first(where: FileManager.default.isExecutableFile(atPath:))

    let port: Int
    private let program: Program

    init(in folder: TemporaryFolder, to gateway: Int, _ files: CertificateFiles) throws {
        port = try Loopback.freePort()
        var site = try String(
            contentsOfFile: Repository.path("Simulator/Scenarios/example/nginx.conf"), encoding: .utf8)
        for (old, new) in [
            ("server 127.0.0.1:8080;", "server 127.0.0.1:\(gateway);"),
            ("listen 443 ssl;", "listen 127.0.0.1:\(port) ssl;"),
            ("/etc/ssl/certs/centralino.example.it.pem", files.certificate),
            ("/etc/ssl/private/centralino.example.it.key", files.key),
        ] {
            try #require(site.contains(old), "the example no longer has “\(old)”")
            site = site.replacingOccurrences(of: old, with: new)
        }
        try folder.write("site.conf", site)
        let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(folder.path)/nginx-\($0);"
        }
        let main = try folder.write(
            "nginx.conf",
            """
            daemon off;
            master_process off;
            pid \(folder.path)/nginx.pid;
            error_log stderr notice;
            events {}
            http {
                access_log off;
                \(places.joined(separator: "\n    "))
                include \(folder.path)/site.conf;
            }
            """)
        program = try Program(executable: Self.path ?? "", ["-c", main, "-p", folder.path])
        try eventually("nginx listens on \(port)") {
            guard let descriptor = try? Loopback.connect(port) else { return false }
            close(descriptor)
            return true
        }
    }

    func stop() { _ = program.stop() }
}
