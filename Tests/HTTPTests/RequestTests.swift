import HTTP
import Testing

@Suite("An HTTP connection reads")
struct RequestTests {
    let connection = Connection()

    @Test("a request with its query, fields and body")
    func whole() {
        let events = connection.receive(
            "POST /hooks/cloud1?tenant=a%20b&x=1+2&flag HTTP/1.1\r\nHost: gw.example.it\r\nX-Twice: 1\r\nx-twice: 2\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
        )
        #expect(
            events == [
                .request(
                    Request(
                        method: "POST", path: "/hooks/cloud1", query: ["tenant": "a b", "x": "1 2", "flag": ""],
                        headers: ["Host": "gw.example.it", "X-Twice": "1", "x-twice": "2", "Content-Length": "7"],
                        body: Array("{\"a\":1}".utf8)))
            ])
        #expect(connection.sent() == "")
        #expect(!connection.shouldClose)
    }

    @Test("field names in any case")
    func fieldCase() {
        let headers: Headers = ["X-Twice": "1", "x-twice": "2"]
        #expect(headers.first("x-TWICE") == "1")
        #expect(headers.all("X-TWICE") == ["1", "2"])
        #expect(headers.first("x-once") == nil)
    }

    static let fragmented =
        "\r\nPUT /a%2Fb HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n5;e=1\r\nhe\n\nl\r\n1\r\no\r\n0\r\nTrail: er\r\n\r\n"
        + "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test("the same events however the network splits the bytes", arguments: 1...fragmented.utf8.count)
    func fragmentation(size: Int) {
        let bytes = Array(Self.fragmented.utf8)
        let events = stride(from: 0, to: bytes.count, by: size).flatMap {
            connection.receive(Array(bytes[$0..<min($0 + size, bytes.count)]))
        }
        #expect(
            events == [
                .request(
                    Request(
                        method: "PUT", path: "/a/b",
                        headers: ["Host": "x", "Expect": "100-continue", "Transfer-Encoding": "chunked"],
                        body: Array("he\n\nlo".utf8))),
                .request(Request(method: "GET", path: "/next", headers: ["Host": "x"])),
            ])
        #expect(connection.sent() == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(!connection.isMidRequest)
    }

    @Test("the same events wherever one split falls", arguments: 0...fragmented.utf8.count)
    func oneCut(position: Int) {
        let bytes = Array(Self.fragmented.utf8)
        let events = connection.receive(Array(bytes[..<position])) + connection.receive(Array(bytes[position...]))
        #expect(events == Connection().receive(bytes))
    }

    @Test("that a request has begun, for the caller's timeout")
    func midRequest() {
        #expect(!connection.isMidRequest)
        _ = connection.receive("G")
        #expect(connection.isMidRequest)
        _ = connection.receive("ET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
        #expect(connection.isMidRequest)
        _ = connection.receive("!")
        #expect(!connection.isMidRequest)
    }

    @Test("an absolute target for its own host only")
    func absoluteTarget() {
        let own = connection.receive("GET http://GW.example.it?a=b HTTP/1.1\r\nHost: gw.example.it\r\n\r\n")
        #expect(
            own == [.request(Request(method: "GET", path: "/", query: ["a": "b"], headers: ["Host": "gw.example.it"]))])
        #expect(failure("GET http://other.it/ HTTP/1.1\r\nHost: gw.example.it\r\n\r\n") == 400)
    }

    @Test("`OPTIONS *`, and the asterisk for nothing else")
    func star() {
        #expect(
            connection.receive("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n") == [
                .request(Request(method: "OPTIONS", path: "*", headers: ["Host": "x"]))
            ])
        #expect(failure("GET * HTTP/1.1\r\nHost: x\r\n\r\n") == 400)
    }

    @Test(
        "no ambiguous target",
        arguments: [
            "/%", "/%4", "/%zz", "/%00", "/%0d%0aX:1", "/%ff", "/a?b=%C3", "/à", "/a#b", "relative", "/a?%1f=1",
        ].filter {
            $0 != "//["
        })
    func targets(target: String) {
        #expect(failure("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n") == 400)
    }

    @Test("on after an offer to upgrade that it ignores")
    func otherUpgrade() {
        let offer =
            "GET /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n"
        let withBody =
            "POST /2 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi"
        let chunked =
            "POST /3 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
        let alone = "GET /4 HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n"
        let events = connection.receive(offer + withBody + chunked + alone + "GET /5 HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(paths(events) == ["/1", "/2", "/3", "/4", "/5"])
    }
}

