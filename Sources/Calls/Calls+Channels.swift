import Telephony
import Time

// The switch's channels: they are created, dialled, and hung up. An event may come after the Hangup, or concern a
// channel whose beginning we did not see.
extension Calls {
    mutating func created(_ channel: Channel, at now: Moment) {
        loseNamesake(channel, at: now)
        guard !isKnown(channel.id), know(channel, at: now) else { return }
        channels[channel.id]?.isWhole = true
        let first = ChannelID(channel.call.rawValue)
        if !channel.isIncoming, first != channel.id, channels[channel.id]?.snapshot.kind == .phone,
            let whose = channels[first],
            whose.snapshot.kind != .line, whose.made.count < Self.legLimit
        {
            channels[first]?.made.append(channel.id)
        }
        if channel.kind == .local { noteSurrogate(channel.id) }
        if channel.isIncoming { calledIn(channel.id, at: now) }
    }

    /// Another channel is created under the Uniqueid of one that lives: the end of the first was not reported, or
    /// the switch has used the id twice. Nobody knows what happened to the first.
    private mutating func loseNamesake(_ channel: Channel, at now: Moment) {
        let id = channel.id
        guard let before = channels[id], before.isWhole, !before.snapshot.name.isEmpty, !channel.name.isEmpty,
            !before.snapshot.name.isIdentical(to: channel.name)
        else { return }
        if let key = before.contact, contacts[key]?.customerChannel == id { end(key, at: now, lost: true) }
        for key in before.legs {
            if let place = leg(on: id, of: key) { endLeg(self[place].number, of: key, at: now, lost: true) }
        }
        forget(id, at: now)
        ended.remove(id)
        channelsReplaced += 1
    }

    /// A call from outside is a customer's from its first moment: what happens before a queue, or without one,
    /// belongs to it.
    private mutating func calledIn(_ id: ChannelID, at now: Moment) {
        guard channels[id]?.snapshot.kind == .line, channels[id]?.isFree == true, channels[id]?.dialled == nil,
            let isWhole = channels[id]?.isWhole, let created = channels[id]?.created
        else { return }
        // The present lists will say whether it is an agent's endpoint.
        if !isWhole, inventory?.isFirst == true {
            if let callers = inventory?.callers.count, callers < Self.memoryLimit { inventory?.callers.append(id) }
            return
        }
        begin(id, .inbound, at: created, isPartial: !isWhole)
    }

    /// The caller's number, and what the caller dialled, may become known only now.
    mutating func rang(_ channel: Channel, at now: Moment) {
        guard know(channel, at: now), let before = channels[channel.id]?.snapshot else { return }
        if before.caller == CallerID(number: "", name: "") { channels[channel.id]?.snapshot.caller = channel.caller }
        if !channel.called.isEmpty, channels[channel.id]?.contact == nil {
            channels[channel.id]?.snapshot.called = channel.called
        }
        channels[channel.id]?.snapshot.isIncoming = true
        calledIn(channel.id, at: now)
        dialled(channel.called, on: channel.id)
    }

    /// It is up, and was not rung: it calls us, by a technology that does not say so earlier.
    mutating func up(_ channel: Channel, at now: Moment) {
        guard channels[channel.id]?.isWhole == true else { return }
        calledIn(channel.id, at: now)
        dialled(channel.called, on: channel.id)
    }

    /// The number that the caller dialled becomes known after the channel was created: digit by digit, or after the
    /// first answer.
    mutating func dialled(_ number: String, on id: ChannelID) {
        guard !number.isEmpty, let record = channels[id] else { return }
        if record.snapshot.called.isEmpty { channels[id]?.snapshot.called = number }
        guard let key = record.contact, let contact = contacts[key], contact.customerChannel == id,
            contact.contact.direction == .inbound,
            contact.contact.called.isEmpty
        else { return }
        contacts[key]?.contact.called = number
        events.append(.contactDialled(key, number))
    }

