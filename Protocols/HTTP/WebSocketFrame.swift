/// Frames from the server (RFC 6455 §5.2). They are unmasked, so they are encoded once and the same bytes go to every
/// subscriber.
public enum WebSocketFrame {
    /// A whole message. `payload` must be UTF-8.
    public static func text(_ payload: [UInt8]) -> [UInt8] { encode(0x1, payload) }

    public static let ping = encode(0x9, [])

    /// - Parameters:
    ///   - code: RFC 6455 §7.4.1, e.g. 1001 when the server stops.
    ///   - reason: for the peer's log; shortened to the 123 bytes that a control frame can hold.
    public static func close(_ code: UInt16, _ reason: String = "") -> [UInt8] {
        var text = Substring(reason)
        while text.utf8.count > Limits.closeReasonBytes { text.removeLast() }
        return encode(0x8, [UInt8(code >> 8), UInt8(code & 0xFF)] + text.utf8)
    }

    static func pong(_ payload: [UInt8]) -> [UInt8] { encode(0xA, payload) }

    /// The answer to a close frame without a code.
    static let emptyClose = encode(0x8, [])

    private static func encode(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = [0x80 | opcode]
        frame.reserveCapacity(payload.count + 10)
        switch payload.count {
        case ...Limits.controlFrameBytes: frame.append(UInt8(payload.count))
        case ...0xFFFF: frame += [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            frame.append(127)
            for shift in stride(from: 56, through: 0, by: -8) { frame.append(UInt8(payload.count >> shift & 0xFF)) }
        }
        return frame + payload
    }
}
