import Telephony
import Time

// An agent's phone rings for a customer, and stops ringing. A leg begins here and, if nobody answers, ends here.
//
//   who makes it ring                                       the leg's `via`
//   a queue: AgentCalled                                    queue
//   the customer's dial plan, a transfer, a parking lot     direct, transfer, park
//   the agent, who calls out                                outbound
//
//   how it stops ringing                                    the leg's end
//   answered                                                goes on in `Calls+Legs`
//   busy, without an answer, forwarded                      busy, noAnswer, forwarded
//   the switch cancels it, because another has answered     answeredElsewhere, if it is hung up: FollowMe cancels
//                                                           phones that ring on until somebody accepts the call
//   …                      because the caller is gone       callerLeft
//   …                      without a reason                 decided after `swapTolerance`
//   the link to the switch was lost meanwhile               lost
//
// One telephone may be registered twice: its two devices are twins, ring for one leg, and one of them stands for
// it. A member may be a Local channel: the switch names the leg by that channel, and the phones behind it are
// attached to the leg.
extension Calls {
    // MARK: it begins to ring

    mutating func called(
        _ queue: QueueName, _ id: ChannelID, _ seat: AgentRef, _ destination: ChannelID, at now: Moment
    ) {
        guard let key = channels[id]?.contact, let visit = contacts[key]?.visit?.visit,
            leg(on: destination, of: key) == nil,
            let legs = contacts[key]?.legs.count, legs < Self.legLimit
        else { return }
        // The queue rings on for the caller, so the caller did not leave those that were cancelled a moment before.
        endCancelled(key, .noAnswer)
        knowPhone(destination, seat.interface, at: now)
        guard
            let place = addLeg(
                key, members.credited(seat), destination, via: .queue, visit: visit, queue: queue, at: now)
        else { return }
        self[place].sit(at: seat)
        if members.hasSeveralSeats(self[place].leg.agent.interface) {
            contacts[key]?.value.visit?.noteRung(destination, at: now)
        }
        events.append(.alerting(self[place].leg))
        sighted(destination, place)
    }

    /// A telephone rings or is answered for a member of the queue: this shows who is at it (``Roster``).
    mutating func sighted(_ id: ChannelID, _ place: LegPlace) {
        guard let phone = channels[id]?.snapshot, phone.kind == .phone else { return }
        let leg = self[place]
        guard let seat = leg.seat, !leg.isForwarded, self[place].noteTelephone(phone.device) else { return }
        membersChanged(members.sighted(self[place].telephones, behind: seat, in: leg.leg.queue))
    }

    /// A phone rings for the customer, and no queue made it ring.
    mutating func ring(_ key: ContactKey, _ id: ChannelID, via: AgentLeg.Via, at now: Moment) {
        guard let rung = channels[id]?.snapshot else { return }
        // A phone that is registered twice rings once.
        if rung.kind == .phone, contacts[key]?.legs.contains(where: { isTwin(rung, of: $0) }) == true {
            channels[id]?.legs.append(key)
            return
        }
        guard let place = addLeg(key, agent(behind: rung.device), id, via: via, at: now) else { return }
        self[place].leg.isExternal = rung.kind == .line
        events.append(.alerting(self[place].leg))
    }

    /// An agent calls a customer. The agent's own phone may have been rung first (click-to-dial).
    mutating func callOut(from phone: ChannelID, to customer: ChannelID, at now: Moment) {
        guard let key = channels[customer]?.contact, let record = channels[phone] else { return }
        let dialled = record.talked != nil ? nil : record.dialled
        let alerted = dialled ?? now
        guard let place = addLeg(key, agent(behind: record.snapshot.device), phone, via: .outbound, at: alerted) else {
            return
        }
        self[place].leg.answered = dialled == nil ? alerted : record.answered ?? now
        events.append(.alerting(self[place].leg))
    }

