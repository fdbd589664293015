import AMI
import Telephony
import Time

/// Asterisk's dialect in our words: one AMI message → at most one ``SwitchEvent``. The only place that knows header
/// names (`domain.md` §1.6–1.8).
public struct AsteriskTranslator: Codable, Equatable, Sendable {
    /// How the dial plan reports what became of a caller after `Queue()`: a `UserEvent` on the caller's channel with
    /// `QUEUESTATUS` in it, e.g. `UserEvent(FineCoda,Coda: ${QUEUENAME},Stato: ${QUEUESTATUS})`. AMI itself never
    /// distinguishes time-out, empty queue and withdrawal.
    public struct QueueStatusNotice: Codable, Equatable, Sendable {
        public var events: [String]
        public var queueHeader: String
        public var statusHeader: String

        public init(
            events: [String] = ["FineCoda", "Overflow"], queueHeader: String = "Coda", statusHeader: String = "Stato"
        ) {
            self.events = events
            self.queueHeader = queueHeader
            self.statusHeader = statusHeader
        }
    }

    /// How the dial plan reports what a caller answered in the survey after the call, e.g. `UserEvent(Sondaggio,Voto:
    /// ${VOTO})`.
    public struct SurveyNotice: Codable, Equatable, Sendable {
        public var event: String
        public var answerHeader: String

        public init(event: String = "Sondaggio", answerHeader: String = "Voto") {
            self.event = event
            self.answerHeader = answerHeader
        }
    }

    private(set) var notice: QueueStatusNotice
    private(set) var survey: SurveyNotice
    private(set) var lines: LineRule
    private(set) var presentation: PresentationNotice
    /// Calls whose identifiers are remembered: only a hostile stream reaches it.
    private static let callLimit = 200_000
    /// As many queues as figures are kept of.
    private static let queueLimit = 5_000

    /// What it has to remember between two messages of one connection.
    struct Memory: Codable, Equatable {
        /// The Linkedid that each channel was last seen with: the switch changes it without an event.
        var calls: [ChannelID: CallID] = [:]
        /// The queues' names as queues.conf writes them, as far as they were reported.
        var queues: Set<QueueName>?
        /// Our uptime at the switch's epoch, from the first event with a `Timestamp`: instants of one switch are only
        /// compared with each other.
        var clockBase: Span?
        /// The same from the last event, if it contradicts ``clockBase``: the next event decides whether the clock was
        /// set or one event was misdated.
        var suspectBase: Span?
        var conferences = Conferences()
    }

    var memory = Memory()

    /// What is at the other end of a channel, by the device's name.
    struct Device: Remembered {
        var name: String
        var kind: Channel.Kind
    }

    /// The call with which a channel was last seen, as in ``Memory/calls``.
    private struct Leg: Remembered {
        var name: String
        var call: String
    }

    // MARK: what saves time, and changes nothing

    var names = NameCache<String>()
    var devices = NameCache<Device>()
    private var legs = NameCache<Leg>()
    /// Names of queues that are known in just this form.
    private var displayForms = NameCache<String>()

    public init(
        notice: QueueStatusNotice = .init(), survey: SurveyNotice = .init(), lines: LineRule = .init(),
        presentation: PresentationNotice = .init()
    ) {
        self.presentation = presentation
        self.notice = notice
        self.survey = survey
        self.lines = lines
    }

    init(_ rules: AsteriskLink.Rules) {
        self.init(
            notice: rules.notice, survey: rules.survey, lines: rules.lines, presentation: rules.presentation ?? .init())
    }

    /// Continues by other rules.
    mutating func adopt(_ rules: AsteriskLink.Rules) {
        let memory = memory
        self = AsteriskTranslator(rules)
        self.memory = memory
    }

