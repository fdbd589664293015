import Access
import Core
import HTTP
import Telephony
import Time

/// Who is signed in, who is trying to, and what the store says about people. What follows from a session or a token is
/// in ``Edges/credentials``, by its digest; here is when it ends.
struct SignIns {
    /// nil until the world has said it: without a store there are no accounts.
    var people: People?
    var sessions: Sessions
    var throttle = Throttle()
    /// Sign-ins whose password is being checked.
    var attempts: [ConnectionID: Attempt] = [:]
    /// Answers that wait, because the password was wrong too often.
    private var late = DueHeap<ConnectionID>()
    private var lateAnswers: [ConnectionID: Response] = [:]
    /// Uptime at which it is next looked at what has ended.
    private var nextCheck = Span.zero

    struct Attempt: Sendable {
        var name: String
        var address: String
        /// When it was asked for. A session begins then, so that a password that is changed while the old one is being
        /// checked ends it.
        var began: UnixTime
        var isSecure: Bool
        var isFirst = false
        /// The session that this browser had.
        var before: [UInt8]?
    }

    init(_ rules: SignInSession.Rules) { sessions = Sessions(rules) }

    /// What is being checked for it is counted when the check comes back.
    mutating func closed(_ id: ConnectionID) { lateAnswers[id] = nil }

    /// Sessions of accounts that have changed since, are disabled or are gone; they are forgotten.
    mutating func takeChanged() -> [SignInSession] {
        sessions.accounts.flatMap { name in  // any order: the names are sorted
            let account = people?.account(name)
            return sessions.endAll(of: name) { session in account.map { $0.changed <= session.began } ?? false }
        }
    }

    // MARK: time

    mutating func answer(_ id: ConnectionID, _ response: Response, at due: Span) {
        lateAnswers[id] = response
        late.insert(id, due: due)
    }

    mutating func takeAnswer(at now: Moment) -> (id: ConnectionID, response: Response)? {
        while let id = late.take(at: now.uptime) {
            if let response = lateAnswers.removeValue(forKey: id) { return (id, response) }
        }
        return nil
    }

    private var hasAnythingToEnd: Bool { sessions.count > 0 || people?.hasTokens == true }

    /// In uptime; nil: nobody is signed in, there is no token, and nobody waits.
    var nextDeadline: Span? { late.next.earlier(hasAnythingToEnd ? nextCheck : nil) }

    mutating func isTimeToCheck(at now: Moment) -> Bool {
        guard nextCheck <= now.uptime, hasAnythingToEnd else { return false }
        nextCheck = now.uptime + Limits.sessionCheck
        return true
    }
}
