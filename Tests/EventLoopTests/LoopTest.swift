import EventLoop
import Testing

/// Runs a test's body on the loop. (A test function that is isolated to the loop does not work: the testing library
/// inspects the tests in their isolation, before anything could start the loop.)
func onLoop(_ body: @LoopActor () async throws -> Void) async rethrows {
    EventLoop.startOnBackgroundThread()
    try await body()
}

/// A value that the loop will produce later, awaited by a test.
@LoopActor
final class Promise<Value: Sendable> {
    private var value: Value?
    private var waiter: CheckedContinuation<Value, Never>?
    private(set) var timesKept = 0

    func keep(_ value: Value) {
        timesKept += 1
        self.value = self.value ?? value
        waiter?.resume(returning: value)
        waiter = nil
    }

    func get() async -> Value {
        if let value { return value }
        return await withCheckedContinuation { waiter = $0 }
    }
}

/// A listener on a free port of 127.0.0.1 and the client's end of a connection to it; the server's end is handed to
/// `onConnection`.
@LoopActor
func connectedPair(
    onConnection: @escaping @LoopActor (TCPConnection) -> Void
) async throws -> (client: TCPConnection, listener: TCPListener) {
    let listener = try TCPListener(host: "127.0.0.1", port: 0, onConnection: onConnection)
    let client = try await connect(to: listener.port).get()
    return (client, listener)
}

@LoopActor
func connect(
    to port: Int, host: String = "127.0.0.1", timeoutMicroseconds: Int64 = 20_000_000
) async -> Result<TCPConnection, EventLoopError> {
    let connected = Promise<Result<TCPConnection, EventLoopError>>()
    TCPConnection.connect(host: host, port: port, timeoutMicroseconds: timeoutMicroseconds) { result in
        // The callbacks must be set before the first bytes; a test sets them later.
        if case .success(let connection) = result { connection.pauseReading() }
        connected.keep(result)
    }
    return await connected.get()
}
