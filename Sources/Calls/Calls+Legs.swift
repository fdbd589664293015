import Telephony

// An agent's part: the phone rings, is answered or not; voices join in a bridge, hold, and part. Talk is what the bridges say, never what the
// queue's own `AgentComplete` says: it may be late, early, or of another call (`domain.md` §1.8).
extension Calls {
    mutating func called(
        _ queue: QueueName, _ id: ChannelID, _ agent: AgentRef, _ destination: ChannelID, at now: Moment, into events: inout [CallEvent]
    ) {
        guard let key = channels[id]?.contact, contacts[key]?.visit != nil,
            contacts[key]?.legs.contains(where: { $0.leg.channel == destination }) == false, mayAddLeg(key, destination)
        else { return }
        events.append(.alerting(addLeg(key, queue, agent, destination, at: now)))
    }

    /// A stream of ever new phones for one caller must not fill the memory.
    private func mayAddLeg(_ key: ContactKey, _ channel: ChannelID) -> Bool {
        (contacts[key]?.legs.count ?? 0) < Self.legLimit && (channels[channel] != nil || channels.count < Self.channelLimit)
    }

    @discardableResult
    private mutating func addLeg(_ key: ContactKey, _ queue: QueueName, _ agent: AgentRef, _ channel: ChannelID, at now: Moment) -> AgentLeg
    {
        let leg = AgentLeg(number: nextLeg, contact: key, queue: queue, agent: agent, channel: channel, alerted: now)
        nextLeg += 1
        channels[channel, default: ChannelRecord(created: now)].agentOf = key
        contacts[key]?.legs.append(LegInProgress(leg: leg))
        return leg
    }

    mutating func dialEnded(_ destination: ChannelID, _ status: DialStatus, at now: Moment, into events: inout [CallEvent]) {
        guard let key = channels[destination]?.agentOf, let index = legIndex(key, destination),
            contacts[key]?.legs[index].leg.established == nil
        else {
            return
        }
        if status == .answered {
            contacts[key]?.legs[index].isAnswered = true
            if contacts[key]?.legs[index].leg.answered == nil { contacts[key]?.legs[index].leg.answered = now }
        } else if contacts[key]?.legs[index].isAnswered == false {
            endAlerting(key, index, status == .busy ? .busy : nil, at: now, into: &events)
        }
    }

    mutating func rangNoAnswer(
        _ queue: QueueName, _ id: ChannelID, _ agent: AgentRef, _ destination: ChannelID?, at now: Moment, into events: inout [CallEvent]
    ) {
        let key = channels[id]?.contact
        // Told twice for one phone, it is one; the phone's channel may be gone before.
        if let key, let destination, contacts[key]?.visit?.ringNoAnswers.insert(destination).inserted == false { return }
        events.append(.ringNoAnswer(queue, agent))
        guard let destination, let key, let index = legIndex(key, destination),
            contacts[key]?.legs[index].leg.established == nil, contacts[key]?.legs[index].isAnswered == false
        else { return }
        endAlerting(key, index, .noAnswer, at: now, into: &events)
    }

    private mutating func endAlerting(
        _ key: ContactKey, _ index: Int, _ reason: CallEvent.AlertingEnd?, at now: Moment, into events: inout [CallEvent]
    ) {
        guard let leg = contacts[key]?.legs.remove(at: index).leg else { return }
        channels[leg.channel]?.agentOf = nil
        events.append(.alertingEnded(leg, reason ?? inferredEnd(key), now))
    }

    private func inferredEnd(_ key: ContactKey) -> CallEvent.AlertingEnd {
        guard let record = contacts[key] else { return .noAnswer }
        if record.legs.contains(where: { $0.isAnswered || $0.leg.established != nil }) { return .answeredElsewhere }
        if case .connecting? = record.visit?.phase { return .answeredElsewhere }
        let customer = channels[record.contact.channel]
        return customer?.peerHangup != nil || customer?.switchHangup == true ? .callerLeft : .noAnswer
    }

