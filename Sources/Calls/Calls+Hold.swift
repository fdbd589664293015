import Telephony
import Time

// Hold and consultation: a leg goes on while its agent is away from the customer.
//
//   not on hold ──▶ on hold            the phone says Hold
//   on hold     ──▶ not on hold        the phone says Unhold
//   not on hold ──▶ on hold silently   the agent talks with a third party, and no phone has said Hold
//   …silently   ──▶ not on hold        the agent has left the third party
//   not on hold ──▶ on hold, apart     the agent is in another bridge (`Calls+Legs`)
//   …apart      ──▶ not on hold        the two are in one bridge again; what the phone says in between changes nothing
//
// A consultation is the time in which the agent talks with a third party, and always lies within a hold. What was
// on hold when the link broke, or was not, may have changed unheard: then the figures are marked as estimated.
extension Calls {
    mutating func held(_ id: ChannelID, at now: Moment) {
        for place in talkingLegs(of: id) { hold(place, at: now) }
    }

    mutating func retrieved(_ id: ChannelID, at now: Moment) {
        // A customer who stayed in another bridge goes on waiting, whomever the agent takes off hold here.
        for place in talkingLegs(of: id) where !self[place].isConsulting {
            self[place].noteRetrieval()
            retrieve(place, at: now)
        }
    }

    mutating func hold(_ place: LegPlace, at now: Moment) {
        if self[place].hold(at: now) { events.append(.held(self[place].leg, now)) }
    }

    mutating func retrieve(_ place: LegPlace, at now: Moment) {
        if self[place].retrieve(at: now, isUnseen: isInferring) { events.append(.retrieved(self[place].leg, now)) }
    }

    /// Whether the agent at this channel talks with a third party while the customer is on hold or was left: on
    /// another channel of the same phone, or on this one.
    mutating func noteConsultation(of id: ChannelID, at now: Moment) {
        guard channels[id]?.snapshot.kind == .phone, let device = channels[id]?.snapshot.device,
            let all = phones[device]
        else { return }
        // What the phone's channels hear is found out once, and only for an agent who talks.
        var heard: [[ChannelID]]?
        for mine in all {
            for key in channels[mine]?.legs ?? [] {
                guard let legs = contacts[key]?.legs, let index = legs.index(on: mine), legs[index].isTalking,
                    let customer = contacts[key]?.customerChannel
                else { continue }
                let isInternal = contacts[key]?.isInternal == true
                let wasConsulting = legs[index].leg.consultingSince != nil
                // An agent who asks a colleague by feature code talks with that colleague, behind a Local channel.
                if isInternal, channels[customer]?.snapshot.kind == .local { continue }
                let voices = heard ?? all.map { self.heard(by: $0) }
                heard = voices
                let isConsulting = voices.contains { others in
                    // Another customer is no consultation: the phone may have two calls.
                    !others.contains(customer) && others.contains { !all.contains($0) && channels[$0]?.contact == nil }
                }
                guard isConsulting != wasConsulting else { continue }
                let place = LegPlace(contact: key, index: index)
                if isConsulting { consultationBegan(place, at: now) } else { consultationEnded(place, at: now) }
            }
        }
    }

    private mutating func consultationBegan(_ place: LegPlace, at now: Moment) {
        // An agent who talks with another does not talk with the customer, whether or not the phone says Hold.
        if self[place].leg.heldSince == nil {
            hold(place, at: now)
            self[place].isHeldSilently = true
        }
        self[place].leg.consultingSince = now
        events.append(.consultationBegan(self[place].leg, now))
    }

    private mutating func consultationEnded(_ place: LegPlace, at now: Moment) {
        self[place].endConsultation(at: now)
        events.append(.consultationEnded(self[place].leg, now))
        if self[place].isHeldSilently { retrieve(place, at: now) }
    }
}
