import Telephony
import Time

// The end of an inventory, a slice at a time. A switch that comes back without its 20,000 calls ends 20,000
// contacts, and while they end, no other switch is heard. So each slice does a bounded amount of work, and the next
// is due a moment later. Slices fall due by the same clock as all other deadlines, so a journal that is replayed
// makes the same slices. What a live event says between two slices is newer than the lists, as it is before their
// end.
//
// A correction passes through the stages of ``Calls/Correction/Stage``, in that order, and through the items of each.
// If the link is lost meanwhile, only the callers remain to be told apart from agents: the lists no longer count.
extension Calls {
    /// Work of one slice. An item counts as one, and each event that it leads to as ten more: about a hundred
    /// contacts that end, some milliseconds.
    static let correctionWork = 1_000
    /// From one slice to the next: the switches are heard in between.
    public static let correctionInterval = Span.milliseconds(20)

    struct Correction: Codable, Equatable, Sendable {
        /// Agents are told apart from callers before any channel is taken for gone. Customers end before the agents
        /// with whom they talked; otherwise the agents' channels would seem to have hung up first.
        enum Stage: Int, Codable, Sendable {
            case callers, contacts, channels, undecided, bridges, places, queues, estimates
        }

        /// A line that called us before we knew who the agents are.
        struct Caller: Codable, Equatable, Sendable {
            var channel: ChannelID
            var queue: QueueName?
        }

        var stage = Stage.callers
        /// Items of the stage that are done.
        var done = 0
        /// When the next slice is due, in uptime.
        var due: Span
        /// When the inventory began.
        var began: Moment
        /// When its lists were complete. nil: they never were, and only the callers are still to be told apart.
        var ended: Moment?
        var hasChannels = false
        var hasQueues = false
        var callers: [Caller] = []
        /// Channels that live no more, or of which it is not known whether they ever did; oldest first.
        var gone: [ChannelID] = []
        /// The contacts that were open when the stage began.
        var open: [ContactKey] = []
        var bridges: [BridgeID] = []
        /// Contacts for which nothing says where they were in the gap.
        var unplaced: Set<ContactKey> = []

        /// The callers who remain to be told apart when the lists no longer count.
        var undecidedCallers: [Caller] { stage == .callers ? Array(callers.dropFirst(done)) : [] }
    }

    /// The gap that an inventory ends.
    private struct Gap {
        /// nil: there was none.
        var lost: Moment?
        /// Since when the link was gone for the last time, if it came back in between.
        var again: Moment?
        /// The last moment at which what is gone was known to live.
        var last: Moment

        /// The same for something that began at this moment.
        func lastKnown(_ began: Moment) -> Moment {
            again.map { began.uptime > last.uptime && began.uptime <= $0.uptime ? $0 : last } ?? last
        }
    }

    // MARK: begin and end

    mutating func inventoryBegan(at now: Moment) {
        // Begun again before its end: the callers who are still to be told apart are kept.
        let callers = inventory?.callers ?? []
        correction = correction.flatMap { Self.callersOnly($0.undecidedCallers, $0.began, due: $0.due) }
        inventory = Inventory(began: now, callers: callers, isFirst: inventory?.isFirst ?? members.isEmpty)
    }

    mutating func inventoryEnded(hasChannels: Bool, hasQueues: Bool, at now: Moment) {
        guard let found = inventory else { return }
        var next = Correction(due: now.uptime, began: found.began, ended: now)
        // A list that was too long to be kept does not show that anything is gone.
        next.hasChannels = hasChannels && found.listed.count < Self.memoryLimit && found.alive.count < Self.memoryLimit
        next.hasQueues = hasQueues && found.entries.count < Self.memoryLimit
        next.callers = (correction?.undecidedCallers ?? []) + identifyAgents(found)
        if linkLostAt != nil { next.unplaced = Set(contacts.keys.filter(isUnplaced)) }
        correction = next
        // The members are known now: from here on, callers are told apart at once.
        inventory?.callers = []
        inventory?.isFirst = false
        correct(at: now)
    }

    /// The link is lost: the lists no longer count, except for who is an agent and who a customer.
    mutating func interruptCorrection(at now: Moment) {
        var callers = correction?.undecidedCallers ?? []
        if let found = inventory { callers += identifyAgents(found) }
        correction = Self.callersOnly(callers, inventory?.began ?? correction?.began ?? now, due: now.uptime)
        correct(at: now)
    }

    private static func callersOnly(_ callers: [Correction.Caller], _ began: Moment, due: Span) -> Correction? {
        callers.isEmpty ? nil : Correction(due: due, began: began, callers: callers)
    }

    /// The queues have reported their members: an endpoint that looked like a line may be an agent's. Returns the
    /// other callers: they are customers.
    private mutating func identifyAgents(_ found: Inventory) -> [Correction.Caller] {
        let agents = channels.filter {
            $0.value.snapshot.kind == .line && $0.value.contact == nil && members.isTelephone($0.value.snapshot.device)
        }
        for id in oldestFirst(agents) {
            channels[id]!.snapshot.kind = .phone
            noteOwner(channels[id]!.snapshot.device, of: id)
        }
        return found.callers.map { Correction.Caller(channel: $0, queue: found.queue[$0]) }
    }

    private func oldestFirst(_ channels: [ChannelID: Boxed<ChannelRecord>]) -> [ChannelID] {
        channels.map { (created: $0.value.created.uptime, id: $0.key) }.sorted { $0 < $1 }.map(\.id)
    }

    // MARK: one slice

