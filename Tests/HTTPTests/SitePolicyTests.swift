import HTTP
import Testing

@Suite("A page of another site")
struct SitePolicyTests {
    private static let host = "Host: gw.example.it\r\n"

    private func connection(
        _ origins: [String] = ["https://crm.example.it"], isSecure: Bool = false, isFromProxy: Bool = false
    ) -> Connection {
        Connection(site: SitePolicy(origins: origins, isSecure: isSecure, isFromProxy: isFromProxy))
    }

    private func request(_ method: String, _ fields: String) -> String {
        "\(method) /v1/x HTTP/1.1\r\n\(Self.host)\(fields)\(method == "POST" ? "Content-Length: 0\r\n" : "")\r\n"
    }

    @Test(
        "may change nothing through a visitor's browser, whatever the method",
        arguments: [
            "Origin: https://evil.example\r\n", "Origin: null\r\n", "Origin: \r\n",
            "Origin: https://gw.example.it.evil.example\r\n", "Origin: https://gw.example.it:8443\r\n",
            "Origin: https://crm.example.it.evil.example\r\n", "Origin: http://crm.example.it\r\n",
            "Origin: https://crm.example.it\r\nOrigin: https://evil.example\r\n",
            "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n",
        ])
    func unsafeMethods(fields: String) {
        for method in ["POST", "DELETE", "PUT", "PATCH", "ODD"] {
            let connection = connection()
            let length = ["PUT", "PATCH"].contains(method) ? "Content-Length: 0\r\n" : ""
            let events = connection.receive(request(method, fields + length))
            #expect(!events.contains { if case .request = $0 { true } else { false } }, "\(method) \(fields)")
            if method != "ODD" { #expect(connection.sentStatuses() == [403], "\(method) \(fields)") }
        }
    }

    @Test(
        "of our own, a page of a listed origin and a program may",
        arguments: [
            "", "Origin: https://gw.example.it\r\n", "Origin: https://GW.example.it:443\r\n",
            "Origin: https://crm.example.it\r\n", "Origin: HTTPS://CRM.example.it\r\n",
            "Sec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Site: none\r\n",
            "Origin: https://gw.example.it\r\nSec-Fetch-Site: same-origin\r\n",
        ])
    func admitted(fields: String) {
        let events = connection().receive(request("POST", fields))
        #expect(events.contains { if case .request = $0 { true } else { false } }, "\(fields)")
    }

    @Test("that came without TLS is no page of ours where we have TLS, or where the proxy says that its visitor has")
    func schemes() {
        let plain = "Origin: http://gw.example.it\r\n"
        let proxied = "X-Forwarded-Proto: http\r\nX-Forwarded-Proto: https\r\n"
        for (connection, fields, isAdmitted) in [
            (connection(), plain, true), (connection(isSecure: true), plain, false),
            (connection(isFromProxy: true), plain, true), (connection(isFromProxy: true), plain + proxied, false),
            (connection(isSecure: true, isFromProxy: true), plain + "X-Forwarded-Proto: https, http\r\n", true),
            // Anybody can write the field.
            (connection(), plain + proxied, true),
        ] {
            let events = connection.receive(request("POST", fields))
            #expect(events.contains { if case .request = $0 { true } else { false } } == isAdmitted, "\(fields)")
        }
    }

    private func answered(_ connection: Connection, _ request: String) -> [String] {
        for case .request(let request) in connection.receive(request) {
            connection.respond(connection.site.preflight(request) ?? .text(200, "figures"))
        }
        return connection.sent().components(separatedBy: "\r\n")
    }

    @Test("can read an answer only if its origin is listed; caches keep the two apart")
    func reading() {
        let listed = answered(connection(), request("GET", "Origin: https://crm.example.it\r\n"))
        #expect(listed.first == "HTTP/1.1 200 OK")
        #expect(listed.contains("Access-Control-Allow-Origin: https://crm.example.it"))
        #expect(listed.contains("Access-Control-Allow-Credentials: true") && listed.contains("Vary: Origin"))
        let foreign = answered(connection(), request("GET", "Origin: https://evil.example\r\n"))
        #expect(foreign.first == "HTTP/1.1 200 OK" && foreign.contains("Vary: Origin"))
        #expect(!foreign.contains { $0.hasPrefix("Access-Control-") })
        let alone = answered(connection([]), request("GET", "Origin: https://crm.example.it\r\n"))
        #expect(!alone.contains { $0.hasPrefix("Access-Control-") || $0.hasPrefix("Vary") })
    }

    @Test("is told by a preflight what it may send, if its origin is listed, and refused otherwise")
    func preflight() {
        let wish = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n"
        let listed = answered(connection(), request("OPTIONS", "Origin: https://crm.example.it\r\n" + wish))
        #expect(listed.first == "HTTP/1.1 204 No Content")
        let fields = "Authorization, Content-Type, Last-Event-ID, X-CSRF-Token"
        #expect(listed.contains("Access-Control-Allow-Headers: \(fields)"))
        #expect(listed.contains("Access-Control-Allow-Origin: https://crm.example.it"))
        let foreign = answered(connection(), request("OPTIONS", "Origin: https://evil.example\r\n" + wish))
        #expect(foreign.first == "HTTP/1.1 403 Forbidden" && !foreign.contains { $0.hasPrefix("Access-Control-") })
        #expect(answered(connection(), request("OPTIONS", "")).first == "HTTP/1.1 200 OK", "it is no preflight")
    }

    @Test("of a listed origin may open a WebSocket; another's may not")
    func webSocket() {
        for (origin, isAccepted) in [
            ("https://crm.example.it", true), ("https://desk.example.it", true), ("https://evil.example", false),
            ("null", false),
        ] {
            let connection = connection()
            let events = connection.receive(handshake(origin: origin))
            #expect(
                events.contains { if case .webSocketRequested = $0 { true } else { false } } == isAccepted, "\(origin)")
            if !isAccepted { #expect(connection.sentStatuses() == [403]) }
        }
    }

    @Test(
        "and every other: with TLS each answer says that the site is asked by TLS only, the stream's and a refusal, too"
    )
    func strictTransport() {
        let field = "Strict-Transport-Security: max-age=31536000"
        #expect(answered(connection(isSecure: true), request("GET", "")).contains(field))
        #expect(answered(connection(isSecure: true), "GET / HTTP/1.1\r\n\r\n").contains(field))
        let stream = connection(isSecure: true)
        _ = stream.receive(request("GET", "Origin: https://crm.example.it\r\n"))
        stream.openEventStream()
        let head = stream.sent()
        #expect(head.contains(field) && head.contains("Access-Control-Allow-Origin: https://crm.example.it\r\n"))
        #expect(!answered(connection(), request("GET", "")).contains(field))
    }

    @Test("may show a page of ours in a frame only if it is named; other sites get nothing of it")
    func frames() {
        func policy(_ response: Response) -> String { response.headers.first("Content-Security-Policy") ?? "" }
        #expect(policy(.html(200, [])).contains("frame-ancestors 'self';"))
        #expect(policy(.html(200, [], frameAncestors: [])).contains("frame-ancestors 'none';"))
        let named = Response.html(200, [], frameAncestors: ["'self'", "https://crm.example.it"])
        #expect(policy(named).contains("frame-ancestors 'self' https://crm.example.it;"))
        #expect(policy(named).hasPrefix("default-src 'none';") && policy(named).contains("require-trusted-types-for"))
        #expect(named.headers.first("Cross-Origin-Resource-Policy") == "same-origin")
    }
}
