/// A contact record as JSON: what the store keeps, `replay --json` prints and other systems receive. The one type by
/// which it is written and read.
///
/// Times are RFC 3339 in UTC with milliseconds, durations are seconds. What is unknown is nil and absent from the JSON,
/// never zero.
///
/// The gateway writes every member that `contact.schema.json` requires. A reader needs less: members that older records
/// lack are optional here.
public struct ContactDocument: Codable, Equatable, Sendable {
    /// One stay of the customer in one queue.
    public struct Visit: Codable, Equatable, Sendable {
        /// The number by which a leg names its visit; nil in older records.
        public var number: UInt64?
        /// The Uniqueid that joined: the call id of the switch's own log. nil in older records: the record's channel.
        public var channel: String?
        public var queue: String
        /// The place in the queue at the joining, from 1.
        public var position: Int?
        public var joinedAt: String
        public var leftAt: String?
        public var waitSeconds: Double?
        /// waiting, answered, abandoned, flowOut, lost
        public var outcome: String
        /// Why the caller left alive, of a flow-out: timeout, key, empty, withdrawn, unknown
        public var reason: String?
        /// nil in older records: the record's flags apply.
        public var flags: [String]?

        public init(
            number: UInt64? = nil, channel: String? = nil, queue: String, position: Int? = nil, joinedAt: String,
            leftAt: String? = nil,
            waitSeconds: Double? = nil, outcome: String, reason: String? = nil, flags: [String]? = nil
        ) {
            self.number = number
            self.channel = channel
            self.queue = queue
            self.position = position
            self.joinedAt = joinedAt
            self.leftAt = leftAt
            self.waitSeconds = waitSeconds
            self.outcome = outcome
            self.reason = reason
            self.flags = flags
        }
    }

    /// One agent's part, from the first ring.
    public struct Leg: Codable, Equatable, Sendable {
        /// Its number within the switch; nil in older records.
        public var number: UInt64?
        /// The number of the visit that it rang for or answered; nil: no queue brought the caller, or the record is
        /// older.
        public var visit: UInt64?
        public var queue: String?
        /// The name of the agent to whom the leg is credited.
        public var agent: String
        public var interface: String
        /// The interface that the queue rang, where it is another one of the same agent.
        public var member: String?
        /// The name of the person who speaks, where it is another than the agent.
        public var speaker: String?
        /// The interface on which that person speaks; nil in older records.
        public var device: String?
        public var channel: String?
        /// Somebody outside, not an agent; nil: an agent.
        public var isExternal: Bool?
        /// How the agent came to the caller: queue, direct, transfer, pickup, conference, park, outbound
        public var via: String?
        public var alertedAt: String?
        /// When the phone was picked up.
        public var answeredAt: String?
        /// When agent and customer heard each other.
        public var establishedAt: String?
        public var endedAt: String?
        public var ringSeconds: Double?
        /// The conversation less `holdSeconds`.
        public var talkSeconds: Double?
        /// Includes `consultSeconds`.
        public var holdSeconds: Double?
        /// The holds that `holdSeconds` adds up; nil where there were none.
        public var holds: [Hold]?
        /// In conversation with a third party; nil where there was none.
        public var consultSeconds: Double?
        /// answered, ringing, noAnswer, busy, answeredElsewhere, forwarded, callerLeft, dumped, lost
        public var result: String
        /// Of a conversation: caller, agent, system, transfer, park, unknown
        public var endedBy: String?
        /// nil in older records: the record's flags apply.
        public var flags: [String]?

        public init(
            number: UInt64? = nil, visit: UInt64? = nil, queue: String? = nil, agent: String, interface: String,
            member: String? = nil,
            speaker: String? = nil, device: String? = nil, channel: String? = nil, isExternal: Bool? = nil,
            via: String? = nil,
            alertedAt: String? = nil, answeredAt: String? = nil, establishedAt: String? = nil, endedAt: String? = nil,
            ringSeconds: Double? = nil, talkSeconds: Double? = nil, holdSeconds: Double? = nil, holds: [Hold]? = nil,
            consultSeconds: Double? = nil, result: String, endedBy: String? = nil, flags: [String]? = nil
        ) {
            self.number = number
            self.visit = visit
            self.queue = queue
            self.agent = agent
            self.interface = interface
            self.member = member
            self.speaker = speaker
            self.device = device
            self.channel = channel
            self.isExternal = isExternal
            self.via = via
            self.alertedAt = alertedAt
            self.answeredAt = answeredAt
            self.establishedAt = establishedAt
            self.endedAt = endedAt
            self.ringSeconds = ringSeconds
            self.talkSeconds = talkSeconds
            self.holdSeconds = holdSeconds
            self.holds = holds
            self.consultSeconds = consultSeconds
            self.result = result
            self.endedBy = endedBy
            self.flags = flags
        }
    }