    mutating func connected(
        _ queue: QueueName, _ id: ChannelID, _ agent: AgentRef, _ destination: ChannelID, at now: Moment, into events: inout [CallEvent]
    ) {
        guard let key = channels[id]?.contact, let visit = contacts[key]?.visit, visit.visit.queue == queue else { return }
        if case .connecting = visit.phase { return }
        contacts[key]?.visit?.phase = .connecting(at: now)
        if legIndex(key, destination) == nil {
            // Another phone than the one that rang took the call (pick-up), or we did not see it ring.
            if let ringing = contacts[key]?.legs.firstIndex(where: { $0.leg.agent == agent && $0.leg.established == nil }),
                let before = contacts[key]?.legs[ringing].leg.channel
            {
                channels[before]?.agentOf = nil
                contacts[key]?.legs[ringing].leg.channel = destination
                channels[destination, default: ChannelRecord(created: now)].agentOf = key
            } else if mayAddLeg(key, destination) {
                addLeg(key, queue, agent, destination, at: now)
            }
        }
        guard let index = legIndex(key, destination), let number = contacts[key]?.legs[index].leg.number else { return }
        contacts[key]?.legs[index].isAnswered = true
        if contacts[key]?.legs[index].leg.answered == nil { contacts[key]?.legs[index].leg.answered = now }
        if let bridge = channels[id]?.bridge, channels[destination]?.bridge == bridge { establish(number, of: key, at: now, into: &events) }
    }

    mutating func establish(_ number: UInt64, of key: ContactKey, at now: Moment, into events: inout [CallEvent]) {
        guard var visit = contacts[key]?.visit?.visit, let index = contacts[key]?.legs.firstIndex(where: { $0.leg.number == number }) else {
            return
        }
        visit.ended = now
        contacts[key]?.visit = nil
        contacts[key]?.legs[index].isAnswered = true
        contacts[key]?.legs[index].leg.established = now
        // A leg that began to ring for another place counts where the caller was answered.
        contacts[key]?.legs[index].leg.queue = visit.queue
        events.append(.established(visit, contacts[key]!.legs[index].leg))
    }

    /// The switch connected an agent, and one of the two was gone before the voices met: answered all the same, as the switch's own log has it.
    mutating func establishUnbridged(_ key: ContactKey, at connected: Moment, into events: inout [CallEvent]) {
        guard let leg = contacts[key]?.legs.first(where: { $0.isAnswered && $0.leg.established == nil }) else {
            return endVisit(key, .lost, at: connected, into: &events)
        }
        establish(leg.leg.number, of: key, at: connected, into: &events)
    }

    mutating func agentChannelEnded(_ id: ChannelID, _ key: ContactKey, at now: Moment, into events: inout [CallEvent]) {
        guard let leg = contacts[key]?.legs.first(where: { $0.leg.channel == id }) else { return }
        if leg.isAnswered, leg.leg.established == nil, case .connecting(let connected)? = contacts[key]?.visit?.phase {
            establishUnbridged(key, at: connected, into: &events)
        }
        endLeg(leg.leg.number, of: key, at: now, into: &events)
    }

    mutating func held(_ id: ChannelID, at now: Moment, into events: inout [CallEvent]) {
        guard let (key, index) = establishedLeg(id), contacts[key]?.legs[index].leg.heldSince == nil else { return }
        contacts[key]?.legs[index].leg.heldSince = now
        events.append(.held(contacts[key]!.legs[index].leg, now))
    }

    mutating func retrieved(_ id: ChannelID, at now: Moment, into events: inout [CallEvent]) {
        guard let (key, index) = establishedLeg(id), let since = contacts[key]?.legs[index].leg.heldSince else { return }
        contacts[key]?.legs[index].leg.hold += max(.zero, now - since)
        contacts[key]?.legs[index].leg.heldSince = nil
        events.append(.retrieved(contacts[key]!.legs[index].leg, now))
    }

    // MARK: parting

    /// The agent gave the caller away: that ends the agent's part, whenever the channel is hung up.
    mutating func transferred(_ id: ChannelID, second: ChannelID?, at now: Moment, into events: inout [CallEvent]) {
        guard let (key, index) = establishedLeg(id), let leg = contacts[key]?.legs[index].leg else { return }
        endLeg(leg.number, of: key, at: now, by: .transfer, into: &events)
        if let other = second.flatMap({ channels[$0]?.contact }), other != key { inheritPlace(of: other, by: key, into: &events) }
    }

