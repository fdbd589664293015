import Telephony
import Time

/// A contact from its beginning to its end: one customer, with the visits to queues and the agents' legs.
///
/// It has at most one ``visit`` at a time, and any number of ``legs``. It ends when the customer's channel ends and
/// nothing takes its place, or when it turns out to be a part of another contact (`Calls+Contacts.swift`).
struct OpenContact: Codable, Equatable, Sendable {
    var contact: Contact
    /// The channel that the customer is on: the contact's own, or the one that took its place.
    var customerChannel: ChannelID
    /// Every channel on the customer's side of this contact.
    var customerChannels: [ChannelID]
    var visit: OpenVisit?
    /// Ringing, talking or parked now, in the order in which they were called.
    var legs: [OpenLeg] = []
    /// An agent has talked with the customer.
    var wasEstablished = false
    /// The queue before let the customer go, and no agent has talked with the customer since.
    var hasFlowedOut = false
    var isParked = false
    /// Legs whose phones forwarded the caller to another number that is not dialled yet.
    var forwarding: [AgentLeg] = []
    var conferencedWith: [ContactKey] = []
    var lastEnder: AgentLeg.Ender?
    /// One of its visits or legs was estimated, and says so itself.
    var isEstimated = false
    /// The phone that calls the customer.
    var calledBy: ChannelID?
    var failed: FailedLine?

    /// The last line that was called did not answer, and the dial plan may call another.
    struct FailedLine: Codable, Equatable, Sendable {
        var at: Moment
        /// When the line was hung up; nil until that is reported.
        var gone: Moment?
        /// The line as it was at its end: it says who ended it.
        var line: Boxed<ChannelRecord>?
    }

    var isInternal: Bool { contact.direction == .internal }
    /// Whether the customer is in a queue.
    var hasVisit: Bool { if case .some = visit { true } else { false } }
    var isLeaving: Bool { visit?.isLeaving == true }
    var hasTalkingLeg: Bool { legs.contains(where: \.isTalking) }

    /// Whether two customers may be conferenced, and are not yet.
    func mayConference(with other: ContactKey) -> Bool {
        !isInternal && conferencedWith.count < Calls.bridgeLimit && !conferencedWith.contains(other)
    }

    // MARK: legs

    /// Whether an agent other than this leg's has answered, or is about to.
    func isAnswered(butBy number: UInt64) -> Bool {
        visit?.isConnecting == true || legs.contains { $0.number != number && ($0.isAnswered || $0.isTalking) }
    }

    /// Whether a phone that rang for the visit was answered, and the voices are still to be joined.
    ///
    /// A gosub or an AGI of the member's plays something first, for as long as it likes.
    var isAnswerPending: Bool {
        guard let number = visit?.visit.number else { return false }
        return legs.contains { $0.isAnswerPending && $0.leg.visit == number }
    }

    /// An agent talks with the customer now. Returns the visit that this answers; nil where the customer was in no
    /// queue, and for somebody outside.
    mutating func establish(_ index: Int, at now: Moment, isUnseen: Bool) -> QueueVisit? {
        var answered: QueueVisit?
        if var visit = visit?.visit, !legs[index].leg.isExternal {
            visit.ended = now
            visit.isEstimated = isUnseen && !visit.isPartial
            if visit.isEstimated { isEstimated = true }
            answered = visit
            self.visit = nil
        }
        legs[index].establish(at: now, in: answered, isUnseen: isUnseen)
        wasEstablished = true
        hasFlowedOut = false
        return answered
    }

    /// The agent is known by another interface.
    mutating func rename(_ before: Interface, to now: Interface) {
        for index in legs.indices { legs[index].leg.rename(before, to: now) }
        for index in forwarding.indices { forwarding[index].rename(before, to: now) }
    }

    /// The link to the switch broke.
    mutating func linkLost() {
        for index in legs.indices { legs[index].linkLost() }
        // The inventory will say what became of an answer that was pending.
        if isAnswerPending, isLeaving { visit?.phase = .waiting }
    }
}
