import Telephony
import Time

/// The meaning of a caller's number as the network sent it (`domain.md` §5.3). The raw text is stored separately,
/// unless the number is withheld.
public enum CallerNumber: Codable, Equatable, Sendable {
    /// E.164, e.g. `+390612345678` (the Italian leading 0 belongs to it). `kind` is `fixed`, `mobile` …; `display` is
    /// the number as people write it.
    case number(e164: String, kind: String, display: String)
    case `extension`(String)
    case short(String)
    /// The caller withholds the number: nothing is looked up, shown or stored.
    case withheld
    case unavailable
    case invalid
}

extension CallerID {
    /// Whether the network says that the number is withheld (`domain.md` §5.2). This is known before any look-up, so
    /// neither the name nor the number of such a caller is passed on.
    public var isWithheld: Bool { PlaceholderNumber(number) == .withheld }
}

/// A person or company of the registry (*anagrafica*), with what a screen pop shows.
public struct Party: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable { case person, company }
    /// The key that the registry's owner assigned. An import updates by it.
    public var key: String
    public var kind: Kind
    public var name: String
    public var town: String?
    public var language: String?
    public var note: String?

    public init(
        key: String, kind: Kind, name: String, town: String? = nil, language: String? = nil, note: String? = nil
    ) {
        self.key = key
        self.kind = kind
        self.name = name
        self.town = town
        self.language = language
        self.note = note
    }
}

/// The registry's answer. Only an exact match of the whole number counts, never a suffix (`domain.md` §5.4).
public enum DirectoryMatch: Codable, Equatable, Sendable {
    /// Not answered yet.
    case pending
    case one(Party)
    /// Several candidates; none is chosen for the agent.
    case several([Party])
    /// A switchboard: the number identifies the organisation, and not the person.
    case shared([Party])
    case none
    /// Withheld or unavailable: no look-up was made.
    case withheld
    /// The registry failed or did not answer in time.
    case notAvailable

    /// From four parties on, a number does not identify the caller; nobody reads more than ten candidates.
    public static let sharedFrom = 4
    public static let candidatesShown = 10

    /// The rule for the result of an exact look-up. `total` counts all parties; `parties` may hold fewer.
    public init(parties: [Party], total: Int, isShared: Bool) {
        switch total {
        case 0: self = .none
        case _ where isShared || total >= Self.sharedFrom: self = .shared(Array(parties.prefix(Self.candidatesShown)))
        case 1: self = parties.first.map(DirectoryMatch.one) ?? .notAvailable
        default: self = .several(Array(parties.prefix(Self.candidatesShown)))
        }
    }
}

/// An earlier contact of the same caller, for the pop's history.
public struct PastContact: Codable, Equatable, Sendable {
    public var at: UnixTime
    public var queue: String?
    public var agent: String?
    public var outcome: String

    public init(at: UnixTime, queue: String?, agent: String?, outcome: String) {
        self.at = at
        self.queue = queue
        self.agent = agent
        self.outcome = outcome
    }
}

/// The answer to one look-up.
public struct DirectoryAnswer: Codable, Equatable, Sendable {
    public var number: CallerNumber
    public var match: DirectoryMatch
    /// The most recent first.
    public var history: [PastContact]

    public init(number: CallerNumber, match: DirectoryMatch, history: [PastContact] = []) {
        self.number = number
        self.match = match
        self.history = history
    }
}
