import Core
/// The address by which a client is judged: what one machine can have many of counts as one.
enum ClientAddress {
    /// Of IPv6 the first 64 bits, since one machine may use all addresses that begin with them (RFC 4291 §2.5.4);
    /// except of link-local addresses, whose first 64 bits are the same for all machines of a network. An IPv4 address
    /// in IPv6 form (`::ffff:192.0.2.1`) is the IPv4 address. Anything that is not an IPv6 address stays as it is.
    static func account(of address: String) -> String {
        // A zone (`%eth0`) says on which of our networks it is.
        let bare = address.prefix { $0 != "%" }
        guard let groups = groups(of: bare) else { return String(bare) }
        if groups.prefix(5).allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF {
            return [groups[6] >> 8, groups[6] & 0xFF, groups[7] >> 8, groups[7] & 0xFF].map(String.init).joined(
                separator: ".")
        }
        let isLinkLocal = groups[0] & 0xFFC0 == 0xFE80
        let isOurs = groups.prefix(7).allSatisfy { $0 == 0 }  // ::1
        if isLinkLocal || isOurs { return String(bare) }
        return groups.prefix(4).map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }

    /// The eight groups of an IPv6 address (RFC 4291 §2.2); nil: it is none.
    static func groups(of address: Substring) -> [UInt16]? {
        guard address.contains(":") else { return nil }
        let halves = address.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        let read = halves.map { half in
            half.isEmpty ? [] : half.split(separator: ":", omittingEmptySubsequences: false).flatMap(words)
        }
        let known = read.reduce(0) { $0 + $1.count }
        guard halves.count == 1 ? known == 8 : known < 8 else { return nil }
        let all = read[0] + Array(repeating: 0, count: 8 - known) + (read.count > 1 ? read[1] : [])
        return all.contains(-1) ? nil : all.map { UInt16($0) }
    }

    /// One group, or the two of an IPv4 address at the end; -1 stands for what is neither.
    private static func words(_ text: Substring) -> [Int] {
        let bytes = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0).map(Int.init) ?? -1 }
        if bytes.count == 4, !bytes.contains(-1) { return [bytes[0] << 8 | bytes[1], bytes[2] << 8 | bytes[3]] }
        return [UInt16(text, radix: 16).map(Int.init) ?? -1]
    }
}
