import Time

/// What happened to callers and agents, derived from the switch's events by `Calls`. Statistics and contact records are
/// built of these events.
public enum CallEvent: Equatable, Sendable {
    /// A customer's interaction begins: a call comes in, or a customer is called.
    case contactBegan(Contact)
    /// The network reported the caller's number or name later.
    case contactIdentified(ContactKey, CallerID)
    /// The number that the caller dialled became known later.
    case contactDialled(ContactKey, String)
    /// A contact turned out to be a part of another: its visits and legs belong to that one.
    case contactMerged(ContactKey, into: ContactKey)
    /// Two customers hear each other. Both contacts remain and refer to each other.
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
    /// The agent talks with a third party beside the leg's customer. If the leg ends or is parked, the consultation
    /// ends without ``consultationEnded(_:_:)``.
    case consultationBegan(AgentLeg, Moment)
    case consultationEnded(AgentLeg, Moment)
    /// The agent parked the caller and is free meanwhile. ``retrieved(_:_:)`` follows if the same agent takes the
    /// caller back, otherwise ``disconnected(_:)``.
    case legParked(AgentLeg, Moment)
    /// Caller and agent no longer hear each other.
    case disconnected(AgentLeg)
    /// The visit ended without an agent.
    case visitEnded(QueueVisit, QueueVisit.Outcome)
    /// An agent who waited in a queue to consult it handed the caller over. The caller takes the agent's place, and the
    /// visit moves to the caller's contact.
    case placeInherited(QueueVisit, from: ContactKey)
    /// The queue did not let a caller in, so there is no visit. The queue is nil where the switch does not name it.
    case refused(QueueName?, Refusal)
    /// The customer waits in a parking lot.
    case parked(ContactKey, Moment)
    case unparked(ContactKey, Moment)
    case surveyAnswered(ContactKey, String)
    /// The switch's clock was set while this contact was open.
    case clockStepped(ContactKey)
    /// The interface is another name of this agent: all that belonged to it belongs to the agent.
    case agentBecame(Interface, AgentRef)
    /// A member of queues turned out to be another agent. `seat` is the interface that the queues ring.
    case seatMoved(_ seat: Interface, from: Interface, to: AgentRef)
    /// Every interface that means the agent, the agent's own first.
    case agentKnownAs(AgentRef, [Interface])
    /// Several telephones rang behind this member for one call, so it is not known to belong to one person.
    case severalTelephones(Interface, [Interface])
    /// The switch was not heard for a part of this contact, and its events of that time were never reported.
    case contactEstimated(ContactKey)
    /// CSTA: Call Cleared, for the customer.
    case contactEnded(ContactKey, Moment, ContactEnd)

    public enum AlertingEnd: String, Codable, Equatable, Sendable {
        case noAnswer, busy, answeredElsewhere, forwarded, callerLeft, dumped, lost
    }
    public enum Refusal: String, Codable, Equatable, Sendable { case full, empty }
}

extension CallEvent {
    /// The contact that a counted event belongs to: a visit's, an agent leg's, or the contact that a part was merged
    /// into.
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
    /// The end was not seen. The moment is the last at which the contact was known to exist.
    case lost
}

/// The number of a contact within one switch's run. The contact record has a ``ContactID`` of its own.
public struct ContactKey: Hashable, Sendable {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }

    /// As of a name (``Identifier``).
    @inlinable public func _rawHashValue(seed: Int) -> Int {
        var hash = NameHash(seed: seed, count: 8)
        hash.combine(number)
        return hash.value
    }
}

