import Telephony
import Time

// An agent's part: the phone rings, is answered or not; voices join, hold, and part. Talk is what the bridges say, never what the queue's own
// `AgentComplete` says: it may be late, early, or of another call (`domain.md` §1.8).
extension Calls {
    // MARK: ringing

    mutating func called(
        _ queue: QueueName, _ id: ChannelID, _ seat: AgentRef, _ destination: ChannelID, at now: Moment
    ) {
        guard let key = channels[id]?.contact, let visit = contacts[key]?.visit?.visit, legIndex(key, destination) == nil,
            contacts[key]!.legs.count < Self.legLimit
        else { return }
        // The queue rings on for the caller: who was cancelled a moment before was not left.
        endCancelled(key, .noAnswer)
        knowPhone(destination, seat.interface, at: now)
        let leg = addLeg(key, members.credited(seat), destination, via: .queue, visit: visit, queue: queue, at: now)
        guard leg != nil, let index = legIndex(key, destination) else { return }
        sit(seat, index, of: key)
        if members.hasSeveralSeats(contacts[key]!.legs[index].leg.agent.interface) {
            var rung = contacts[key]!.visit?.rung ?? [:]
            // Who waits for hours must not fill the memory.
            if rung.count >= Self.legLimit { rung = [:] }
            rung[destination] = now
            contacts[key]!.visit?.rung = rung
        }
        events.append(.alerting(contacts[key]!.legs[index].leg))
        sighted(destination, index, of: key)
    }

    private mutating func sit(_ seat: AgentRef, _ index: Int, of key: ContactKey) {
        contacts[key]!.legs[index].seat = seat
        if contacts[key]!.legs[index].leg.agent.interface != seat.interface { contacts[key]!.legs[index].leg.seat = seat.interface }
    }

    /// A telephone rings or is answered for a member of the queue: who is at it follows (``Roster``).
    private mutating func sighted(_ id: ChannelID, _ index: Int, of key: ContactKey) {
        guard let phone = channels[id]?.snapshot, phone.kind == .phone, let leg = contacts[key]?.legs[index], let seat = leg.seat,
            !leg.isForwarded
        else { return }
        var telephones = leg.telephones ?? []
        if !telephones.contains(phone.device) {
            guard telephones.count < 2 else { return }
            telephones.append(phone.device)
            contacts[key]!.legs[index].telephones = telephones
        }
        membersChanged(members.sighted(telephones, behind: seat, in: leg.leg.queue))
    }

    /// A phone rings for the customer, and no queue made it ring.
    mutating func ring(_ key: ContactKey, _ id: ChannelID, via: AgentLeg.Via, at now: Moment) {
        guard let rung = channels[id]?.snapshot else { return }
        // One phone that is registered twice rings once.
        if rung.kind == .phone, contacts[key]?.legs.contains(where: { isTwin(rung, of: $0) }) == true {
            channels[id]?.legs.append(key)
            return
        }
        guard addLeg(key, agent(behind: rung.device), id, via: via, at: now) != nil else { return }
        let index = legIndex(key, id)!
        contacts[key]!.legs[index].leg.isExternal = rung.kind == .line
        events.append(.alerting(contacts[key]!.legs[index].leg))
    }

    private func isTwin(_ rung: Channel, of leg: LegInProgress) -> Bool {
        guard leg.leg.established == nil, leg.leg.queue == nil, !leg.isAnswered, leg.cancelled == nil else { return false }
        return leg.named == leg.leg.channel && leg.named != rung.id && channels[leg.named]?.snapshot.kind == .phone
            && channels[leg.named]?.snapshot.device == rung.device
    }

    /// Of the two devices of one phone, this one has the leg from now on.
    mutating func takeTwin(_ key: ContactKey, _ id: ChannelID) {
        guard let rung = channels[id], rung.snapshot.kind == .phone, rung.legs.contains(key), legIndex(key, id) == nil,
            let index = contacts[key]?.legs.firstIndex(where: { isTwin(rung.snapshot, of: $0) })
        else { return }
        contacts[key]!.legs[index].named = id
        contacts[key]!.legs[index].leg.channel = id
    }

