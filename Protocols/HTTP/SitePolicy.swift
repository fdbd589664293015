/// What pages of other sites may do here through a visitor's browser, and what browsers are told with every answer.
///
/// A browser lets any site's page send requests to us, with the visitor's cookies, and reports whose page it was
/// (`Origin`). Programs send no `Origin`. The rule stands in this one place, before every route:
///
/// | asked by | safe methods | other methods | WebSocket |
/// |---|---|---|---|
/// | a program, or our own page | answered | answered | accepted |
/// | a page of a listed origin | answered, and readable for it (CORS) | the same | accepted |
/// | a page of another site | answered, but its browser keeps the answer from it | 403 | 403 |
public struct SitePolicy: Equatable, Sendable {
    /// Origins of other sites whose pages may ask, lowercase, without the scheme's own port: `https://crm.example.it`.
    public var origins: [String]
    /// The connection is TLS up to us.
    public var isSecure: Bool
    /// A proxy that is believed asks: its `X-Forwarded-Proto` says how its client connected.
    public var isFromProxy: Bool

    public init(origins: [String] = [], isSecure: Bool = false, isFromProxy: Bool = false) {
        self.origins = origins
        self.isSecure = isSecure
        self.isFromProxy = isFromProxy
    }

    /// Whether the visitor's own connection is known to be TLS: then cookies may be `Secure`.
    public func isSecure(_ headers: Headers) -> Bool {
        guard isFromProxy else { return isSecure }
        // A client may have sent one before; the proxy's own is the last.
        let last = headers.all("X-Forwarded-Proto").last?.split(separator: ",").last
        return last?.trimmingBlanks().equalsIgnoringCase("https") ?? isSecure
    }

    /// Whose page asks.
    public enum Asker: Equatable, Sendable {
        /// A program, or our own page.
        case own
        /// A page of this listed origin, as its browser writes it.
        case listed(String)
        /// A page of another site, or one that hides whose it is.
        case foreign
    }

    public func asker(_ headers: Headers) -> Asker {
        let sent = headers.all("Origin")
        guard let origin = sent.first else {
            // Browsers leave Origin out of some requests, and say so in a field of their own (Fetch Metadata).
            let site = headers.first("Sec-Fetch-Site")
            return site == nil || site == "same-origin" || site == "none" ? .own : .foreign
        }
        guard sent.count == 1 else { return .foreign }
        if isOwn(origin, headers) { return .own }
        return origins.contains { origin.equalsIgnoringCase($0) } ? .listed(origin) : .foreign
    }

    /// The host of `Origin` is that of `Host`. Where the visitor came with TLS, so did our page: one that came without
    /// may be anybody's. Otherwise a proxy that we do not know may end TLS, and the schemes are not compared.
    private func isOwn(_ origin: String, _ headers: Headers) -> Bool {
        guard let host = headers.first("Host"),
            let scheme = ["http://", "https://"].first(where: { origin.prefix($0.count).equalsIgnoringCase($0) }),
            !isSecure(headers) || scheme == "https://"
        else { return false }
        let defaultPort = scheme == "http://" ? ":80" : ":443"
        func withoutDefaultPort(_ authority: Substring) -> Substring {
            authority.hasSuffix(defaultPort) ? authority.dropLast(defaultPort.count) : authority
        }
        return withoutDefaultPort(origin.dropFirst(scheme.count)).equalsIgnoringCase(withoutDefaultPort(host[...]))
    }

    static func isSafe(_ method: String) -> Bool { ["GET", "HEAD", "OPTIONS"].contains(method) }

    /// Why a request that may change something is refused; nil where it is not.
    func refusal(of method: String, by asker: Asker) -> Refusal? {
        guard asker == .foreign, !Self.isSafe(method) else { return nil }
        return Refusal(403, Self.words)
    }

    static let words =
        "Pages of other sites may not do this: the host of Origin must be that of Host, or the origin be listed in [http] origins. Behind a proxy, pass the Host field on."

    /// The answer to a browser that asks whether a page of another site may send a request (a preflight of CORS); nil
    /// for any other request.
    public func preflight(_ request: Request) -> Response? {
        guard request.method == "OPTIONS", request.headers.first("Origin") != nil,
            request.headers.first("Access-Control-Request-Method") != nil
        else { return nil }
        guard case .listed = asker(request.headers) else { return .error(403, Self.words) }
        return Response(
            status: 204,
            headers: [
                "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE",
                "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID, X-CSRF-Token",
                // So long it need not ask again: ten minutes.
                "Access-Control-Max-Age": "600",
            ])
    }

    /// The fields of every answer to this asker.
    func fields(for asker: Asker) -> [Headers.Field] {
        var fields: [Headers.Field] = []
        // A year, without subdomains: those are others' (RFC 6797).
        if isSecure { fields.append(.init("Strict-Transport-Security", "max-age=31536000")) }
        guard !origins.isEmpty else { return fields }
        fields.append(.init("Vary", "Origin"))
        if case .listed(let origin) = asker {
            fields.append(.init("Access-Control-Allow-Origin", origin))
            fields.append(.init("Access-Control-Allow-Credentials", "true"))
            fields.append(.init("Access-Control-Expose-Headers", "Retry-After"))
        }
        return fields
    }
}