    /// No event comes before it happened, and none is old: events wait in buffers for some ten seconds at the very
    /// most, since a switch cuts a slower reader off. What is further ahead of, or behind, the first event is a clock
    /// that was set, or an event that is misdated.
    private static let clockAhead = Span.seconds(15)
    private static let clockBehind = Span.seconds(60)
    /// A switch whose clock is further from ours is not asked for the date: its records would stand in another hour or
    /// on another day. Clocks that nobody synchronises drift by seconds a day, so a difference of minutes still is the
    /// switch's own account, which its queue_log shares.
    static let dateTolerance = Span.seconds(600)

    /// A new connection: the switch may have been started again, with another clock.
    public mutating func connected() {
        memory = Memory()
        legs = NameCache()
        displayForms = NameCache()
    }

    /// When an event happened, and what is wrong with the date that it carries.
    public struct Dated: Equatable, Sendable {
        public var moment: Moment
        /// The switch's clock was set since the event before: what is timed across the step is wrong once, and right
        /// again from here on.
        public var isStep = false
        /// The date of the event, minus ours; nil unless it was not believed.
        public var misdatedBy: Span?
    }

    /// The instant that the event carries (`timestampevents = yes`), or else that of its receipt.
    ///
    /// Durations come from the switch's clock, and the date too where it is within ``dateTolerance`` of ours. A single
    /// event that is far from ours and contradicts the events before it happened when it was received; if the next
    /// event agrees with it, the clock was set.
    public mutating func date(_ message: Message, received now: Moment) -> Dated {
        // After `Event` and `Privilege`; nowhere else.
        guard let microseconds = message.date else { return Dated(moment: now) }
        let date = UnixTime(microseconds: microseconds)
        let told = Span(microseconds: now.uptime.microseconds - date.microseconds)
        let drift = memory.clockBase.map { $0.microseconds - told.microseconds } ?? 0
        let contradicts = drift > Self.clockAhead.microseconds || drift < -Self.clockBehind.microseconds
        let isFarOff = abs(date.microseconds - now.date.microseconds) > Self.dateTolerance.microseconds
        var isStep = false
        if contradicts {
            if isFarOff {
                guard let suspect = memory.suspectBase,
                    abs(suspect.microseconds - told.microseconds) <= Self.clockBehind.microseconds
                else {
                    memory.suspectBase = told
                    return Dated(moment: now, misdatedBy: date - now.date)
                }
            }
            isStep = true
            memory.clockBase = told
        }
        memory.suspectBase = nil
        let base = memory.clockBase ?? told
        memory.clockBase = base
        let uptime = Span(microseconds: date.microseconds + base.microseconds)
        guard isFarOff else { return Dated(moment: Moment(uptime: uptime, date: date), isStep: isStep) }
        return Dated(
            moment: Moment(uptime: uptime, date: now.date + (uptime - now.uptime)), isStep: isStep,
            misdatedBy: date - now.date)
    }

    /// The channel that the event is about, if it names one.
    func channel(of message: Message) -> ChannelID? {
        guard let index = message.uniqueidIndex else { return nil }
        let bytes = message.bytes(at: index)
        return bytes.isEmpty ? nil : ChannelID(text(bytes))
    }

    /// The channel and its Linkedid, if it is another than before.
    mutating func callChange(_ message: Message, _ name: EventName?) -> (channel: ChannelID, call: CallID)? {
        guard let index = message.uniqueidIndex else { return nil }
        var headers = HeaderReader(message, from: index + 1)
        guard let linkedIndex = headers.index(of: "Linkedid") else { return nil }
        if name != .hangup, isSeen(message, index, with: linkedIndex) { return nil }
        var reader = EventReader(message, &names)
        let channel = ChannelID(reader.name(at: index))
        let call = CallID(reader.name(at: linkedIndex))
        reader.end(&names)
        guard !channel.rawValue.isEmpty, !call.rawValue.isEmpty else { return nil }
        if name == .hangup {
            memory.calls[channel] = nil
            legs.forget(channel.rawValue)
            return nil
        }
        guard let before = memory.calls[channel] else {
            if name == .newchannel, memory.calls.count < Self.callLimit { memory.calls[channel] = call }
            return nil
        }
        if channel.rawValue.isPlain, call.rawValue.isPlain {
            legs.remember(Leg(name: channel.rawValue, call: call.rawValue))
        } else {
            legs.forget(channel.rawValue)
        }
        guard before != call else { return nil }
        memory.calls[channel] = call
        return (channel, call)
    }

