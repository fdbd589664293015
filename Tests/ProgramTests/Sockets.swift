import Foundation
import Synchronization
import Testing

/// Plain blocking sockets of 127.0.0.1, so that the program's peer is not made of the program's own parts.
enum Loopback {
    struct Failure: Error { var what: String, code = errno }

    static func connect(_ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard withAddress(port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            throw Failure(what: "connect to \(port)")
        }
        return descriptor
    }

    /// A listening socket and its port; 0 takes any.
    static func listen(_ port: Int = 0) throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        guard withAddress(port, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 16) == 0 else {
            close(descriptor)
            throw Failure(what: "listen")
        }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// A free port, to be known before somebody listens on it. It is below the range from which the system assigns
    /// ports (32768 and up); otherwise the system could assign it to somebody else.
    static func freePort() throws -> Int {
        while true {
            let candidate = lastPort.withLock { last in
                last = last >= 29_999 ? 20_000 : last + 1
                return last
            }
            guard let (descriptor, port) = try? listen(candidate) else { continue }
            close(descriptor)
            return port
        }
    }

    private static let lastPort = Mutex(20_000 + Int(getpid()) * 17 % 10_000)

    static func write(_ bytes: some Sequence<UInt8>, to descriptor: Int32) throws {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure(what: "write") }
            rest = rest.dropFirst(count)
        }
    }

    private static func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// A connection that speaks in lines: a desk, a wallboard, an HTTP client.
final class LineSocket {
    let lines: Lines
    private let descriptor: Int32

    init(_ port: Int) throws {
        descriptor = try Loopback.connect(port)
        lines = Lines(reading: fcntl(descriptor, F_DUPFD_CLOEXEC, 0))
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    func send(bytes: [UInt8]) throws { try Loopback.write(bytes, to: descriptor) }

    func send(_ text: String) throws { try Loopback.write(text.utf8, to: descriptor) }

    /// The first JSON object for which `isWanted` holds.
    func json(_ what: String, _ location: SourceLocation = #_sourceLocation, where isWanted: ([String: Any]) -> Bool)
        throws -> [String:
        Any]
    {
        let found = lines.first { line -> [String: Any]? in
            guard let object = object(line), isWanted(object) else { return nil }
            return object
        }
        return try #require(
            found, "\(what) never came; instead:\n\(lines.all.suffix(5).joined(separator: "\n"))",
            sourceLocation: location)
    }

    /// One request, answered and closed: the status and the body.
    static func request(_ port: Int, _ head: String, _ body: String = "") throws -> (status: Int, body: String) {
        let socket = try LineSocket(port)
        let length = head.hasPrefix("POST") ? "Content-Length: \(body.utf8.count)\r\n" : ""
        try socket.send("\(head)\r\nHost: 127.0.0.1\r\nConnection: close\r\n\(length)\r\n\(body)")
        let answer = socket.lines.untilEnd()
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        // Lines are split at LF, so a CR stays at each end. Thrown, so that a caller that retries may ignore it.
        guard let status = Int(answer.dropFirst("HTTP/1.1 ".count).prefix(3)) else {
            throw Loopback.Failure(what: "no HTTP: \(answer)")
        }
        return (status, parts.count > 1 ? String(parts[1]) : "")
    }
}

func object(_ line: String) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
}
