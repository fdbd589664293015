/// What happened to callers and agents, derived from the switch's events by `Calls`; the words of the statistics and of the contact records.
public enum CallEvent: Equatable, Sendable {
    /// A customer's interaction begins (at the first queue that it joins).
    case contactBegan(Contact)
    /// The network told the caller's number or name later.
    case contactIdentified(ContactKey, CallerID)
    /// CSTA: Queued.
    case queued(QueueVisit)
    /// CSTA: Delivered. An agent's phone rings for this caller.
    case alerting(AgentLeg)
    /// The phone stopped ringing without a conversation.
    case alertingEnded(AgentLeg, AlertingEnd, Moment)
    /// The switch reported a ring without answer for this agent; Asterisk's `RINGNOANSWER`.
    case ringNoAnswer(QueueName, AgentRef)
    /// CSTA: Established. Caller and agent can hear each other; the visit ends answered.
    case established(QueueVisit, AgentLeg)
    case held(AgentLeg, Moment)
    case retrieved(AgentLeg, Moment)
    /// Caller and agent no longer hear each other.
    case disconnected(AgentLeg)
    /// The visit ended without an agent.
    case visitEnded(QueueVisit, QueueVisit.Outcome)
    /// An agent who waited in a queue to consult it handed the caller over: the caller has the agent's place now, and the visit the caller's contact.
    case placeInherited(QueueVisit, from: ContactKey)
    /// A caller was refused at the queue's door; there is no visit. The queue is nil where the switch does not say it.
    case refused(QueueName?, Refusal)
    /// CSTA: Call Cleared, as far as the customer goes.
    case contactEnded(ContactKey, Moment, lost: Bool)

    public enum AlertingEnd: Equatable, Sendable { case noAnswer, busy, answeredElsewhere, callerLeft, lost }
    public enum Refusal: Equatable, Sendable { case full, empty }
}

/// Number of a contact within one switch's run; the contact record has a ``ContactID`` of its own.
public struct ContactKey: Hashable, Sendable {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

public struct Contact: Equatable, Sendable {
    public var key: ContactKey
    public var channel: ChannelID
    public var caller: CallerID
    public var called: String
    /// When the caller's channel was created; the instant of joining, and `isPartial`, where that was not seen.
    public var arrived: Moment
    /// The beginning was not seen: we connected in the middle of the call.
    public var isPartial: Bool

    public init(key: ContactKey, channel: ChannelID, caller: CallerID, called: String, arrived: Moment, isPartial: Bool) {
        self.key = key
        self.channel = channel
        self.caller = caller
        self.called = called
        self.arrived = arrived
        self.isPartial = isPartial
    }
}

/// One stay of a caller in one queue. A contact may have several, also in the same queue.
public struct QueueVisit: Equatable, Sendable {
    public enum Outcome: Equatable, Sendable {
        case abandoned
        case flowOut(FlowOut)
        /// The link to the switch was lost, or the switch's own record of the caller.
        case lost
    }

    /// Why a caller left a queue alive. `unknown`: the switch did not say which of time-out, empty queue and withdrawal it was.
    public enum FlowOut: String, Equatable, Sendable, CaseIterable { case timeout, key, empty, withdrawn, unknown }

    public var number: UInt64
    public var contact: ContactKey
    public var queue: QueueName
    public var position: Int
    public var joined: Moment
    public var ended: Moment?
    public var isPartial: Bool

    public init(
        number: UInt64, contact: ContactKey, queue: QueueName, position: Int, joined: Moment, ended: Moment? = nil, isPartial: Bool = false
    ) {
        self.number = number
        self.contact = contact
        self.queue = queue
        self.position = position
        self.joined = joined
        self.ended = ended
        self.isPartial = isPartial
    }

    /// From joining to the end of the visit, never negative.
    public func wait(until moment: Moment) -> Span { max(.zero, (ended ?? moment) - joined) }
}

/// One agent's part in a contact: ring, talk, hold, end.
public struct AgentLeg: Equatable, Sendable {
    /// Who ended the conversation: the first side that asked to hang up.
    public enum Ender: String, Equatable, Sendable {
        case caller, agent, system, unknown
        /// The agent handed the caller to somebody else.
        case transfer
    }

    public var number: UInt64
    public var contact: ContactKey
    public var queue: QueueName
    public var agent: AgentRef
    public var channel: ChannelID
    public var alerted: Moment
    /// The phone was picked up; the caller may still hear music.
    public var answered: Moment?
    public var established: Moment?
    public var ended: Moment?
    public var hold: Span
    /// Since when the caller is on hold, while so.
    public var heldSince: Moment?
    public var endedBy: Ender?

    public init(
        number: UInt64, contact: ContactKey, queue: QueueName, agent: AgentRef, channel: ChannelID, alerted: Moment,
        answered: Moment? = nil,
        established: Moment? = nil, ended: Moment? = nil, hold: Span = .zero, heldSince: Moment? = nil, endedBy: Ender? = nil
    ) {
        self.number = number
        self.contact = contact
        self.queue = queue
        self.agent = agent
        self.channel = channel
        self.alerted = alerted
        self.answered = answered
        self.established = established
        self.ended = ended
        self.hold = hold
        self.heldSince = heldSince
        self.endedBy = endedBy
    }

    /// From the first ring until the phone was picked up, or the conversation began where that was not told; nil while neither has happened.
    public var ring: Span? { (answered ?? established).map { max(.zero, $0 - alerted) } }

    /// Time connected, less hold; nil before the conversation ended.
    public var talk: Span? {
        guard let established, let ended else { return nil }
        return max(.zero, ended - established - hold)
    }
}
