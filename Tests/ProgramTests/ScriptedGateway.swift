import Foundation
import Testing

/// A gateway's stream that sends what a test wants, and then hangs up.
final class ScriptedGateway {
    let port: Int
    private let listener: Int32

    init() throws { (listener, port) = try Loopback.listen() }

    func stop() { close(listener) }

    /// Accepts one connection, answers with these events and ends it; returns the head of the request.
    func answer(_ events: [(id: String, data: String)]) throws -> String {
        try exchange(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                + events.map { "id: \($0.id)\ndata: \($0.data)\n\n" }.joined())
    }

    /// Accepts one connection, gives one answer and ends it; returns the head of the request.
    func reply(_ status: String, _ json: String) throws -> String {
        try exchange(
            "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)")
    }

    private func exchange(_ answer: String) throws -> String {
        var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        try #require(poll(&waiting, 1, Int32(Lines.patience) * 1000) == 1, "nobody connected")
        let descriptor = accept(listener, nil, nil)
        defer { close(descriptor) }
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8), read(descriptor, &byte, 1) == 1 { head.append(byte) }
        try Loopback.write(answer.utf8, to: descriptor)
        return String(decoding: head, as: UTF8.self)
    }

    private static let at = "\"at\":\"2026-03-02T08:00:00.000Z\""
    static func snapshot(_ seq: Int) -> String {
        "{\"agents\":[],\(at),\"queues\":[],\"seq\":\(seq),\"since\":\"2026-03-02T08:00:00.000Z\",\"stream\":\"S\",\"switches\":[],\"type\":\"snapshot\"}"
    }
    static func change(_ seq: Int) -> String { "{\(at),\"seq\":\(seq),\"switches\":[],\"type\":\"change\"}" }
    static func heartbeat(_ seq: Int, resumed: Bool) -> String {
        "{\(at),\"resumed\":\(resumed),\"seq\":\(seq),\"stream\":\"S\",\"type\":\"heartbeat\"}"
    }
}
