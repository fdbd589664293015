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
        guard let bytes = message.timestamp, let date = parseTimestamp(bytes).map(UnixTime.init(microseconds:)) else {
            return Dated(moment: now)
        }
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
        var headers = HeaderReader(message)
        return headers.bytes("Uniqueid").flatMap { $0.isEmpty ? nil : ChannelID(text($0)) }
    }

    /// The channel's Linkedid, if it is another than before.
    public mutating func callChange(_ message: Message) -> SwitchEvent? {
        var headers = HeaderReader(message)
        guard let id = headers.bytes("Uniqueid"), let linked = headers.bytes("Linkedid"), !id.isEmpty, !linked.isEmpty
        else { return nil }
        let isHangup = message.isTitled("Hangup")
        if !isHangup, isSeen(id, with: linked) { return nil }
        let channel = ChannelID(text(id))
        if isHangup {
            memory.calls[channel] = nil
            legs.forget(channel.rawValue)
            return nil
        }
        let call = CallID(text(linked))
        guard let before = memory.calls[channel] else {
            if message.isTitled("Newchannel"), memory.calls.count < Self.callLimit { memory.calls[channel] = call }
            return nil
        }
        if channel.rawValue.isPlain, call.rawValue.isPlain {
            legs.remember(Leg(name: channel.rawValue, call: call.rawValue))
        } else {
            legs.forget(channel.rawValue)
        }
        guard before != call else { return nil }
        memory.calls[channel] = call
        return .callChanged(channel, call)
    }

    /// Whether the channel is known to have been last seen with this Linkedid.
    private func isSeen(_ channel: ArraySlice<UInt8>, with call: ArraySlice<UInt8>) -> Bool {
        guard let leg = channel.withUnsafeBufferPointer({ legs.value(of: $0) }) else { return false }
        return call.withUnsafeBufferPointer { leg.call.hasBytes($0) }
    }

    /// nil for an event that means nothing to us, which was read and skipped. `isWithheld`: the message says that its
    /// caller withholds the number.
    public mutating func event(_ message: Message, isWithheld: Bool = false) -> SwitchEvent? {
        guard let event = translated(message) ?? conferenceEvent(message), !isNameless(event) else { return nil }
        let displayed = withDisplayForm(followed(event))
        return isWithheld ? Self.withoutCaller(displayed) : displayed
    }

    private mutating func translated(_ message: Message) -> SwitchEvent? {
        var headers = EventReader(message, &names)
        defer { headers.end(&names) }
        return translated(message, &headers)
    }

    private mutating func translated(_ message: Message, _ headers: inout EventReader) -> SwitchEvent? {
        switch message.title.count {
        case 3:
            if message.isTitled("CEL") { return queueTried(&headers) }
        case 4:
            if message.isTitled("Hold") { return .held(channel(&headers)) }
        case 6:
            if message.isTitled("Hangup") {
                let position = position(&headers)
                return .channelEnded(channel(&headers), position)
            }
            if message.isTitled("Unhold") { return .retrieved(channel(&headers)) }
            if message.isTitled("Pickup"), let picker = headers.channel("Uniqueid"),
                let target = headers.channel("TargetUniqueid")
            {
                return .pickedUp(picker: picker, target: target)
            }
        case 7:
            if message.isTitled("DialEnd"), let destination = headers.channel("DestUniqueid") {
                let status = dialStatus(headers.bytes("DialStatus"))
                let source = headers.channel("Uniqueid")
                let forward = headers.bounded("Forward")
                let isForwarded = status != .answered && !forward.isEmpty
                return .dialEnded(
                    source: source, destination: destination,
                    isForwarded ? .forwarded(to: forward) : status)
            }
        case 8:
            if message.isTitled("Newstate") { return stateChanged(&headers) }
            if message.isTitled("Newexten") { return numberDialled(&headers) }
            if message.isTitled("Shutdown") { return .restarting }
        case 9:
            if message.isTitled("UserEvent") { return userEvent(message, &headers) }
            if message.isTitled("DialBegin") { return dialBegin(&headers) }
            if message.isTitled("AgentDump") {
                let channel = channel(&headers)
                let destination = ChannelID(headers.name("DestUniqueid"))
                let (queue, agent) = member(&headers)
                return .agentDumped(queue, channel, agent, destination: destination)
            }
        case 10:
            if message.isTitled("Newchannel") { return .channelCreated(created(&headers)) }
            if message.isTitled("ParkedCall") { return .parked(ChannelID(headers.name("ParkeeUniqueid"))) }
        case 11:
            if message.isTitled("BridgeEnter") {
                let bridge = BridgeID(headers.name("BridgeUniqueid"))
                let kind = bridgeKind(&headers)
                let channel = snapshot(&headers, .own)
                return .bridgeEntered(
                    bridge, kind, channel, replacing: headers.channel("SwapUniqueid"))
            }
            if message.isTitled("LocalBridge") {
                let one = ChannelID(headers.name("LocalOneUniqueid"))
                return .localPaired(one, ChannelID(headers.name("LocalTwoUniqueid")))
            }
            if message.isTitled("BridgeLeave") {
                let bridge = BridgeID(headers.name("BridgeUniqueid"))
                return .bridgeLeft(bridge, channel(&headers))
            }
            if message.isTitled("AgentCalled") {
                let channel = channel(&headers)
                let destination = ChannelID(headers.name("DestUniqueid"))
                let (queue, agent) = member(&headers)
                return .agentCalled(queue, channel, agent, destination: destination)
            }
            if message.isTitled("NewCallerid") {
                let caller = caller(&headers)
                return .callerIdentified(channel(&headers), caller)
            }
            if message.isTitled("FullyBooted") {
                return .booted(uptime: headers.number("Uptime").map { .seconds(Int64($0)) })
            }
        case 12:
            if message.isTitled("ChanSpyStart") { return .spying(ChannelID(headers.name("SpyerUniqueid"))) }
            if message.isTitled("UnParkedCall") {
                let parkee = ChannelID(headers.name("ParkeeUniqueid"))
                return .unparked(parkee, retriever: headers.channel("RetrieverUniqueid"))
            }
            if message.isTitled("AgentConnect") {
                let channel = channel(&headers)
                let destination = ChannelID(headers.name("DestUniqueid"))
                let (queue, agent) = member(&headers)
                return .agentConnected(queue, channel, agent, destination: destination)
            }
        case 13:
            if message.isTitled("BlindTransfer") { return transfer(&headers, "TransfererUniqueid") }
            if message.isTitled("HangupRequest") {
                let position = position(&headers)
                let channel = channel(&headers)
                let cause = headers.number("Cause")
                // Q.850: user busy, call rejected.
                return .hangupRequested(channel, byPeer: true, position, isBusy: cause == 17 || cause == 21)
            }
            if message.isTitled("AgentComplete") {
                // It can come without any channel, after both hang-ups.
                let channel = headers.channel("Uniqueid")
                let (queue, agent) = member(&headers)
                return .agentCompleted(queue, channel, agent)
            }
        case 14:
            // The channel that takes the place of the parked one: the caller's, where an agent parked the consultation
            // and handed over.
            if message.isTitled("ParkedCallSwap") { return .parked(ChannelID(headers.name("ParkeeUniqueid"))) }
        case 15:
            if message.isTitled("QueueCallerJoin") {
                let caller = caller(&headers)
                let place = position(&headers)
                let channel = channel(&headers)
                let queue = QueueName(headers.name("Queue"))
                return .queueJoined(queue, channel, caller, position: headers.number("Position") ?? 0, place)
            }
        case 16:
            if message.isTitled("ParkedCallGiveUp") {
                return .unparked(ChannelID(headers.name("ParkeeUniqueid")), retriever: nil)
            }
            if message.isTitled("AttendedTransfer") { return transfer(&headers, "OrigTransfererUniqueid") }
            if message.isTitled("QueueCallerLeave") {
                let place = position(&headers)
                let channel = channel(&headers)
                return .queueLeft(QueueName(headers.name("Queue")), channel, place)
            }
            if message.isTitled("QueueMemberPause") || message.isTitled("QueueMemberAdded") {
                return .member(queueMember(&headers))
            }
        case 17:
            if message.isTitled("QueueMemberStatus") { return .member(queueMember(&headers)) }
            if message.isTitled("AgentRingNoAnswer") {
                let channel = channel(&headers)
                let destination = headers.channel("DestUniqueid")
                let (queue, agent) = member(&headers)
                return .agentRangNoAnswer(queue, channel, agent, destination: destination)
            }
            if message.isTitled("SoftHangupRequest") {
                let position = position(&headers)
                return .hangupRequested(channel(&headers), byPeer: false, position)
            }
            if message.isTitled("ParkedCallTimeOut") {
                return .unparked(ChannelID(headers.name("ParkeeUniqueid")), retriever: nil)
            }
        case 18:
            if message.isTitled("QueueCallerAbandon") {
                let place = position(&headers)
                let channel = channel(&headers)
                return .queueAbandoned(QueueName(headers.name("Queue")), channel, place)
            }
            if message.isTitled("QueueMemberRemoved") {
                let queue = QueueName(headers.name("Queue"))
                return .memberRemoved(queue, Interface(headers.name("Interface")))
            }
            if message.isTitled("QueueMemberPenalty") { return .member(queueMember(&headers)) }
        case 20:
            if message.isTitled("QueueMemberRinginuse") { return .member(queueMember(&headers)) }
        default: break
        }
        return nil
    }

    /// An item of the answer to `QueueStatus`, `CoreShowChannels` or `BridgeList`; its names differ from the live
    /// events'.
    public mutating func inventory(_ item: Message) -> SwitchEvent? {
        guard let event = listed(item), !isNameless(event) else { return nil }
        let displayed = withDisplayForm(event)
        return isWithheld(item) ? Self.withoutCaller(displayed) : displayed
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

    private mutating func listed(_ item: Message) -> SwitchEvent? {
        var headers = EventReader(item, &names)
        defer { headers.end(&names) }
        if item.isTitled("CoreShowChannel") { return channelFound(&headers) }
        if item.isTitled("BridgeListItem") {
            let bridge = BridgeID(headers.name("BridgeUniqueid"))
            return .bridgeFound(bridge, bridgeKind(&headers))
        }
        if item.isTitled("QueueParams") { return .queueDeclared(QueueName(headers.name("Queue"))) }
        if item.isTitled("QueueMember") {
            let queue = QueueName(headers.name("Queue"))
            let name = headers.name("Name")
            let interface = Interface(headers.name("Location"))
            return .member(
                queueMember(
                    queue, AgentRef(interface: interface, name: name.isEmpty ? interface.rawValue : name), &headers))
        }
        if item.isTitled("QueueEntry") {
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
        }
        return nil
    }

    func text(_ bytes: ArraySlice<UInt8>) -> String { String(name: bytes) }
}
