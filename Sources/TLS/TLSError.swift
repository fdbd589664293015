/// Why there is no TLS with this peer, or no longer: the fault and the remedy.
///
/// `ca_file`, `server_name` and `tls` are keys of `[[switches]]` in the configuration.
public enum TLSError: Error, Equatable, Sendable {
    // The peer's certificate.
    case certificateExpired(Certificate)
    case certificateNotYetValid(Certificate)
    /// No trusted authority signed it; if `isSelfSigned`, it signed itself.
    case unknownAuthority(Certificate, isSelfSigned: Bool)
    case wrongName(expected: String, Certificate)
    case certificateRefused(Certificate, reason: String)

    // The handshake.
    case notTLS(beginning: String)
    case protocolVersion
    /// The peer refuses us, and says so with this alert.
    case refusedByPeer(alert: String)
    case closedWithoutAnswer
    case closedDuringHandshake
    case handshakeUnfinished(after: Duration)

    // The connection.
    /// The end came without a close_notify: somebody may have cut off the rest.
    case truncated
    case endedByPeer(alert: String)
    case violated(reason: String)

    // Our own side.
    case notAServerName(String)
    case fileUnreadable(path: String, reason: String)
    case noCertificates(path: String, reason: String)
    case noKey(path: String, reason: String)
    case keyOfAnotherCertificate(path: String, certificateFile: String)
    case openSSL(String)

    /// A fault of configuration, on either side: trying again at once cannot help.
    public var isConfigurationFault: Bool {
        switch self {
        case .certificateExpired, .certificateNotYetValid, .unknownAuthority, .wrongName, .certificateRefused, .notTLS,
            .protocolVersion,
            .refusedByPeer, .notAServerName, .fileUnreadable, .noCertificates, .noKey, .keyOfAnotherCertificate,
            .openSSL:
            true
        case .closedWithoutAnswer, .closedDuringHandshake, .handshakeUnfinished, .truncated, .endedByPeer, .violated:
            false
        }
    }
}

extension TLSError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .certificateExpired(let certificate):
            "The certificate of “\(certificate.subject)” expired on \(certificate.notAfter). Renew it on the switch (tlscertfile in manager.conf), or correct this machine's clock."
        case .certificateNotYetValid(let certificate):
            "The certificate of “\(certificate.subject)” is valid only from \(certificate.notBefore) on. Correct this machine's clock, or issue the certificate again."
        case .unknownAuthority(let certificate, isSelfSigned: true):
            "The certificate of “\(certificate.subject)” is signed by itself and not known here. If it is the right one, give it as ca_file."
        case .unknownAuthority(let certificate, isSelfSigned: false):
            "The certificate of “\(certificate.subject)” is signed by “\(certificate.issuer)”, whom nobody here trusts. Give that authority's certificate (PEM) as ca_file; the switch must send those in between."
        case .wrongName(let expected, let certificate) where certificate.names.isEmpty:
            "The certificate of “\(certificate.subject)” has no alternative names, and is not for “\(expected)”. Issue it with subjectAltName for that name or address, or give the name it is for as server_name."
        case .wrongName(let expected, let certificate):
            "The certificate is for \(certificate.names.map { "“\($0)”" }.joined(separator: ", ")), not for “\(expected)”. Give one of its names as server_name if this is the right switch, or issue it with subjectAltName for “\(expected)”."
        case .certificateRefused(let certificate, let reason):
            "The certificate of “\(certificate.subject)” is not accepted: \(reason). Issue it again (RSA of 2048 bits or more, SHA-256, for servers)."
        case .notTLS(let beginning) where beginning.hasPrefix("Asterisk Call Manager"):
            "This port speaks plain AMI: it began with “\(beginning)”. Give the port of tlsbindaddr in manager.conf (5039 is the default), or leave tls out."
        case .notTLS(let beginning):
            "This port does not speak TLS: it began with “\(beginning)”. Check host and port (tlsbindaddr in manager.conf; 5039 is the default)."
        case .protocolVersion:
            "The two sides have no version of TLS in common; older ones than 1.2 are not safe (RFC 8996). Set tlsdisablev12 = no in manager.conf, or bring the switch's OpenSSL up to date."
        case .refusedByPeer(let alert):
            "The other side ended TLS with the alert “\(alert)”. Its own log says why; ciphers, or a certificate that it wants or does not accept, are the usual reasons."
        case .closedWithoutAnswer:
            "The other side closed the connection without a byte of TLS. Is the switch starting or stopping, or does it refuse this host (deny and permit, TCP wrappers)?"
        case .closedDuringHandshake:
            "The other side closed the connection in the middle of the TLS handshake. Its own log says why."
        case .handshakeUnfinished(let time):
            "Connected, but the TLS handshake was not finished in \(time.components.seconds) s. Is this the TLS port (tlsbindaddr in manager.conf)?"
        case .truncated:
            "The connection ended without TLS's goodbye (close_notify): the other side died, or somebody cut it."
        case .endedByPeer(let alert):
            "The other side broke the connection off with TLS's alert “\(alert)”. Its own log says why."
        case .violated(let reason):
            "What arrived is not valid TLS: \(reason). Something between the two sides changes the bytes, or the other side is broken."
        case .notAServerName(let name):
            "“\(name)” is no host name or IP address that a certificate could be for. Give one as server_name (ASCII only: xn--… where it has other letters)."
        case .fileUnreadable(let path, let reason):
            "The file “\(path)” cannot be read: \(reason). Check the path and its permissions."
        case .noCertificates(let path, let reason):
            "There is no usable certificate in “\(path)”: \(reason). It must be PEM: -----BEGIN CERTIFICATE-----."
        case .noKey(let path, let reason):
            "There is no usable private key in “\(path)”: \(reason). It must be PEM and not encrypted: openssl pkey -in KEY -out PLAIN takes a password off."
        case .keyOfAnotherCertificate(let path, let certificateFile):
            "The key in “\(path)” is not that of the certificate in “\(certificateFile)”. Give the pair that belongs together."
        case .openSSL(let reason):
            "OpenSSL does not work here: \(reason). Check its installation and openssl.cnf."
        }
    }
}
