import AMI
import Telephony

/// Asterisk's dialect in our words: one AMI message → at most one ``SwitchEvent``. The only place that knows header names (`domain.md` §1.6–1.8).
public struct AsteriskTranslator: Sendable {
    /// How the dial plan tells what became of a caller after `Queue()`: a `UserEvent` on the caller's channel with `QUEUESTATUS` in it, e.g.
    /// `UserEvent(FineCoda,Coda: ${QUEUENAME},Stato: ${QUEUESTATUS})`. AMI itself tells time-out, empty queue and withdrawal apart nowhere.
    public struct QueueStatusNotice: Equatable, Sendable {
        public var events: [String]
        public var queueHeader: String
        public var statusHeader: String

        public init(events: [String] = ["FineCoda", "Overflow"], queueHeader: String = "Coda", statusHeader: String = "Stato") {
            self.events = events
            self.queueHeader = queueHeader
            self.statusHeader = statusHeader
        }
    }

    private let notice: QueueStatusNotice
    /// Our uptime at the switch's epoch, from the first event with a `Timestamp`: instants of one switch are only compared with each other.
    private var clockBase: Span?

    public init(notice: QueueStatusNotice = QueueStatusNotice()) { self.notice = notice }

    /// No event comes an hour before it happened, and no switch keeps one for an hour.
    private static let clockStep = Span.seconds(3600)

    /// A new connection: the switch may have been started again, with another clock.
    public mutating func connected() { clockBase = nil }

    /// The instant that the event carries (`timestampevents = yes`), or else that of its receipt.
    public mutating func moment(of message: Message, received now: Moment) -> Moment {
        // After `Event` and `Privilege`; nowhere else.
        guard let bytes = message.timestamp, let date = Self.timestamp(bytes) else { return now }
        var base = clockBase ?? Span(microseconds: now.uptime.microseconds - date.microseconds)
        // The switch's clock was set: what is timed across the step is wrong once, and right again from here on.
        let drift = date.microseconds + base.microseconds - now.uptime.microseconds
        if drift > Self.clockStep.microseconds || drift < -Self.clockStep.microseconds {
            base = Span(microseconds: now.uptime.microseconds - date.microseconds)
        }
        clockBase = base
        return Moment(uptime: Span(microseconds: date.microseconds + base.microseconds), date: date)
    }

    /// nil: an event that means nothing to us (it was read and passed over).
    public func event(_ message: Message) -> SwitchEvent? { named(translated(message)) }

