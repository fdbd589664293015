import Telephony
import Time

// The switch's legs: they come into being, are dialled, and are hung up. An event may come after the Hangup, or tell of a channel whose beginning
// we did not see.
extension Calls {
    mutating func created(_ channel: Channel, at now: Moment) {
        loseNamesake(channel, at: now)
        guard channels[channel.id] == nil, know(channel, at: now) else { return }
        channels[channel.id]?.isWhole = true
        let first = ChannelID(channel.call.rawValue)
        if !channel.isIncoming, first != channel.id, channels[channel.id]?.snapshot.kind == .phone, let whose = channels[first],
            whose.snapshot.kind != .line, (whose.made?.count ?? 0) < Self.legLimit
        {
            channels[first]!.made = (whose.made ?? []) + [channel.id]
        }
        if channel.isIncoming { calledIn(channel.id, at: now) }
    }

    /// Another channel comes into being under the Uniqueid of one that lives: its end was not told, or the switch has given the id twice. What happened
    /// to the first nobody knows.
    private mutating func loseNamesake(_ channel: Channel, at now: Moment) {
        let id = channel.id
        guard let before = channels[id], before.isWhole, !before.snapshot.name.isEmpty, !channel.name.isEmpty,
            !before.snapshot.name.isIdentical(to: channel.name)
        else { return }
        if let key = before.contact, contacts[key]?.anchor == id { end(key, at: now, lost: true) }
        for key in before.legs {
            if let index = legIndex(key, id) { endLeg(contacts[key]!.legs[index].leg.number, of: key, at: now, lost: true) }
        }
        forget(id, at: now)
        ended.remove(id)
        channelsReused = (channelsReused ?? 0) + 1
    }

    /// A call from outside is a customer's from its first moment: what happens before a queue, or without one, belongs to it.
    private mutating func calledIn(_ id: ChannelID, at now: Moment) {
        guard let record = channels[id], record.snapshot.kind == .line, record.contact == nil, record.legs.isEmpty, record.dialled == nil
        else {
            return
        }
        // Whether it is an agent's endpoint the lists in hand will tell.
        if !record.isWhole, inventory?.isFirst == true {
            if inventory!.callers.count < Self.memoryLimit { inventory!.callers.append(id) }
            return
        }
        begin(id, .inbound, at: record.created, isPartial: !record.isWhole)
    }

    /// The caller's number, and what the caller dialled, may be known only now.
    mutating func rang(_ channel: Channel, at now: Moment) {
        guard know(channel, at: now), let before = channels[channel.id]?.snapshot else { return }
        if before.caller == CallerID(number: "", name: "") { channels[channel.id]?.snapshot.caller = channel.caller }
        if !channel.called.isEmpty, channels[channel.id]?.contact == nil { channels[channel.id]?.snapshot.called = channel.called }
        channels[channel.id]?.snapshot.isIncoming = true
        calledIn(channel.id, at: now)
        dialled(channel.called, on: channel.id)
    }

    /// Nobody rang it, and it is up: it calls us, by a technology that does not say so before.
    mutating func up(_ channel: Channel, at now: Moment) {
        guard let record = channels[channel.id], record.isWhole else { return }
        calledIn(channel.id, at: now)
        dialled(channel.called, on: channel.id)
    }

    /// Digit by digit, or after the first answer: the caller's leg came into being without what was dialled.
    mutating func dialled(_ number: String, on id: ChannelID) {
        guard !number.isEmpty, let record = channels[id] else { return }
        if record.snapshot.called.isEmpty { channels[id]?.snapshot.called = number }
        guard let key = record.contact, let contact = contacts[key], contact.anchor == id, contact.contact.direction == .inbound,
            contact.contact.called.isEmpty
        else { return }
        contacts[key]!.contact.called = number
        events.append(.contactDialled(key, number))
    }

    /// The channel exists: make a record of it if there is none. False for one that has ended, or if there are too many.
    @discardableResult
    mutating func know(_ channel: Channel, at now: Moment) -> Bool {
        guard channels[channel.id] == nil else { return true }
        guard !ended.contains(channel.id) else { return false }
        guard channels.count < Self.channelLimit else {
            channelsRefused += 1
            return false
        }
        var record = ChannelRecord(snapshot: channel, created: now)
        // A queue's member is a device of ours, whatever its name looks like.
        if record.snapshot.kind == .line, members.isTelephone(channel.device) || handsets?.contains(channel.device) == true {
            record.snapshot.kind = .phone
        }
        channels[channel.id] = record
        if record.snapshot.kind == .phone { noteOwner(channel.device, of: channel.id) }
        return true
    }

