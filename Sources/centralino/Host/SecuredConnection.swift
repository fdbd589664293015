import EventLoop
import TLS

/// TLS between a connection and its user: ciphertext below, plaintext above. The owner of the connection keeps this
/// beside it.
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
    /// Of a connection that we accepted: a handshake costs us more than its client, so it waits for its turn.
    private let turns: HandshakeTurns?
    private let onOpen: @LoopActor () -> Void
    private let onRead: @LoopActor ([UInt8]) -> Void

    /// Begins the handshake of a connection that we made. `onOpen` follows from the loop when the peer is known to be
    /// the right one, then `onRead`; if it is not, the connection closes, and ``ended(_:)`` says why.
    convenience init(
        _ connection: TCPConnection, serverName: String, caFile: String?, onOpen: @escaping @LoopActor () -> Void,
        onRead: @escaping @LoopActor ([UInt8]) -> Void
    ) {
        // Made for each connection, so that a renewed file is read without a restart.
        self.init(connection, turns: nil, onOpen: onOpen, onRead: onRead) { () throws(TLSError) in
            let context = try Context.client(authorities: caFile.map(Context.Authorities.file) ?? .system)
            return try Session(client: context, serverName: serverName)
        }
    }

    /// Waits for the handshake of a connection that we accepted; otherwise as above.
    convenience init(
        accepted connection: TCPConnection, _ context: Context, turns: HandshakeTurns,
        onOpen: @escaping @LoopActor () -> Void, onRead: @escaping @LoopActor ([UInt8]) -> Void
    ) {
        self.init(connection, turns: turns, onOpen: onOpen, onRead: onRead) { () throws(TLSError) in
            try Session(server: context)
        }
    }

    private init(
        _ connection: TCPConnection, turns: HandshakeTurns?, onOpen: @escaping @LoopActor () -> Void,
        onRead: @escaping @LoopActor ([UInt8]) -> Void, _ makeSession: () throws(TLSError) -> Session
    ) {
        self.connection = connection
        self.turns = turns
        self.onOpen = onOpen
        self.onRead = onRead
        do throws(TLSError) {
            let session = try makeSession()
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
        guard let turns, !hasOpened else { return take(session.receive(ciphertext)) }
        // Nothing more is read meanwhile, so nothing has to be kept.
        connection.pauseReading()
        turns.append { [weak self] in
            guard let self, connection.isOpen else { return }
            connection.resumeReading()
            take(session.receive(ciphertext))
        }
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
        if turns != nil, case .notTLS(let beginning) = error {
            connection.write(Self.answerToPlain(beginning))
        }
        connection.close(afterFlushing: true)
    }

    /// What a client that speaks without TLS to a port with it is told: it can read nothing else.
    private static func answerToPlain(_ beginning: String) -> [UInt8] {
        let text = "This port speaks TLS only. Use https:// (wss://) here; a program connects with TLS."
        guard beginning.contains(" HTTP/") || beginning.contains(" /") else { return Array((text + "\n").utf8) }
        return Array(
            "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: \(text.utf8.count + 1)\r\nConnection: close\r\n\r\n\(text)\n"
                .utf8)
    }
}
