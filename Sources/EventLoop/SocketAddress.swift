import Cuv
import Glibc

/// An IPv4 or IPv6 address with its port.
struct SocketAddress {
    private var storage = sockaddr_storage()

    private init() {}

    /// From a numeric address (`192.0.2.1`, `2001:db8::1`, `[::1]`) or `localhost`, which is 127.0.0.1; nil for
    /// anything else.
    init?(host: String, port: Int) {
        guard let port = Int32(exactly: port), (0...65_535).contains(port) else { return nil }
        var text = host == "localhost" ? "127.0.0.1" : host
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        // libuv and the C library read up to a zero byte; what follows it must not be ignored.
        guard !text.utf8.contains(0) else { return nil }
        let isParsed = withUnsafeMutableBytes(of: &storage) { bytes in
            uv_ip4_addr(text, port, bytes.baseAddress!.assumingMemoryBound(to: sockaddr_in.self)) == 0
                || uv_ip6_addr(text, port, bytes.baseAddress!.assumingMemoryBound(to: sockaddr_in6.self)) == 0
        }
        guard isParsed else { return nil }
    }

    /// From an answer of getaddrinfo; nil if it is neither IPv4 nor IPv6.
    init?(_ information: addrinfo, port: Int) {
        guard information.ai_family == AF_INET || information.ai_family == AF_INET6, let port = UInt16(exactly: port),
            let address = information.ai_addr, Int(information.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size
        else { return nil }
        withUnsafeMutableBytes(of: &storage) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(information.ai_addrlen)))
            // sin_port and sin6_port are at the same offset.
            bytes.storeBytes(
                of: port.bigEndian, toByteOffset: MemoryLayout<sockaddr_in>.offset(of: \.sin_port)!, as: UInt16.self)
        }
    }

    /// The far end of a connected socket; nil when it is already gone.
    static func peer(of tcp: UnsafeMutablePointer<uv_tcp_t>) -> SocketAddress? {
        read { uv_tcp_getpeername(tcp, $0, $1) }
    }
    /// The near end of a socket.
    static func local(of tcp: UnsafeMutablePointer<uv_tcp_t>) -> SocketAddress? {
        read { uv_tcp_getsockname(tcp, $0, $1) }
    }

    private static func read(_ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<Int32>) -> Int32)
        -> SocketAddress?
    {
        var address = SocketAddress()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutableBytes(of: &address.storage) {
            ask($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return code == 0 ? address : nil
    }

    var port: Int {
        withUnsafeBytes(of: storage) {
            Int(
                UInt16(
                    bigEndian: $0.load(
                        fromByteOffset: MemoryLayout<sockaddr_in>.offset(of: \.sin_port)!, as: UInt16.self)))
        }
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        withUnsafeBytes(of: storage) { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self)) }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `192.0.2.1:5038` or `[2001:db8::1]:5038`.
    var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN) + 1) { text in
            let isIPv6 = storage.ss_family == sa_family_t(AF_INET6)
            let code = withUnsafeBytes(of: storage) { bytes in
                isIPv6
                    ? uv_ip6_name(
                        bytes.baseAddress!.assumingMemoryBound(to: sockaddr_in6.self), text.baseAddress, text.count)
                    : uv_ip4_name(
                        bytes.baseAddress!.assumingMemoryBound(to: sockaddr_in.self), text.baseAddress, text.count)
            }
            guard code == 0 else { return "unknown" }
            let host = String(cString: text.baseAddress!)
            return isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
