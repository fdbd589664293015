import Contacts
import Directory
import Telephony
import Time
import Wire

/// A contact record as JSON: what the store keeps, `replay --json` prints and a CRM is told. Times in RFC 3339, durations in seconds; what is unknown
/// is null or absent, never zero.
public struct ContactDocument: Encodable, Equatable, Sendable {
    public struct Visit: Encodable, Equatable, Sendable {
        var number: UInt64
        /// The Uniqueid that joined: the call id of the switch's own log.
        var channel: String
        var queue: String
        var position: Int?
        var joinedAt: String
        var leftAt: String?
        var waitSeconds: Double?
        var outcome: String
        /// Of a flow-out.
        var reason: String?
        var flags: [String]
    }

    public struct Leg: Encodable, Equatable, Sendable {
        var number: UInt64
        /// The number of the visit that it rang for or answered; absent: no queue brought the caller.
        var visit: UInt64?
        var queue: String?
        var agent: String
        var interface: String
        /// What the queue rang, where that is another interface of the same agent.
        var member: String?
        /// Who speaks, where that is somebody else than who is credited.
        var speaker: String?
        var device: String
        var channel: String
        /// Somebody outside, no agent.
        var isExternal: Bool?
        var via: String
        var alertedAt: String
        var answeredAt: String?
        var establishedAt: String?
        var endedAt: String?
        var ringSeconds: Double?
        var talkSeconds: Double?
        /// Includes `consultSeconds`.
        var holdSeconds: Double
        /// What `holdSeconds` adds up; absent where there was none.
        var holds: [Hold]?
        var consultSeconds: Double?
        /// answered, ringing, noAnswer, busy, answeredElsewhere, forwarded, callerLeft, dumped, lost
        var result: String
        var endedBy: String?
        var flags: [String]
    }

    /// On hold, or parked and taken back by the same agent.
    public struct Hold: Encodable, Equatable, Sendable {
        var from: String
        /// Absent: still on hold.
        var to: String?
    }

    public struct Park: Encodable, Equatable, Sendable {
        var from: String
        var to: String?
    }

    public struct Gap: Encodable, Equatable, Sendable {
        public var from: String
        public var to: String?
        /// linkLost, switchRestarted, notRunning, journalLost
        public var cause: String
    }

    public struct Caller: Encodable, Equatable, Sendable {
        /// As the network sent it; absent when withheld.
        var raw: String?
        var name: String?
        var e164: String?
        var kind: String
    }

    public var id: String
    public var `switch`: String
    public var channel: String
    public var direction: String
    public var arrivedAt: String
    public var endedAt: String?
    public var outcome: String
    public var endedBy: String?
    public var selfServiceSeconds: Double?
    public var waitSeconds: Double?
    public var talkSeconds: Double?
    public var caller: Caller
    public var called: String?
    public var partyKeys: [String]
    public var visits: [Visit]
    public var legs: [Leg]
    public var parks: [Park]
    public var conferencedWith: [String]
    public var survey: String?
    /// When the switch was not heard while the contact lasted.
    public var gaps: [Gap]
    public var flags: [String]