    private func translated(_ message: Message) -> SwitchEvent? {
        var headers = HeaderReader(message)
        switch message.title.count {
        case 4:
            if message.isTitled("Hold") { return .held(channel(&headers)) }
        case 6:
            if message.isTitled("Hangup") {
                let position = position(&headers)
                return .channelEnded(channel(&headers), position)
            }
            if message.isTitled("Unhold") { return .retrieved(channel(&headers)) }
        case 7:
            if message.isTitled("DialEnd"), let destination = headers.bytes("DestUniqueid") {
                return .dialEnded(destination: ChannelID(text(destination)), dialStatus(headers.bytes("DialStatus")))
            }
        case 8:
            if message.isTitled("Shutdown") { return .restarting }
        case 9:
            if message.isTitled("UserEvent") { return userEvent(message, &headers) }
        case 10:
            if message.isTitled("Newchannel") { return newChannel(&headers) }
        case 11:
            if message.isTitled("BridgeEnter") {
                let bridge = BridgeID(headers.text("BridgeUniqueid"))
                let channel = channel(&headers)
                return .bridgeEntered(bridge, channel, replacing: headers.bytes("SwapUniqueid").map { ChannelID(text($0)) })
            }
            if message.isTitled("BridgeLeave") {
                let bridge = BridgeID(headers.text("BridgeUniqueid"))
                return .bridgeLeft(bridge, channel(&headers))
            }
            if message.isTitled("AgentCalled") {
                let channel = channel(&headers)
                let destination = ChannelID(headers.text("DestUniqueid"))
                let (queue, agent) = member(&headers)
                return .agentCalled(queue, channel, agent, destination: destination)
            }
            if message.isTitled("NewCallerid") {
                let caller = caller(&headers)
                return .callerIdentified(channel(&headers), caller)
            }
            if message.isTitled("FullyBooted") { return .booted }
        case 12:
            if message.isTitled("AgentConnect") {
                let channel = channel(&headers)
                let destination = ChannelID(headers.text("DestUniqueid"))
                let (queue, agent) = member(&headers)
                return .agentConnected(queue, channel, agent, destination: destination)
            }
        case 13:
            if message.isTitled("BlindTransfer") { return transfer(&headers, "TransfererUniqueid") }
            if message.isTitled("HangupRequest") {
                let position = position(&headers)
                return .hangupRequested(channel(&headers), byPeer: true, position)
            }
            if message.isTitled("AgentComplete") {
                // It can come without any channel, after both hang-ups.
                let channel = headers.bytes("Uniqueid").map { ChannelID(text($0)) }
                let (queue, agent) = member(&headers)
                return .agentCompleted(queue, channel, agent)
            }
        case 15:
            if message.isTitled("QueueCallerJoin") {
                let caller = caller(&headers)
                let place = position(&headers)
                let channel = channel(&headers)
                let queue = QueueName(headers.text("Queue"))
                return .queueJoined(queue, channel, caller, position: headers.number("Position") ?? 0, place)
            }
        case 16:
            if message.isTitled("AttendedTransfer") { return transfer(&headers, "OrigTransfererUniqueid") }
            if message.isTitled("QueueCallerLeave") {
                let place = position(&headers)
                let channel = channel(&headers)
                return .queueLeft(QueueName(headers.text("Queue")), channel, place)
            }
            if message.isTitled("QueueMemberPause") || message.isTitled("QueueMemberAdded") { return .member(queueMember(&headers)) }
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
        case 18:
            if message.isTitled("QueueCallerAbandon") {
                let place = position(&headers)
                let channel = channel(&headers)
                return .queueAbandoned(QueueName(headers.text("Queue")), channel, place)
            }
            if message.isTitled("QueueMemberRemoved") {
                let queue = QueueName(headers.text("Queue"))
                return .memberRemoved(queue, Interface(headers.text("Interface")))
            }
            if message.isTitled("QueueMemberPenalty") { return .member(queueMember(&headers)) }
        case 20:
            if message.isTitled("QueueMemberRinginuse") { return .member(queueMember(&headers)) }
        default: break
        }
        return nil
    }

    /// An item of the answer to `QueueStatus`; its names differ from the live events'.
    public func inventory(_ item: Message) -> SwitchEvent? { named(listed(item)) }

