import Access
import Core
import Telephony
import Time
import Wire

/// What a token opens. Mistakes at one door delay the answers there, and a right token forgives the mistakes at its own
/// door only: somebody with one agent's token must not guess another's with its help.
enum TokenDoor: Hashable, Sendable {
    case wallboards
    /// The common token of the desks.
    case desks
    /// An agent with a token of his own.
    case agent(Interface)
    /// `GET /v1/agents` where agents have tokens of their own: each of these opens it, so none forgives what was tried
    /// there.
    case agentList

    var isOfDesks: Bool { self != .wallboards }
}

/// How often an address was wrong about a token, and which tokens these were.
///
/// The answer to a wrong token is delayed: not at first, because people mistype; then twice as long each time. The
/// delay holds up nobody else: behind a proxy the guesser and all others have one address. Guessing over many
/// connections is bounded by the rate at which tokens are checked where an address was wrong too often (``LookQueue``).
/// A token that was wrong there before is not a guess: programs that go on with an old one after it was changed cost no
/// check and count as no mistake, and only their own answers wait longer each time. (Webhooks are not among the doors:
/// their secrets have 24 bytes at least, and a signature is not a guess at one.)
struct TokenGuard {
    private struct Key: Hashable {
        var address: String
        /// nil: all doors of desks together, so that a client that tries one token for each agent is delayed, too.
        var door: TokenDoor?
    }

    /// A wrong token, without the token: it may be right elsewhere.
    struct Fingerprint: Equatable, Sendable {
        private let value: UInt64

        /// nil if there are no digests here: then no token is recognised.
        init?(_ token: String, key: [UInt8], _ digests: Digests) {
            let digest = digests.hmacSHA256(key, Array(token.utf8)).prefix(8)
            guard digest.count == 8 else { return nil }
            value = digest.reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    fileprivate struct WrongToken {
        var fingerprint: Fingerprint
        var times = 1
        var at: Span
    }

    fileprivate struct Account {
        var mistakes = 0
        /// Uptime of the last mistake, and which of all it was.
        var at: Span
        var ordinal: UInt64
        /// The wrong tokens, the latest last.
        var wrong: [WrongToken] = []
    }

    private var accounts: [Key: Account] = [:]
    /// The mistakes of all addresses about one agent.
    private var agents: [Interface: Account] = [:]
    private var mistakes: UInt64 = 0

    /// Whether tokens of this address for one of these doors are checked only in turn, at a bounded rate.
    func isLimited(_ doors: [TokenDoor], _ address: String, at now: Moment) -> Bool {
        func isBeyond(_ door: TokenDoor?, _ free: Int) -> Bool {
            guard let account = accounts[Key(address: address, door: door)] else { return false }
            return account.mistakes > free && now.uptime - account.at < Limits.mistakesForgotten
        }
        return doors.contains { isBeyond($0, Limits.freeMistakes) }
            || doors.contains(where: \.isOfDesks) && isBeyond(nil, Limits.freeMistakesAtDesks)
    }

    /// How long the answer to a token that was wrong at each of these doors before is delayed; nil: it must be checked.
    mutating func repeated(_ token: Fingerprint?, at doors: [TokenDoor], _ address: String, at now: Moment) -> Span? {
        guard let token else { return nil }
        let keys = doors.map { Key(address: address, door: $0) }
        guard !keys.isEmpty, keys.allSatisfy({ accounts[$0]?.wrong.contains { $0.fingerprint == token } ?? false })
        else { return nil }
        return keys.compactMap { accounts[$0]?.repeated(token, at: now) }.max()
    }

    /// How long the answer to a wrong token is delayed.
    mutating func mistaken(_ token: Fingerprint?, at door: TokenDoor, _ address: String, at now: Moment) -> Span {
        let key = Key(address: address, door: door)
        let delay = note(key, free: Limits.freeMistakes, at: now)
        if let token { accounts[key]?.remember(token, at: now) }
        // Further guesses about one agent delay that agent's door; they need not delay all others behind the same
        // proxy.
        guard door.isOfDesks, accounts[key]?.mistakes ?? 0 <= Self.countedOfDoor else { return delay }
        return max(delay, note(Key(address: address, door: nil), free: Limits.freeMistakesAtDesks, at: now))
    }

    /// The same for the mistakes of all addresses about this agent. Only answers to wrong tokens are delayed by it: a
    /// client with the right one does not wait for clients elsewhere.
    mutating func mistaken(about agent: Interface, at now: Moment) -> Span {
        var account = agents[agent] ?? Account(at: now.uptime, ordinal: 0)
        let delay = account.mistake(free: Limits.freeMistakes, at: now)
        agents[agent] = account
        return delay
    }

    mutating func right(at door: TokenDoor, _ address: String) {
        guard let forgiven = accounts.removeValue(forKey: Key(address: address, door: door)), door.isOfDesks else {
            return
        }
        accounts[Key(address: address, door: nil)]?.mistakes -= min(forgiven.mistakes, Self.countedOfDoor)
    }

    /// Mistakes at one door that count for all of the desks' doors together.
    private static let countedOfDoor = Limits.freeMistakes + 1

    private mutating func note(_ key: Key, free: Int, at now: Moment) -> Span {
        if accounts[key] == nil { makeRoom(at: now) }
        mistakes += 1
        accounts[key, default: Account(at: now.uptime, ordinal: 0)].ordinal = mistakes
        return accounts[key]!.mistake(free: free, at: now)
    }

    /// A flood of addresses must not wipe out what is remembered of one that guesses: the addresses with the fewest
    /// mistakes are forgotten first, and of these the oldest.
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
    /// Counts one more mistake; returns how long its answer is delayed.
    fileprivate mutating func mistake(free: Int, at now: Moment) -> Span {
        if now.uptime - at >= Limits.mistakesForgotten { mistakes = 0 }
        at = now.uptime
        mistakes = max(0, mistakes) + 1
        return Throttle.delay(mistakes, free: free)
    }

    fileprivate mutating func remember(_ token: TokenGuard.Fingerprint, at now: Moment) {
        guard !wrong.contains(where: { $0.fingerprint == token }) else { return }
        if wrong.count >= Limits.wrongTokens { wrong.removeFirst() }
        wrong.append(TokenGuard.WrongToken(fingerprint: token, at: now.uptime))
    }

    /// The same token again. Returns how long its answer is delayed: as long as that to any other wrong one, or longer
    /// where it comes again and again.
    fileprivate mutating func repeated(_ token: TokenGuard.Fingerprint, at now: Moment) -> Span? {
        guard let index = wrong.firstIndex(where: { $0.fingerprint == token }) else { return nil }
        var known = wrong.remove(at: index)
        if now.uptime - known.at >= Limits.mistakesForgotten { known.times = 0 }
        known.times += 1
        known.at = now.uptime
        wrong.append(known)
        return Throttle.delay(
            max(now.uptime - at < Limits.mistakesForgotten ? mistakes : 0, known.times), free: Limits.freeMistakes)
    }
}