    mutating func noteOwner(_ phone: Interface, of id: ChannelID) {
        if phones[phone, default: []].count < Self.phoneLimit { phones[phone, default: []].append(id) }
    }

    mutating func paired(_ one: ChannelID, _ two: ChannelID, at now: Moment) {
        guard one != two, channels[one] != nil, channels[two] != nil else { return }
        channels[one]?.partner = two
        channels[two]?.partner = one
        voicesChanged(around: [one, two], at: now)
    }

    mutating func identified(_ id: ChannelID, _ caller: CallerID) {
        // It can follow the Hangup: a channel that is gone stays gone.
        // Who does not want to be known stays so: a number that comes later is no change of mind.
        guard let known = channels[id]?.snapshot.caller, known != caller, known != .withheld else { return }
        channels[id]?.snapshot.caller = caller
        // On a leg that we dialled, the caller's number is ours; and a dial plan that sends a transferred caller outside writes ours over the caller's.
        // That the caller does not want to be known counts whenever it is told.
        guard let key = channels[id]?.contact, let record = contacts[key], record.contact.direction == .inbound,
            caller == .withheld ? record.sides.contains(id) : record.anchor == id && !record.wasEstablished
        else { return }
        contacts[key]?.contact.caller = caller
        events.append(.contactIdentified(key, caller))
    }

    // MARK: dialling

    /// On whose behalf a leg dials.
    private enum Requester {
        /// A customer's side; `isDirect`: not through a Local channel.
        case customer(ContactKey, isDirect: Bool)
        /// The Local half by which the switch reaches an agent.
        case leg(ContactKey, named: ChannelID)
        case phone(ChannelID)
        /// Nobody that we know: the switch itself, for a callback.
        case nobody
    }

    private func requester(of source: ChannelID) -> Requester {
        var id = source
        // A phone that forwards to itself goes round through some twenty Local channels.
        for _ in 0..<100 {
            guard let record = channels[id] else { return .nobody }
            if let key = record.contact { return .customer(key, isDirect: id == source) }
            guard record.snapshot.kind == .local else { return record.snapshot.kind == .phone ? .phone(id) : .nobody }
            guard let partner = record.partner, let half = channels[partner] else { return .nobody }
            if let key = half.contact { return .customer(key, isDirect: false) }
            if let key = half.legs.first { return .leg(key, named: partner) }
            guard let dialler = half.dialler else { return phone(behind: partner).map { .phone($0) } ?? .nobody }
            id = dialler
        }
        return .nobody
    }

    /// Who is brought to a queue by way of a Local channel.
    enum Bringer {
        case customer(ContactKey)
        case phone(ChannelID)
    }

    /// On whose behalf this Local half, whom somebody dialled, came into a queue. nil also where a queue rang it, for the caller who waits there.
    func bringer(to half: ChannelID) -> Bringer? {
        guard let partner = channels[half]?.partner, channels[partner]?.dialler != nil else { return nil }
        switch requester(of: half) {
        case .customer(let key, _):
            if let place = contacts[key]?.visit, case .waiting = place.phase { return nil }
            return .customer(key)
        case .phone(let phone): return channels[phone]?.dialled == nil && channels[phone]?.legs.isEmpty == true ? .phone(phone) : nil
        case .leg, .nobody: return nil
        }
    }

    /// The phone on whose behalf this channel dials.
    func phone(calling source: ChannelID) -> ChannelID? {
        if case .phone(let phone) = requester(of: source) { phone } else { nil }
    }

    /// Nobody dialled this Local channel: the switch was told to make it. An agent who clicked to dial has answered at its other end, in a conversation with it
    /// already or a moment before.
    private func phone(behind half: ChannelID) -> ChannelID? {
        if let joined = heard(by: half).first(where: { channels[$0]?.snapshot.kind == .phone }) { return joined }
        return rung(behind: half).first { channels[$0]?.snapshot.kind == .phone && channels[$0]?.answered != nil }
    }

