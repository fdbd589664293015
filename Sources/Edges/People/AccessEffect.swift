import Access
import Core

/// What the world is to do about people: what needs a hash that takes long, or the store.
public enum AccessEffect: Equatable, Sendable {
    /// Check the password of an account, off the loop, and report ``AccessInput/checked(_:_:)``.
    case check(ConnectionID, account: String, password: Configuration.Secret)
    /// Make the first account, an administrator's, if there is none; and report the same.
    case makeFirst(ConnectionID, account: String, password: Configuration.Secret)
    /// A session is new, or was used again.
    case save(SignInSession)
    /// A session is over, by the digest of its id.
    case end([UInt8])
    case audit(AuditEntry)
}

/// What the world knows about people.
public enum AccessInput: Sendable {
    /// The accounts and tokens as they are now: at the start, and after each change.
    case people(People)
    /// The sessions that an earlier run left open: once, after the first ``people(_:)``.
    case restored([SignInSession])
    case checked(ConnectionID, PasswordCheck)
}

/// What came of a password. `random`: ``Access/SignInSession/randomBytes`` unpredictable bytes for a session's id; they
/// come from the world, for whoever knew our seed would know every id.
public enum PasswordCheck: Sendable {
    case right(Account, random: [UInt8])
    case wrong
    /// There is an account already.
    case notFirst
    /// It could not be checked.
    case failed
}