    mutating func correct(at now: Moment) {
        guard var current = correction else { return }
        let found = current.ended == nil ? nil : inventory
        let (lost, again) = (linkLostAt, linkLostAgainAt)
        // The lists show what is true now, not what was true in the gap.
        (linkLostAt, linkLostAgainAt) = (nil, nil)
        let gap = Gap(lost: lost, again: again, last: lost ?? current.ended ?? now)
        var left = Self.correctionWork
        while left > 0 {
            let before = events.count
            guard correctNext(&current, found, gap, at: now) else {
                correction = nil
                if current.ended != nil { inventory = nil } else { (linkLostAt, linkLostAgainAt) = (lost, again) }
                return
            }
            left -= 1 + 10 * (events.count - before)
        }
        (linkLostAt, linkLostAgainAt) = (lost, again)
        current.due = now.uptime + Self.correctionInterval
        correction = current
    }

    /// Does the next item of the stage, or begins the next stage. False: there is none. `found`: the lists; nil if they
    /// no longer count.
    private mutating func correctNext(_ current: inout Correction, _ found: Inventory?, _ gap: Gap, at now: Moment)
        -> Bool
    {
        let item = current.done
        current.done += 1
        switch current.stage {
        case .callers:
            if item < current.callers.count {
                begin(current.callers[item], current.began, isLost: found == nil && gap.lost != nil)
                return true
            }
        case .contacts:
            if item < current.gone.count {
                let id = current.gone[item]
                if found?.alive.contains(id) == false, let key = channels[id]?.contact, let contact = contacts[key],
                    contact.customerChannel == id
                {
                    end(key, at: gap.lastKnown(contact.contact.arrived), lost: true)
                }
                return true
            }
        case .channels:
            if item < current.gone.count {
                let id = current.gone[item]
                if found?.alive.contains(id) == false { forgetUnseen(id, gap, mayReturn: !current.hasChannels) }
                return true
            }
        case .undecided:
            // Only the callers who wait were listed, or some of the channels; whether the others live is not known.
            if item < current.open.count {
                let key = current.open[item]
                if let record = contacts[key], let found, record.contact.arrived.uptime <= gap.last.uptime,
                    !found.lists(record)
                {
                    end(key, at: gap.last, lost: true)
                }
                return true
            }
        case .bridges:
            if item < current.bridges.count {
                isPlacing = true
                defer { isPlacing = false }
                let bridge = current.bridges[item]
                if let kind = found?.kinds[bridge] { became(bridge, kind, at: now) }
                return true
            }
        case .places:
            if let found, item < found.places.count {
                isPlacing = true
                defer { isPlacing = false }
                place(found.places[item].channel, found.places[item].bridge, found, lostAt: gap.lost, at: now)
                return true
            }
        case .queues:
            if item < current.open.count {
                if let found { leaveUnlisted(current.open[item], found, at: gap.last) }
                return true
            }
        case .estimates:
            if item < current.open.count {
                let key = current.open[item]
                if let found, contacts.contains(key: key), current.unplaced.contains(key) || isPlacedUnheard(key, found)
                {
                    events.append(.contactEstimated(key))
                }
                return true
            }
        }
        guard let found, let stage = Correction.Stage(rawValue: current.stage.rawValue + 1) else { return false }
        begin(stage, of: &current, found, gap)
        return true
    }

    private func begin(_ stage: Correction.Stage, of current: inout Correction, _ found: Inventory, _ gap: Gap) {
        current.stage = stage
        current.done = 0
        switch stage {
        case .callers, .channels, .places: break
        case .contacts: current.gone = gone(current, found)
        case .undecided:
            current.gone = []
            current.open = !current.hasChannels && gap.lost != nil ? openContacts : []
        case .bridges: current.bridges = found.kinds.keys.sorted { $0.rawValue < $1.rawValue }
        case .queues: current.open = current.hasQueues ? openContacts : []
        case .estimates: current.open = openContacts
        }
    }

    /// Channels that are not in the list, oldest first. If a list was given up without its end, those that nothing
    /// else has named.
    private func gone(_ current: Correction, _ found: Inventory) -> [ChannelID] {
        guard current.hasChannels else {
            return found.isEndless
                ? found.brought.filter { !found.alive.contains($0) && channels[$0]?.isListed == true } : []
        }
        return oldestFirst(
            channels.filter {
                !found.listed.contains($0.key) && !found.alive.contains($0.key)
                    && $0.value.created.uptime <= found.began.uptime
            })
    }

    private mutating func begin(_ caller: Correction.Caller, _ began: Moment, isLost: Bool) {
        guard let record = channels[caller.channel], record.snapshot.kind == .line, record.contact == nil else {
            return
        }
        beginInTheMiddle(caller.channel, caller.queue, at: record.created, heardSince: began)
        if isLost, let key = channels[caller.channel]?.contact { linkLost(for: key) }
    }

    /// The channel is gone, and its end was not seen. `mayReturn`: if it lives after all, the next list may bring it.
    private mutating func forgetUnseen(_ id: ChannelID, _ gap: Gap, mayReturn: Bool) {
        for key in channels[id]?.legs ?? [] {
            if let place = leg(on: id, of: key) {
                endLeg(self[place].number, of: key, at: gap.lastKnown(self[place].leg.alerted), lost: true)
            }
        }
        forget(id, at: gap.last)
        if mayReturn { ended.remove(id) }
    }
}

extension Calls.Inventory {
    /// Whether the contact waits in a queue, or has its customer's channel in the list.
    fileprivate func lists(_ record: Boxed<OpenContact>) -> Bool {
        let isWaiting =
            record.visit.map { entries.contains(.init(queue: $0.visit.queue, channel: $0.visit.channel)) } ?? false
        return isWaiting || listed.contains(record.customerChannel)
    }
}
