import Telephony
import Time

// How a customer changes hands. The bridges show who hears whom afterwards; here is only what the change is called,
// and what the bridges cannot show.
//
//   transfer   talking ──▶ transferring   the switch announces it: the agent handed the customer over
//              transferring ──▶ ended     at the parting, which follows or has just been
//   pick-up    ringing ──▶ ended          for the phone that rang, answered elsewhere
//              (new) ──▶ answered         on the picker's phone, credited to the member whose phone rang
//   parking    talking ──▶ parked         the customer is in the parking lot, so the agent is free
//              parked ──▶ talking         the same agent took the customer back: it was a hold
//              parked ──▶ ended           another agent took the customer, or the parking lot sent the customer on
//
// An agent may ask a queue and hand the customer over before the queue answers. The place in the queue is then the
// customer's (`inheritPlace`), and goes back to the agent if the customer leaves first (`returnPlace`).
extension Calls {
    // MARK: transfer

    /// The agent handed the customer over.
    ///
    /// The agent has two channels, and the customer may be on either: a colleague may have called, and been joined
    /// with a customer who was there before.
    mutating func transferred(_ id: ChannelID, second: ChannelID?, at now: Moment) {
        handedOver(by: id, other: second, at: now)
        if let second { handedOver(by: second, other: id, at: now) }
    }

    private mutating func handedOver(by id: ChannelID, other: ChannelID?, at now: Moment) {
        for key in talkingLegs(of: id).map(\.contact) {
            // A merging for the contact before may have ended this leg, or moved it.
            guard let place = leg(on: id, of: key), self[place].isTalking else { continue }
            self[place].isTransferring = true
            if self[place].isConsulting { endLeg(self[place].number, of: key, at: now) }
            if let part = other.flatMap({ channels[$0]?.contact }), part != key { merge(part, into: key, at: now) }
        }
    }

    // MARK: a place in a queue

    /// The consultation still waited in a queue. From now on the switch names the caller's channel where it named
    /// the agent's, and the agent's is hung up without a word about the queue. Taken literally, one caller would
    /// wait for ever, and another be connected without having joined.
    mutating func inheritPlace(of consultation: ContactKey, by key: ContactKey) {
        guard contacts[key]?.visit == nil else { return }
        movePlace(of: consultation, to: key)
    }

    /// The caller leaves a conference of three while the queue that the agent asked still has not answered: it is
    /// asked for the agent alone again.
    mutating func returnPlace(of key: ContactKey) {
        guard let record = contacts[key], let visit = record.visit, visit.isWaiting, visit.position == nil,
            let half = channels[visit.visit.channel], half.snapshot.kind == .local, !half.isHangingUp,
            record.customerChannel != visit.visit.channel, half.contact == key,
            heard(by: visit.visit.channel).contains(where: {
                channels[$0]?.snapshot.kind == .phone && channels[$0]?.peerHangup == nil
            })
        else { return }
        let halves = [visit.visit.channel] + [half.partner].compactMap { $0 }.filter { channels[$0]?.contact == key }
        for id in halves { channels[id]?.contact = nil }
        contacts[key]?.customerChannels.removeAll { halves.contains($0) }
        guard let own = begin(halves[0], .internal, at: half.created, isPartial: false) else { return }
        for id in halves.dropFirst() { addCustomerChannel(id, to: own) }
        movePlace(of: key, to: own)
    }

    /// Moves a visit that waits, and the phones that ring for it.
    private mutating func movePlace(of before: ContactKey, to key: ContactKey) {
        guard var place = contacts[before]?.visit, contacts[key] != nil, place.isWaiting else { return }
        place.visit.contact = key
        place.position = nil
        contacts[before]?.visit = nil
        contacts[key]?.visit = place
        events.append(.placeInherited(place.visit, from: before))
        let ringing = (contacts[before]?.legs ?? []).filter { $0.isRinging && $0.leg.visit == place.visit.number }
        for var phone in ringing {
            phone.leg.contact = key
            for id in [phone.leg.channel, phone.announcedChannel] {
                channels[id]?.legs.removeAll { $0 == before || $0 == key }
                channels[id]?.legs.append(key)
            }
            contacts[key]?.legs.append(phone)
        }
        contacts[before]?.legs.removeAll { leg in ringing.contains { $0.number == leg.number } }
    }

    // MARK: pick-up

    /// A queue's call that is picked up is credited to the member whose phone rang, as in the switch's own log; the
    /// picker speaks.
    mutating func pickedUp(_ picker: ChannelID, _ target: ChannelID, at now: Moment) {
        guard let record = channels[picker], record.snapshot.kind == .phone else { return }
        channels[picker]?.took = .pickup
        for key in channels[target]?.legs ?? [] {
            takeTwin(key, target)
            guard let place = leg(on: target, of: key), self[place].isRinging else { continue }
            let rang = self[place].leg
            endAlerting(place, .answeredElsewhere, at: now)
            let speaker = agent(behind: record.snapshot.device)
            let visit = contacts[key]?.visit?.visit
            guard
                let new = addLeg(
                    key, rang.queue == nil ? speaker : rang.agent, picker, via: .pickup,
                    visit: visit?.number == rang.visit ? visit : nil,
                    queue: rang.queue, at: now)
            else { continue }
            self[new].isAnswered = true
            self[new].leg.answered = now
            self[new].leg.speaker = speaker
            events.append(.alerting(self[new].leg))
        }
    }

    // MARK: parking

    mutating func parked(_ id: ChannelID, at now: Moment) {
        guard let key = channels[id]?.contact, contacts[key]?.isParked == false else { return }
        contacts[key]?.isParked = true
        events.append(.parked(key, now))
    }

    mutating func unparked(_ id: ChannelID, _ retriever: ChannelID?, at now: Moment) {
        if let retriever { channels[retriever]?.took = .park }
        guard let key = channels[id]?.contact, contacts[key]?.isParked == true else { return }
        contacts[key]?.isParked = false
        events.append(.unparked(key, now))
        // Nobody takes the caller back: the agent who parked the caller has no part in what follows.
        if retriever == nil { endParked(key) }
    }

    /// The agent is free while the customer is parked.
    mutating func park(_ number: UInt64, of key: ContactKey, at parted: Moment) {
        guard let place = leg(number, of: key) else { return }
        self[place].park(at: parted)
        events.append(.legParked(self[place].leg, parted))
    }

    /// The same agent took the customer out of the parking lot again: it was a hold.
    mutating func resume(_ number: UInt64, of key: ContactKey, on id: ChannelID, at now: Moment) {
        guard let place = leg(number, of: key), self[place].resume(on: id, at: now) else { return }
        channels[id]?.legs.append(key)
        events.append(.retrieved(self[place].leg, now))
    }

    /// Another agent has the customer now, or nobody: the legs that were parked are over since then.
    mutating func endParked(_ key: ContactKey) {
        for leg in contacts[key]?.legs ?? [] {
            if let since = leg.parkedSince { endLeg(leg.number, of: key, at: since) }
        }
    }
}