    /// Adds a ringing leg. nil if there are too many: an endless series of phones for one caller must not fill the
    /// memory.
    mutating func addLeg(
        _ key: ContactKey, _ agent: AgentRef, _ channel: ChannelID, via: AgentLeg.Via, visit: QueueVisit? = nil,
        queue: QueueName? = nil,
        at now: Moment
    ) -> LegPlace? {
        guard (contacts[key]?.legs.count ?? 0) < Self.legLimit, let others = channels[channel]?.legs.count,
            others < Self.legLimit
        else { return nil }
        let leg = AgentLeg(
            number: nextLeg, contact: key, visit: visit?.number, queue: queue, agent: agent, via: via, channel: channel,
            alerted: now)
        nextLeg += 1
        channels[channel]?.legs.append(key)
        contacts[key]?.legs.append(OpenLeg(leg: leg, announcedChannel: channel))
        return self.leg(on: channel, of: key)
    }

    /// The beginning of this phone's channel was not reported.
    mutating func knowPhone(_ id: ChannelID, _ device: Interface, at now: Moment) {
        guard !isKnown(id) else { return }
        know(
            Channel(id: id, call: CallID(""), name: device.rawValue, kind: .phone, isIncoming: false, device: device),
            at: now)
    }

    /// The phone behind the Local channel by which the switch names the leg. If several ring behind one, the last
    /// that was dialled stands for the leg, until one of them is heard.
    mutating func attach(_ id: ChannelID, to place: LegPlace) {
        guard let device = channels[id]?.snapshot else { return }
        if channels[id]?.legs.contains(place.contact) == false { channels[id]?.legs.append(place.contact) }
        self[place].leg.channel = id
        // Everybody whom a queue rings is an agent, wherever the phone is.
        self[place].leg.isExternal = device.kind == .line && self[place].leg.queue == nil
        // A member that is a Local channel is the agent behind it; a phone that forwards hands over to somebody else.
        if self[place].isForwarded { self[place].leg.speaker = agent(behind: device.device) }
        sighted(id, place)
    }

    // MARK: one phone, two devices

    private func isTwin(_ rung: Channel, of leg: OpenLeg) -> Bool {
        guard leg.isRinging, leg.leg.queue == nil, !leg.isAnswered, leg.cancelled == nil else { return false }
        let announced = leg.announcedChannel
        return announced == leg.leg.channel && announced != rung.id && channels[announced]?.snapshot.kind == .phone
            && channels[announced]?.snapshot.device == rung.device
    }

    /// Of the two devices of one phone, this one has the leg from now on.
    mutating func takeTwin(_ key: ContactKey, _ id: ChannelID) {
        guard let rung = channels[id], rung.snapshot.kind == .phone, rung.legs.contains(key),
            leg(on: id, of: key) == nil,
            let index = contacts[key]?.legs.firstIndex(where: { isTwin(rung.snapshot, of: $0) })
        else { return }
        contacts[key]?.legs[index].move(to: id)
    }

    /// One device of the phone stops ringing. True if another of them rings on.
    mutating func handToTwin(_ place: LegPlace) -> Bool {
        let key = place.contact
        let leg = self[place]
        guard let device = channels[leg.announcedChannel]?.snapshot.device,
            let twin = phones[device]?.first(where: {
                guard let other = channels[$0], other.legs.contains(key) else { return false }
                return self.leg(on: $0, of: key) == nil && isTwin(other.snapshot, of: leg)
            })
        else { return false }
        takeTwin(key, twin)
        channels[leg.announcedChannel]?.legs.removeAll { $0 == key }
        return true
    }

    // MARK: forwarded

