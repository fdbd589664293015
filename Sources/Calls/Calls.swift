import Telephony
import Time

/// Turns one switch's events into what happened to its callers: contacts, visits to queues, and agents' legs.
///
/// There is one value for each switch, since a Uniqueid means something within one switch only. Handlers are
/// idempotent: an event may come late, twice or never (`domain.md` §2.1).
///
/// The idea: the switch reports which channels are in which bridge, and which two halves make a Local channel. This
/// graph alone decides who hears whom: ``heard(by:)``. A *leg* is an agent's share of the time in which customer
/// and agent hear each other, however the two came together: by a queue, a transfer, a pick-up, a parking lot, a
/// conference, or an optimised Local channel. So no kind of transfer needs rules of its own, except for its name
/// (`Calls+Transfers.swift`).
///
/// What concerns one part is a method of that part: ``OpenContact``, ``OpenVisit``, ``OpenLeg``. What concerns
/// several stands here:
///
/// | file | subject |
/// |---|---|
/// | `Calls+Channels` | the switch's channels: created, dialled, hung up, remembered for late events |
/// | `Calls+Bridges` | who hears whom, and what changes by it |
/// | `Calls+Conferences` | who only listens in a conference, or waits there |
/// | `Calls+Contacts` | which contact a channel belongs to; contacts that turn out to be one |
/// | `Calls+Visits` | how a visit to a queue ends |
/// | `Calls+Outbound` | an agent's call over one line or several |
/// | `Calls+Ringing` | an agent's phone rings, and stops ringing |
/// | `Calls+Legs` | an agent's conversation: answered, parted, ended |
/// | `Calls+Hold` | hold and consultation |
/// | `Calls+Transfers` | transfer, pick-up, parking |
/// | `Calls+Inventory` | what the switch's lists say after a gap |
/// | `Calls+Correction` | what they change, a slice at a time |
public struct Calls: Codable, Equatable, Sendable {
    /// Two that part and are joined again within this time were swapped, and it counts as talk. `domain.md` §2.5.
    static let swapTolerance = Span.milliseconds(250)
    /// How long the end of a visit may stay undecided: a hang-up may follow, or the dial plan may give the reason.
    /// `domain.md` §2.6.
    static let grace = Span.seconds(1)
    /// How long a channel's end is remembered, so that a later event does not bring it back. `domain.md` §2.1.
    static let remembrance = Span.seconds(120)
    /// A channel whose Hangup we missed would stay for ever, so beyond this, new ones are not followed. The largest
    /// switches carry some thousands of channels at a time.
    public static let channelLimit = 20_000
    /// How many of these a list may fill: new calls find places although a list names channels that do not exist.
    public static let listedLimit = 15_000
    /// Channels that ended within ``remembrance``, and channels that one inventory may name. A busy switch has some
    /// hundred new ones a second.
    static let memoryLimit = 200_000
    /// Channels that are visited to find who hears whom: two of the largest conferences, and Local channels between
    /// them.
    static let walkLimit = 1_000
    /// Phones that ring for one caller at a time: the largest ringall is a floor of agents.
    static let legLimit = 500
    /// Channels of one telephone that are known as its own.
    static let phoneLimit = 10
    /// Telephones that are known because they rang behind members, and trunks because somebody was dialled over them.
    static let deviceLimit = 20_000
    /// Channels in one bridge: the largest conference. Beyond it, nobody else's voice is followed.
    public static let bridgeLimit = 200
    /// Channels in one bridge that joins no voices.
    static let waitingLimit = 500
    /// Channels on the customer's side of one contact.
    static let customerChannelLimit = 64
    /// From this size on, only those who enter or leave a conference are compared with the others, who hear each
    /// other as before.
    static let crowd = 32

