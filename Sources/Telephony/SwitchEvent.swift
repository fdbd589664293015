import Time

/// What a switch reports, in our words. Each dialect is translated once, in `Switches`; no other target knows its
/// header names.
public enum SwitchEvent: Equatable, Sendable {
    // MARK: channels

    /// A leg was created.
    case channelCreated(Channel)
    /// The far end of this leg calls us. Some technologies report this later: a moment after the leg was created, or
    /// many digits later.
    case channelRang(Channel)
    /// The leg is up. A leg that is up without having been rung by us calls us.
    case channelUp(Channel)
    /// What the caller on this leg dialled, where it was not known from the beginning.
    case numberDialled(ChannelID, String)
    /// The leg belongs to another call from now on. Asterisk's Linkedid may change at any time, without an event of its
    /// own.
    case callChanged(ChannelID, CallID)
    /// Two halves of a Local channel: what enters one comes out of the other.
    case localPaired(ChannelID, ChannelID)
    /// A device is being rung. The source is nil if no leg causes it (click-to-dial, a recall); `number` is what was
    /// dialled.
    case dialBegan(source: ChannelID?, Channel, number: String)
    /// The caller's number or name became known, or better known.
    case callerIdentified(ChannelID, CallerID)
    /// A side asked to end its leg: with `byPeer` the party on the line, otherwise the switch (dial plan, time-out,
    /// management). `isBusy`: the device reports busy, or rejects the call.
    case hangupRequested(ChannelID, byPeer: Bool, DialplanPosition, isBusy: Bool = false)
    case channelEnded(ChannelID, DialplanPosition)
    /// `replacing` is the channel whose place the new one takes (a swap: transfer, pick-up, optimised Local channel).
    case bridgeEntered(BridgeID, BridgeKind, Channel, replacing: ChannelID?)
    case bridgeLeft(BridgeID, ChannelID)
    /// This channel put the other side on hold.
    case held(ChannelID)
    case retrieved(ChannelID)
    /// This channel's party handed its conversation over and left it. In an attended transfer `second` is the party's
    /// other channel, that of the consultation. If that one waits in a queue, the person who was handed over takes its
    /// place there.
    case transferred(ChannelID, second: ChannelID?)
    /// The picker answers for a phone that was ringing, whose leg is `target`.
    case pickedUp(picker: ChannelID, target: ChannelID)
    /// The leg waits in a parking lot.
    case parked(ChannelID)
    /// The leg left the parking lot; `retriever` is the leg that took it, if any.
    case unparked(ChannelID, retriever: ChannelID?)
    /// This leg listens to others (ChanSpy): it takes part in no conversation.
    case spying(ChannelID)
    /// This leg is in a conference and takes no part in it, or does so again: it hears music until a marked member
    /// comes, or joined muted.
    case silenced(ChannelID, Bool)
    /// The caller answered the survey after the call.
    case surveyAnswered(ChannelID, String)
    /// An attempt to reach a device ended, perhaps with an answer. It may be reported twice. The source is nil where
    /// ``dialBegan`` has none, and where the switch does not report it.
    case dialEnded(source: ChannelID? = nil, destination: ChannelID, DialStatus)

    // MARK: queues

    /// The dial plan sends the caller to this queue. Whether the queue lets the caller in is not known yet.
    case queueTried(QueueName, ChannelID)
    case queueJoined(QueueName, ChannelID, CallerID, position: Int, DialplanPosition)
    /// The caller left the queue's list, for whatever reason: a connected caller leaves it, too.
    case queueLeft(QueueName, ChannelID, DialplanPosition)
    /// Asterisk's `QueueCallerAbandon`. It comes **not only** for a caller who gave up, but also for time-out, empty
    /// queue and withdrawal.
    case queueAbandoned(QueueName, ChannelID, DialplanPosition)
    /// The dial plan reported how the queue ended for this caller (Asterisk's `QUEUESTATUS`). The queue is nil where
    /// the dial plan does not know its name.
    case queueStatus(ChannelID, QueueName?, QueueStatus)
    /// The inventory after a connection lists this caller, who has been waiting for `wait`.
    case queueEntryFound(QueueName, ChannelID, CallerID, position: Int, wait: Span)

