import Telephony
import Time

// What is true after a gap. The link is subscribed first, then the switch is asked what there is, and what we believed is corrected by what it
// says, marked as estimated; nothing is cleared and read anew (`domain.md` §1.9). What the switch can no longer tell (when an agent answered, how
// long the caller was on hold) is marked, not invented.
extension Calls {
    struct Inventory: Codable, Equatable, Sendable {
        var began: Moment
        var listed: Set<ChannelID> = []
        /// Named by a live event meanwhile: a list that was made before does not have them, and one made after may not any more.
        var alive: Set<ChannelID> = []
        /// Of these, those of which that event told where they are, or that what follows is told: newer than the list. Who only presses hold may
        /// have been in a bridge before.
        var located: Set<ChannelID> = []
        var kinds: [BridgeID: BridgeKind] = [:]
        var places: [Place] = []
        /// Lines that call us, as far as their names tell. At the first inventory no member of a queue is known before the last list is read: an endpoint
        /// with a name of letters may be an agent's.
        var callers: [ChannelID] = []
        var isFirst: Bool
        var queue: [ChannelID: QueueName] = [:]
        /// Local channels by name: `…;1` and `…;2` belong together.
        var halves: [String: ChannelID] = [:]
        /// Who waits, and where.
        var entries: Set<Entry> = []
        /// Channels that were not known before the list in hand named them. (Absent in checkpoints of before, as is the next.)
        var brought: [ChannelID]? = []
        /// It was given up because it did not end: whether what it named exists, nobody knows.
        var isEndless: Bool?

        struct Place: Codable, Equatable, Sendable {
            var channel: Channel
            var bridge: BridgeID?
        }

        struct Entry: Codable, Hashable, Sendable { var queue: QueueName, channel: ChannelID }
    }

    /// What ends in a gap ended at a moment that nobody knows; the last at which it was known to live is said.
    public mutating func linkLost(at now: Moment, into buffer: inout [CallEvent]) {
        events.exchange(with: &buffer)
        defer { events.exchange(with: &buffer) }
        interruptCorrection(at: now)
        inventory = nil
        if linkLostAt == nil { linkLostAt = now } else { linkLostAgainAt = now }
        numbersAtLoss = Numbers(contact: nextContact, visit: nextVisit, leg: nextLeg)
        // Most of twenty thousand may be in a menu, or wait: nothing of theirs is cut.
        let cut = contacts.compactMap { $0.value.legs.isEmpty && !$0.value.isLeaving ? nil : $0.key }
        for key in cut.sorted(by: { $0.number < $1.number }) { linkLost(for: key) }
        graces.removeAll()
    }

    mutating func linkLost(for key: ContactKey) {
        for index in contacts[key]!.legs.indices {
            if contacts[key]!.legs[index].leg.heldSince != nil {
                contacts[key]!.legs[index].isHoldCut = true
            } else if contacts[key]!.legs[index].isTalking {
                contacts[key]!.legs[index].wasUnheard = true
            }
        }
        awaitInventory(key)
        graceEnded(key)
    }

    /// Nothing more will be told: what is open ended in a way that we cannot know.
    public mutating func abandonAll(at now: Moment, into buffer: inout [CallEvent]) {
        events.exchange(with: &buffer)
        defer { events.exchange(with: &buffer) }
        for key in openContacts { end(key, at: linkLostAt ?? now, lost: true) }
        channels.removeAll()
        bridges.removeAll()
        phones.removeAll()
        ended.removeAll()
        endings.removeAll()
        graces.removeAll()
        partings.removeAll()
        (linkLostAt, linkLostAgainAt) = (nil, nil)
        inventory = nil
        correction = nil
    }

    mutating func noteAlive(_ event: SwitchEvent) {
        let id: ChannelID? =
            switch event {
            case .channelCreated(let channel), .channelRang(let channel), .channelUp(let channel), .bridgeEntered(_, _, let channel, _),
                .dialBegan(_, let channel, _):
                channel.id
            case .bridgeLeft(_, let id), .held(let id), .retrieved(let id), .queueJoined(_, let id, _, _, _): id
            case .queueLeft(_, let id, _), .agentCalled(_, let id, _, _), .agentConnected(_, let id, _, _): id
            default: nil
            }
        guard let id, inventory!.alive.count < Self.memoryLimit else { return }
        inventory!.alive.insert(id)
        switch event {
        case .held, .retrieved, .channelRang, .channelUp: break
        default: inventory!.located.insert(id)
        }
    }

