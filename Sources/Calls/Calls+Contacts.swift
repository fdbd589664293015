import Telephony
import Time

// Whose call it is. A contact has one customer, who may be on several channels one after the other (a Local half, then the line that replaced
// it). What looked like a call of its own and turns out to be a part of another (a consultation that became a transfer) is merged into it; two
// customers who meet stay two contacts. `domain.md` §2.3.
extension Calls {
    @discardableResult
    mutating func begin(
        _ id: ChannelID, _ direction: Contact.Direction, number: String = "", at arrived: Moment, isPartial: Bool
    ) -> ContactKey? {
        guard let record = channels[id], record.contact == nil else { return channels[id]?.contact }
        let key = ContactKey(nextContact)
        nextContact += 1
        // Whom we call is not who the leg says calls: that is us.
        let caller = direction == .inbound || direction == .internal ? record.snapshot.caller : CallerID(number: number, name: "")
        let contact = Contact(
            key: key, channel: id, direction: direction, caller: caller, called: direction == .inbound ? record.snapshot.called : number,
            arrived: arrived, isPartial: isPartial)
        channels[id]?.contact = key
        contacts[key] = ContactRecord(contact: contact, anchor: id, sides: [id])
        events.append(.contactBegan(contact))
        return key
    }

    mutating func addSide(_ id: ChannelID, to key: ContactKey) {
        guard channels[id] != nil, channels[id]?.contact == nil, contacts[key] != nil, contacts[key]!.sides.count < 64 else { return }
        channels[id]?.contact = key
        contacts[key]!.sides.append(id)
    }

    /// The customer is on this channel from now on.
    mutating func move(_ key: ContactKey, to id: ChannelID) {
        addSide(id, to: key)
        if channels[id]?.contact == key { contacts[key]?.anchor = id }
    }

    mutating func sideEnded(_ id: ChannelID, _ key: ContactKey, at now: Moment) {
        if lineEnded(id, key, at: now) {
            contacts[key]?.sides.removeAll { $0 == id }
            return
        }
        if contacts[key]?.anchor == id { returnPlace(of: key) }
        guard let record = contacts[key] else { return }
        if record.visit?.visit.channel == id || record.anchor == id { customerEnded(key, at: now) }
        contacts[key]?.sides.removeAll { $0 == id }
        guard contacts[key]?.anchor == id else { return }
        // A Local half made way for the customer's own line.
        if channels[id]?.snapshot.kind == .local, let line = contacts[key]?.sides.last(where: { channels[$0]?.snapshot.kind == .line }) {
            contacts[key]?.anchor = line
        } else {
            end(key, at: contacts[key]?.failed?.gone ?? now)
        }
    }

    mutating func end(_ key: ContactKey, at now: Moment, lost: Bool = false) {
        // In a menu, and over before anybody told where it had been in the gap. A visit and a leg that end now say so themselves.
        if !lost, let record = contacts[key], record.visit == nil, record.legs.isEmpty, record.isEstimated != true,
            isFromBeforeGap(record.contact)
        {
            events.append(.contactEstimated(key))
        }
        if lost { endVisit(key, .lost, at: now, isEstimated: true) } else { customerEnded(key, at: now) }
        if !lost { endCancelled(key, .callerLeft) }
        for leg in contacts[key]?.legs ?? [] { endLeg(leg.leg.number, of: key, at: now, lost: lost) }
        let customer = contacts[key].flatMap { $0.failed?.line ?? channels[$0.anchor] }
        guard let record = contacts.removeValue(forKey: key) else { return }
        for side in record.sides where channels[side]?.contact == key { channels[side]?.contact = nil }
        guard !lost else { return events.append(.contactEnded(key, now, .lost)) }
        if record.isParked { events.append(.unparked(key, now)) }
        // That an agent handed the customer over did not end the call.
        let last: AgentLeg.Ender = record.lastEnder.map { $0 == .transfer || $0 == .park ? .unknown : $0 } ?? .unknown
        let ender: AgentLeg.Ender =
            customer?.peerHangup != nil && record.lastEnder != .agent
            ? .caller : record.lastEnder == .agent ? .agent : customer?.switchHangup == true ? .system : last
        events.append(.contactEnded(key, now, .by(ender)))
    }

    /// `part` was no contact of its own: an agent asking a queue about the customer of `whole`.
    mutating func merge(_ part: ContactKey, into whole: ContactKey, at now: Moment) {
        guard part != whole, let merged = contacts[part], merged.contact.direction == .internal, contacts[whole] != nil else { return }
        // Whom the agent talked with before the hand-over was not talking with the customer.
        for leg in merged.legs where leg.leg.established != nil {
            endLeg(leg.leg.number, of: part, at: now, by: .caller)
        }
        inheritPlace(of: part, by: whole)
        endVisit(part, .flowOut(.unknown), at: now)
        for leg in contacts[part]?.legs ?? [] { endLeg(leg.leg.number, of: part, at: now) }
        guard let record = contacts.removeValue(forKey: part) else { return }
        for side in record.sides where channels[side]?.contact == part {
            channels[side]?.contact = nil
            // The switch goes on naming it, with the customer behind it now.
            if channels[side]?.snapshot.kind == .local { addSide(side, to: whole) }
        }
        events.append(.contactMerged(part, into: whole))
    }

    /// Asterisk's Linkedid changed: the leg belongs to another call now. Two customers whose calls meet stay two.
    mutating func callChanged(_ id: ChannelID, _ call: CallID, at now: Moment) {
        guard let record = channels[id], record.snapshot.call != call else { return }
        channels[id]?.snapshot.call = call
        guard let part = record.contact, contacts[part]?.contact.direction == .internal,
            let whole = channels[ChannelID(call.rawValue)]?.contact, whole != part
        else { return }
        merge(part, into: whole, at: now)
    }
}