    /// Whether the channel in one header is known to have been last seen with the Linkedid in the other.
    private func isSeen(_ message: Message, _ channel: Int, with call: Int) -> Bool {
        message.withBytes(at: channel) { channel in
            message.withBytes(at: call) { call in
                legs.has(channel) { $0.call.isIdentical(to: call) }
            }
        }
    }

    /// nil for an event that means nothing to us, which was read and skipped. `isWithheld`: the message says that its
    /// caller withholds the number.
    public mutating func event(_ message: Message, isWithheld: Bool = false) -> SwitchEvent? {
        EventName(message).flatMap { event(message, $0, isWithheld: isWithheld) }
    }

    mutating func event(_ message: Message, _ name: EventName, isWithheld: Bool) -> SwitchEvent? {
        var headers = EventReader(message, &names)
        defer { headers.end(&names) }
        guard let event = translated(message, name, &headers), !isNameless(event) else { return nil }
        // To look into an event is to copy it, so it is done only with those that it may change.
        let complete: SwitchEvent
        switch name {
        case .bridgeEnter, .bridgeLeave, .hangup, .meetmeJoin, .meetmeLeave: complete = followed(event)
        case .agentCalled, .cel, .queueCallerJoin, .queueMemberAdded, .queueMemberPause, .queueMemberPenalty,
            .queueMemberRemoved, .queueMemberRinginuse, .queueMemberStatus, .userEvent:
            complete = withDisplayForm(event)
        default:
            if !isWithheld { return event }
            complete = event
        }
        return isWithheld ? Self.withoutCaller(complete) : complete
    }