    /// One device of the phone rings no more. True if another of them does.
    private mutating func handToTwin(_ index: Int, of key: ContactKey) -> Bool {
        let gone = contacts[key]!.legs[index].named
        guard let device = channels[gone]?.snapshot.device,
            let twin = phones[device]?.first(where: {
                channels[$0]?.legs.contains(key) == true && legIndex(key, $0) == nil
                    && isTwin(channels[$0]!.snapshot, of: contacts[key]!.legs[index])
            })
        else { return false }
        takeTwin(key, twin)
        channels[gone]?.legs.removeAll { $0 == key }
        return true
    }

    /// An agent calls a customer. The agent's own phone may have been rung first (click-to-dial).
    mutating func callOut(from phone: ChannelID, to customer: ChannelID, at now: Moment) {
        guard let key = channels[customer]?.contact, let record = channels[phone] else { return }
        let alerted = record.dialled ?? now
        guard addLeg(key, agent(behind: record.snapshot.device), phone, via: .outbound, at: alerted) != nil else { return }
        let index = legIndex(key, phone)!
        contacts[key]!.legs[index].leg.answered = record.dialled == nil ? alerted : record.answered ?? now
        events.append(.alerting(contacts[key]!.legs[index].leg))
    }

    /// A phone sent the caller on (302). The switch credits whoever forwarded; it dials a Local channel for it next, or has done so already.
    private mutating func sentOn(
        _ before: AgentLeg, to number: String, by dialler: ChannelID?, at now: Moment
    ) {
        let place = (number.hasPrefix("Local/") ? number : "Local/" + number).prefix { $0 != "@" } + "@"
        let dialled = (dialler.flatMap { channels[$0]?.dials } ?? []).first { id in
            guard let local = channels[id], local.snapshot.kind == .local, local.legs.isEmpty, local.answered == nil else { return false }
            return local.snapshot.name.hasPrefix(place) && local.dialled.map { $0.uptime >= before.alerted.uptime } == true
        }
        if let dialled { return forward(before, to: dialled, at: now) }
        let key = before.contact
        if let count = contacts[key]?.forwarding.count, count < Self.legLimit { contacts[key]!.forwarding.append(before) }
    }

    mutating func forwarded(_ key: ContactKey, to local: ChannelID, at now: Moment) {
        guard contacts[key]?.forwarding.isEmpty == false, let before = contacts[key]?.forwarding.removeFirst() else { return }
        forward(before, to: local, at: now)
    }

    private mutating func forward(_ before: AgentLeg, to local: ChannelID, at now: Moment) {
        let key = before.contact
        let rung = channels[local]?.partner.map { self.rung(behind: $0) } ?? []
        if let index = contacts[key]?.legs.firstIndex(where: { $0.leg.established == nil && rung.contains($0.leg.channel) }) {
            // It rang before it was told for whom.
            contacts[key]!.legs[index].named = local
            contacts[key]!.legs[index].isForwarded = true
            contacts[key]!.legs[index].leg.agent = before.agent
            channels[local]?.legs.append(key)
            return
        }
        let visit = contacts[key]?.visit?.visit
        guard
            addLeg(
                key, before.agent, local, via: before.via, visit: visit?.number == before.visit ? visit : nil, queue: before.queue, at: now)
                != nil
        else { return }
        let index = legIndex(key, local)!
        contacts[key]!.legs[index].isForwarded = true
        for id in rung where channels[id]?.legs.isEmpty == true { attach(id, to: index, of: key) }
        events.append(.alerting(contacts[key]!.legs[index].leg))
    }

    /// A stream of ever new phones for one caller must not fill the memory.
    private func mayAddLeg(_ key: ContactKey, _ channel: ChannelID) -> Bool {
        (contacts[key]?.legs.count ?? 0) < Self.legLimit && channels[channel].map { $0.legs.count < Self.legLimit } == true
    }

    /// The phone's beginning was not told.
    private mutating func knowPhone(_ id: ChannelID, _ device: Interface, at now: Moment) {
        know(Channel(id: id, call: CallID(""), name: device.rawValue, kind: .phone, isIncoming: false, device: device), at: now)
    }