    var channels: [ChannelID: Boxed<ChannelRecord>] = [:]
    var bridges: [BridgeID: Bridge] = [:]
    var contacts: [ContactKey: Boxed<OpenContact>] = [:]
    /// The channels of each phone, in order of creation: an agent may have two, one of them for a consultation.
    var phones: [Interface: [ChannelID]] = [:]
    /// Who the agents are, as far as queues reported them and telephones were seen.
    public internal(set) var members = Roster()
    /// Devices that rang behind a queue's member and were dialled by name: telephones of ours, whatever they are
    /// called.
    var handsets: Set<Interface> = []
    /// Devices over which a number was dialled: no telephones.
    var trunks: Set<Interface> = []
    /// Channels that ended not long ago.
    var ended: Set<ChannelID> = []
    var endings = Deadlines<ChannelID>()
    /// Visits that are leaving, by the end of their grace.
    var graces = Deadlines<Grace>()
    /// Legs that are ``OpenLeg/parted`` or ``OpenLeg/cancelled``, by the end of the tolerance.
    var partings = Deadlines<Parting>()
    /// Phones that entered a conference, by the end of the tolerance.
    var entrances = Deadlines<Entrance>()
    var nextContact: UInt64 = 1
    var nextVisit: UInt64 = 1
    var nextLeg: UInt64 = 1
    /// Contacts before this one have already been flagged because the switch's clock was set.
    var steppedBefore: UInt64 = 1
    /// Since when the link has been gone; nil while it holds.
    var linkLostAt: Moment?
    /// Since when it has been gone for the last time, if it came back in between and was lost again before the
    /// lists had ended.
    var linkLostAgainAt: Moment?
    var inventory: Inventory?
    /// What the end of an inventory changes, as far as it is not done yet.
    var correction: Correction?
    /// Whether something that the last inventory showed to be gone is still to be ended.
    public var isCorrecting: Bool { correction != nil }
    /// Channels are being put where the inventory says that they are.
    var isPlacing = false
    /// What is heard now may have begun in a gap, at a moment that nobody knows.
    var isInferring: Bool { isPlacing || linkLostAt != nil }
    /// The next numbers when the link was lost (for the last time): what has a lower one was known before. Moments
    /// cannot show this, because they are the switch's, and on our clock they are late by as much as the first
    /// event was.
    var numbersAtLoss: Numbers?
    /// The events that the input in hand has led to.
    var events = CallEventSink()
    /// When the event in hand was heard, by our own clock.
    var heardAt = Span.zero

    /// Channels that we saw to their end.
    public internal(set) var channelsEnded = 0
    /// Channels not followed because there were too many, or too many in one bridge.
    public internal(set) var channelsRefused = 0
    /// Channels that were lost because another was created under the same Uniqueid.
    public internal(set) var channelsReplaced = 0

    public init() {}

    public var channelCount: Int { channels.count }

    func isKnown(_ id: ChannelID) -> Bool { channels.contains(key: id) }

    // MARK: inputs

