import Time

/// What happened to callers and agents, derived from the switch's events by `Calls`; the words of the statistics and of the contact records.
public enum CallEvent: Equatable, Sendable {
    /// A customer's interaction begins: a call comes in, or a customer is called.
    case contactBegan(Contact)
    /// The network told the caller's number or name later.
    case contactIdentified(ContactKey, CallerID)
    /// The number that the caller dialled became known later.
    case contactDialled(ContactKey, String)
    /// What looked like a contact of its own was a part of another: its visits and legs belong there.
    case contactMerged(ContactKey, into: ContactKey)
    /// Two customers hear each other: both contacts stay, and know of each other.
    case contactsConferenced(ContactKey, ContactKey)
    /// CSTA: Queued.
    case queued(QueueVisit)
    /// CSTA: Delivered. An agent's phone rings for this caller.
    case alerting(AgentLeg)
    /// The phone stopped ringing without a conversation.
    case alertingEnded(AgentLeg, AlertingEnd, Moment)
    /// The switch reported a ring without answer for this agent; Asterisk's `RINGNOANSWER`.
    case ringNoAnswer(QueueName, AgentRef)
    /// CSTA: Established. Caller and agent can hear each other; the visit, if the caller was in a queue, ends answered.
    case established(QueueVisit?, AgentLeg)
    case held(AgentLeg, Moment)
    case retrieved(AgentLeg, Moment)
    /// The agent talks with a third party beside the customer of the leg. A leg that ends or is parked ends it without ``consultationEnded(_:_:)``.
    case consultationBegan(AgentLeg, Moment)
    case consultationEnded(AgentLeg, Moment)
    /// The agent parked the caller and is free meanwhile. ``retrieved(_:_:)`` if the same agent takes the caller back, else ``disconnected(_:)``.
    case legParked(AgentLeg, Moment)
    /// Caller and agent no longer hear each other.
    case disconnected(AgentLeg)
    /// The visit ended without an agent.
    case visitEnded(QueueVisit, QueueVisit.Outcome)
    /// An agent who waited in a queue to consult it handed the caller over: the caller has the agent's place now, and the visit the caller's contact.
    case placeInherited(QueueVisit, from: ContactKey)
    /// A caller was refused at the queue's door; there is no visit. The queue is nil where the switch does not say it.
    case refused(QueueName?, Refusal)
    /// The customer waits in a parking lot.
    case parked(ContactKey, Moment)
    case unparked(ContactKey, Moment)
    case surveyAnswered(ContactKey, String)
    /// The switch's clock was set while this contact was open.
    case clockStepped(ContactKey)
    /// Everything that was this agent's is the other's: two names of one person.
    case agentBecame(Interface, AgentRef)
    /// A member of queues turned out to be another agent: `seat` is what the queues ring.
    case seatMoved(_ seat: Interface, from: Interface, to: AgentRef)
    /// Every interface that means the agent, the agent's own first.
    case agentKnownAs(AgentRef, [Interface])
    /// Several telephones rang behind this member for one call: it is no person's, as far as anybody can see.
    case severalTelephones(Interface, [Interface])
    /// The switch was not heard for a part of this contact, and what it did then was never told.
    case contactEstimated(ContactKey)
    /// CSTA: Call Cleared, as far as the customer goes.
    case contactEnded(ContactKey, Moment, ContactEnd)

    public enum AlertingEnd: String, Codable, Equatable, Sendable {
        case noAnswer, busy, answeredElsewhere, forwarded, callerLeft, dumped, lost
    }
    public enum Refusal: String, Codable, Equatable, Sendable { case full, empty }
}

extension CallEvent {
    /// The contact of what the statistics count: of a visit, of an agent's part, of the whole that a part was merged into.
    public var counted: ContactKey? {
        switch self {
        case .queued(let visit), .visitEnded(let visit, _), .placeInherited(let visit, _): visit.contact
        case .established(_, let leg), .disconnected(let leg): leg.contact
        case .contactMerged(_, let whole): whole
        default: nil
        }
    }
}