    private mutating func translated(
        _ message: Message, _ name: EventName, _ headers: inout EventReader
    ) -> SwitchEvent? {
        switch name {
        case .cel: return queueTried(&headers)
        case .hold: return .held(channel(&headers))
        case .unhold: return .retrieved(channel(&headers))
        case .hangup:
            let position = position(&headers)
            return .channelEnded(channel(&headers), position)
        case .pickup:
            guard let picker = headers.channel("Uniqueid"), let target = headers.channel("TargetUniqueid") else {
                return nil
            }
            return .pickedUp(picker: picker, target: target)
        case .dialEnd:
            guard let destination = headers.channel("DestUniqueid") else { return nil }
            let status = dialStatus(headers.bytes("DialStatus"))
            let source = headers.channel("Uniqueid")
            let forward = headers.bounded("Forward")
            let isForwarded = status != .answered && !forward.isEmpty
            return .dialEnded(
                source: source, destination: destination, isForwarded ? .forwarded(to: forward) : status)
        case .newstate: return stateChanged(&headers)
        case .newexten: return numberDialled(&headers)
        case .shutdown: return .restarting
        case .userEvent: return userEvent(message, &headers)
        case .dialBegin: return dialBegin(&headers)
        case .agentDump:
            let channel = channel(&headers)
            let destination = ChannelID(headers.name("DestUniqueid"))
            let (queue, agent) = member(&headers)
            return .agentDumped(queue, channel, agent, destination: destination)
        case .newchannel: return .channelCreated(created(&headers))
        // `ParkedCallSwap`: the channel that takes the place of the parked one, which is the caller's where an agent
        // parked the consultation and handed over.
        case .parkedCall, .parkedCallSwap: return .parked(ChannelID(headers.name("ParkeeUniqueid")))
        case .bridgeEnter:
            let bridge = BridgeID(headers.name("BridgeUniqueid"))
            let kind = bridgeKind(&headers)
            let channel = snapshot(&headers, .own)
            return .bridgeEntered(bridge, kind, channel, replacing: headers.channel("SwapUniqueid"))
        case .localBridge:
            let one = ChannelID(headers.name("LocalOneUniqueid"))
            return .localPaired(one, ChannelID(headers.name("LocalTwoUniqueid")))
        case .bridgeLeave:
            let bridge = BridgeID(headers.name("BridgeUniqueid"))
            return .bridgeLeft(bridge, channel(&headers))
        case .agentCalled:
            let channel = channel(&headers)
            let destination = ChannelID(headers.name("DestUniqueid"))
            let (queue, agent) = member(&headers)
            return .agentCalled(queue, channel, agent, destination: destination)
        case .newCallerid:
            let caller = caller(&headers)
            return .callerIdentified(channel(&headers), caller)
        case .fullyBooted: return .booted(uptime: headers.number("Uptime").map { .seconds(Int64($0)) })
        case .chanSpyStart: return .spying(ChannelID(headers.name("SpyerUniqueid")))
        case .unParkedCall:
            let parkee = ChannelID(headers.name("ParkeeUniqueid"))
            return .unparked(parkee, retriever: headers.channel("RetrieverUniqueid"))
        case .agentConnect:
            let channel = channel(&headers)
            let destination = ChannelID(headers.name("DestUniqueid"))
            let (queue, agent) = member(&headers)
            return .agentConnected(queue, channel, agent, destination: destination)
        case .blindTransfer: return transfer(&headers, "TransfererUniqueid")
        case .hangupRequest:
            let position = position(&headers)
            let channel = channel(&headers)
            let cause = headers.number("Cause")
            // Q.850: user busy, call rejected.
            return .hangupRequested(channel, byPeer: true, position, isBusy: cause == 17 || cause == 21)
        case .agentComplete:
            // It can come without any channel, after both hang-ups.
            let channel = headers.channel("Uniqueid")
            let (queue, agent) = member(&headers)
            return .agentCompleted(queue, channel, agent)
        case .queueCallerJoin:
            let caller = caller(&headers)
            let place = position(&headers)
            let channel = channel(&headers)
            let queue = QueueName(headers.name("Queue"))
            return .queueJoined(queue, channel, caller, position: headers.number("Position") ?? 0, place)
        case .parkedCallGiveUp, .parkedCallTimeOut:
            return .unparked(ChannelID(headers.name("ParkeeUniqueid")), retriever: nil)
        case .attendedTransfer: return transfer(&headers, "OrigTransfererUniqueid")
        case .queueCallerLeave:
            let place = position(&headers)
            let channel = channel(&headers)
            return .queueLeft(QueueName(headers.name("Queue")), channel, place)
        case .queueMemberAdded, .queueMemberPause, .queueMemberPenalty, .queueMemberRinginuse, .queueMemberStatus:
            return .member(queueMember(&headers))
        case .agentRingNoAnswer:
            let channel = channel(&headers)
            let destination = headers.channel("DestUniqueid")
            let (queue, agent) = member(&headers)
            return .agentRangNoAnswer(queue, channel, agent, destination: destination)
        case .softHangupRequest:
            let position = position(&headers)
            return .hangupRequested(channel(&headers), byPeer: false, position)
        case .queueCallerAbandon:
            let place = position(&headers)
            let channel = channel(&headers)
            return .queueAbandoned(QueueName(headers.name("Queue")), channel, place)
        case .queueMemberRemoved:
            let queue = QueueName(headers.name("Queue"))
            return .memberRemoved(queue, Interface(headers.name("Interface")))
        case .musicOnHoldStart, .musicOnHoldStop, .confbridgeJoin, .confbridgeUnmute, .meetmeJoin, .meetmeLeave:
            return conferenceEvent(name, &headers)
        case .varSet, .reload, .coreShowChannel, .bridgeListItem, .queueParams, .queueMember, .queueEntry: return nil
        }
    }

