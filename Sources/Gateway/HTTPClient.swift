import ACD
import Calls
import HTTP
import Metrics
import Telephony
import Time
import Wallboard
import Wire

/// One connection on the HTTP port: what it has become, and until when it may stay so.
struct HTTPClient {
    enum Role { case requests, desk, wallboard }
    let connection = HTTP.Connection()
    var role = Role.requests
    /// A question about an earlier moment, as long as the journal is being read for it, and what was asked behind it.
    var lookingBack: Request?
    var waiting: [Request] = []
    /// What is known of the token of the first request that waits.
    var token = WaitingToken.unjudged
    /// What waits is a WebSocket's handshake.
    var asksForWebSocket = false
    /// See ``ClientAddress/account(of:)``.
    var address = ""
    /// Uptime at which a connection that asks nothing is closed; far away for streams.
    var deadline: Span
}

enum WaitingToken {
    /// It is judged when the request's turn comes.
    case unjudged
    /// It waits to be looked at: ``LookQueue``.
    case unseen
    /// There is none, or it is known whether it is right: the request is answered when its turn comes.
    case judged
}

/// The HTTP port: pages, API, WebSocket, server-sent events, webhooks.
extension Gateway {
    mutating func accepted(_ id: ConnectionID, _ port: Port, from address: String, at now: Moment, _ effects: inout [Effect]) {
        func refuse(_ refusal: ClientGuard.Refusal) {
            clientGuard.count(refusal, at: now)
            effects.append(.close(id))
        }
        let address = ClientAddress.account(of: address)
        switch port {
        case .http:
            guard clients.count < Limits.connectionsPerListener,
                clients.unsettled < Limits.unsettledConnections
            else { return refuse(.full) }
            guard address.isEmpty || clients.unsettled(of: address) < Limits.unsettledPerAddress else { return refuse(.address) }
            clients[id] = HTTPClient(deadline: now.uptime + Limits.request)
            clients[id]?.address = address
        case .desks:
            guard desks.hasRoom else { return refuse(.full) }
            guard desks.hasRoom(for: address) else { return refuse(.address) }
            desks.opened(id, .lines, from: address, at: now)
        case .wallboards:
            // Lines are for programs of this machine; where a token is asked for, they use HTTP.
            guard wallboards.count < Limits.connectionsPerListener, configuration.wallboardToken == nil else {
                return refuse(.full)
            }
            guard wallboards.hasRoom(for: address) else { return refuse(.address) }
            // Each gets a picture of everything at once.
            guard address.isEmpty || clientGuard.spend(Limits.answerWork, address, at: now) == nil else { return refuse(.budget) }
            wallboards.subscribe(id, .lines, permitted(.everything), from: address, wallboardView(at: now), &effects)
        }
    }

    mutating func received(_ id: ConnectionID, _ bytes: [UInt8], at now: Moment, _ effects: inout [Effect]) {
        guard let client = clients[id] else {
            if desks.has(id) {
                desks.received(id, bytes, rooms, at: now, &clientGuard, &effects)
            } else {
                wallboardReceived(id, bytes, at: now, &effects)
            }
            return
        }
        let wasMidRequest = client.connection.isMidRequest
        let events = client.connection.receive(bytes)
        // One answer of figures in a turn.
        var isSpent = false
        for event in events {
            switch event {
            case .request(let request):
                // Answers go out in the order of the requests. What is asked behind a stream's beginning has none.
                if clients[id]?.lookingBack != nil || clients[id]?.waiting.isEmpty == false {
                    clients[id]?.waiting.append(request)
                } else if !mayAnswer(request, id, at: now, &effects) {
                    clients[id]?.waiting = [request]
                } else if isSpent && Self.costlyPaths.contains(request.path) || mustWait(request) {
                    clients[id]?.waiting = [request]
                    clients[id]?.token = .judged
                    wait(id, request, at: now)
                } else if clients[id]?.role == .requests {
                    isSpent = isSpent || Self.costlyPaths.contains(request.path)
                    route(request, id, client.connection, at: now, &effects)
                }
            case .webSocketRequested(let request):
                if mayAnswer(request, id, at: now, &effects) {
                    routeWebSocket(request, id, client.connection, at: now, &effects)
                } else {
                    clients[id]?.waiting = [request]
                    clients[id]?.asksForWebSocket = true
                }
            case .text(let text):
                switch clients[id]?.role {
                case .desk: desks.receivedMessage(id, text, rooms, at: now, &clientGuard, &effects)
                case .wallboard: wallboardAsked(id, text, at: now, &effects)
                case .requests, nil: break
                }
            case .closed:
                desks.closed(id)
                wallboards.closed(id)
            // The connection is closed behind the engine's own close frame: by ``flush(_:_:_:)``.
            case .failed(let status, let reason):
                clientGuard.count(.malformed, at: now)
                clientGuard.say(LogLine(.info, "http", "A request was refused with \(status): \(reason)"), .request, at: now, &effects)
            }
        }
        flush(id, client.connection, &effects)
        // A byte now and then does not buy a slow sender more time: only the end of a request moves the deadline, and the beginning of the next.
        guard clients[id]?.role == .requests else { return }
        if clients[id]?.lookingBack != nil || clients[id]?.waiting.isEmpty == false {
            clients[id]?.deadline = Span(microseconds: .max)
        } else if client.connection.isMidRequest {
            if !wasMidRequest || !events.isEmpty { clients[id]?.deadline = now.uptime + Limits.request }
        } else if !events.isEmpty {
            clients[id]?.deadline = now.uptime + Limits.idle
        }
    }

