import EventLoop
import Glibc
import Testing

@Suite("Connecting and listening", .timeLimit(.minutes(1)))
struct ConnectingTests {
    @Test("names host, port and EADDRINUSE when the address is in use")
    func addressInUse() async throws {
        try await onLoop {
            let first = try TCPListener(host: "127.0.0.1", port: 0) { _ in }
            let error = #expect(throws: EventLoopError.self) {
                try TCPListener(host: "127.0.0.1", port: first.port) { _ in }
            }
            guard case .cannotListen(host: "127.0.0.1", port: first.port, let code) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(code.name == "EADDRINUSE")
            let text = error?.description ?? ""
            #expect(text.contains("127.0.0.1:\(first.port)") && text.contains("EADDRINUSE"))
            first.close()
        }
    }

    @Test("listens on numeric addresses and localhost, and on nothing else")
    func addresses() async throws {
        try await onLoop {
            for host in ["127.0.0.1", "localhost", "0.0.0.0"] {
                let listener = try TCPListener(host: host, port: 0) { _ in }
                #expect(listener.port > 0)
                listener.close()
            }
            for host in ["example.org", "", "127.0.0.1\u{0}x", "1.2.3"] {
                #expect(throws: EventLoopError.notAnAddress(host: host)) {
                    try TCPListener(host: host, port: 0) { _ in }
                }
            }
            #expect(throws: EventLoopError.notAnAddress(host: "127.0.0.1")) {
                try TCPListener(host: "127.0.0.1", port: 70_000) { _ in }
            }
        }
    }

    @Test("resolves names")
    func name() async throws {
        try await onLoop {
            let listener = try TCPListener(host: "127.0.0.1", port: 0) { _ in }
            // Spelled differently from our `localhost`, so it goes to the resolver, which may answer ::1 first, where
            // nobody listens.
            let connection = try await connect(to: listener.port, host: "LocalHost").get()
            #expect(connection.peer == "127.0.0.1:\(listener.port)")
            connection.close()
            listener.close()
        }
    }

    @Test("reports that the connection was refused, where, and what to check")
    func refused() async throws {
        try await onLoop {
            let listener = try TCPListener(host: "127.0.0.1", port: 0) { _ in }
            let port = listener.port
            let freed = Promise<Bool>()
            listener.close()
            let timer = Timer { freed.keep(true) }
            timer.start(afterMicroseconds: 0)
            _ = await freed.get()
            guard case .failure(let error) = await connect(to: port),
                case .cannotConnect(host: "127.0.0.1", port: port, let code) = error
            else {
                Issue.record("the connection was made")
                return
            }
            #expect(code.name == "ECONNREFUSED")
            #expect(error.description.contains("check the port"))
        }
    }

    @Test("reports that a name is unknown")
    func unknownHost() async {
        await onLoop {
            let result = await connect(to: 80, host: "nobody.invalid")
            guard case .failure(.cannotResolve(host: "nobody.invalid", _)) = result else {
                Issue.record("\(result)")
                return
            }
        }
    }

    @Test(
        "refuses impossible ports and names",
        arguments: [(0, "127.0.0.1"), (65_536, "127.0.0.1"), (-1, "127.0.0.1"), (80, "a\u{0}b")])
    func impossible(port: Int, host: String) async {
        guard case .failure(.cannotConnect(_, port, let code)) = await connect(to: port, host: host) else {
            Issue.record("a connection was made")
            return
        }
        #expect(code.name == "EINVAL")
    }

    @Test("gives up when the peer does not answer in time")
    func timeout() async throws {
        try await onLoop {
            let silent = try SilentPeer()
            let start = EventLoop.uptimeMicroseconds
            let result = await connect(to: silent.port, timeoutMicroseconds: 200_000)
            guard
                case .failure(.connectTimedOut(host: "127.0.0.1", port: silent.port, afterMicroseconds: 200_000)) =
                    result
            else {
                Issue.record("\(result)")
                return
            }
            #expect(EventLoop.uptimeMicroseconds - start >= 200_000)
        }
    }

    @Test("can be cancelled, and reports that once")
    func cancellation() async throws {
        try await onLoop {
            let silent = try SilentPeer()
            let cancelled = Promise<Bool>()
            let pending = TCPConnection.connect(host: "127.0.0.1", port: silent.port, timeoutMicroseconds: 20_000_000) {
                result in
                if case .failure(.cancelled) = result { cancelled.keep(true) } else { cancelled.keep(false) }
            }
            pending.cancel()
            pending.cancel()
            #expect(await cancelled.get())
            #expect(cancelled.timesKept == 1)
        }
    }
}

/// A listening socket whose queue is full: Linux then drops further SYNs, as a firewall would.
private final class SilentPeer {
    let port: Int
    private var descriptors: [Int32] = []

    init() throws {
        func tcp() -> Int32 {
            socket(
                AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        func withAddress(_ body: (UnsafeMutablePointer<sockaddr>) -> Int32) -> Int32 {
            withUnsafeMutableBytes(of: &address) { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self)) }
        }
        let listener = tcp()
        try #require(withAddress { bind(listener, $0, size) } == 0)
        try #require(listen(listener, 0) == 0)
        var length = size
        try #require(withAddress { getsockname(listener, $0, &length) } == 0)
        port = Int(UInt16(bigEndian: address.sin_port))
        descriptors = [listener]
        for _ in 0..<4 {
            let client = tcp()
            _ = withAddress { connect(client, $0, size) }
            descriptors.append(client)
        }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}

/// How many descriptors this process has open.
func openDescriptors() -> Int {
    guard let folder = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count
}
