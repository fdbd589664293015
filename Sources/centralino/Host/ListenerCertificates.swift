import EventLoop
import Edges
import TLS
import Time

/// Where a listener's certificate and its key are.
struct CertificateFiles: Equatable, Sendable {
    var certificate: String
    var key: String

    func context(for port: ClientPort) throws(TLSError) -> Context {
        try Context.server(certificateFile: certificate, keyFile: key, speaksHTTP: port == .http)
    }
}

extension Certificate {
    /// What an operator should know of a server's certificate that ends soon, or has ended; nil where there is time.
    func endWarning(at now: UnixTime) -> String? {
        guard let expires else { return nil }
        let seconds = expires - now.microseconds / 1_000_000
        guard seconds < ProgramLimits.certificateWarningSeconds else { return nil }
        let remedy = "Renew it, then have it read again: systemctl reload, or SIGHUP."
        if seconds <= 0 {
            return "the certificate of “\(subject)” ended on \(notAfter): browsers and desks refuse it. \(remedy)"
        }
        let days = seconds / 86_400
        return
            "the certificate of “\(subject)” ends on \(notAfter), in \(days == 1 ? "one day" : "\(days) days"). \(remedy)"
    }
}

/// The certificates of the listeners: read at the start, and again when asked. Connections keep the one with which they
/// were opened.
@LoopActor
final class ListenerCertificates {
    private struct Loaded {
        var files: CertificateFiles
        var context: Context
    }

    private var loaded: [ClientPort: Loaded] = [:]
    private var nextWarning: Int64 = 0

    init(_ files: [ClientPort: CertificateFiles] = [:]) throws(TLSError) {
        for port in ClientPort.allCases {
            guard let files = files[port] else { continue }
            loaded[port] = Loaded(files: files, context: try files.context(for: port))
        }
    }

    /// nil where the listener has no TLS.
    func context(of port: ClientPort) -> Context? { loaded[port]?.context }

    /// Reads every pair again. A pair that cannot be used is refused and reported, and its listener keeps the old one.
    func reload(at now: UnixTime) {
        for port in ClientPort.allCases {
            guard let old = loaded[port] else { continue }
            do throws(TLSError) {
                let context = try old.files.context(for: port)
                loaded[port]?.context = context
                let certificate = context.certificate
                let words = certificate.map { "“\($0.subject)”, until \($0.notAfter)" } ?? "“\(old.files.certificate)”"
                Log.write(.info, port.rawValue, "New connections get the certificate \(words).")
            } catch {
                Log.write(
                    .error, port.rawValue,
                    "The certificate was not replaced; the one before stays in use. \(error.textOfListener)")
            }
        }
        nextWarning = 0
        warn(at: now)
    }

    /// Logs what ends soon, once a day.
    func warn(at now: UnixTime) {
        let uptime = EventLoop.uptimeMicroseconds
        guard !loaded.isEmpty, uptime >= nextWarning else { return }
        nextWarning = uptime + ProgramLimits.certificateWarningMicroseconds
        for port in ClientPort.allCases {
            guard let text = loaded[port]?.context.certificate?.endWarning(at: now) else { continue }
            Log.write(.warning, port.rawValue, text.prefix(1).uppercased() + text.dropFirst())
        }
    }

    /// When each listener's certificate ends, in the order of the listeners.
    var ends: [HostReport.CertificateEnd] {
        ClientPort.allCases.compactMap { port in
            loaded[port]?.context.certificate?.expires.map {
                HostReport.CertificateEnd(port: port, at: UnixTime(seconds: $0))
            }
        }
    }
}

extension TLSError {
    /// In the words of a person who configures a listener; most other faults are a client's.
    var textOfListener: String {
        switch self {
        case .noCertificates(let path, let reason):
            "There is no usable certificate in “\(path)”: \(reason). certificate_file is PEM: the server's certificate first, then those between it and the root."
        default: "\(self)"
        }
    }
}

extension TLSError {
    /// In the words of a person who reads in the log that a client could not connect to a listener.
    var textOfClient: String {
        switch self {
        case .notTLS: "it does not speak TLS. Give its user the address with https:// (wss://)."
        case .protocolVersion: "it knows no version of TLS from 1.2 on. Bring its software up to date."
        case .refusedByPeer(let alert), .endedByPeer(let alert):
            "it ended the handshake with the alert “\(alert)”: it most likely does not trust the certificate, or wants another name in it."
        case .handshakeUnfinished(let time): "it did not finish the handshake in \(time.components.seconds) s."
        case .closedWithoutAnswer: "it closed the connection without a byte of TLS."
        case .closedDuringHandshake: "it closed the connection in the middle of the handshake, or others came instead."
        default: "\(self)"
        }
    }
}