    /// What the engine wants to say, before anything that is written past it.
    func flush(_ id: ConnectionID, _ connection: HTTP.Connection, _ effects: inout [Effect]) {
        let bytes = connection.takeOutgoing()
        if !bytes.isEmpty { effects.append(.send(id, bytes)) }
        if connection.shouldClose { effects.append(.close(id)) }
    }

    mutating func closeLateClients(at now: Moment, _ effects: inout [Effect]) {
        guard nextClientCheck <= now.uptime else { return }
        nextClientCheck = now.uptime + .seconds(1)
        for (id, client) in clients.late(at: now) {
            // Idle is nobody's fault; to have begun and not ended is.
            if client.connection.isMidRequest { clientGuard.count(.slow, at: now) }
            effects.append(.close(id))
            clients[id] = nil
        }
    }

    // MARK: routes

    mutating func route(
        _ request: Request, _ id: ConnectionID, _ connection: HTTP.Connection, at now: Moment, _ effects: inout [Effect]
    ) {
        let isReading = request.method == "GET" || request.method == "HEAD"
        if request.path.hasPrefix("/v1/webhooks/") {
            guard request.method == "POST" else { return connection.respond(notAllowed("POST", "Webhooks are sent with POST.")) }
            return connection.respond(webhook(request, id, at: now, &effects))
        }
        guard isReading else { return connection.respond(notAllowed("GET, HEAD", "Only GET is known here.")) }
        if let refusal = refusalOfBudget(request.path, id, at: now) { return connection.respond(refusal) }
        if looksBack(request, id, connection, &effects) { return }
        switch request.path {
        case "/v1/wallboard":
            guard let (subscription, resume) = wallboardSubscription(request, connection) else { return }
            if wantsJSON(request) {
                return connection.respond(.json(200, wallboards.snapshot(subscription, wallboardView(at: now))))
            }
            guard connection.openEventStream() else { return }
            flush(id, connection, &effects)
            clients[id]?.role = .wallboard
            clients[id]?.deadline = Span(microseconds: .max)
            wallboards.subscribe(id, .serverSentEvents, subscription, resume: resume, wallboardView(at: now), &effects)
        case "/v1/wallboard/history", "/v1/stats", "/v1/stats/explain":
            if let refusal = refusalOfWallboard(request) { return connection.respond(refusal) }
            ask(request, id, &effects)
        case "/metrics":
            if let refusal = refusalOfWallboard(request) { return connection.respond(refusal) }
            work.add(rooms.reduce(0) { $0 + $1.acd.queues.count + $1.acd.agents.count })
            connection.respond(.content(200, Exposition.contentType, Array(metrics(at: now).text.utf8)))
        case "/v1/agents":
            guard maySeeAgents(request) else { return connection.respond(unauthorized("desks")) }
            work.add(rooms.reduce(0) { $0 + $1.acd.agents.count })
            connection.respond(
                .json(
                    200,
                    JSON.encode(
                        AgentList(rooms, configured: configuration.agents) { desks.wouldLetIn($0, on: $1, token: bearer(request) ?? "") })))
        case "/v1/status":
            if let refusal = refusalOfForeignHost(request) { return connection.respond(refusal) }
            // Who may not see the figures is told only that the gateway lives: what load balancers ask.
            guard refusalOfWallboard(request) == nil else { return connection.respond(.json(200, JSON.encode(Life(at: "\(now.date)")))) }
            connection.respond(.json(200, JSON.encode(Status(self, at: now))))
        default:
            if let page = pages[request.path] {
                connection.respond(
                    page.contentType.hasPrefix("text/html") ? .html(200, page.bytes) : .content(200, page.contentType, page.bytes))
            } else {
                connection.respond(.error(404, "There is nothing at this address. The pages are /desk and /wallboard."))
            }
        }
    }

