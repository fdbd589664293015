import AMI
import Telephony
import Time

/// Asterisk's dialect in our words: one AMI message → at most one ``SwitchEvent``. The only place that knows header
/// names (`domain.md` §1.6–1.8).
public struct AsteriskTranslator: Codable, Equatable, Sendable {
    /// How the dial plan tells what became of a caller after `Queue()`: a `UserEvent` on the caller's channel with
    /// `QUEUESTATUS` in it, e.g. `UserEvent(FineCoda,Coda: ${QUEUENAME},Stato: ${QUEUESTATUS})`. AMI itself tells
    /// time-out, empty queue and withdrawal apart nowhere.
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

    /// How the dial plan tells what a caller answered in the survey after the call, e.g.
    /// `UserEvent(Sondaggio,Voto: ${VOTO})`.
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
    private var lines: LineRule
    private(set) var presentation: PresentationNotice
    /// Calls whose identifiers are remembered: only a hostile stream reaches it.
    private static let callLimit = 200_000
    /// As many as figures are kept of.
    private static let queueLimit = 5_000

    /// What it has to remember between two messages of one connection.
    struct Memory: Codable, Equatable {
        /// The Linkedid that each channel was last seen with: the switch changes it without an event.
        var calls: [ChannelID: CallID] = [:]
        /// The queues' names as queues.conf writes them, as far as they were told.
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

    /// Goes on by other rules.
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
        let channel = ChannelID(text(id))
        if message.isTitled("Hangup") {
            memory.calls[channel] = nil
            return nil
        }
        let call = CallID(text(linked))
        guard let before = memory.calls[channel] else {
            if message.isTitled("Newchannel"), memory.calls.count < Self.callLimit { memory.calls[channel] = call }
            return nil
        }
        guard before != call else { return nil }
        memory.calls[channel] = call
        return .callChanged(channel, call)
    }

    /// nil: an event that means nothing to us (it was read and passed over). `isWithheld`: the message says so of its
    /// caller.
    public mutating func event(_ message: Message, isWithheld: Bool = false) -> SwitchEvent? {
        let event = withDisplayForm(followed(named(translated(message) ?? conferenceEvent(message))))
        return isWithheld ? event.map(Self.withoutCaller) : event
    }

    private func translated(_ message: Message) -> SwitchEvent? {
        var headers = HeaderReader(message)
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
            if message.isTitled("Pickup"), let picker = headers.bytes("Uniqueid"),
                let target = headers.bytes("TargetUniqueid")
            {
                return .pickedUp(picker: ChannelID(text(picker)), target: ChannelID(text(target)))
            }
        case 7:
            if message.isTitled("DialEnd"), let destination = headers.bytes("DestUniqueid") {
                let status = dialStatus(headers.bytes("DialStatus"))
                let source = headers.bytes("Uniqueid").map { ChannelID(text($0)) }
                let forward = headers.bounded("Forward")
                let isForwarded = status != .answered && !forward.isEmpty
                return .dialEnded(
                    source: source, destination: ChannelID(text(destination)),
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
                    bridge, kind, channel, replacing: headers.bytes("SwapUniqueid").map { ChannelID(text($0)) })
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
                return .unparked(parkee, retriever: headers.bytes("RetrieverUniqueid").map { ChannelID(text($0)) })
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
                let channel = headers.bytes("Uniqueid").map { ChannelID(text($0)) }
                let (queue, agent) = member(&headers)
                return .agentCompleted(queue, channel, agent)
            }
        case 14:
            // Who takes the place of the one that was parked: the caller, where an agent parked the consultation and
            // handed over.
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
                let destination = headers.bytes("DestUniqueid").map { ChannelID(text($0)) }
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
        let event = withDisplayForm(named(listed(item)))
        return isWithheld(item) ? event.map(Self.withoutCaller) : event
    }

    /// Queues are called as queues.conf calls them. What `app_queue` itself says is in that form; what comes out of the
    /// dial plan (the application's data, our own notices) is in whatever form somebody wrote there.
    private mutating func withDisplayForm(_ event: SwitchEvent?) -> SwitchEvent? {
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
        var queues = memory.queues ?? []
        if let index = queues.firstIndex(of: queue) {
            guard !queues[index].isWritten(like: queue) else { return }
        } else if queues.count >= Self.queueLimit {
            return
        }
        memory.queues = nil
        queues.update(with: queue)
        memory.queues = queues
    }

