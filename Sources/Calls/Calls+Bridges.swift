import Telephony
import Time

// Who hears whom.
//
// Voices meet in a bridge that joins them. A Local channel joins two bridges, each half in one of them, and several
// Local channels make a chain. Holding bridges and parking lots join nobody. What follows from an event that moves
// a channel:
//
//   a channel enters or leaves a bridge        → the legs of each contact that it reaches are compared with those whom
//                                                the customer hears now (`hear`)
//   a bridge begins or ceases to join voices   → the same for all its members
//   the customer hears a leg that was ringing  → established
//   …              a leg that had parted       → joined again
//   …              another customer            → the two contacts are conferenced
//   …              an agent asking a queue     → that contact becomes a part of this one
//   …              somebody unannounced        → a new leg: a transfer, a conference, a pick-up
//   the customer no longer hears a talking leg → parted; what that means is decided in `Calls+Legs`
//
// In a bridge of `crowd` members or more, only those who come or go are compared with the others: otherwise two
// hundred who enter one conference would be twenty thousand comparisons each time.
extension Calls {
    mutating func entered(
        _ bridge: BridgeID, _ kind: BridgeKind, _ channel: Channel, replacing: ChannelID?, at now: Moment
    ) {
        let id = channel.id
        guard know(channel, at: now) else { return }
        // Its leaving was not reported.
        if let before = channels[id]?.bridge, before != bridge { left(before, id, at: now) }
        if let key = channels[id]?.contact, let surrogate = contacts[key]?.visit?.surrogate {
            takenAway(key, by: surrogate, at: now)
        }
        became(bridge, kind, at: now)
        guard bridges[bridge]?.members.contains(id) != true else { return }
        let members = bridges[bridge]?.members.count ?? 0
        guard members < (kind.joinsVoices ? Self.bridgeLimit : Self.waitingLimit) else {
            channelsRefused += 1
            return
        }
        let side = members >= Self.crowd ? reached(from: id) : []
        bridges[bridge, default: Bridge(kind: kind)].members.append(id)
        channels[id]?.bridge = bridge
        if kind == .conference { enteredConference(channel, at: now) }
        // A Local channel was optimised away: the real channel takes the part of the half that it replaces.
        if let replacing, let half = channels[replacing], half.snapshot.kind == .local, let key = half.contact,
            contacts[key]?.customerChannel == replacing, channels[id]?.legs.isEmpty == true
        {
            moveCustomer(of: key, to: id)
        }
        guard side.isEmpty else { return crowdChanged(by: side, reached(from: id), at: now) }
        voicesChanged(around: [id], at: now)
    }

    /// A bridge may change its kind while somebody is in it: who waited alone talks now, or the reverse.
    mutating func became(_ bridge: BridgeID, _ kind: BridgeKind, at now: Moment) {
        // A conference does not become a conversation of two.
        guard let before = bridges[bridge], before.kind != kind, before.members.count < Self.crowd else { return }
        bridges[bridge]?.kind = kind
        if before.kind.joinsVoices != kind.joinsVoices { voicesChanged(around: before.members, at: now) }
    }

    mutating func left(_ bridge: BridgeID, _ id: ChannelID, at now: Moment) {
        guard channels[id]?.bridge == bridge else { return }
        channels[id]?.bridge = nil
        channels[id]?.entered = nil
        bridges[bridge]?.members.removeAll { $0 == id }
        let rest = bridges[bridge]?.members ?? []
        if rest.isEmpty { bridges[bridge] = nil }
        if rest.count >= Self.crowd {
            let side = reached(from: id)
            return crowdChanged(by: side, side + reached(from: rest[0]), at: now)
        }
        voicesChanged(around: [id] + rest.prefix(1), at: now)
    }

    // MARK: the graph

    /// The real channels whose voices reach this one, nearest first.
    func heard(by id: ChannelID) -> [ChannelID] { heard(by: id, of: reached(from: id)) }

    /// The same, where the channels that are joined to this one are known.
    private func heard(by id: ChannelID, of near: [ChannelID]) -> [ChannelID] {
        if near.count == 1 { return [] }
        if channels[id]?.isSilent == true { return [] }
        return near.filter { $0 != id && isVoice($0) }
    }

    /// A Local half has no voice, unless its other half was never reported: then it stands for the party behind it.
    private func isVoice(_ id: ChannelID) -> Bool {
        guard let record = channels[id], !record.isSpy, !record.isSilent, record.entered == nil else { return false }
        return record.snapshot.kind != .local || record.partner == nil && !record.legs.isEmpty
    }