    @discardableResult
    mutating func addLeg(
        _ key: ContactKey, _ agent: AgentRef, _ channel: ChannelID, via: AgentLeg.Via, visit: QueueVisit? = nil, queue: QueueName? = nil,
        at now: Moment
    ) -> UInt64? {
        guard mayAddLeg(key, channel) else { return nil }
        let leg = AgentLeg(
            number: nextLeg, contact: key, visit: visit?.number, queue: queue, agent: agent, via: via, channel: channel, alerted: now)
        nextLeg += 1
        channels[channel]?.legs.append(key)
        contacts[key]!.legs.append(LegInProgress(leg: leg, named: channel))
        return leg.number
    }

    /// The phone behind the Local channel by which the switch names the leg. Several may ring behind one: the last that was dialled stands for the
    /// leg, until one of them is heard.
    mutating func attach(_ id: ChannelID, to index: Int, of key: ContactKey) {
        guard let device = channels[id]?.snapshot else { return }
        if channels[id]?.legs.contains(key) == false { channels[id]?.legs.append(key) }
        contacts[key]!.legs[index].leg.channel = id
        // Whoever a queue rings is an agent, wherever the phone is.
        contacts[key]!.legs[index].leg.isExternal = device.kind == .line && contacts[key]!.legs[index].leg.queue == nil
        // A member that is a Local channel is the agent behind it; a phone that forwards hands over to somebody else.
        if contacts[key]!.legs[index].isForwarded { contacts[key]!.legs[index].leg.speaker = agent(behind: device.device) }
        sighted(id, index, of: key)
    }

    mutating func dialEnded(
        _ destination: ChannelID, _ status: DialStatus, by source: ChannelID?, at now: Moment
    ) {
        if status != .answered { ringUnseen(destination, by: source) }
        guard let record = channels[destination] else { return }
        // It rings on for another.
        if status != .answered, let source, source == record.diallerBefore { return }
        if status == .answered, record.answered == nil { channels[destination]?.answered = now }
        for key in record.legs {
            if status == .answered { takeTwin(key, destination) }
            if status != .answered, legIndex(key, destination) == nil { channels[destination]?.legs.removeAll { $0 == key } }
            guard let index = legIndex(key, destination), contacts[key]!.legs[index].leg.established == nil else { continue }
            let leg = contacts[key]!.legs[index]
            if status == .answered {
                contacts[key]!.legs[index].isAnswered = true
                if leg.leg.answered == nil { contacts[key]!.legs[index].leg.answered = now }
                if leg.leg.queue == nil { endCancelled(key, .answeredElsewhere) }
            } else if !leg.isAnswered {
                if handToTwin(index, of: key) { continue }
                let target: String? = if case .forwarded(let number) = status { number } else { nil }
                if leg.named != destination, target == nil {
                    // The Local channel may have another phone behind it.
                    contacts[key]!.legs[index].leg.channel = leg.named
                    channels[destination]?.legs.removeAll { $0 == key }
                    continue
                }
                if let target {
                    endAlerting(key, index, .forwarded, at: now)
                    sentOn(leg.leg, to: target, by: record.dialler, at: now)
                    continue
                }
                let isCancelled = status == .cancelled
                let reason = isCancelled ? cancelledEnd(leg, key) : alertingEnd(status, inQueue: leg.leg.queue != nil)
                if isCancelled, leg.leg.queue != nil, reason != .answeredElsewhere, contacts[key]?.visit?.visit.number == leg.leg.visit {
                    contacts[key]?.visit?.cutShort = now
                }
                if isCancelled, reason == nil {
                    awaitReason(index, of: key, at: now)
                } else {
                    endAlerting(key, index, reason, at: now)
                }
            }
        }
        // The customer whom an agent calls.
        if status == .answered { return lineAnswered(destination, at: now) }
        if lineFailed(destination, status, at: now) { return }
        if let key = record.contact, contacts[key]?.anchor == destination, contacts[key]?.wasEstablished == false {
            for leg in contacts[key]?.legs ?? [] where leg.leg.established == nil {
                guard let index = legIndex(key, leg.leg.channel) else { continue }
                endAlerting(key, index, status == .busy ? .busy : status == .cancelled ? .callerLeft : .noAnswer, at: now)
            }
        }
    }

