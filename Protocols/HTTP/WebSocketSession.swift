internal import NIOCore
internal import NIOWebSocket

/// A WebSocket after its handshake. NIO separates the frames; this class applies the rules between them (RFC 6455 §5,
/// §7). Text only, no extensions.
final class WebSocketSession {
    private enum State {
        case open
        /// Our close frame was sent; the peer's is awaited.
        case closing
        case closed
    }

    private let messageLimit: Int
    private let codec: CodecChannel<WebSocketFrameDecoder>
    private var state = State.open
    /// A text message whose last fragment has not arrived.
    private var fragments: [UInt8]?

    init(limits: Limits) {
        messageLimit = limits.messageBytes
        // A control frame has up to 125 bytes, whatever the limit for messages.
        codec = CodecChannel(WebSocketFrameDecoder(maxFrameSize: max(limits.messageBytes, Limits.controlFrameBytes)))
    }

    var isClosed: Bool { if case .closed = state { true } else { false } }

    var channel: any Channel { codec.channel }

    /// - Parameter outgoing: receives the answers: pongs and close frames.
    func receive(_ bytes: ArraySlice<UInt8>, outgoing: inout [UInt8]) -> [Connection.Event] {
        guard !isClosed else { return [] }
        let (frames, fault) = codec.decode(bytes)
        var events: [Connection.Event] = []
        do throws(Violation) {
            for frame in frames where !isClosed { try receive(frame, &events, &outgoing) }
            if let fault, !isClosed { throw Violation(fault) }
        } catch {
            if case .open = state { outgoing += WebSocketFrame.close(error.code, error.reason) }
            state = .closed
            events.append(.closed(code: error.code))
        }
        return events
    }

    /// Sends a close frame; the peer's answer comes as ``Connection/Event/closed(code:)``.
    func close(_ code: UInt16, _ reason: String, outgoing: inout [UInt8]) {
        guard case .open = state else { return }
        outgoing += WebSocketFrame.close(code, reason)
        state = .closing
    }

    private func receive(
        _ frame: NIOWebSocket.WebSocketFrame, _ events: inout [Connection.Event], _ outgoing: inout [UInt8]
    )
        throws(Violation)
    {
        guard frame.maskKey != nil else { throw Violation(1002, "a client's frames must be masked") }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { throw Violation(1002, "no extension was agreed") }
        let payload = Array(frame.unmaskedData.readableBytesView)
        switch frame.opcode {
        case .text:
            guard fragments == nil else { throw Violation(1002, "a message began within another") }
            fragments = []
            try append(payload, isLast: frame.fin, &events)
        case .continuation:
            guard fragments != nil else { throw Violation(1002, "nothing to continue") }
            try append(payload, isLast: frame.fin, &events)
        case .binary: throw Violation(1003, "only text messages are understood")
        case .ping:
            if case .open = state { outgoing += WebSocketFrame.pong(payload) }
        case .pong: break
        case .connectionClose: try receiveClose(payload, &events, &outgoing)
        default: throw Violation(1002, "unknown opcode")
        }
    }

    private func append(_ payload: [UInt8], isLast: Bool, _ events: inout [Connection.Event]) throws(Violation) {
        guard (fragments?.count ?? 0) + payload.count <= messageLimit else { throw .tooLarge }
        fragments?.append(contentsOf: payload)
        guard isLast, let message = fragments else { return }
        fragments = nil
        guard String(validating: message, as: UTF8.self) != nil else { throw .notUTF8 }
        if case .open = state { events.append(.text(message)) }
    }

    private func receiveClose(_ payload: [UInt8], _ events: inout [Connection.Event], _ outgoing: inout [UInt8])
        throws(Violation)
    {
        guard payload.count != 1 else { throw Violation(1002, "half a close code") }
        let code = payload.isEmpty ? nil : UInt16(payload[0]) << 8 | UInt16(payload[1])
        if let code {
            guard Self.mayBeSent(code) else { throw Violation(1002, "a close code that may not be sent") }
            guard String(validating: payload[2...], as: UTF8.self) != nil else { throw .notUTF8 }
        }
        if case .open = state { outgoing += code.map { WebSocketFrame.close($0) } ?? WebSocketFrame.emptyClose }
        state = .closed
        events.append(.closed(code: code))
    }

    /// RFC 6455 §7.4 with the later registrations 1012–1014. The codes 1005, 1006 and 1015 are never sent.
    private static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// The peer broke the protocol: the code and reason to send.
    private struct Violation: Error {
        var code: UInt16
        var reason: String

        static let tooLarge = Violation(1009, "the message is too large")
        static let notUTF8 = Violation(1007, "text must be UTF-8")

        init(_ code: UInt16, _ reason: String) {
            self.code = code
            self.reason = reason
        }

        init(_ fault: any Error) {
            switch fault as? NIOWebSocketError {
            case .invalidFrameLength: self = .tooLarge
            case .fragmentedControlFrame: self.init(1002, "a control frame may not be fragmented")
            case .multiByteControlFrameLength: self.init(1002, "a control frame has at most 125 bytes")
            case nil: self.init(1002, "not a WebSocket frame")
            }
        }
    }
}
