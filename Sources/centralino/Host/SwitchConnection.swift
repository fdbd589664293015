import EventLoop
import Core
import Edges
import Gateway
import TLS

/// A connection to one switch for the commands that are not the gateway, made as `run` makes it: with TLS where the
/// configuration says so.
@LoopActor
final class SwitchConnection {
    private let endpoint: Configuration.Endpoint
    private var connection: TCPConnection?
    private var secured: SecuredConnection?
    private var pending: PendingConnection?
    private let onOpen: @LoopActor () -> Void
    private let onRead: @LoopActor ([UInt8]) -> Void
    private let onEnd: @LoopActor (String) -> Void
    private var hasEnded = false

    /// `onEnd` is called once, with a sentence for people: when it cannot be opened, breaks, or is closed.
    init(
        _ endpoint: Configuration.Endpoint, onOpen: @escaping @LoopActor () -> Void,
        onRead: @escaping @LoopActor ([UInt8]) -> Void,
        onEnd: @escaping @LoopActor (String) -> Void
    ) {
        self.endpoint = endpoint
        self.onOpen = onOpen
        self.onRead = onRead
        self.onEnd = onEnd
    }

    func start() {
        pending = TCPConnection.connect(
            host: endpoint.host, port: endpoint.port, timeoutMicroseconds: ProgramLimits.connectMicroseconds
        ) {
            [unowned self] result in
            pending = nil
            switch result {
            case .success(let connection): adopt(connection)
            case .failure(let error): end("\(error)")
            }
        }
    }

    /// The switch's, once the connection is open with TLS.
    var peerCertificate: Certificate? { secured?.peerCertificate }

    func write(_ bytes: [UInt8]) {
        if let secured { secured.write(bytes) } else { connection?.write(bytes) }
    }

    func close() {
        pending?.cancel()
        secured?.sayGoodbye()
        connection?.close(afterFlushing: true)
    }

    private func adopt(_ connection: TCPConnection) {
        self.connection = connection
        connection.unsentLimit = Limits.unsentBytesPerSwitch
        connection.onClose = { [unowned self] reason in
            if let error = secured?.ended(reason) {
                end("TLS with \(connection.peer): \(error)")
            } else {
                end(Host.words(for: secured?.hasPeerClosed == true ? .peer : reason))
            }
        }
        guard case .tls(let serverName, let caFile) = endpoint.security else {
            connection.onRead = onRead
            return onOpen()
        }
        secured = SecuredConnection(connection, serverName: serverName, caFile: caFile, onOpen: onOpen, onRead: onRead)
    }

    private func end(_ reason: String) {
        guard !hasEnded else { return }
        hasEnded = true
        onEnd(reason)
    }
}
