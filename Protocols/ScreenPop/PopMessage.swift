/// What the gateway sends to a desk. Every message is one JSON object with a `type`; absent members are unknown, never
/// zero.
public struct Welcome: Encodable, Equatable, Sendable {
    public var type = "welcome"
    public var agent: String
    public var interface: String?
    public var version = 1
    public var server: String
    public var heartbeatSeconds: Int
    /// The zone of the gateway's clocks and days, e.g. `Europe/Rome`: the desk's machine may be set to another.
    public var timeZone: String?

    public init(agent: String, interface: String?, server: String, heartbeatSeconds: Int, timeZone: String? = nil) {
        self.agent = agent
        self.interface = interface
        self.server = server
        self.heartbeatSeconds = heartbeatSeconds
        self.timeZone = timeZone
    }
}

/// Sent before the gateway closes the connection of a desk that it does not admit, or that sends malformed messages.
public struct Refused: Encodable, Equatable, Sendable {
    public enum Reason: String, Codable, Sendable { case token, agent, version, malformed, tooLong, tooLate }
    public var type = "refused"
    public var reason: Reason
    /// For people: the fault and the remedy.
    public var message: String

    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }
}

/// Keeps proxies from closing a quiet connection.
public struct DeskHeartbeat: Encodable, Equatable, Sendable {
    public var type = "heartbeat"
    public var at: String

    public init(at: String) { self.at = at }
}

/// The agent's calls that are over, for a desk that connects (again): the last message of each pop, the newest first.
/// Sent once, after the current pops.
public struct RecentPops: Codable, Equatable, Sendable {
    public var type = "pop.recent"
    public var at: String
    /// Each `pop.cancelled` or `pop.closed`, without the caller's history.
    public var pops: [Pop]

    public init(at: String, pops: [Pop]) {
        self.at = at
        self.pops = pops
    }
}

/// The agent's after-call work on one switch. `wrapUp.running` is sent when it begins, and to each desk that connects
/// (again) meanwhile; `wrapUp.over` when a desk has ended it. Nothing is sent when its time is over or the next call
/// begins: the desk sees both.
public struct WrapUp: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable { case running = "wrapUp.running", over = "wrapUp.over" }

    public var type: Kind
    public var at: String
    public var `switch`: String
    /// When the conversation ended, and when the work's time is over; only while it runs.
    public var since: String?
    public var until: String?

    public init(type: Kind, at: String, switch: String, since: String? = nil, until: String? = nil) {
        self.type = type
        self.at = at
        self.switch = `switch`
        self.since = since
        self.until = until
    }
}

/// `pop.preview` (the phone rings), `pop.open` (the agent answered), `pop.update` (more became known), `pop.cancelled`
/// (the ringing ended without this agent), `pop.closed` (the conversation ended). The `popId` is the same from preview
/// to end; `revision` grows by one with each message.
public struct Pop: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable {
        case preview = "pop.preview", open = "pop.open", update = "pop.update", cancelled = "pop.cancelled", closed =
            "pop.closed"
    }

    public struct Caller: Codable, Equatable, Sendable {
        public enum Presentation: String, Codable, Sendable { case available, withheld, unavailable }
        public var presentation: Presentation
        /// E.164, e.g. `+390612345678`; absent for withheld numbers, extensions and numbers that cannot be read.
        public var number: String?
        /// The number as people write it, e.g. `06 1234 5678`.
        public var display: String?
        /// fixed, mobile, freephone, sharedCost, premium, foreign, short, extension, invalid …
        public var kind: String?
        /// The name that the network sent; hostile until proved otherwise.
        public var name: String?

        public init(
            presentation: Presentation, number: String? = nil, display: String? = nil, kind: String? = nil,
            name: String? = nil
        ) {
            self.presentation = presentation
            self.number = number
            self.display = display
            self.kind = kind
            self.name = name
        }
    }

    public struct Party: Codable, Equatable, Sendable {
        public enum Kind: String, Codable, Sendable { case person, company }
        /// The party's external key in the registry.
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

    public struct Match: Codable, Equatable, Sendable {
        public enum Result: String, Codable, Sendable {
            /// `pending`: the look-up has not answered yet. `shared`: a switchboard's number, so do not choose a
            /// person. `notAvailable`: the registry did not answer.
            case pending, one, several, shared, none, withheld, notAvailable
        }
        public var result: Result
        public var parties: [Party]

        public init(result: Result, parties: [Party] = []) {
            self.result = result
            self.parties = parties
        }
    }

    public struct PastContact: Codable, Equatable, Sendable {
        public var at: String
        public var queue: String?
        public var agent: String?
        /// answered, abandoned, flowOut, lost, direct
        public var outcome: String

        public init(at: String, queue: String?, agent: String?, outcome: String) {
            self.at = at
            self.queue = queue
            self.agent = agent
            self.outcome = outcome
        }
    }

    public enum EndReason: String, Codable, Sendable { case answeredElsewhere, noAnswer, busy, callerLeft, ended, lost }

    public var type: Kind
    public var popId: String
    public var contactId: String
    public var revision: Int
    public var at: String
    public var `switch`: String
    public var queue: String?
    public var called: String?
    public var caller: Caller
    /// When the caller joined the queue (RFC 3339).
    public var queuedAt: String?
    /// The wait until `at`, or until the answer.
    public var waitSeconds: Double?
    public var match: Match
    /// The most recent first, at most five.
    public var history: [PastContact]
    /// Only in `pop.cancelled` and `pop.closed`.
    public var reason: EndReason?
    public var talkSeconds: Double?
    public var holdSeconds: Double?

    public init(
        type: Kind, popId: String, contactId: String, revision: Int, at: String, switch: String, queue: String? = nil,
        called: String? = nil,
        caller: Caller, queuedAt: String? = nil, waitSeconds: Double? = nil, match: Match, history: [PastContact] = [],
        reason: EndReason? = nil, talkSeconds: Double? = nil, holdSeconds: Double? = nil
    ) {
        self.type = type
        self.popId = popId
        self.contactId = contactId
        self.revision = revision
        self.at = at
        self.switch = `switch`
        self.queue = queue
        self.called = called
        self.caller = caller
        self.queuedAt = queuedAt
        self.waitSeconds = waitSeconds
        self.match = match
        self.history = history
        self.reason = reason
        self.talkSeconds = talkSeconds
        self.holdSeconds = holdSeconds
    }
}