    /// A phone sent the caller on (302). The switch credits the member whose phone forwarded. It dials a Local
    /// channel for that next, or has done so already.
    private mutating func sentOn(_ before: AgentLeg, to number: String, by dialler: ChannelID?, at now: Moment) {
        let place = (number.hasPrefix("Local/") ? number : "Local/" + number).prefix { $0 != "@" } + "@"
        let dialled = (dialler.flatMap { channels[$0]?.dials } ?? []).first { id in
            guard let local = channels[id], local.snapshot.kind == .local, local.legs.isEmpty, local.answered == nil
            else { return false }
            return local.snapshot.name.hasPrefix(place)
                && local.dialled.map { $0.uptime >= before.alerted.uptime } == true
        }
        if let dialled { return forward(before, to: dialled, at: now) }
        let key = before.contact
        if let count = contacts[key]?.forwarding.count, count < Self.legLimit {
            contacts[key]?.forwarding.append(before)
        }
    }

    /// The Local channel for a phone that forwarded is dialled, perhaps.
    mutating func forwarded(_ key: ContactKey, to local: ChannelID, at now: Moment) {
        guard contacts[key]?.forwarding.isEmpty == false, let before = contacts[key]?.forwarding.removeFirst() else {
            return
        }
        forward(before, to: local, at: now)
    }

    private mutating func forward(_ before: AgentLeg, to local: ChannelID, at now: Moment) {
        let key = before.contact
        let rung = channels[local]?.partner.map { self.rung(behind: $0) } ?? []
        if let index = contacts[key]?.legs.firstIndex(where: { $0.isRinging && rung.contains($0.leg.channel) }) {
            // It rang before we knew for whom.
            let place = LegPlace(contact: key, index: index)
            self[place].announcedChannel = local
            self[place].isForwarded = true
            self[place].leg.agent = before.agent
            channels[local]?.legs.append(key)
            return
        }
        let visit = contacts[key]?.visit?.visit
        guard
            let place = addLeg(
                key, before.agent, local, via: before.via, visit: visit?.number == before.visit ? visit : nil,
                queue: before.queue, at: now)
        else { return }
        self[place].isForwarded = true
        for id in rung where channels[id]?.legs.isEmpty == true { attach(id, to: place) }
        events.append(.alerting(self[place].leg))
    }

    // MARK: it stops ringing

    mutating func dialEnded(_ destination: ChannelID, _ status: DialStatus, by source: ChannelID?, at now: Moment) {
        if status != .answered { ringUnseen(destination, by: source) }
        guard let record = channels[destination] else { return }
        // It rings on for another.
        if status != .answered, let source, source == record.diallerBefore { return }
        if status == .answered, record.answered == nil { channels[destination]?.answered = now }
        for key in record.legs {
            if status == .answered {
                phoneAnswered(destination, key, at: now)
            } else {
                phoneFailed(destination, key, status, record, at: now)
            }
        }
        // The customer whom an agent calls.
        if status == .answered { return lineAnswered(destination, at: now) }
        if lineFailed(destination, status, at: now) { return }
        if let key = record.contact, contacts[key]?.customerChannel == destination,
            contacts[key]?.wasEstablished == false
        {
            let reason: CallEvent.AlertingEnd = status == .busy ? .busy : status == .cancelled ? .callerLeft : .noAnswer
            for leg in contacts[key]?.legs ?? [] where leg.isRinging {
                if let place = self.leg(on: leg.leg.channel, of: key) { endAlerting(place, reason, at: now) }
            }
        }
    }

    private mutating func phoneAnswered(_ id: ChannelID, _ key: ContactKey, at now: Moment) {
        takeTwin(key, id)
        guard let place = leg(on: id, of: key) else { return }
        let leg = self[place]
        guard leg.isRinging else { return }
        self[place].answer(at: now)
        if leg.leg.queue == nil { endCancelled(key, .answeredElsewhere) }
    }

