import Telephony
import Time

// Hold and consultation: a leg goes on while its agent is away from the caller.
extension Calls {
    mutating func held(_ id: ChannelID, at now: Moment) {
        for (key, index) in talkingLegs(of: id) { hold(index, of: key, at: now) }
    }

    mutating func retrieved(_ id: ChannelID, at now: Moment) {
        // A customer who was left in another bridge goes on waiting, whomever the agent takes off hold here.
        for (key, index) in talkingLegs(of: id) where !contacts[key]!.legs[index].isConsulting {
            // Put on hold in the gap: for how long, nobody knows.
            if contacts[key]!.legs[index].leg.heldSince == nil, contacts[key]!.legs[index].wasUnheard == true {
                contacts[key]!.legs[index].leg.isEstimated = true
            }
            contacts[key]!.legs[index].wasUnheard = nil
            retrieve(index, of: key, at: now)
        }
    }

    mutating func hold(_ index: Int, of key: ContactKey, at now: Moment) {
        guard contacts[key]!.legs[index].leg.heldSince == nil else {
            contacts[key]!.legs[index].isHeldSilently = false
            // Held again: the hold before ended in the gap.
            if contacts[key]!.legs[index].isHoldCut { contacts[key]!.legs[index].leg.isEstimated = true }
            return
        }
        contacts[key]!.legs[index].leg.heldSince = now
        contacts[key]!.legs[index].wasUnheard = nil
        events.append(.held(contacts[key]!.legs[index].leg, now))
    }

    mutating func retrieve(_ index: Int, of key: ContactKey, at now: Moment) {
        guard let since = contacts[key]!.legs[index].leg.heldSince else { return }
        contacts[key]!.legs[index].leg.hold += max(.zero, now - since)
        contacts[key]!.legs[index].leg.heldSince = nil
        contacts[key]!.legs[index].isHeldSilently = false
        if contacts[key]!.legs[index].isHoldCut, isInferring { contacts[key]!.legs[index].leg.isEstimated = true }
        contacts[key]!.legs[index].isHoldCut = false
        events.append(.retrieved(contacts[key]!.legs[index].leg, now))
    }

    /// The agent talks with a third party while the customer is held or left, on another channel of the same phone or on this one.
    mutating func noteConsultation(of id: ChannelID, at now: Moment) {
        guard let record = channels[id], record.snapshot.kind == .phone, let all = phones[record.snapshot.device] else { return }
        // What its channels hear is found out once, and only for somebody who talks.
        var heard: [[ChannelID]]?
        for mine in all {
            for key in channels[mine]?.legs ?? [] {
                guard let index = legIndex(key, mine), contacts[key]!.legs[index].isTalking else { continue }
                let anchor = contacts[key]!.anchor
                // Whom a colleague asks by feature code talks with that one, behind a Local channel.
                if contacts[key]!.contact.direction == .internal, channels[anchor]?.snapshot.kind == .local { continue }
                let voices = heard ?? all.map { self.heard(by: $0) }
                heard = voices
                let isConsulting = voices.contains { others in
                    // Another customer is no consultation: the phone may have two calls.
                    return !others.contains(anchor) && others.contains { !all.contains($0) && channels[$0]?.contact == nil }
                }
                let since = contacts[key]!.legs[index].leg.consultingSince
                if isConsulting, since == nil {
                    // Whoever talks with another does not talk with the customer, whether or not the phone says hold.
                    if contacts[key]!.legs[index].leg.heldSince == nil {
                        hold(index, of: key, at: now)
                        contacts[key]!.legs[index].isHeldSilently = true
                    }
                    contacts[key]!.legs[index].leg.consultingSince = now
                    events.append(.consultationBegan(contacts[key]!.legs[index].leg, now))
                } else if !isConsulting, let since {
                    contacts[key]!.legs[index].leg.consult += max(.zero, now - since)
                    contacts[key]!.legs[index].leg.consultingSince = nil
                    events.append(.consultationEnded(contacts[key]!.legs[index].leg, now))
                    if contacts[key]!.legs[index].isHeldSilently { retrieve(index, of: key, at: now) }
                }
            }
        }
    }
}