    private func listed(_ item: Message) -> SwitchEvent? {
        var headers = HeaderReader(item)
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

    // MARK: parts

    /// Longer than any caller waits or agent writes: what is beyond is not believed.
    private static let longest = 31 * 86_400

    private func seconds(_ headers: inout HeaderReader, _ name: StaticString) -> Span {
        .seconds(Int64(min(max(headers.number(name) ?? 0, 0), Self.longest)))
    }

    /// A transfer that failed leaves everything as it was, and one that makes a conference of three leaves the agent in
    /// it.
    private func transfer(_ headers: inout HeaderReader, _ transferer: StaticString) -> SwitchEvent? {
        guard headers.bounded("Result") == "Success", let channel = headers.bytes(transferer),
            headers.bounded("DestType") != "Threeway"
        else {
            return nil
        }
        return .transferred(
            ChannelID(text(channel)), second: headers.bytes("SecondTransfererUniqueid").map { ChannelID(text($0)) })
    }

    func channel(_ headers: inout HeaderReader) -> ChannelID { ChannelID(headers.name("Uniqueid")) }

    /// `ChannelState`. Of the others, `Down`, `Rsrvd`, `OffHook` and `Pre-ring` say nothing yet; `Dialing`, `Ringing`,
    /// `Busy` and `Dialing Offhook` are said of a leg by which we call.
    private enum State {
        static let ring = 4
        static let up = 6
    }

    /// A leg that is up from the first calls us: one that we make is not answered before it is made.
    private func created(_ headers: inout HeaderReader) -> Channel {
        var channel = snapshot(&headers, .own)
        if headers.number("ChannelState") == State.up { channel.isIncoming = true }
        return channel
    }

    /// PJSIP and IAX2 make a caller's leg in state `Ring`; chan_sip, DAHDI and most others make it first, and say
    /// `Ring` when they know what was dialled.
    private func stateChanged(_ headers: inout HeaderReader) -> SwitchEvent? {
        switch headers.number("ChannelState") {
        case State.ring: .channelRang(snapshot(&headers, .own))
        case State.up: .channelUp(snapshot(&headers, .own))
        default: nil
        }
    }

    private func numberDialled(_ headers: inout HeaderReader) -> SwitchEvent? {
        let exten = headers.bounded("Exten")
        return exten.isEmpty ? nil : .numberDialled(channel(&headers), exten)
    }

    /// The fourteen lines of a channel's snapshot. `Ring`: the far end calls us; a leg that we make begins as `Down`.
    func snapshot(_ headers: inout HeaderReader, _ names: Snapshot) -> Channel {
        let name = headers.name(names.channel)
        let isRing = headers.number(names.state) == State.ring
        let number = Self.withoutPlaceholder(headers.bounded(names.number))
        let caller = CallerID(number: number, name: unescaped(Self.withoutPlaceholder(headers.bounded(names.name))))
        let called = headers.bounded(names.exten)
        let id = ChannelID(headers.name(names.id))
        let device = LineRule.device(of: name)
        return Channel(
            id: id, call: CallID(headers.name(names.call)), name: name, caller: caller, called: called,
            kind: lines.kind(of: device),
            isIncoming: isRing, device: Interface(device))
    }

    /// The names of a snapshot's headers, in their order.
    struct Snapshot {
        let channel, state, number, name, exten, id, call: StaticString

        static let own = Snapshot(
            channel: "Channel", state: "ChannelState", number: "CallerIDNum", name: "CallerIDName", exten: "Exten",
            id: "Uniqueid",
            call: "Linkedid")
        static let destination = Snapshot(
            channel: "DestChannel", state: "DestChannelState", number: "DestCallerIDNum", name: "DestCallerIDName",
            exten: "DestExten",
            id: "DestUniqueid", call: "DestLinkedid")
    }

    /// The source is absent for originated legs. What was dialled stands in the dial string, or is the extension of the
    /// source.
    private func dialBegin(_ headers: inout HeaderReader) -> SwitchEvent? {
        let exten = headers.bounded("Exten")
        let source = headers.bytes("Uniqueid").map { ChannelID(text($0)) }
        var destination = snapshot(&headers, .destination)
        let technology = destination.name.prefix { $0 != "/" }
        let string = headers.text("DialString")
        let number = DialString(string, technology: technology).number ?? exten
        if !string.isEmpty { destination.isDialledByName = DialString.names(destination.device, string) }
        return .dialBegan(source: source, destination, number: number)
    }

    /// Call-event logging, where the switch has it on, names the application that a channel begins: the only word of a
    /// queue that refuses a caller.
    private func queueTried(_ headers: inout HeaderReader) -> SwitchEvent? {
        guard headers.bounded("EventName") == "APP_START", headers.bounded("Application") == "Queue" else { return nil }
        let queue = headers.name("AppData").prefix { $0 != "," }
        return queue.isEmpty ? nil : .queueTried(QueueName(String(queue)), ChannelID(headers.name("UniqueID")))
    }

    /// What those in it are for each other, says the technology; what it was made for, the type: `base` are a
    /// conference's and BridgeWait's, `stasis` those of ARI, for a conversation or to wait in.
    private func bridgeKind(_ headers: inout HeaderReader) -> BridgeKind {
        let type = headers.bounded("BridgeType")
        let technology = headers.bounded("BridgeTechnology")
        if type == "parking" { return .parking }
        if technology == "holding_bridge" || type == "holding" || type == "agent_hold" { return .holding }
        return type == "base" ? .conference : .conversation
    }

    private func channelFound(_ headers: inout HeaderReader) -> SwitchEvent {
        var channel = snapshot(&headers, .own)
        let application = headers.bounded("Application")
        let data = headers.name("ApplicationData")
        let age = headers.bounded("Duration").split(separator: ":").compactMap {
            Int64($0).map { min(max($0, 0), Int64(Self.longest)) }
        }
        let bridge = application == "MeetMe" ? Self.room(of: data) : headers.name("BridgeId")
        // Legs that the switch made carry these; a leg that called runs the dial plan.
        channel.isIncoming = application != "AppDial" && application != "AppQueue" && !application.isEmpty
        let queue = application == "Queue" ? data.prefix { $0 != "," } : ""
        let seconds = age.count == 3 ? age[0] * 3600 + age[1] * 60 + age[2] : 0
        return .channelFound(
            channel, bridge: bridge.isEmpty ? nil : BridgeID(bridge),
            queue: queue.isEmpty ? nil : QueueName(String(queue)),
            age: .seconds(min(seconds, Int64(Self.longest))))
    }

    /// Names are C-escaped in snapshots, numbers are not.
    private func caller(_ headers: inout HeaderReader) -> CallerID {
        let number = Self.withoutPlaceholder(headers.bounded("CallerIDNum"))
        return CallerID(number: number, name: unescaped(Self.withoutPlaceholder(headers.bounded("CallerIDName"))))
    }

    private func position(_ headers: inout HeaderReader) -> DialplanPosition {
        let context = headers.bounded("Context")
        let exten = headers.bounded("Exten")
        return DialplanPosition(context: context, exten: exten, priority: headers.bounded("Priority"))
    }

    private func member(_ headers: inout HeaderReader) -> (QueueName, AgentRef) {
        let queue = QueueName(headers.name("Queue"))
        let interface = Interface(headers.name("Interface"))
        let name = headers.name("MemberName")
        return (queue, AgentRef(interface: interface, name: name.isEmpty ? interface.rawValue : name))
    }

    private func queueMember(_ headers: inout HeaderReader) -> QueueMember {
        let queue = QueueName(headers.name("Queue"))
        let name = headers.name("MemberName")
        let interface = Interface(headers.name("Interface"))
        return queueMember(
            queue, AgentRef(interface: interface, name: name.isEmpty ? interface.rawValue : name), &headers)
    }

    private func queueMember(_ queue: QueueName, _ agent: AgentRef, _ headers: inout HeaderReader) -> QueueMember {
        let inCall = headers.number("InCall")
        let device = headers.number("Status").flatMap(QueueMember.Device.init) ?? .unknown
        let isPaused = headers.number("Paused") == 1
        let reason = headers.bounded("PausedReason")
        let wrapUp = seconds(&headers, "Wrapuptime")
        let state = headers.name("StateInterface")
        return QueueMember(
            queue: queue, agent: agent, device: device, isPaused: isPaused, pauseReason: reason,
            inCall: inCall.map { $0 == 1 },
            wrapUp: wrapUp, stateInterface: state.isEmpty || state == agent.interface.rawValue ? nil : Interface(state))
    }

    private func dialStatus(_ bytes: ArraySlice<UInt8>?) -> DialStatus {
        switch text(bytes ?? []).uppercased() {
        case "ANSWER": .answered
        case "BUSY": .busy
        case "CANCEL": .cancelled
        case "CHANUNAVAIL", "CONGESTION": .unreachable
        default: .noAnswer
        }
    }

    /// An empty number or name is printed as `<unknown>` in snapshots.
    private static func withoutPlaceholder(_ text: String) -> String { text == "<unknown>" ? "" : text }

    func text(_ bytes: ArraySlice<UInt8>) -> String { String(name: bytes) }
}
