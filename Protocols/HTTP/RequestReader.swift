internal import NIOCore
internal import NIOHTTP1

/// Bytes → requests, one at a time.
///
/// NIO's decoder does the parsing. This reader passes it the bytes in pieces that never go beyond the end of a head or
/// of a message. So the size of a head is known to the byte however the network split it, and the bytes after a
/// WebSocket handshake remain here to be checked. The split points do not affect the meaning: a head and a chunked body
/// end with an empty line, so splitting after *every* empty line is enough, and an extra split is harmless.
final class RequestReader {
    enum Output {
        /// A head with a body to follow, whose sender waits for permission.
        case continueExpected
        case request(RequestHead)
        /// Nothing more can be read from this peer.
        case refused(Refusal)
    }

    private enum Phase {
        /// `bytes`: how much of the head the decoder has.
        case head(bytes: Int)
        case body(RequestHead, missing: Int)
        /// `bytes`: the bytes received for the body, framing included.
        case chunked(RequestHead, bytes: Int)
    }

    private let limits: Limits
    private var codec = CodecChannel(HTTPRequestDecoder())
    private var phase = Phase.head(bytes: 0)
    /// Separate from the phase, so that appending copies nothing.
    private var body: [UInt8] = []
    /// Only CR has come since the last LF.
    private var lineIsEmpty = true

    init(limits: Limits) { self.limits = limits }

    /// A request has begun and is not complete: a slow peer would time out.
    var isMidRequest: Bool {
        if case .head(bytes: 0) = phase { false } else { true }
    }

    /// Removes bytes from `input` up to those that give the next output; nil when all are used and there was none.
    func next(_ input: inout ArraySlice<UInt8>) -> Output? {
        while !input.isEmpty {
            let (parts, fault) = codec.decode(takePiece(&input))
            do throws(Refusal) {
                for part in parts {
                    if let output = try advance(part) { return output }
                }
                if let fault { throw Refusal(fault) }
                try checkSize()
            } catch {
                return .refused(error)
            }
        }
        return nil
    }

    private func takePiece(_ input: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let piece: ArraySlice<UInt8>
        switch phase {
        case .head(let bytes):
            // One byte beyond the limit shows that it is exceeded.
            piece = input.prefix(upToEmptyLine(input.prefix(limits.headBytes + 1 - bytes)))
            phase = .head(bytes: bytes + piece.count)
        case .body(let head, let missing):
            piece = input.prefix(missing)
            phase = .body(head, missing: missing - piece.count)
        case .chunked(let head, let bytes):
            piece = input.prefix(upToEmptyLine(input))
            phase = .chunked(head, bytes: bytes + piece.count)
        }
        input = input.dropFirst(piece.count)
        return piece
    }

    /// The number of bytes up to the end of the first empty line; all bytes if there is none.
    private func upToEmptyLine(_ bytes: ArraySlice<UInt8>) -> Int {
        for (offset, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "\n"):
                if lineIsEmpty { return offset + 1 }
                lineIsEmpty = true
            case UInt8(ascii: "\r"): break
            default: lineIsEmpty = false
            }
        }
        return bytes.count
    }

    private func advance(_ part: HTTPServerRequestPart) throws(Refusal) -> Output? {
        switch (part, phase) {
        case (.head(let original), .head):
            try checkSize()
            let head = try RequestHead(original, limits: limits)
            switch head.framing {
            case .none: phase = .body(head, missing: 0)
            case .length(let length): phase = .body(head, missing: length)
            case .chunked: phase = .chunked(head, bytes: 0)
            }
            return head.expectsContinue ? .continueExpected : nil
        case (.body(let buffer), .body), (.body(let buffer), .chunked):
            guard body.count + buffer.readableBytes <= limits.bodyBytes else { throw .bodyTooLarge(limits) }
            body += buffer.readableBytesView
            return nil
        case (.end, .body(var head, _)), (.end, .chunked(var head, _)):
            // After a message with Upgrade the decoder refuses further bytes, since they might be of another protocol.
            // Here they are not: we upgrade to nothing but WebSocket, and ignore other offers (curl's h2c).
            if head.request.headers.first("Upgrade") != nil { codec = CodecChannel(HTTPRequestDecoder()) }
            head.request.body = body
            body = []
            phase = .head(bytes: 0)
            lineIsEmpty = true
            return .request(head)
        case (.head, .body), (.head, .chunked), (.body, .head), (.end, .head):
            // The decoder and ``RequestHead`` would have to disagree on where a message ends. No bytes are known to
            // cause it, and none may stop the program.
            throw Refusal(400, "The end of the request is in doubt.")
        }
    }

    private func checkSize() throws(Refusal) {
        switch phase {
        case .head(let bytes):
            guard bytes <= limits.headBytes else { throw .headTooLarge(limits) }
        case .body: break
        case .chunked(_, let bytes):
            // Chunks of one byte cost six. Beyond that a peer hides bytes in chunk extensions and trailers.
            guard bytes <= 6 * limits.bodyBytes + limits.headBytes else { throw .bodyTooLarge(limits) }
        }
    }
}
