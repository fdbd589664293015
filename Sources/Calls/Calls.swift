import Telephony
import Time

/// Turns the switch's events into what happened to callers: channels → contacts, queue visits and agent legs.
///
/// One value for each switch, since a Uniqueid means something within one switch only. Handlers are idempotent and expect events late, twice or
/// never (`domain.md` §2.1).
///
/// The idea: the switch tells who is in which bridge, and the two halves of which Local channel belong together. From this graph, and from
/// nothing else, follows who hears whom: ``heard(by:)``. A *leg* is an agent's share of the time in which the customer hears the agent, however
/// the two came together: by a queue, a transfer, a pick-up, a parking lot, a conference, an optimised Local channel. So no kind of transfer has
/// code of its own but for what it is called (`Calls+Transfers.swift`).
///
/// | file | subject |
/// |---|---|
/// | `Calls+Channels` | legs of the switch: created, dialled, hung up, remembered for late events |
/// | `Calls+Bridges` | who hears whom, and what changes by it |
/// | `Calls+Contacts` | whose call it is; contacts that turn out to be one |
/// | `Calls+Visits` | how a stay in a queue ends |
/// | `Calls+Outbound` | an agent's call over one line or several |
/// | `Calls+Legs` | an agent's part: ring, talk, end |
/// | `Calls+Hold` | hold and consultation |
/// | `Calls+Transfers` | transfer, pick-up, parking |
/// | `Calls+Inventory` | what is true after a gap |
/// | `Calls+Correction` | the same, a slice at a time |
public struct Calls: Codable, Equatable, Sendable {
    /// A parting that is mended within this time was a swap of channels, and counts as talk. `domain.md` §2.5.
    static let swapTolerance = Span.milliseconds(250)
    /// The time within which a caller who left a queue may still be found to have hung up, or the dial plan tell why. `domain.md` §2.6.
    static let grace = Span.seconds(1)
    /// How long a channel's end is remembered, so that an event that comes after it does not bring it back. `domain.md` §2.1.
    static let remembrance = Span.seconds(120)
    /// A channel whose Hangup we missed would stay for ever: beyond this, new ones are not followed. The largest switches carry some thousands of
    /// channels at a time.
    public static let channelLimit = 20_000
    /// Of these, those that a list may fill: new calls find places while a list names channels that do not exist.
    public static let listedLimit = 15_000
    /// Channels that ended within ``remembrance``, and what one inventory may name: a busy switch has some hundred new channels a second.
    static let memoryLimit = 200_000
    /// Channels that are gone through to find who hears whom: two of the largest conferences, and Local channels between them.
    static let walkLimit = 1_000
    /// Phones that ring for one caller at a time: the largest ringall is a floor of agents.
    static let legLimit = 500
    /// Channels of one telephone that are known as its own.
    static let phoneLimit = 10
    /// Telephones that are known by what rang behind members, and trunks by what was dialled over them.
    static let deviceLimit = 20_000
    /// Channels in one bridge: the largest conference. Beyond it nobody's voice is followed. Of those who wait alone there may be more.
    public static let bridgeLimit = 200
    static let waitingLimit = 500
    /// In so large a conference only who comes or goes is compared with the others: they hear each other as before.
    static let crowd = 32

