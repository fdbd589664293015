/// What a switch tells us, in our words. Each dialect is translated once, at the border (`Switches`); nothing beyond it knows a header name.
public enum SwitchEvent: Equatable, Sendable {
    // MARK: channels

    /// A leg came into being.
    case channelCreated(Channel)
    /// The caller's number or name became known better.
    case callerIdentified(ChannelID, CallerID)
    /// A side asked to end its leg: `peer` is the party on the line, otherwise the switch did (dial plan, time-out, management).
    case hangupRequested(ChannelID, byPeer: Bool, DialplanPosition)
    case channelEnded(ChannelID, DialplanPosition)
    /// `replacing` is the channel whose place the new one takes (a swap: transfer, pick-up, optimised Local channel).
    case bridgeEntered(BridgeID, ChannelID, replacing: ChannelID?)
    case bridgeLeft(BridgeID, ChannelID)
    /// This channel put the other side on hold.
    case held(ChannelID)
    case retrieved(ChannelID)
    /// This channel's party handed its conversation to somebody else, and is out of it. `second` is the party's other channel, that of the
    /// consultation, in an attended transfer: where it waits in a queue, the one who was handed over takes its place there.
    case transferred(ChannelID, second: ChannelID?)
    /// An attempt to reach a device ended, perhaps in an answer. It may be told twice.
    case dialEnded(destination: ChannelID, DialStatus)

    // MARK: queues

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
    /// The queue's own account of the end of a conversation: late, early or without channels; used only to corroborate.
    case agentCompleted(QueueName, ChannelID?, AgentRef)
    /// A member's membership as it is now.
    case member(QueueMember)
    case memberRemoved(QueueName, Interface)
    /// A queue exists (inventory).
    case queueDeclared(QueueName)

    // MARK: the link

    /// What follows until ``inventoryEnded`` is everything that there is.
    case inventoryBegan
    case inventoryEnded

    /// The switch is about to stop, or has been started again: nothing of before lives on.
    case restarting
    case booted
}

/// A snapshot of a leg as it is created.
public struct Channel: Equatable, Sendable {
    public var id: ChannelID
    public var call: CallID
    public var name: String
    public var caller: CallerID
    /// The number that was dialled, on a caller's leg.
    public var called: String

    public init(id: ChannelID, call: CallID, name: String, caller: CallerID, called: String) {
        self.id = id
        self.call = call
        self.name = name
        self.caller = caller
        self.called = called
    }
}

/// What the network says about the caller, not yet interpreted. Empty means that it said nothing.
public struct CallerID: Equatable, Hashable, Sendable {
    public var number: String
    public var name: String

    public init(number: String, name: String) {
        self.number = number
        self.name = name
    }
}

/// Where in the dial plan a channel is. Two equal positions around a hang-up mean that the channel never left the application (§ `Calls`).
public struct DialplanPosition: Equatable, Sendable {
    public var context: String
    public var exten: String
    public var priority: String

    public init(context: String = "", exten: String = "", priority: String = "") {
        self.context = context
        self.exten = exten
        self.priority = priority
    }
}

/// How an attempt to reach a device ended. Unknown words count as `noAnswer`.
public enum DialStatus: Equatable, Sendable { case answered, busy, noAnswer, cancelled, unreachable }

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
    public enum Device: Int, Sendable {
        case unknown = 0, notInUse, inUse, busy, invalid, unavailable, ringing, ringingInUse, onHold
    }

    public var queue: QueueName
    public var agent: AgentRef
    public var device: Device
    public var isPaused: Bool
    public var pauseReason: String
    /// Whether the member is in a call of *this* queue; nil where the switch does not say.
    public var inCall: Bool?
    /// The member's own wrap-up time; zero where the queue's applies, which the switch does not tell.
    public var wrapUp: Span

    public init(
        queue: QueueName, agent: AgentRef, device: Device, isPaused: Bool, pauseReason: String, inCall: Bool? = nil, wrapUp: Span = .zero
    ) {
        self.queue = queue
        self.agent = agent
        self.device = device
        self.isPaused = isPaused
        self.pauseReason = pauseReason
        self.inCall = inCall
        self.wrapUp = wrapUp
    }
}
