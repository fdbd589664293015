import Time

/// Who did what, when, from where and why: one line of the audit. `domain.md` §8.3.
///
/// Parties are named by their key, calls by the record's id: no name and no number of a caller is here, so the audit
/// can be kept longer than what it is about, and read by somebody who may not see callers.
public struct AuditEntry: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case signedIn = "sign-in"
        /// A wrong password, an account that does not exist or is disabled.
        case signInRefused = "sign-in.refused"
        /// So many failures that nothing more is checked for a while.
        case locked = "sign-in.locked"
        case signedOut = "sign-out"
        /// A session that ended because nobody used it, because it was old, or because its account was disabled.
        case sessionEnded = "session.ended"
        /// A hello was accepted: from here on pops of this agent are shown there.
        case deskOpened = "desk.opened"
        case deskClosed = "desk.closed"
        /// A card with a party's data was sent to a desk.
        case partyShown = "party.shown"
        case accountMade = "account.made"
        case accountChanged = "account.changed"
        case tokenMade = "token.made"
        case tokenRevoked = "token.revoked"
        /// A token that is unknown, expired or revoked.
        case tokenRefused = "token.refused"
        /// Refusals beyond what is entered one by one.
        case refusals
        /// The agreement by which single agents' figures are shown: at a start.
        case legalBasis = "legal-basis"
        /// Entries that could not be stored.
        case lost = "audit.lost"
        /// Older entries were deleted, as configured.
        case shortened = "audit.shortened"
    }

    public var at: UnixTime
    public var kind: Kind
    /// An account's name, `token NAME`, `configured desks`, `command by USER`; "" where nobody is known.
    public var who: String
    /// The address that it came from; "" for what happened on this machine.
    public var from: String
    /// What it was done to: `desk PJSIP/1001`, `party 4711`, `account maria.rossi`.
    public var what: String
    /// The reason or the purpose: `pop 01J…`, `wrong password`.
    public var why: String

    public init(
        at: UnixTime, _ kind: Kind, who: String = "", from: String = "", what: String = "", why: String = ""
    ) {
        self.at = at
        self.kind = kind
        self.who = Self.bounded(who)
        self.from = Self.bounded(from)
        self.what = Self.bounded(what)
        self.why = Self.bounded(why)
    }

    /// Of what strangers send, one line of bounded length.
    private static func bounded(_ text: String) -> String {
        guard text.utf8.count > AccessLimits.auditedText || text.unicodeScalars.contains(where: isControl) else {
            return text
        }
        var bounded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(AccessLimits.auditedText) {
            bounded.append(isControl(scalar) ? "\u{FFFD}" : scalar)
        }
        return String(bounded)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

extension Grant.Holder {
    /// As the audit names it.
    public var words: String {
        switch self {
        case .account(let name): name
        case .program(let name): "token \(name)"
        case .configured(let place): "configured \(place)"
        case .thisMachine: "this machine"
        }
    }
}
