import EventLoop
import TLS

/// TLS between a connection that we made and its user: ciphertext below, plaintext above. The owner of the connection
/// keeps this beside it.
@LoopActor
final class SecuredConnection {
    /// As long as the connection itself may take; no agent's card waits for either.
    private static let handshakeSeconds: Int64 = 10

    private(set) var hasOpened = false
    /// It ended the session in good order; the connection is being closed.
    private(set) var hasPeerClosed = false
    private let connection: TCPConnection
    private var session: Session?
    private var failure: TLSError?
    private var handshakeLimit: Timer?
    private let onOpen: @LoopActor () -> Void
    private let onRead: @LoopActor ([UInt8]) -> Void

    /// Begins the handshake. `onOpen` follows from the loop when the peer is known to be the right one, then `onRead`;
    /// if it is not, the connection closes, and ``ended(_:)`` says why.
    init(
        _ connection: TCPConnection, serverName: String, caFile: String?, onOpen: @escaping @LoopActor () -> Void,
        onRead: @escaping @LoopActor ([UInt8]) -> Void
    ) {
        self.connection = connection
        self.onOpen = onOpen
        self.onRead = onRead
        do throws(TLSError) {
            // Made for each connection, so that a renewed file is read without a restart.
            let context = try Context.client(authorities: caFile.map(Context.Authorities.file) ?? .system)
            let session = try Session(client: context, serverName: serverName)
            self.session = session
            connection.onRead = { [unowned self] in received($0) }
            let timer = Timer { [unowned self] in
                fail(.handshakeUnfinished(after: .seconds(Self.handshakeSeconds)))
                // It has waited long enough for this peer.
                connection.close()
            }
            timer.start(afterMicroseconds: Self.handshakeSeconds * 1_000_000)
            handshakeLimit = timer
            take(session.start())
        } catch {
            fail(error)
        }
    }

    var peerCertificate: Certificate? { session?.peerCertificate }

    func write(_ plaintext: [UInt8]) {
        guard hasOpened, let session else { return }
        take(session.send(plaintext))
    }

    /// So that the peer knows that nothing is missing. The owner closes the connection.
    func sayGoodbye() {
        if let session { connection.write(session.close().ciphertext) }
    }

    /// The connection is closed; what TLS has to say about it, if anything.
    func ended(_ reason: TCPConnection.CloseReason) -> TLSError? {
        handshakeLimit = nil
        if let failure { return failure }
        return reason == .peer ? session?.peerEnded() : nil
    }

    private func received(_ ciphertext: [UInt8]) {
        guard let session else { return }
        take(session.receive(ciphertext))
    }

    private func take(_ output: Session.Output) {
        connection.write(output.ciphertext)
        if !hasOpened, session?.state == .established || !output.plaintext.isEmpty {
            hasOpened = true
            handshakeLimit = nil
            onOpen()
        }
        // The greeting may have made the owner close it.
        guard connection.isOpen else { return }
        if !output.plaintext.isEmpty { onRead(output.plaintext) }
        if let failure = output.failure { return fail(failure) }
        if session?.state == .closed, connection.isOpen {
            hasPeerClosed = true
            connection.close(afterFlushing: true)
        }
    }

    private func fail(_ error: TLSError) {
        failure = failure ?? error
        handshakeLimit = nil
        connection.close(afterFlushing: true)
    }
}
