import Access
import Store
import Telephony
import Time
import Wire

// The store keeps texts; the rules have types. A text that means nothing opens nothing.

extension People {
    init(_ stored: Store.StoredAccess, firstCode: FirstCode? = nil) {
        self.init(
            accounts: stored.accounts.compactMap(Account.init), tokens: stored.tokens.compactMap(AccessToken.init),
            firstCode: stored.accounts.isEmpty ? firstCode : nil)
    }
}

extension Store {
    /// Everything about people and programs, as far as it is bounded.
    func access() throws(StoreError) -> StoredAccess {
        try access(
            accounts: AccessLimits.accounts, tokens: AccessLimits.tokens, sessions: AccessLimits.sessions)
    }
}

extension Account {
    /// nil where the row was not written by this program, or by a newer one.
    init?(_ row: AccountRow) {
        guard let role = Role(rawValue: row.role), let scope = Scope(json: row.scope) else { return nil }
        self.init(
            name: row.name, role: role, scope: scope, agent: row.agent.map { Interface($0) },
            isDisabled: row.isDisabled, changed: UnixTime(microseconds: row.changed))
    }
}

extension AccountRow {
    init(_ account: Account) {
        self.init(
            name: account.name, role: account.role.rawValue, scope: account.scope.json,
            agent: account.agent?.rawValue, isDisabled: account.isDisabled)
    }
}

extension AccessToken {
    init?(_ row: TokenRow) {
        guard let role = Role(rawValue: row.role), let scope = Scope(json: row.scope) else { return nil }
        self.init(
            name: row.name, role: role, scope: scope, expires: row.expires.map { UnixTime(microseconds: $0) },
            isRevoked: row.revoked != nil, digest: row.digest)
    }
}

extension SignInSession {
    init(_ row: SessionRow) {
        self.init(
            digest: row.digest, account: row.account, began: UnixTime(microseconds: row.began),
            used: UnixTime(microseconds: row.used))
    }
}

extension SessionRow {
    init(_ session: SignInSession) {
        self.init(
            digest: session.digest, account: session.account, began: session.began.microseconds,
            used: session.used.microseconds)
    }
}

extension Scope {
    init?(json: String) {
        guard let scope = JSON.decode(Scope.self, from: json.utf8) else { return nil }
        self = scope
    }

    var json: String { String(decoding: JSON.encode(self), as: UTF8.self) }

    /// For people: `everything`, `supplier:Alfa team:Interni`.
    var words: String {
        parts.map { $0.isEmpty ? "nothing" : $0.map(\.description).joined(separator: " ") } ?? "everything"
    }
}
