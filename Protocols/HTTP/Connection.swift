/// The server's side of one HTTP/1.1 connection, without socket and clock: bytes in, events and bytes out.
///
/// After each call, send what ``takeOutgoing()`` gives, then close if ``shouldClose``. Answers go out in the order of
/// the requests. The first fault of the peer ends the reading: earlier requests are still answered, then the fault's
/// own answer is sent, then the connection must be closed. Timeouts are the caller's: ``isMidRequest`` says when one
/// applies.
///
/// Make, use and free it on one thread.
public final class Connection {
    public enum Event: Equatable, Sendable {
        /// Answer with ``Connection/respond(_:)`` or ``Connection/openEventStream()``, now or later.
        case request(Request)
        /// A checked handshake. Answer with ``Connection/acceptWebSocket()``, or refuse with
        /// ``Connection/respond(_:)``.
        case webSocketRequested(Request)
        /// A whole WebSocket text message, valid UTF-8.
        case text([UInt8])
        /// The WebSocket ended: by the peer's close frame (nil if it had no code), or with the code that we sent for
        /// the peer's fault.
        case closed(code: UInt16?)
        /// The peer's bytes are not a valid request. The answer is already queued; `reason` is for the log.
        case failed(status: Int, reason: String)
    }

    private enum Mode {
        case requests
        /// The client must wait for our 101 before it speaks (RFC 6455 §4.1).
        case handshake(RequestHead)
        case webSocket(WebSocketSession)
        /// Nothing more is read; owed answers are still sent.
        case deaf
    }

    /// A request that was passed on and not answered yet.
    private struct Exchange {
        var isHead: Bool
        var keepsAlive: Bool
        var asker: SitePolicy.Asker
    }

    private let limits: Limits
    /// What holds for pages of other sites on this connection.
    public let site: SitePolicy
    private let reader: RequestReader
    private var mode = Mode.requests
    private var unanswered: [Exchange] = []
    /// The answer to the peer's fault; sent when all else is answered.
    private var lastWords: [UInt8]?
    /// A sender waits for permission to send its body, and earlier answers must be sent first.
    private var owesContinue = false
    private var outgoing: [UInt8] = []

    /// Close the connection as soon as ``takeOutgoing()``'s bytes are sent.
    public private(set) var shouldClose = false

    public init(limits: Limits = Limits(), site: SitePolicy = SitePolicy()) {
        self.limits = limits
        self.site = site
        reader = RequestReader(limits: limits)
    }

    /// A request has begun and is not complete.
    public var isMidRequest: Bool { if case .requests = mode { reader.isMidRequest } else { false } }

    /// The number of requests that wait for ``respond(_:)``.
    public var unansweredRequests: Int { unanswered.count }

    /// The bytes to send now, in order; empty if there are none.
    public func takeOutgoing() -> [UInt8] {
        defer { outgoing = [] }
        return outgoing
    }

    // MARK: input from the peer

    /// Takes bytes from the peer, split anywhere.
    public func receive(_ bytes: [UInt8]) -> [Event] {
        var events: [Event] = []
        var input = bytes[...]
        while !input.isEmpty {
            switch mode {
            case .requests:
                switch reader.next(&input) {
                case .request(let head): accept(head, &events)
                case .continueExpected:
                    owesContinue = true
                    settle()
                case .refused(let refusal): fail(refusal, &events)
                case nil: break
                }
            case .handshake:
                unanswered = []  // the refusal answers the handshake
                fail(Refusal(400, "A WebSocket client may not send before its handshake is answered."), &events)
            case .webSocket(let session):
                events += session.receive(input, outgoing: &outgoing)
                if session.isClosed { end() }
                input = []
            case .deaf: input = []
            }
        }
        return events
    }

