import Access
import Core
import HTTP
import Telephony
import Time
import Wire

/// What the world found of an earlier moment: ``Effect/lookBack(_:_:)``.
public enum LookBack: Sendable {
    /// The core as it was, and the moment at which it is read.
    case found(Core, at: Moment)
    /// Nothing is kept that could be read.
    case noJournal
    /// The journal does not reach so far, or the moment has not come.
    case outside(String)
    case failed(String)
    /// The whole answer, made off the loop by a ``Question``.
    case answered(Response)
}

/// Figures of an earlier moment: `GET /v1/stats?at=…`, `GET /v1/stats/explain?at=…`, `GET /v1/wallboard?at=…`.
///
/// The journal is read off the loop, one question at a time. What comes back is the core of that moment, and the answer
/// is made from it by the same functions that answer for now. When the client closes its connection first, the reading
/// ends. It concerns the edges only: nothing of the present changes.
extension Edges {
    static let lookBackPaths: Set = ["/v1/stats", "/v1/stats/explain", "/v1/wallboard"]
    /// A look back takes about this long, in whole seconds for `Retry-After`.
    private static let retrySeconds = 2

    /// Whether the request is about another moment: then it is answered, or will be.
    mutating func looksBack(
        _ request: Request, _ id: ConnectionID, _ connection: HTTP.Connection, _ core: Core, _ effects: inout [Effect]
    ) -> Bool {
        guard Self.lookBackPaths.contains(request.path), let text = request.query.first("at") else { return false }
        let grant: Grant
        switch admission(of: request, to: Self.door(of: request)) {
        case .granted(let known): grant = known
        case .refused(let refusal):
            connection.respond(refusal)
            return true
        }
        // Who may ask for the figures of now may not for that reason ask for those of any other day.
        if let refusal = grant.opens(.earlierMoments) ? refusalOfForm(request) : AccessRules.forbidden(grant) {
            connection.respond(refusal)
            return true
        }
        let date: UnixTime
        do throws(StatisticsQuery.Fault) { date = try StatisticsQuery.instant(text, "at", core.rules.timeZone) } catch {
            connection.respond(.error(400, error.description))
            return true
        }
        guard lookingBack == nil else {
            connection.respond(
                busy("The journal is being read for somebody else. Try again in \(Self.retrySeconds) seconds."))
            return true
        }
        lookingBack = id
        clients[id]?.lookingBack = request
        let seen = sight(of: grant, core)
        clients[id]?.sight = seen
        let shown = credential(of: request)
        clients[id]?.credential = shown
        effects.append(.lookBack(id, date))
        return true
    }

    /// A stream has no past: of the wallboard there is a picture.
    private func refusalOfForm(_ request: Request) -> Response? {
        guard request.path == "/v1/wallboard", !wantsJSON(request) else { return nil }
        return .error(400, "The wallboard of an earlier moment is one document: ask with Accept: application/json.")
    }

    func wantsJSON(_ request: Request) -> Bool { request.headers.first("Accept")?.contains("application/json") == true }

    /// Reading a long journal to its end for a client that has gone would keep everybody else from asking.
    mutating func stopLookingBack(for id: ConnectionID, _ effects: inout [Effect]) {
        guard lookingBack == id else { return }
        lookingBack = nil
        effects.append(.stopLookingBack(id))
    }

    /// The journal has been read. The client that asked may be gone; its further requests on the same connection have
    /// waited.
    mutating func lookedBack(
        _ id: ConnectionID, _ found: LookBack, _ core: Core, at now: Moment, _ inputs: inout [Core.Input],
        _ effects: inout [Effect]
    ) {
        if lookingBack == id { lookingBack = nil }
        if answering == id { answering = nil }
        guard let client = clients[id], let request = client.lookingBack else { return }
        respond(
            id, question(request, client.sight, core: nil, at: now).answer(found), core, at: now, &inputs, &effects)
    }

    /// Answers the request that the connection's further requests wait for, and goes on with these.
    mutating func respond(
        _ id: ConnectionID, _ response: Response, _ core: Core, at now: Moment, _ inputs: inout [Core.Input],
        _ effects: inout [Effect]
    ) {
        guard let client = clients[id], client.lookingBack != nil else { return }
        clients[id]?.lookingBack = nil
        client.connection.respond(response)
        // One answer of figures in a turn: what is asked behind the next has another.
        var isSpent = false
        while clients[id]?.lookingBack == nil, let next = clients[id]?.waiting.first {
            let isCostly = Self.costlyPaths.contains(next.path) && next.query.first("at") == nil
            if isCostly && isSpent || mustWait(next) {
                wait(id, next, at: now)
                break
            }
            guard mayAnswer(next, id, at: now, &effects) else { break }
            isSpent = isSpent || isCostly
            clients[id]?.waiting.removeFirst()
            guard clients[id]?.role == .requests else { continue }
            route(next, id, client.connection, core, at: now, &inputs, &effects)
        }
        flush(id, client.connection, &effects)
        guard clients[id]?.role == .requests else { return }
        guard clients[id]?.lookingBack == nil, clients[id]?.waiting.isEmpty == true else { return }
        clients[id]?.deadline = now.uptime + (client.connection.isMidRequest ? Limits.request : Limits.idle)
    }

    private func busy(_ message: String) -> Response {
        var response = Response.error(503, message)
        response.headers.append("Retry-After", "\(Self.retrySeconds)")
        return response
    }
}
