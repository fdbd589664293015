import Telephony

/// What a token opens. Whoever is wrong at one waits there, and a right token forgives the mistakes at its own only: who has one agent's token must not
/// guess another's with its help.
enum Door: Hashable, Sendable {
    case wallboards
    /// The common token of the desks.
    case desks
    /// An agent with a token of his own.
    case agent(Interface)
    /// `GET /v1/agents` where agents have tokens of their own: each of these opens it, so none forgives what was tried there.
    case agentList

    var isOfDesks: Bool { self != .wallboards }
}

/// How often an address was wrong about a token, and until when no other of its tokens is looked at.
///
/// The answer to a wrong token waits: not at first, for people mistype; then twice as long each time. Until it is given, no other token from that address
/// is looked at for the same door. Otherwise a hundred connections at once would try a hundred tokens, and whoever hangs up would not have waited.
/// (Webhooks are not among the doors: their secrets have 24 bytes at least, and a signature is no guess at one.)
struct TokenGuard {
    private struct Key: Hashable {
        var address: String
        /// nil: all doors of desks together, so that whoever tries one token for each agent waits, too.
        var door: Door?
    }

    fileprivate struct Account {
        var mistakes = 0
        /// Uptime of the last mistake, and which of all it was.
        var at: Span
        var ordinal: UInt64
        var heldUntil = Span.zero
    }

    private var accounts: [Key: Account] = [:]
    /// Of all addresses, about one agent.
    private var agents: [Interface: Account] = [:]
    private var mistakes: UInt64 = 0

    /// Until when no token of this address is looked at for one of these doors; nil: one may be looked at now.
    func heldUntil(_ doors: [Door], _ address: String, at now: Moment) -> Span? {
        var keys = doors.map { Key(address: address, door: $0) }
        if doors.contains(where: \.isOfDesks) { keys.append(Key(address: address, door: nil)) }
        return keys.compactMap { accounts[$0]?.heldUntil }.filter { $0 > now.uptime }.max()
    }

    /// How long the answer to a wrong token waits.
    mutating func mistaken(at door: Door, _ address: String, at now: Moment) -> Span {
        let key = Key(address: address, door: door)
        let delay = note(key, free: Limits.freeMistakes, at: now)
        // A program that goes on with one old token delays its own door; it need not delay all others behind the same proxy.
        guard door.isOfDesks, accounts[key]?.mistakes ?? 0 <= Self.countedOfDoor else { return delay }
        return max(delay, note(Key(address: address, door: nil), free: Limits.freeMistakesAtDesks, at: now))
    }

    /// The same, of all addresses about this agent: only wrong tokens wait for it, since whoever has the right one waits for nobody elsewhere.
    mutating func mistaken(about agent: Interface, at now: Moment) -> Span {
        var account = agents[agent] ?? Account(at: now.uptime, ordinal: 0)
        let delay = account.mistake(free: Limits.freeMistakes, at: now)
        agents[agent] = account
        return delay
    }

    mutating func right(at door: Door, _ address: String) {
        guard let forgiven = accounts.removeValue(forKey: Key(address: address, door: door)), door.isOfDesks else { return }
        accounts[Key(address: address, door: nil)]?.mistakes -= min(forgiven.mistakes, Self.countedOfDoor)
    }

    /// Mistakes at one door that count for all of the desks' doors together.
    private static let countedOfDoor = Limits.freeMistakes + 1

    private mutating func note(_ key: Key, free: Int, at now: Moment) -> Span {
        if accounts[key] == nil { makeRoom(at: now) }
        var account = accounts[key] ?? Account(at: now.uptime, ordinal: 0)
        let delay = account.mistake(free: free, at: now)
        mistakes += 1
        account.ordinal = mistakes
        account.heldUntil = max(account.heldUntil, now.uptime + delay)
        accounts[key] = account
        return delay
    }

    /// Many addresses must not wipe out what is remembered of one that guesses: what is forgotten first are the fewest mistakes, and of these the oldest.
    private mutating func makeRoom(at now: Moment) {
        guard accounts.count >= Limits.clientAddresses else { return }
        accounts = accounts.filter { now.uptime - $0.value.at < Limits.mistakesForgotten }
        guard accounts.count >= Limits.clientAddresses else { return }
        let order = accounts.sorted { ($0.value.mistakes, $0.value.ordinal) < ($1.value.mistakes, $1.value.ordinal) }
        // A tenth at once, so that they are not sorted for each.
        for (key, _) in order.prefix(Limits.clientAddresses / 10) { accounts[key] = nil }
    }
}

extension TokenGuard.Account {
    /// One more; how long its answer waits.
    fileprivate mutating func mistake(free: Int, at now: Moment) -> Span {
        if now.uptime - at >= Limits.mistakesForgotten { mistakes = 0 }
        at = now.uptime
        mistakes = max(0, mistakes) + 1
        let beyond = mistakes - free
        return beyond <= 0 ? .zero : min(Limits.longestMistake, .milliseconds(250 << Int64(min(beyond - 1, 10))))
    }
}