    private func accept(_ head: RequestHead, _ events: inout [Event]) {
        owesContinue = false
        guard unanswered.count < limits.requestsInFlight else {
            return fail(
                Refusal(503, "More than \(limits.requestsInFlight) requests wait for an answer on this connection."),
                &events)
        }
        let asker = site.asker(head.request.headers)
        if let refusal = site.refusal(of: head.request.method, by: asker) { return fail(refusal, &events) }
        var request = head.request
        request.isSecure = site.isSecure(request.headers)
        let isHandshake = WebSocketHandshake.isRequested(by: request)
        if isHandshake {
            do throws(Refusal) {
                try WebSocketHandshake.check(head)
                guard asker != .foreign else { throw Refusal(403, SitePolicy.words) }
                guard unanswered.isEmpty else {
                    throw Refusal(400, "A WebSocket handshake may not follow requests that wait for an answer.")
                }
            } catch {
                return fail(error, &events)
            }
        }
        unanswered.append(
            Exchange(
                isHead: request.method == "HEAD", keepsAlive: head.keepsAlive && !isHandshake, asker: asker))
        events.append(isHandshake ? .webSocketRequested(request) : .request(request))
        if isHandshake {
            mode = .handshake(head)
        } else if !head.keepsAlive {
            mode = .deaf
        }
    }

    private func fail(_ refusal: Refusal, _ events: inout [Event]) {
        mode = .deaf
        owesContinue = false
        var response = refusal.response
        response.headers.fields += site.fields(for: .foreign)
        lastWords = response.encoded(withBody: true, closes: true)
        events.append(.failed(status: refusal.status, reason: refusal.reason))
        settle()
    }

    // MARK: our answers

    /// Answers the oldest unanswered request. After the end of the connection this does nothing: the answer of a slow
    /// look-up may come late.
    public func respond(_ response: Response) {
        guard let exchange = nextExchange() else { return }
        let closes = !exchange.keepsAlive || response.asksToClose
        var response = response
        response.headers.fields += site.fields(for: exchange.asker)
        outgoing += response.encoded(withBody: !exchange.isHead, closes: closes)
        if closes { end() } else { settle() }
    }

    /// Answers the oldest unanswered request, a handshake, with `101`. From here on the peer's messages come as
    /// ``Event/text(_:)``, and ours are frames that bypass the engine (``WebSocketFrame``).
    /// - Returns: false if the peer has already broken the protocol; then close the connection.
    @discardableResult
    public func acceptWebSocket() -> Bool {
        guard !shouldClose else { return false }
        guard case .handshake(let head) = mode else {
            preconditionFailure("acceptWebSocket() without a handshake to accept")
        }
        unanswered = []
        let session = WebSocketSession(limits: limits)
        outgoing += WebSocketHandshake.acceptance(of: head.original, on: session.channel)
        mode = .webSocket(session)
        return true
    }

    /// Ends a WebSocket from our side. The peer's answer comes as ``Event/closed(code:)``; a caller that does not wait
    /// for it closes the connection.
    /// - Parameter code: RFC 6455 §7.4.1, e.g. 1001 when the server stops, 1008 when the peer is not admitted.
    public func closeWebSocket(_ code: UInt16, _ reason: String = "") {
        guard case .webSocket(let session) = mode else { return }
        session.close(code, reason, outgoing: &outgoing)
    }

    /// Answers the oldest unanswered request with the head of a `text/event-stream` that ends with the connection. From
    /// here on events bypass the engine (``ServerSentEvent``), and input from the peer is not read.
    /// - Returns: whether events may follow: not after HEAD, and not once the connection has ended.
    @discardableResult
    public func openEventStream() -> Bool {
        guard let exchange = nextExchange() else { return false }
        // X-Accel-Buffering: nginx would otherwise keep the events until a buffer is full.
        let fields =
            [
                "Content-Type: text/event-stream", "Cache-Control: no-store", "X-Accel-Buffering: no",
                "X-Content-Type-Options: nosniff",
                "Connection: close",
            ] + site.fields(for: exchange.asker).map { "\($0.name): \($0.value)" }
        outgoing += (Response.statusLine(200) + fields.map { $0 + "\r\n" }.joined() + "\r\n").utf8
        unanswered = []
        lastWords = nil
        mode = .deaf
        shouldClose = exchange.isHead
        return !exchange.isHead
    }

    private func nextExchange() -> Exchange? {
        guard !shouldClose else { return nil }
        precondition(!unanswered.isEmpty, "an answer without a request")
        return unanswered.removeFirst()
    }

    /// Sends the outputs that had to wait for earlier answers, once there are none.
    private func settle() {
        guard unanswered.isEmpty else { return }
        if owesContinue {
            outgoing += (Response.statusLine(100) + "\r\n").utf8
            owesContinue = false
        }
        if let lastWords {
            outgoing += lastWords
            end()
        }
    }

    private func end() {
        mode = .deaf
        unanswered = []
        lastWords = nil
        shouldClose = true
    }
}
