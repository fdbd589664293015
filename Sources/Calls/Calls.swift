import Telephony

/// Turns the switch's events into what happened to callers: channels → contacts, queue visits and agent legs.
///
/// One value for each switch, since a Uniqueid means something within one switch only. Handlers are idempotent and expect events late, twice or
/// never (`domain.md` §2.1). What decides a visit's outcome is in `Calls+Visits.swift`, an agent's part in `Calls+Legs.swift`.
///
/// This is the plain queue call: join, ring, ring without answer, answer, hold, hang-up by either side, abandon, flow-out; with members and callers
/// behind Local channels, and an agent who leaves the caller for a consultation. Another swap of channels (transfer, pick-up) ends the leg whose
/// channel leaves the bridge; it is counted in ``swaps``, not followed.
public struct Calls: Sendable {
    /// What we know of one leg while it lives.
    struct ChannelRecord: Sendable {
        var caller = CallerID(number: "", name: "")
        var called = ""
        var created: Moment
        /// Created before our eyes; otherwise we came in the middle.
        var isWhole = false
        /// Half of a pair that Asterisk made to reach a dial plan; it may be optimised away in mid-call.
        var isLocal = false
        var bridge: BridgeID?
        /// When the party on the line asked to end it.
        var peerHangup: Moment?
        /// The switch asked to end it before.
        var switchHangup = false
        /// The contact whose customer this is.
        var contact: ContactKey?
        /// The contact for which this is an agent's leg.
        var agentOf: ContactKey?
    }

    struct ContactRecord: Sendable {
        var contact: Contact
        var visit: VisitInProgress?
        /// Ringing or talking now, in the order in which they were called.
        var legs: [LegInProgress] = []
    }

    struct VisitInProgress: Sendable {
        enum Phase: Sendable {
            case waiting
            /// The switch has connected an agent; the voices are not joined yet.
            case connecting(at: Moment)
            /// Out of the queue's list; whether alive, abandoned or answered, the next events tell.
            case leaving(since: Moment, abandonSeen: Bool)
        }
        var visit: QueueVisit
        /// Of `Queue()` itself: a channel that is still here has not left the application.
        /// nil where the place was inherited: where the new owner stands in the dial plan is not told.
        var position: DialplanPosition?
        var phase = Phase.waiting
        /// Phones that rang without an answer, and were counted.
        var ringNoAnswers: Set<ChannelID> = []

        /// The caller is no longer where it joined, as far as both places are known.
        func isElsewhere(_ place: DialplanPosition) -> Bool { position.map { $0 != place && !visit.isPartial } ?? false }
    }

    struct LegInProgress: Sendable {
        var leg: AgentLeg
        var isAnswered = false
        /// Since when the two no longer hear each other, while it is not known what that means.
        var parted: Moment?
        /// It was the caller who left: an agent's consultation leaves the caller where it is.
        var partedByCustomer = false
        /// The agent is in another bridge, and the caller waits: hold, not the end.
        var isConsulting = false
    }

    /// A parting that is mended within this time was a swap of channels, and counts as talk. `domain.md` §2.5.
    static let swapTolerance = Span.milliseconds(250)
    /// The time within which a caller who left a queue may still be found to have hung up, or the dial plan tell why. `domain.md` §2.6.
    static let grace = Span.seconds(1)
    /// A channel whose Hangup we missed would stay for ever: beyond this, new ones are not followed.
    static let channelLimit = 200_000
    /// Phones that ring for one caller at a time: the largest ringall is a floor of agents.
    static let legLimit = 500

    var channels: [ChannelID: ChannelRecord] = [:]
    var contacts: [ContactKey: ContactRecord] = [:]
    /// Visits in `leaving`, by the end of their grace.
    var graces = Deadlines<(contact: ContactKey, visit: UInt64)>()
    /// Legs in ``LegInProgress/parted``, by the end of the tolerance.
    var partings = Deadlines<(contact: ContactKey, leg: UInt64)>()
    var nextContact: UInt64 = 1
    var nextVisit: UInt64 = 1
    var nextLeg: UInt64 = 1

    /// Channels that took another's place otherwise than by optimisation: transfers and the like, which are not followed yet.
    public private(set) var swaps = 0
    /// Channels that we saw to their end.
    public private(set) var channelsEnded = 0
    /// Channels not followed because there were too many.
    public private(set) var channelsRefused = 0

