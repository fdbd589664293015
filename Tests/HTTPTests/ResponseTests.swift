import HTTP
import Testing

@Suite("An HTTP connection answers")
struct ResponseTests {
    let connection = Connection()
    let get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test("and stays open")
    func keepAlive() {
        for _ in 0..<3 {
            #expect(connection.receive(get).count == 1)
            connection.respond(
                Response(
                    status: 200, headers: ["X": "y", "content-length": "99", "Transfer-Encoding": "chunked"],
                    body: Array("hi".utf8)))
            #expect(connection.sent() == "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nhi")
            #expect(!connection.shouldClose)
        }
    }

    @Test("HEAD, 204 and 304 without a body")
    func withoutBody() {
        _ = connection.receive("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + get + get)
        connection.respond(Response(status: 200, body: Array("hi".utf8)))
        connection.respond(.noContent)
        connection.respond(Response(status: 304, body: Array("hi".utf8)))
        #expect(
            connection.sent()
                == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n"
        )
    }

    @Test(
        "and closes if the peer asks for it, uses HTTP/1.0, or the answer says so",
        arguments: [
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
            "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        ])
    func closing(request: String) {
        #expect(paths(connection.receive(request + get)).first == "/")
        let asks = connection.unansweredRequests == 2
        connection.respond(Response(status: 200, headers: asks ? ["Connection": "close"] : [:]))
        #expect(connection.sent() == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        #expect(connection.shouldClose)
        #expect(connection.receive(get) == [])
        connection.respond(.noContent)  // a late answer is dropped
        #expect(connection.sent() == "")
    }

    @Test("pipelined requests in their order")
    func pipelining() {
        #expect(paths(connection.receive(String(repeating: get, count: 16))).count == 16)
        #expect(connection.unansweredRequests == 16)
        for index in 0..<16 { connection.respond(.text(200, "\(index)")) }
        #expect(
            connection.sent().components(separatedBy: "\r\n\r\n").dropFirst().map { $0.prefix { $0.isNumber } }
                == (0..<16).map { "\($0)" })
    }

    @Test("at most 16 at a time; requests before the fault are answered first")
    func tooMany() {
        let events = connection.receive(String(repeating: get, count: 18))
        #expect(paths(events).count == 16)
        #expect(refusals(events) == [503])
        for _ in 0..<15 { connection.respond(.noContent) }
        #expect(connection.sentStatuses() == Array(repeating: 204, count: 15))
        #expect(!connection.shouldClose)
        connection.respond(.noContent)
        #expect(connection.sentStatuses() == [204, 503])
        #expect(connection.shouldClose)
    }

    @Test("`100 Continue` only after the earlier answers")
    func continueInOrder() {
        _ = connection.receive(get + "PUT /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n")
        #expect(connection.sent() == "")
        connection.respond(.noContent)
        #expect(connection.sentStatuses() == [204, 100])
        #expect(paths(connection.receive("hi")) == ["/b"])
        connection.respond(.noContent)
        #expect(connection.sentStatuses() == [204])
    }

    @Test("no `100 Continue` if the body came unasked or the peer uses HTTP/1.0")
    func continueUnneeded() {
        _ = connection.receive(
            get + "PUT /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi")
        connection.respond(.noContent)
        connection.respond(.noContent)
        #expect(connection.sentStatuses() == [204, 204])
        _ = connection.receive("PUT /b HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(connection.sent() == "")
    }

    @Test("with values that cannot end their field")
    func injection() {
        _ = connection.receive(get)
        connection.respond(Response(status: 302, headers: ["Location": "/a\r\nSet-Cookie: b\0"]))
        #expect(connection.sent() == "HTTP/1.1 302 Found\r\nLocation: /a  Set-Cookie: b \r\nContent-Length: 0\r\n\r\n")
    }

    @Test("pages that run only their own scripts and can be framed only by our own")
    func page() {
        let headers = Response.html(200, []).headers
        #expect(headers.first("Content-Security-Policy")?.hasPrefix("default-src 'none';") == true)
        #expect(headers.first("X-Content-Type-Options") == "nosniff")
        #expect(headers.first("Referrer-Policy") == "no-referrer")
        #expect(headers.first("Cache-Control") == "no-store")
        #expect(
            String(decoding: Response.error(404, "no “x”\n").body, as: UTF8.self)
                == #"{"error":{"message":"no “x”\n","status":404}}"#)
    }
}

@Suite("An event stream")
struct EventStreamTests {
    let connection = Connection()

    @Test("begins with a head that no proxy buffers, and ends with the connection")
    func head() {
        let get = "GET /wallboard HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 41\r\n\r\n"
        _ = connection.receive(get + get)
        #expect(connection.openEventStream())
        #expect(
            connection.sent()
                == "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n"
                + "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n")
        #expect(!connection.shouldClose)
        #expect(connection.receive(get) == [])
        #expect(connection.sent() == "")
    }

    @Test("for HEAD is only its head")
    func headMethod() {
        _ = connection.receive("HEAD /wallboard HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(!connection.openEventStream())
        #expect(connection.shouldClose)
    }

    @Test("carries events as the standard writes them")
    func events() {
        #expect(
            ServerSentEvent.encode(id: 42, event: "change", data: Array("{\"a\":1}".utf8))
                == Array("id: 42\nevent: change\ndata: {\"a\":1}\n\n".utf8))
        #expect(
            ServerSentEvent.encode(data: Array("a\nb\r\nc\rid: 7\n".utf8))
                == Array("data: a\ndata: b\ndata: c\ndata: id: 7\ndata: \n\n".utf8))
        #expect(ServerSentEvent.comment() == Array(":\n\n".utf8))
        #expect(ServerSentEvent.comment("a\nb") == Array(": a\n: b\n\n".utf8))
    }
}