    /// The phone rang before it was known for whom. Where a list named it first, nobody told since when.
    private mutating func noteUnseenRinging(_ id: ChannelID, _ key: ContactKey) {
        guard let phone = channels[id], let index = legIndex(key, id) else { return }
        if let dialled = phone.dialled {
            contacts[key]!.legs[index].leg.alerted = dialled
        } else if phone.isListed == true {
            contacts[key]!.legs[index].leg.isRingUnseen = true
            contacts[key]!.legs[index].leg.alerted = phone.created
        }
    }

    /// Such a phone rings no more, and was not answered: that it rang for this caller is known only now.
    private mutating func ringUnseen(_ id: ChannelID, by source: ChannelID?) {
        guard let phone = channels[id], phone.isListed == true, phone.dialled == nil, phone.legs.isEmpty, phone.contact == nil,
            phone.snapshot.kind == .phone, let key = source.flatMap({ channels[$0]?.contact }), contacts[key]?.wasEstablished == false
        else { return }
        let visit = contacts[key]?.visit?.visit
        let via: AgentLeg.Via = visit == nil ? .direct : .queue
        guard addLeg(key, agent(behind: phone.snapshot.device), id, via: via, visit: visit, queue: visit?.queue, at: phone.created) != nil
        else { return }
        noteUnseenRinging(id, key)
        events.append(.alerting(contacts[key]!.legs[legIndex(key, id)!].leg))
    }

    mutating func rangNoAnswer(
        _ queue: QueueName, _ id: ChannelID, _ agent: AgentRef, _ destination: ChannelID?, at now: Moment
    ) {
        let key = channels[id]?.contact
        // Told twice for one phone, it is one; the phone's channel may be gone before.
        if let key, let destination {
            // Twice is soon after one another: who waits for hours must not fill the memory.
            if contacts[key]?.visit?.ringNoAnswers.count == Self.legLimit { contacts[key]?.visit?.ringNoAnswers.removeAll() }
            if contacts[key]?.visit?.ringNoAnswers.insert(destination).inserted == false { return }
        }
        let person = members.credited(agent)
        if !hasNotAnswered(person.interface, destination, key, at: now) { events.append(.ringNoAnswer(queue, person)) }
        guard let destination, let key, let index = legIndex(key, destination), contacts[key]!.legs[index].leg.established == nil,
            !contacts[key]!.legs[index].isAnswered
        else { return }
        endAlerting(key, index, .noAnswer, at: now)
    }

    /// The queue rings the agent by several names at once: one person does not answer once. False for an agent with one name.
    private mutating func hasNotAnswered(_ person: Interface, _ destination: ChannelID?, _ key: ContactKey?, at now: Moment) -> Bool {
        guard let destination, let key, let visit = contacts[key]?.visit, let rung = visit.rung?[destination] else { return false }
        var noAnswers = visit.noAnswers ?? [:]
        let before = noAnswers.updateValue(now, forKey: person)
        contacts[key]!.visit!.noAnswers = noAnswers
        return before.map { rung.uptime <= $0.uptime } ?? false
    }

    mutating func dumped(_ id: ChannelID, _ destination: ChannelID, at now: Moment) {
        guard let key = channels[id]?.contact, let index = legIndex(key, destination), contacts[key]!.legs[index].leg.established == nil
        else { return }
        endAlerting(key, index, .dumped, at: now)
    }

    /// nil: what else is known decides. A phone that a queue gave up (RINGNOANSWER) was not the caller's doing, though the caller may hang up in the same
    /// instant.
    private func alertingEnd(_ status: DialStatus, inQueue: Bool) -> CallEvent.AlertingEnd? {
        switch status {
        case .busy: .busy
        case .noAnswer where inQueue, .unreachable where inQueue: .noAnswer
        case .answered, .cancelled, .forwarded, .noAnswer, .unreachable: nil
        }
    }

    /// The switch cancels a phone because somebody else has answered, or because the caller is gone by whatever way, or because something is wrong with the phone
    /// itself. nil: the caller waits as before, and whether the caller is being taken out of the queue only the next events tell.
    private func cancelledEnd(_ leg: LegInProgress, _ key: ContactKey) -> CallEvent.AlertingEnd? {
        if isAnswered(key, but: leg) { return .answeredElsewhere }
        guard let record = contacts[key] else { return .callerLeft }
        var customer = channels[record.anchor]
        if leg.leg.queue != nil {
            guard let visit = record.visit, visit.visit.number == leg.leg.visit, case .waiting = visit.phase else { return .callerLeft }
            customer = channels[visit.visit.channel] ?? customer
        }
        if customer?.peerHangup != nil || customer?.switchHangup == true { return .callerLeft }
        return nil
    }