    /// Makes a record of a channel that exists, if there is none. False if the channel has ended, or if there are
    /// too many.
    @discardableResult
    mutating func know(_ channel: Channel, at now: Moment) -> Bool {
        guard !isKnown(channel.id) else { return true }
        guard !ended.contains(channel.id) else { return false }
        guard channels.count < Self.channelLimit else {
            channelsRefused += 1
            return false
        }
        var record = ChannelRecord(snapshot: channel, created: now)
        // A queue's member is a device of ours, whatever its name looks like.
        if record.snapshot.kind == .line, members.isTelephone(channel.device) || handsets.contains(channel.device) {
            record.snapshot.kind = .phone
        }
        channels[channel.id] = Boxed(record)
        if record.snapshot.kind == .phone { noteOwner(channel.device, of: channel.id) }
        return true
    }

    mutating func noteOwner(_ phone: Interface, of id: ChannelID) {
        if phones[phone, default: []].count < Self.phoneLimit { phones[phone, default: []].append(id) }
    }

    mutating func paired(_ one: ChannelID, _ two: ChannelID, at now: Moment) {
        guard one != two, isKnown(one), isKnown(two) else { return }
        channels[one]?.partner = two
        channels[two]?.partner = one
        voicesChanged(around: [one, two], at: now)
    }

    mutating func identified(_ id: ChannelID, _ caller: CallerID) {
        // This event may follow the Hangup: a channel that is gone stays gone.
        // A withheld number stays withheld: a number that comes later does not mean that the caller has consented.
        guard let known = channels[id]?.snapshot.caller, known != caller, known != .withheld else { return }
        channels[id]?.snapshot.caller = caller
        // On a leg that we dialled, the caller's number is ours. A dial plan that sends a transferred caller
        // outside writes our number over the caller's. But a number that is withheld counts whenever that is
        // reported.
        guard let key = channels[id]?.contact, let record = contacts[key], record.contact.direction == .inbound,
            caller == .withheld
                ? record.customerChannels.contains(id) : record.customerChannel == id && !record.wasEstablished
        else { return }
        contacts[key]?.contact.caller = caller
        events.append(.contactIdentified(key, caller))
    }

    // MARK: dialling

    /// The party on whose behalf a channel dials.
    private enum Requester {
        /// A customer's side. `isDirect`: not through a Local channel.
        case customer(ContactKey, isDirect: Bool)
        /// The Local half by which the switch reaches an agent.
        case leg(ContactKey, announcedChannel: ChannelID)
        case phone(ChannelID)
        /// Nobody known: the switch itself, for a callback.
        case nobody
    }

    private func requester(of source: ChannelID) -> Requester {
        var id = source
        // A phone that forwards to itself passes through some twenty Local channels.
        for _ in 0..<Limits.localHalves {
            guard let record = channels[id] else { return .nobody }
            if let key = record.contact { return .customer(key, isDirect: id == source) }
            guard record.snapshot.kind == .local else { return record.snapshot.kind == .phone ? .phone(id) : .nobody }
            guard let partner = record.partner, let half = channels[partner] else { return .nobody }
            if let key = half.contact { return .customer(key, isDirect: false) }
            if let key = half.legs.first { return .leg(key, announcedChannel: partner) }
            guard let dialler = half.dialler else { return phone(behind: partner).map { .phone($0) } ?? .nobody }
            id = dialler
        }
        return .nobody
    }

    /// The party who is brought to a queue by way of a Local channel.
    enum Bringer {
        case customer(ContactKey)
        case phone(ChannelID)
    }

    /// The party on whose behalf this Local half, which somebody dialled, came into a queue. nil also where a queue
    /// rang it, for the caller who waits there.
    func bringer(to half: ChannelID) -> Bringer? {
        guard let partner = channels[half]?.partner, channels[partner]?.dialler != nil else { return nil }
        switch requester(of: half) {
        case .customer(let key, _): return contacts[key]?.visit?.isWaiting == true ? nil : .customer(key)
        case .phone(let phone):
            return channels[phone]?.dialled == nil && channels[phone]?.legs.isEmpty == true ? .phone(phone) : nil
        case .leg, .nobody: return nil
        }
    }