    /// The phone will not answer. `phone` is its record as it was.
    private mutating func phoneFailed(
        _ id: ChannelID, _ key: ContactKey, _ status: DialStatus, _ phone: Boxed<ChannelRecord>, at now: Moment
    ) {
        guard let place = leg(on: id, of: key) else {
            channels[id]?.legs.removeAll { $0 == key }
            return
        }
        let leg = self[place]
        guard leg.isRinging, !leg.isAnswered, !handToTwin(place) else { return }
        if case .forwarded(let number) = status {
            endAlerting(place, .forwarded, at: now)
            return sentOn(leg.leg, to: number, by: phone.dialler, at: now)
        }
        if leg.announcedChannel != id {
            // The Local channel may have another phone behind it.
            self[place].leg.channel = leg.announcedChannel
            channels[id]?.legs.removeAll { $0 == key }
            return
        }
        let inQueue = leg.leg.queue != nil
        guard status == .cancelled else { return endAlerting(place, alertingEnd(status, inQueue: inQueue), at: now) }
        let reason = cancelledEnd(leg, key)
        if inQueue, reason != .answeredElsewhere, contacts[key]?.visit?.visit.number == leg.leg.visit {
            contacts[key]?.value.visit?.ringCancelled = now
        }
        if let reason, inQueue || reason != .answeredElsewhere {
            endAlerting(place, reason, at: now)
        } else {
            awaitReason(place, at: now)
        }
    }

    /// The phone rang before we knew for whom. Where a list named it first, it is not known since when.
    mutating func noteUnseenRinging(_ id: ChannelID, _ key: ContactKey) {
        guard let phone = channels[id], let place = leg(on: id, of: key) else { return }
        if let dialled = phone.dialled {
            self[place].leg.alerted = dialled
        } else if phone.isListed {
            self[place].leg.isRingUnseen = true
            self[place].leg.alerted = phone.created
        }
    }

    /// Such a phone stops ringing, and was not answered: only now do we know that it rang for this caller.
    private mutating func ringUnseen(_ id: ChannelID, by source: ChannelID?) {
        guard let phone = channels[id], phone.isListed, phone.dialled == nil, phone.isFree,
            phone.snapshot.kind == .phone,
            let key = source.flatMap({ channels[$0]?.contact }), contacts[key]?.wasEstablished == false
        else { return }
        let visit = contacts[key]?.visit?.visit
        let via: AgentLeg.Via = visit == nil ? .direct : .queue
        let agent = agent(behind: phone.snapshot.device)
        guard let place = addLeg(key, agent, id, via: via, visit: visit, queue: visit?.queue, at: phone.created) else {
            return
        }
        noteUnseenRinging(id, key)
        events.append(.alerting(self[place].leg))
    }

    mutating func rangNoAnswer(
        _ queue: QueueName, _ id: ChannelID, _ agent: AgentRef, _ destination: ChannelID?, at now: Moment
    ) {
        let key = channels[id]?.contact
        // Two reports for one phone are one; the phone's channel may be gone before.
        if let key, let destination, contacts[key]?.value.visit?.countNoAnswer(of: destination) == false { return }
        // An agent whom the queue rings by several names at once is one person, who does not answer once.
        let person = members.credited(agent)
        var isKnown = false
        if let key, let destination {
            isKnown = contacts[key]?.value.visit?.hasNotAnswered(person.interface, on: destination, at: now) == true
        }
        if !isKnown { events.append(.ringNoAnswer(queue, person)) }
        guard let destination, let key, let place = leg(on: destination, of: key), self[place].isRinging,
            !self[place].isAnswered
        else { return }
        endAlerting(place, .noAnswer, at: now)
    }

    mutating func dumped(_ id: ChannelID, _ destination: ChannelID, at now: Moment) {
        guard let key = channels[id]?.contact, let place = leg(on: destination, of: key), self[place].isRinging else {
            return
        }
        endAlerting(place, .dumped, at: now)
    }

    // MARK: why

    /// What the status says of the end; nil: what else is known decides. A phone that a queue gave up
    /// (RINGNOANSWER) was not the caller's doing, though the caller may hang up in the same instant.
    private func alertingEnd(_ status: DialStatus, inQueue: Bool) -> CallEvent.AlertingEnd? {
        switch status {
        case .busy: .busy
        case .noAnswer where inQueue, .unreachable where inQueue: .noAnswer
        case .answered, .cancelled, .forwarded, .noAnswer, .unreachable: nil
        }
    }

