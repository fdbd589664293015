import Contacts
import Core
import Edges
import Directory
import Records
import Telephony
import Time
import Wire

extension ContactDocument {
    public init(_ record: ContactRecord) {
        self.init(
            id: record.id.rawValue, switch: record.switch.rawValue, channel: record.channel.rawValue,
            direction: record.direction.rawValue,
            arrivedAt: "\(record.arrived)", endedAt: record.ended.map { "\($0)" }, outcome: record.outcome.word,
            endedBy: record.endedBy?.rawValue, selfServiceSeconds: record.selfService?.seconds,
            waitSeconds: record.wait?.seconds,
            talkSeconds: record.ended == nil ? nil : record.talk?.seconds, caller: Caller(record),
            called: record.called.isEmpty ? nil : record.called, partyKeys: record.match.keys,
            visits: record.visits.map { Visit($0) },
            legs: record.legs.map { Leg($0) },
            parks: record.parks.map { Park(from: "\($0.from)", to: $0.to.map { "\($0)" }) },
            conferencedWith: record.conferencedWith.map(\.rawValue), survey: record.survey,
            gaps: record.gaps.map { Gap(from: "\($0.from)", to: $0.to.map { "\($0)" }, cause: $0.cause.rawValue) },
            flags: record.flags.words)
    }
}

extension ContactDocument.Visit {
    fileprivate init(_ visit: ContactRecord.Visit) {
        var reason: String?
        if case .flowOut(let flowOut) = visit.outcome { reason = flowOut.rawValue }
        self.init(
            number: visit.number, channel: visit.channel.rawValue, queue: visit.queue.rawValue,
            position: visit.position > 0 ? visit.position : nil, joinedAt: "\(visit.joined)",
            leftAt: visit.left.map { "\($0)" },
            waitSeconds: visit.wait?.seconds, outcome: visit.outcome.word, reason: reason, flags: visit.flags.words)
    }
}

extension ContactDocument.Leg {
    fileprivate init(_ leg: ContactRecord.Leg) {
        var endedBy: String?
        if case .ended(let ender) = leg.result { endedBy = ender.rawValue }
        self.init(
            number: leg.number, visit: leg.visit, queue: leg.queue?.rawValue, agent: leg.agent.name,
            interface: leg.agent.interface.rawValue, member: leg.seat?.rawValue,
            speaker: leg.speaker.interface == leg.agent.interface ? nil : leg.speaker.name,
            device: leg.speaker.interface.rawValue,
            channel: leg.channel.rawValue, isExternal: leg.isExternal ? true : nil, via: leg.via.rawValue,
            alertedAt: "\(leg.alerted)",
            answeredAt: leg.answered.map { "\($0)" }, establishedAt: leg.established.map { "\($0)" },
            endedAt: leg.ended.map { "\($0)" },
            ringSeconds: leg.ring?.seconds, talkSeconds: leg.talk?.seconds, holdSeconds: leg.hold.seconds,
            holds: leg.holds.isEmpty ? nil : leg.holds.map { .init(from: "\($0.from)", to: $0.to.map { "\($0)" }) },
            consultSeconds: leg.consult > .zero ? leg.consult.seconds : nil, result: leg.result.word, endedBy: endedBy,
            flags: leg.flags.words)
    }
}

extension Set<ContactRecord.Flag> {
    fileprivate var words: [String] { sorted().map(\.rawValue) }
}

extension DirectoryMatch {
    fileprivate var keys: [String] {
        switch self {
        case .one(let party): [party.key]
        case .several(let parties), .shared(let parties): parties.map(\.key)
        case .pending, .none, .withheld, .notAvailable: []
        }
    }
}

extension Effect.Delivery {
    init(_ record: ContactRecord, to target: String, at now: Moment) {
        let message = DeliveryMessage(timestamp: "\(record.ended ?? now.date)", data: ContactDocument(record))
        self.init(target: target, id: record.id.rawValue, body: JSON.encode(message))
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
    fileprivate init(_ record: ContactRecord) {
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
