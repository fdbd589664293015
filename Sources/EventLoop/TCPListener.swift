import Cuv

/// Accepts TCP connections until it is closed; the loop keeps it alive.
///
/// A crowd that connects at once is accepted over several turns, a few connections in each, so that others have their
/// share.
@LoopActor
public final class TCPListener: HandleOwner {
    /// The port of the socket: the real one when 0 was requested.
    public private(set) var port: Int
    /// The kernel could not hand over a connection (`EMFILE`, `ECONNABORTED`, …); the listener goes on.
    public var onAcceptError: (@LoopActor (UVCode) -> Void)?

    /// How many connections are accepted in a turn; the others wait in the kernel for the next one.
    public var acceptsPerTurn = Limits.acceptsPerTurn

    private var handle: Handle?
    private var onConnection: (@LoopActor (TCPConnection) -> Void)?

    /// How many were accepted in the turn `turnOfAccepts`.
    private var accepts = 0
    private var turnOfAccepts: UInt64 = 0

    /// Listens on `host` (a numeric address or `localhost`) and `port` (0: any free one). Each connection is handed
    /// over before it starts to read, so that its callbacks can be set.
    ///
    /// - Parameter backlog: how many connections the kernel keeps until they are accepted.
    public init(
        host: String, port: Int, backlog: Int = 1024, onConnection: @escaping @LoopActor (TCPConnection) -> Void
    ) throws(EventLoopError) {
        guard let address = SocketAddress(host: host, port: port) else { throw .notAnAddress(host: host) }
        self.port = port
        self.onConnection = onConnection
        do throws(UVCode) {
            let handle = try Handle(uv_tcp_t.self, owner: self) { uv_tcp_init(EventLoop.running.uv, $0) }
            self.handle = handle
            var code = address.withPointer { uv_tcp_bind(handle.tcp, $0, 0) }
            if code == 0 {
                code = uv_listen(handle.stream, Int32(clamping: backlog)) { stream, status in
                    let listener: TCPListener? = Handle.owner(of: stream)
                    listener?.acceptInTurn(status: status)
                }
            }
            guard code == 0 else {
                handle.close()
                throw UVCode(code)
            }
            self.port = SocketAddress.local(of: handle.tcp)?.port ?? port
        } catch {
            throw .cannotListen(host: host, port: port, code: error)
        }
    }

    /// Accepts no further connections; those that were accepted stay open.
    public func close() {
        // What the closure held may be released with it and then use this very object: so not before the assignment
        // is over.
        let released = onConnection
        defer { withExtendedLifetime(released) {} }
        onConnection = nil
        handle?.close()
    }

    /// libuv offers the next connection as long as one waits. It stops when one is left unaccepted, until that one is
    /// accepted.
    private func acceptInTurn(status: Int32) {
        let turn = EventLoop.running.turn
        if turn != turnOfAccepts { (turnOfAccepts, accepts) = (turn, 0) }
        guard status != 0 || accepts < acceptsPerTurn else {
            return EventLoop.afterTurn { [self] in acceptInTurn(status: 0) }
        }
        accepts += 1
        accept(status: status)
    }

    private func accept(status: Int32) {
        guard status == 0, let handle, let onConnection else {
            if status != 0 { onAcceptError?(UVCode(status)) }
            return
        }
        do {
            let connection = try TCPConnection(acceptedFrom: handle)
            onConnection(connection)
            connection.begin()
        } catch {
            onAcceptError?(error)
        }
    }

    func loopStops() { close() }

    func handleClosed() {
        handle = nil
        onAcceptError = nil
    }
}
