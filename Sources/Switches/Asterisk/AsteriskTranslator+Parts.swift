import AMI
import Telephony
import Time

/// What several events have in common: snapshots, queue members, positions.
extension AsteriskTranslator {
    /// Longer than any caller waits or agent writes: what is beyond is not believed.
    private static let longest = 31 * 86_400

    func seconds(_ headers: inout EventReader, _ name: StaticString) -> Span {
        .seconds(Int64(min(max(headers.number(name) ?? 0, 0), Self.longest)))
    }

    /// A transfer that failed leaves everything as it was, and one that makes a conference of three leaves the agent in
    /// it.
    func transfer(_ headers: inout EventReader, _ transferer: StaticString) -> SwitchEvent? {
        guard headers.bounded("Result") == "Success", let channel = headers.channel(transferer),
            headers.bounded("DestType") != "Threeway"
        else {
            return nil
        }
        return .transferred(channel, second: headers.channel("SecondTransfererUniqueid"))
    }

    func channel(_ headers: inout EventReader) -> ChannelID { ChannelID(headers.name("Uniqueid")) }

    /// `ChannelState`. Of the others, `Down`, `Rsrvd`, `OffHook` and `Pre-ring` say nothing yet; `Dialing`, `Ringing`,
    /// `Busy` and `Dialing Offhook` are said of a leg by which we call.
    enum State {
        static let ring = 4
        static let up = 6
    }

    /// A leg that is up from the first calls us: one that we make is not answered before it is made.
    mutating func created(_ headers: inout EventReader) -> Channel {
        var channel = snapshot(&headers, .own)
        if headers.number("ChannelState") == State.up { channel.isIncoming = true }
        return channel
    }

    /// PJSIP and IAX2 make a caller's leg in state `Ring`; chan_sip, DAHDI and most others make it first, and say
    /// `Ring` when they know what was dialled.
    mutating func stateChanged(_ headers: inout EventReader) -> SwitchEvent? {
        switch headers.number("ChannelState") {
        case State.ring: .channelRang(snapshot(&headers, .own))
        case State.up: .channelUp(snapshot(&headers, .own))
        default: nil
        }
    }

    func numberDialled(_ headers: inout EventReader) -> SwitchEvent? {
        let exten = headers.bounded("Exten")
        return exten.isEmpty ? nil : .numberDialled(channel(&headers), exten)
    }

    /// The fourteen lines of a channel's snapshot. `Ring`: the far end calls us; a leg that we make begins as `Down`.
    mutating func snapshot(_ headers: inout EventReader, _ names: Snapshot) -> Channel {
        let name = headers.name(names.channel)
        let isRing = headers.number(names.state) == State.ring
        let number = Self.withoutPlaceholder(headers.bounded(names.number))
        let caller = CallerID(number: number, name: unescaped(Self.withoutPlaceholder(headers.bounded(names.name))))
        let called = headers.bounded(names.exten)
        let id = ChannelID(headers.name(names.id))
        let device = device(of: name)
        return Channel(
            id: id, call: CallID(headers.name(names.call)), name: name, caller: caller, called: called,
            kind: device.kind, isIncoming: isRing, device: Interface(device.name))
    }

    mutating func device(of channel: String) -> Device {
        // The dash is found by bytes: a letter after it cannot be a part of it.
        var name = channel
        let known = name.withUTF8 { bytes -> Device? in
            guard let dash = bytes.lastIndex(of: UInt8(ascii: "-")), dash > 0, dash + 1 < bytes.count,
                bytes[dash + 1] < 0x80
            else { return nil }
            return devices.value(of: UnsafeBufferPointer(rebasing: bytes[..<dash]))
        }
        if let known { return known }
        name = LineRule.device(of: channel)
        let device = Device(name: name, kind: lines.kind(of: name))
        if !name.isEmpty { devices.remember(device) }
        return device
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
    mutating func dialBegin(_ headers: inout EventReader) -> SwitchEvent? {
        let exten = headers.bounded("Exten")
        let source = headers.channel("Uniqueid")
        var destination = snapshot(&headers, .destination)
        let slash = destination.name.utf8.firstIndex(of: UInt8(ascii: "/")) ?? destination.name.endIndex
        let technology = destination.name[..<slash]
        let string = headers.text("DialString")
        let number = DialString(string, technology: technology).number ?? exten
        if !string.isEmpty { destination.isDialledByName = DialString.names(destination.device, string) }
        return .dialBegan(source: source, destination, number: number)
    }

    /// Call-event logging, where the switch has it on, names the application that a channel begins: the only report of
    /// a queue that refuses a caller.
    func queueTried(_ headers: inout EventReader) -> SwitchEvent? {
        guard headers.bounded("EventName") == "APP_START", headers.bounded("Application") == "Queue" else { return nil }
        let queue = headers.name("AppData").prefix { $0 != "," }
        return queue.isEmpty ? nil : .queueTried(QueueName(String(queue)), ChannelID(headers.name("UniqueID")))
    }

    /// The technology says what the channels in it are for each other. The type says what the bridge was made for:
    /// `base` is that of a conference and of BridgeWait, `stasis` that of ARI, for a conversation or to wait in.
    func bridgeKind(_ headers: inout EventReader) -> BridgeKind {
        let type = headers.bounded("BridgeType")
        let technology = headers.bounded("BridgeTechnology")
        if type == "parking" { return .parking }
        if technology == "holding_bridge" || type == "holding" || type == "agent_hold" { return .holding }
        return type == "base" ? .conference : .conversation
    }

    mutating func channelFound(_ headers: inout EventReader) -> SwitchEvent {
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
    func caller(_ headers: inout EventReader) -> CallerID {
        let number = Self.withoutPlaceholder(headers.bounded("CallerIDNum"))
        return CallerID(number: number, name: unescaped(Self.withoutPlaceholder(headers.bounded("CallerIDName"))))
    }

    func position(_ headers: inout EventReader) -> DialplanPosition {
        let context = headers.bounded("Context")
        let exten = headers.bounded("Exten")
        return DialplanPosition(context: context, exten: exten, priority: headers.bounded("Priority"))
    }

    func member(_ headers: inout EventReader) -> (QueueName, AgentRef) {
        let queue = QueueName(headers.name("Queue"))
        let interface = Interface(headers.name("Interface"))
        let name = headers.name("MemberName")
        return (queue, AgentRef(interface: interface, name: name.isEmpty ? interface.rawValue : name))
    }

    func queueMember(_ headers: inout EventReader) -> QueueMember {
        let queue = QueueName(headers.name("Queue"))
        let name = headers.name("MemberName")
        let interface = Interface(headers.name("Interface"))
        return queueMember(
            queue, AgentRef(interface: interface, name: name.isEmpty ? interface.rawValue : name), &headers)
    }

    func queueMember(_ queue: QueueName, _ agent: AgentRef, _ headers: inout EventReader) -> QueueMember {
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

    func dialStatus(_ bytes: ArraySlice<UInt8>?) -> DialStatus {
        switch text(bytes ?? []).uppercased() {
        case "ANSWER": .answered
        case "BUSY": .busy
        case "CANCEL": .cancelled
        case "CHANUNAVAIL", "CONGESTION": .unreachable
        default: .noAnswer
        }
    }

    /// An empty number or name is printed as `<unknown>` in snapshots.
    static func withoutPlaceholder(_ text: String) -> String { text == "<unknown>" ? "" : text }
}
