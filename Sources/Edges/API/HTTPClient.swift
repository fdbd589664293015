import Core
import ACD
import Access
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
    let connection: HTTP.Connection
    /// The proxy's address, where one asks for others.
    var proxy: String?
    var role = Role.requests
    /// A question about an earlier moment, as long as the journal is being read for it, and what was asked behind it.
    var lookingBack: Request?
    var waiting: [Request] = []
    /// What is known of the token of the first request that waits.
    var token = WaitingToken.unjudged
    /// What waits is a WebSocket's handshake.
    var asksForWebSocket = false
    /// What the question or the stream may show: decided when it was asked for.
    var sight: Sight?
    /// The credential of the store by which the question or the stream was let in: it ends when that does.
    var credential: [UInt8]?
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
extension Edges {
    mutating func accepted(
        _ id: ConnectionID, _ port: ClientPort, from address: String, _ core: Core, at now: Moment,
        _ effects: inout [Effect]
    ) {
        func refuse(_ refusal: ClientGuard.Refusal) {
            clientGuard.count(refusal, at: now)
            effects.append(.close(id))
        }
        let peer = IPAddress(address)
        let isProxy =
            port == .http && peer.map { peer in configuration.proxies.contains { $0.contains(peer) } } ?? false
        let proxy = isProxy ? address : nil
        // A proxy brings many: whom it asks for is known with the first request.
        let address = isProxy ? "" : ClientAddress.account(of: address)
        switch port {
        case .http where configuration.admitsOnlyProxies && !isProxy && peer?.isLoopback != true:
            refuse(.stranger)
            clientGuard.say(
                LogLine(
                    .warning, "http",
                    "A connection from \(address) was closed: without TLS this port is for the proxies in behind_proxy only."
                ), .request, at: now, &effects)
        case .http:
            guard clients.count < Limits.connectionsPerListener,
                clients.unsettled < Limits.unsettledConnections
            else { return refuse(.full) }
            guard address.isEmpty || clients.unsettled(of: address) < Limits.unsettledPerAddress else {
                return refuse(.address)
            }
            clients[id] = HTTPClient(
                connection: HTTP.Connection(site: site(isFromProxy: isProxy)), proxy: proxy,
                deadline: now.uptime + Limits.request)
            clients[id]?.address = address
        case .desks:
            guard desks.hasRoom else { return refuse(.full) }
            guard desks.hasRoom(for: address) else { return refuse(.address) }
            desks.opened(id, .lines, from: address, at: now)
        case .wallboards:
            // Lines are for programs of this machine; where a token is asked for, they use HTTP.
            guard wallboards.count < Limits.connectionsPerListener, !rules.asksWatchersForToken else {
                return refuse(.full)
            }
            guard wallboards.hasRoom(for: address) else { return refuse(.address) }
            // Each gets a picture of everything at once.
            guard address.isEmpty || clientGuard.spend(Limits.answerWork, address, at: now) == nil else {
                return refuse(.budget)
            }
            wallboards.subscribe(
                id, .lines, WallboardSubscription(everythingOf: sight(of: rules.ofConfiguration, core)), from: address,
                view(core, at: now), &effects)
        }
    }

