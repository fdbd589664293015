import Access
import Core
import ACD
import Figures
import HTTP
import Telephony
import Time

/// What clients may cost: how much work one address may ask for, how often it may be wrong about a token, and what was
/// refused to whom, counted.
///
/// A client without a known address ("") is one address like another.
struct ClientGuard {
    enum Refusal: String, CaseIterable {
        /// Connections beyond all, and beyond those of one address.
        case full, address
        /// Requests beyond the work that an address may ask for.
        case budget
        case token
        /// Clients that did not complete a request, or did not send hello, in time.
        case slow
        case malformed
        /// Requests that a page of another site made, and connections past the proxy.
        case origin, stranger
    }

    /// Work that an address may still ask for, and when that was so.
    private struct Account {
        var work = Limits.clientWork
        var at: Span

        func work(at now: Moment) -> Int {
            let passed = min(max(.zero, now.uptime - at), Limits.clientWorkRefill)
            return min(Limits.clientWork, work + Int(passed.microseconds) * Limits.clientWorkPerSecond / 1_000_000)
        }
    }

    private(set) var counts: [Refusal: Int] = [:]
    private var said: [Refusal: Int] = [:]
    private var accounts: [String: Account] = [:]
    var tokens = TokenGuard()
    /// When the counts are reported next; nil: nothing was refused since.
    private var nextCounts: Span?
    private var log = LogLimiter()
    private var auditing = RefusalAudit()
    /// Whether there is a store that keeps an audit.
    let keepsAudit: Bool

    init(keepsAudit: Bool) { self.keepsAudit = keepsAudit }

    /// When something is to be logged next.
    var nextReport: Span? { nextCounts.earlier(log.nextReport).earlier(auditing.nextReport) }

    mutating func count(_ refusal: Refusal, at now: Moment) {
        counts[refusal, default: 0] += 1
        if nextCounts == nil { nextCounts = now.uptime + Limits.refusalReport }
    }

    /// A line that a stranger can cause as often as it likes.
    mutating func say(
        _ line: @autoclosure () -> LogLine, _ kind: LogLimiter.Kind, at now: Moment, _ effects: inout [Effect]
    ) {
        if log.maySay(kind, at: now) { effects.append(.log(line())) }
    }

    mutating func report(at now: Moment, _ effects: inout [Effect]) {
        for line in log.report(at: now) { effects.append(.log(line)) }
        if let entry = auditing.report(at: now) { effects.append(.access(.audit(entry))) }
        if let line = reportCounts(at: now) { effects.append(.log(line)) }
    }

    /// A refusal, which a stranger can cause as often as it likes: beyond some in a second they are counted.
    mutating func audit(_ entry: @autoclosure () -> AuditEntry, at now: Moment, _ effects: inout [Effect]) {
        if keepsAudit, auditing.mayEnter(at: now) { effects.append(.access(.audit(entry()))) }
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

    /// Deducts the work from what the address may still ask for. Returns nil, or in how many seconds there will be
    /// enough.
    mutating func spend(_ work: Int, _ address: String, at now: Moment) -> Int? {
        if accounts[address] == nil { makeRoom(at: now) }
        let left = accounts[address]?.work(at: now) ?? Limits.clientWork
        // Even the largest question is answered for an address that has asked nothing for a while.
        let needed = min(work, Limits.clientWork)
        let isEnough = left >= needed
        accounts[address] = Account(work: isEnough ? left - needed : left, at: now.uptime)
        return isEnough ? nil : max(1, (needed - left + Limits.clientWorkPerSecond - 1) / Limits.clientWorkPerSecond)
    }

    /// How long the answer to a token that was wrong at each of these doors is delayed.
    mutating func mistaken(_ token: TokenGuard.Fingerprint?, at doors: [TokenDoor], _ address: String, at now: Moment)
        -> Span
    {
        count(.token, at: now)
        return doors.map { tokens.mistaken(token, at: $0, address, at: now) }.max() ?? .zero
    }

    /// An address that has spent nothing lately need not be remembered; where all have, those that have spent least are
    /// forgotten.
    private mutating func makeRoom(at now: Moment) {
        guard accounts.count >= Limits.clientAddresses else { return }
        accounts = accounts.filter { $0.value.work(at: now) < Limits.clientWork }
        guard accounts.count >= Limits.clientAddresses else { return }
        // any order: sorted on the next line
        let left = accounts.map { (work: $0.value.work(at: now), address: $0.key) }
        let order = left.sorted { ($1.work, $0.address) < ($0.work, $1.address) }
        for (_, address) in order.prefix(Limits.clientAddresses / 10) { accounts[address] = nil }
    }
}

extension Edges {
    /// What a client has shown so far: where there is no room for all, the least goes first.
    public enum Standing: Comparable, Sendable {
        /// Nothing: it asks, or says nothing.
        case unproven
        /// It reads the stream, which asks for no token.
        case reader
        /// It gave a right token and stays: a desk that was let in, a reader of the stream.
        case proven
    }

    public func standing(of id: ConnectionID) -> Standing {
        if desks.has(id) { return desks.isLetIn(id) ? .proven : .unproven }
        guard let client = clients[id] else { return .reader }
        return client.role != .wallboard ? .unproven : rules.asksWatchersForToken ? .proven : .reader
    }

    /// Requests that cost more than a page: each of them has a turn of its own, and a price.
    static let costlyPaths: Set = [
        "/v1/wallboard", "/v1/wallboard/history", "/v1/stats", "/v1/stats/explain", "/metrics", "/v1/agents",
    ]

    /// Facts that are gone through for the request, and as much again as any answer takes. nil: it is cheap.
    func cost(of path: String, _ core: Core) -> Int? {
        guard Self.costlyPaths.contains(path) else { return nil }
        let facts = path.hasPrefix("/v1/stats") ? core.switches.reduce(0) { $0 + $1.acd.facts.count } : 0
        return Limits.answerWork + (path == "/v1/stats/explain" ? 3 : 1) * facts
    }

    /// The answer to what is asked too often.
    mutating func refusalOfBudget(_ path: String, _ id: ConnectionID, _ core: Core, at now: Moment) -> Response? {
        guard let cost = cost(of: path, core),
            let seconds = clientGuard.spend(cost, clients[id]?.address ?? "", at: now)
        else {
            return nil
        }
        clientGuard.count(.budget, at: now)
        var response = Response.error(
            429, "Too much was asked from this address. Ask again in \(seconds) s, and less often.")
        response.headers.append("Retry-After", "\(seconds)")
        return response
    }
}
