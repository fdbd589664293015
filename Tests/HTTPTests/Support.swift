import HTTP

extension Connection {
    func receive(_ text: String) -> [Event] { receive(Array(text.utf8)) }

    /// The engine's outgoing bytes, as text.
    func sent() -> String { String(decoding: takeOutgoing(), as: UTF8.self) }

    /// Only the status code of each answer that waits to be sent.
    func sentStatuses() -> [Int] {
        sent().components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
    }
}

extension String {
    func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}

/// A frame as a client sends it, masked with `mask`.
func clientFrame(
    _ firstByte: UInt8, _ payload: [UInt8], mask: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D], declaredLength: UInt64? = nil
)
    -> [UInt8]
{
    let length = declaredLength ?? UInt64(payload.count)
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    var frame = [firstByte]
    switch length {
    case ...125: frame.append(maskBit | UInt8(length))
    case ...0xFFFF: frame += [maskBit | 126, UInt8(length >> 8), UInt8(length & 0xFF)]
    default: frame += [maskBit | 127] + (0..<8).map { UInt8(length >> (56 - 8 * $0) & 0xFF) }
    }
    guard let mask else { return frame + payload }
    return frame + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
}

/// The handshake of RFC 6455 §1.3.
func handshake(
    version: String = "13", key: String = "dGhlIHNhbXBsZSBub25jZQ==", origin: String? = nil,
    host: String = "desk.example.it",
    method: String = "GET"
) -> String {
    let originField = origin.map { "Origin: \($0)\r\n" } ?? ""
    return "\(method) /desk HTTP/1.1\r\nHost: \(host)\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
        + "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: \(version)\r\n\(originField)\r\n"
}

/// SplitMix64: the same bytes in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