    /// This channel, and all that are joined to it by bridges and Local channels, nearest first.
    func reached(from start: ChannelID) -> [ChannelID] {
        guard let first = channels[start], first.bridge != nil || first.partner != nil else { return [start] }
        var reached = DistinctList([start])
        var expanded = DistinctList<BridgeID>()
        var next = 0
        while next < reached.count, next < Self.walkLimit {
            let channel = channels[reached[next]]
            next += 1
            if let name = channel?.bridge, expanded.append(name), let bridge = bridges[name], bridge.kind.joinsVoices {
                for neighbour in bridge.members { reached.append(neighbour) }
            }
            if let partner = channel?.partner { reached.append(partner) }
        }
        return reached.first(Self.walkLimit)
    }

    // MARK: what changes

    /// Something changed near these channels: legs begin, part, and are joined again.
    mutating func voicesChanged(around centres: [ChannelID], at now: Moment) {
        var near: [ChannelID] = []
        for centre in centres where !near.contains(centre) {
            let others = reached(from: centre)
            near = near.isEmpty ? others : near + others
        }
        var keys: [ContactKey] = []
        for id in near {
            guard let channel = channels[id] else { continue }
            if let key = channel.contact, !keys.contains(key) { keys.append(key) }
            for key in channel.legs where !keys.contains(key) { keys.append(key) }
        }
        for key in keys { hear(key, at: now) }
        for id in near { noteConsultation(of: id, at: now) }
    }

    /// The channels of `side` entered or left a crowd; `near` are all that are concerned. Nothing has changed among
    /// the others.
    mutating func crowdChanged(by side: [ChannelID], _ near: [ChannelID], at now: Moment) {
        let moved = Set(side)
        var seen: Set<ContactKey> = []
        var keys: [ContactKey] = []
        for id in near {
            guard let record = channels[id] else { continue }
            for key in record.legs where seen.insert(key).inserted { keys.append(key) }
            if let key = record.contact, seen.insert(key).inserted { keys.append(key) }
        }
        let voices = side.filter { isVoice($0) }
        let hasCome = channels[side[0]]?.bridge != nil
        for key in keys {
            guard let record = contacts[key] else { continue }
            if moved.contains(record.customerChannel) || record.legs.contains(where: { moved.contains($0.leg.channel) })
            {
                hear(key, at: now)
            } else if hasCome, channels[record.customerChannel]?.isSilent == false {
                for id in voices { meet(id, key, at: now) }
            }
        }
        for id in side { noteConsultation(of: id, at: now) }
    }

    /// Compares the legs of a contact with those whom the customer hears now.
    mutating func hear(_ key: ContactKey, at now: Moment) {
        guard let customer = contacts[key]?.customerChannel else { return }
        // Nothing that follows joins channels or parts them.
        let near = reached(from: customer)
        takeOver(key, near, at: now)
        var reached = heard(by: customer, of: near)
        if let line = lineBehindHalf(customer, of: key, among: reached) {
            moveCustomer(of: key, to: line)
            reached = heard(by: line)
        }
        let legs = contacts[key]?.legs ?? []
        for index in legs.indices
        where legs[index].isTalking && legs[index].parted == nil && !legs[index].isConsulting
            && !reached.contains(legs[index].leg.channel)
        {
            part(legs[index].number, of: key, at: now)
        }
        for id in reached { meet(id, key, at: now) }
        ringForCustomerLeftBehind(key, near)
    }

    /// The customer of a callback, at last.
    private func lineBehindHalf(_ half: ChannelID, of key: ContactKey, among reached: [ChannelID]) -> ChannelID? {
        guard channels[half]?.snapshot.kind == .local, contacts[key]?.isInternal == false else { return nil }
        return reached.first {
            channels[$0]?.snapshot.kind == .line && channels[$0]?.legs.isEmpty == true
                && (channels[$0]?.contact ?? key) == key
        }
    }

    /// An agent asked a queue by feature code, and now the queue has the customer before it: what was asked becomes
    /// part of the customer's contact.
    private mutating func takeOver(_ key: ContactKey, _ near: [ChannelID], at now: Moment) {
        guard let record = contacts[key], record.wasEstablished, !record.isInternal else { return }
        if let asked = consultation(of: key, among: near) { merge(asked, into: key, at: now) }
    }

    private func consultation(of key: ContactKey, among near: [ChannelID]) -> ContactKey? {
        for id in near {
            guard let channel = channels[id], channel.snapshot.kind == .local, let part = channel.contact, part != key,
                contacts[part]?.isInternal == true
            else { continue }
            return part
        }
        return nil
    }

    /// An agent had a colleague rung by feature code, in order to ask, and hung up before an answer. The customer
    /// is now joined with a Local channel behind which the phone still rings, now for the customer. No event says
    /// so; the phone has rung since it was dialled.
    ///
    /// `near`: the channels that were joined to the customer's before we knew which channel is the customer's.
    private mutating func ringForCustomerLeftBehind(_ key: ContactKey, _ near: [ChannelID]) {
        guard let contact = contacts[key], contact.wasEstablished, !contact.hasVisit,
            channels[contact.customerChannel]?.bridge != nil
        else { return }
        let customer = contact.customerChannel
        let ringing = phonesLeftRinging(near.first == customer ? near : reached(from: customer))
        for phone in ringing { ring(key, phone.id, via: .transfer, at: phone.since) }
    }

