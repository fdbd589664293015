import Core
import Edges
import EventLoop
import Foundation
import Gateway
import TLS
import Time

/// `[tls]`, and what `[http]`, `[desks]` and `[wallboards]` say about who may connect, and how.
extension ProgramConfiguration {
    // MARK: certificates

    /// `certificate_file` and `key_file` of a table; nil without them, or after a fault. Refuses the rest of `[tls]`.
    func readCertificate(_ tls: ConfigurationReader, _ secrets: SecretReader) -> CertificateFiles? {
        defer { tls.refuseTheRest() }
        return certificate(tls, secrets)
    }

    private func certificate(_ table: ConfigurationReader, _ secrets: SecretReader) -> CertificateFiles? {
        let (certificate, key) = (table.text("certificate_file"), table.text("key_file"))
        guard let certificate, let key else {
            if certificate != nil || key != nil {
                let (given, missing) =
                    key == nil ? ("certificate_file", "key_file") : ("key_file", "certificate_file")
                table.fault(given, "“\(missing)” is missing: a certificate and its key belong together.")
            }
            return nil
        }
        let files = CertificateFiles(certificate: secrets.path(certificate), key: secrets.path(key))
        do throws(TLSError) {
            let context = try files.context(for: .http)
            if let warning = context.certificate?.endWarning(at: UnixTime(microseconds: EventLoop.dateMicroseconds)) {
                table.warning("certificate_file", warning)
            }
            secrets.warnOfOpenFile(
                files.key, "the key in “\(key)”", remedy: "chmod o= \(key)", "key_file", table)
        } catch {
            let isOfKey: Bool =
                switch error {
                case .noKey, .keyOfAnotherCertificate: true
                case .fileUnreadable(let path, _): path == files.key
                default: false
                }
            table.fault(isOfKey ? "key_file" : "certificate_file", error.textOfListener)
        }
        return files
    }

    // MARK: who is in front

    mutating func readProxies(_ table: ConfigurationReader) {
        for text in table.texts("behind_proxy") ?? [] {
            guard let range = AddressRange(text) else {
                table.fault(
                    "behind_proxy",
                    "“\(text)” is no address, like \"10.0.0.2\", and no network, like \"10.0.0.0/24\".")
                continue
            }
            guard !range.isEverybody else {
                table.fault("behind_proxy", "“\(text)” is everybody: name only the proxy, whose word is believed.")
                continue
            }
            gateway.proxies.append(range)
        }
        if gateway.proxies.count > Self.mostProxies {
            table.fault("behind_proxy", "“behind_proxy” has \(Self.mostProxies) entries at most.")
        }
    }

    /// They are gone through for each request; a network stands for many.
    private static let mostProxies = 32

    mutating func readOrigins(_ table: ConfigurationReader) {
        for text in table.texts("origins") ?? [] {
            if let fault = Self.faultOfOrigin(text) {
                table.fault("origins", fault)
            } else {
                gateway.origins.append(text.lowercased())
            }
        }
        if let texts = table.texts("frame_ancestors") {
            for text in texts where text != "self" {
                if let fault = Self.faultOfOrigin(text) {
                    table.fault("frame_ancestors", "\(fault) \"self\" is the gateway itself.")
                }
            }
            // As the policy is written: 'self' in quotes of its own.
            gateway.frameAncestors = texts.map { $0 == "self" ? "'self'" : $0.lowercased() }
        }
        for (key, count) in [("origins", gateway.origins.count), ("frame_ancestors", gateway.frameAncestors.count)]
        where count > Self.mostOrigins {
            table.fault(key, "“\(key)” has \(Self.mostOrigins) entries at most.")
        }
    }

    /// They are compared with each request's, or sent with each page.
    private static let mostOrigins = 50

    /// An origin as browsers send it: a scheme, a host, a port where it is not the scheme's own (RFC 6454 §6.2).
    private static func faultOfOrigin(_ text: String) -> String? {
        let isPlain = text.lowercased().hasPrefix("http://")
        guard isPlain || text.lowercased().hasPrefix("https://"), !text.contains("*") else {
            return "“\(text)” is no origin like \"https://crm.example.it\": name each site in full, with its scheme."
        }
        let authority = text.dropFirst(isPlain ? 7 : 8)
        let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._:[]"))
        guard !authority.isEmpty, authority.utf8.allSatisfy({ $0 < 128 }),
            authority.unicodeScalars.allSatisfy(allowed.contains)
        else {
            return
                "“\(text)” has more than an origin: only scheme, host and port, as in \"https://crm.example.it:8443\"."
        }
        if isPlain,
            !["localhost", "127.0.0.1", "[::1]"].contains(authority.prefix { $0 != ":" || authority.first == "[" }),
            !authority.hasPrefix("[::1]")
        {
            return
                "“\(text)” can be forged by everybody on the way: it must begin with https:// (http:// only for localhost)."
        }
        if authority.hasSuffix(isPlain ? ":80" : ":443") {
            return
                "“\(text)” never comes from a browser, which leaves the scheme's own port out: leave it out here, too."
        }
        return nil
    }

