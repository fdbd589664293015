import EventLoop
import Outbound

/// A small HTTP server that answers every request with the same bytes; it does not answer if `answer` returns nil.
@LoopActor
final class Receiver {
    private(set) var requests: [String] = []
    private(set) var connections = 0
    var onRequest: (@LoopActor () -> Void)?
    private var listener: TCPListener?

    init(answer: @escaping @LoopActor (_ port: Int) -> String?) throws {
        listener = try TCPListener(host: "127.0.0.1", port: 0) { [self] connection in
            connections += 1
            var received: [UInt8] = []
            connection.onRead = { [self] bytes in
                received += bytes
                while let end = Self.endOfRequest(received) {
                    requests.append(String(decoding: received[..<end], as: UTF8.self))
                    received.removeFirst(end)
                    onRequest?()
                    if let answer = answer(port) { connection.write(Array(answer.utf8)) }
                }
            }
        }
    }

    var port: Int { listener?.port ?? 0 }
    var url: String { "http://127.0.0.1:\(port)/" }
    func close() {
        listener?.close()
        onRequest = nil
    }

    /// Where the first request ends: head, blank line, and as many bytes as Content-Length says.
    private static func endOfRequest(_ bytes: [UInt8]) -> Int? {
        let text = String(decoding: bytes, as: UTF8.self)
        let head = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard head.count == 2 else { return nil }
        let line = head[0].split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
        let end = head[0].utf8.count + 4 + (line.flatMap { Int($0.dropFirst(16)) } ?? 0)
        return bytes.count >= end ? end : nil
    }
}

extension Outbound {
    /// One request, awaited.
    func post(
        _ url: String, _ headers: [(name: String, value: String)] = [], _ body: String = "{}",
        timeoutMicroseconds: Int64 = 20_000_000
    ) async -> Result<Answer, OutboundError> {
        let answer = Promise<Result<Answer, OutboundError>>()
        post(url: url, headers: headers, body: Array(body.utf8), timeoutMicroseconds: timeoutMicroseconds) {
            answer.keep($0)
        }
        return await answer.get()
    }
}

/// A value that the loop will produce later, awaited by a test.
@LoopActor
final class Promise<Value: Sendable> {
    private var value: Value?
    private var waiter: CheckedContinuation<Value, Never>?

    func keep(_ value: Value) {
        self.value = self.value ?? value
        waiter?.resume(returning: value)
        waiter = nil
    }

    func get() async -> Value {
        if let value { return value }
        return await withCheckedContinuation { waiter = $0 }
    }
}

/// Runs a test's body on the loop.
func onLoop(_ body: @LoopActor () async throws -> Void) async rethrows {
    EventLoop.startOnBackgroundThread()
    try await body()
}
