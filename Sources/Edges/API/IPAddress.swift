/// An address of the Internet protocol as a number, so that it can be compared with a network. An IPv4 address in IPv6
/// form (`::ffff:192.0.2.1`) is the IPv4 address.
struct IPAddress: Hashable, Sendable {
    /// 4 or 16.
    let bytes: [UInt8]

    /// nil for anything else, also for a name and for octal or short forms of IPv4, which readers understand
    /// differently. A zone (`%eth0`) is left out.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Limits.addressBytes else { return nil }
        let bare = Substring(text).prefix { $0 != "%" }
        if let bytes = Self.version4(bare) {
            self.bytes = bytes
            return
        }
        guard bare.utf8.allSatisfy(Self.isOfVersion6), let groups = ClientAddress.groups(of: bare) else { return nil }
        let all = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        bytes = groups.prefix(5).allSatisfy { $0 == 0 } && groups[5] == 0xFFFF ? Array(all.suffix(4)) : all
    }

    private static func version4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let bytes = parts.compactMap { part in
            part.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && (part.utf8.count == 1 || part.first != "0")
                ? UInt8(part) : nil
        }
        return bytes.count == 4 ? bytes : nil
    }

    private static func isOfVersion6(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }
}

/// An address or a network: `10.0.0.2`, `10.0.0.0/24`, `2001:db8::/32`.
public struct AddressRange: Equatable, Sendable {
    private let address: IPAddress
    private let bits: Int

    /// nil where the text is neither.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(parts[0]) else { return nil }
        self.address = address
        guard parts.count == 2 else {
            bits = address.bytes.count * 8
            return
        }
        guard parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let bits = Int(parts[1]),
            bits <= address.bytes.count * 8
        else { return nil }
        self.bits = bits
    }

    /// It leaves nobody out.
    public var isEverybody: Bool { bits == 0 }

    func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        for (index, (own, others)) in zip(address.bytes, other.bytes).enumerated() {
            let compared = min(UInt8.bitWidth, bits - index * UInt8.bitWidth)
            guard compared > 0 else { return true }
            if (own ^ others) >> UInt8(UInt8.bitWidth - compared) != 0 { return false }
        }
        return true
    }
}
