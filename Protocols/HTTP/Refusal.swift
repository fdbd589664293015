internal import NIOHTTP1

/// Why a request cannot be read, with its status. The reason never repeats the peer's bytes.
struct Refusal: Error, Equatable {
    var status: Int
    var reason: String
    /// Fields that the status requires, e.g. `Sec-WebSocket-Version` with 426.
    var headers = Headers()

    init(_ status: Int, _ reason: String, headers: Headers = Headers()) {
        self.status = status
        self.reason = reason
        self.headers = headers
    }

    /// The fault that NIO's decoder found, in words for the sender.
    init(_ error: any Error) {
        switch error as? HTTPParserError {
        case .headerOverflow: self.init(431, "The header fields are too many or too long.")
        case .invalidVersion: self.init(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
        case .invalidMethod:
            self.init(
                400,
                "This is not an HTTP/1.1 request: the method is unknown. Check that the peer speaks plain HTTP to this port."
            )
        case .invalidURL: self.init(400, "The request target holds characters that must be percent-encoded.")
        case .invalidHeaderToken, .lfExpected:
            self.init(400, "A header field is malformed: one “name: value” a line, ended by CRLF.")
        case .invalidContentLength, .unexpectedContentLength:
            self.init(400, "Content-Length is malformed, repeated, or sent together with Transfer-Encoding.")
        case .invalidChunkSize:
            self.init(400, "The chunked body is malformed: a chunk's size is not a hexadecimal number.")
        default: self.init(400, "This is not a well-formed HTTP/1.1 request.")
        }
    }

    static func bodyTooLarge(_ limits: Limits) -> Refusal {
        Refusal(413, "The body is larger than \(limits.bodyBytes) bytes.")
    }
    static func headTooLarge(_ limits: Limits) -> Refusal {
        Refusal(431, "Request line and header fields are larger than \(limits.headBytes) bytes.")
    }

    var response: Response {
        var response = Response.error(status, reason)
        response.headers.fields += headers.fields
        return response
    }
}
