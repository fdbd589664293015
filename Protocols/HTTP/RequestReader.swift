internal import NIOCore
internal import NIOHTTP1

/// Bytes → requests, one at a time.
///
/// NIO's decoder does the parsing. This reader hands it the bytes in pieces that never reach beyond the end of a head or of a message, so that
/// the size of a head is known to the byte however the network cut it, and so that the bytes after a WebSocket handshake are still here to be
/// looked at. The cuts decide nothing about meaning: a head and a chunked body end with an empty line, so cutting after *every* empty line is
/// enough, and a cut too many is harmless.
final class RequestReader {
    enum Output {
        /// A head with a body to come whose sender waits for leave.
        case continueExpected
        case request(RequestHead)
        /// Nothing more can be read from this peer.
        case refused(Refusal)
    }

    private enum Phase {
        /// `bytes`: how much of the head is with the decoder.
        case head(bytes: Int)
        case body(RequestHead, missing: Int)
        /// `bytes`: what arrived for the body, framing included.
        case chunked(RequestHead, bytes: Int)
    }

    private let limits: Limits
    private var codec = CodecChannel(HTTPRequestDecoder())
    private var phase = Phase.head(bytes: 0)
    /// Beside the phase, so that appending to it copies nothing.
    private var body: [UInt8] = []
    /// Nothing but CR since the last LF.
    private var lineIsEmpty = true

    init(limits: Limits) { self.limits = limits }

    /// A request has begun and is not complete: what a slow peer would be timed out for.
    var isMidRequest: Bool {
        if case .head(bytes: 0) = phase { false } else { true }
    }

    /// Takes bytes off `input` up to those that give the next output; nil when all are taken and none came.
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
            // One byte beyond the limit, to see that it is passed.
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

    /// How many bytes there are up to the end of the first empty line, or in all.
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
            // After a message with Upgrade the decoder refuses further bytes, for they might be another protocol's. They are not: we upgrade to
            // nothing but WebSocket, and ignore other offers (curl's h2c).
            if head.request.headers.first("Upgrade") != nil { codec = CodecChannel(HTTPRequestDecoder()) }
            head.request.body = body
            body = []
            phase = .head(bytes: 0)
            lineIsEmpty = true
            return .request(head)
        case (.head, .body), (.head, .chunked), (.body, .head), (.end, .head):
            // The decoder and ``RequestHead`` would have to disagree on where a message ends. No bytes are known to do it; none may stop the program.
            throw Refusal(400, "The end of the request is in doubt.")
        }
    }

    private func checkSize() throws(Refusal) {
        switch phase {
        case .head(let bytes):
            guard bytes <= limits.headBytes else { throw .headTooLarge(limits) }
        case .body: break
        case .chunked(_, let bytes):
            // Chunks of one byte cost six; beyond that a peer hides bytes in chunk extensions and trailers.
            guard bytes <= 6 * limits.bodyBytes + limits.headBytes else { throw .bodyTooLarge(limits) }
        }
    }
}
