import ACD
import HTTP
import Telephony

/// What clients may cost: how much work one address may ask for, how often it may be wrong about a token, and what was refused to whom, counted.
///
/// A client without a known address ("") is one address like another.
struct ClientGuard {
    enum Refusal: String, CaseIterable {
        /// Connections beyond all, and beyond those of one address.
        case full, address
        /// Requests beyond the work that an address may ask for.
        case budget
        case token
        /// Whoever did not end a request, or did not say hello, in time.
        case slow
        case malformed
    }

    private struct Account {
        var work = Limits.clientWork
        /// Wrong tokens since the last right one.
        var mistakes = 0
        var at: Span
    }

    private(set) var counts: [Refusal: Int] = [:]
    private var said: [Refusal: Int] = [:]
    private var accounts: [String: Account] = [:]
    /// When the counts are said next; nil: nothing was refused since.
    private var nextCounts: Span?
    private var log = LogLimiter()

    /// When something is to be said next.
    var nextReport: Span? { [nextCounts, log.nextReport].compactMap { $0 }.min() }

    mutating func count(_ refusal: Refusal, at now: Moment) {
        counts[refusal, default: 0] += 1
        if nextCounts == nil { nextCounts = now.uptime + Limits.refusalReport }
    }

    /// A line that a stranger can cause as often as it likes.
    mutating func say(_ line: @autoclosure () -> LogLine, _ kind: LogLimiter.Kind, at now: Moment, _ effects: inout [Gateway.Effect]) {
        if log.maySay(kind, at: now) { effects.append(.log(line())) }
    }

    mutating func report(at now: Moment, _ effects: inout [Gateway.Effect]) {
        for line in log.report(at: now) { effects.append(.log(line)) }
        if let line = reportCounts(at: now) { effects.append(.log(line)) }
    }

    /// Once a minute, where something was refused.
    private mutating func reportCounts(at now: Moment) -> LogLine? {
        guard let due = nextCounts, due <= now.uptime else { return nil }
        nextCounts = nil
        let new = Refusal.allCases.compactMap { refusal in
            let count = counts[refusal, default: 0] - said[refusal, default: 0]
            return count > 0 ? "\(refusal.rawValue) \(count)" : nil
        }
        said = counts
        return LogLine(.warning, "http", "Refused to clients in the last minute: \(new.joined(separator: ", ")).")
    }

    /// Takes the work off what the address may ask for; or says in how many seconds there will be enough.
    mutating func spend(_ work: Int, _ address: String, at now: Moment) -> Int? {
        var account = account(address, at: now)
        // The largest question is answered, too, by whoever has asked nothing for a while.
        let needed = min(work, Limits.clientWork)
        guard account.work >= needed else {
            accounts[address] = account
            return max(1, (needed - account.work + Limits.clientWorkPerSecond - 1) / Limits.clientWorkPerSecond)
        }
        account.work -= needed
        accounts[address] = account
        return nil
    }

    /// How long the answer to a wrong token waits: nothing at first, for people mistype; then twice as long each time.
    mutating func mistaken(_ address: String, at now: Moment) -> Span {
        count(.token, at: now)
        return mistake(address, at: now)
    }

    /// The same, of all that say to be this agent; it is counted once, by address. Whoever has the right token waits for nobody's mistakes.
    mutating func mistaken(about agent: Interface, at now: Moment) -> Span { mistake("agent \(agent.rawValue)", at: now) }

    private mutating func mistake(_ key: String, at now: Moment) -> Span {
        var account = account(key, at: now)
        account.mistakes += 1
        accounts[key] = account
        let beyond = account.mistakes - Limits.freeMistakes
        return beyond <= 0 ? .zero : min(Limits.longestMistake, .milliseconds(250 << Int64(min(beyond - 1, 10))))
    }

    mutating func right(_ address: String) { accounts[address]?.mistakes = 0 }