/// Encoded as its number, also as a key.
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
        /// No customer: an agent calls a queue.
        case `internal`
    }

    public var key: ContactKey
    public var channel: ChannelID
    public var direction: Direction
    public var caller: CallerID
    public var called: String
    /// When the caller's channel was created. If that was not seen, the moment of joining a queue; then `isPartial` is
    /// set.
    public var arrived: Moment
    /// The beginning was not seen: we connected in the middle of the call.
    public var isPartial: Bool

    public init(
        key: ContactKey, channel: ChannelID, direction: Direction = .inbound, caller: CallerID, called: String,
        arrived: Moment,
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
    /// How a visit ended; nil wherever it may last still. There is no other list of outcomes: facts, figures and
    /// contact records use this one.
    public enum Outcome: Codable, Hashable, Sendable {
        /// An agent talks with the caller. ``CallEvent/established(_:_:)`` reports it, together with the agent's part.
        case answered
        case abandoned
        case flowOut(FlowOut)
        /// The link to the switch was lost, or the switch lost track of the caller.
        case lost
    }

    /// Why a caller left a queue and stayed on the line. `unknown`: the switch did not say whether it was a time-out,
    /// an empty queue or a withdrawal.
    public enum FlowOut: String, Codable, CodingKeyRepresentable, Equatable, Sendable, CaseIterable {
        case timeout, key, empty, withdrawn, unknown
    }

    public var number: UInt64
    public var contact: ContactKey
    /// The leg that joined; it is the call id in the switch's own log.
    public var channel: ChannelID
    public var queue: QueueName
    public var position: Int
    public var joined: Moment
    public var ended: Moment?
    /// The joining was not seen, so the wait is known to the second at best, or not at all.
    public var isPartial: Bool
    /// The end was not seen: ``ended`` is the last moment at which the caller was known to be in the queue.
    public var isEstimated = false
    /// The previous queue released the caller (time-out, key, empty), and no agent has talked with the caller since.
    public var isFlowIn = false

    public init(
        number: UInt64, contact: ContactKey, channel: ChannelID = ChannelID(""), queue: QueueName, position: Int,
        joined: Moment,
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

    /// Whether the wait may be used in sums and averages.
    public var isMeasured: Bool { !isPartial && !isEstimated }
}

/// One agent's part in a contact: ring, talk, hold, end.
public struct AgentLeg: Codable, Equatable, Sendable {
    /// Who ended the conversation: the first side that asked to hang up.
    public enum Ender: String, Codable, Equatable, Sendable {
        case caller, agent, system, unknown
        /// The agent handed the caller to somebody else.
        case transfer
        /// The agent parked the caller; somebody else took the call, or nobody did.
        case park
    }

    /// How the agent got to the caller.
    public enum Via: String, Codable, Equatable, Sendable {
        case queue, direct, transfer, pickup, conference, park, outbound
    }

    public var number: UInt64
    public var contact: ContactKey
    /// The visit that the leg rang for or answered; nil where no queue brought the caller.
    public var visit: UInt64?
    public var queue: QueueName?
    /// The agent to whom the leg is credited: the member that the queue rang, or the owner of the device.
    public var agent: AgentRef
    /// The interface that the queue rang, where it is not the agent's own.
    public var seat: Interface?
    /// The person who speaks. Not ``agent`` if a colleague picked the call up or the agent's phone forwarded it.
    public var speaker: AgentRef
    /// Somebody outside who was called in; not an agent of ours.
    public var isExternal = false
    public var via: Via
    public var channel: ChannelID
    public var alerted: Moment
    /// The phone was picked up; the caller may still hear music.
    public var answered: Moment?
    public var established: Moment?
    public var ended: Moment?
    public var hold: Span
    /// Since when the caller is on hold; nil otherwise.
    public var heldSince: Moment?
    /// The part of ``hold`` that was spent in conversation with a third party.
    public var consult: Span
    public var consultingSince: Moment?
    public var endedBy: Ender?
    /// The beginning of the conversation was not seen.
    public var isPartial = false
    /// The beginning of the ringing was not reported.
    public var isRingUnseen = false
    /// The end was not seen, or something before it was missed.
    public var isEstimated = false
    /// Set only on a leg that has ended; nil where the end was seen.
    private var isEndUnseen: Bool?
    /// The end of the conversation was not seen: ``ended`` is the last moment at which it was known to last.
    public var isLost: Bool {
        get { isEndUnseen == true }
        set { isEndUnseen = newValue ? true : nil }
    }

    public init(
        number: UInt64, contact: ContactKey, visit: UInt64? = nil, queue: QueueName?, agent: AgentRef,
        speaker: AgentRef? = nil,
        via: Via = .queue, channel: ChannelID, alerted: Moment, answered: Moment? = nil, established: Moment? = nil,
        ended: Moment? = nil,
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

    /// The agent is now known by another interface.
    public mutating func rename(_ before: Interface, to now: Interface) {
        if agent.interface == before {
            if queue != nil, seat == nil { seat = before }
            if seat == now { seat = nil }
            agent.interface = now
        }
        if speaker.interface == before { speaker.interface = now }
    }

    /// From the first ring until the phone was picked up; until the conversation began where the pick-up was not
    /// reported. nil while neither has happened, where nothing rang (the agent's own phone made the call), and where
    /// the beginning of the ringing was not seen.
    public var ring: Span? {
        guard alerted != answered, !isRingUnseen else { return nil }
        return (answered ?? established).map { max(.zero, $0 - alerted) }
    }

    /// Time connected, less hold; nil until the conversation has ended.
    public var talk: Span? {
        guard let established, let ended else { return nil }
        return max(.zero, ended - established - hold)
    }

    /// Whether the durations may be used in sums and averages.
    public var isMeasured: Bool { !isPartial && !isEstimated }
}