    /// Handles an event of the switch.
    ///
    /// - Parameters:
    ///   - now: the event's own moment, by the switch's clock.
    ///   - heardAt: our uptime, where that is another.
    ///   - buffer: what the event means is appended to it, in order.
    public mutating func handle(
        _ event: SwitchEvent, at now: Moment, heardAt: Span? = nil, into buffer: inout [CallEvent]
    ) {
        events.exchange(with: &buffer)
        defer { events.exchange(with: &buffer) }
        self.heardAt = heardAt ?? now.uptime
        while let grace = graces.take(before: now.uptime) { decide(grace) }
        while let parting = partings.take(before: now.uptime) { decide(parting) }
        while let entrance = entrances.take(before: now.uptime) { decide(entrance) }
        // `!= nil` would copy it, at every event.
        if case .some = inventory { noteAlive(event) }
        joinUnseen(by: event)
        switch event {
        case .channelCreated(let channel): created(channel, at: now)
        case .channelRang(let channel): rang(channel, at: now)
        case .channelUp(let channel): up(channel, at: now)
        case .numberDialled(let id, let number): dialled(number, on: id)
        case .callChanged(let id, let call): callChanged(id, call, at: now)
        case .localPaired(let one, let two): paired(one, two, at: now)
        case .dialBegan(let source, let channel, let number): dialBegan(source, channel, number, at: now)
        case .callerIdentified(let id, let caller): identified(id, caller)
        case .hangupRequested(let id, let byPeer, let position, let isBusy):
            hangupRequested(id, byPeer: byPeer, position, isBusy: isBusy, at: now)
        case .queueTried(let queue, let id): channels[id]?.triedQueue = queue
        case .channelEnded(let id, _): channelEnded(id, at: now)
        case .bridgeEntered(let bridge, let kind, let channel, let replacing):
            entered(bridge, kind, channel, replacing: replacing, at: now)
        case .bridgeLeft(let bridge, let id): left(bridge, id, at: now)
        case .held(let id): held(id, at: now)
        case .retrieved(let id): retrieved(id, at: now)
        case .transferred(let id, let second): transferred(id, second: second, at: now)
        case .pickedUp(let picker, let target): pickedUp(picker, target, at: now)
        case .parked(let id): parked(id, at: now)
        case .unparked(let id, let retriever): unparked(id, retriever, at: now)
        case .spying(let id): channels[id]?.isSpy = true
        case .silenced(let id, let isSilent): silenced(id, isSilent, at: now)
        case .surveyAnswered(let id, let answer):
            if let key = channels[id]?.contact { events.append(.surveyAnswered(key, answer)) }
        case .dialEnded(let source, let destination, let status): dialEnded(destination, status, by: source, at: now)
        case .queueJoined(let queue, let id, let caller, let position, let place):
            joined(queue, id, caller, position: position, place, at: now, isPartial: false)
        case .queueEntryFound(let queue, let id, let caller, let position, let wait):
            entryFound(queue, id, caller, position: position, wait: wait, at: now)
        case .queueLeft(let queue, let id, _): left(queue, id, at: now)
        case .queueAbandoned(let queue, let id, let position): abandoned(queue, id, position, at: now)
        case .queueStatus(let id, let queue, let status): queueStatus(id, queue, status, at: now)
        case .agentCalled(let queue, let id, let agent, let destination): called(queue, id, agent, destination, at: now)
        case .agentRangNoAnswer(let queue, let id, let agent, let destination):
            rangNoAnswer(queue, id, agent, destination, at: now)
        case .agentConnected(let queue, let id, let agent, let destination):
            connected(queue, id, agent, destination, at: now)
        case .agentDumped(_, let id, _, let destination): dumped(id, destination, at: now)
        case .member(let member): membersChanged(members.remember(member))
        case .memberRemoved(let queue, let seat, _): members.removed(seat, from: queue)
        case .inventoryBegan: inventoryBegan(at: now)
        case .channelListGivenUp: inventory?.isEndless = true
        case .channelFound(let channel, let bridge, let queue, let age):
            channelFound(channel, bridge, queue, age: age, at: now)
        case .bridgeFound(let id, let kind):
            if let known = inventory?.kinds.count, known < Self.channelLimit { inventory?.kinds[id] = kind }
        case .inventoryEnded(let hasChannels, let hasQueues):
            inventoryEnded(hasChannels: hasChannels, hasQueues: hasQueues, at: now)
        case .clockStepped: clockStepped()
        case .misdated(let id):
            if let key = channels[id]?.contact { events.append(.clockStepped(key)) }
            for key in channels[id]?.legs ?? [] { events.append(.clockStepped(key)) }
        case .agentCompleted(let queue, let id, let agent): completed(queue, id, agent, at: now)
        case .queueDeclared, .restarting, .booted: break
        }
    }

    /// When to call ``deadlineReached(at:into:)``, in our uptime; nil: there is no need.
    public var nextDeadline: Span? {
        var next = correction?.due
        if let grace = graces.next { next = next.map { min($0, grace) } ?? grace }
        if let parting = partings.next { next = next.map { min($0, parting) } ?? parting }
        if let entrance = entrances.next { next = next.map { min($0, entrance) } ?? entrance }
        return next
    }

    /// Decides what has waited long enough. What that means is appended to `buffer`.
    public mutating func deadlineReached(at now: Moment, into buffer: inout [CallEvent]) {
        events.exchange(with: &buffer)
        defer { events.exchange(with: &buffer) }
        while let grace = graces.take(at: now.uptime) { decide(grace) }
        while let parting = partings.take(at: now.uptime) { decide(parting) }
        while let entrance = entrances.take(at: now.uptime) { decide(entrance) }
        if let due = correction?.due, due <= now.uptime { correct(at: now) }
    }