    private mutating func awaitReason(_ index: Int, of key: ContactKey, at now: Moment) {
        guard contacts[key]!.legs[index].cancelled == nil else { return }
        contacts[key]!.legs[index].cancelled = now
        // It may have stopped in the gap; why the switch cancelled it may be known only when the lists are complete.
        if isFromBeforeGap(contacts[key]!.legs[index].leg) { contacts[key]!.legs[index].leg.isEstimated = true }
        partings.append(
            Parting(contact: key, leg: contacts[key]!.legs[index].leg.number, parted: now), due: heardAt + Self.swapTolerance,
            byEvent: now.uptime + Self.swapTolerance)
    }

    /// Now it is known why the switch cancelled these.
    mutating func endCancelled(_ key: ContactKey, _ reason: CallEvent.AlertingEnd) {
        while let index = contacts[key]?.legs.firstIndex(where: { $0.cancelled != nil }) {
            endAlerting(key, index, reason, at: contacts[key]!.legs[index].cancelled!)
        }
    }

    mutating func endAlerting(
        _ key: ContactKey, _ index: Int, _ known: CallEvent.AlertingEnd?, at now: Moment
    ) {
        var reason = known ?? inferredEnd(key, but: index)
        // The queue says the same of a phone that rang in vain and of one that was busy; the phone does not.
        if reason == .noAnswer, channels[contacts[key]!.legs[index].leg.channel]?.isBusy == true { reason = .busy }
        var ended = contacts[key]!.legs.remove(at: index)
        release(ended, of: key)
        // It may have stopped in the gap, for another reason.
        if reason == .lost || isFromBeforeGap(ended.leg) { ended.leg.isEstimated = true }
        if ended.leg.isEstimated { contacts[key]?.isEstimated = true }
        if ended.isAnswered { answerFailed(key, at: now) }
        events.append(.alertingEnded(named(ended.leg), reason, now))
    }

    private mutating func release(_ leg: LegInProgress, of key: ContactKey) {
        for id in [leg.leg.channel, leg.named] { channels[id]?.legs.removeAll { $0 == key } }
    }

    private func isAnswered(_ key: ContactKey, but leg: LegInProgress) -> Bool {
        if case .connecting? = contacts[key]?.visit?.phase { return true }
        return contacts[key]?.legs.contains { $0.leg.number != leg.leg.number && ($0.isAnswered || $0.isTalking) } == true
    }

    private func inferredEnd(_ key: ContactKey, but index: Int) -> CallEvent.AlertingEnd {
        guard let record = contacts[key] else { return .noAnswer }
        if isAnswered(key, but: record.legs[index]) { return .answeredElsewhere }
        let customer = channels[record.anchor]
        return customer?.peerHangup != nil || customer?.switchHangup == true ? .callerLeft : .noAnswer
    }

    // MARK: answered

    mutating func connected(
        _ queue: QueueName, _ id: ChannelID, _ seat: AgentRef, _ destination: ChannelID, at now: Moment
    ) {
        guard let key = channels[id]?.contact, let visit = contacts[key]?.visit, visit.visit.queue == queue else { return }
        let agent = members.credited(seat)
        if case .connecting = visit.phase { return }
        contacts[key]?.visit?.phase = .connecting(at: now)
        endCancelled(key, .answeredElsewhere)
        if legIndex(key, destination) == nil {
            knowPhone(destination, seat.interface, at: now)
            // Another phone than the one that rang took the call (pick-up), or we did not see it ring.
            if let ringing = contacts[key]?.legs.firstIndex(where: {
                ($0.seat?.interface ?? $0.leg.agent.interface) == seat.interface && $0.leg.established == nil
            }) {
                let before = contacts[key]!.legs[ringing]
                release(before, of: key)
                contacts[key]!.legs[ringing].named = destination
                contacts[key]!.legs[ringing].leg.channel = destination
                channels[destination]?.legs.append(key)
                if let device = channels[destination]?.snapshot, device.kind == .phone,
                    self.agent(behind: device.device).interface != agent.interface
                {
                    contacts[key]!.legs[ringing].leg.speaker = self.agent(behind: device.device)
                    contacts[key]!.legs[ringing].leg.via = .pickup
                }
            } else {
                addLeg(key, agent, destination, via: .queue, visit: visit.visit, queue: queue, at: now)
                if let index = legIndex(key, destination) {
                    sit(seat, index, of: key)
                    sighted(destination, index, of: key)
                }
                noteUnseenRinging(destination, key)
            }
        }
        guard let index = legIndex(key, destination) else { return }
        contacts[key]!.legs[index].isAnswered = true
        if contacts[key]!.legs[index].leg.answered == nil { contacts[key]!.legs[index].leg.answered = now }
        hear(key, at: now)
    }

