import COpenSSL
import Glibc

/// What the sessions of one kind have in common: the authorities that a client trusts, or the certificate that a
/// server presents.
///
/// Its files are read once, here. Make a new context to have changed files read again.
public final class Context: @unchecked Sendable {
    /// Whose signature on a certificate is trusted.
    public enum Authorities: Hashable, Sendable {
        /// The authorities of the operating system (Debian's package ca-certificates).
        case system
        /// Only the authorities in this PEM file. A server's own certificate may stand in it as well: it is then
        /// trusted as it is.
        case file(String)
    }

    /// Older versions are broken (RFC 8996) and not offered.
    public enum ProtocolVersion: Sendable {
        case tls12, tls13

        var code: Int32 {
            switch self {
            case .tls12: TLS1_2_VERSION
            case .tls13: TLS1_3_VERSION
            }
        }
    }

    // Sessions on any thread may use it: it no longer changes, and OpenSSL counts its references atomically.
    let pointer: OpaquePointer

    /// For connections that we make. The peer's certificate is always verified.
    public static func client(authorities: Authorities = .system, minimum: ProtocolVersion = .tls12) throws(TLSError)
        -> Context
    {
        let context = try Context(TLS_client_method(), minimum)
        SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, Session.onCertificateChecked)
        // An authority that the operator names is trusted even if it is not a root: its own issuer need not be in the
        // file.
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.pointer), UInt(X509_V_FLAG_PARTIAL_CHAIN))
        switch authorities {
        case .system:
            guard SSL_CTX_set_default_verify_paths(context.pointer) == 1 else {
                throw .openSSL(OpenSSLError.takeReason())
            }
        case .file(let path):
            try checkReadable(path)
            guard SSL_CTX_load_verify_locations(context.pointer, path, nil) == 1 else {
                throw .noCertificates(path: path, reason: OpenSSLError.takeReason(oldest: true))
            }
        }
        return context
    }

    /// For connections that we accept.
    ///
    /// - Parameters:
    ///   - certificateFile: PEM; the server's certificate first, then those of the authorities between it and the
    ///     root.
    ///   - keyFile: PEM, not encrypted.
    ///   - speaksHTTP: of what a client offers (ALPN, RFC 7301), `http/1.1` is chosen; a client that offers other
    ///     protocols only is refused, because what it says would be taken for HTTP (RFC 9325 §3.8).
    public static func server(
        certificateFile: String, keyFile: String, minimum: ProtocolVersion = .tls12, speaksHTTP: Bool = false
    ) throws(TLSError) -> Context {
        let context = try Context(TLS_server_method(), minimum)
        // In TLS 1.2 only what has forward secrecy and authenticates what it encrypts (RFC 9325 §4.2); 1.3 has no
        // others.
        guard SSL_CTX_set_cipher_list(context.pointer, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 else {
            throw .openSSL(OpenSSLError.takeReason())
        }
        if speaksHTTP { SSL_CTX_set_alpn_select_cb(context.pointer, chooseHTTP, nil) }
        try checkReadable(certificateFile)
        guard SSL_CTX_use_certificate_chain_file(context.pointer, certificateFile) == 1 else {
            throw .noCertificates(path: certificateFile, reason: OpenSSLError.takeReason(oldest: true))
        }
        try checkReadable(keyFile)
        // OpenSSL would ask for the password of an encrypted key on the terminal, and wait.
        SSL_CTX_set_default_passwd_cb(context.pointer) { _, _, _, _ in 0 }
        let mismatch = TLSError.keyOfAnotherCertificate(path: keyFile, certificateFile: certificateFile)
        guard SSL_CTX_use_PrivateKey_file(context.pointer, keyFile, SSL_FILETYPE_PEM) == 1 else {
            let reason = OpenSSLError.takeReason(oldest: true)
            throw reason == "key values mismatch" ? mismatch : .noKey(path: keyFile, reason: reason)
        }
        // A key of another kind (RSA, EC) than the certificate's was not compared above.
        guard SSL_CTX_check_private_key(context.pointer) == 1 else { throw mismatch }
        return context
    }

    /// The certificate that a server presents; nil for a client.
    public var certificate: Certificate? { SSL_CTX_get0_certificate(pointer).map(Certificate.init) }

    /// The client's list is of names with their lengths before them; the choice may point into it.
    private static let chooseHTTP: SSL_CTX_alpn_select_cb_func = { _, chosen, length, offered, count, _ in
        guard let chosen, let length, let offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        var index = 0
        while index < Int(count) {
            let (start, size) = (index + 1, Int(offered[index]))
            guard start + size <= Int(count) else { break }
            if UnsafeBufferPointer(start: offered + start, count: size).elementsEqual("http/1.1".utf8) {
                chosen.pointee = offered + start
                length.pointee = UInt8(size)
                return SSL_TLSEXT_ERR_OK
            }
            index = start + size
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }

    private init(_ method: OpaquePointer?, _ minimum: ProtocolVersion) throws(TLSError) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(method) else { throw .openSSL(OpenSSLError.takeReason()) }
        self.pointer = pointer
        guard shim_SSL_CTX_set_min_proto_version(pointer, minimum.code) == 1 else {
            throw .openSSL(OpenSSLError.takeReason())
        }
        // A peer could make us compute without end, and no telephone needs it.
        SSL_CTX_set_options(pointer, shim_SSL_OP_NO_RENEGOTIATION)
        // An idle connection releases its 34 KB of buffers.
        _ = shim_SSL_CTX_set_mode(pointer, Int(SSL_MODE_RELEASE_BUFFERS))
        // A server keeps no sessions of its clients; TLS tickets let them resume.
        _ = shim_SSL_CTX_set_session_cache_mode(pointer, Int(SSL_SESS_CACHE_OFF))
    }

    deinit { SSL_CTX_free(pointer) }

    /// Checked first, because OpenSSL's own words for a missing file are hard to read.
    private static func checkReadable(_ path: String) throws(TLSError) {
        guard !path.utf8.contains(0), let file = fopen(path, "r") else {
            throw .fileUnreadable(
                path: path,
                reason: path.utf8.contains(0) ? "there is a NUL in its name" : String(cString: strerror(errno)))
        }
        fclose(file)
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw .fileUnreadable(path: path, reason: "it is not a file")
        }
    }
}