    private func phonesLeftRinging(_ near: [ChannelID]) -> [(id: ChannelID, since: Moment)] {
        var ringing: [(id: ChannelID, since: Moment)] = []
        for id in near {
            guard let channel = channels[id], channel.snapshot.kind == .local else { continue }
            for dialled in channel.dials {
                guard let phone = channels[dialled], phone.snapshot.kind == .phone, phone.answered == nil,
                    phone.isFree, let since = phone.dialled
                else { continue }
                ringing.append((dialled, since))
            }
        }
        return ringing
    }

    /// The customer hears this channel.
    private mutating func meet(_ id: ChannelID, _ key: ContactKey, at now: Moment) {
        guard isKnown(id), contacts.contains(key: key) else { return }
        takeTwin(key, id)
        if let place = leg(on: id, of: key) {
            let number = self[place].number
            if self[place].isRinging {
                establish(number, of: key, at: now)
            } else if self[place].parkedSince == nil {
                rejoin(number, of: key, at: now)
            }
            return
        }
        guard let other = channels[id] else { return }
        if let stranger = other.contact, stranger != key, let direction = contacts[stranger]?.contact.direction {
            // An agent who was asking a queue talks with the customer again.
            guard direction != .internal else { return merge(stranger, into: key, at: now) }
            return conference(key, stranger)
        }
        guard other.contact != key, let customer = contacts[key]?.customerChannel,
            other.snapshot.device != channels[customer]?.snapshot.device || other.snapshot.kind == .line
        else { return }
        // The agent who asks, by feature code.
        if contacts[key]?.isInternal == true, channels[customer]?.snapshot.kind == .local, !other.legs.isEmpty {
            return
        }
        newcomer(id, key, at: now)
    }

    /// Two customers hear each other. Neither contact is copied here: two hundred in one conference make twenty
    /// thousand pairs.
    private mutating func conference(_ key: ContactKey, _ other: ContactKey) {
        guard contacts[key]?.value.mayConference(with: other) == true else { return }
        contacts[key]?.conferencedWith.append(other)
        contacts[other]?.conferencedWith.append(key)
        events.append(.contactsConferenced(key, other))
    }

    /// Nothing announced this channel: a transfer, a conference, a phone behind a Local channel, or a call whose
    /// ringing we did not see.
    private mutating func newcomer(_ id: ChannelID, _ key: ContactKey, at now: Moment) {
        guard let record = contacts[key], let other = channels[id] else { return }
        // The switch names the leg by a Local channel, and this is the phone behind it: a new one, or one of those
        // that rang there.
        let isAttached = other.legs.contains(key)
        if let index = record.legs.firstIndex(where: {
            $0.isAnswerPending && channels[isAttached ? $0.announcedChannel : $0.leg.channel]?.snapshot.kind == .local
        }) {
            attach(id, to: LegPlace(contact: key, index: index))
            return establish(record.legs[index].number, of: key, at: now)
        }
        // A caller's leaving of the parking lot may be reported a moment after the voices are joined.
        let took = other.took ?? (record.isParked && other.snapshot.kind == .phone ? .park : nil)
        let speaker = agent(behind: other.snapshot.device)
        if took == .park,
            let parked = record.legs.first(where: {
                $0.parkedSince != nil && $0.leg.speaker.interface == speaker.interface
            })
        {
            return resume(parked.number, of: key, on: id, at: now)
        }
        let isUp = other.value.isUp(before: record.contact.arrived, at: now)
        let began = isUp ? now : other.dialled ?? other.answered ?? now
        guard let place = addLeg(key, speaker, id, via: took ?? way(of: other, to: record), at: began) else { return }
        self[place].isAnswered = true
        self[place].leg.answered = isUp ? now : other.answered ?? now
        self[place].leg.isExternal = other.snapshot.kind == .line
        self[place].leg.isRingUnseen = !other.isWhole && other.dialled == nil && (isInferring || other.isListed)
        establish(self[place].number, of: key, at: now)
    }

    /// How an unannounced channel came to the customer, as far as the two show it.
    private func way(of other: Boxed<ChannelRecord>, to record: Boxed<OpenContact>) -> AgentLeg.Via {
        if other.bridge.flatMap({ bridges[$0]?.kind }) == .conference { return .conference }
        if record.contact.direction == .outbound, !record.wasEstablished { return .outbound }
        if record.visit != nil, other.snapshot.kind == .phone { return .queue }
        return record.wasEstablished ? .transfer : .direct
    }
}