    /// The phone on whose behalf this channel dials.
    func phone(calling source: ChannelID) -> ChannelID? {
        if case .phone(let phone) = requester(of: source) { phone } else { nil }
    }

    /// The phone at the other end of a Local channel that was not dialled: the switch was told to make it. An agent
    /// who clicked to dial has answered there, and is in conversation with it already, or will be in a moment.
    private func phone(behind half: ChannelID) -> ChannelID? {
        if let joined = heard(by: half).first(where: { channels[$0]?.snapshot.kind == .phone }) { return joined }
        return rung(behind: half).first { channels[$0]?.snapshot.kind == .phone && channels[$0]?.answered != nil }
    }

    /// The channels that the dial plan behind this Local half has had dialled, also through further Local channels.
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

    mutating func dialBegan(_ source: ChannelID?, _ channel: Channel, _ number: String, at now: Moment) {
        guard know(channel, at: now), let known = channels[channel.id] else { return }
        noteTrunk(channel)
        if known.dialled == nil { channels[channel.id]?.dialled = now }
        // The switch was told to call this number: the channel itself does not show it.
        if source == nil, known.dialler == nil, known.snapshot.kind == .line, !number.isEmpty {
            channels[channel.id]?.snapshot.called = number
        }
        // Reported twice, or rung on for another: the first dialler handed the other caller over.
        guard let source, known.dialler != source else { return }
        if let before = known.dialler {
            channels[before]?.dials.removeAll { $0 == channel.id }
            channels[channel.id]?.diallerBefore = before
        }
        channels[channel.id]?.dialler = source
        if let dials = channels[source]?.dials.count, dials < Self.legLimit {
            channels[source]?.dials.append(channel.id)
        }
        // The queue announced this phone before.
        guard known.isFree else { return }
        switch requester(of: source) {
        case .customer(let key, let isDirect): customerDials(key, known, isDirect: isDirect, at: now)
        case .leg(let key, let announced):
            guard known.snapshot.kind != .local, let place = leg(on: announced, of: key) else { return }
            if channel.isDialledByName == true, self[place].leg.queue != nil { noteHandset(channel.id, of: key) }
            attach(channel.id, to: place)
        case .phone(let phone): phoneDials(phone, known, number, at: now)
        case .nobody: switchDials(source, known, number, at: now)
        }
    }

    /// The dial plan dials this channel for a customer.
    private mutating func customerDials(
        _ key: ContactKey, _ dialled: Boxed<ChannelRecord>, isDirect: Bool, at now: Moment
    ) {
        let (id, kind) = (dialled.snapshot.id, dialled.snapshot.kind)
        if isDirect, contacts[key]?.isLeaving == true { graceEnded(key) }
        if kind == .local {
            forwarded(key, to: id, at: now)
            if let half = dialled.partner { for id in rung(behind: half) { ringOn(id, for: key, at: now) } }
        } else if kind == .line, let customer = contacts[key]?.customerChannel,
            channels[customer]?.snapshot.kind == .local
        {
            // The callback's customer is being called now, or again.
            contacts[key]?.failed = nil
            addCustomerChannel(id, to: key)
        } else {
            ringOn(id, for: key, at: now)
        }
    }

    /// An agent's phone dials this channel.
    private mutating func phoneDials(
        _ phone: ChannelID, _ dialled: Boxed<ChannelRecord>, _ number: String, at now: Moment
    ) {
        let line = dialled.snapshot.id
        guard dialled.snapshot.kind == .line, !callsOn(phone, over: line, number, at: now), isFree(phone) else {
            return
        }
        guard !ringsColleague(phone, beside: line) else {
            channels[line]?.snapshot.called = number
            channels[line]?.isOutboundIfAnswered = true
            return
        }
        callOut(from: phone, over: line, number, arrived: now, at: now)
    }

