import Telephony
import Time

// What is true after a gap. The link subscribes to events first, then asks the switch what there is. What we
// believed is corrected by what the switch says, and marked as estimated; nothing is cleared and read again
// (`domain.md` §1.9). What the switch can no longer say (when an agent answered, how long the caller was on hold)
// is marked, not invented.
//
//   listening    ──▶ deaf          the link is lost: `linkLostAt` is set, and visits that were leaving are decided
//   deaf         ──▶ being listed  the link is back, and the first list begins: `inventory` is set
//   being listed ──▶ correcting    the lists are complete: what they do not name is gone (`Calls+Correction`)
//   correcting   ──▶ listening     the last slice is done
//   any          ──▶ deaf          the link is lost again: the lists no longer count
//
// A live event is newer than a list. Therefore an inventory remembers which channels an event named meanwhile
// (`alive`), and which of those it placed (`located`).
extension Calls {
    struct Inventory: Codable, Equatable, Sendable {
        var began: Moment
        var listed: Set<ChannelID> = []
        /// Channels named by a live event meanwhile. A list that was made before that event lacks them, and one
        /// made after it may lack them, too.
        var alive: Set<ChannelID> = []
        /// The ones of these whose place that event gave, or whose next events will give it: newer than the list. A
        /// channel that only presses hold may have been in a bridge before.
        var located: Set<ChannelID> = []
        var kinds: [BridgeID: BridgeKind] = [:]
        var places: [Place] = []
        /// Lines that call us, judging by their names. At the first inventory, no member of a queue is known before
        /// the last list is read: an endpoint with a name of letters may be an agent's.
        var callers: [ChannelID] = []
        var isFirst: Bool
        var queue: [ChannelID: QueueName] = [:]
        /// Local channels by name: `…;1` and `…;2` belong together.
        var halves: [String: ChannelID] = [:]
        /// Who waits, and where.
        var entries: Set<Entry> = []
        /// Channels that were not known before this inventory named them.
        var brought: [ChannelID] = []
        /// It was given up because it did not end: whether the channels that it named exist is not known.
        var isEndless = false

        struct Place: Codable, Equatable, Sendable {
            var channel: Channel
            var bridge: BridgeID?
        }

        struct Entry: Codable, Hashable, Sendable { var queue: QueueName, channel: ChannelID }

        /// A live event names the channel. `isLocated`: it gives its place, too.
        mutating func noteAlive(_ id: ChannelID, isLocated: Bool) {
            guard alive.count < Calls.memoryLimit else { return }
            alive.insert(id)
            if isLocated { located.insert(id) }
        }

        /// A list names the channel. False if it did so before, or if there are too many.
        mutating func list(_ channel: Channel, in bridge: BridgeID?, _ queue: QueueName?) -> Bool {
            guard listed.count < Calls.memoryLimit, listed.insert(channel.id).inserted else { return false }
            // A live event that came meanwhile is newer than the list.
            if !located.contains(channel.id) { places.append(.init(channel: channel, bridge: bridge)) }
            self.queue[channel.id] = queue
            if channel.kind == .local { halves[channel.name] = channel.id }
            return true
        }
    }

    // MARK: the link is lost

    /// Handles the loss of the link. What ends in a gap ends at an unknown moment: the last at which it was known
    /// to live is reported.
    public mutating func linkLost(at now: Moment, into buffer: inout [CallEvent]) {
        events.exchange(with: &buffer)
        defer { events.exchange(with: &buffer) }
        interruptCorrection(at: now)
        inventory = nil
        if linkLostAt == nil { linkLostAt = now } else { linkLostAgainAt = now }
        numbersAtLoss = Numbers(contact: nextContact, visit: nextVisit, leg: nextLeg)
        // Most of twenty thousand may be in a menu, or wait: for them, nothing is interrupted.
        // any order: sorted below
        let interrupted = contacts.compactMap { $0.value.legs.isEmpty && !$0.value.isLeaving ? nil : $0.key }
        for key in interrupted.sorted(by: { $0.number < $1.number }) { linkLost(for: key) }
        graces.removeAll()
    }

    mutating func linkLost(for key: ContactKey) {
        contacts[key]?.value.linkLost()
        graceEnded(key)
    }

    /// Ends everything that is open as lost: there will be no more events.
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

    // MARK: the lists