    mutating func received(
        _ id: ConnectionID, _ bytes: [UInt8], _ core: Core, at now: Moment, _ inputs: inout [Core.Input],
        _ effects: inout [Effect]
    ) {
        guard let client = clients[id] else {
            if desks.has(id) {
                desks.received(id, bytes, core, at: now, &clientGuard, &inputs, &effects)
            } else {
                wallboardReceived(id, bytes, core, at: now, &effects)
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
                // Answers go out in the order of the requests. A request after the beginning of a stream gets none.
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
                    route(request, id, client.connection, core, at: now, &inputs, &effects)
                }
            case .webSocketRequested(let request):
                if mayAnswer(request, id, at: now, &effects) {
                    routeWebSocket(request, id, client.connection, core, at: now, &effects)
                } else {
                    clients[id]?.waiting = [request]
                    clients[id]?.asksForWebSocket = true
                }
            case .text(let text):
                switch clients[id]?.role {
                case .desk: desks.receivedMessage(id, text, core, at: now, &clientGuard, &inputs, &effects)
                case .wallboard: wallboardAsked(id, text, core, at: now, &effects)
                case .requests, nil: break
                }
            case .closed:
                auditLeaving(id, at: now, &effects)
                desks.closed(id)
                wallboards.closed(id)
            // The connection is closed behind the engine's own close frame: by ``flush(_:_:_:)``.
            case .failed(let status, let reason):
                clientGuard.count(status == 403 ? .origin : .malformed, at: now)
                clientGuard.say(
                    LogLine(.info, "http", "A request was refused with \(status): \(reason)"), .request, at: now,
                    &effects)
            }
        }
        flush(id, client.connection, &effects)
        // A byte now and then does not buy a slow sender more time: only the end of a request moves the deadline, and
        // the beginning of the next.
        guard clients[id]?.role == .requests else { return }
        if clients[id]?.lookingBack != nil || clients[id]?.waiting.isEmpty == false {
            clients[id]?.deadline = Span(microseconds: .max)
        } else if client.connection.isMidRequest {
            if !wasMidRequest || !events.isEmpty { clients[id]?.deadline = now.uptime + Limits.request }
        } else if !events.isEmpty {
            clients[id]?.deadline = now.uptime + Limits.idle
        }
    }

    /// Sends the engine's own bytes before anything that bypasses it.
    func flush(_ id: ConnectionID, _ connection: HTTP.Connection, _ effects: inout [Effect]) {
        let bytes = connection.takeOutgoing()
        if !bytes.isEmpty { effects.append(.send(id, bytes)) }
        if connection.shouldClose { effects.append(.close(id)) }
    }

    // MARK: routes

    mutating func route(
        _ request: Request, _ id: ConnectionID, _ connection: HTTP.Connection, _ core: Core, at now: Moment,
        _ inputs: inout [Core.Input], _ effects: inout [Effect]
    ) {
        if let refusal = refusalOfCrowd(id, at: now) { return connection.respond(refusal) }
        if let answer = connection.site.preflight(request) { return connection.respond(answer) }
        use(request, at: now, &effects)
        if request.path == "/v1/session" { return sessionRequest(request, id, connection, at: now, &effects) }
        let isReading = request.method == "GET" || request.method == "HEAD"
        if request.path.hasPrefix("/v1/webhooks/") {
            guard request.method == "POST" else {
                return connection.respond(notAllowed("POST", "Webhooks are sent with POST."))
            }
            return connection.respond(webhook(request, id, at: now, &inputs, &effects))
        }
        guard isReading else { return connection.respond(notAllowed("GET, HEAD", "Only GET is known here.")) }
        if let refusal = refusalOfBudget(request.path, id, core, at: now) { return connection.respond(refusal) }
        if looksBack(request, id, connection, core, &effects) { return }
        /// The sight of whoever may go through the door; nil when the request has been refused.
        func sight(at door: Door) -> Sight? {
            switch admission(of: request, to: door) {
            case .granted(let grant): return self.sight(of: grant, core)
            case .refused(let refusal):
                connection.respond(refusal)
                return nil
            }
        }
        switch request.path {
        case "/v1/wallboard":
            let isDocument = wantsJSON(request)
            guard let sight = sight(at: isDocument ? .board : .boardStream),
                let (subscription, resume) = wallboardSubscription(request, sight, connection, core)
            else { return }
            if isDocument {
                return connection.respond(.json(200, wallboards.snapshot(subscription, view(core, at: now))))
            }
            guard connection.openEventStream() else { return }
            flush(id, connection, &effects)
            clients[id]?.role = .wallboard
            let shown = credential(of: request)
            clients[id]?.credential = shown
            clients[id]?.deadline = Span(microseconds: .max)
            wallboards.subscribe(id, .serverSentEvents, subscription, resume: resume, view(core, at: now), &effects)
        case "/v1/wallboard/history", "/v1/stats", "/v1/stats/explain":
            guard let sight = sight(at: Self.door(of: request)) else { return }
            ask(request, id, sight, &effects)
        case "/metrics":
            guard let sight = sight(at: .metrics) else { return }
            work.add(core.switches.reduce(0) { $0 + $1.acd.queues.count + $1.acd.agents.count })
            connection.respond(
                .content(200, Exposition.contentType, Array(MetricsPage(core, self, sight).text(at: now).text.utf8)))
        case "/v1/agents":
            let token = AccessRules.bearer(request) ?? ""
            // A session of an agent lists that agent.
            let own = storedGrant(of: request)
            if let own, !own.opens(.agentList) { return connection.respond(AccessRules.forbidden(own)) }
            guard own != nil || rules.opensList(token) else {
                return connection.respond(AccessRules.unauthorized("desks"))
            }
            work.add(core.switches.reduce(0) { $0 + $1.acd.agents.count })
            connection.respond(
                .json(
                    200,
                    JSON.encode(
                        AgentList(core.switches, configured: configuration.agents, names) { interface, name in
                            own.map { rules.isDesk(interface, on: name, of: $0) }
                                ?? rules.wouldLetIn(interface, on: name, token: token)
                        })))
        // Neither shows a name or a figure, so whoever reaches the port may ask, by any name of this machine.
        case "/healthz": connection.respond(.json(200, JSON.encode(Health())))
        case "/readyz":
            let readiness = Readiness(core, hostReport?.told)
            connection.respond(.json(readiness.ready ? 200 : 503, JSON.encode(readiness)))
        case "/v1/status":
            // A client that may not see it learns only that the gateway is alive, which is what load balancers ask.
            guard case .granted = admission(of: request, to: .status) else {
                return connection.respond(
                    rules.refusalOfForeignHost(request) ?? .json(200, JSON.encode(Life(at: "\(now.date)"))))
            }
            connection.respond(.json(200, JSON.encode(Status(self, core, at: now))))
        default:
            if let page = pages[request.path] {
                connection.respond(
                    page.contentType.hasPrefix("text/html")
                        ? .html(200, page.bytes, frameAncestors: configuration.frameAncestors)
                        : .content(200, page.contentType, page.bytes))
            } else {
                connection.respond(.error(404, "There is nothing at this address. The pages are /desk and /wallboard."))
            }
        }
    }

    mutating func routeWebSocket(
        _ request: Request, _ id: ConnectionID, _ connection: HTTP.Connection, _ core: Core, at now: Moment,
        _ effects: inout [Effect]
    ) {
        use(request, at: now, &effects)
        if let refusal = refusalOfCrowd(id, at: now) ?? refusalOfBudget(request.path, id, core, at: now) {
            return connection.respond(refusal)
        }
        switch request.path {
        case "/v1/desk":
            if let grant = storedGrant(of: request), !grant.opens(.desk) {
                return connection.respond(AccessRules.forbidden(grant))
            }
            guard desks.hasRoom else {
                return connection.respond(
                    .error(503, "As many desks are connected as there may be. Try again later."))
            }
            let address = clients[id]?.address ?? ""
            guard desks.hasRoom(for: address) else {
                clientGuard.count(.address, at: now)
                return connection.respond(
                    .error(503, "Too many desks of this address have not said hello. Try again later."))
            }
            guard connection.acceptWebSocket() else { return }
            clients[id]?.role = .desk
            let shown = credential(of: request)
            clients[id]?.credential = shown
            desks.opened(id, .webSocket, from: address, signedIn: storedGrant(of: request), at: now)
        case "/v1/wallboard":
            let sight: Sight
            switch admission(of: request, to: .boardStream) {
            case .granted(let grant): sight = self.sight(of: grant, core)
            case .refused(let refusal): return connection.respond(refusal)
            }
            guard let (subscription, resume) = wallboardSubscription(request, sight, connection, core),
                connection.acceptWebSocket()
            else { return }
            flush(id, connection, &effects)
            clients[id]?.role = .wallboard
            let shown = credential(of: request)
            clients[id]?.credential = shown
            wallboards.subscribe(id, .webSocket, subscription, resume: resume, view(core, at: now), &effects)
        default: return connection.respond(.error(404, "WebSockets are at /v1/desk and /v1/wallboard."))
        }
        clients[id]?.deadline = Span(microseconds: .max)
    }

    /// What browsers are told by each answer of the HTTP port.
    func site(isFromProxy: Bool) -> SitePolicy {
        SitePolicy(
            origins: configuration.origins, isSecure: configuration.secured.contains(.http), isFromProxy: isFromProxy)
    }

    /// Notes for whom a proxy asks. One connection of a proxy carries the requests of many.
    mutating func noteForwarded(_ request: Request, _ id: ConnectionID) {
        guard let proxy = clients[id]?.proxy else { return }
        let client = ForwardedClient(request.headers, from: proxy, proxies: configuration.proxies)
        clients[id]?.address = ClientAddress.account(of: client.address)
    }

    /// Behind a proxy an address is known only with its request: it may have as many connections as others.
    private mutating func refusalOfCrowd(_ id: ConnectionID, at now: Moment) -> Response? {
        guard let client = clients[id], client.proxy != nil,
            clients.unsettled(of: client.address) > Limits.unsettledPerAddress
        else { return nil }
        clientGuard.count(.address, at: now)
        var response = Response.error(503, "Too many connections of this address are open. Try again later.")
        response.headers.append("Connection", "close")
        return response
    }

    /// 405 says what is allowed (RFC 9110 §15.5.6).
    private func notAllowed(_ methods: String, _ message: String) -> Response {
        var response = Response.error(405, message)
        response.headers.append("Allow", methods)
        return response
    }
}