    var channels: [ChannelID: ChannelRecord] = [:]
    var bridges: [BridgeID: Bridge] = [:]
    var contacts: [ContactKey: ContactRecord] = [:]
    /// The channels of each phone, in order of creation: an agent may have two, one of them for a consultation.
    var phones: [Interface: [ChannelID]] = [:]
    /// Who the agents are, as far as queues told and telephones were seen.
    public internal(set) var members = Roster()
    /// Devices that rang behind a queue's member and were dialled by name: telephones of ours, whatever they are called. (Absent in older checkpoints.)
    var handsets: Set<Interface>?
    /// Devices over which a number was dialled: no telephones. (Absent in older checkpoints.)
    var trunks: Set<Interface>?
    /// Channels that ended not long ago.
    var ended: Set<ChannelID> = []
    var endings = Deadlines<ChannelID>()
    /// Visits in `leaving`, by the end of their grace.
    var graces = Deadlines<Grace>()
    /// Legs in ``LegInProgress/parted``, by the end of the tolerance.
    var partings = Deadlines<Parting>()
    var nextContact: UInt64 = 1
    var nextVisit: UInt64 = 1
    var nextLeg: UInt64 = 1
    /// Contacts before this one have been told already that the switch's clock was set. (Absent in checkpoints of before.)
    var steppedBefore: UInt64?
    /// Since when the link has been gone; nil while it holds.
    var linkLostAt: Moment?
    /// Since when it has been gone for the last time, where it came back meanwhile and was lost before the lists had ended.
    var linkLostAgainAt: Moment?
    var inventory: Inventory?
    /// What the end of an inventory changes and has not changed yet. (Absent in checkpoints of before.)
    var correction: Correction?
    /// What the last inventory showed to be gone is not all ended yet.
    public var isCorrecting: Bool { correction != nil }
    /// Channels are put where the inventory says that they are.
    var isPlacing = false
    /// What is heard now may have begun in a gap: when, nobody knows.
    var isInferring: Bool { isPlacing || linkLostAt != nil }
    /// What was numbered below these was known when the link was lost (for the last time). The instants of events cannot tell it: they lie on the switch's
    /// clock, and on ours they are late by as much as the first event was. (Absent in checkpoints of before.)
    var numbersAtLoss: Numbers?

    struct Numbers: Codable, Equatable, Sendable { var contact, visit, leg: UInt64 }

    /// Between the login and the end of the inventory: what was true before the gap need not be so any more, and nothing has said that it is.
    private func isFromBeforeGap(_ moment: Moment) -> Bool { (linkLostAgainAt ?? linkLostAt).map { moment.uptime <= $0.uptime } ?? false }
    func isFromBeforeGap(_ contact: Contact) -> Bool {
        isFromBeforeGap(contact.arrived) || linkLostAt != nil && numbersAtLoss.map { contact.key.number < $0.contact } == true
    }
    func isFromBeforeGap(_ visit: QueueVisit) -> Bool {
        isFromBeforeGap(visit.joined) || linkLostAt != nil && numbersAtLoss.map { visit.number < $0.visit } == true
    }
    func isFromBeforeGap(_ leg: AgentLeg) -> Bool {
        // One whose conversation was joined since is partial.
        isFromBeforeGap(leg.established ?? leg.alerted)
            || linkLostAt != nil && !leg.isPartial && numbersAtLoss.map { leg.number < $0.leg } == true
    }
    /// What the input in hand has led to so far.
    var events = CallEventSink()
    /// When the event in hand was heard, by our own clock.
    var heardAt = Span.zero

    /// Channels that we saw to their end.
    public internal(set) var channelsEnded = 0
    /// Channels not followed because there were too many, or too many in one bridge.
    public internal(set) var channelsRefused = 0

    /// Channels that were lost because another came into being under their Uniqueid. (Absent in checkpoints of before.)
    var channelsReused: Int?
    public var channelsReplaced: Int { channelsReused ?? 0 }

    public init() {}

    public var channelCount: Int { channels.count }