    public init() {}

    public var channelCount: Int { channels.count }

    /// What the event means, appended to `events` in order.
    public mutating func handle(_ event: SwitchEvent, at now: Moment, into events: inout [CallEvent]) {
        switch event {
        case .channelCreated(let channel): created(channel, at: now)
        case .callerIdentified(let id, let caller): identified(id, caller, into: &events)
        case .hangupRequested(let id, let byPeer, let position): hangupRequested(id, byPeer: byPeer, position, at: now, into: &events)
        case .channelEnded(let id, let position): ended(id, position, at: now, into: &events)
        case .bridgeEntered(let bridge, let id, let replacing): entered(bridge, id, replacing: replacing, at: now, into: &events)
        case .bridgeLeft(let bridge, let id): left(bridge, id, at: now, into: &events)
        case .held(let id): held(id, at: now, into: &events)
        case .retrieved(let id): retrieved(id, at: now, into: &events)
        case .transferred(let id, let second): transferred(id, second: second, at: now, into: &events)
        case .dialEnded(let destination, let status): dialEnded(destination, status, at: now, into: &events)
        case .queueJoined(let queue, let id, let caller, let position, let place):
            joined(queue, id, caller, position: position, place, at: now, isPartial: false, into: &events)
        case .queueEntryFound(let queue, let id, let caller, let position, let wait):
            // Waiting since before we looked; known already if only the link broke.
            if let key = channels[id]?.contact, contacts[key]?.visit?.visit.queue == queue { return }
            let since = Moment(uptime: now.uptime - wait, date: UnixTime(microseconds: now.date.microseconds - wait.microseconds))
            joined(queue, id, caller, position: position, DialplanPosition(), at: since, isPartial: true, into: &events)
        case .queueLeft(let queue, let id, _): left(queue, id, at: now)
        case .queueAbandoned(let queue, let id, let position): abandoned(queue, id, position, at: now, into: &events)
        case .queueStatus(let id, let queue, let status): queueStatus(id, queue, status, at: now, into: &events)
        case .agentCalled(let queue, let id, let agent, let destination): called(queue, id, agent, destination, at: now, into: &events)
        case .agentRangNoAnswer(let queue, let id, let agent, let destination):
            rangNoAnswer(queue, id, agent, destination, at: now, into: &events)
        case .agentConnected(let queue, let id, let agent, let destination):
            connected(queue, id, agent, destination, at: now, into: &events)
        case .agentCompleted, .member, .memberRemoved, .queueDeclared, .inventoryBegan, .inventoryEnded, .restarting, .booted: break
        }
    }

    /// When to call ``deadlineReached(at:into:)``, in uptime.
    public var nextDeadline: Span? { [graces.next, partings.next].compactMap { $0 }.min() }

    public mutating func deadlineReached(at now: Moment, into events: inout [CallEvent]) {
        while let (key, number) = graces.take(at: now.uptime) {
            if let visit = contacts[key]?.visit, visit.visit.number == number { graceEnded(key, into: &events) }
        }
        while let (key, number) = partings.take(at: now.uptime) { partingDecided(number, of: key, into: &events) }
    }

    /// The link to the switch broke, or the switch was started again: what is open now ended in a way that we cannot know.
    public mutating func linkLost(at now: Moment, into events: inout [CallEvent]) {
        for key in contacts.keys.sorted(by: { $0.number < $1.number }) { endContact(key, at: now, lost: true, into: &events) }
        channels.removeAll()
        graces.removeAll()
        partings.removeAll()
    }

    // MARK: channels

    private mutating func created(_ channel: Channel, at now: Moment) {
        guard channels[channel.id] == nil else { return }
        guard channels.count < Self.channelLimit else {
            channelsRefused += 1
            return
        }
        channels[channel.id] = ChannelRecord(
            caller: channel.caller, called: channel.called, created: now, isWhole: true, isLocal: channel.name.hasPrefix("Local/"))
    }

    private mutating func identified(_ id: ChannelID, _ caller: CallerID, into events: inout [CallEvent]) {
        // It can follow the Hangup: a channel that is gone stays gone.
        guard let known = channels[id]?.caller, known != caller else { return }
        channels[id]?.caller = caller
        if let key = channels[id]?.contact {
            contacts[key]?.contact.caller = caller
            events.append(.contactIdentified(key, caller))
        }
    }

