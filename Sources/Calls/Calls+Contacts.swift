import Telephony
import Time

// Which contact a channel belongs to. A contact has one customer, who may be on several channels one after the
// other, e.g. on a Local half and then on the line that replaced it. What looked like a contact of its own and
// turns out to be a part of another (a consultation that became a transfer) is merged into it. Two customers who
// meet stay two contacts. `domain.md` §2.3.
extension Calls {
    /// Begins a contact on this channel. Returns the one that the channel already has, if any; nil if there is no
    /// such channel.
    @discardableResult
    mutating func begin(
        _ id: ChannelID, _ direction: Contact.Direction, number: String = "", at arrived: Moment, isPartial: Bool
    ) -> ContactKey? {
        guard let record = channels[id], record.contact == nil else { return channels[id]?.contact }
        let key = ContactKey(nextContact)
        nextContact += 1
        // On a leg by which we call, the caller's number is our own.
        let caller =
            direction == .inbound || direction == .internal
            ? record.snapshot.caller : CallerID(number: number, name: "")
        let contact = Contact(
            key: key, channel: id, direction: direction, caller: caller,
            called: direction == .inbound ? record.snapshot.called : number,
            arrived: arrived, isPartial: isPartial)
        channels[id]?.contact = key
        contacts[key] = Boxed(OpenContact(contact: contact, customerChannel: id, customerChannels: [id]))
        events.append(.contactBegan(contact))
        return key
    }

    mutating func addCustomerChannel(_ id: ChannelID, to key: ContactKey) {
        guard isKnown(id), channels[id]?.contact == nil, let known = contacts[key]?.customerChannels.count,
            known < Self.customerChannelLimit
        else { return }
        channels[id]?.contact = key
        contacts[key]?.customerChannels.append(id)
    }

    /// The customer is on this channel from now on.
    mutating func moveCustomer(of key: ContactKey, to id: ChannelID) {
        addCustomerChannel(id, to: key)
        if channels[id]?.contact == key { contacts[key]?.customerChannel = id }
    }

    mutating func customerChannelEnded(_ id: ChannelID, _ key: ContactKey, at now: Moment) {
        if lineEnded(id, key, at: now) {
            contacts[key]?.customerChannels.removeAll { $0 == id }
            return
        }
        if contacts[key]?.customerChannel == id { returnPlace(of: key) }
        guard let record = contacts[key] else { return }
        if record.visit?.visit.channel == id || record.customerChannel == id { customerEnded(key, at: now) }
        contacts[key]?.customerChannels.removeAll { $0 == id }
        guard contacts[key]?.customerChannel == id else { return }
        // A Local half made way for the customer's own line.
        if channels[id]?.snapshot.kind == .local,
            let line = contacts[key]?.customerChannels.last(where: { channels[$0]?.snapshot.kind == .line })
        {
            contacts[key]?.customerChannel = line
        } else {
            end(key, at: contacts[key]?.failed?.gone ?? now)
        }
    }

    // MARK: the end

    /// The contact is over. `lost`: its end was not seen.
    mutating func end(_ key: ContactKey, at now: Moment, lost: Bool = false) {
        // In a menu, and over before the switch said where the customer had been in the gap. A visit or a leg that
        // ends now says so itself.
        if !lost, let record = contacts[key], !record.hasVisit, record.legs.isEmpty, !record.isEstimated,
            isFromBeforeGap(record.contact)
        {
            events.append(.contactEstimated(key))
        }
        if lost {
            endVisit(key, .lost, at: now, isEstimated: true)
        } else {
            customerEnded(key, at: now)
            endCancelled(key, .callerLeft)
        }
        for leg in contacts[key]?.legs ?? [] { endLeg(leg.number, of: key, at: now, lost: lost) }
        let customer = contacts[key].flatMap { $0.failed?.line ?? channels[$0.customerChannel] }
        guard let record = contacts.removeValue(forKey: key) else { return }
        for id in record.customerChannels where channels[id]?.contact == key { channels[id]?.contact = nil }
        guard !lost else { return events.append(.contactEnded(key, now, .lost)) }
        if record.isParked { events.append(.unparked(key, now)) }
        events.append(.contactEnded(key, now, .by(ender(of: record, customer: customer))))
    }

    /// Who ended the contact: the first side that asked to hang up.
    private func ender(of record: Boxed<OpenContact>, customer: Boxed<ChannelRecord>?) -> AgentLeg.Ender {
        if record.lastEnder == .agent { return .agent }
        if customer?.peerHangup != nil { return .caller }
        if customer?.switchHangup == true { return .system }
        // An agent who handed the customer over did not end the call.
        return record.lastEnder.map { $0 == .transfer || $0 == .park ? .unknown : $0 } ?? .unknown
    }

    // MARK: two that are one

    /// `part` was no contact of its own: an agent asked a queue about the customer of `whole`.
    mutating func merge(_ part: ContactKey, into whole: ContactKey, at now: Moment) {
        guard part != whole, let merged = contacts[part], merged.isInternal, contacts.contains(key: whole) else {
            return
        }
        // Those with whom the agent talked before the hand-over were not talking with the customer.
        for leg in merged.legs where !leg.isRinging { endLeg(leg.number, of: part, at: now, by: .caller) }
        inheritPlace(of: part, by: whole)
        endVisit(part, .flowOut(.unknown), at: now)
        for leg in contacts[part]?.legs ?? [] { endLeg(leg.number, of: part, at: now) }
        guard let record = contacts.removeValue(forKey: part) else { return }
        for id in record.customerChannels where channels[id]?.contact == part {
            channels[id]?.contact = nil
            // The switch goes on naming it, with the customer behind it now.
            if channels[id]?.snapshot.kind == .local { addCustomerChannel(id, to: whole) }
        }
        events.append(.contactMerged(part, into: whole))
    }

    /// Asterisk's Linkedid changed: the channel belongs to another call now. Two customers whose calls meet stay two.
    mutating func callChanged(_ id: ChannelID, _ call: CallID, at now: Moment) {
        guard let record = channels[id], record.snapshot.call != call else { return }
        channels[id]?.snapshot.call = call
        guard let part = record.contact, contacts[part]?.contact.direction == .internal,
            let whole = channels[ChannelID(call.rawValue)]?.contact,
            whole != part
        else { return }
        merge(part, into: whole, at: now)
    }
}
