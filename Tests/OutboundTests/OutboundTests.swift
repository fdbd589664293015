import EventLoop
import Outbound
import Testing

@Suite("Outbound requests", .timeLimit(.minutes(1)))
struct OutboundTests {
    @Test("carry their headers and body, and bring back status and body")
    func exchange() async throws {
        try await onLoop {
            let receiver = try Receiver { _ in "HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\nfine" }
            let outbound = Outbound()
            let result = await outbound.post(
                "http://127.0.0.1:\(receiver.port)/hook?x=1", [("Content-Type", "application/json"), ("X-Empty", "")],
                #"{"a":1}"#)
            #expect(result == .success(.init(status: 202, body: Array("fine".utf8))))
            let request = try #require(receiver.requests.first)
            #expect(request.hasPrefix("POST /hook?x=1 HTTP/1.1\r\nHost: 127.0.0.1:\(receiver.port)\r\n"))
            for line in ["Content-Type: application/json", "X-Empty:", "Content-Length: 7"] {
                #expect(request.contains("\r\n\(line)\r\n"))
            }
            #expect(!request.contains("Expect:"))
            #expect(request.hasSuffix("\r\n\r\n" + #"{"a":1}"#))
            outbound.close()
            receiver.close()
        }
    }

    @Test("do not follow a redirect")
    func redirect() async throws {
        try await onLoop {
            let receiver = try Receiver { port in
                "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:\(port)/elsewhere\r\nContent-Length: 0\r\n\r\n"
            }
            let outbound = Outbound()
            #expect(await outbound.post(receiver.url) == .success(.init(status: 307, body: [])))
            #expect(receiver.requests.count == 1)
            outbound.close()
            receiver.close()
        }
    }

    @Test("are ended when the answer is too long", arguments: [(65_536, true), (65_537, false)])
    func longAnswer(bytes: Int, isTaken: Bool) async throws {
        try await onLoop {
            let receiver = try Receiver { _ in
                "HTTP/1.1 200 OK\r\nContent-Length: \(bytes)\r\n\r\n" + String(repeating: "x", count: bytes)
            }
            let outbound = Outbound()
            let result = await outbound.post(receiver.url)
            if isTaken {
                #expect(try result.get().body.count == bytes)
            } else {
                #expect(result == .failure(.answerTooLong(url: receiver.url, limitBytes: 65_536)))
            }
            outbound.close()
            receiver.close()
        }
    }

    @Test("end when there is no answer in time")
    func timeout() async throws {
        try await onLoop {
            let receiver = try Receiver { _ in nil }
            let outbound = Outbound()
            let result = await outbound.post(receiver.url, timeoutMicroseconds: 100_000)
            #expect(result == .failure(.timedOut(url: receiver.url, afterMicroseconds: 100_000)))
            outbound.close()
            receiver.close()
        }
    }

    @Test("report that nobody listens")
    func refused() async {
        await onLoop {
            let outbound = Outbound()
            // Nobody listens on port 1 of loopback.
            guard case .failure(.failed(_, 7, _)) = await outbound.post("http://127.0.0.1:1/") else {
                Issue.record("it was answered")
                return
            }
            outbound.close()
        }
    }

    @Test(
        "refuse a URL that is not http or https",
        arguments: [
            "", "file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1:80", "http://a b/", "http://a/\r\nX: y",
            "gopher://127.0.0.1",
        ])
    func unusableURL(url: String) async {
        await onLoop {
            let outbound = Outbound()
            #expect(await outbound.post(url) == .failure(.unusableURL(url)))
            outbound.close()
        }
    }

    @Test(
        "refuse a header that would smuggle another one in",
        arguments: [("X-A", "b\r\nX-C: d"), ("X-A: b\r\nX-C", "d"), ("", "b"), ("X A", "b"), ("X-A", "b\u{0}")])
    func unusableHeader(name: String, value: String) async {
        await onLoop {
            let outbound = Outbound()
            #expect(
                await outbound.post("http://127.0.0.1:1/", [(name, value)]) == .failure(.unusableHeader(name: name)))
            outbound.close()
        }
    }

    @Test("are eight at once, a thousand waiting, and no more; all are completed when it closes")
    func bounds() async throws {
        try await onLoop {
            let receiver = try Receiver { _ in nil }
            let outbound = Outbound()
            let full = Promise<Bool>()
            receiver.onRequest = { if receiver.requests.count == 8 { full.keep(true) } }
            let told = Promise<Int>()
            var closed = 0
            for _ in 0..<8 {
                outbound.post(url: receiver.url, body: [1], timeoutMicroseconds: 20_000_000) {
                    if $0 == .failure(.closed) { closed += 1 }
                }
            }
            #expect(await full.get())
            for _ in 0..<1000 {
                outbound.post(url: receiver.url, body: [1], timeoutMicroseconds: 20_000_000) { result in
                    if result == .failure(.closed) { closed += 1 }
                    if closed == 1008 { told.keep(closed) }
                }
            }
            #expect(await outbound.post(receiver.url) == .failure(.tooManyWaiting(limit: 1000)))
            #expect(receiver.requests.count == 8)
            outbound.close()
            #expect(await told.get() == 1008)
            #expect(await outbound.post(receiver.url) == .failure(.closed))
            receiver.close()
        }
    }

    @Test("all get their answers, though more wait than are sent at once")
    func many() async throws {
        try await onLoop {
            let receiver = try Receiver { _ in "HTTP/1.1 204 No Content\r\n\r\n" }
            let outbound = Outbound()
            let done = Promise<Int>()
            var answered = 0
            for _ in 0..<200 {
                outbound.post(url: receiver.url, body: Array("{}".utf8), timeoutMicroseconds: 20_000_000) { result in
                    if result == .success(.init(status: 204, body: [])) { answered += 1 }
                    if receiver.requests.count == 200, answered == 200 { done.keep(answered) }
                }
            }
            #expect(await done.get() == 200)
            #expect(receiver.connections <= 8, "connections are used again")
            outbound.close()
            receiver.close()
        }
    }
}
