internal import NIOHTTP1

/// A request's first part, checked: the end of the body is certain (RFC 9112 §6.3, §11.2), and the target is decoded.
struct RequestHead {
    enum Framing: Equatable {
        case none
        case length(Int)
        case chunked
    }

    var request: Request
    var framing: Framing
    /// False for HTTP/1.0 and after `Connection: close`.
    var keepsAlive: Bool
    /// The peer waits for `100 Continue` before it sends the body.
    var expectsContinue: Bool
    /// NIO's own head, which its WebSocket handshake needs.
    var original: HTTPRequestHead

    init(_ head: HTTPRequestHead, limits: Limits) throws(Refusal) {
        let headers = Headers(head.headers.map { Headers.Field($0.name, $0.value) })
        let method = head.method.rawValue
        guard head.version == .http1_1 || head.version == .http1_0 else {
            throw Refusal(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
        }
        let isHTTP11 = head.version == .http1_1
        guard head.method != .CONNECT else { throw Refusal(501, "CONNECT is for proxies; this is not one.") }

        let hosts = headers.all("Host")
        guard hosts.count == 1 || hosts.isEmpty && !isHTTP11 else {
            throw Refusal(400, "Exactly one Host field is needed.")
        }
        guard let target = RequestTarget(head.uri, method: method, authority: hosts.first) else {
            throw Refusal(
                400, "The request target is malformed: it must be a path, percent-encoded UTF-8, for this host.")
        }
        framing = try Self.framing(headers, method: method, isHTTP11: isHTTP11, limits: limits)

        let expectations = headers.all("Expect")
        guard expectations.allSatisfy({ $0.equalsIgnoringCase("100-continue") }) else {
            throw Refusal(417, "The only known expectation is 100-continue.")
        }
        expectsContinue = isHTTP11 && !expectations.isEmpty && framing != .none

        keepsAlive = isHTTP11 && !headers.contains(token: "close", in: "Connection")
        request = Request(method: method, path: target.path, query: target.query, headers: headers)
        original = head
    }

    /// Request smuggling needs two lengths in one message. NIO's decoder refuses most such messages; here each kind is
    /// refused with its reason.
    private static func framing(_ headers: Headers, method: String, isHTTP11: Bool, limits: Limits) throws(Refusal)
        -> Framing
    {
        let lengths = headers.all("Content-Length")
        let encodings = headers.all("Transfer-Encoding")
        guard lengths.isEmpty || encodings.isEmpty else {
            throw Refusal(400, "Content-Length and Transfer-Encoding may not come together.")
        }
        if let encoding = encodings.first {
            guard isHTTP11 else { throw Refusal(400, "HTTP/1.0 has no Transfer-Encoding.") }
            guard encodings.count == 1, encoding.equalsIgnoringCase("chunked") else {
                throw Refusal(501, "The only known Transfer-Encoding is chunked.")
            }
            return .chunked
        }
        if let text = lengths.first {
            guard lengths.count == 1, !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
                throw Refusal(400, "Exactly one Content-Length, a decimal number, is needed.")
            }
            guard let length = Int(text), length <= limits.bodyBytes else { throw .bodyTooLarge(limits) }
            return length == 0 ? .none : .length(length)
        }
        guard !["POST", "PUT", "PATCH"].contains(method) else {
            throw Refusal(411, "\(method) needs a Content-Length; send “Content-Length: 0” when there is no body.")
        }
        return .none
    }
}
