import Time

/// A browser in which somebody has signed in. The browser holds the id, 32 random bytes; here and in the store there is
/// only its SHA-256, so that a copy of the store opens nothing.
public struct SignInSession: Hashable, Sendable {
    /// SHA-256 of the id.
    public var digest: [UInt8]
    public var account: String
    public var began: UnixTime
    /// When somebody last asked something with it, or a page of it was connected.
    public var used: UnixTime

    public init(digest: [UInt8], account: String, began: UnixTime, used: UnixTime) {
        self.digest = digest
        self.account = account
        self.began = began
        self.used = used
    }

    public static let randomBytes = AccessLimits.secretBytes

    /// How long a session lives. A desk that is connected uses its session all the time, so the first is about pages
    /// that were left open on a machine that sleeps, the second about machines that never do.
    public struct Rules: Hashable, Sendable {
        public var idle: Span
        public var absolute: Span

        /// Half an hour without a page; a shift with overtime.
        public init(idle: Span = AccessLimits.idleSession, absolute: Span = AccessLimits.longestSession) {
            self.idle = idle
            self.absolute = absolute
        }
    }

    /// Civil time, for it must survive a restart: a clock that is set forward ends sessions, one that is set back lets
    /// them live longer by as much, and a session from the future has ended.
    public func hasEnded(at date: UnixTime, _ rules: Rules) -> Bool {
        date >= end(rules) || began > date + rules.idle
    }

    /// When it ends if nobody uses it any more.
    public func end(_ rules: Rules) -> UnixTime { min(used + rules.idle, began + rules.absolute) }
}