    mutating func channelFound(
        _ channel: Channel, _ bridge: BridgeID?, _ queue: QueueName?, age: Span, at now: Moment
    ) {
        guard inventory != nil, inventory!.listed.count < Self.memoryLimit, inventory!.listed.insert(channel.id).inserted else { return }
        // What a live event told meanwhile is newer than the list.
        if !inventory!.located.contains(channel.id) { inventory!.places.append(.init(channel: channel, bridge: bridge)) }
        inventory!.queue[channel.id] = queue
        if channel.kind == .local { inventory!.halves[channel.name] = channel.id }
        let created = Moment(uptime: now.uptime - age, date: UnixTime(microseconds: now.date.microseconds - age.microseconds))
        if channels[channel.id] != nil {
            // Its call may have become another in the gap.
            if !channel.call.rawValue.isEmpty { callChanged(channel.id, channel.call, at: now) }
            return heardOfInTheMiddle(channel, queue, at: created)
        }
        guard channels.count < Self.listedLimit else {
            channelsRefused += 1
            return
        }
        guard know(channel, at: created) else { return }
        channels[channel.id]?.isListed = true
        inventory!.brought?.append(channel.id)
        pairByName(channel)
        if channels[channel.id]?.snapshot.kind == .line, channel.isIncoming {
            guard !inventory!.isFirst else { return inventory!.callers.append(channel.id) }
            begin(channel.id, .inbound, at: created, isPartial: true)
        }
    }

    /// An event between the login and this list named the channel first, e.g. that it is in a bridge: only the list says that it calls us.
    private mutating func heardOfInTheMiddle(_ channel: Channel, _ queue: QueueName?, at created: Moment) {
        guard let known = channels[channel.id], !known.isWhole, known.contact == nil, known.legs.isEmpty, known.dialled == nil,
            known.snapshot.kind == .line, channel.isIncoming
        else { return }
        if created.uptime < known.created.uptime { channels[channel.id]!.created = created }
        if channels[channel.id]!.snapshot.call.rawValue.isEmpty { channels[channel.id]!.snapshot.call = channel.call }
        guard !inventory!.isFirst else {
            if !inventory!.callers.contains(channel.id) { inventory!.callers.append(channel.id) }
            return
        }
        beginInTheMiddle(channel.id, queue, at: created, heardSince: inventory!.began)
    }

    /// A customer who may already talk, out of a queue or not.
    mutating func beginInTheMiddle(
        _ id: ChannelID, _ queue: QueueName?, at created: Moment, heardSince: Moment
    ) {
        begin(id, .inbound, at: created, isPartial: true)
        guard let record = channels[id], record.bridge != nil else { return }
        isPlacing = true
        defer { isPlacing = false }
        if let queue {
            joined(queue, id, record.snapshot.caller, position: 0, DialplanPosition(), at: created, isPartial: true)
        }
        voicesChanged(around: [id], at: heardSince)
    }

    /// After the fact, only the names tell which halves belong together: `…;1` and `…;2`.
    private mutating func pairByName(_ channel: Channel) {
        guard channel.kind == .local, let last = channel.name.last else { return }
        let other = channel.name.dropLast() + (last == "1" ? "2" : "1")
        guard let partner = inventory?.halves[String(other)], channels[partner] != nil else { return }
        channels[channel.id]?.partner = partner
        channels[partner]?.partner = channel.id
    }

    mutating func entryFound(
        _ queue: QueueName, _ id: ChannelID, _ caller: CallerID, position: Int, wait: Span, at now: Moment
    ) {
        if inventory != nil, inventory!.entries.count < Self.memoryLimit {
            inventory!.entries.insert(Inventory.Entry(queue: queue, channel: id))
            inventory!.listed.insert(id)
        }
        guard !ended.contains(id) else { return }
        let since = Moment(uptime: now.uptime - wait, date: UnixTime(microseconds: now.date.microseconds - wait.microseconds))
        // Waiting since before we looked; known already if only the link broke.
        if let key = channels[id]?.contact, let visit = contacts[key]?.visit, visit.visit.queue == queue {
            guard let lost = linkLostAt, since.uptime >= lost.uptime, since - visit.visit.joined > Self.waitTolerance else { return }
            guard isFromBeforeGap(visit.visit) else {
                // A live event told before of the place that was taken in the gap.
                if visit.visit.isPartial { contacts[key]?.visit?.visit.joined = since }
                return
            }
            // Out of the queue in the gap, and in again: two stays.
            leaveUnseen(key, at: lost)
        }
        // A live event has told of another place that was taken later: the list is older.
        if let key = channels[id]?.contact, let visit = contacts[key]?.visit?.visit, visit.queue != queue, !visit.isPartial,
            since.uptime <= visit.joined.uptime
        {
            return
        }
        joined(queue, id, caller, position: position, DialplanPosition(), at: since, isPartial: true)
    }