    mutating func establish(_ number: UInt64, of key: ContactKey, at now: Moment) {
        endCancelled(key, .answeredElsewhere)
        contacts[key]?.forwarding = []
        contacts[key]?.failed = nil
        guard let index = contacts[key]?.legs.firstIndex(where: { $0.leg.number == number }) else { return }
        var leg = contacts[key]!.legs[index]
        leg.isAnswered = true
        leg.leg = named(leg.leg)
        leg.leg.established = now
        var answered: QueueVisit?
        if var visit = contacts[key]!.visit?.visit, !leg.leg.isExternal {
            visit.ended = now
            visit.isEstimated = isInferring && !visit.isPartial
            if visit.isEstimated { contacts[key]!.isEstimated = true }
            answered = visit
            contacts[key]!.visit = nil
            // A leg that began to ring for another place counts where the caller was answered.
            leg.leg.queue = visit.queue
            leg.leg.visit = visit.number
        }
        if isInferring { leg.leg.isPartial = true }
        contacts[key]!.legs[index] = leg
        contacts[key]!.wasEstablished = true
        contacts[key]!.hasFlowedOut = false
        if !leg.leg.isExternal { endParked(key) }
        events.append(.established(answered, leg.leg))
    }

    /// The switch connected an agent, and one of the two was gone before the voices met: answered all the same, as the switch's own log has it.
    mutating func establishUnbridged(_ key: ContactKey, at connected: Moment) {
        guard let leg = contacts[key]?.legs.first(where: { $0.isAnswered && $0.leg.established == nil }) else {
            return endVisit(key, .lost, at: connected)
        }
        establish(leg.leg.number, of: key, at: connected)
    }

    mutating func agentChannelEnded(_ id: ChannelID, _ key: ContactKey, at now: Moment) {
        guard let index = legIndex(key, id) else { return }
        let leg = contacts[key]!.legs[index]
        // The Local half made way for the phone behind it.
        if leg.leg.channel != id { return }
        if leg.parkedSince != nil || leg.cancelled != nil { return }
        if leg.leg.established == nil, handToTwin(index, of: key) { return }
        if leg.isAnswered, leg.leg.established == nil, case .connecting(let connected)? = contacts[key]?.visit?.phase {
            establishUnbridged(key, at: connected)
        }
        if let parted = leg.parted, contacts[key]?.isParked == true { return park(leg.leg.number, of: key, at: parted) }
        endLeg(leg.leg.number, of: key, at: now)
    }

    // MARK: parting

    /// The two no longer hear each other. A hang-up will tell soon if that is the end; a swap would join them again at once.
    mutating func part(_ number: UInt64, of key: ContactKey, at now: Moment) {
        guard let record = contacts[key], let index = record.legs.firstIndex(where: { $0.leg.number == number }) else { return }
        contacts[key]!.legs[index].parted = now
        contacts[key]!.legs[index].customerStaysIn = channels[record.anchor]?.bridge
        partings.append(
            Parting(contact: key, leg: number, parted: now), due: heardAt + Self.swapTolerance, byEvent: now.uptime + Self.swapTolerance)
    }

    mutating func rejoin(_ number: UInt64, of key: ContactKey, at now: Moment) {
        guard let index = contacts[key]?.legs.firstIndex(where: { $0.leg.number == number }) else { return }
        let wasConsulting = contacts[key]!.legs[index].isConsulting
        contacts[key]!.legs[index].parted = nil
        contacts[key]!.legs[index].isConsulting = false
        if wasConsulting { retrieve(index, of: key, at: now) }
    }