    private mutating func account(_ address: String, at now: Moment) -> Account {
        var account = accounts[address] ?? Account(at: now.uptime)
        let passed = max(.zero, now.uptime - account.at)
        account.work = min(
            Limits.clientWork, account.work + Int(min(passed, .seconds(60)).microseconds) * Limits.clientWorkPerSecond / 1_000_000)
        if passed >= Limits.mistakesForgotten { account.mistakes = 0 }
        account.at = now.uptime
        if accounts.count >= Limits.clientAddresses, accounts[address] == nil {
            // Of whom nothing was heard for long there is nothing to remember.
            let border = now.uptime - Limits.mistakesForgotten
            accounts = accounts.filter { $0.value.at > border }
            if accounts.count >= Limits.clientAddresses { accounts = [:] }
        }
        return account
    }
}

extension Gateway {
    /// Requests that cost more than a page: each of them has a turn of its own, and a price.
    static let costlyPaths: Set = ["/v1/wallboard", "/v1/wallboard/history", "/v1/stats", "/v1/stats/explain", "/metrics", "/v1/agents"]

    /// Facts that are gone through for the request, and as much again as any answer takes. nil: it is cheap.
    func cost(of path: String) -> Int? {
        guard Self.costlyPaths.contains(path) else { return nil }
        let facts = path.hasPrefix("/v1/stats") ? rooms.reduce(0) { $0 + $1.acd.facts.count } : 0
        return Limits.answerWork + (path == "/v1/stats/explain" ? 3 : 1) * facts
    }

    /// The answer to what is asked too often.
    mutating func refusalOfBudget(_ path: String, _ id: ConnectionID, at now: Moment) -> Response? {
        guard let cost = cost(of: path), let seconds = clientGuard.spend(cost, clients[id]?.address ?? "", at: now) else { return nil }
        clientGuard.count(.budget, at: now)
        var response = Response.error(429, "Too much was asked from this address. Ask again in \(seconds) s, and less often.")
        response.headers.append("Retry-After", "\(seconds)")
        return response
    }

    /// Answers what was asked behind something else: one request in each turn, so that others come in between.
    mutating func answerNext(at now: Moment, _ effects: inout [Effect]) {
        guard
            let index = waitingClients.firstIndex(where: { id in
                (clients[id]?.heldUntil ?? .zero) <= now.uptime && clients[id]?.waiting.first.map { !mustWait($0) } ?? true
            })
        else { return }
        let id = waitingClients.remove(at: index)
        guard let client = clients[id], client.lookingBack == nil, client.role == .requests, !client.waiting.isEmpty else { return }
        // The token of who was held has been counted; that of any other is looked at when its turn has come.
        if clients[id]?.heldUntil == .zero, let first = client.waiting.first,
            let delay = delayOfToken(first, client.address, at: now, &effects)
        {
            clients[id]?.heldUntil = now.uptime + delay
            waitingClients.append(id)
            return
        }
        let request = clients[id]!.waiting.removeFirst()
        clients[id]?.heldUntil = .zero
        route(request, id, client.connection, at: now, &effects)
        flush(id, client.connection, &effects)
        guard clients[id]?.role == .requests else { return }
        if clients[id]?.lookingBack == nil {
            clients[id]?.deadline = now.uptime + (client.connection.isMidRequest ? Limits.request : Limits.idle)
            if clients[id]?.waiting.isEmpty == false { waitingClients.append(id) }
        }
    }

    /// When the next of those that wait is to be answered.
    var nextAnswer: Span? {
        waitingClients.lazy.filter { id in clients[id]?.waiting.first.map { !mustWait($0) } ?? true }.map {
            clients[$0]?.heldUntil ?? .zero
        }
        .min()
    }

    /// What comes from this address and has not become a desk or a reader of the stream.
    func unsettled(_ address: String) -> Int { clients.values.count { $0.role == .requests && $0.address == address } }
}
