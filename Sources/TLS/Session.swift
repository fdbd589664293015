import COpenSSL

/// One side of one TLS connection (RFC 8446, RFC 5246), without a socket: the bytes that the network brought go in,
/// the bytes that it must carry come out.
///
/// Between two calls it keeps no more than one unfinished record or handshake message, which OpenSSL bounds.
/// Renegotiation is refused. Use it from one thread at a time.
public final class Session {
    public enum State: Equatable, Sendable {
        case handshaking
        /// Both sides know who the other is, as far as they asked.
        case established
        /// Our close_notify was sent, the peer's has not arrived; what still arrives is handed out.
        case closing
        /// Both sent a close_notify, or we did before the handshake was over.
        case closed
        case failed(TLSError)
    }

    /// What the caller must do, in this order.
    public struct Output: Equatable, Sendable {
        /// For the network; after a failure it is the alert for the peer.
        public var ciphertext: [UInt8] = []
        /// What the peer sent. What arrived before a failure is still valid.
        public var plaintext: [UInt8] = []
        /// The session is over: close the connection.
        public var failure: TLSError?

        /// Nothing to do.
        public init() {}
    }

    public private(set) var state = State.handshaking

    private let ssl: OpaquePointer
    /// Both belong to `ssl`.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// nil on a server's side.
    private let serverName: String?
    /// The peer's first bytes, until they are known to be TLS.
    private var beginning: [UInt8] = []
    private var isTLS = false
    fileprivate var certificateFault: TLSError?

