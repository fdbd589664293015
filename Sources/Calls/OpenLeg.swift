import Telephony
import Time

/// An agent's part in an open contact, from the first ring to its end.
///
/// ```
///               answered                 voices join
///   ringing ───────────────▶ answered ───────────────▶ talking ◀──▶ on hold, consulting
///      │                        │                         │
///      │ cancelled: why?        │                         │ parted: why?
///      ▼                        ▼                         ▼
///   ended ringing          ended ringing       talking again, on hold, parked, or disconnected
/// ```
///
/// - *ringing* until the voices join: ``isRinging``. A phone that was picked up (``isAnswered``) still counts as
///   ringing, because the caller may still hear music.
/// - *talking*: ``isTalking``. Hold and consultation (`Calls+Hold.swift`) are parts of the conversation, not states of
///   their own.
/// - *parked*: ``parkedSince``. The agent is free, and only the same agent can take up this leg again.
/// - Two states are undecided, each for ``Calls/swapTolerance``: the switch ``cancelled`` a phone without a reason, or
///   the two ``parted`` and nobody has hung up. The next events decide, or the end of the tolerance does.
///
/// A leg that has ended is not open: it is removed from its contact and published.
struct OpenLeg: Codable, Equatable, Sendable {
    var leg: AgentLeg
    /// The channel by which the switch names this leg. It may be a Local half, where the voice is on a phone behind it.
    var announcedChannel: ChannelID
    var isAnswered = false
    /// The interface that the queue rang, where a queue did.
    var seat: AgentRef?
    /// Telephones that were rung or answered behind the seat, in order; two are enough.
    var telephones: [Interface] = []
    /// When the switch cancelled the phone, while the reason is not known.
    var cancelled: Moment?
    /// The member's phone forwarded the caller: somebody else speaks.
    var isForwarded = false
    /// Since when the two no longer hear each other, while it is not known what that means.
    var parted: Moment?
    /// The bridge in which the customer stayed at the parting.
    var customerStaysIn: BridgeID?
    /// The agent is in another bridge, and the caller waits: a hold, not the end.
    var isConsulting = false
    /// The agent handed the caller over; the parting is still to come.
    var isTransferring = false
    /// Since when the caller is parked by this agent.
    var parkedSince: Moment?
    /// The hold was not reported: the agent talks with a third party on another channel of the phone.
    var isHeldSilently = false
    /// The link broke during the present hold. The end of that hold is exact only if we hear it.
    var wasHeldAtLoss = false
    /// The link broke during the conversation, and no hold was reported since.
    var wasUnheard = false

    var number: UInt64 { leg.number }
    /// Not yet in conversation, whether or not the phone was picked up.
    var isRinging: Bool { leg.established == nil }
    var isTalking: Bool { leg.established != nil && parkedSince == nil }
    /// Picked up, and the voices are still to be joined.
    var isAnswerPending: Bool { isAnswered && isRinging }
    /// The interface that the queue rang, or the agent's own.
    var rungInterface: Interface { (seat ?? leg.agent).interface }

    // MARK: ringing

    /// A queue rings the agent by this interface.
    mutating func sit(at seat: AgentRef) {
        self.seat = seat
        if leg.agent.interface != seat.interface { leg.seat = seat.interface }
    }

    /// The phone was picked up.
    mutating func answer(at now: Moment) {
        isAnswered = true
        cancelled = nil
        if leg.answered == nil { leg.answered = now }
    }

    /// The leg is on this channel, and the switch names it so.
    mutating func move(to channel: ChannelID) {
        announcedChannel = channel
        leg.channel = channel
    }

    /// Remembers a telephone that was rung or answered for the seat. False if there is nothing to learn from it:
    /// two others were seen before.
    mutating func noteTelephone(_ telephone: Interface) -> Bool {
        if telephones.contains(telephone) { return true }
        guard telephones.count < 2 else { return false }
        telephones.append(telephone)
        return true
    }

    // MARK: talking

