import Telephony
import Time

// An agent's conversation: it begins when the voices are joined, is parted perhaps, and ends. Its states are drawn
// at ``OpenLeg``.
//
// Talk is what the bridges say, never what the queue's own `AgentComplete` says: that may come late, early, or for
// another call (`domain.md` §1.8).
//
//   the two no longer hear each other, and …
//   a hang-up follows                                          → disconnected, at the parting
//   they hear each other again within the tolerance            → a swap of channels: talk went on
//   the customer is parked                                     → the leg is parked
//   the agent is in another bridge, and the customer stayed    → a consultation: the customer is on hold
//   none of these within the tolerance                         → disconnected, at the parting
//   the switch had announced a transfer                        → disconnected, ended by the transfer
extension Calls {
    // MARK: answered

    /// The queue connects an agent. The conversation begins when the voices are joined.
    mutating func connected(
        _ queue: QueueName, _ id: ChannelID, _ seat: AgentRef, _ destination: ChannelID, at now: Moment
    ) {
        guard let key = channels[id]?.contact, let visit = contacts[key]?.visit, visit.visit.queue == queue,
            !visit.isConnecting
        else { return }
        contacts[key]?.value.visit?.phase = .connecting(at: now)
        endCancelled(key, .answeredElsewhere)
        if leg(on: destination, of: key) == nil {
            knowPhone(destination, seat.interface, at: now)
            // Another phone than the one that rang took the call (pick-up), or we did not see it ring.
            if let ringing = contacts[key]?.legs.firstIndex(where: {
                $0.isRinging && $0.rungInterface == seat.interface
            }) {
                takenBy(destination, LegPlace(contact: key, index: ringing), for: members.credited(seat))
            } else {
                answeredUnseen(destination, key, visit.visit, seat, at: now)
            }
        }
        guard let place = leg(on: destination, of: key) else { return }
        self[place].answer(at: now)
        hear(key, at: now)
    }

    /// The call that rang at this leg's phone was taken on another one.
    private mutating func takenBy(_ id: ChannelID, _ place: LegPlace, for agent: AgentRef) {
        release(self[place], of: place.contact)
        self[place].move(to: id)
        channels[id]?.legs.append(place.contact)
        guard let device = channels[id]?.snapshot, device.kind == .phone else { return }
        let speaker = self.agent(behind: device.device)
        guard speaker.interface != agent.interface else { return }
        self[place].leg.speaker = speaker
        self[place].leg.via = .pickup
    }

    /// The queue connects a phone that we did not see ring.
    private mutating func answeredUnseen(
        _ id: ChannelID, _ key: ContactKey, _ visit: QueueVisit, _ seat: AgentRef, at now: Moment
    ) {
        if let place = addLeg(key, members.credited(seat), id, via: .queue, visit: visit, queue: visit.queue, at: now) {
            self[place].sit(at: seat)
            sighted(id, place)
        }
        noteUnseenRinging(id, key)
    }

    /// Customer and agent hear each other.
    mutating func establish(_ number: UInt64, of key: ContactKey, at now: Moment) {
        endCancelled(key, .answeredElsewhere)
        contacts[key]?.forwarding = []
        contacts[key]?.failed = nil
        guard let place = leg(number, of: key) else { return }
        self[place].leg = withKnownNames(self[place].leg)
        let isUnseen = isInferring
        let answered = contacts[key]?.value.establish(place.index, at: now, isUnseen: isUnseen)
        let leg = self[place].leg
        if !leg.isExternal { endParked(key) }
        if contacts[key]?.isInternal == false, channels[leg.channel]?.talked == nil {
            channels[leg.channel]?.talked = now
        }
        events.append(.established(answered, leg))
    }

    /// The switch connected an agent, and one of the two was gone before the voices met. It counts as answered, as
    /// in the switch's own log.
    mutating func establishUnbridged(_ key: ContactKey, at connected: Moment) {
        guard let leg = contacts[key]?.legs.first(where: \.isAnswerPending) else {
            return endVisit(key, .lost, at: connected)
        }
        establish(leg.number, of: key, at: connected)
    }

    mutating func agentChannelEnded(_ id: ChannelID, _ key: ContactKey, at now: Moment) {
        guard let place = leg(on: id, of: key) else { return }
        let leg = self[place]
        if let cancelled = leg.cancelled, leg.leg.queue == nil,
            contacts[key]?.value.isAnswered(butBy: leg.number) == true
        {
            return endAlerting(place, .answeredElsewhere, at: cancelled)
        }
        // The Local half made way for the phone behind it.
        if leg.leg.channel != id { return }
        if leg.parkedSince != nil || leg.cancelled != nil { return }
        if leg.isRinging, handToTwin(place) { return }
        if leg.isAnswerPending, case .connecting(let connected)? = contacts[key]?.visit?.phase {
            establishUnbridged(key, at: connected)
        }
        if let parted = leg.parted, contacts[key]?.isParked == true { return park(leg.number, of: key, at: parted) }
        endLeg(leg.number, of: key, at: now)
    }