    private mutating func hangupRequested(
        _ id: ChannelID, byPeer: Bool, _ position: DialplanPosition, at now: Moment, into events: inout [CallEvent]
    ) {
        guard let record = channels[id] else { return }
        if byPeer {
            if record.peerHangup == nil { channels[id]?.peerHangup = now }
        } else {
            channels[id]?.switchHangup = true
        }
        if let key = record.contact { hangupRequestedWhileLeaving(key, position, into: &events) }
    }

    private mutating func ended(_ id: ChannelID, _ position: DialplanPosition, at now: Moment, into events: inout [CallEvent]) {
        guard let record = channels[id] else { return }
        if let key = record.contact { endContact(key, at: now, lost: false, into: &events) }
        if let key = record.agentOf { agentChannelEnded(id, key, at: now, into: &events) }
        channels[id] = nil
        channelsEnded += 1
    }

    private mutating func endContact(_ key: ContactKey, at now: Moment, lost: Bool, into events: inout [CallEvent]) {
        if lost { endVisit(key, .lost, at: now, into: &events) } else { customerEnded(key, at: now, into: &events) }
        for leg in contacts[key]?.legs ?? [] { endLeg(leg.leg.number, of: key, at: now, lost: lost, into: &events) }
        guard let contact = contacts.removeValue(forKey: key)?.contact else { return }
        channels[contact.channel]?.contact = nil
        events.append(.contactEnded(key, now, lost: lost))
    }

    // MARK: bridges

    private mutating func entered(
        _ bridge: BridgeID, _ id: ChannelID, replacing: ChannelID?, at now: Moment, into events: inout [CallEvent]
    ) {
        if let replacing, !takeOver(id, from: replacing) { swaps += 1 }
        guard channels[id] != nil else { return }
        channels[id]?.bridge = bridge
        if let key = channels[id]?.contact {
            for leg in contacts[key]?.legs ?? [] where channels[leg.leg.channel]?.bridge == bridge {
                join(leg, of: key, at: now, into: &events)
            }
        }
        if let key = channels[id]?.agentOf, let contact = contacts[key], channels[contact.contact.channel]?.bridge == bridge,
            let leg = contact.legs.first(where: { $0.leg.channel == id })
        {
            join(leg, of: key, at: now, into: &events)
        }
    }

    private mutating func join(_ leg: LegInProgress, of key: ContactKey, at now: Moment, into events: inout [CallEvent]) {
        if leg.leg.established == nil {
            establish(leg.leg.number, of: key, at: now, into: &events)
        } else {
            rejoin(leg.leg.number, of: key, at: now, into: &events)
        }
    }

    /// Local optimisation: the real channel takes the part of the Local half that it replaces. False: it is another kind of swap.
    private mutating func takeOver(_ id: ChannelID, from replaced: ChannelID) -> Bool {
        guard let half = channels[replaced], half.isLocal, let record = channels[id], record.contact == nil, record.agentOf == nil else {
            return false
        }
        if let key = half.agentOf, let index = contacts[key]?.legs.firstIndex(where: { $0.leg.channel == replaced }) {
            contacts[key]?.legs[index].leg.channel = id
            channels[id]?.agentOf = key
            channels[replaced]?.agentOf = nil
        }
        if let key = half.contact {
            contacts[key]?.contact.channel = id
            channels[id]?.contact = key
            channels[replaced]?.contact = nil
        }
        return true
    }

    private mutating func left(_ bridge: BridgeID, _ id: ChannelID, at now: Moment, into events: inout [CallEvent]) {
        guard let record = channels[id], record.bridge == bridge else { return }
        channels[id]?.bridge = nil
        if let key = record.contact {
            for leg in contacts[key]?.legs ?? [] where leg.leg.established != nil {
                part(leg.leg.number, of: key, byCustomer: true, at: now, into: &events)
            }
        }
        if let key = record.agentOf, let leg = contacts[key]?.legs.first(where: { $0.leg.channel == id && $0.leg.established != nil }) {
            part(leg.leg.number, of: key, byCustomer: false, at: now, into: &events)
        }
    }
}
