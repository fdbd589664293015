import Telephony
import Time

// Who hears whom: members of one bridge, and of two bridges that a Local channel joins, each half in one of them; in a chain of them, too.
// Holding bridges and parking lots join nobody.
extension Calls {
    mutating func entered(
        _ bridge: BridgeID, _ kind: BridgeKind, _ channel: Channel, replacing: ChannelID?, at now: Moment
    ) {
        let id = channel.id
        guard know(channel, at: now) else { return }
        // Its leaving was not told.
        if let before = channels[id]?.bridge, before != bridge { left(before, id, at: now) }
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
        // An optimised Local channel: the real one takes the part of the half that it replaces.
        if let replacing, let half = channels[replacing], half.snapshot.kind == .local, let key = half.contact,
            contacts[key]?.anchor == replacing, channels[id]?.legs.isEmpty == true
        {
            move(key, to: id)
        }
        guard side.isEmpty else { return crowdChanged(by: side, reached(from: id), at: now) }
        voicesChanged(around: [id], at: now)
    }

    /// A bridge may become another while there is somebody in it: who waited alone talks now, or the reverse.
    mutating func became(_ bridge: BridgeID, _ kind: BridgeKind, at now: Moment) {
        // A conference does not become two people who talk.
        guard let before = bridges[bridge], before.kind != kind, before.members.count < Self.crowd else { return }
        bridges[bridge]!.kind = kind
        if before.kind.joinsVoices != kind.joinsVoices { voicesChanged(around: before.members, at: now) }
    }

    mutating func left(_ bridge: BridgeID, _ id: ChannelID, at now: Moment) {
        guard channels[id]?.bridge == bridge else { return }
        channels[id]?.bridge = nil
        bridges[bridge]?.members.removeAll { $0 == id }
        let rest = bridges[bridge]?.members ?? []
        if rest.isEmpty { bridges[bridge] = nil }
        if rest.count >= Self.crowd {
            let side = reached(from: id)
            return crowdChanged(by: side, side + reached(from: rest[0]), at: now)
        }
        voicesChanged(around: [id] + rest.prefix(1), at: now)
    }

    /// This channel, and all that are joined to it.
    private func reached(from id: ChannelID) -> [ChannelID] {
        var reached: [ChannelID] = []
        walk(from: id) { reached.append($0) }
        return reached
    }