    private func listed(_ item: Message) -> SwitchEvent? {
        var headers = HeaderReader(item)
        if item.isTitled("QueueParams") { return .queueDeclared(QueueName(headers.text("Queue"))) }
        if item.isTitled("QueueMember") {
            let queue = QueueName(headers.text("Queue"))
            let name = headers.text("Name")
            let interface = Interface(headers.text("Location"))
            return .member(queueMember(queue, AgentRef(interface: interface, name: name.isEmpty ? interface.rawValue : name), &headers))
        }
        if item.isTitled("QueueEntry") {
            let queue = QueueName(headers.text("Queue"))
            let position = headers.number("Position") ?? 0
            let channel = channel(&headers)
            let number = headers.text("CallerIDNum")
            let name = headers.text("CallerIDName")
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

    /// An event that does not say whom it is about is about nobody.
    private func named(_ event: SwitchEvent?) -> SwitchEvent? {
        switch event {
        case .channelCreated(let channel): channel.id.rawValue.isEmpty ? nil : event
        case .callerIdentified(let id, _), .hangupRequested(let id, _, _), .channelEnded(let id, _), .held(let id), .retrieved(let id),
            .transferred(let id, _), .dialEnded(let id, _), .queueStatus(let id, _, _):
            id.rawValue.isEmpty ? nil : event
        case .bridgeEntered(let bridge, let id, _), .bridgeLeft(let bridge, let id):
            bridge.rawValue.isEmpty || id.rawValue.isEmpty ? nil : event
        case .queueJoined(let queue, let id, _, _, _), .queueLeft(let queue, let id, _), .queueAbandoned(let queue, let id, _),
            .queueEntryFound(let queue, let id, _, _, _):
            queue.rawValue.isEmpty || id.rawValue.isEmpty ? nil : event
        case .agentCalled(let queue, let id, let agent, let destination), .agentConnected(let queue, let id, let agent, let destination):
            queue.rawValue.isEmpty || id.rawValue.isEmpty || agent.interface.rawValue.isEmpty || destination.rawValue.isEmpty ? nil : event
        case .agentRangNoAnswer(let queue, _, let agent, _), .agentCompleted(let queue, _, let agent):
            queue.rawValue.isEmpty || agent.interface.rawValue.isEmpty ? nil : event
        case .member(let member): member.queue.rawValue.isEmpty || member.agent.interface.rawValue.isEmpty ? nil : event
        case .memberRemoved(let queue, let interface): queue.rawValue.isEmpty || interface.rawValue.isEmpty ? nil : event
        case .queueDeclared(let queue): queue.rawValue.isEmpty ? nil : event
        case .inventoryBegan, .inventoryEnded, .restarting, .booted, nil: event
        }
    }

    /// A transfer that failed leaves everything as it was, and one that makes a conference of three leaves the agent in it.
    private func transfer(_ headers: inout HeaderReader, _ transferer: StaticString) -> SwitchEvent? {
        guard headers.text("Result") == "Success", let channel = headers.bytes(transferer), headers.text("DestType") != "Threeway" else {
            return nil
        }
        return .transferred(ChannelID(text(channel)), second: headers.bytes("SecondTransfererUniqueid").map { ChannelID(text($0)) })
    }

    private func channel(_ headers: inout HeaderReader) -> ChannelID { ChannelID(headers.text("Uniqueid")) }

    private func newChannel(_ headers: inout HeaderReader) -> SwitchEvent {
        let name = headers.text("Channel")
        let caller = caller(&headers)
        let called = headers.text("Exten")
        let id = channel(&headers)
        return .channelCreated(Channel(id: id, call: CallID(headers.text("Linkedid")), name: name, caller: caller, called: called))
    }

    /// Names are C-escaped in snapshots, numbers are not.
    private func caller(_ headers: inout HeaderReader) -> CallerID {
        let number = Self.withoutPlaceholder(headers.text("CallerIDNum"))
        return CallerID(number: number, name: unescaped(Self.withoutPlaceholder(headers.text("CallerIDName"))))
    }

    private func position(_ headers: inout HeaderReader) -> DialplanPosition {
        let context = headers.text("Context")
        let exten = headers.text("Exten")
        return DialplanPosition(context: context, exten: exten, priority: headers.text("Priority"))
    }

    private func member(_ headers: inout HeaderReader) -> (QueueName, AgentRef) {
        let queue = QueueName(headers.text("Queue"))
        let interface = Interface(headers.text("Interface"))
        let name = headers.text("MemberName")
        return (queue, AgentRef(interface: interface, name: name.isEmpty ? interface.rawValue : name))
    }

    private func queueMember(_ headers: inout HeaderReader) -> QueueMember {
        let queue = QueueName(headers.text("Queue"))
        let name = headers.text("MemberName")
        let interface = Interface(headers.text("Interface"))
        return queueMember(queue, AgentRef(interface: interface, name: name.isEmpty ? interface.rawValue : name), &headers)
    }

    private func queueMember(_ queue: QueueName, _ agent: AgentRef, _ headers: inout HeaderReader) -> QueueMember {
        let inCall = headers.number("InCall")
        let device = headers.number("Status").flatMap(QueueMember.Device.init) ?? .unknown
        let isPaused = headers.number("Paused") == 1
        let reason = headers.text("PausedReason")
        let wrapUp = seconds(&headers, "Wrapuptime")
        return QueueMember(
            queue: queue, agent: agent, device: device, isPaused: isPaused, pauseReason: reason, inCall: inCall.map { $0 == 1 },
            wrapUp: wrapUp)
    }

    private func userEvent(_ message: Message, _ headers: inout HeaderReader) -> SwitchEvent? {
        guard notice.events.contains(headers.text("UserEvent")), let id = message["Uniqueid"],
            let word = message.value(named: notice.statusHeader), let status = QueueStatus(rawValue: word)
        else { return nil }
        let queue = message.value(named: notice.queueHeader) ?? ""
        return .queueStatus(ChannelID(id), queue.isEmpty ? nil : QueueName(queue), status)
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

    private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    /// `seconds.microseconds`, e.g. `1795402407.614349`.
    private static func timestamp(_ bytes: ArraySlice<UInt8>) -> UnixTime? {
        guard let point = bytes.firstIndex(of: UInt8(ascii: ".")), bytes.endIndex - point == 7, let seconds = parseInteger(bytes[..<point]),
            let fraction = parseInteger(bytes[(point + 1)...]), seconds < 1 << 40, seconds >= 0, fraction >= 0
        else { return nil }
        return UnixTime(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }
}
