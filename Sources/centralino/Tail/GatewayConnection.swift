import EventLoop
import TLS

/// A connection to a gateway for the commands that ask one: with TLS where its address begins with https://.
@LoopActor
final class GatewayConnection {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    var onRead: (@LoopActor ([UInt8]) -> Void)?
    /// Called once, after the connection was open; with a reason if it broke, nil if the gateway ended it in order. Not
    /// after ``close()``.
    var onClose: (@LoopActor (String?) -> Void)?

    private let connection: TCPConnection
    private var secured: SecuredConnection?

    private init(_ connection: TCPConnection) { self.connection = connection }

    /// `completion` is called once, from the loop: when both sides may speak, or with a sentence for people.
    static func connect(
        _ source: WallboardFollower.Source, timeoutMicroseconds: Int64,
        completion: @escaping @LoopActor (Result<GatewayConnection, Failure>) -> Void
    ) {
        TCPConnection.connect(host: source.host, port: source.port, timeoutMicroseconds: timeoutMicroseconds) {
            result in
            switch result {
            case .failure(let error):
                completion(
                    .failure(
                        Failure(description: "\(error) Is the gateway running? Its address is given with --url.")))
            case .success(let connection):
                GatewayConnection(connection).start(source, completion)
            }
        }
    }

    private func start(
        _ source: WallboardFollower.Source,
        _ completion: @escaping @LoopActor (Result<GatewayConnection, Failure>) -> Void
    ) {
        var isOpen = false
        let onRead: @LoopActor ([UInt8]) -> Void = { [weak self] bytes in self?.onRead?(bytes) }
        // It keeps itself alive until the socket is closed.
        connection.onClose = { [self] reason in
            let fault = secured?.ended(reason)
            // The loop stops, or the gateway said goodbye and we closed our side.
            let isOurs = reason == .local && fault == nil && secured?.hasPeerClosed != true
            secured = nil
            let words = fault.map { $0.textOfCommand(source) } ?? Self.words(for: reason)
            if isOpen {
                if !isOurs { onClose?(words) }
            } else if !isOurs {
                completion(.failure(Failure(description: words ?? "\(source.address) closed the connection at once.")))
            }
            (self.onRead, onClose) = (nil, nil)
        }
        guard source.isSecure else {
            connection.onRead = onRead
            isOpen = true
            return completion(.success(self))
        }
        secured = SecuredConnection(
            connection, serverName: source.host, caFile: source.caFile,
            onOpen: { [weak self] in
                guard let self else { return }
                isOpen = true
                completion(.success(self))
            }, onRead: onRead)
    }

    func write(_ bytes: [UInt8]) {
        if let secured { secured.write(bytes) } else { connection.write(bytes) }
    }

    func close() {
        (onRead, onClose) = (nil, nil)
        secured?.sayGoodbye()
        connection.close()
    }

    private static func words(for reason: TCPConnection.CloseReason) -> String? {
        if case .error(let code) = reason { return "The connection broke: \(code) (\(code.name))." }
        return nil
    }
}

extension TLSError {
    /// In the words of a person who asks a gateway by a command, and can change its `--url` and `--ca-file`.
    func textOfCommand(_ source: WallboardFollower.Source) -> String {
        let place = "TLS with \(source.address)"
        switch self {
        case .certificateExpired(let certificate):
            return
                "\(place): the gateway's certificate “\(certificate.subject)” ended on \(certificate.notAfter). Renew it there, or correct this machine's clock."
        case .certificateNotYetValid(let certificate):
            return
                "\(place): the gateway's certificate “\(certificate.subject)” is valid only from \(certificate.notBefore) on. Correct this machine's clock."
        case .unknownAuthority(let certificate, let isSelfSigned):
            let whose = isSelfSigned ? "signed by itself" : "signed by “\(certificate.issuer)”"
            return
                "\(place): the certificate “\(certificate.subject)” is \(whose), and nobody here knows that. If it is the right one, give the authority's certificate (PEM) with --ca-file."
        case .wrongName(let expected, let certificate):
            let names =
                certificate.names.isEmpty ? "no name" : certificate.names.map { "“\($0)”" }.joined(separator: ", ")
            return
                "\(place): the certificate is for \(names), not for “\(expected)”. Give --url with a name that it is for."
        case .certificateRefused(let certificate, let reason):
            return "\(place): the certificate “\(certificate.subject)” is not accepted: \(reason)."
        case .notTLS(let beginning):
            return
                "\(place): this port does not speak TLS; it began with “\(beginning)”. Give --url with http:// or with another port."
        case .protocolVersion:
            return "\(place): the other side speaks no version of TLS from 1.2 on, or no TLS. Check the port of --url."
        case .fileUnreadable, .noCertificates:
            return "--ca-file: \(self)"
        case .notAServerName(let name):
            return "“\(name)” in --url is no name that a certificate could be for."
        case .handshakeUnfinished(let time):
            return "\(place): no handshake in \(time.components.seconds) s. Is this the port of the gateway's pages?"
        case .closedWithoutAnswer, .closedDuringHandshake:
            return "\(place): the connection was closed in the handshake. Is this the port of the gateway's pages?"
        default: return "\(place): \(self)"
        }
    }
}