    // MARK: listeners

    /// `listen`, and the listener's own certificate or else the common one. Refuses the rest of the table.
    mutating func readListener(
        _ port: ClientPort, _ table: ConfigurationReader, _ common: CertificateFiles?, _ secrets: SecretReader,
        default endpoint: Configuration.Endpoint?
    ) -> Configuration.Endpoint? {
        let own = certificate(table, secrets)
        let endpoint = Self.endpoint(table, default: endpoint)
        table.refuseTheRest()
        if endpoint != nil, let files = own ?? common {
            certificates[port] = files
            gateway.secured.insert(port)
        }
        return endpoint
    }

    private static func endpoint(_ table: ConfigurationReader, default endpoint: Configuration.Endpoint?)
        -> Configuration.Endpoint?
    {
        guard let text = table.text("listen") else { return endpoint }
        if text == "off" { return nil }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port),
            colon > text.startIndex
        else {
            table.fault("listen", "“\(text)” is not an address and port like \"127.0.0.1:8080\" (or \"off\").")
            return endpoint
        }
        let host = String(text[..<colon].filter { $0 != "[" && $0 != "]" })
        var address = in6_addr()
        guard host == "localhost" || inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
        else {
            table.fault(
                "listen",
                "“\(host)” is not a numeric address: 127.0.0.1, 0.0.0.0 (every IPv4), [::] (every address) or localhost."
            )
            return endpoint
        }
        return .init(host: host, port: port)
    }

    /// A port that is not on loopback must have TLS and require a token.
    func refuseOpenDoors(_ root: ConfigurationReader) {
        func refuse(_ section: String, _ text: String) { root.table(section).fault("listen", text) }
        func isOpen(_ endpoint: Configuration.Endpoint?, _ port: ClientPort) -> Bool {
            endpoint.map { !$0.isLoopback && !gateway.secured.contains(port) } ?? false
        }
        if let http = gateway.http {
            if gateway.wallboardToken == nil, !http.isLoopback || !gateway.proxies.isEmpty {
                let who =
                    http.isLoopback ? "a proxy brings others to \(http)" : "\(http) can be reached from other machines"
                refuse(
                    "http",
                    "\(who) and the wallboard has no token: give [wallboards] token_file, or listen on 127.0.0.1\(http.isLoopback ? " without behind_proxy" : "")."
                )
            }
            if isOpen(http, .http), gateway.proxies.isEmpty {
                refuse(
                    "http",
                    "\(http) can be reached from other machines without TLS: everybody on the way could read callers' numbers and tokens. Give [tls] certificate_file and key_file; or, behind a proxy that ends TLS, name its address in [http] behind_proxy; or listen on 127.0.0.1."
                )
            }
        }
        if let wallboards = gateway.wallboards, !wallboards.isLoopback {
            refuse(
                "wallboards",
                "\(wallboards) can be reached from other machines, and this port knows no tokens: listen on 127.0.0.1; others use HTTP."
            )
        }
        if let desks = gateway.desks, !desks.isLoopback {
            if gateway.deskToken == nil, gateway.agents.allSatisfy({ $0.token == nil }) {
                refuse(
                    "desks",
                    "\(desks) can be reached from other machines and the desks have no token: give [desks] token_file, or listen on 127.0.0.1."
                )
            }
            if isOpen(desks, .desks) {
                refuse(
                    "desks",
                    "\(desks) can be reached from other machines without TLS: everybody on the way could read callers' numbers and tokens. Give [tls] certificate_file and key_file, or listen on 127.0.0.1; desks behind a proxy use HTTP."
                )
            }
        }
        var taken: [Configuration.Endpoint: String] = [:]
        for (section, endpoint) in [
            ("http", gateway.http), ("desks", gateway.desks), ("wallboards", gateway.wallboards),
        ] {
            guard let endpoint, endpoint.port != 0 else { continue }
            if let other = taken[endpoint] { refuse(section, "\(endpoint) is taken by [\(other)].") }
            taken[endpoint] = section
        }
    }
}
