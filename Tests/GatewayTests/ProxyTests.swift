import Core
import Edges
import HTTP
import Telephony
import Testing
import Time

/// What a proxy in front of the HTTP port changes: `[http] behind_proxy`.
@Suite("Behind a proxy")
struct ProxyTests {
    private static func bench(_ host: String = "127.0.0.1", _ change: (inout Configuration) -> Void = { _ in }) -> Bench
    {
        var configuration = Bench.configuration
        configuration.http = .init(host: host, port: 8080)
        configuration.proxies = ["10.0.0.2"].compactMap(AddressRange.init)
        configuration.wallboardToken = .init("w-secret")
        change(&configuration)
        return Bench(configuration)
    }

    private static func ask(_ bench: inout Bench, _ id: ConnectionID, _ token: String, for client: String) -> Int? {
        bench.send(
            "GET /v1/wallboard HTTP/1.1\r\nHost: gw.example.it\r\nAccept: application/json\r\nAuthorization: Bearer \(token)\r\nX-Forwarded-For: \(client)\r\n\r\n",
            id)
        return Int(String(decoding: bench.read(id), as: UTF8.self).dropFirst("HTTP/1.1 ".count).prefix(3))
    }

    @Test("a client that guesses delays itself, not the others whom the same proxy asks for")
    func accounts() {
        var bench = Self.bench()
        let id = bench.connect(.http, from: "10.0.0.2")
        for guess in 0..<5 { #expect(Self.ask(&bench, id, "guess-\(guess)", for: "192.0.2.7") == 401) }
        #expect(Self.ask(&bench, id, "guess-5", for: "192.0.2.7") == nil, "its answer is delayed")
        let other = bench.connect(.http, from: "10.0.0.2")
        #expect(Self.ask(&bench, other, "guess-0", for: "192.0.2.8") == 401, "another client is judged by itself")
        #expect(Self.ask(&bench, other, "w-secret", for: "192.0.2.8") == 200)
    }

    @Test("a client that writes the field itself stays who it is: only a proxy is believed")
    func forged() {
        var bench = Self.bench()
        let id = bench.connect(.http, from: "127.0.0.1")
        for guess in 0..<5 { #expect(Self.ask(&bench, id, "guess-\(guess)", for: "192.0.2.\(guess)") == 401) }
        #expect(Self.ask(&bench, id, "guess-5", for: "192.0.2.99") == nil, "its answer is delayed all the same")
    }

    @Test(
        "a port without TLS is for the proxy and this machine: others are closed before they can show a token, and logged"
    )
    func strangers() {
        var bench = Self.bench("0.0.0.0")
        for (address, isAdmitted) in [
            ("10.0.0.2", true), ("::ffff:10.0.0.2", true), ("127.0.0.1", true), ("::1", true), ("10.0.0.3", false),
            ("2001:db8::1", false), ("", false),
        ] {
            let id = bench.connect(.http, from: address)
            #expect(bench.closedByUs.contains(id) != isAdmitted, "\(address)")
        }
        #expect(bench.log.contains { $0.text.contains("A connection from 10.0.0.3 was closed") })
        var secured = Self.bench("0.0.0.0") { $0.secured = [.http] }
        let id = secured.connect(.http, from: "10.0.0.3")
        #expect(!secured.closedByUs.contains(id), "with TLS everybody may come directly, too")
    }

    @Test("one client cannot take the places of all whom the proxy asks for")
    func crowd() {
        var bench = Self.bench()
        var last: ConnectionID?
        for _ in 0..<Limits.unsettledPerAddress {
            let id = bench.connect(.http, from: "10.0.0.2")
            #expect(Self.ask(&bench, id, "w-secret", for: "192.0.2.7") == 200)
            last = id
        }
        let further = bench.connect(.http, from: "10.0.0.2")
        #expect(!bench.closedByUs.contains(further), "who asks is not known yet")
        #expect(Self.ask(&bench, further, "w-secret", for: "192.0.2.7") == 503)
        #expect(bench.closedByUs.contains(further))
        bench.drop(further)
        let other = bench.connect(.http, from: "10.0.0.2")
        #expect(Self.ask(&bench, other, "w-secret", for: "192.0.2.8") == 200)
        #expect(last.map { Self.ask(&bench, $0, "w-secret", for: "192.0.2.7") } == 200, "those within the bound stay")
    }
}

@Suite("A request of another site's page")
struct CrossSiteTests {
    private static func answer(_ request: String, origins: [String] = []) -> (String, Bench) {
        var configuration = Bench.configuration
        configuration.origins = origins
        var bench = Bench(configuration)
        let id = bench.connect(.http)
        bench.send(request, id)
        return (String(decoding: bench.read(id), as: UTF8.self), bench)
    }

    @Test("reaches no route with an unsafe method, and is counted")
    func webhook() {
        let post =
            "POST /v1/webhooks/cloud HTTP/1.1\r\nHost: gw\r\nOrigin: https://evil.example\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"
        var (answer, bench) = Self.answer(post)
        #expect(answer.hasPrefix("HTTP/1.1 403 "), "\(answer)")
        #expect(bench.journalled.allSatisfy { !$0.contains("webhook") })
        let id = bench.connect(.http)
        bench.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", id)
        let metrics = String(decoding: bench.read(id), as: UTF8.self)
        #expect(metrics.contains("centralino_clients_refused_total{reason=\"origin\"} 1"))
    }

    @Test("is answered readably for a listed origin: the preflight, the figures, and refusals as well")
    func listed() {
        let crm = "https://crm.example.it"
        for (request, status) in [
            (
                "OPTIONS /v1/stats HTTP/1.1\r\nHost: gw\r\nOrigin: \(crm)\r\nAccess-Control-Request-Method: GET\r\n\r\n",
                204
            ),
            ("GET /v1/status HTTP/1.1\r\nHost: localhost\r\nOrigin: \(crm)\r\n\r\n", 200),
            ("GET /nothing HTTP/1.1\r\nHost: localhost\r\nOrigin: \(crm)\r\n\r\n", 404),
        ] {
            let (answer, _) = Self.answer(request, origins: [crm])
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(answer.contains("\r\nAccess-Control-Allow-Origin: \(crm)\r\n"), "\(answer)")
            let (unlisted, _) = Self.answer(request)
            #expect(!unlisted.contains("Access-Control-"), "\(unlisted)")
        }
    }
}
