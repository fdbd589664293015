/// The client's side of one `text/event-stream`: the request to send, and the events in the answer. No socket, no
/// clock; everything that a server may make it store is bounded.
///
/// The body is read plain or `chunked`, because proxies chunk it. An answer other than `200 text/event-stream` ends it
/// with ``Fault/refused(status:)``, ``Fault/notAnEventStream(contentType:)`` or ``Fault/notHTTP``.
public struct EventStreamReader: Sendable {
    /// One dispatched event (HTML Living Standard §9.2.6).
    public struct Event: Equatable, Sendable {
        /// The last `id:` of the stream, this event's or an earlier one's.
        public var id: String?
        /// `message` if the server names no type.
        public var type: String
        public var data: [UInt8]

        public init(id: String? = nil, type: String = "message", data: [UInt8]) {
            self.id = id
            self.type = type
            self.data = data
        }
    }

    public enum Output: Equatable, Sendable {
        /// The server answered with a stream.
        case opened
        case event(Event)
        /// The end: nothing is read after it.
        case failed(Fault)
    }

    public enum Fault: Error, Equatable, Sendable {
        /// The input is not an answer of HTTP/1.1.
        case notHTTP
        /// Another status than 200, e.g. 401 without a token.
        case refused(status: Int)
        /// Status 200, but a page or a file.
        case notAnEventStream(contentType: String)
        /// A head, line, or event beyond the bounds.
        case tooLong
        /// The body's chunks are malformed.
        case badChunk
    }

    /// The limit for the head of the answer; servers stay below 8 KiB.
    public static let headBytes = 16 * 1024

    private enum State { case head, body(Framing), failed }
    private enum Framing { case plain, chunkSize, chunk(left: Int), chunkEnd }

    private let eventBytes: Int
    private var state = State.head
    private var buffer: [UInt8] = []
    private var line: [UInt8] = []
    private var isAfterCarriageReturn = false
    private var isFirstLine = true
    private var id: String?
    private var type = ""
    private var data: [UInt8] = []
    private var hasData = false

    /// `eventBytes` bounds one event with its lines; a wallboard's snapshot of a thousand queues and agents is below 1
    /// MB.
    public init(eventBytes: Int = Limits.eventBytes) { self.eventBytes = eventBytes }

    /// A `GET` for a stream. `host` is as in the `Host` field, with the port; `path` is already encoded. `lastEventID`
    /// is the id after which the stream continues; an id that cannot be written in a field is left out.
    /// - Precondition: no other argument contains a control character.
    public static func request(path: String, host: String, bearer: String? = nil, lastEventID: String? = nil) -> [UInt8]
    {
        let fields =
            ["Host: \(host)", "Accept: text/event-stream", "Cache-Control: no-store"]
            + (bearer.map { ["Authorization: Bearer \($0)"] } ?? [])
            + (lastEventID.flatMap { id in
                id.isEmpty || id.utf8.contains { $0 < 32 || $0 == 127 } ? nil : ["Last-Event-ID: \(id)"]
            } ?? [])
        let head = (["GET \(path) HTTP/1.1"] + fields).map { $0 + "\r\n" }
        precondition(
            head.allSatisfy { !$0.dropLast().utf8.contains { $0 < 32 || $0 == 127 } },
            "a field of a request is one line")
        return Array((head.joined() + "\r\n").utf8)
    }

    /// Takes bytes from the server, split anywhere.
    public mutating func receive(_ bytes: some Collection<UInt8>) -> [Output] {
        var outputs: [Output] = []
        do throws(Fault) {
            for byte in bytes {
                if case .failed = state { break }
                try take(byte, &outputs)
            }
        } catch {
            state = .failed
            buffer = []
            line = []
            data = []
            outputs.append(.failed(error))
        }
        return outputs
    }