    /// Whom the dial plan behind this Local half has had dialled, through further Local channels, too.
    func rung(behind half: ChannelID) -> [ChannelID] {
        var halves = [half]
        var rung: [ChannelID] = []
        var next = 0
        while next < halves.count, next < Self.legLimit {
            for id in channels[halves[next]]?.dials ?? [] {
                guard let record = channels[id] else { continue }
                if record.snapshot.kind != .local {
                    rung.append(id)
                } else if let partner = record.partner, !halves.contains(partner) {
                    halves.append(partner)
                }
            }
            next += 1
        }
        return rung
    }

    mutating func dialBegan(
        _ source: ChannelID?, _ channel: Channel, _ number: String, at now: Moment
    ) {
        guard know(channel, at: now), let known = channels[channel.id] else { return }
        noteTrunk(channel)
        if known.dialled == nil { channels[channel.id]?.dialled = now }
        // Whom the switch was told to call: what stands on the leg itself is not the number.
        if source == nil, known.dialler == nil, known.snapshot.kind == .line, !number.isEmpty {
            channels[channel.id]?.snapshot.called = number
        }
        // Told twice, or rung on for another: whose call it was handed the other over.
        guard let source, known.dialler != source else { return }
        if let before = known.dialler {
            channels[before]?.dials.removeAll { $0 == channel.id }
            channels[channel.id]?.diallerBefore = before
        }
        channels[channel.id]?.dialler = source
        if channels[source].map({ $0.dials.count < Self.legLimit }) == true { channels[source]?.dials.append(channel.id) }
        // The queue told of this phone before.
        guard known.legs.isEmpty, known.contact == nil else { return }
        let kind = known.snapshot.kind
        switch requester(of: source) {
        case .customer(let key, let isDirect):
            if case .leaving? = contacts[key]?.visit?.phase, isDirect { graceEnded(key) }
            if kind == .local {
                forwarded(key, to: channel.id, at: now)
                if let half = known.partner { for id in rung(behind: half) { ringOn(id, for: key, at: now) } }
            } else if kind == .line, channels[contacts[key]!.anchor]?.snapshot.kind == .local {
                // The callback's customer is being called now, or again.
                contacts[key]!.failed = nil
                addSide(channel.id, to: key)
            } else {
                ringOn(channel.id, for: key, at: now)
            }
        case .leg(let key, let named):
            guard kind != .local, let index = legIndex(key, named) else { return }
            if channel.isDialledByName == true, contacts[key]!.legs[index].leg.queue != nil { noteHandset(channel.id, of: key) }
            attach(channel.id, to: index, of: key)
        case .phone(let phone):
            guard kind == .line, !callsOn(phone, over: channel.id, number, at: now), isFree(phone) else { return }
            guard !ringsColleague(phone, beside: channel.id) else {
                channels[channel.id]?.snapshot.called = number
                channels[channel.id]?.isOutboundIfAnswered = true
                return
            }
            callOut(from: phone, over: channel.id, number, arrived: now, at: now)
        case .nobody:
            if kind != .local, callsUnheard(source) {
                return ringOn(channel.id, for: channels[source]!.contact!, at: now)
            }
            guard kind == .line, channels[source]?.snapshot.kind == .local else { return }
            begin(channel.id, .callback, number: number, at: now, isPartial: false)
            guard let key = channels[channel.id]?.contact else { return }
            addSide(source, to: key)
            if let partner = channels[source]?.partner { addSide(partner, to: key) }
        }
    }

    /// Without a list of trunks, a name like `PJSIP/k9xh2l0p` says nothing. What a queue's member has rung by that name is a telephone, unless the
    /// caller comes by it, or somebody was called over it.
    private mutating func noteHandset(_ id: ChannelID, of key: ContactKey) {
        guard let rung = channels[id]?.snapshot, rung.kind == .line, trunks?.contains(rung.device) != true, let contact = contacts[key],
            !contact.sides.contains(where: { channels[$0]?.snapshot.device == rung.device })
        else { return }
        channels[id]!.snapshot.kind = .phone
        noteOwner(rung.device, of: id)
        if (handsets?.count ?? 0) < Self.deviceLimit { handsets = (handsets ?? []).union([rung.device]) }
    }