    /// The consultation still waited in a queue: from now on the switch names the caller's channel where it named the agent's, which is hung up without
    /// a word about the queue. Naively that is one who waits for ever, and one who is connected without having joined.
    private mutating func inheritPlace(of consultation: ContactKey, by key: ContactKey, into events: inout [CallEvent]) {
        guard var place = contacts[consultation]?.visit, contacts[key]?.visit == nil, case .waiting = place.phase else { return }
        place.visit.contact = key
        place.position = nil
        contacts[consultation]?.visit = nil
        contacts[key]?.visit = place
        events.append(.placeInherited(place.visit, from: consultation))
        for index in contacts[consultation]?.legs.indices ?? 0..<0 {
            guard var ringing = contacts[consultation]?.legs[index] else { continue }
            ringing.leg.contact = key
            channels[ringing.leg.channel]?.agentOf = key
            contacts[key]?.legs.append(ringing)
        }
        contacts[consultation]?.legs = []
    }

    /// One of the two left the bridge. A hang-up will tell soon if that is the end; a swap would join them again at once.
    mutating func part(_ number: UInt64, of key: ContactKey, byCustomer: Bool, at now: Moment, into events: inout [CallEvent]) {
        guard let index = contacts[key]?.legs.firstIndex(where: { $0.leg.number == number }) else { return }
        if contacts[key]?.legs[index].isConsulting == true {
            // The caller is taken elsewhere while the agent consults.
            if byCustomer { endLeg(number, of: key, at: now, into: &events) }
        } else if contacts[key]?.legs[index].parted == nil {
            contacts[key]?.legs[index].parted = now
            contacts[key]?.legs[index].partedByCustomer = byCustomer
            partings.append((contact: key, leg: number), due: now.uptime + Self.swapTolerance)
        }
    }

    mutating func rejoin(_ number: UInt64, of key: ContactKey, at now: Moment, into events: inout [CallEvent]) {
        guard let index = contacts[key]?.legs.firstIndex(where: { $0.leg.number == number }) else { return }
        let wasConsulting = contacts[key]?.legs[index].isConsulting == true
        contacts[key]?.legs[index].parted = nil
        contacts[key]?.legs[index].isConsulting = false
        if wasConsulting, let channel = contacts[key]?.legs[index].leg.channel { retrieved(channel, at: now, into: &events) }
    }

    /// Nobody hung up and nothing joined them again: a consultation if the agent is in another bridge and the caller stays; otherwise the end.
    mutating func partingDecided(_ number: UInt64, of key: ContactKey, into events: inout [CallEvent]) {
        guard let record = contacts[key], let index = record.legs.firstIndex(where: { $0.leg.number == number }),
            let parted = record.legs[index].parted, !record.legs[index].isConsulting
        else { return }
        let leg = record.legs[index].leg
        guard !record.legs[index].partedByCustomer, channels[leg.channel]?.bridge != nil, channels[record.contact.channel]?.bridge != nil
        else {
            return endLeg(number, of: key, at: parted, into: &events)
        }
        contacts[key]?.legs[index].isConsulting = true
        held(leg.channel, at: parted, into: &events)
    }

    /// Ends a leg, ringing or talking.
    mutating func endLeg(
        _ number: UInt64, of key: ContactKey, at now: Moment, lost: Bool = false, by known: AgentLeg.Ender? = nil,
        into events: inout [CallEvent]
    ) {
        guard let record = contacts[key], let index = record.legs.firstIndex(where: { $0.leg.number == number }) else { return }
        var leg = record.legs[index].leg
        guard leg.established != nil else { return endAlerting(key, index, lost ? .lost : nil, at: now, into: &events) }
        let ended = record.legs[index].isConsulting ? now : record.legs[index].parted ?? now
        if let since = leg.heldSince {
            leg.hold += max(.zero, ended - since)
            leg.heldSince = nil
        }
        leg.ended = ended
        leg.endedBy = known ?? (lost ? .unknown : ender(of: leg, customer: record.contact.channel))
        contacts[key]?.legs.remove(at: index)
        channels[leg.channel]?.agentOf = nil
        events.append(.disconnected(leg))
    }

    /// The side that asked first. Never from the hang-up's cause (`domain.md` §1.11).
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

    private func legIndex(_ key: ContactKey, _ channel: ChannelID) -> Int? { contacts[key]?.legs.firstIndex { $0.leg.channel == channel } }

    private func establishedLeg(_ id: ChannelID) -> (ContactKey, Int)? {
        guard let key = channels[id]?.agentOf, let index = legIndex(key, id), contacts[key]?.legs[index].leg.established != nil else {
            return nil
        }
        return (key, index)
    }
}
