import Time

/// The sessions that are open: bounded, and each found by the SHA-256 of its id.
public struct Sessions: Sendable {
    public let rules: SignInSession.Rules
    private var sessions: [[UInt8]: SignInSession] = [:]
    private var ofAccount: [String: Set<[UInt8]>] = [:]

    public init(_ rules: SignInSession.Rules = .init()) { self.rules = rules }

    public var count: Int { sessions.count }

    /// What an earlier run had: what has ended since is left out.
    public mutating func restore(_ stored: [SignInSession], at date: UnixTime) {
        for session in stored where !session.hasEnded(at: date, rules) && sessions.count < AccessLimits.sessions {
            insert(session)
        }
    }

    /// Opens a session; returns those that had to go for it. nil: there is no room, for
    /// all that are open are in use.
    public mutating func open(
        _ digest: [UInt8], for account: String, since began: UnixTime, at date: UnixTime
    ) -> [SignInSession]? {
        var gone: [SignInSession] = []
        let own = ofAccount[account, default: []].compactMap { sessions[$0] }.sorted(by: Self.isOlder)
        for session in own.prefix(max(0, own.count + 1 - AccessLimits.sessionsPerAccount)) { gone.append(session) }
        if sessions.count - gone.count >= AccessLimits.sessions {
            gone += ended(at: date)
            guard sessions.count - gone.count < AccessLimits.sessions else { return nil }
        }
        for session in gone { remove(session.digest) }
        insert(SignInSession(digest: digest, account: account, began: began, used: date))
        return gone
    }

    /// The session of that digest, unless it has ended.
    public func session(_ digest: [UInt8], at date: UnixTime) -> SignInSession? {
        sessions[digest].flatMap { $0.hasEnded(at: date, rules) ? nil : $0 }
    }

    /// When a session that is known began.
    public func began(_ digest: [UInt8]) -> UnixTime? { sessions[digest]?.began }

    /// It was used; returns it where that is worth storing: not more often than each ``storedEvery``.
    public mutating func use(_ digest: [UInt8], at date: UnixTime) -> SignInSession? {
        guard let session = session(digest, at: date), date > session.used else { return nil }
        sessions[digest]?.used = date
        let step = Self.storedEvery.microseconds
        return date.microseconds / step == session.used.microseconds / step ? nil : sessions[digest]
    }

    /// A restart finds the last use to within this.
    public static let storedEvery: Span = .seconds(300)

    @discardableResult public mutating func end(_ digest: [UInt8]) -> SignInSession? {
        defer { remove(digest) }
        return sessions[digest]
    }

    /// Ends all of an account, except those that may stay; the one that was used least recently comes first.
    public mutating func endAll(
        of account: String, except mayStay: (SignInSession) -> Bool = { _ in false }
    ) -> [SignInSession] {
        let all = ofAccount[account, default: []].compactMap { sessions[$0] }.filter { !mayStay($0) }
            .sorted(by: Self.isOlder)
        for session in all { remove(session.digest) }
        return all
    }

    /// Those that have ended by time, and are forgotten from now on.
    public mutating func takeEnded(at date: UnixTime) -> [SignInSession] {
        let gone = ended(at: date)
        for session in gone { remove(session.digest) }
        return gone
    }

    private func ended(at date: UnixTime) -> [SignInSession] {
        // any order: sorted at once
        sessions.values.filter { $0.hasEnded(at: date, rules) }.sorted(by: Self.isOlder)
    }

    /// The accounts that have a session, in order.
    public var accounts: [String] { ofAccount.keys.sorted() }

    private static func isOlder(_ a: SignInSession, _ b: SignInSession) -> Bool {
        a.used != b.used ? a.used < b.used : a.digest.lexicographicallyPrecedes(b.digest)
    }

    private mutating func insert(_ session: SignInSession) {
        sessions[session.digest] = session
        ofAccount[session.account, default: []].insert(session.digest)
    }

    private mutating func remove(_ digest: [UInt8]) {
        guard let session = sessions.removeValue(forKey: digest) else { return }
        ofAccount[session.account]?.remove(digest)
        if ofAccount[session.account]?.isEmpty == true { ofAccount[session.account] = nil }
    }
}
