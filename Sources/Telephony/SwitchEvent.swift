import Time

/// What a switch tells us, in our words. Each dialect is translated once, at the border (`Switches`); nothing beyond it knows a header name.
public enum SwitchEvent: Equatable, Sendable {
    // MARK: channels

    /// A leg came into being.
    case channelCreated(Channel)
    /// The far end of this leg calls us. Some technologies say so only now, a moment after the leg came into being or many digits later.
    case channelRang(Channel)
    /// The leg is up. Who is up without having been rung by us calls us.
    case channelUp(Channel)
    /// What the caller on this leg dialled, where it was not known from the beginning.
    case numberDialled(ChannelID, String)
    /// The leg belongs to another call from now on: Asterisk's Linkedid may change at any time, and no event of its own says so.
    case callChanged(ChannelID, CallID)
    /// Two halves of a Local channel: what enters one comes out of the other.
    case localPaired(ChannelID, ChannelID)
    /// A device is being rung. The source is absent where nobody's leg does it (click-to-dial, a recall); `number` is what was dialled.
    case dialBegan(source: ChannelID?, Channel, number: String)
    /// The caller's number or name became known better.
    case callerIdentified(ChannelID, CallerID)
    /// A side asked to end its leg: `peer` is the party on the line, otherwise the switch did (dial plan, time-out, management).
    /// `isBusy`: the device says that it is busy, or will not take the call.
    case hangupRequested(ChannelID, byPeer: Bool, DialplanPosition, isBusy: Bool = false)
    case channelEnded(ChannelID, DialplanPosition)
    /// `replacing` is the channel whose place the new one takes (a swap: transfer, pick-up, optimised Local channel).
    case bridgeEntered(BridgeID, BridgeKind, Channel, replacing: ChannelID?)
    case bridgeLeft(BridgeID, ChannelID)
    /// This channel put the other side on hold.
    case held(ChannelID)
    case retrieved(ChannelID)
    /// This channel's party handed its conversation to somebody else, and is out of it. `second` is the party's other channel, that of the
    /// consultation, in an attended transfer: where it waits in a queue, the one who was handed over takes its place there.
    case transferred(ChannelID, second: ChannelID?)
    /// The picker answers for a phone that was ringing, whose leg is `target`.
    case pickedUp(picker: ChannelID, target: ChannelID)
    /// The leg waits in a parking lot.
    case parked(ChannelID)
    /// Out of the parking lot; by whom, where somebody took it.
    case unparked(ChannelID, retriever: ChannelID?)
    /// This leg listens to others (ChanSpy): it takes part in no conversation.
    case spying(ChannelID)
    /// The caller answered the survey after the call.
    case surveyAnswered(ChannelID, String)
    /// An attempt to reach a device ended, perhaps in an answer. It may be told twice. The source is absent where ``dialBegan`` has none, and where
    /// the switch does not say it.
    case dialEnded(source: ChannelID? = nil, destination: ChannelID, DialStatus)

    // MARK: queues

    /// The dial plan sends the caller to this queue; whether it lets the caller in is not said yet.
    case queueTried(QueueName, ChannelID)
    case queueJoined(QueueName, ChannelID, CallerID, position: Int, DialplanPosition)
    /// The caller is no longer in the queue's list, for whatever reason: connected ones leave it, too.
    case queueLeft(QueueName, ChannelID, DialplanPosition)
    /// Asterisk's `QueueCallerAbandon`: **not** only a caller who gave up; also time-out, empty queue and withdrawal.
    case queueAbandoned(QueueName, ChannelID, DialplanPosition)
    /// The dial plan told how the queue ended for this caller (Asterisk's `QUEUESTATUS`); the queue's name may be unknown to it.
    case queueStatus(ChannelID, QueueName?, QueueStatus)
    /// Found in the inventory after a connection: this caller has been waiting for `wait`.
    case queueEntryFound(QueueName, ChannelID, CallerID, position: Int, wait: Span)

    // MARK: agents

    case agentCalled(QueueName, ChannelID, AgentRef, destination: ChannelID)
    /// The member's phone was not answered (or busy, refused, unreachable: Asterisk does not tell them apart here).
    case agentRangNoAnswer(QueueName, ChannelID, AgentRef, destination: ChannelID?)
    case agentConnected(QueueName, ChannelID, AgentRef, destination: ChannelID)
    /// The agent hung up during the announcement to the agent; the caller waits on.
    case agentDumped(QueueName, ChannelID, AgentRef, destination: ChannelID)
    /// The queue's own account of the end of a conversation: late, early or without channels; used only to corroborate.
    case agentCompleted(QueueName, ChannelID?, AgentRef)
    /// A member's membership as it is now.
    case member(QueueMember)
    /// `of`: the agent's own interface, where the member's is another of the same person.
    case memberRemoved(QueueName, Interface, of: Interface? = nil)
    /// A queue exists (inventory).
    case queueDeclared(QueueName)

