import HTTP

/// Who asks, where a proxy asks for others: what the proxy's `X-Forwarded-For` says.
///
/// Each proxy appends the address that it was asked from, and a client may have sent anything before: so the list is
/// read from its right end, and only as long as each address that is read is a known proxy's. The first other one is
/// the client's. (`Forwarded` of RFC 7239 is not read: nginx, HAProxy and Apache send this.)
struct ForwardedClient: Equatable {
    /// The client's address; the proxy's own where the proxy does not say.
    var address: String

    /// `peer`: a proxy that is believed.
    init(_ headers: Headers, from peer: String, proxies: [AddressRange]) {
        address = peer
        var read = 0
        for field in headers.all("X-Forwarded-For").reversed() {
            for entry in field.split(separator: ",").reversed() {
                read += 1
                // What is no address was not appended by a proxy that does its work: what precedes it is not believed.
                guard read <= Limits.forwardedHops, let hop = Self.address(entry), let parsed = IPAddress(hop) else {
                    return
                }
                address = String(hop)
                guard proxies.contains(where: { $0.contains(parsed) }) else { return }
            }
        }
    }

    /// Without blanks, brackets and a port (`192.0.2.1:4711`, `[2001:db8::1]:4711`).
    private static func address(_ entry: Substring) -> Substring? {
        let text = entry.drop { $0 == " " || $0 == "\t" }
        let bare = text.lastIndex { $0 != " " && $0 != "\t" }.map { text[...$0] } ?? ""
        if bare.first == "[" {
            return bare.firstIndex(of: "]").map { bare[bare.index(after: bare.startIndex)..<$0] }
        }
        // One colon only: an IPv6 address has more.
        guard let colon = bare.firstIndex(of: ":"), bare.lastIndex(of: ":") == colon else { return bare }
        return bare[..<colon]
    }
}
