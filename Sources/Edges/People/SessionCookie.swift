import HTTP

/// The cookie that holds a session's id.
enum SessionCookie {
    /// What browsers send back over TLS only, to this host only, and what no neighbour under the same domain can set
    /// (RFC 6265bis §4.1.3.2). Without TLS, which is for loopback, a browser takes no such cookie: there it has another
    /// name, and is not `Secure`.
    static func name(isSecure: Bool) -> String { isSecure ? "__Host-centralino" : "centralino" }

    /// Without a lifetime: a browser that is closed forgets it, for desks are shared.
    static func setting(_ id: String, isSecure: Bool) -> String {
        "\(name(isSecure: isSecure))=\(id); Path=/; HttpOnly; SameSite=Strict\(isSecure ? "; Secure" : "")"
    }

    static func clearing(isSecure: Bool) -> String { setting("", isSecure: isSecure) + "; Max-Age=0" }

    /// Whether the browser reached us by TLS: then its cookie is `Secure`. A proxy in front of us says so; a client
    /// that says so wrongly only gets a cookie that it will not send back.
    static func isSecure(_ request: Request) -> Bool {
        request.headers.first("X-Forwarded-Proto")?.lowercased() == "https"
    }

    /// The id that the request shows; nil: none, or two of which one was put there by somebody else.
    static func id(of request: Request) -> String? {
        let name = name(isSecure: isSecure(request))
        var found: String?
        for field in request.headers.all("Cookie") {
            for part in field.split(separator: ";") {
                let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard pair.count == 2, pair[0] == name else { continue }
                guard found == nil else { return nil }
                found = String(pair[1])
            }
        }
        // 43 characters stand for 32 bytes.
        return found.flatMap { $0.utf8.count == 43 ? $0 : nil }
    }
}
