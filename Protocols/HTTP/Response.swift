import Foundation
internal import NIOHTTP1

/// An answer. The engine adds `Content-Length` and, if the connection ends, `Connection: close`.
public struct Response: Equatable, Sendable {
    public var status: Int
    public var headers: Headers
    public var body: [UInt8]

    public init(status: Int, headers: Headers = Headers(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public static func json(_ status: Int, _ body: [UInt8]) -> Response { content(status, "application/json", body) }

    public static func text(_ status: Int, _ text: String) -> Response {
        content(status, "text/plain; charset=utf-8", Array(text.utf8))
    }

    /// A page. Our pages have their scripts and styles in separate files, so the policy can forbid inline ones. That
    /// stops most of what a hostile caller name could do; and where a script would still write markup, the browser
    /// refuses it (Trusted Types).
    /// - Parameter frameAncestors: who may show the page in a frame, as the policy writes it; empty: nobody.
    public static func html(_ status: Int, _ body: [UInt8], frameAncestors: [String] = ["'self'"]) -> Response {
        var response = content(status, "text/html; charset=utf-8", body)
        let framers = frameAncestors.isEmpty ? "'none'" : frameAncestors.joined(separator: " ")
        response.headers.append(
            "Content-Security-Policy",
            "default-src 'none'; connect-src 'self'; img-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors \(framers); require-trusted-types-for 'script'; trusted-types 'none'"
        )
        response.headers.append("Cross-Origin-Opener-Policy", "same-origin")
        return response
    }

    /// Any other document, e.g. a script of a page.
    public static func content(_ status: Int, _ type: String, _ body: [UInt8]) -> Response {
        let headers: Headers = [
            "Content-Type": type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
        ]
        return Response(status: status, headers: headers, body: body)
    }

    public static let noContent = Response(status: 204)

    /// `{"error":{"message":…,"status":…}}`. The message names the fault and the remedy, for the person who reads the
    /// sender's log.
    public static func error(_ status: Int, _ message: String) -> Response {
        struct Body: Encodable {
            struct Fault: Encodable {
                var status: Int
                var message: String
            }
            var error: Fault
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let body = try? encoder.encode(Body(error: .init(status: status, message: message))) else {
            preconditionFailure("an integer and a string can always be written as JSON")
        }
        return .json(status, Array(body))
    }
}

extension Response {
    /// The bytes of the answer. NIO's encoder is not used: it makes a buffer, and so a write, for each part.
    func encoded(withBody: Bool, closes: Bool) -> [UInt8] {
        var head = Self.statusLine(status)
        for field in headers.fields where !Self.framing.contains(where: { field.name.equalsIgnoringCase($0) }) {
            head += "\(field.name): \(field.value.withoutControlCharacters)\r\n"
        }
        let mayHaveBody = status != 204 && status != 304 && status >= 200
        if mayHaveBody { head += "Content-Length: \(body.count)\r\n" }
        if closes { head += "Connection: close\r\n" }
        head += "\r\n"
        return Array(head.utf8) + (mayHaveBody && withBody ? body : [])
    }

    /// Whether the answer's author wants to end the connection after it.
    var asksToClose: Bool { headers.contains(token: "close", in: "Connection") }

    static func statusLine(_ status: Int) -> String {
        "HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n"
    }

    /// Only the engine decides how a message ends.
    private static let framing = ["Content-Length", "Transfer-Encoding", "Connection"]
}

extension String {
    /// A value from a peer (a `Location` with its path) must not end the field and begin another. RFC 9110 §5.5
    /// replaces CR, LF and NUL by a blank.
    fileprivate var withoutControlCharacters: String {
        guard utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return self }
        return String(decoding: utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
    }
}