    /// Flags each contact once: a clock that is set again and again makes the open ones no more wrong.
    private mutating func clockStepped() {
        let first = steppedBefore
        let begun =
            nextContact - first < contacts.count
            ? (first..<nextContact).map { ContactKey($0) }.filter { contacts.contains(key: $0) }
            : openContacts.filter { $0.number >= first }
        for key in begun { events.append(.clockStepped(key)) }
        steppedBefore = nextContact
    }

    var openContacts: [ContactKey] { contacts.keys.sorted { $0.number < $1.number } }

    // MARK: agents

    /// Publishes what the roster has learnt. Where two agents turn out to be one, what is under way belongs to that
    /// one.
    mutating func membersChanged(_ changes: [CallEvent]) {
        events.append(contentsOf: changes)
        for case .agentBecame(let before, let agent) in changes { rename(before, to: agent.interface) }
    }

    /// An agent is known by another interface.
    public mutating func rename(_ before: Interface, to now: Interface) {
        for key in contacts.keys { contacts[key]?.value.rename(before, to: now) }
    }

    /// Sets the names under which the configuration knows the agents. To be called after decoding, too.
    public mutating func apply(agents: [Interface: Interface]) { members.apply(agents) }

    /// The leg with the names that queues have reported since it began.
    func withKnownNames(_ leg: AgentLeg) -> AgentLeg {
        func withKnownName(_ agent: AgentRef) -> AgentRef {
            agent.isNameless ? members.shown(members.person(of: agent.interface)) : agent
        }
        var leg = leg
        leg.agent = withKnownName(leg.agent)
        leg.speaker = withKnownName(leg.speaker)
        return leg
    }

    /// The agent at a telephone.
    func agent(behind device: Interface) -> AgentRef { members.agent(behind: device) }
}

// MARK: legs

extension Calls {
    /// Where an open leg is kept. It is valid until a leg of the same contact ends.
    struct LegPlace {
        let contact: ContactKey
        let index: Int
    }

    /// The leg that the switch names by this channel, or whose voice is on it.
    func leg(on channel: ChannelID, of key: ContactKey) -> LegPlace? {
        contacts[key]?.legs.index(on: channel).map { LegPlace(contact: key, index: $0) }
    }

    func leg(_ number: UInt64, of key: ContactKey) -> LegPlace? {
        contacts[key]?.legs.index(of: number).map { LegPlace(contact: key, index: $0) }
    }

    subscript(place: LegPlace) -> OpenLeg {
        get { contacts[place.contact]!.legs[place.index] }
        _modify { yield &contacts[place.contact]!.legs[place.index] }
    }
}

// MARK: before a gap

extension Calls {
    struct Numbers: Codable, Equatable, Sendable { var contact, visit, leg: UInt64 }

    // Between the login and the end of the inventory, what was true before the gap need not be true any more, and
    // nothing has confirmed it.

    private func isFromBeforeGap(_ moment: Moment) -> Bool {
        (linkLostAgainAt ?? linkLostAt).map { moment.uptime <= $0.uptime } ?? false
    }

    func isFromBeforeGap(_ contact: Contact) -> Bool {
        isFromBeforeGap(contact.arrived)
            || linkLostAt != nil && numbersAtLoss.map { contact.key.number < $0.contact } == true
    }

    func isFromBeforeGap(_ visit: QueueVisit) -> Bool {
        isFromBeforeGap(visit.joined) || linkLostAt != nil && numbersAtLoss.map { visit.number < $0.visit } == true
    }

    func isFromBeforeGap(_ leg: AgentLeg) -> Bool {
        // A leg whose conversation was joined since then is partial.
        isFromBeforeGap(leg.established ?? leg.alerted)
            || linkLostAt != nil && !leg.isPartial && numbersAtLoss.map { leg.number < $0.leg } == true
    }
}

extension Calls {
    /// A visit that is leaving, until it is decided how it ended.
    struct Grace: Codable, Equatable, Sendable {
        var contact: ContactKey
        var visit: UInt64
    }

    /// A leg that is ``OpenLeg/parted`` or ``OpenLeg/cancelled``, until it is decided what that means.
    struct Parting: Codable, Equatable, Sendable {
        var contact: ContactKey
        var leg: UInt64
        var parted: Moment
    }

    struct Bridge: Codable, Equatable, Sendable {
        var kind: BridgeKind
        /// In order of entering.
        var members: [ChannelID] = []
    }
}