/// How a contact ended.
public enum ContactEnd: Equatable, Sendable {
    /// The first side that asked to hang up.
    case by(AgentLeg.Ender)
    /// The end was not seen; the moment is the last at which the contact was known to live.
    case lost
}

/// Number of a contact within one switch's run; the contact record has a ``ContactID`` of its own.
public struct ContactKey: Hashable, Sendable {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// As its number, also as a key.
extension ContactKey: Codable, CodingKeyRepresentable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(UInt64.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }

    public var codingKey: any CodingKey { Key(stringValue: String(number)) }

    public init?(codingKey: some CodingKey) {
        guard let number = UInt64(codingKey.stringValue) else { return nil }
        self.number = number
    }
}

public struct Contact: Codable, Equatable, Sendable {
    public enum Direction: String, Codable, Equatable, Sendable {
        /// The customer called.
        case inbound
        /// An agent called the customer.
        case outbound
        /// The switch called the customer, for an agent to take the call.
        case callback
        /// No customer: an agent asks a queue.
        case `internal`
    }

    public var key: ContactKey
    public var channel: ChannelID
    public var direction: Direction
    public var caller: CallerID
    public var called: String
    /// When the caller's channel was created; the instant of joining, and `isPartial`, where that was not seen.
    public var arrived: Moment
    /// The beginning was not seen: we connected in the middle of the call.
    public var isPartial: Bool

    public init(
        key: ContactKey, channel: ChannelID, direction: Direction = .inbound, caller: CallerID, called: String, arrived: Moment,
        isPartial: Bool
    ) {
        self.key = key
        self.channel = channel
        self.direction = direction
        self.caller = caller
        self.called = called
        self.arrived = arrived
        self.isPartial = isPartial
    }
}

/// One stay of a caller in one queue. A contact may have several, also in the same queue.
public struct QueueVisit: Codable, Equatable, Sendable {
    /// How a visit ended; nil wherever it may last still. There is no other list of outcomes: facts, figures and contact records use this one.
    public enum Outcome: Codable, Hashable, Sendable {
        /// An agent talks with the caller. ``CallEvent/established(_:_:)`` reports it, together with the agent's part.
        case answered
        case abandoned
        case flowOut(FlowOut)
        /// The link to the switch was lost, or the switch's own record of the caller.
        case lost
    }

    /// Why a caller left a queue alive. `unknown`: the switch did not say which of time-out, empty queue and withdrawal it was.
    public enum FlowOut: String, Codable, CodingKeyRepresentable, Equatable, Sendable, CaseIterable {
        case timeout, key, empty, withdrawn, unknown
    }

    public var number: UInt64
    public var contact: ContactKey
    /// The leg that joined: the call id of the switch's own log.
    public var channel: ChannelID
    public var queue: QueueName
    public var position: Int
    public var joined: Moment
    public var ended: Moment?
    /// The joining was not seen: the wait is not known to the second, or not at all.
    public var isPartial: Bool
    /// The end was not seen: ``ended`` is the last moment at which the visit was known to last.
    public var isEstimated = false
    /// The queue before let the caller go (time-out, key, empty), and no agent has talked with the caller since.
    public var isFlowIn = false

    public init(
        number: UInt64, contact: ContactKey, channel: ChannelID = ChannelID(""), queue: QueueName, position: Int, joined: Moment,
        ended: Moment? = nil, isPartial: Bool = false
    ) {
        self.number = number
        self.contact = contact
        self.channel = channel
        self.queue = queue
        self.position = position
        self.joined = joined
        self.ended = ended
        self.isPartial = isPartial
    }

    /// From joining to the end of the visit, never negative.
    public func wait(until moment: Moment) -> Span { max(.zero, (ended ?? moment) - joined) }

    /// Whether the wait may stand in sums and averages.
    public var isMeasured: Bool { !isPartial && !isEstimated }
}