    /// A channel that is neither a customer's nor an agent's dials this one.
    private mutating func switchDials(
        _ source: ChannelID, _ dialled: Boxed<ChannelRecord>, _ number: String, at now: Moment
    ) {
        let (id, kind) = (dialled.snapshot.id, dialled.snapshot.kind)
        if kind != .local, let key = callsUnheard(source) { return ringOn(id, for: key, at: now) }
        guard kind == .line, channels[source]?.snapshot.kind == .local else { return }
        begin(id, .callback, number: number, at: now, isPartial: false)
        guard let key = channels[id]?.contact else { return }
        addCustomerChannel(source, to: key)
        if let partner = channels[source]?.partner { addCustomerChannel(partner, to: key) }
    }

    /// Without a list of trunks, a name like `PJSIP/k9xh2l0p` says nothing. What a queue's member has rung by that
    /// name is a telephone, unless the caller comes by it, or somebody was called over it.
    private mutating func noteHandset(_ id: ChannelID, of key: ContactKey) {
        guard let rung = channels[id]?.snapshot, rung.kind == .line, !trunks.contains(rung.device),
            let contact = contacts[key],
            !contact.customerChannels.contains(where: { channels[$0]?.snapshot.device == rung.device })
        else { return }
        channels[id]?.snapshot.kind = .phone
        noteOwner(rung.device, of: id)
        if handsets.count < Self.deviceLimit { handsets.insert(rung.device) }
    }

    private mutating func noteTrunk(_ channel: Channel) {
        guard channel.kind == .line, channel.isDialledByName == false, !trunks.contains(channel.device) else { return }
        if trunks.count < Self.deviceLimit { trunks.insert(channel.device) }
        handsets.remove(channel.device)
    }

    /// It rings for a customer who is in no queue: an agent's phone, or somebody outside to whom the call is sent.
    private mutating func ringOn(_ id: ChannelID, for key: ContactKey, at now: Moment) {
        guard let record = channels[id], record.isFree, record.answered == nil, let contact = contacts[key],
            !contact.hasVisit
        else { return }
        let via: AgentLeg.Via = contact.isParked ? .park : contact.wasEstablished ? .transfer : .direct
        ring(key, id, via: via, at: now)
    }

    /// A line whose dial plan dials somebody, and that has no contact yet: a caller whose state was not reported,
    /// or a customer whom the switch was told to call. Begins the contact. nil for any other channel.
    private mutating func callsUnheard(_ source: ChannelID) -> ContactKey? {
        guard let record = channels[source], record.snapshot.kind == .line, record.isFree else { return nil }
        let isCalled = record.dialled != nil
        return begin(
            source, isCalled ? .callback : .inbound, number: isCalled ? record.snapshot.called : "", at: record.created,
            isPartial: !record.isWhole)
    }

    /// Whether the device has no other call for a customer; otherwise it asks somebody about that customer. A call
    /// that was hung up counts as over, even before the switch has reported its end.
    func isFree(_ phone: ChannelID) -> Bool {
        guard let record = channels[phone], record.isFree else { return false }
        return phones[record.snapshot.device]?.allSatisfy {
            channels[$0].map { $0.legs.isEmpty || $0.isHangingUp } ?? true
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
        if let key = record.contact, contacts[key]?.visit?.visit.channel == id || contacts[key]?.customerChannel == id {
            hangupRequestedWhileLeaving(key, position)
        }
    }

    mutating func channelEnded(_ id: ChannelID, at now: Moment) {
        guard isKnown(id) else {
            // The present list may have been made before, and would bring it back: its end would not be reported again.
            if inventory != nil || linkLostAt != nil { rememberEnded(id, at: now) }
            return
        }
        channelsEnded += 1
        forget(id, at: now)
    }

    private mutating func rememberEnded(_ id: ChannelID, at now: Moment) {
        while let old = endings.take(at: now.uptime) { ended.remove(old) }
        if ended.count < Self.memoryLimit, ended.insert(id).inserted {
            endings.append(id, due: now.uptime + Self.remembrance)
        }
    }

    /// The channel is gone, whether or not its end was reported.
    mutating func forget(_ id: ChannelID, at now: Moment) {
        guard let record = channels[id] else { return }
        if let bridge = record.bridge { left(bridge, id, at: now) }
        if let key = record.calls { callerGone(key) }
        if let key = record.contact { customerChannelEnded(id, key, at: now) }
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