    /// Nobody hung up and nothing joined them again: parked, or a consultation if the agent is in another bridge and the customer stays; otherwise
    /// the end.
    mutating func decided(_ parting: Parting) {
        let (number, key, parted) = (parting.leg, parting.contact, parting.parted)
        guard let record = contacts[key], let index = record.legs.firstIndex(where: { $0.leg.number == number }),
            // Joined again meanwhile, and parted once more: that parting has its own time.
            record.legs[index].cancelled ?? record.legs[index].parted == parted, !record.legs[index].isConsulting,
            record.legs[index].parkedSince == nil
        else { return }
        if record.legs[index].cancelled != nil {
            let leg = record.legs[index]
            if leg.leg.queue == nil {
                // Who was not cancelled with the others has answered: an announcement may be played before the switch says so. Where nobody is left and
                // the caller still is, whoever had them rung for the caller gave up.
                let others = record.legs.contains {
                    $0.leg.queue == nil && $0.leg.established == nil && $0.cancelled == nil && $0.leg.alerted.uptime <= parted.uptime
                }
                return endAlerting(
                    key, index, cancelledEnd(leg, key) ?? (others ? .answeredElsewhere : .noAnswer), at: parted)
            }
            // The caller waits as before, so it was not the caller: the queue gave up this phone, and logged no RINGNOANSWER.
            let reason = cancelledEnd(leg, key) ?? .noAnswer
            return endAlerting(key, index, reason, at: parted)
        }
        if record.isParked { return park(number, of: key, at: parted) }
        let agent = channels[record.legs[index].leg.channel]
        guard !record.legs[index].isTransferring, let bridge = record.legs[index].customerStaysIn,
            bridge == channels[record.anchor]?.bridge, agent?.bridge.flatMap({ bridges[$0]?.kind.joinsVoices }) == true
        else {
            return endLeg(number, of: key, at: parted)
        }
        contacts[key]!.legs[index].isConsulting = true
        hold(index, of: key, at: parted)
    }

    /// Ends a leg, ringing or talking.
    mutating func endLeg(
        _ number: UInt64, of key: ContactKey, at now: Moment, lost: Bool = false, by known: AgentLeg.Ender? = nil
    ) {
        guard let record = contacts[key], let index = record.legs.firstIndex(where: { $0.leg.number == number }) else { return }
        let progress = record.legs[index]
        var leg = progress.leg
        guard leg.established != nil else { return endAlerting(key, index, lost ? .lost : nil, at: now) }
        let ended = progress.parkedSince ?? (progress.isConsulting ? now : progress.parted ?? now)
        let isHoldUnknown = progress.isHoldCut && leg.heldSince != nil
        if let since = leg.heldSince {
            leg.hold += max(.zero, ended - since)
            leg.heldSince = nil
        }
        if let since = leg.consultingSince {
            leg.consult += max(.zero, ended - since)
            leg.consultingSince = nil
        }
        leg.ended = ended
        leg.isEstimated = leg.isEstimated || lost || isHoldUnknown || isFromBeforeGap(leg)
        leg.isLost = lost
        if leg.isEstimated { contacts[key]!.isEstimated = true }
        let known = known ?? (progress.isTransferring ? .transfer : progress.parkedSince != nil ? .park : nil)
        leg.endedBy = known ?? (lost ? .unknown : ender(of: leg, customer: record.anchor))
        contacts[key]!.legs.remove(at: index)
        contacts[key]!.lastEnder = leg.endedBy
        release(progress, of: key)
        events.append(.disconnected(named(leg)))
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

    /// The leg that the switch names by this channel, or whose voice is on it.
    func legIndex(_ key: ContactKey, _ channel: ChannelID) -> Int? {
        contacts[key]?.legs.firstIndex { $0.leg.channel == channel } ?? contacts[key]?.legs.firstIndex { $0.named == channel }
    }

    func talkingLegs(of id: ChannelID) -> [(ContactKey, Int)] {
        (channels[id]?.legs ?? []).compactMap { key in
            legIndex(key, id).flatMap { contacts[key]!.legs[$0].isTalking ? (key, $0) : nil }
        }
    }
}
