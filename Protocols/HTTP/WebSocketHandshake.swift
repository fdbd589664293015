import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket

/// The server's half of RFC 6455 §4.2.
enum WebSocketHandshake {
    /// Whether the request asks for WebSocket at all, correctly or not.
    static func isRequested(by request: Request) -> Bool {
        request.headers.contains(token: "websocket", in: "Upgrade")
            && request.headers.contains(token: "upgrade", in: "Connection")
    }

    static func check(_ head: RequestHead) throws(Refusal) {
        let headers = head.request.headers
        guard head.request.method == "GET", head.framing == .none, head.original.version == .http1_1 else {
            throw Refusal(400, "A WebSocket handshake is a GET of HTTP/1.1 without a body.")
        }
        guard headers.all("Sec-WebSocket-Version") == ["13"] else {
            throw Refusal(
                426, "Only WebSocket version 13 (RFC 6455) is spoken here.",
                headers: ["Upgrade": "websocket", "Sec-WebSocket-Version": "13"])
        }
        let keys = headers.all("Sec-WebSocket-Key")
        guard keys.count == 1, Data(base64Encoded: keys[0])?.count == 16 else {
            throw Refusal(400, "Sec-WebSocket-Key must be 16 bytes in base64.")
        }
    }

    /// The bytes of `101 Switching Protocols`; NIO computes `Sec-WebSocket-Accept`.
    static func acceptance(of head: HTTPRequestHead, on channel: any Channel) -> [UInt8] {
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        let response = upgrader.buildUpgradeResponse(
            channel: channel, upgradeRequest: head, initialResponseHeaders: [:])
        guard let headers = try? response.wait() else {
            preconditionFailure("a checked WebSocket handshake was refused")
        }
        let lines = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
        return Array((Response.statusLine(101) + lines + "\r\n").utf8)
    }
}