    /// Why the switch cancelled a phone: somebody else has answered, the caller is gone in whatever way, or
    /// something is wrong with the phone.
    ///
    /// nil: the caller waits as before. Only the next events say whether the caller is being taken out of the queue.
    func cancelledEnd(_ leg: OpenLeg, _ key: ContactKey) -> CallEvent.AlertingEnd? {
        guard let record = contacts[key] else { return .callerLeft }
        if record.value.isAnswered(butBy: leg.number) { return .answeredElsewhere }
        var customer = channels[record.customerChannel]
        if leg.leg.queue != nil {
            guard let visit = record.visit, visit.visit.number == leg.leg.visit, visit.isWaiting else {
                return .callerLeft
            }
            customer = channels[visit.visit.channel] ?? customer
        }
        return customer?.isHangingUp == true ? .callerLeft : nil
    }

    /// FollowMe reports every other phone as cancelled when one is picked up, although they ring on until somebody
    /// presses 1. `Dial` and a queue hang up what they cancel in the same instant.
    func ringsOn(_ leg: OpenLeg, _ record: Boxed<OpenContact>) -> Bool {
        leg.leg.queue == nil && linkLostAt == nil && record.value.isAnswered(butBy: leg.number)
            && channels[leg.announcedChannel]?.isHangingUp == false
    }

    private mutating func awaitReason(_ place: LegPlace, at now: Moment) {
        guard self[place].cancelled == nil else { return }
        self[place].cancelled = now
        // It may have stopped ringing in the gap, and the reason may be known only when the lists are complete.
        if isFromBeforeGap(self[place].leg) { self[place].leg.isEstimated = true }
        awaitDecision(Parting(contact: place.contact, leg: self[place].number, parted: now))
    }

    /// The next events decide about this leg, or the end of the tolerance does.
    mutating func awaitDecision(_ parting: Parting) {
        partings.append(parting, due: heardAt + Self.swapTolerance, byEvent: parting.parted.uptime + Self.swapTolerance)
    }

    /// It is known now why the switch cancelled these.
    mutating func endCancelled(_ key: ContactKey, _ reason: CallEvent.AlertingEnd) {
        while let index = contacts[key]?.legs.firstCancelled {
            let place = LegPlace(contact: key, index: index)
            endAlerting(place, reason, at: self[place].cancelled!)
        }
    }

    /// The phone rings no more. `known`: the reason, where the switch has said it.
    mutating func endAlerting(_ place: LegPlace, _ known: CallEvent.AlertingEnd?, at now: Moment) {
        let key = place.contact
        var reason = known ?? inferredEnd(place)
        // The queue says the same of a phone that rang in vain and of one that was busy; the phone does not.
        if reason == .noAnswer, channels[self[place].leg.channel]?.isBusy == true { reason = .busy }
        guard var ended = contacts[key]?.legs.remove(at: place.index) else { return }
        release(ended, of: key)
        // It may have stopped ringing in the gap, for another reason.
        if reason == .lost || isFromBeforeGap(ended.leg) { ended.leg.isEstimated = true }
        if ended.leg.isEstimated { contacts[key]?.isEstimated = true }
        if ended.isAnswered { answerFailed(key, at: now) }
        events.append(.alertingEnded(withKnownNames(ended.leg), reason, now))
    }

    /// The channels of a leg that has ended are no agent's for this contact any more.
    mutating func release(_ leg: OpenLeg, of key: ContactKey) {
        for id in [leg.leg.channel, leg.announcedChannel] { channels[id]?.legs.removeAll { $0 == key } }
    }

    private func inferredEnd(_ place: LegPlace) -> CallEvent.AlertingEnd {
        guard let record = contacts[place.contact] else { return .noAnswer }
        if record.value.isAnswered(butBy: record.legs[place.index].number) { return .answeredElsewhere }
        return channels[record.customerChannel]?.isHangingUp == true ? .callerLeft : .noAnswer
    }
}
