/// An account as it is stored. Times are microseconds since 1970 in UTC.
public struct AccountRow: Hashable, Sendable {
    public var name: String
    public var role: String
    /// JSON.
    public var scope: String
    public var agent: String?
    public var isDisabled: Bool
    /// When the password was set, or the account disabled or enabled.
    public var changed: Int64

    public init(
        name: String, role: String, scope: String, agent: String? = nil, isDisabled: Bool = false, changed: Int64 = 0
    ) {
        self.name = name
        self.role = role
        self.scope = scope
        self.agent = agent
        self.isDisabled = isDisabled
        self.changed = changed
    }
}

/// A token as it is stored: its digest, not its text.
public struct TokenRow: Hashable, Sendable {
    public var name: String
    /// SHA-256 of the text.
    public var digest: [UInt8]
    public var role: String
    /// JSON.
    public var scope: String
    public var made: Int64
    /// nil: never.
    public var expires: Int64?
    /// nil: it has not been.
    public var revoked: Int64?

    public init(
        name: String, digest: [UInt8], role: String, scope: String, made: Int64, expires: Int64? = nil,
        revoked: Int64? = nil
    ) {
        self.name = name
        self.digest = digest
        self.role = role
        self.scope = scope
        self.made = made
        self.expires = expires
        self.revoked = revoked
    }
}

/// A session of a browser as it is stored.
public struct SessionRow: Hashable, Sendable {
    /// SHA-256 of the id that the browser holds.
    public var digest: [UInt8]
    public var account: String
    public var began: Int64
    public var used: Int64

    public init(digest: [UInt8], account: String, began: Int64, used: Int64) {
        self.digest = digest
        self.account = account
        self.began = began
        self.used = used
    }
}

/// One entry of the audit, with its place in the chain.
public struct AuditRow: Hashable, Sendable {
    /// From 1, without holes.
    public var id: Int64
    public var at: Int64
    public var kind: String
    public var who: String
    /// The whole entry, as JSON; the columns are for whoever asks with SQL.
    public var entry: String
    public var digest: String
}

/// An entry that is to be appended.
public struct NewAuditRow: Hashable, Sendable {
    public var at: Int64
    public var kind: String
    public var who: String
    public var entry: String

    public init(at: Int64, kind: String, who: String, entry: String) {
        self.at = at
        self.kind = kind
        self.who = who
        self.entry = entry
    }
}
