/// An entry of the anagrafica. The store knows rows, not telephony: numbers are exact texts, kinds are words.
public struct PartyRow: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable { case person, company }

    /// The external key: unique, assigned by the keeper of the registry.
    public var key: String
    public var kind: Kind
    public var name: String
    public var town: String?
    public var language: String?
    public var note: String?
    /// A switchboard: many people behind one number.
    public var isShared: Bool

    public init(
        key: String, kind: Kind, name: String, town: String? = nil, language: String? = nil, note: String? = nil,
        isShared: Bool = false
    ) {
        self.key = key
        self.kind = kind
        self.name = name
        self.town = town
        self.language = language
        self.note = note
        self.isShared = isShared
    }
}

/// A party and all its numbers, in E.164.
public struct PartyEntry: Hashable, Sendable {
    public var party: PartyRow
    public var numbers: Set<String>
    /// Which details the source gives. Of a known party the others stay as they are.
    public var told: Set<Detail>

    public enum Detail: CaseIterable, Hashable, Sendable { case kind, town, language, note, isShared, numbers }

    public init(party: PartyRow, numbers: Set<String>, told: Set<Detail> = Set(Detail.allCases)) {
        self.party = party
        self.numbers = numbers
        self.told = told
    }
}

/// A contact record: what one call left behind. Times are microseconds since 1970 in UTC.
public struct ContactRow: Hashable, Sendable {
    /// A ULID.
    public var id: String
    public var `switch`: String
    public var arrived: Int64
    /// nil while the call lasts.
    public var ended: Int64?
    public var queue: String?
    public var agent: String?
    public var outcome: String
    /// nil when withheld or not available: then no number is stored at all.
    public var e164: String?
    /// ``PartyRow/key``, if the caller was identified. Not a foreign key: the record outlives the party.
    public var partyKey: String?
    /// The whole record, as JSON.
    public var record: String

    public init(
        id: String, switch: String, arrived: Int64, ended: Int64? = nil, queue: String? = nil, agent: String? = nil,
        outcome: String,
        e164: String? = nil, partyKey: String? = nil, record: String
    ) {
        self.id = id
        self.switch = `switch`
        self.arrived = arrived
        self.ended = ended
        self.queue = queue
        self.agent = agent
        self.outcome = outcome
        self.e164 = e164
        self.partyKey = partyKey
        self.record = record
    }
}

/// One line of a caller's history.
public struct PastContactRow: Hashable, Sendable {
    public var id: String
    public var `switch`: String
    /// Microseconds since 1970 in UTC.
    public var arrived: Int64
    public var queue: String?
    public var agent: String?
    public var outcome: String
    public var partyKey: String?
}

// Nested in the class, because words as common as these would clash with others.
extension Store {
    /// What is known of a number.
    public struct Lookup: Hashable, Sendable {
        /// At most ``Store/Limits/partiesPerLookup``; the party that called last comes first.
        public var parties: [PartyRow]
        /// How many parties have this number in all.
        public var partyCount: Int
        /// Whether one of all those parties is a switchboard.
        public var isShared: Bool
        /// Contacts from this number, the most recent first. If the number belongs to exactly one party and is not a
        /// switchboard's, also that party's contacts from its other numbers.
        public var history: [PastContactRow]
    }
}
