import Time

/// The accounts and tokens of the store as they are now. The world hands them in at the start and again whenever they
/// have changed; nothing about them is decided elsewhere.
public struct People: Sendable {
    private var accountsByName: [String: Account]
    private var tokensByDigest: [[UInt8]: AccessToken]
    /// While there is no account: what makes the first one.
    public var firstCode: FirstCode?

    public init(accounts: [Account], tokens: [AccessToken], firstCode: FirstCode? = nil) {
        accountsByName = Dictionary(accounts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        tokensByDigest = Dictionary(tokens.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
        self.firstCode = firstCode
    }

    /// An account that was just made or read: what is known of it otherwise is older.
    public mutating func add(_ account: Account) {
        accountsByName[account.name] = account
        firstCode = nil
    }

    public var hasAccounts: Bool { !accountsByName.isEmpty }

    /// An account that may sign in.
    public func account(_ name: String) -> Account? {
        accountsByName[name].flatMap { $0.isDisabled ? nil : $0 }
    }

    public enum TokenFault: String, Error, Sendable {
        case unknown, expired, revoked
    }

    public var hasTokens: Bool { !tokensByDigest.isEmpty }

    /// The digests of all tokens, in order.
    public var tokens: [[UInt8]] { tokensByDigest.keys.sorted { $0.lexicographicallyPrecedes($1) } }

    /// What a token opens, by the SHA-256 of its text.
    public func token(_ digest: [UInt8], at date: UnixTime) -> Result<AccessToken, TokenFault> {
        guard let token = tokensByDigest[digest] else { return .failure(.unknown) }
        return token.isRevoked
            ? .failure(.revoked) : Self.isOver(token, at: date) ? .failure(.expired) : .success(token)
    }

    private static func isOver(_ token: AccessToken, at date: UnixTime) -> Bool {
        token.expires.map { $0 <= date } ?? false
    }

    /// Makes the first account of a store that has none: printed once when the gateway starts, because whoever reads
    /// the log of a program that just started is its administrator. Logs are kept; the code is not worth keeping: it
    /// works once, for an hour, and only while there is no account.
    public struct FirstCode: Hashable, Sendable {
        /// SHA-256 of the text.
        public var digest: [UInt8]
        public var expires: UnixTime

        public init(digest: [UInt8], expires: UnixTime) {
            self.digest = digest
            self.expires = expires
        }

        public static let randomBytes = AccessLimits.firstCodeBytes
        public static let lasts = AccessLimits.firstCodeLasts
    }
}