    /// Our side of a connection that we made.
    ///
    /// - Parameter serverName: the host name or IP address that the peer's certificate must be issued for. A name is
    ///   also sent (SNI). A certificate without `subjectAltName` may have a host name as its common name.
    public convenience init(client context: Context, serverName: String) throws(TLSError) {
        try self.init(context, serverName: serverName)
        // The C API takes an empty name as “any”, and one that begins with a dot as “any in this domain”.
        let isName =
            !serverName.isEmpty && serverName.utf8.count <= Limits.serverNameBytes && !serverName.hasPrefix(".")
            && serverName.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
                    || $0 == UInt8(ascii: ":")
            }
        guard isName else { throw .notAServerName(serverName) }
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), serverName) != 1 {
            guard !serverName.contains(":"), SSL_set1_host(ssl, serverName) == 1,
                shim_SSL_set_tlsext_host_name(ssl, serverName) == 1
            else {
                throw .notAServerName(serverName)
            }
            SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        }
        SSL_set_connect_state(ssl)
    }

    /// Our side of a connection that we accepted.
    public convenience init(server context: Context) throws(TLSError) {
        try self.init(context, serverName: nil)
        SSL_set_accept_state(ssl)
    }

    private init(_ context: Context, serverName: String?) throws(TLSError) {
        ERR_clear_error()
        guard let ssl = SSL_new(context.pointer) else { throw .openSSL(OpenSSLError.takeReason()) }
        self.ssl = ssl
        self.serverName = serverName
        guard let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
            fatalError("out of memory")
        }
        self.incoming = incoming
        self.outgoing = outgoing
        SSL_set_bio(ssl, incoming, outgoing)
        // Index 0 is the application's (SSL_set_app_data).
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { SSL_free(ssl) }

    // MARK: what goes in

    /// Begins the handshake: a client speaks first.
    public func start() -> Output { receive([]) }

    /// Takes bytes from the network, split at any point. After the end they are ignored.
    public func receive(_ ciphertext: [UInt8]) -> Output {
        var output = Output()
        switch state {
        case .closed, .failed: return output
        case .handshaking, .established, .closing: break
        }
        ERR_clear_error()
        if !isTLS, !ciphertext.isEmpty {
            guard looksLikeTLS(ciphertext) else {
                fail(.notTLS(beginning: firstLine), &output)
                return output
            }
        }
        if !ciphertext.isEmpty {
            let taken = BIO_write(incoming, ciphertext, Int32(ciphertext.count))
            precondition(Int(taken) == ciphertext.count, "out of memory")
        }
        if state == .handshaking { shakeHands(&output) }
        if state == .established || state == .closing { read(&output) }
        output.ciphertext += takeOutgoing()
        return output
    }

    /// Encrypts. It must not be called before the handshake is over; after the end nothing is sent.
    public func send(_ plaintext: [UInt8]) -> Output {
        var output = Output()
        switch state {
        case .handshaking:
            preconditionFailure("nothing can be said before the handshake is over: wait for State.established")
        case .closing, .closed, .failed: return output
        case .established: break
        }
        guard !plaintext.isEmpty else { return output }
        ERR_clear_error()
        // A record at a time: the memory buffer keeps the size that it once had, and a wallboard's snapshot of a
        // megabyte would stay as large for each of its readers.
        plaintext.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: Int(SSL3_RT_MAX_PLAIN_LENGTH)) {
                let record = bytes[start..<min(bytes.count, start + Int(SSL3_RT_MAX_PLAIN_LENGTH))]
                var written = 0
                let result = SSL_write_ex(
                    ssl, UnsafeRawBufferPointer(rebasing: record).baseAddress, record.count, &written)
                // A memory buffer always takes everything, and without renegotiation a write never waits for a read.
                if result != 1 { return fail(problem(), &output) }
                output.ciphertext += takeOutgoing()
            }
        }
        output.ciphertext += takeOutgoing()
        return output
    }

    /// Sends a close_notify: the peer then knows that what was sent before is complete.
    public func close() -> Output {
        var output = Output()
        switch state {
        case .handshaking: state = .closed
        case .established:
            state = .closing
            ERR_clear_error()
            SSL_shutdown(ssl)
            output.ciphertext = takeOutgoing()
        case .closing, .closed, .failed: break
        }
        return output
    }

    /// The certificate that the peer presented; nil before that, and on the side of a server that requests none.
    public var peerCertificate: Certificate? {
        guard let certificate = SSL_get0_peer_certificate(ssl) else { return nil }
        return Certificate(certificate)
    }

    /// What both sides agreed to speak inside (ALPN); nil where nothing was agreed.
    public var agreedProtocol: String? {
        var (name, length) = (UnsafePointer<UInt8>?.none, UInt32(0))
        SSL_get0_alpn_selected(ssl, &name, &length)
        return name.map { String(decoding: UnsafeBufferPointer(start: $0, count: Int(length)), as: UTF8.self) }
    }

    /// Handles the network's end (a FIN). Returns what is wrong with it; nil if the peer or we had sent a
    /// close_notify.
    public func peerEnded() -> TLSError? {
        switch state {
        case .handshaking: state = .failed(beginning.isEmpty ? .closedWithoutAnswer : .closedDuringHandshake)
        case .established: state = .failed(.truncated)
        case .closing: state = .closed
        case .closed, .failed: break
        }
        if case .failed(let error) = state { return error }
        return nil
    }

    // MARK: how it goes on

    private func shakeHands(_ output: inout Output) {
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            state = .established
        } else if SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ {
            fail(problem(), &output)
        }
    }

    private func read(_ output: inout Output) {
        withUnsafeTemporaryAllocation(byteCount: Int(SSL3_RT_MAX_PLAIN_LENGTH), alignment: 1) { buffer in
            while true {
                var count = 0
                let result = SSL_read_ex(ssl, buffer.baseAddress, buffer.count, &count)
                if result == 1 {
                    output.plaintext.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    continue
                }
                switch SSL_get_error(ssl, result) {
                case SSL_ERROR_WANT_READ: return
                case SSL_ERROR_ZERO_RETURN:
                    // The peer has sent a close_notify; we answer it, unless we have already sent ours.
                    if state == .established { SSL_shutdown(ssl) }
                    state = .closed
                    return
                default: return fail(problem(), &output)
                }
            }
        }
    }

    private func fail(_ error: TLSError, _ output: inout Output) {
        state = .failed(error)
        output.failure = error
        ERR_clear_error()
    }

    private func takeOutgoing() -> [UInt8] {
        let count = BIO_ctrl_pending(outgoing)
        guard count > 0 else { return [] }
        return Array(unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = max(0, Int(BIO_read(outgoing, buffer.baseAddress, Int32(count))))
        }
    }

    /// What the call that has just failed means.
    private func problem() -> TLSError {
        if let certificateFault { return certificateFault }
        let reason = OpenSSLError.lastReason
        switch reason {
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_WRONG_SSL_VERSION, SSL_R_WRONG_VERSION_NUMBER, SSL_R_VERSION_TOO_LOW,
            SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            return state == .handshaking ? .protocolVersion : .violated(reason: OpenSSLError.takeReason())
        // SSL_AD_REASON_OFFSET: the alerts, by their numbers.
        case 1000...1255:
            let alert = String(cString: SSL_alert_desc_string_long(reason - 1000))
            // Since TLS 1.3 a server judges a client's certificate (alerts 42 to 49), or misses one (116), after the
            // client is done.
            let isRefusal = state == .handshaking || (1042...1049).contains(reason) || reason == 1116
            return isRefusal ? .refusedByPeer(alert: alert) : .endedByPeer(alert: alert)
        default: return .violated(reason: OpenSSLError.takeReason())
        }
    }

    // MARK: the peer's first bytes

    /// A record begins with its type (22 handshake, 21 alert) and the major version 3 (RFC 8446, 5.1).
    private func looksLikeTLS(_ ciphertext: [UInt8]) -> Bool {
        beginning += ciphertext.prefix(Limits.firstBytes - beginning.count)
        guard beginning[0] == 22 || beginning[0] == 21 else { return false }
        guard beginning.count > 1 else { return true }
        isTLS = beginning[1] == 3
        return isTLS
    }

    private var firstLine: String { printable(beginning.prefix { $0 != 10 && $0 != 13 }) }
}

extension Session {
    /// Receives OpenSSL's verdict on each certificate of the peer's chain. The details are only known in here, so
    /// they are noted at the first fault.
    static let onCertificateChecked: @convention(c) (Int32, OpaquePointer?) -> Int32 = { isGood, store in
        guard isGood != 1, let store,
            let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let session = SSL_get_ex_data(OpaquePointer(ssl), 0)
        else { return isGood }
        Unmanaged<Session>.fromOpaque(session).takeUnretainedValue().note(store)
        return isGood
    }

    private func note(_ store: OpaquePointer) {
        guard certificateFault == nil, let current = X509_STORE_CTX_get_current_cert(store) else { return }
        let certificate = Certificate(current)
        let code = X509_STORE_CTX_get_error(store)
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED: certificateFault = .certificateExpired(certificate)
        case X509_V_ERR_CERT_NOT_YET_VALID: certificateFault = .certificateNotYetValid(certificate)
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            certificateFault = .wrongName(expected: serverName ?? "", certificate)
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            certificateFault = .unknownAuthority(certificate, isSelfSigned: true)
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED:
            certificateFault = .unknownAuthority(certificate, isSelfSigned: false)
        default:
            certificateFault = .certificateRefused(
                certificate, reason: String(cString: X509_verify_cert_error_string(Int(code))))
        }
    }
}