    /// The inventory tells waits in whole seconds, and a little later than it counted them.
    private static let waitTolerance = Span.seconds(2)

    /// Out of the queue in the gap, for a reason that nobody told; phones that rang for the place ring for it no more.
    private mutating func leaveUnseen(_ key: ContactKey, at last: Moment) {
        for leg in contacts[key]?.legs ?? [] where leg.leg.established == nil && leg.leg.visit != nil {
            endLeg(leg.leg.number, of: key, at: last, lost: true)
        }
        endVisit(key, .flowOut(.unknown), at: last, isEstimated: true)
    }

    /// Between the login and the end of the lists, an event names a queue that nobody told us the caller to be in: it was joined in the gap.
    mutating func joinUnseen(by event: SwitchEvent) {
        guard let last = linkLostAt else { return }
        switch event {
        // Who has left an event tells after these.
        case .queueAbandoned(let queue, let id, _), .agentCalled(let queue, let id, _, _), .agentConnected(let queue, let id, _, _):
            if let key = channels[id]?.contact { joinUnseen(key, queue, id, lostAt: last) }
        default: break
        }
    }

    private mutating func joinUnseen(
        _ key: ContactKey, _ queue: QueueName, _ id: ChannelID, lostAt last: Moment?
    ) {
        guard let contact = contacts[key], !contact.wasEstablished, contact.visit?.visit.queue != queue, let record = channels[id] else {
            return
        }
        var since = record.created
        // After the gap began, so that it is not taken for a place of before.
        if let last, since.uptime <= last.uptime { since = last + Span(microseconds: 1) }
        if contact.visit != nil { leaveUnseen(key, at: last ?? since) }
        joined(queue, id, record.snapshot.caller, position: 0, DialplanPosition(), at: since, isPartial: true)
    }

    /// In a menu when the gap began: whether it was in a queue or with an agent meanwhile, nobody told.
    func isUnplaced(_ key: ContactKey) -> Bool {
        guard let record = contacts[key] else { return false }
        return record.visit == nil && record.legs.isEmpty && !record.contact.isPartial && isFromBeforeGap(record.contact)
    }

    /// A queue connected it when only its voice was heard: the visit is missing.
    func isPlacedUnheard(_ key: ContactKey, _ found: Inventory) -> Bool {
        guard let record = contacts[key], record.visit == nil, found.queue[record.anchor] != nil else { return false }
        return record.legs.contains { $0.leg.isPartial && $0.leg.visit == nil && $0.isTalking }
    }

    /// The channel is where the list says that it is.
    mutating func place(
        _ channel: Channel, _ bridge: BridgeID?, _ found: Inventory, lostAt last: Moment?, at now: Moment
    ) {
        guard let record = channels[channel.id], record.bridge != bridge, !found.located.contains(channel.id) else { return }
        let kind = bridge.map { found.kinds[$0] ?? .conversation }
        // Parked before the gap, and no more: by whom it was taken, or where the parking lot sent it, nobody told.
        if record.contact.map({ contacts[$0]?.anchor == channel.id }) == true, kind?.joinsVoices != false {
            unparked(channel.id, nil, at: now)
        }
        if let before = record.bridge { left(before, channel.id, at: now) }
        guard let bridge, let kind else { return }
        // A caller whom a queue connected before we looked, or in the gap: offered and answered, nobody knows when.
        if let queue = found.queue[channel.id], let key = record.contact, last != nil || contacts[key]?.contact.isPartial == true {
            joinUnseen(key, queue, channel.id, lostAt: last)
        }
        entered(bridge, kind, channel, replacing: nil, at: now)
    }

    /// Believed to wait, and not in the list: out of the queue for a reason that nobody told.
    mutating func leaveUnlisted(_ key: ContactKey, _ found: Inventory, at last: Moment) {
        guard let visit = contacts[key]?.visit, case .waiting = visit.phase, visit.visit.joined.uptime <= found.began.uptime,
            !found.alive.contains(visit.visit.channel),
            !found.entries.contains(.init(queue: visit.visit.queue, channel: visit.visit.channel)),
            !found.entries.contains(.init(queue: visit.visit.queue, channel: contacts[key]!.anchor))
        else { return }
        endVisit(key, .flowOut(.unknown), at: last, isEstimated: true)
    }
}