    private mutating func take(_ byte: UInt8, _ outputs: inout [Output]) throws(Fault) {
        switch state {
        case .failed: break
        case .head:
            buffer.append(byte)
            // Another service may send anything, and perhaps no line end for a long time.
            if buffer.count <= 5, !"HTTP/".utf8.starts(with: buffer) { throw .notHTTP }
            guard buffer.count <= Self.headBytes else { throw .tooLong }
            guard byte == 0x0A, buffer.hasSuffix("\r\n\r\n") || buffer.hasSuffix("\n\n") else { return }
            state = .body(try readHead())
            buffer = []
            outputs.append(.opened)
        case .body(.plain): try takeStream(byte, &outputs)
        case .body(.chunkSize):
            guard byte == 0x0A else {
                buffer.append(byte)
                if buffer.count > Limits.chunkSizeBytes { throw .badChunk }
                return
            }
            // Extensions after a semicolon are ignored.
            let digits = String(decoding: buffer.prefix { $0 != UInt8(ascii: ";") && $0 != 0x0D }, as: UTF8.self)
            guard let size = Int(digits.trimmingBlanks(), radix: 16), size >= 0, size <= Int(Int32.max) else {
                throw .badChunk
            }
            buffer = []
            // The last chunk: the server closes next.
            state = size == 0 ? .failed : .body(.chunk(left: size))
        case .body(.chunk(let left)):
            state = .body(left == 1 ? .chunkEnd : .chunk(left: left - 1))
            try takeStream(byte, &outputs)
        case .body(.chunkEnd):
            if byte == 0x0A { state = .body(.chunkSize) } else if byte != 0x0D { throw .badChunk }
        }
    }

    private func readHead() throws(Fault) -> Framing {
        let lines = String(decoding: buffer, as: UTF8.self).split(whereSeparator: \.isNewline)
        let parts = lines.first?.split(separator: " ") ?? []
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), parts[1].utf8.count == 3, let status = Int(parts[1])
        else { throw .notHTTP }
        guard status == 200 else { throw .refused(status: status) }
        var headers = Headers()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers.append(String(line[..<colon]), String(line[line.index(after: colon)...].trimmingBlanks()))
        }
        let type = headers.first("Content-Type") ?? ""
        guard type.prefix(while: { $0 != ";" }).trimmingBlanks().equalsIgnoringCase("text/event-stream") else {
            throw .notAnEventStream(contentType: type)
        }
        return headers.contains(token: "chunked", in: "Transfer-Encoding") ? .chunkSize : .plain
    }

    // MARK: the stream's lines, ended by CR, LF or CRLF

    private mutating func takeStream(_ byte: UInt8, _ outputs: inout [Output]) throws(Fault) {
        if byte == 0x0A, isAfterCarriageReturn {
            isAfterCarriageReturn = false
            return
        }
        isAfterCarriageReturn = byte == 0x0D
        guard byte == 0x0A || byte == 0x0D else {
            guard line.count + data.count < eventBytes else { throw .tooLong }
            return line.append(byte)
        }
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstLine = false
        if line.isEmpty { dispatch(&outputs) } else { takeField() }
        line.removeAll(keepingCapacity: true)
    }

    private mutating func takeField() {
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "data":
            if hasData { data.append(0x0A) }
            hasData = true
            data += value
        case "id": if !value.contains(0) { id = String(decoding: value, as: UTF8.self) }
        case "event": type = String(decoding: value, as: UTF8.self)
        // A comment has an empty name. `retry` is ignored: we set the pace ourselves.
        default: break
        }
    }

    private mutating func dispatch(_ outputs: inout [Output]) {
        if hasData { outputs.append(.event(Event(id: id, type: type.isEmpty ? "message" : type, data: data))) }
        type = ""
        data = []
        hasData = false
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount
            && suffix(text.utf8CodeUnitCount).elementsEqual(
                UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

extension EventStreamReader.Fault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notHTTP: "The server there does not speak HTTP/1.1. Check the address and the port."
        case .refused(401), .refused(403): "The server requires a token, or rejects the one that was given."
        case .refused(404): "The server does not know this address. Is it another program's port?"
        case .refused(let status): "The server refused with status \(status)."
        case .notAnEventStream(let type):
            "The server answered with “\(type.prefix(Limits.quotedCharacters))” instead of a stream of events. Check the address."
        case .tooLong: "The server sent a longer piece than any stream of this kind has."
        case .badChunk: "The server's chunked encoding is broken; a proxy between may be the cause."
        }
    }
}