    // MARK: agents

    case agentCalled(QueueName, ChannelID, AgentRef, destination: ChannelID)
    /// The member's phone did not answer, or was busy, refused or unreachable: Asterisk does not distinguish them here.
    case agentRangNoAnswer(QueueName, ChannelID, AgentRef, destination: ChannelID?)
    case agentConnected(QueueName, ChannelID, AgentRef, destination: ChannelID)
    /// The agent hung up during the announcement to the agent; the caller goes on waiting.
    case agentDumped(QueueName, ChannelID, AgentRef, destination: ChannelID)
    /// The queue's own account of the end of a conversation. It comes late, early or without channels, and is used only
    /// as corroboration.
    case agentCompleted(QueueName, ChannelID?, AgentRef)
    /// A member's present state in one queue.
    case member(QueueMember)
    /// `of` is the agent's own interface, where the member's is another interface of the same person.
    case memberRemoved(QueueName, Interface, of: Interface? = nil)
    /// A queue exists (inventory).
    case queueDeclared(QueueName)

    // MARK: the link

    /// The events from here to ``inventoryEnded(hasChannels:hasQueues:)`` list everything that exists.
    case inventoryBegan
    /// A leg that exists: its bridge, if any; its queue, if any; and how long ago it was created.
    case channelFound(Channel, bridge: BridgeID?, queue: QueueName?, age: Span)
    case bridgeFound(BridgeID, BridgeKind)
    /// The list of legs did not end and was given up. Legs that only this list named may not exist.
    case channelListGivenUp
    /// Without `hasChannels` the switch did not list the legs (no right to ask): only queues and members were listed.
    /// Without `hasQueues` the list of queues is missing or incomplete.
    case inventoryEnded(hasChannels: Bool, hasQueues: Bool)

    /// The switch's clock was set: durations across this moment are wrong.
    case clockStepped
    /// The date of an event of this channel is not credible: our own clock was used.
    case misdated(ChannelID)
    /// The switch is about to stop, or was started again: nothing earlier lives on.
    case restarting
    /// `uptime` is the switch's own, if it reports it.
    case booted(uptime: Span?)
}

/// A snapshot of a leg.
public struct Channel: Codable, Equatable, Sendable {
    /// What is at the other end. `Switches` decides it: only a dialect knows its channels' names.
    public enum Kind: String, Codable, Equatable, Sendable {
        /// A line to the outside: a customer, or somebody outside who was called.
        case line
        /// A device of ours.
        case phone
        /// Half of a pair that a switch makes to reach a dial plan, or another leg of its own making (an announcement,
        /// a recording, a voice bot's audio). Nobody is at its other end.
        case local
    }

    public var id: ChannelID
    public var call: CallID
    public var name: String
    public var caller: CallerID
    /// The number that was dialled, on a caller's leg.
    public var called: String
    public var kind: Kind
    /// The far end calls us; otherwise we call it.
    public var isIncoming: Bool
    /// The device at the other end, named as a queue names its member.
    public var device: Interface
    /// On a leg that is dialled: it was dialled by the device's own name, and not for a number behind it. nil if not
    /// reported.
    public var isDialledByName: Bool?
    /// It enters a conference in which it takes no part; see ``SwitchEvent/silenced(_:_:)``. nil if not reported.
    public var isSilent: Bool?

    public init(
        id: ChannelID, call: CallID, name: String, caller: CallerID = CallerID(number: "", name: ""),
        called: String = "",
        kind: Kind = .line, isIncoming: Bool = true, device: Interface? = nil
    ) {
        self.id = id
        self.call = call
        self.name = name
        self.caller = caller
        self.called = called
        self.kind = kind
        self.isIncoming = isIncoming
        self.device = device ?? Interface(name)
    }
}