    /// The channels of `side` came to a crowd, or left it; `near` are all that are concerned. Among the others nothing has changed.
    private mutating func crowdChanged(
        by side: [ChannelID], _ near: [ChannelID], at now: Moment
    ) {
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
            if moved.contains(record.anchor) || record.legs.contains(where: { moved.contains($0.leg.channel) }) {
                hear(key, at: now)
            } else if hasCome {
                for id in voices { meet(id, key, at: now) }
            }
        }
        for id in side { noteConsultation(of: id, at: now) }
    }

    /// The real channels whose voices reach this one, nearest first.
    func heard(by id: ChannelID) -> [ChannelID] {
        var reached: [ChannelID] = []
        walk(from: id) { if $0 != id, isVoice($0) { reached.append($0) } }
        return reached
    }

    /// A Local half is nobody, unless its other half was never told: then it stands for whoever is behind it.
    private func isVoice(_ id: ChannelID) -> Bool {
        guard let record = channels[id], !record.isSpy else { return false }
        return record.snapshot.kind != .local || record.partner == nil && !record.legs.isEmpty
    }

    /// Every channel that is joined to this one by bridges and Local channels, this one first.
    private func walk(from start: ChannelID, _ visit: (ChannelID) -> Void) {
        var seen: Set<ChannelID> = [start]
        var expanded: Set<BridgeID> = []
        var queue = [start]
        var next = 0
        while next < queue.count, next < Self.walkLimit {
            let id = queue[next]
            next += 1
            visit(id)
            guard let record = channels[id] else { continue }
            var neighbours: [ChannelID] = []
            if let name = record.bridge, expanded.insert(name).inserted, let bridge = bridges[name], bridge.kind.joinsVoices {
                neighbours = bridge.members
            }
            if let partner = record.partner { neighbours.append(partner) }
            for neighbour in neighbours where seen.insert(neighbour).inserted { queue.append(neighbour) }
        }
    }

    /// Something changed near these channels: legs begin, part and are joined again.
    mutating func voicesChanged(around centres: [ChannelID], at now: Moment) {
        var near: [ChannelID] = []
        for centre in centres where !near.contains(centre) { walk(from: centre) { near.append($0) } }
        var keys: [ContactKey] = []
        for id in near {
            guard let record = channels[id] else { continue }
            for key in [record.contact].compactMap({ $0 }) + record.legs where !keys.contains(key) { keys.append(key) }
        }
        for key in keys { hear(key, at: now) }
        for id in near { noteConsultation(of: id, at: now) }
    }

    /// Compares the legs of a contact with whom the customer hears now.
    mutating func hear(_ key: ContactKey, at now: Moment) {
        takeOver(key, at: now)
        guard let record = contacts[key] else { return }
        var reached = heard(by: record.anchor)
        // The customer of a callback, at last.
        if record.contact.direction != .internal, channels[record.anchor]?.snapshot.kind == .local,
            let line = reached.first(where: {
                channels[$0]?.snapshot.kind == .line && channels[$0]?.legs.isEmpty == true
                    && (channels[$0]?.contact ?? key) == key
            })
        {
            move(key, to: line)
            reached = heard(by: line)
        }
        for leg in record.legs where leg.isTalking && leg.parted == nil && !leg.isConsulting && !reached.contains(leg.leg.channel) {
            part(leg.leg.number, of: key, at: now)
        }
        for id in reached { meet(id, key, at: now) }
        ringForWhoWasLeft(key)
    }

    /// A queue that an agent asked by feature code has the customer before it now: what it was asked belongs to the customer's contact.
    private mutating func takeOver(_ key: ContactKey, at now: Moment) {
        guard let record = contacts[key], record.wasEstablished, record.contact.direction != .internal else { return }
        var asked: ContactKey?
        walk(from: record.anchor) { id in
            guard asked == nil, let half = channels[id], half.snapshot.kind == .local, let part = half.contact, part != key,
                contacts[part]?.contact.direction == .internal
            else { return }
            asked = part
        }
        if let asked { merge(asked, into: key, at: now) }
    }

    /// An agent had a colleague rung by feature code, in order to ask, and went before an answer: the customer is joined with a Local channel at whose
    /// other end the phone still rings, now for the customer. Nobody tells that; it has rung since it was dialled.
    private mutating func ringForWhoWasLeft(_ key: ContactKey) {
        guard let record = contacts[key], record.wasEstablished, record.visit == nil, channels[record.anchor]?.bridge != nil else { return }
        var ringing: [(id: ChannelID, since: Moment)] = []
        walk(from: record.anchor) { id in
            guard let half = channels[id], half.snapshot.kind == .local else { return }
            for phone in half.dials {
                guard let rung = channels[phone], rung.snapshot.kind == .phone, rung.answered == nil, rung.legs.isEmpty,
                    rung.contact == nil, let since = rung.dialled
                else { continue }
                ringing.append((phone, since))
            }
        }
        for phone in ringing { ring(key, phone.id, via: .transfer, at: phone.since) }
    }

    /// The customer hears this channel.
    private mutating func meet(_ id: ChannelID, _ key: ContactKey, at now: Moment) {
        guard let other = channels[id], contacts[key] != nil else { return }
        takeTwin(key, id)
        if let index = legIndex(key, id) {
            let leg = contacts[key]!.legs[index]
            if leg.leg.established == nil {
                establish(leg.leg.number, of: key, at: now)
            } else if leg.parkedSince == nil {
                rejoin(leg.leg.number, of: key, at: now)
            }
            return
        }
        if let stranger = other.contact, stranger != key, let direction = contacts[stranger]?.contact.direction {
            // An agent who was asking a queue talks with the customer again; the asking goes on being a contact of its own.
            guard direction != .internal else { return merge(stranger, into: key, at: now) }
            // Without a copy of either: two hundred in one conference make twenty thousand pairs.
            guard contacts[key]!.contact.direction != .internal, contacts[key]!.conferencedWith.count < Self.bridgeLimit,
                !contacts[key]!.conferencedWith.contains(stranger)
            else { return }
            contacts[key]?.conferencedWith.append(stranger)
            contacts[stranger]?.conferencedWith.append(key)
            return events.append(.contactsConferenced(key, stranger))
        }
        guard other.contact != key,
            other.snapshot.device != channels[contacts[key]!.anchor]?.snapshot.device || other.snapshot.kind == .line
        else { return }
        // The agent who asks, by feature code.
        if contacts[key]?.contact.direction == .internal, channels[contacts[key]!.anchor]?.snapshot.kind == .local, !other.legs.isEmpty {
            return
        }
        newcomer(id, key, at: now)
    }

    /// Nobody told that this one would come: a transfer, a conference, a phone behind a Local channel, a call whose ringing we did not see.
    private mutating func newcomer(_ id: ChannelID, _ key: ContactKey, at now: Moment) {
        guard let record = contacts[key], let other = channels[id] else { return }
        // The switch names the leg by a Local channel, and this is who is behind it: whoever comes, or one of the phones that rang there.
        let isAttached = other.legs.contains(key)
        if let index = record.legs.firstIndex(where: {
            $0.leg.established == nil && $0.isAnswered
                && channels[isAttached ? $0.named : $0.leg.channel]?.snapshot.kind == .local
        }) {
            attach(id, to: index, of: key)
            return establish(contacts[key]!.legs[index].leg.number, of: key, at: now)
        }
        // That the caller was taken out of the parking lot may be told a moment after the voices are joined.
        let took = other.took ?? (record.isParked && other.snapshot.kind == .phone ? .park : nil)
        let speaker = agent(behind: other.snapshot.device).interface
        if let index = record.legs.firstIndex(where: { $0.parkedSince != nil && $0.leg.speaker.interface == speaker }),
            took == .park
        {
            return resume(record.legs[index].leg.number, of: key, on: id, at: now)
        }
        let isConference = other.bridge.flatMap { bridges[$0]?.kind } == .conference
        let via: AgentLeg.Via =
            took
            ?? (isConference
                ? .conference
                : record.contact.direction == .outbound && !record.wasEstablished
                    ? .outbound
                    : record.visit != nil && other.snapshot.kind == .phone ? .queue : record.wasEstablished ? .transfer : .direct)
        guard
            let number = addLeg(
                key, agent(behind: other.snapshot.device), id, via: via,
                at: other.dialled ?? other.answered ?? now)
        else {
            return
        }
        let index = legIndex(key, id)!
        contacts[key]!.legs[index].isAnswered = true
        contacts[key]!.legs[index].leg.answered = other.answered ?? now
        contacts[key]!.legs[index].leg.isExternal = other.snapshot.kind == .line
        contacts[key]!.legs[index].leg.isRingUnseen =
            !other.isWhole && other.dialled == nil && (isInferring || other.isListed == true)
        establish(number, of: key, at: now)
    }
}