    /// What the event means, appended to `buffer` in order. `now` is the event's own instant, by the switch's clock; `heardAt` our uptime, where that is another.
    public mutating func handle(_ event: SwitchEvent, at now: Moment, heardAt: Span? = nil, into buffer: inout [CallEvent]) {
        events.exchange(with: &buffer)
        defer { events.exchange(with: &buffer) }
        self.heardAt = heardAt ?? now.uptime
        while let grace = graces.take(before: now.uptime) { decided(grace) }
        while let parting = partings.take(before: now.uptime) { decided(parting) }
        if inventory != nil { noteAlive(event) }
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
            if inventory.map({ $0.kinds.count < Self.channelLimit }) == true { inventory!.kinds[id] = kind }
        case .inventoryEnded(let hasChannels, let hasQueues):
            inventoryEnded(hasChannels: hasChannels, hasQueues: hasQueues, at: now)
        case .clockStepped:
            // Once for each contact: a clock that is set again and again makes the open ones no more wrong.
            let first = steppedBefore ?? 1
            let begun =
                nextContact - first < contacts.count
                ? (first..<nextContact).map { ContactKey($0) }.filter { contacts[$0] != nil } : openContacts.filter { $0.number >= first }
            for key in begun { events.append(.clockStepped(key)) }
            steppedBefore = nextContact
        case .misdated(let id):
            let record = channels[id]
            for key in record.map({ ($0.contact.map { [$0] } ?? []) + $0.legs }) ?? [] { events.append(.clockStepped(key)) }
        case .agentCompleted(let queue, let id, let agent): completed(queue, id, agent, at: now)
        case .queueDeclared, .restarting, .booted: break
        }
    }

    /// When to call ``deadlineReached(at:into:)``, in our uptime.
    public var nextDeadline: Span? {
        var next = correction?.due
        if let grace = graces.next { next = next.map { min($0, grace) } ?? grace }
        if let parting = partings.next { next = next.map { min($0, parting) } ?? parting }
        return next
    }

    public mutating func deadlineReached(at now: Moment, into buffer: inout [CallEvent]) {
        events.exchange(with: &buffer)
        defer { events.exchange(with: &buffer) }
        while let grace = graces.take(at: now.uptime) { decided(grace) }
        while let parting = partings.take(at: now.uptime) { decided(parting) }
        if let due = correction?.due, due <= now.uptime { correct(at: now) }
    }

    var openContacts: [ContactKey] { contacts.keys.sorted { $0.number < $1.number } }

    /// Publishes what the roster has learnt. Where two agents turn out to be one, what is under way is that one's.
    mutating func membersChanged(_ changes: [CallEvent]) {
        events.append(contentsOf: changes)
        for case .agentBecame(let before, let agent) in changes { rename(before, to: agent.interface) }
    }

    /// An agent is known by another interface.
    public mutating func rename(_ before: Interface, to now: Interface) {
        for key in contacts.keys {
            for index in contacts[key]!.legs.indices { contacts[key]!.legs[index].leg.rename(before, to: now) }
            for index in contacts[key]!.forwarding.indices { contacts[key]!.forwarding[index].rename(before, to: now) }
        }
    }

    /// What the configuration says about who is who. To be called after decoding.
    public mutating func apply(agents: [Interface: Interface]) { members.apply(agents) }

    /// The leg with the names that queues have told since it began.
    func named(_ leg: AgentLeg) -> AgentLeg {
        func named(_ agent: AgentRef) -> AgentRef { agent.isNameless ? members.shown(members.person(of: agent.interface)) : agent }
        var leg = leg
        leg.agent = named(leg.agent)
        leg.speaker = named(leg.speaker)
        return leg
    }

    /// Whoever is behind a device.
    func agent(behind device: Interface) -> AgentRef { members.agent(behind: device) }
}

extension Calls {
    /// A visit in `leaving`, until it is decided how it ended.
    struct Grace: Codable, Equatable, Sendable {
        var contact: ContactKey
        var visit: UInt64
    }

    /// A leg that is ``LegInProgress/parted``, until it is decided what that means.
    struct Parting: Codable, Equatable, Sendable {
        var contact: ContactKey
        var leg: UInt64
        var parted: Moment
    }

    /// What we know of one leg while it lives.
    struct ChannelRecord: Codable, Equatable, Sendable {
        var snapshot: Channel
        var created: Moment
        /// Created before our eyes; otherwise we came in the middle.
        var isWhole = false
        /// A list named it first, after a gap: when it began to ring, and for whom, was not told. nil as false, for older checkpoints.
        var isListed: Bool?
        /// The other half of a Local channel.
        var partner: ChannelID?
        /// Whose leg had this one dialled.
        var dialler: ChannelID?
        /// Whose leg had it dialled before: the phone rings on, for another.
        var diallerBefore: ChannelID?
        /// Whom it has had dialled, and who is still there.
        var dials: [ChannelID] = []
        /// The phones' channels that the switch made for its call.
        var made: [ChannelID]?
        /// Since when it has been rung.
        var dialled: Moment?
        var answered: Moment?
        var bridge: BridgeID?
        /// When the party on the line asked to end it.
        var peerHangup: Moment?
        /// The device was busy, or would not take the call.
        var isBusy = false
        /// The queue that the dial plan sent it to last.
        var triedQueue: QueueName?
        /// The switch asked to end it before.
        var switchHangup = false
        /// The contact whose customer's side this is.
        var contact: ContactKey?
        /// The contacts for which this is an agent's leg: more than one in a conference.
        var legs: [ContactKey] = []
        var isSpy = false
        /// The outbound contact for which this phone calls.
        var calls: ContactKey?
        /// A line that rings beside a colleague's phone: an outbound call only if it answers.
        var isOutboundIfAnswered: Bool?
        /// It took a ringing or parked call.
        var took: AgentLeg.Via?
    }