    // MARK: the link

    /// What follows until ``inventoryEnded(hasChannels:hasQueues:)`` is everything that there is.
    case inventoryBegan
    /// A leg that lives: in which bridge, if any; the queue that it is in, if any; how long ago it came into being.
    case channelFound(Channel, bridge: BridgeID?, queue: QueueName?, age: Span)
    case bridgeFound(BridgeID, BridgeKind)
    /// The list of legs did not end and was given up: what it named, and nothing else, may not exist.
    case channelListGivenUp
    /// Without `hasChannels` the switch did not tell which legs live (no right to ask): only queues and members were told.
    /// Without `hasQueues` the queues, if any were told, are not all.
    case inventoryEnded(hasChannels: Bool, hasQueues: Bool)

    /// The switch's clock was set: durations across this moment are wrong.
    case clockStepped
    /// The date that an event of this channel carried is not believed: ours was taken.
    case misdated(ChannelID)
    /// The switch is about to stop, or has been started again: nothing of before lives on.
    case restarting
    /// `uptime` is the switch's own, where it tells it.
    case booted(uptime: Span?)
}

/// A snapshot of a leg.
public struct Channel: Codable, Equatable, Sendable {
    /// Who is at the other end. Decided at the border: only a dialect knows its channels' names.
    public enum Kind: String, Codable, Equatable, Sendable {
        /// A line to the outside: a customer, or somebody who was called outside.
        case line
        /// A device of ours.
        case phone
        /// Half of a pair that a switch makes to reach a dial plan, or another leg of its own making (an announcement, a recording, a voice robot's sound):
        /// nobody is at its other end.
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
    /// The device at the other end, as a queue would name it as a member.
    public var device: Interface
    /// On a leg that is dialled: by the device's own name, and not for a number behind it. nil where that is not told.
    public var isDialledByName: Bool?

    public init(
        id: ChannelID, call: CallID, name: String, caller: CallerID = CallerID(number: "", name: ""), called: String = "",
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

/// What those in one bridge have in common.
public enum BridgeKind: String, Codable, Equatable, Sendable {
    /// They talk.
    case conversation
    /// They talk, and may be strangers: a conference room joins no calls.
    case conference
    /// Each waits alone (queue music, agents of a pool).
    case holding
    /// Each waits alone until somebody takes it.
    case parking

    public var joinsVoices: Bool { self == .conversation || self == .conference }
}

/// What the network says about the caller, not yet interpreted. Empty means that it said nothing.
public struct CallerID: Codable, Hashable, Sendable {
    public var number: String
    public var name: String

    public init(number: String, name: String) {
        self.number = number
        self.name = name
    }

    /// The caller's name for people; nil where switches and carriers wrote that there is none (`Anonymous`, `unavailable`, `0`): the words of
    /// ``PlaceholderNumber``, which stand in either place.
    public var shownName: String? { name.isEmpty || PlaceholderNumber(name) != nil ? nil : name }

    /// A caller who does not want to be known, whatever number the network passed on.
    public static let withheld = CallerID(number: "anonymous", name: "")
}

/// Where in the dial plan a channel is. Two equal positions around a hang-up mean that the channel never left the application (§ `Calls`).
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

/// How an attempt to reach a device ended. Unknown words count as `noAnswer`; `forwarded`: the device named another number, which the switch dials through a
/// Local channel.
public enum DialStatus: Equatable, Sendable { case answered, busy, noAnswer, cancelled, unreachable, forwarded(to: String) }

/// Why `Queue()` gave the caller back (Asterisk's `QUEUESTATUS`).
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
    /// The interface that the queue rings, where the agent's own is another; nil where they are one.
    public var seat: Interface?
    public var device: Device
    public var isPaused: Bool
    public var pauseReason: String
    /// Whether the member is in a call of *this* queue; nil where the switch does not say.
    public var inCall: Bool?
    /// The member's own wrap-up time; zero where the queue's applies, which the switch does not tell.
    public var wrapUp: Span
    /// The device whose state counts for the member; the interface itself where absent.
    public var stateInterface: Interface?

    public init(
        queue: QueueName, agent: AgentRef, device: Device, isPaused: Bool, pauseReason: String, inCall: Bool? = nil, wrapUp: Span = .zero,
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

    /// Nothing but the dial plan is asked for its state: a Local channel is never in use.
    public var isStateless: Bool {
        (seat ?? agent.interface).dialPlanPlace != nil && stateInterface.map { $0.dialPlanPlace != nil } ?? true
    }
}