    /// The customer was on hold, or in a parking lot out of which the same agent took the call again.
    public struct Hold: Codable, Equatable, Sendable {
        public var from: String
        /// nil: still on hold.
        public var to: String?

        public init(from: String, to: String? = nil) {
            self.from = from
            self.to = to
        }
    }

    /// The customer waited in a parking lot.
    public struct Park: Codable, Equatable, Sendable {
        /// nil where it cannot be read: that the customer was parked is still known.
        public var from: String?
        /// nil: still there, or nobody saw the end.
        public var to: String?

        public init(from: String?, to: String? = nil) {
            self.from = from
            self.to = to
        }

        /// Never fails: a record is not lost for the sake of a parking.
        public init(from decoder: any Decoder) {
            let container = try? decoder.container(keyedBy: CodingKeys.self)
            from = try? container?.decodeIfPresent(String.self, forKey: .from)
            to = try? container?.decodeIfPresent(String.self, forKey: .to)
        }
    }

    /// The switch was not heard.
    public struct Gap: Codable, Equatable, Sendable {
        public var from: String
        /// nil: until the end of the contact, and longer.
        public var to: String?
        /// linkLost, switchRestarted, notRunning, journalLost
        public var cause: String

        public init(from: String, to: String? = nil, cause: String) {
            self.from = from
            self.to = to
            self.cause = cause
        }
    }

    public struct Caller: Codable, Equatable, Sendable {
        /// As the network sent it; nil when withheld.
        public var raw: String?
        public var name: String?
        public var e164: String?
        /// The kind of the number (fixed, mobile, …), or why there is none: extension, short, withheld, unavailable,
        /// unread, invalid
        public var kind: String

        public init(raw: String? = nil, name: String? = nil, e164: String? = nil, kind: String) {
            self.raw = raw
            self.name = name
            self.e164 = e164
            self.kind = kind
        }
    }

    /// ULID.
    public var id: String
    public var `switch`: String
    /// The Uniqueid of the customer's first channel.
    public var channel: String
    /// inbound, outbound, callback, internal; nil in older records.
    public var direction: String?
    public var arrivedAt: String
    /// nil while the contact lasts.
    public var endedAt: String?
    /// waiting, answered, abandoned, flowOut, lost, notAnswered, selfService
    public var outcome: String
    /// caller, agent, system, unknown; nil while the contact lasts, and where nobody saw the end.
    public var endedBy: String?
    /// Before the first queue or phone.
    public var selfServiceSeconds: Double?
    /// In queues, until an agent answered for the first time.
    public var waitSeconds: Double?
    /// With at least one agent, less the holds.
    public var talkSeconds: Double?
    public var caller: Caller
    /// The number that the customer dialled, or that was dialled for an outbound call.
    public var called: String?
    /// The keys of the parties whom the number may belong to; empty: none, or nobody looked.
    public var partyKeys: [String]
    public var visits: [Visit]
    public var legs: [Leg]
    /// nil in older records.
    public var parks: [Park]?
    /// The ids of other customers' records who were in one conversation with this customer; nil in older records.
    public var conferencedWith: [String]?
    /// The customer's answer after the call.
    public var survey: String?
    /// When the switch was not heard while the contact lasted; nil in older records.
    public var gaps: [Gap]?
    /// partial, estimated, lost, clockStep
    public var flags: [String]

    public init(
        id: String, switch: String, channel: String, direction: String? = nil, arrivedAt: String,
        endedAt: String? = nil, outcome: String,
        endedBy: String? = nil, selfServiceSeconds: Double? = nil, waitSeconds: Double? = nil,
        talkSeconds: Double? = nil, caller: Caller,
        called: String? = nil, partyKeys: [String] = [], visits: [Visit] = [], legs: [Leg] = [], parks: [Park]? = nil,
        conferencedWith: [String]? = nil, survey: String? = nil, gaps: [Gap]? = nil, flags: [String] = []
    ) {
        self.id = id
        self.switch = `switch`
        self.channel = channel
        self.direction = direction
        self.arrivedAt = arrivedAt
        self.endedAt = endedAt
        self.outcome = outcome
        self.endedBy = endedBy
        self.selfServiceSeconds = selfServiceSeconds
        self.waitSeconds = waitSeconds
        self.talkSeconds = talkSeconds
        self.caller = caller
        self.called = called
        self.partyKeys = partyKeys
        self.visits = visits
        self.legs = legs
        self.parks = parks
        self.conferencedWith = conferencedWith
        self.survey = survey
        self.gaps = gaps
        self.flags = flags
    }
}
