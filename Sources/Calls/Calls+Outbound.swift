import Telephony
import Time

// An agent calls out. The dial plan may call the customer over several lines, at once or one after the other. It is
// one call of the agent's until the customer is heard or the agent's phone is gone:
//
//   one line rings              the customer is expected on it
//   it fails, another rings     the customer is expected on the other
//   it fails, none rings        the contact waits, because the dial plan may call another (``OpenContact/failed``)
//   …and another is called      the agent's leg begins again, for that line
//   …and the phone hangs up     the contact ends when its last line was hung up
//
// And what looks like a customer may be the mobile beside a colleague's desk phone: such a line is an outbound call
// only if it answers.
extension Calls {
    mutating func callOut(
        from phone: ChannelID, over line: ChannelID, _ number: String, arrived: Moment, at now: Moment
    ) {
        guard let key = begin(line, .outbound, number: number, at: arrived, isPartial: false) else { return }
        if !number.isEmpty { channels[line]?.snapshot.called = number }
        channels[phone]?.calls = key
        contacts[key]?.calledBy = phone
        callOut(from: phone, to: line, at: now)
    }

    /// A further line for the call that this phone is making. False if the phone makes none.
    mutating func callsOn(_ phone: ChannelID, over line: ChannelID, _ number: String, at now: Moment) -> Bool {
        guard let key = channels[phone]?.calls, let record = contacts[key], !record.wasEstablished,
            record.calledBy == phone
        else {
            return false
        }
        addCustomerChannel(line, to: key)
        guard channels[line]?.contact == key else { return false }
        if !number.isEmpty { channels[line]?.snapshot.called = number }
        // Beside one that rings.
        guard record.failed != nil else { return true }
        contacts[key]?.failed = nil
        if channels[record.customerChannel]?.contact == key { release(record.customerChannel, from: key) }
        callsNow(line, key)
        if leg(on: phone, of: key) == nil { callOut(from: phone, to: line, at: now) }
        return true
    }

    /// Whether the phone that calls has a colleague's phone rung beside this line, or may have.
    ///
    /// The switch makes all channels of one Dial before it reports the first ringing; behind a Local channel, even
    /// their making may come later.
    func ringsColleague(_ phone: ChannelID, beside line: ChannelID) -> Bool {
        guard let record = channels[phone] else { return false }
        let made = channels[ChannelID(record.snapshot.call.rawValue)]?.made ?? []
        if made.contains(where: { $0 != phone && channels[$0]?.dialled == nil && isKnown($0) }) { return true }
        if rung(behind: phone).contains(where: {
            channels[$0]?.snapshot.kind == .phone && channels[$0]?.answered == nil
        }) {
            return true
        }
        return record.dials.contains { id in
            guard let half = channels[id], half.snapshot.kind == .local, let partner = half.partner else {
                return false
            }
            return channels[partner]?.dials.isEmpty == true
        }
    }

    /// The line answered: the customer is on it, whichever of several it is.
    mutating func lineAnswered(_ line: ChannelID, at now: Moment) {
        guard let record = channels[line] else { return }
        if record.isOutboundIfAnswered, record.isFree, let source = record.dialler, let phone = phone(calling: source),
            isFree(phone)
        {
            return callOut(from: phone, over: line, record.snapshot.called, arrived: record.dialled ?? now, at: now)
        }
        guard let key = record.contact, let contact = contacts[key], contact.contact.direction == .outbound,
            !contact.wasEstablished,
            contact.customerChannel != line, record.snapshot.kind == .line
        else { return }
        callsNow(line, key)
        hear(key, at: now)
    }

    /// The line will not answer. True if the call goes on all the same.
    mutating func lineFailed(_ line: ChannelID, _ status: DialStatus, at now: Moment) -> Bool {
        guard let key = channels[line]?.contact, let record = contacts[key], record.contact.direction == .outbound,
            !record.wasEstablished
        else { return false }
        if record.customerChannel != line {
            release(line, from: key)
            return true
        }
        if let other = ringingLine(of: record, but: line) {
            release(line, from: key)
            callsNow(other, key)
            return true
        }
        guard mayCallOn(record) else { return false }
        if record.failed == nil { contacts[key]?.failed = OpenContact.FailedLine(at: now) }
        // If the line could not even be rung, the dial plan goes on at once; otherwise the agent has heard how it
        // ended.
        return status == .unreachable
    }

    /// The customer's channel is gone without an answer. True if the call goes on all the same.
    mutating func lineEnded(_ line: ChannelID, _ key: ContactKey, at now: Moment) -> Bool {
        guard let record = contacts[key], record.customerChannel == line, !record.wasEstablished, !record.hasVisit,
            let ended = channels[line], ended.snapshot.kind == .line, ended.answered == nil
        else { return false }
        let failed = OpenContact.FailedLine(at: record.failed?.at ?? now, gone: now, line: ended)
        switch record.contact.direction {
        case .outbound:
            if let other = ringingLine(of: record, but: line) {
                callsNow(other, key)
                return true
            }
            guard mayCallOn(record) else { return false }
            contacts[key]?.failed = failed
            return true
        case .callback:
            // The Local half runs the dial plan that called the line.
            guard record.legs.isEmpty, let half = ended.dialler, record.customerChannels.contains(half),
                let local = channels[half],
                local.snapshot.kind == .local, !local.isHangingUp
            else { return false }
            contacts[key]?.customerChannel = half
            contacts[key]?.failed = failed
            return true
        case .inbound, .internal: return false
        }
    }

    /// The phone that called hangs up: nobody is called for it any more.
    mutating func callerGone(_ key: ContactKey) {
        guard let failed = contacts[key]?.failed, contacts[key]?.wasEstablished == false else { return }
        while let index = contacts[key]?.legs.firstIndex(where: \.isRinging) {
            endAlerting(LegPlace(contact: key, index: index), .noAnswer, at: failed.at)
        }
        if let gone = failed.gone { end(key, at: gone) }
    }

    private func mayCallOn(_ record: Boxed<OpenContact>) -> Bool {
        record.calledBy.flatMap { channels[$0] }?.isHangingUp == false
    }

    private func ringingLine(of record: Boxed<OpenContact>, but line: ChannelID) -> ChannelID? {
        record.customerChannels.first {
            $0 != line && channels[$0]?.snapshot.kind == .line && channels[$0]?.dialled != nil
        }
    }

    private mutating func release(_ line: ChannelID, from key: ContactKey) {
        channels[line]?.contact = nil
        contacts[key]?.customerChannels.removeAll { $0 == line }
    }

    /// The customer is expected on this line, and at this number.
    private mutating func callsNow(_ line: ChannelID, _ key: ContactKey) {
        contacts[key]?.customerChannel = line
        guard let number = channels[line]?.snapshot.called, !number.isEmpty, number != contacts[key]?.contact.called
        else { return }
        let customer = CallerID(number: number, name: "")
        contacts[key]?.contact.caller = customer
        contacts[key]?.contact.called = number
        events.append(.contactIdentified(key, customer))
        events.append(.contactDialled(key, number))
    }
}
