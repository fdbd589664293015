import Cuv
import Glibc

extension TCPConnection {
    /// Connects to `host` (a name or a numeric address), trying each of its addresses in the resolver's order.
    ///
    /// - Parameters:
    ///   - timeoutMicroseconds: for everything together, including the look-up of the name. An address that does not
    ///     answer gets its share of what is left, so that one dead address does not use up the time of the others.
    ///   - completion: called once, from the loop, never from within this call. The connection starts to read after
    ///     it. (If the loop stops while a name is looked up, it is not called.)
    /// - Returns: the attempt, for cancelling it; it need not be kept.
    @discardableResult
    public static func connect(
        host: String, port: Int, timeoutMicroseconds: Int64,
        completion: @escaping @LoopActor (Result<TCPConnection, EventLoopError>) -> Void
    ) -> PendingConnection {
        let pending = PendingConnection(
            host: host, port: port, timeoutMicroseconds: timeoutMicroseconds, completion: completion)
        EventLoop.post { pending.start() }
        return pending
    }
}

/// A connection that is being established.
@LoopActor
public final class PendingConnection {
    private let host: String
    private let port: Int
    private let timeout: Int64
    private let deadline: Int64
    private var completion: (@LoopActor (Result<TCPConnection, EventLoopError>) -> Void)?

    private var timer: Timer?
    private var lookup: UnsafeMutablePointer<uv_getaddrinfo_t>?
    private var attempt: Attempt?
    private var addresses: ArraySlice<SocketAddress> = []
    private var lastError: EventLoopError?

    init(
        host: String, port: Int, timeoutMicroseconds: Int64,
        completion: @escaping @LoopActor (Result<TCPConnection, EventLoopError>) -> Void
    ) {
        self.host = host
        self.port = port
        timeout = max(0, timeoutMicroseconds)
        deadline = EventLoop.uptimeMicroseconds + min(timeout, Limits.longestTimeoutMicroseconds)
        self.completion = completion
    }

    /// Gives up; the completion is called with ``EventLoopError/cancelled`` unless it was already called.
    public func cancel() {
        EventLoop.post { self.complete(.failure(.cancelled)) }
    }

    fileprivate func start() {
        guard completion != nil else { return }
        guard (1...65_535).contains(port), !host.utf8.contains(0) else {
            return complete(.failure(.cannotConnect(host: host, port: port, code: UVCode(UV_EINVAL))))
        }
        timer = Timer { [self] in attemptTimedOut() }
        if let address = SocketAddress(host: host, port: port) {
            addresses = [address]
            tryNext()
        } else {
            timer?.start(afterMicroseconds: deadline - EventLoop.uptimeMicroseconds)
            resolve()
        }
    }

    private func resolve() {
        let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let code = uv_getaddrinfo(
            EventLoop.running.uv, request,
            { request, status, list in
                let pending = Unmanaged<PendingConnection>.fromOpaque(request!.pointee.data).takeRetainedValue()
                request!.deallocate()
                pending.lookup = nil
                defer { uv_freeaddrinfo(list) }
                pending.resolved(status: status, list)
            }, host, nil, &hints)
        if code == 0 {
            lookup = request
        } else {
            Unmanaged<PendingConnection>.fromOpaque(request.pointee.data).release()
            request.deallocate()
            complete(.failure(.cannotResolve(host: host, code: UVCode(code))))
        }
    }

    private func resolved(status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
        guard completion != nil else { return }
        guard status == 0 else { return complete(.failure(.cannotResolve(host: host, code: UVCode(status)))) }
        let entries = sequence(first: list, next: { $0?.pointee.ai_next }).prefix { $0 != nil }
        addresses = entries.compactMap { $0.flatMap { SocketAddress($0.pointee, port: port) } }[...]
        lastError = .cannotResolve(host: host, code: UVCode(UV_EAI_NODATA))
        tryNext()
    }

    private func tryNext() {
        while let address = addresses.popFirst() {
            do {
                let attempt = try Attempt(self, address)
                self.attempt = attempt
                let left = deadline - EventLoop.uptimeMicroseconds
                timer?.start(afterMicroseconds: left / Int64(addresses.count + 1))
                return
            } catch {
                lastError = .cannotConnect(host: host, port: port, code: error)
            }
        }
        complete(.failure(lastError ?? .cannotResolve(host: host, code: UVCode(UV_EAI_NODATA))))
    }

    private func attemptTimedOut() {
        attempt?.abandon()
        attempt = nil
        lastError = .connectTimedOut(host: host, port: port, afterMicroseconds: timeout)
        if EventLoop.uptimeMicroseconds >= deadline { addresses = [] }
        tryNext()
    }

    fileprivate func attemptEnded(_ ended: Attempt, _ handle: Handle, status: Int32) {
        guard attempt === ended else { return }
        attempt = nil
        guard status == 0 else {
            handle.close()
            lastError = .cannotConnect(host: host, port: port, code: UVCode(status))
            return status == UV_ECANCELED.rawValue ? complete(.failure(.cancelled)) : tryNext()
        }
        let connection = TCPConnection(
            connected: handle, peer: SocketAddress.peer(of: handle.tcp)?.description ?? "unknown")
        complete(.success(connection))
        connection.begin()
    }

    private func complete(_ result: Result<TCPConnection, EventLoopError>) {
        guard let completion else { return }
        self.completion = nil
        timer = nil
        attempt?.abandon()
        attempt = nil
        // A look-up that a thread already works on cannot be stopped; its answer is then ignored.
        if let lookup { uv_cancel(UnsafeMutableRawPointer(lookup).assumingMemoryBound(to: uv_req_t.self)) }
        completion(result)
    }
}

/// One `connect` to one address.
@LoopActor
private final class Attempt: HandleOwner {
    private let pending: PendingConnection
    private var handle: Handle?

    init(_ pending: PendingConnection, _ address: SocketAddress) throws(UVCode) {
        self.pending = pending
        let handle = try Handle(uv_tcp_t.self, owner: self) { uv_tcp_init(EventLoop.running.uv, $0) }
        self.handle = handle
        let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let code = address.withPointer { address in
            uv_tcp_connect(request, handle.tcp, address) { request, status in
                let attempt = Unmanaged<Attempt>.fromOpaque(request!.pointee.data).takeRetainedValue()
                request!.deallocate()
                attempt.ended(status: status)
            }
        }
        guard code == 0 else {
            Unmanaged<Attempt>.fromOpaque(request.pointee.data).release()
            request.deallocate()
            handle.close()
            throw UVCode(code)
        }
    }

    private func ended(status: Int32) {
        guard let handle else { return }
        pending.attemptEnded(self, handle, status: status)
    }

    /// Closes the attempt, whose result is no longer wanted.
    func abandon() { handle?.close() }

    func loopStops() { handle?.close() }
    func handleClosed() { handle = nil }
}