/// One agent's part in a contact: ring, talk, hold, end.
public struct AgentLeg: Codable, Equatable, Sendable {
    /// Who ended the conversation: the first side that asked to hang up.
    public enum Ender: String, Codable, Equatable, Sendable {
        case caller, agent, system, unknown
        /// The agent handed the caller to somebody else.
        case transfer
        /// The agent parked the caller, and somebody else took the call, or nobody.
        case park
    }

    /// How the agent came to the caller.
    public enum Via: String, Codable, Equatable, Sendable { case queue, direct, transfer, pickup, conference, park, outbound }

    public var number: UInt64
    public var contact: ContactKey
    /// The visit that the leg rang for or answered; nil where no queue brought the caller.
    public var visit: UInt64?
    public var queue: QueueName?
    /// Whom the leg is credited to: the member whom the queue rang, or whose device it is.
    public var agent: AgentRef
    /// What the queue rang, where that is another interface than the agent's own.
    public var seat: Interface?
    /// Who speaks: another than ``agent`` where a colleague picked the call up, or the agent's phone forwarded it.
    public var speaker: AgentRef
    /// Somebody outside who was called in, no agent of ours.
    public var isExternal = false
    public var via: Via
    public var channel: ChannelID
    public var alerted: Moment
    /// The phone was picked up; the caller may still hear music.
    public var answered: Moment?
    public var established: Moment?
    public var ended: Moment?
    public var hold: Span
    /// Since when the caller is on hold, while so.
    public var heldSince: Moment?
    /// Within ``hold``: in conversation with a third party.
    public var consult: Span
    public var consultingSince: Moment?
    public var endedBy: Ender?
    /// The beginning of the conversation was not seen.
    public var isPartial = false
    /// Nobody told when it began to ring.
    public var isRingUnseen = false
    /// The end was not seen, or what happened before it was not seen whole.
    public var isEstimated = false
    /// Only of a leg that has ended; nil where the end was seen.
    private var isEndUnseen: Bool?
    /// Nobody saw the conversation end: ``ended`` is the last moment at which it was known to last.
    public var isLost: Bool {
        get { isEndUnseen == true }
        set { isEndUnseen = newValue ? true : nil }
    }

    public init(
        number: UInt64, contact: ContactKey, visit: UInt64? = nil, queue: QueueName?, agent: AgentRef, speaker: AgentRef? = nil,
        via: Via = .queue, channel: ChannelID, alerted: Moment, answered: Moment? = nil, established: Moment? = nil, ended: Moment? = nil,
        hold: Span = .zero, heldSince: Moment? = nil, consult: Span = .zero, endedBy: Ender? = nil
    ) {
        self.number = number
        self.contact = contact
        self.visit = visit
        self.queue = queue
        self.agent = agent
        self.speaker = speaker ?? agent
        self.via = via
        self.channel = channel
        self.alerted = alerted
        self.answered = answered
        self.established = established
        self.ended = ended
        self.hold = hold
        self.heldSince = heldSince
        self.consult = consult
        self.endedBy = endedBy
    }

    /// The agent is known by another interface.
    public mutating func rename(_ before: Interface, to now: Interface) {
        if agent.interface == before {
            if queue != nil, seat == nil { seat = before }
            if seat == now { seat = nil }
            agent.interface = now
        }
        if speaker.interface == before { speaker.interface = now }
    }

    /// From the first ring until the phone was picked up, or the conversation began where that was not told; nil while neither has happened,
    /// where nothing rang, the agent's own phone made the call, and where it rang before anybody told.
    public var ring: Span? {
        guard alerted != answered, !isRingUnseen else { return nil }
        return (answered ?? established).map { max(.zero, $0 - alerted) }
    }

    /// Time connected, less hold; nil before the conversation ended.
    public var talk: Span? {
        guard let established, let ended else { return nil }
        return max(.zero, ended - established - hold)
    }

    /// Whether the durations may stand in sums and averages.
    public var isMeasured: Bool { !isPartial && !isEstimated }
}