    /// Customer and agent hear each other. `isUnseen`: since when is not known.
    mutating func establish(at now: Moment, in visit: QueueVisit?, isUnseen: Bool) {
        isAnswered = true
        leg.established = now
        if isUnseen { leg.isPartial = true }
        // A leg that began to ring for another visit counts for the visit that it answered.
        guard let visit else { return }
        leg.queue = visit.queue
        leg.visit = visit.number
    }

    /// Puts the customer on hold. False if the customer already is.
    mutating func hold(at now: Moment) -> Bool {
        guard leg.heldSince == nil else {
            isHeldSilently = false
            // Held again: the hold before ended in the gap.
            if wasHeldAtLoss { leg.isEstimated = true }
            return false
        }
        leg.heldSince = now
        wasUnheard = false
        return true
    }

    /// Takes the customer off hold. False if the customer is not on hold. `isUnseen`: the hold may have ended
    /// earlier, in a gap.
    mutating func retrieve(at now: Moment, isUnseen: Bool) -> Bool {
        guard leg.heldSince != nil else { return false }
        addHold(until: now)
        isHeldSilently = false
        if wasHeldAtLoss, isUnseen { leg.isEstimated = true }
        wasHeldAtLoss = false
        return true
    }

    /// The agent's phone reports the end of a hold, which may have begun in a gap.
    mutating func noteRetrieval() {
        if leg.heldSince == nil, wasUnheard { leg.isEstimated = true }
        wasUnheard = false
    }

    mutating func endConsultation(at now: Moment) {
        guard let since = leg.consultingSince else { return }
        leg.consult += max(.zero, now - since)
        leg.consultingSince = nil
    }

    private mutating func addHold(until now: Moment) {
        guard let since = leg.heldSince else { return }
        leg.hold += max(.zero, now - since)
        leg.heldSince = nil
    }

    // MARK: parting

    mutating func part(at now: Moment, customerStaysIn bridge: BridgeID?) {
        parted = now
        customerStaysIn = bridge
    }

    /// The two hear each other again. True if the agent had been in another bridge, so that the customer was on hold.
    mutating func rejoin() -> Bool {
        parted = nil
        defer { isConsulting = false }
        return isConsulting
    }

    /// The agent parked the customer: the agent is free from now on.
    mutating func park(at parted: Moment) {
        if leg.heldSince != nil {
            addHold(until: parted)
            if wasHeldAtLoss { leg.isEstimated = true }
            wasHeldAtLoss = false
        }
        parkedSince = parted
        self.parted = nil
    }

    /// The same agent took the customer out of the parking lot, on this channel: the parking was a hold. False if
    /// nothing was parked.
    mutating func resume(on channel: ChannelID, at now: Moment) -> Bool {
        guard let since = parkedSince else { return false }
        leg.hold += max(.zero, now - since)
        move(to: channel)
        parkedSince = nil
        isTransferring = false
        return true
    }

    /// The link to the switch broke while this leg was open.
    mutating func linkLost() {
        if leg.heldSince != nil {
            wasHeldAtLoss = true
        } else if isTalking {
            wasUnheard = true
        }
    }

    // MARK: the end

    /// What the switch's own words say of who ended the conversation, without the hang-ups.
    var knownEnder: AgentLeg.Ender? { isTransferring ? .transfer : parkedSince != nil ? .park : nil }

    /// The conversation is over. `now` counts only where nothing else says when: the two may have parted before.
    mutating func end(at now: Moment) {
        let ended = parkedSince ?? (isConsulting ? now : parted ?? now)
        if wasHeldAtLoss, leg.heldSince != nil { leg.isEstimated = true }
        addHold(until: ended)
        endConsultation(at: ended)
        leg.ended = ended
    }
}

extension [OpenLeg] {
    /// The leg that the switch names by this channel, or whose voice is on it.
    func index(on channel: ChannelID) -> Int? {
        firstIndex { $0.leg.channel == channel } ?? firstIndex { $0.announcedChannel == channel }
    }

    func index(of number: UInt64) -> Int? { firstIndex { $0.number == number } }

    /// The first that the switch cancelled, for a reason that is not known yet.
    var firstCancelled: Int? { firstIndex { $0.cancelled != nil } }
}