/// What the channels in one bridge have in common.
public enum BridgeKind: String, Codable, Equatable, Sendable {
    /// They talk.
    case conversation
    /// They talk, and may be strangers: a conference room does not join calls.
    case conference
    /// Each waits alone (queue music, agents of a pool).
    case holding
    /// Each waits alone until somebody takes the call.
    case parking

    public var joinsVoices: Bool { self == .conversation || self == .conference }
}

/// What the network says about the caller, not interpreted. Empty if the network said nothing.
public struct CallerID: Codable, Hashable, Sendable {
    public var number: String
    public var name: String

    public init(number: String, name: String) {
        self.number = number
        self.name = name
    }

    /// The caller's name for people. nil where the name is a placeholder (`Anonymous`, `unavailable`, `0`): the words
    /// of ``PlaceholderNumber`` occur in names, too.
    public var shownName: String? { name.isEmpty || PlaceholderNumber(name) != nil ? nil : name }

    /// A caller who withholds the number, whatever number the network passed on.
    public static let withheld = CallerID(number: "anonymous", name: "")
}

/// A channel's position in the dial plan. Two equal positions around a hang-up mean that the channel never left the
/// application (see `Calls`).
public struct DialplanPosition: Codable, Equatable, Sendable {
    public var context: String
    public var exten: String
    public var priority: String

    public init(context: String = "", exten: String = "", priority: String = "") {
        self.context = context
        self.exten = exten
        self.priority = priority
    }
}

/// How an attempt to reach a device ended. Unknown statuses count as `noAnswer`. `forwarded`: the device named another
/// number, which the switch dials through a Local channel.
public enum DialStatus: Equatable, Sendable {
    case answered, busy, noAnswer, cancelled, unreachable, forwarded(to: String)
}

/// Why `Queue()` returned the caller to the dial plan (Asterisk's `QUEUESTATUS`).
public enum QueueStatus: String, Equatable, Sendable {
    case timeout = "TIMEOUT"
    case full = "FULL"
    case joinEmpty = "JOINEMPTY"
    case leaveEmpty = "LEAVEEMPTY"
    case joinUnavailable = "JOINUNAVAIL"
    case leaveUnavailable = "LEAVEUNAVAIL"
    case continued = "CONTINUE"
    case withdrawn = "WITHDRAW"

    /// The caller was never in the queue.
    public var isRefusal: Bool { self == .full || self == .joinEmpty || self == .joinUnavailable }
}

/// A member of a queue as it is at this moment.
public struct QueueMember: Equatable, Sendable {
    /// Asterisk's device states (`Status` of the member events).
    public enum Device: Int, Codable, Sendable {
        case unknown = 0, notInUse, inUse, busy, invalid, unavailable, ringing, ringingInUse, onHold
    }

    public var queue: QueueName
    public var agent: AgentRef
    /// The interface that the queue rings, where it is not the agent's own; nil otherwise.
    public var seat: Interface?
    public var device: Device
    public var isPaused: Bool
    public var pauseReason: String
    /// Whether the member is in a call of *this* queue; nil if the switch does not report it.
    public var inCall: Bool?
    /// The member's own wrap-up time. Zero means that the queue's applies, which the switch does not report.
    public var wrapUp: Span
    /// The device whose state counts for the member; nil means the interface itself.
    public var stateInterface: Interface?

    public init(
        queue: QueueName, agent: AgentRef, device: Device, isPaused: Bool, pauseReason: String, inCall: Bool? = nil,
        wrapUp: Span = .zero,
        stateInterface: Interface? = nil
    ) {
        self.queue = queue
        self.agent = agent
        self.device = device
        self.isPaused = isPaused
        self.pauseReason = pauseReason
        self.inCall = inCall
        self.wrapUp = wrapUp
        self.stateInterface = stateInterface
    }

    /// Only the dial plan is asked for its state, and a Local channel is never in use.
    public var isStateless: Bool {
        (seat ?? agent.interface).dialPlanPlace != nil && stateInterface.map { $0.dialPlanPlace != nil } ?? true
    }
}