    public init(_ record: ContactRecord) {
        id = record.id.rawValue
        `switch` = record.switch.rawValue
        channel = record.channel.rawValue
        direction = record.direction.rawValue
        endedBy = record.endedBy?.rawValue
        selfServiceSeconds = record.selfService?.seconds
        waitSeconds = record.wait?.seconds
        talkSeconds = record.ended == nil ? nil : record.talk?.seconds
        parks = record.parks.map { Park(from: "\($0.from)", to: $0.to.map { "\($0)" }) }
        conferencedWith = record.conferencedWith.map(\.rawValue)
        survey = record.survey
        gaps = record.gaps.map { Gap(from: "\($0.from)", to: $0.to.map { "\($0)" }, cause: $0.cause.rawValue) }
        arrivedAt = "\(record.arrived)"
        endedAt = record.ended.map { "\($0)" }
        outcome = record.outcome.word
        called = record.called.isEmpty ? nil : record.called
        flags = record.flags.sorted().map(\.rawValue)
        caller = Caller(record)
        partyKeys =
            switch record.match {
            case .one(let party): [party.key]
            case .several(let parties), .shared(let parties): parties.map(\.key)
            case .pending, .none, .withheld, .notAvailable: []
            }
        visits = record.visits.map { visit in
            var reason: String?
            if case .flowOut(let flowOut) = visit.outcome { reason = flowOut.rawValue }
            return Visit(
                number: visit.number, channel: visit.channel.rawValue, queue: visit.queue.rawValue,
                position: visit.position > 0 ? visit.position : nil, joinedAt: "\(visit.joined)", leftAt: visit.left.map { "\($0)" },
                waitSeconds: visit.wait?.seconds,
                outcome: visit.outcome.word, reason: reason, flags: visit.flags.sorted().map(\.rawValue))
        }
        legs = record.legs.map { leg in
            var endedBy: String?
            if case .ended(let ender) = leg.result { endedBy = ender.rawValue }
            return Leg(
                number: leg.number, visit: leg.visit, queue: leg.queue?.rawValue, agent: leg.agent.name,
                interface: leg.agent.interface.rawValue, member: leg.seat?.rawValue,
                speaker: leg.speaker.interface == leg.agent.interface ? nil : leg.speaker.name,
                device: leg.speaker.interface.rawValue, channel: leg.channel.rawValue, isExternal: leg.isExternal ? true : nil,
                via: leg.via.rawValue, alertedAt: "\(leg.alerted)", answeredAt: leg.answered.map { "\($0)" },
                establishedAt: leg.established.map { "\($0)" }, endedAt: leg.ended.map { "\($0)" }, ringSeconds: leg.ring?.seconds,
                talkSeconds: leg.talk?.seconds, holdSeconds: leg.hold.seconds,
                holds: leg.holds.isEmpty ? nil : leg.holds.map { Hold(from: "\($0.from)", to: $0.to.map { "\($0)" }) },
                consultSeconds: leg.consult > .zero ? leg.consult.seconds : nil,
                result: leg.result.word, endedBy: endedBy, flags: leg.flags.sorted().map(\.rawValue))
        }
    }
}

extension Gateway.Delivery {
    init(_ record: ContactRecord, to target: String, at now: Moment) {
        struct Body: Encodable {
            let type = "contact.closed"
            let timestamp: String
            let data: ContactDocument
        }
        self.init(
            target: target, id: record.id.rawValue,
            body: JSON.encode(Body(timestamp: "\(record.ended ?? now.date)", data: ContactDocument(record))))
    }
}

extension ContactRecord {
    /// The number to index a stored record by; nil where there is none to be stored.
    public var storedNumber: String? {
        guard case .number(let e164, _, _) = number else { return nil }
        return e164
    }

    /// The party, where exactly one was found.
    public var partyKey: String? {
        guard case .one(let party) = match else { return nil }
        return party.key
    }

    /// The agent who talked first.
    public var firstAgent: String? { legs.first { $0.established != nil && !$0.isExternal }?.agent.name }
}

extension ContactRecord.Outcome {
    public var word: String {
        switch self {
        case .open: "waiting"
        case .answered: "answered"
        case .abandoned: "abandoned"
        case .flowOut: "flowOut"
        case .lost: "lost"
        case .notAnswered: "notAnswered"
        case .selfService: "selfService"
        }
    }
}

extension QueueVisit.Outcome? {
    public var word: String {
        switch self {
        case nil: "waiting"
        case .answered?: "answered"
        case .abandoned?: "abandoned"
        case .flowOut?: "flowOut"
        case .lost?: "lost"
        }
    }
}

extension ContactRecord.Leg.Result {
    fileprivate var word: String {
        switch self {
        case .ringing: "ringing"
        case .connected, .ended: "answered"
        case .notAnswered(.noAnswer): "noAnswer"
        case .notAnswered(.busy): "busy"
        case .notAnswered(.answeredElsewhere): "answeredElsewhere"
        case .notAnswered(.forwarded): "forwarded"
        case .notAnswered(.callerLeft): "callerLeft"
        case .notAnswered(.dumped): "dumped"
        case .notAnswered(.lost): "lost"
        }
    }
}

extension ContactDocument.Caller {
    init(_ record: ContactRecord) {
        let name = record.caller.shownName
        let raw = record.caller.number.isEmpty ? nil : record.caller.number
        switch record.number {
        case .number(let e164, let kind, _): self.init(raw: raw, name: name, e164: e164, kind: kind)
        case .extension: self.init(raw: raw, name: name, e164: nil, kind: "extension")
        case .short: self.init(raw: raw, name: name, e164: nil, kind: "short")
        case .withheld: self.init(raw: nil, name: nil, e164: nil, kind: "withheld")
        case .unavailable: self.init(raw: raw, name: name, e164: nil, kind: raw == nil ? "unavailable" : "unread")
        case .invalid: self.init(raw: raw, name: name, e164: nil, kind: "invalid")
        }
    }
}
