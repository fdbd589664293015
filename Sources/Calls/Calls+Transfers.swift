import Telephony
import Time

// How a customer changes hands. Who hears whom afterwards the bridges tell; here is only what it is called, and what the bridges cannot tell.
extension Calls {
    /// The agent gave the customer away: the parting, which follows or has just been, ends the agent's part.
    ///
    /// Whom the agent has on which of two channels is the agent's affair: a colleague may have called, and been joined with a customer who was there before.
    mutating func transferred(_ id: ChannelID, second: ChannelID?, at now: Moment) {
        handedOver(by: id, other: second, at: now)
        if let second { handedOver(by: second, other: id, at: now) }
    }

    private mutating func handedOver(by id: ChannelID, other: ChannelID?, at now: Moment) {
        for (key, _) in talkingLegs(of: id) {
            // A merging for the one before may have ended this one, or moved it.
            guard let index = legIndex(key, id), contacts[key]!.legs[index].isTalking else { continue }
            contacts[key]!.legs[index].isTransferring = true
            let leg = contacts[key]!.legs[index]
            if leg.isConsulting { endLeg(leg.leg.number, of: key, at: now) }
            if let part = other.flatMap({ channels[$0]?.contact }), part != key { merge(part, into: key, at: now) }
        }
    }

    /// The consultation still waited in a queue: from now on the switch names the caller's channel where it named the agent's, which is hung up without
    /// a word about the queue. Naively that is one who waits for ever, and one who is connected without having joined.
    mutating func inheritPlace(of consultation: ContactKey, by key: ContactKey) {
        guard contacts[key]?.visit == nil else { return }
        movePlace(of: consultation, to: key)
    }

    /// The caller of a conference of three leaves while the queue that the agent asked still has not answered: it is asked for the agent alone again.
    mutating func returnPlace(of key: ContactKey) {
        guard let record = contacts[key], let visit = record.visit, case .waiting = visit.phase, visit.position == nil,
            let half = channels[visit.visit.channel], half.snapshot.kind == .local, half.peerHangup == nil, !half.switchHangup,
            record.anchor != visit.visit.channel, half.contact == key,
            heard(by: visit.visit.channel).contains(where: { channels[$0]?.snapshot.kind == .phone && channels[$0]?.peerHangup == nil })
        else { return }
        let halves = [visit.visit.channel] + [half.partner].compactMap { $0 }.filter { channels[$0]?.contact == key }
        for id in halves { channels[id]?.contact = nil }
        contacts[key]!.sides.removeAll { halves.contains($0) }
        guard let own = begin(halves[0], .internal, at: half.created, isPartial: false) else { return }
        for id in halves.dropFirst() { addSide(id, to: own) }
        movePlace(of: key, to: own)
    }

    private mutating func movePlace(of before: ContactKey, to key: ContactKey) {
        guard var place = contacts[before]?.visit, contacts[key] != nil, case .waiting = place.phase else { return }
        place.visit.contact = key
        place.position = nil
        contacts[before]!.visit = nil
        contacts[key]!.visit = place
        events.append(.placeInherited(place.visit, from: before))
        let ringing = contacts[before]!.legs.filter { $0.leg.established == nil && $0.leg.visit == place.visit.number }
        for var phone in ringing {
            phone.leg.contact = key
            for id in [phone.leg.channel, phone.named] {
                channels[id]?.legs.removeAll { $0 == before || $0 == key }
                channels[id]?.legs.append(key)
            }
            contacts[key]!.legs.append(phone)
        }
        contacts[before]!.legs.removeAll { leg in ringing.contains { $0.leg.number == leg.leg.number } }
    }

    /// A queue's call that is picked up is credited to the member whose phone rang, as the switch's own log has it; the picker speaks.
    mutating func pickedUp(_ picker: ChannelID, _ target: ChannelID, at now: Moment) {
        guard let record = channels[picker], record.snapshot.kind == .phone else { return }
        channels[picker]?.took = .pickup
        for key in channels[target]?.legs ?? [] {
            takeTwin(key, target)
            guard let index = legIndex(key, target), contacts[key]!.legs[index].leg.established == nil else { continue }
            let rang = contacts[key]!.legs[index].leg
            endAlerting(key, index, .answeredElsewhere, at: now)
            let speaker = agent(behind: record.snapshot.device)
            let visit = contacts[key]?.visit?.visit
            guard
                addLeg(
                    key, rang.queue == nil ? speaker : rang.agent, picker, via: .pickup, visit: visit?.number == rang.visit ? visit : nil,
                    queue: rang.queue, at: now) != nil
            else { continue }
            let new = legIndex(key, picker)!
            contacts[key]!.legs[new].isAnswered = true
            contacts[key]!.legs[new].leg.answered = now
            contacts[key]!.legs[new].leg.speaker = speaker
            events.append(.alerting(contacts[key]!.legs[new].leg))
        }
    }

    // MARK: parking

    mutating func parked(_ id: ChannelID, at now: Moment) {
        guard let key = channels[id]?.contact, contacts[key]?.isParked == false else { return }
        contacts[key]!.isParked = true
        events.append(.parked(key, now))
    }

    mutating func unparked(_ id: ChannelID, _ retriever: ChannelID?, at now: Moment) {
        if let retriever { channels[retriever]?.took = .park }
        guard let key = channels[id]?.contact, contacts[key]?.isParked == true else { return }
        contacts[key]!.isParked = false
        events.append(.unparked(key, now))
        // Nobody takes the caller back: whoever parked it has no part in what follows.
        if retriever == nil { endParked(key) }
    }

    /// The agent is free while the customer is parked.
    mutating func park(_ number: UInt64, of key: ContactKey, at parted: Moment) {
        guard let index = contacts[key]?.legs.firstIndex(where: { $0.leg.number == number }) else { return }
        var leg = contacts[key]!.legs[index]
        if let since = leg.leg.heldSince {
            leg.leg.hold += max(.zero, parted - since)
            leg.leg.heldSince = nil
            if leg.isHoldCut { leg.leg.isEstimated = true }
            leg.isHoldCut = false
        }
        leg.parkedSince = parted
        leg.parted = nil
        contacts[key]!.legs[index] = leg
        events.append(.legParked(leg.leg, parted))
    }

    /// The same agent took the customer out of the parking lot again: it was a hold.
    mutating func resume(_ number: UInt64, of key: ContactKey, on id: ChannelID, at now: Moment) {
        guard let index = contacts[key]?.legs.firstIndex(where: { $0.leg.number == number }),
            let since = contacts[key]!.legs[index].parkedSince
        else { return }
        var leg = contacts[key]!.legs[index]
        leg.leg.hold += max(.zero, now - since)
        leg.leg.channel = id
        leg.named = id
        leg.parkedSince = nil
        leg.isTransferring = false
        channels[id]?.legs.append(key)
        contacts[key]!.legs[index] = leg
        events.append(.retrieved(leg.leg, now))
    }

    /// Somebody else has the customer now, or nobody.
    mutating func endParked(_ key: ContactKey) {
        for leg in contacts[key]?.legs ?? [] {
            if let since = leg.parkedSince { endLeg(leg.leg.number, of: key, at: since) }
        }
    }
}