    // MARK: parted

    /// The two no longer hear each other. If that is the end, a hang-up will follow soon; a swap would join them
    /// again at once.
    mutating func part(_ number: UInt64, of key: ContactKey, at now: Moment) {
        guard let record = contacts[key], let index = record.legs.index(of: number) else { return }
        let bridge = channels[record.customerChannel]?.bridge
        self[LegPlace(contact: key, index: index)].part(at: now, customerStaysIn: bridge)
        awaitDecision(Parting(contact: key, leg: number, parted: now))
    }

    mutating func rejoin(_ number: UInt64, of key: ContactKey, at now: Moment) {
        guard let place = leg(number, of: key) else { return }
        if self[place].rejoin() { retrieve(place, at: now) }
    }

    /// The tolerance is over, nobody has hung up, and nothing has joined the two again; or the switch cancelled a
    /// phone and has not said why.
    mutating func decide(_ parting: Parting) {
        let (key, parted) = (parting.contact, parting.parted)
        guard let place = leg(parting.leg, of: key), let record = contacts[key] else { return }
        let leg = record.legs[place.index]
        // Joined again meanwhile, and parted once more: the second parting has a tolerance of its own.
        guard leg.cancelled ?? leg.parted == parted, !leg.isConsulting, leg.parkedSince == nil else { return }
        if leg.cancelled != nil {
            if ringsOn(leg, record) {
                self[place].cancelled = nil
                return
            }
            return endAlerting(place, cancelledEnd(leg, key) ?? unexplainedEnd(leg, record), at: parted)
        }
        if record.isParked { return park(leg.number, of: key, at: parted) }
        let agent = channels[leg.leg.channel]
        guard !leg.isTransferring, let bridge = leg.customerStaysIn, bridge == channels[record.customerChannel]?.bridge,
            agent?.bridge.flatMap({ bridges[$0]?.kind.joinsVoices }) == true
        else {
            return endLeg(leg.number, of: key, at: parted)
        }
        self[place].isConsulting = true
        hold(place, at: parted)
    }

    /// The end of a cancelled phone for which the switch has given no reason.
    private func unexplainedEnd(_ leg: OpenLeg, _ record: Boxed<OpenContact>) -> CallEvent.AlertingEnd {
        // The caller waits as before, so it was not the caller: the queue gave up this phone, and logged no
        // RINGNOANSWER.
        guard leg.leg.queue == nil, let cancelled = leg.cancelled else { return .noAnswer }
        // A phone that was not cancelled with the others has answered: an announcement may be played before the
        // switch says so. If no phone is left and the caller still is, the party that had them rung for the caller
        // gave up.
        let isOneLeft = record.legs.contains {
            $0.leg.queue == nil && $0.isRinging && $0.cancelled == nil && $0.leg.alerted.uptime <= cancelled.uptime
        }
        return isOneLeft ? .answeredElsewhere : .noAnswer
    }

    // MARK: ended

    /// Ends a leg, ringing or talking. `known`: who ended it, where that is not for the hang-ups to say.
    mutating func endLeg(
        _ number: UInt64, of key: ContactKey, at now: Moment, lost: Bool = false, by known: AgentLeg.Ender? = nil
    ) {
        guard let place = leg(number, of: key) else { return }
        guard !self[place].isRinging else { return endAlerting(place, lost ? .lost : nil, at: now) }
        guard var ended = contacts[key]?.legs.remove(at: place.index), let customer = contacts[key]?.customerChannel
        else { return }
        let known = known ?? ended.knownEnder
        ended.end(at: now)
        if lost || isFromBeforeGap(ended.leg) { ended.leg.isEstimated = true }
        ended.leg.isLost = lost
        ended.leg.endedBy = known ?? (lost ? .unknown : ender(of: ended.leg, customer: customer))
        if ended.leg.isEstimated { contacts[key]?.isEstimated = true }
        contacts[key]?.lastEnder = ended.leg.endedBy
        release(ended, of: key)
        events.append(.disconnected(withKnownNames(ended.leg)))
    }

    /// The side that asked first to hang up. The hang-up's cause does not show it (`domain.md` §1.11).
    private func ender(of leg: AgentLeg, customer: ChannelID) -> AgentLeg.Ender {
        let caller = channels[customer]
        let agent = channels[leg.channel]
        switch (caller?.peerHangup, agent?.peerHangup) {
        case (let left?, let right?): return left.uptime <= right.uptime ? .caller : .agent
        case (_?, nil): return .caller
        case (nil, _?): return .agent
        case (nil, nil): return caller?.switchHangup == true || agent?.switchHangup == true ? .system : .unknown
        }
    }

    /// The legs of this channel whose agents talk with their customers.
    func talkingLegs(of id: ChannelID) -> [LegPlace] {
        (channels[id]?.legs ?? []).compactMap { key in leg(on: id, of: key).flatMap { self[$0].isTalking ? $0 : nil } }
    }
}