    mutating func noteAlive(_ event: SwitchEvent) {
        switch event {
        case .channelRang(let channel), .channelUp(let channel): inventory?.noteAlive(channel.id, isLocated: false)
        case .held(let id), .retrieved(let id): inventory?.noteAlive(id, isLocated: false)
        case .channelCreated(let channel), .bridgeEntered(_, _, let channel, _), .dialBegan(_, let channel, _):
            inventory?.noteAlive(channel.id, isLocated: true)
        case .bridgeLeft(_, let id), .queueJoined(_, let id, _, _, _), .queueLeft(_, let id, _),
            .agentCalled(_, let id, _, _),
            .agentConnected(_, let id, _, _):
            inventory?.noteAlive(id, isLocated: true)
        default: break
        }
    }

    mutating func channelFound(_ channel: Channel, _ bridge: BridgeID?, _ queue: QueueName?, age: Span, at now: Moment)
    {
        guard inventory?.list(channel, in: bridge, queue) == true else { return }
        let created = Moment(
            uptime: now.uptime - age, date: UnixTime(microseconds: now.date.microseconds - age.microseconds))
        if isKnown(channel.id) {
            // Its call may have changed in the gap.
            if !channel.call.rawValue.isEmpty { callChanged(channel.id, channel.call, at: now) }
            return heardOfInTheMiddle(channel, queue, at: created)
        }
        guard channels.count < Self.listedLimit else {
            channelsRefused += 1
            return
        }
        guard know(channel, at: created) else { return }
        channels[channel.id]?.isListed = true
        inventory?.brought.append(channel.id)
        pairByName(channel)
        guard channels[channel.id]?.snapshot.kind == .line, channel.isIncoming else { return }
        if inventory?.isFirst == true {
            inventory?.callers.append(channel.id)
        } else {
            begin(channel.id, .inbound, at: created, isPartial: true)
        }
    }

    /// An event between the login and this list named the channel first, e.g. because it entered a bridge. Only the
    /// list says that it calls us.
    private mutating func heardOfInTheMiddle(_ channel: Channel, _ queue: QueueName?, at created: Moment) {
        guard let known = channels[channel.id], !known.isWhole, known.isFree, known.dialled == nil,
            known.snapshot.kind == .line,
            channel.isIncoming, let began = inventory?.began
        else { return }
        if created.uptime < known.created.uptime { channels[channel.id]?.created = created }
        if known.snapshot.call.rawValue.isEmpty { channels[channel.id]?.snapshot.call = channel.call }
        if inventory?.isFirst == true {
            if inventory?.callers.contains(channel.id) == false { inventory?.callers.append(channel.id) }
        } else {
            beginInTheMiddle(channel.id, queue, at: created, heardSince: began)
        }
    }

    /// A customer who may be in conversation already, out of a queue or not.
    mutating func beginInTheMiddle(_ id: ChannelID, _ queue: QueueName?, at created: Moment, heardSince: Moment) {
        begin(id, .inbound, at: created, isPartial: true)
        guard let record = channels[id], record.bridge != nil else { return }
        isPlacing = true
        defer { isPlacing = false }
        if let queue {
            joined(queue, id, record.snapshot.caller, position: 0, DialplanPosition(), at: created, isPartial: true)
        }
        voicesChanged(around: [id], at: heardSince)
    }

    /// After the fact, only the names show which halves belong together: `…;1` and `…;2`.
    private mutating func pairByName(_ channel: Channel) {
        guard channel.kind == .local, let last = channel.name.last else { return }
        let other = channel.name.dropLast() + (last == "1" ? "2" : "1")
        guard let partner = inventory?.halves[String(other)], isKnown(partner) else { return }
        channels[channel.id]?.partner = partner
        channels[partner]?.partner = channel.id
    }

    mutating func entryFound(
        _ queue: QueueName, _ id: ChannelID, _ caller: CallerID, position: Int, wait: Span, at now: Moment
    ) {
        if let entries = inventory?.entries.count, entries < Self.memoryLimit {
            inventory?.entries.insert(Inventory.Entry(queue: queue, channel: id))
            inventory?.listed.insert(id)
        }
        guard !ended.contains(id) else { return }
        let since = Moment(
            uptime: now.uptime - wait, date: UnixTime(microseconds: now.date.microseconds - wait.microseconds))
        // The caller has waited since before we looked. If only the link broke, we know that already.
        if let key = channels[id]?.contact, let visit = contacts[key]?.visit?.visit, visit.queue == queue {
            guard let lost = linkLostAt, since.uptime >= lost.uptime, since - visit.joined > Self.waitTolerance else {
                return
            }
            guard isFromBeforeGap(visit) else {
                // A live event has already named the place that was taken in the gap.
                if visit.isPartial { contacts[key]?.value.visit?.visit.joined = since }
                return
            }
            // Out of the queue in the gap, and in again: two visits.
            leaveUnseen(key, at: lost)
        }
        // A live event has named another place that was taken later: the list is older.
        if let key = channels[id]?.contact, let visit = contacts[key]?.visit?.visit, visit.queue != queue,
            !visit.isPartial,
            since.uptime <= visit.joined.uptime
        {
            return
        }
        joined(queue, id, caller, position: position, DialplanPosition(), at: since, isPartial: true)
    }