    /// An item of the answer to `QueueStatus`, `CoreShowChannels` or `BridgeList`; its names differ from the live
    /// events'.
    public mutating func inventory(_ item: Message) -> SwitchEvent? {
        guard let name = EventName(item), let event = listed(item, name), !isNameless(event) else { return nil }
        let displayed = withDisplayForm(event)
        return isWithheld(item, name) ? Self.withoutCaller(displayed) : displayed
    }

    /// Gives a queue the name that queues.conf gives it. `app_queue` itself reports that form; what comes out of the
    /// dial plan (the application's data, our own notices) has whatever form somebody wrote there.
    private mutating func withDisplayForm(_ event: SwitchEvent) -> SwitchEvent {
        switch event {
        case .queueDeclared(let queue), .queueJoined(let queue, _, _, _, _), .queueEntryFound(let queue, _, _, _, _),
            .agentCalled(let queue, _, _, _), .memberRemoved(let queue, _, _):
            remember(queue)
        case .member(let member): remember(member.queue)
        case .queueTried(let queue, let id): return .queueTried(displayed(queue), id)
        case .queueStatus(let id, let queue?, let status): return .queueStatus(id, displayed(queue), status)
        case .channelFound(let channel, let bridge, let queue?, let age):
            return .channelFound(channel, bridge: bridge, queue: displayed(queue), age: age)
        default: break
        }
        return event
    }

    private func displayed(_ queue: QueueName) -> QueueName {
        memory.queues?.firstIndex(of: queue).map { memory.queues![$0] } ?? queue
    }

    private mutating func remember(_ queue: QueueName) {
        var name = queue.rawValue
        if name.withUTF8({ displayForms.value(of: $0) }) != nil { return }
        defer { if memory.queues?.contains(queue) == true { displayForms.remember(name) } }
        var queues = memory.queues ?? []
        if let index = queues.firstIndex(of: queue) {
            guard !queues[index].isWritten(like: queue) else { return }
            displayForms.forget(queues[index].rawValue)
        } else if queues.count >= Self.queueLimit {
            return
        }
        memory.queues = nil
        queues.update(with: queue)
        memory.queues = queues
    }

    private mutating func listed(_ item: Message, _ name: EventName) -> SwitchEvent? {
        var headers = EventReader(item, &names)
        defer { headers.end(&names) }
        switch name {
        case .coreShowChannel: return channelFound(&headers)
        case .bridgeListItem:
            let bridge = BridgeID(headers.name("BridgeUniqueid"))
            return .bridgeFound(bridge, bridgeKind(&headers))
        case .queueParams: return .queueDeclared(QueueName(headers.name("Queue")))
        case .queueMember:
            let queue = QueueName(headers.name("Queue"))
            let name = headers.name("Name")
            let interface = Interface(headers.name("Location"))
            return .member(
                queueMember(
                    queue, AgentRef(interface: interface, name: name.isEmpty ? interface.rawValue : name), &headers))
        case .queueEntry:
            let queue = QueueName(headers.name("Queue"))
            let position = headers.number("Position") ?? 0
            let channel = channel(&headers)
            let number = headers.bounded("CallerIDNum")
            let name = headers.bounded("CallerIDName")
            // `app_queue.c` prints an absent one as this word; a caller who really is called so loses nothing.
            let caller = CallerID(
                number: number == "unknown" ? "" : Self.withoutPlaceholder(number),
                name: name == "unknown" ? "" : Self.withoutPlaceholder(name))
            return .queueEntryFound(queue, channel, caller, position: position, wait: seconds(&headers, "Wait"))
        default: return nil
        }
    }

    func text(_ bytes: ArraySlice<UInt8>) -> String { String(name: bytes) }
}