@Suite("An HTTP connection refuses")
struct RefusalTests {
    @Test(
        "a message whose length is ambiguous (request smuggling), and everything after it",
        arguments: [
            "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 5",
            "Content-Length: +5",
            "Content-Length: -1", "Content-Length: 0x5", "Content-Length: 5 5", "Content-Length:",
            "Content-Length: 99999999999999999999",
            "Content-Length : 5", "Content-Length\r\n : 5", "X: y\r\n Content-Length: 5",
            "Transfer-Encoding: \u{B}chunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked, identity", "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding : chunked",
            "X: a\nContent-Length: 5",
            "X: a\rContent-Length: 5",
            "X: \0\r\nContent-Length: 5", ": empty\r\nContent-Length: 5",
        ])
    func smuggling(fields: String) {
        let connection = Connection()
        let events = connection.receive(
            "POST / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(events.count == 1 && paths(events).isEmpty, "\(events)")
        #expect([[400], [413], [501]].contains(connection.sentStatuses()))
        #expect(connection.shouldClose)
        #expect(connection.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n") == [])
    }

    @Test(
        "input that is not HTTP/1.1, with the right status",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
            ("GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505), ("GET /\r\n\r\n", 505),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
            ("\u{16}\u{3}\u{1}\u{2}\0", 400),
            ("Action: Login\r\n\r\n", 400), ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
            ("POST / HTTP/1.1\r\nHost: x\r\n\r\n", 411), ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n", 417),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", 400),
        ])
    func notHTTP(text: String, status: Int) {
        #expect(failure(text) == status)
    }

    @Test("a head beyond its limit, to the byte, however it is split", arguments: [1, 7, 4096, 100_000])
    func headLimit(size: Int) {
        func head(bytes: Int) -> [UInt8] {
            let frame = "GET / HTTP/1.1\r\nHost: x\r\nA: \r\n\r\n"
            return Array(
                "GET / HTTP/1.1\r\nHost: x\r\nA: \(String(repeating: "a", count: bytes - frame.utf8.count))\r\n\r\n"
                    .utf8)
        }
        func events(_ bytes: [UInt8]) -> [Connection.Event] {
            let connection = Connection()
            _ = connection.receive("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n\n\n\n")
            return stride(from: 0, to: bytes.count, by: size).flatMap {
                connection.receive(Array(bytes[$0..<min($0 + size, bytes.count)]))
            }
        }
        #expect(paths(events(head(bytes: 16_384))) == ["/"])
        #expect(refusals(events(head(bytes: 16_385))) == [431])
        #expect(refusals(events(Array(repeating: 0x41, count: 20_000))) != [])
        #expect(refusals(events(Array(repeating: 0x0A, count: 20_000))) == [431])
    }

    @Test("more than 256 fields")
    func fieldCount() {
        #expect(failure("GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "a:b\r\n", count: 300) + "\r\n") == 431)
    }

    @Test("a body beyond its limit, before it arrives if its length is sent")
    func bodyLimit() {
        var limits = Limits()
        limits.bodyBytes = 10
        func post(_ fields: String, _ body: String) -> [Connection.Event] {
            Connection(limits: limits).receive("POST /p HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n\(body)")
        }
        #expect(paths(post("Content-Length: 10", "0123456789")) == ["/p"])
        #expect(refusals(post("Content-Length: 11\r\nExpect: 100-continue", "")) == [413])
        #expect(paths(post("Transfer-Encoding: chunked", "a\r\n0123456789\r\n0\r\n\r\n")) == ["/p"])
        #expect(refusals(post("Transfer-Encoding: chunked", "b\r\n0123456789A\r\n")) == [413])
        #expect(refusals(post("Transfer-Encoding: chunked", "1;" + String(repeating: "x", count: 20_000))) == [413])
        #expect(
            refusals(
                post(
                    "Transfer-Encoding: chunked",
                    "0\r\n" + String(repeating: "t: 1\r\n", count: 20_000))) != [])
    }

    @Test("with a text for the sender, without repeating its bytes")
    func words() {
        let connection = Connection()
        #expect(
            connection.receive("POST /<script> HTTP/1.1\r\nHost: x\r\n\r\n") == [
                .failed(
                    status: 411, reason: "POST needs a Content-Length; send “Content-Length: 0” when there is no body.")
            ])
        #expect(
            connection.sent()
                == "HTTP/1.1 411 Length Required\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                + "Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\nContent-Length: 117\r\nConnection: close\r\n\r\n"
                + #"{"error":{"message":"POST needs a Content-Length; send “Content-Length: 0” when there is no body.","status":411}}"#
        )
        #expect(connection.shouldClose)
    }
}

func paths(_ events: [Connection.Event]) -> [String] {
    events.compactMap { if case .request(let request) = $0 { request.path } else { nil } }
}

func refusals(_ events: [Connection.Event]) -> [Int] {
    events.compactMap { if case .failed(let status, _) = $0 { status } else { nil } }
}

/// The status with which a fresh connection refuses `text`, if nothing else happens.
func failure(_ text: String) -> Int? {
    let connection = Connection()
    let events = connection.receive(text)
    guard events.count == 1, let status = refusals(events).first, connection.sentStatuses() == [status],
        connection.shouldClose
    else {
        return nil
    }
    return status
}
