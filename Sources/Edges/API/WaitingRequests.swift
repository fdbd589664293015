import Access
import Core
import HTTP
import Telephony
import Time

/// Connections whose first request waits. Each has one place, and keeps it until it is taken; a connection that has
/// gone is skipped only then, so that the places are never searched.
struct WaitingRequests {
    /// Those that wait for a turn of their own.
    private var turns = Deadlines<ConnectionID>()
    /// Those that wait until another client's figures are computed.
    private var figures = Deadlines<ConnectionID>()
    /// Those that wait for the delayed answer to their wrong token.
    private var late = DueHeap<ConnectionID>()
    /// Those that wait for their token to be checked.
    var looks = LookQueue()

    mutating func append(_ id: ConnectionID, forFigures: Bool, at now: Moment) {
        if forFigures { figures.append(id, due: now.uptime) } else { turns.append(id, due: now.uptime) }
    }

    mutating func append(_ id: ConnectionID, until due: Span) { late.insert(id, due: due) }

    /// The connection to be answered now; call again until it is one that still waits.
    mutating func take(figuresAreFree: Bool, at now: Moment) -> ConnectionID? {
        while let id = late.take(at: now.uptime) { turns.append(id, due: now.uptime) }
        // In the order in which they came.
        let figuresFirst = figuresAreFree && figures.next.map { due in turns.next.map { due < $0 } ?? true } ?? false
        return figuresFirst ? figures.take(at: now.uptime) : turns.take(at: now.uptime)
    }

    /// When a connection is to be answered next, or its token checked.
    func next(figuresAreFree: Bool) -> Span? {
        turns.next.earlier(figuresAreFree ? figures.next : nil).earlier(late.next).earlier(looks.next)
    }
}

extension Edges {
    /// What is known of the token of a request.
    enum TokenVerdict {
        /// There is none, or a right one: the request may be answered. `looked`: the token was checked.
        case fine(looked: Bool)
        /// It is wrong: the answer waits until then, in uptime. (Not later than now, if the address was seldom wrong.)
        case wrong(until: Span, looked: Bool)
        /// Its address was wrong too often: it is checked in turn.
        case unseen
    }

    /// Whether the first request that waits may be answered at once. Otherwise it has a place.
    mutating func mayAnswer(_ request: Request, _ id: ConnectionID, at now: Moment, _ effects: inout [Effect]) -> Bool {
        noteForwarded(request, id)
        use(request, at: now, &effects)
        switch verdict(request, clients[id]?.address ?? "", isItsTurn: false, at: now, &effects) {
        case .fine: return true
        case .wrong(let due, _):
            guard due > now.uptime else { return true }
            clients[id]?.token = .judged
            waiting.append(id, until: due)
        case .unseen:
            clients[id]?.token = .unseen
            waiting.looks.append(id, from: clients[id]?.address ?? "", at: now)
        }
        return false
    }

    /// Checks the tokens whose turn has come. A client with a right one gets the next free turn: an answer of figures
    /// has a turn of its own.
    mutating func lookAtTokens(at now: Moment, _ effects: inout [Effect]) {
        while let (id, address) = waiting.looks.take(at: now) {
            guard let client = clients[id], client.token == .unseen, let request = client.waiting.first else {
                waiting.looks.finish(address, looked: false, at: now)
                continue
            }
            clients[id]?.token = .judged
            switch verdict(request, address, isItsTurn: true, at: now, &effects) {
            case .wrong(let due, let looked):
                waiting.append(id, until: due)
                waiting.looks.finish(address, looked: looked, at: now)
            case .fine(let looked):
                wait(id, request, at: now)
                waiting.looks.finish(address, looked: looked, at: now)
            case .unseen: preconditionFailure("In its turn a token is looked at.")
            }
        }
    }

    /// The request waits for a turn of its own.
    mutating func wait(_ id: ConnectionID, _ request: Request, at now: Moment) {
        waiting.append(id, forFigures: isOfFigures(request), at: now)
    }

    /// Answers what was asked behind something else: one request in each turn, so that others come in between.
    mutating func answerNext(_ core: Core, at now: Moment, _ inputs: inout [Core.Input], _ effects: inout [Effect]) {
        while let id = waiting.take(figuresAreFree: answering == nil, at: now) {
            guard let client = clients[id], client.lookingBack == nil, client.role == .requests,
                let first = client.waiting.first
            else {
                continue
            }
            guard client.token == .judged || mayAnswer(first, id, at: now, &effects) else { return }
            return answer(client, id, core, at: now, &inputs, &effects)
        }
    }