    struct Bridge: Codable, Equatable, Sendable {
        var kind: BridgeKind
        /// In order of entering.
        var members: [ChannelID] = []
    }

    struct ContactRecord: Codable, Equatable, Sendable {
        var contact: Contact
        /// Where the customer is: the contact's channel, or what took its place.
        var anchor: ChannelID
        /// Every channel that is the customer's side of this contact.
        var sides: [ChannelID]
        var visit: VisitInProgress?
        /// Ringing, talking or parked now, in the order in which they were called.
        var legs: [LegInProgress] = []
        /// An agent has talked with the customer.
        var wasEstablished = false
        /// The queue before let the customer go, and no agent has talked with the customer since.
        var hasFlowedOut = false
        var isParked = false
        /// Members whose phones sent the caller on to another number that is not dialled yet.
        var forwarding: [AgentLeg] = []
        var conferencedWith: [ContactKey] = []
        var lastEnder: AgentLeg.Ender?
        /// A visit or a leg of it was, and says so. nil as false, for older checkpoints.
        var isEstimated: Bool?
        /// The phone that calls the customer.
        var calledBy: ChannelID?
        var failed: FailedLine?

        var isLeaving: Bool { if case .leaving? = visit?.phase { true } else { false } }
    }

    struct VisitInProgress: Codable, Equatable, Sendable {
        enum Phase: Codable, Equatable, Sendable {
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
        /// Of an agent whom the queue rings by several names: when each was rung, and when the agent last did not answer.
        var rung: [ChannelID: Moment]?
        var noAnswers: [Interface: Moment]?
        /// When a phone that rang for the caller was cancelled, and nobody had answered.
        var cutShort: Moment?

        /// The caller is no longer where it joined, as far as both places are known.
        func isElsewhere(_ place: DialplanPosition) -> Bool { position.map { $0 != place && !visit.isPartial } ?? false }
    }

    struct LegInProgress: Codable, Equatable, Sendable {
        var leg: AgentLeg
        /// The channel by which the switch names this leg: a Local half, where the voice is on a phone behind it.
        var named: ChannelID
        var isAnswered = false
        /// What the queue rang, where a queue did.
        var seat: AgentRef?
        /// Telephones that were rung or answered behind it, in order; two are enough.
        var telephones: [Interface]?
        /// When the switch cancelled it, while it is not known why.
        var cancelled: Moment?
        /// The member's phone sent the caller on: somebody else speaks.
        var isForwarded = false
        /// Since when the two no longer hear each other, while it is not known what that means.
        var parted: Moment?
        /// The bridge in which the customer was left.
        var customerStaysIn: BridgeID?
        /// The agent is in another bridge, and the caller waits: hold, not the end.
        var isConsulting = false
        /// The agent handed the caller over; the parting is still to come.
        var isTransferring = false
        /// The agent parked the caller at this moment.
        var parkedSince: Moment?
        /// No hold was told: the agent talks with a third party on another channel of the phone.
        var isHeldSilently = false
        /// The link broke during the hold in hand: when it ended is known only if that is heard.
        var isHoldCut = false
        /// The link broke during the conversation, and since then nothing was told of a hold. nil as false, for older checkpoints.
        var wasUnheard: Bool?

        var isTalking: Bool { leg.established != nil && parkedSince == nil }
    }
}