    mutating func routeWebSocket(
        _ request: Request, _ id: ConnectionID, _ connection: HTTP.Connection, at now: Moment, _ effects: inout [Effect]
    ) {
        if let refusal = refusalOfBudget(request.path, id, at: now) { return connection.respond(refusal) }
        switch request.path {
        case "/v1/desk":
            guard desks.hasRoom else {
                return connection.respond(.error(503, "\(Limits.connectionsPerListener) desks are connected already. Try again later."))
            }
            let address = clients[id]?.address ?? ""
            guard desks.hasRoom(for: address) else {
                clientGuard.count(.address, at: now)
                return connection.respond(.error(503, "Too many desks of this address have not said hello. Try again later."))
            }
            guard connection.acceptWebSocket() else { return }
            clients[id]?.role = .desk
            desks.opened(id, .webSocket, from: address, at: now)
        case "/v1/wallboard":
            guard let (subscription, resume) = wallboardSubscription(request, connection) else { return }
            guard connection.acceptWebSocket() else { return }
            flush(id, connection, &effects)
            clients[id]?.role = .wallboard
            wallboards.subscribe(id, .webSocket, subscription, resume: resume, wallboardView(at: now), &effects)
        default: return connection.respond(.error(404, "WebSockets are at /v1/desk and /v1/wallboard."))
        }
        clients[id]?.deadline = Span(microseconds: .max)
    }

    func statistics(_ request: Request, at now: Moment) -> Response {
        do throws(StatisticsQuery.Fault) {
            let explains = request.path == "/v1/stats/explain"
            let query = try StatisticsQuery(request.query, configuration, explains: explains, at: now)
            return !explains
                ? .json(200, JSON.encode(try statistics(query, at: now))) : .json(200, JSON.encode(try explanation(query, at: now)))
        } catch {
            return .error(400, error.description)
        }
    }

    // MARK: who may see what

    func refusalOfWallboard(_ request: Request) -> Response? {
        guard let expected = configuration.wallboardToken else { return refusalOfForeignHost(request) }
        return digests.constantTimeEqual(Array(expected.value.utf8), Array((given(request) ?? "").utf8)) ? nil : unauthorized("wallboards")
    }

    /// Without a token, loopback is what protects the board; but a browser on this machine connects to it for any site whose name is made to
    /// point here (DNS rebinding). Such a request bears the site's name.
    private func refusalOfForeignHost(_ request: Request) -> Response? {
        guard configuration.wallboardToken == nil, configuration.http?.isLoopback == true, !isLoopback(request.headers.first("Host") ?? "")
        else { return nil }
        return .error(
            403, "Without a token this is for localhost, 127.x.x.x and [::1] only. Ask by one of these, or give [wallboards] token_file.")
    }

    /// Whether a `Host` field, with any port or none, names this machine beyond doubt: no name that somebody's DNS could answer for.
    private func isLoopback(_ field: String) -> Bool {
        func isDigits(_ text: Substring) -> Bool { text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }
        var host = field[...]
        if let colon = host.lastIndex(of: ":"), isDigits(host[colon...].dropFirst()) { host = host[..<colon] }
        if host == "[::1]" || host.lowercased() == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { isDigits($0) && UInt8($0) != nil }
    }

    /// A reader of the stream in a browser cannot send headers.
    func given(_ request: Request) -> String? { bearer(request) ?? request.query.first("token") }

    func maySeeAgents(_ request: Request) -> Bool { desks.isAnybodys(bearer(request) ?? "") }

    func bearer(_ request: Request) -> String? {
        guard let field = request.headers.first("Authorization"), field.lowercased().hasPrefix("bearer ") else { return nil }
        return String(field.dropFirst("bearer ".count))
    }

    /// 405 says what is allowed (RFC 9110 §15.5.6).
    private func notAllowed(_ methods: String, _ message: String) -> Response {
        var response = Response.error(405, message)
        response.headers.append("Allow", methods)
        return response
    }

    private func unauthorized(_ section: String) -> Response {
        var response = Response.error(401, "A token is needed: Authorization: Bearer … (see [\(section)] in the configuration).")
        response.headers.append("WWW-Authenticate", "Bearer")
        return response
    }
}