    private mutating func noteTrunk(_ channel: Channel) {
        guard channel.kind == .line, channel.isDialledByName == false, trunks?.contains(channel.device) != true else { return }
        if (trunks?.count ?? 0) < Self.deviceLimit { trunks = (trunks ?? []).union([channel.device]) }
        handsets?.remove(channel.device)
    }

    /// It rings for the customer, whom no queue has: an agent's phone, or somebody outside to whom the call is sent.
    private mutating func ringOn(_ id: ChannelID, for key: ContactKey, at now: Moment) {
        guard let record = channels[id], record.legs.isEmpty, record.contact == nil, record.answered == nil, let contact = contacts[key],
            contact.visit == nil
        else { return }
        let via: AgentLeg.Via = contact.isParked ? .park : contact.wasEstablished ? .transfer : .direct
        ring(key, id, via: via, at: now)
    }

    /// A line whose dial plan dials somebody, and that is in no contact: a caller of whom no state told, or a customer whom the switch was told to call.
    private mutating func callsUnheard(_ source: ChannelID) -> Bool {
        guard let record = channels[source], record.snapshot.kind == .line, record.legs.isEmpty, record.contact == nil else { return false }
        let isCalled = record.dialled != nil
        begin(
            source, isCalled ? .callback : .inbound, number: isCalled ? record.snapshot.called : "", at: record.created,
            isPartial: !record.isWhole)
        return channels[source]?.contact != nil
    }

    /// The device does nothing else for a customer; otherwise it asks somebody about that one. A call that was hung up, and whose end the switch has
    /// not told yet, is over.
    func isFree(_ phone: ChannelID) -> Bool {
        guard let record = channels[phone], record.legs.isEmpty, record.contact == nil else { return false }
        return phones[record.snapshot.device]?.allSatisfy { id in
            channels[id].map { $0.legs.isEmpty || $0.peerHangup != nil || $0.switchHangup } ?? true
        } ?? true
    }

    // MARK: the end

    mutating func hangupRequested(
        _ id: ChannelID, byPeer: Bool, _ position: DialplanPosition, isBusy: Bool, at now: Moment
    ) {
        guard let record = channels[id] else { return }
        if isBusy { channels[id]?.isBusy = true }
        if byPeer {
            if record.peerHangup == nil { channels[id]?.peerHangup = now }
        } else {
            channels[id]?.switchHangup = true
        }
        if let key = record.calls { callerGone(key) }
        if let key = record.contact, contacts[key]?.visit?.visit.channel == id || contacts[key]?.anchor == id {
            hangupRequestedWhileLeaving(key, position)
        }
    }

    mutating func channelEnded(_ id: ChannelID, at now: Moment) {
        guard channels[id] != nil else {
            // The list in hand may have been made before, and would bring it back: nobody would tell of its end again.
            if inventory != nil || linkLostAt != nil { rememberEnded(id, at: now) }
            return
        }
        channelsEnded += 1
        forget(id, at: now)
    }

    private mutating func rememberEnded(_ id: ChannelID, at now: Moment) {
        while let old = endings.take(at: now.uptime) { ended.remove(old) }
        if ended.count < Self.memoryLimit, ended.insert(id).inserted { endings.append(id, due: now.uptime + Self.remembrance) }
    }

    /// The channel is gone, told or not.
    mutating func forget(_ id: ChannelID, at now: Moment) {
        guard let record = channels[id] else { return }
        if let bridge = record.bridge { left(bridge, id, at: now) }
        if let key = record.calls { callerGone(key) }
        if let key = record.contact { sideEnded(id, key, at: now) }
        for key in record.legs { agentChannelEnded(id, key, at: now) }
        channels[id] = nil
        if let dialler = record.dialler { channels[dialler]?.dials.removeAll { $0 == id } }
        if let partner = record.partner { channels[partner]?.partner = nil }
        if record.snapshot.kind == .phone {
            phones[record.snapshot.device]?.removeAll { $0 == id }
            if phones[record.snapshot.device]?.isEmpty == true { phones[record.snapshot.device] = nil }
        }
        rememberEnded(id, at: now)
    }
}
