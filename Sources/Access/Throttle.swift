import Time

/// How often somebody was wrong about a password: answers that come later each time, and then a lock that says until
/// when. A locked sign-in costs no hash, and is refused whether the password is right or wrong.
///
/// Failures count for an account from one address, for the account from everywhere, and for an address whatever the
/// account. The first bound is low, the others are high: they lock out people who did nothing. An account that does not
/// exist is throttled like one that does, or the answer would say which exist.
public struct Throttle: Sendable {
    private enum Key: Hashable, Comparable {
        case pair(account: String, address: String)
        case account(String)
        case address(String)
    }

    private struct Failures {
        var count = 0
        /// Locks that these failures have led to.
        var locks = 0
        var lockedUntil: Span?
        /// Uptime of the last failure, and which of all it was.
        var at: Span
        var ordinal: UInt64
    }

    private var failures: [Key: Failures] = [:]
    private var ordinal: UInt64 = 0

    public init() {}

    /// Remembered accounts and addresses.
    public var count: Int { failures.count }

    /// Until when nothing of this account is checked for this address, in uptime; nil: it is.
    public func lockedUntil(_ account: String, from address: String, at now: Span) -> Span? {
        Self.keys(account, address).compactMap { failures[$0]?.lockedUntil }.filter { $0 > now }.max()
    }

    public struct Verdict: Equatable, Sendable {
        /// How long the answer is delayed.
        public var delay: Span
        /// Until when this failure has locked something, in uptime; nil: it has not.
        public var lockedUntil: Span?
    }

    /// The password was wrong.
    public mutating func failed(_ account: String, from address: String, at now: Span) -> Verdict {
        ordinal += 1
        var verdict = Verdict(delay: .zero)
        for key in Self.keys(account, address) {
            if failures[key] == nil { makeRoom(at: now) }
            var known = failures[key] ?? Failures(at: now, ordinal: ordinal)
            if now - known.at >= AccessLimits.failuresForgotten { known = Failures(at: now, ordinal: ordinal) }
            known.count += 1
            known.at = now
            known.ordinal = ordinal
            if known.count >= Self.bound(of: key) {
                let lock = Self.doubled(AccessLimits.firstLock, known.locks, longest: AccessLimits.longestLock)
                known.locks += 1
                known.count = 0
                known.lockedUntil = now + lock
                verdict.lockedUntil = max(verdict.lockedUntil ?? .zero, now + lock)
            }
            if case .pair = key {
                verdict.delay = Self.delay(known.count, free: AccessLimits.freeFailures)
            }
            failures[key] = known
        }
        return verdict
    }

    /// The password was right: what this address got wrong about this account is forgiven, and no longer counts against
    /// the account or the address. What others got wrong about it still does.
    public mutating func succeeded(_ account: String, from address: String) {
        guard let forgiven = failures.removeValue(forKey: .pair(account: account, address: address)) else { return }
        for key in [Key.account(account), .address(address)] {
            guard var known = failures[key] else { continue }
            known.count = max(0, known.count - forgiven.count)
            failures[key] = known.count == 0 && known.lockedUntil == nil ? nil : known
        }
    }

    /// How long the answer to the `mistakes`-th mistake is delayed: not at first, because people mistype; then twice as
    /// long each time. Tokens are answered by the same rule.
    public static func delay(_ mistakes: Int, free: Int) -> Span {
        mistakes <= free
            ? .zero : doubled(AccessLimits.firstDelay, mistakes - free - 1, longest: AccessLimits.longestDelay)
    }

    private static func doubled(_ first: Span, _ times: Int, longest: Span) -> Span {
        min(longest, Span(microseconds: first.microseconds << Int64(min(max(0, times), AccessLimits.doublings))))
    }

    private static func keys(_ account: String, _ address: String) -> [Key] {
        [.pair(account: account, address: address), .account(account), .address(address)]
    }

    private static func bound(of key: Key) -> Int {
        switch key {
        case .pair: AccessLimits.failuresToLock
        case .account: AccessLimits.failuresToLockAccount
        case .address: AccessLimits.failuresToLockAddress
        }
    }

    /// A flood of names or addresses must not wipe out what is remembered of one that guesses: those with the fewest
    /// failures go first, and of these the oldest. A lock that lasts counts as many failures.
    private mutating func makeRoom(at now: Span) {
        guard failures.count >= AccessLimits.throttled else { return }
        failures = failures.filter {
            now - $0.value.at < AccessLimits.failuresForgotten || ($0.value.lockedUntil ?? .zero) > now
        }
        guard failures.count >= AccessLimits.throttled else { return }
        func weight(_ failures: Failures) -> Int { failures.count + failures.locks * AccessLimits.failuresToLock }
        // any order: no two have the same ordinal and key
        let order = failures.sorted {
            (weight($0.value), $0.value.ordinal, $0.key) < (weight($1.value), $1.value.ordinal, $1.key)
        }
        // A tenth at once, so that they are not sorted for each.
        for (key, _) in order.prefix(AccessLimits.throttled / 10) { failures[key] = nil }
    }
}