    /// The inventory gives waits in whole seconds, and a little later than it counted them.
    private static let waitTolerance = Span.seconds(2)

    // MARK: queues in the gap

    /// The caller left the queue in the gap, for an unknown reason; phones that rang for the place ring for it no more.
    private mutating func leaveUnseen(_ key: ContactKey, at last: Moment) {
        endRinging(key, at: last, lost: true)
        endVisit(key, .flowOut(.unknown), at: last, isEstimated: true)
    }

    /// Between the login and the end of the lists, an event may name a queue in which we did not know the caller to
    /// be: it was joined in the gap.
    mutating func joinUnseen(by event: SwitchEvent) {
        guard let last = linkLostAt else { return }
        switch event {
        // A leaving is reported after these.
        case .queueAbandoned(let queue, let id, _), .agentCalled(let queue, let id, _, _),
            .agentConnected(let queue, let id, _, _):
            if let key = channels[id]?.contact { joinUnseen(key, queue, id, lostAt: last) }
        default: break
        }
    }

    private mutating func joinUnseen(_ key: ContactKey, _ queue: QueueName, _ id: ChannelID, lostAt last: Moment?) {
        guard let contact = contacts[key], !contact.wasEstablished, contact.visit?.visit.queue != queue,
            let record = channels[id]
        else {
            return
        }
        var since = record.created
        // After the gap began, so that the visit is not taken for one from before it.
        if let last, since.uptime <= last.uptime { since = last + Span(microseconds: 1) }
        if contact.hasVisit { leaveUnseen(key, at: last ?? since) }
        joined(queue, id, record.snapshot.caller, position: 0, DialplanPosition(), at: since, isPartial: true)
    }

    /// Whether the customer was in a menu when the gap began, so that a queue or an agent may have had the customer
    /// meanwhile.
    func isUnplaced(_ key: ContactKey) -> Bool {
        guard let record = contacts[key] else { return false }
        return !record.hasVisit && record.legs.isEmpty && !record.contact.isPartial
            && isFromBeforeGap(record.contact)
    }

    /// Whether a queue connected the customer and we only heard the voice: the visit is missing.
    func isPlacedUnheard(_ key: ContactKey, _ found: Inventory) -> Bool {
        guard let record = contacts[key], !record.hasVisit, found.queue[record.customerChannel] != nil else {
            return false
        }
        return record.legs.contains { $0.leg.isPartial && $0.leg.visit == nil && $0.isTalking }
    }

    // MARK: places

    /// Puts the channel where the list says that it is.
    mutating func place(
        _ channel: Channel, _ bridge: BridgeID?, _ found: Inventory, lostAt last: Moment?, at now: Moment
    ) {
        guard let record = channels[channel.id], record.bridge != bridge, !found.located.contains(channel.id) else {
            return
        }
        let kind = bridge.map { found.kinds[$0] ?? .conversation }
        // Parked before the gap, and not parked now. Who took the customer, or where the parking lot sent the
        // customer, is not known.
        if record.contact.map({ contacts[$0]?.customerChannel == channel.id }) == true, kind?.joinsVoices != false {
            unparked(channel.id, nil, at: now)
        }
        if let before = record.bridge { left(before, channel.id, at: now) }
        guard let bridge, let kind else { return }
        // A queue connected the caller before we looked, or in the gap: offered and answered, at an unknown moment.
        if let queue = found.queue[channel.id], let key = record.contact,
            last != nil || contacts[key]?.contact.isPartial == true
        {
            joinUnseen(key, queue, channel.id, lostAt: last)
        }
        entered(bridge, kind, channel, replacing: nil, at: now)
    }

    /// The caller was believed to wait, and is not in the list: out of the queue for an unknown reason.
    mutating func leaveUnlisted(_ key: ContactKey, _ found: Inventory, at last: Moment) {
        guard let record = contacts[key], let visit = record.visit, visit.isWaiting,
            visit.visit.joined.uptime <= found.began.uptime,
            !found.alive.contains(visit.visit.channel),
            !found.entries.contains(.init(queue: visit.visit.queue, channel: visit.visit.channel)),
            !found.entries.contains(.init(queue: visit.visit.queue, channel: record.customerChannel))
        else { return }
        endVisit(key, .flowOut(.unknown), at: last, isEstimated: true)
    }
}
