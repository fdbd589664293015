import HTTP
import Testing

@Suite("A reader of an event stream")
struct EventStreamReaderTests {
    typealias Event = EventStreamReader.Event
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n"

    private func read(_ text: String, cut size: Int = .max, eventBytes: Int = 1000) -> [EventStreamReader.Output] {
        var reader = EventStreamReader(eventBytes: eventBytes)
        var rest = Array(text.utf8)[...]
        var outputs: [EventStreamReader.Output] = []
        while !rest.isEmpty {
            outputs += reader.receive(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return outputs
    }

    private func event(_ text: String, id: String? = nil, type: String = "message") -> EventStreamReader.Output {
        .event(Event(id: id, type: type, data: Array(text.utf8)))
    }

    @Test("requests it as a browser would, with its token")
    func request() {
        #expect(
            String(
                decoding: EventStreamReader.request(path: "/v1/wallboard", host: "127.0.0.1:8080", bearer: "t"),
                as: UTF8.self)
                == "GET /v1/wallboard HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAccept: text/event-stream\r\nCache-Control: no-store\r\nAuthorization: Bearer t\r\n\r\n"
        )
    }

    @Test("requests to continue after an event, unless the event's id cannot be written in a field")
    func lastEventID() {
        func request(_ id: String?) -> String {
            String(decoding: EventStreamReader.request(path: "/", host: "x", lastEventID: id), as: UTF8.self)
        }
        #expect(request("01A-7").hasSuffix("\r\nLast-Event-ID: 01A-7\r\n\r\n"))
        for id in [nil, "", "1\r\nX: y"] {
            #expect(!request(id).contains("Last-Event-ID") && !request(id).contains("X: y"))
        }
    }

    @Test("reads what our server writes, however the network splits it", arguments: [1, 2, 3, 7, 64, 10_000])
    func roundTrip(size: Int) {
        let connection = Connection()
        _ = connection.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = connection.openEventStream()
        let bytes =
            connection.takeOutgoing() + ServerSentEvent.encode(id: 7, data: Array("{\"a\":\"è\"}".utf8))
            + ServerSentEvent.comment("still here")
            + ServerSentEvent.encode(event: "tick", data: Array("one\ntwo".utf8))
        #expect(
            read(String(decoding: bytes, as: UTF8.self), cut: size) == [
                .opened, event("{\"a\":\"è\"}", id: "7"), event("one\ntwo", id: "7", type: "tick"),
            ])
    }

    @Test("accepts CR, LF and CRLF as line ends, and ignores comments and unknown fields", arguments: [1, 5, 1000])
    func lines(size: Int) {
        let body =
            "\u{FEFF}data:a\r\rdata:  b\rdata\n\r\n: comment\r\nretry: 10\r\nnews: x\r\n\r\nid\ndata: c\r\ndata: d\r\n\r\n"
        #expect(read(head + body, cut: size) == [.opened, event("a"), event(" b\n"), event("c\nd", id: "")])
    }

    @Test("removes a proxy's chunks", arguments: [1, 4, 1000])
    func chunks(size: Int) {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: Chunked\r\n\r\n"
        let body = "6\r\ndata: \r\n3;x=y\r\nhi\n\r\nA\r\n\ndata: ho\n\r\n1\r\n\n\r\n0\r\n\r\n"
        #expect(read(head + body, cut: size) == [.opened, event("hi"), event("ho")])
        #expect(read(head + "zz\r\n", cut: size) == [.opened, .failed(.badChunk)])
        #expect(read(head + "-1\r\n", cut: size) == [.opened, .failed(.badChunk)])
        #expect(read(head + "1\r\naa", cut: size) == [.opened, .failed(.badChunk)])
        #expect(read(head + String(repeating: "0", count: 300), cut: size) == [.opened, .failed(.badChunk)])
    }

    @Test("reports why there is no stream")
    func refusals() {
        #expect(read("SSH-2.0-OpenSSH_9.2\r\n", cut: 1) == [.failed(.notHTTP)])
        #expect(read("HTTP/2 200\r\n\r\n") == [.failed(.notHTTP)])
        #expect(read("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}") == [.failed(.refused(status: 401))])
        #expect(
            read("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>") == [
                .failed(.notAnEventStream(contentType: "text/html"))
            ])
        #expect(read("HTTP/1.1 200 OK\n\n") == [.failed(.notAnEventStream(contentType: ""))])
    }

    @Test("stores no more than its bounds, and nothing after a fault")
    func bounds() {
        #expect(
            read("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: EventStreamReader.headBytes)) == [
                .failed(.tooLong)
            ])
        #expect(
            read(head + "data: " + String(repeating: "x", count: 1000) + "\n\ndata: more\n\n") == [
                .opened, .failed(.tooLong),
            ])
        #expect(
            read(head + String(repeating: "data: " + String(repeating: "x", count: 300) + "\n", count: 5)) == [
                .opened, .failed(.tooLong),
            ])
    }
}