    private mutating func answer(
        _ client: HTTPClient, _ id: ConnectionID, _ core: Core, at now: Moment, _ inputs: inout [Core.Input],
        _ effects: inout [Effect]
    ) {
        let request = clients[id]!.waiting.removeFirst()
        clients[id]?.token = .unjudged
        clients[id]?.asksForWebSocket = false
        if client.asksForWebSocket {
            routeWebSocket(request, id, client.connection, core, at: now, &effects)
        } else {
            route(request, id, client.connection, core, at: now, &inputs, &effects)
        }
        flush(id, client.connection, &effects)
        guard clients[id]?.role == .requests, clients[id]?.lookingBack == nil else { return }
        clients[id]?.deadline = now.uptime + (client.connection.isMidRequest ? Limits.request : Limits.idle)
        // A deadline that came before the rest is answered would close the connection.
        if let next = clients[id]?.waiting.first {
            clients[id]?.deadline = Span(microseconds: .max)
            wait(id, next, at: now)
        }
    }

    /// What the token of this request is worth here. `isItsTurn`: it has waited, and is to be checked now.
    mutating func verdict(
        _ request: Request, _ address: String, isItsTurn: Bool, at now: Moment, _ effects: inout [Effect]
    ) -> TokenVerdict {
        // The status shows more with the right token, so it must not be a quick way to try tokens.
        guard Self.costlyPaths.contains(request.path) || request.path == "/v1/status",
            AccessRules.bearer(request) != nil || request.query.first("token") != nil
        else { return .fine(looked: false) }
        let isForDesks = request.path == "/v1/agents"
        let token = (isForDesks ? AccessRules.bearer(request) : AccessRules.token(of: request)) ?? ""
        guard isForDesks || rules.asksWatchersForToken || token.hasPrefix(Credentials.tokenPrefix) else {
            return .fine(looked: false)
        }
        // A token of the store is right, and too random to be guessed at. It forgives no mistake about those of the
        // configuration.
        if rules.grant(of: token, { credentials[$0] }) != nil { return .fine(looked: true) }
        let door = isForDesks ? rules.doorOfList : .wallboards
        // Only of the token that is judged: a right token in a place where it is not read must not be remembered as a
        // wrong one.
        let fingerprint = rules.fingerprint(token)
        if let delay = clientGuard.tokens.repeated(fingerprint, at: [door], address, at: now) {
            clientGuard.count(.token, at: now)
            sayWrong(request, address, at: now, &effects)
            return .wrong(until: now.uptime + delay, looked: false)
        }
        guard isItsTurn || !clientGuard.tokens.isLimited([door], address, at: now) else { return .unseen }
        guard isWrong(token, of: request, isForDesks: isForDesks) else {
            for door in isForDesks ? rules.doors(openedBy: token) : [.wallboards] {
                clientGuard.tokens.right(at: door, address)
            }
            return .fine(looked: true)
        }
        let delay = clientGuard.mistaken(fingerprint, at: [door], address, at: now)
        sayWrong(request, address, at: now, &effects)
        return .wrong(until: now.uptime + delay, looked: true)
    }

    /// Whether nobody has the token. What its holder may do is another question, and no mistake.
    private func isWrong(_ token: String, of request: Request, isForDesks: Bool) -> Bool {
        guard !isForDesks else { return !rules.opensList(token) }
        if case .refused = rules.grant(of: request, { credentials[$0] }) { return true }
        return false
    }

    private mutating func sayWrong(_ request: Request, _ address: String, at now: Moment, _ effects: inout [Effect]) {
        clientGuard.say(
            LogLine(
                .warning, "http", "A wrong token for \(request.path) came\(address.isEmpty ? "" : " from \(address)")."),
            .token,
            at: now,
            &effects)
        let why = whyRefused(request, at: now)
        clientGuard.audit(
            AuditEntry(at: now.date, .tokenRefused, from: address, what: request.path, why: why), at: now, &effects)
    }

    private func whyRefused(_ request: Request, at now: Moment) -> String {
        guard let text = AccessRules.token(of: request), AccessToken.isToken(text), let people = signIns.people,
            case .failure(let fault) = people.token(rules.digest(of: text), at: now.date)
        else { return "wrong token" }
        return "\(fault.rawValue) token of the store"
    }
}
