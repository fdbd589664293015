import Telephony
import Time

// An agent calls out. The dial plan may call the customer over several lines, at once or one after the other: it is one call of the agent's, until the
// customer is heard or the agent's phone is gone. And what looks like a customer may be the mobile beside a colleague's desk phone.
extension Calls {
    /// The last line that was called did not answer, and the dial plan may call another.
    struct FailedLine: Codable, Equatable, Sendable {
        var at: Moment
        /// When the line was hung up; nil until that is told.
        var gone: Moment?
        /// What was known of the line at its end: who ended it.
        var line: ChannelRecord?
    }

    mutating func callOut(
        from phone: ChannelID, over line: ChannelID, _ number: String, arrived: Moment, at now: Moment
    ) {
        guard let key = begin(line, .outbound, number: number, at: arrived, isPartial: false) else { return }
        if !number.isEmpty { channels[line]?.snapshot.called = number }
        channels[phone]?.calls = key
        contacts[key]?.calledBy = phone
        callOut(from: phone, to: line, at: now)
    }

    /// A further line for the call that this phone is making. False if it makes none.
    mutating func callsOn(
        _ phone: ChannelID, over line: ChannelID, _ number: String, at now: Moment
    ) -> Bool {
        guard let key = channels[phone]?.calls, let record = contacts[key], !record.wasEstablished, record.calledBy == phone else {
            return false
        }
        addSide(line, to: key)
        guard channels[line]?.contact == key else { return false }
        if !number.isEmpty { channels[line]?.snapshot.called = number }
        // Beside one that rings.
        guard record.failed != nil else { return true }
        contacts[key]!.failed = nil
        if channels[record.anchor]?.contact == key { release(record.anchor, from: key) }
        callsNow(line, key)
        if legIndex(key, phone) == nil { callOut(from: phone, to: line, at: now) }
        return true
    }

    /// Whether the phone that calls has a colleague's phone rung beside this line, or may have.
    ///
    /// The switch makes all channels of one Dial before it tells of the first ringing; behind a Local channel, even that may come later.
    func ringsColleague(_ phone: ChannelID, beside line: ChannelID) -> Bool {
        guard let record = channels[phone] else { return false }
        let made = channels[ChannelID(record.snapshot.call.rawValue)]?.made ?? []
        if made.contains(where: { $0 != phone && channels[$0]?.dialled == nil && channels[$0] != nil }) { return true }
        if rung(behind: phone).contains(where: { channels[$0]?.snapshot.kind == .phone && channels[$0]?.answered == nil }) { return true }
        return record.dials.contains { id in
            guard let half = channels[id], half.snapshot.kind == .local, let partner = half.partner else { return false }
            return channels[partner]?.dials.isEmpty == true
        }
    }

    /// The line answered: the customer is on it, whichever of several it is.
    mutating func lineAnswered(_ line: ChannelID, at now: Moment) {
        guard let record = channels[line] else { return }
        if record.isOutboundIfAnswered == true, record.contact == nil, record.legs.isEmpty, let source = record.dialler,
            let phone = phone(calling: source), isFree(phone)
        {
            return callOut(from: phone, over: line, record.snapshot.called, arrived: record.dialled ?? now, at: now)
        }
        guard let key = record.contact, let contact = contacts[key], contact.contact.direction == .outbound, !contact.wasEstablished,
            contact.anchor != line, record.snapshot.kind == .line
        else { return }
        callsNow(line, key)
        hear(key, at: now)
    }

    /// The line will not answer. True if the call goes on all the same.
    mutating func lineFailed(_ line: ChannelID, _ status: DialStatus, at now: Moment) -> Bool {
        guard let key = channels[line]?.contact, let record = contacts[key], record.contact.direction == .outbound, !record.wasEstablished
        else { return false }
        if record.anchor != line {
            release(line, from: key)
            return true
        }
        if let other = ringingLine(of: key, but: line) {
            release(line, from: key)
            callsNow(other, key)
            return true
        }
        guard mayCallOn(key) else { return false }
        if contacts[key]!.failed == nil { contacts[key]!.failed = FailedLine(at: now) }
        // Where not even a bell was heard, the dial plan goes on at once; otherwise the agent has heard how it ended.
        return status == .unreachable
    }

    /// The customer's side is gone without an answer. True if the call goes on all the same.
    mutating func lineEnded(_ line: ChannelID, _ key: ContactKey, at now: Moment) -> Bool {
        guard let record = contacts[key], record.anchor == line, !record.wasEstablished, record.visit == nil, let ended = channels[line],
            ended.snapshot.kind == .line, ended.answered == nil
        else { return false }
        let failed = FailedLine(at: record.failed?.at ?? now, gone: now, line: ended)
        switch record.contact.direction {
        case .outbound:
            if let other = ringingLine(of: key, but: line) {
                callsNow(other, key)
                return true
            }
            guard mayCallOn(key) else { return false }
            contacts[key]!.failed = failed
            return true
        case .callback:
            // The Local half runs the dial plan that called it.
            guard record.legs.isEmpty, let half = ended.dialler, record.sides.contains(half), let local = channels[half],
                local.snapshot.kind == .local, local.peerHangup == nil, !local.switchHangup
            else { return false }
            contacts[key]!.anchor = half
            contacts[key]!.failed = failed
            return true
        default: return false
        }
    }

    /// The phone that called hangs up: nobody is called for it any more.
    mutating func callerGone(_ key: ContactKey) {
        guard let failed = contacts[key]?.failed, contacts[key]?.wasEstablished == false else { return }
        while let index = contacts[key]?.legs.firstIndex(where: { $0.leg.established == nil }) {
            endAlerting(key, index, .noAnswer, at: failed.at)
        }
        if let gone = failed.gone { end(key, at: gone) }
    }

    private func mayCallOn(_ key: ContactKey) -> Bool {
        guard let phone = contacts[key]?.calledBy.flatMap({ channels[$0] }) else { return false }
        return phone.peerHangup == nil && !phone.switchHangup
    }

    private func ringingLine(of key: ContactKey, but line: ChannelID) -> ChannelID? {
        contacts[key]?.sides.first { $0 != line && channels[$0]?.snapshot.kind == .line && channels[$0]?.dialled != nil }
    }

    private mutating func release(_ line: ChannelID, from key: ContactKey) {
        channels[line]?.contact = nil
        contacts[key]?.sides.removeAll { $0 == line }
    }

    /// The customer is expected on this line, and at this number.
    private mutating func callsNow(_ line: ChannelID, _ key: ContactKey) {
        contacts[key]?.anchor = line
        guard let number = channels[line]?.snapshot.called, !number.isEmpty, number != contacts[key]?.contact.called else { return }
        contacts[key]?.contact.caller = CallerID(number: number, name: "")
        contacts[key]?.contact.called = number
        events.append(.contactIdentified(key, CallerID(number: number, name: "")))
        events.append(.contactDialled(key, number))
    }
}
