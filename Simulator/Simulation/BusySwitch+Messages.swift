import AMI
import Telephony
import Time

// The messages of a busy switch: its events in Asterisk 22's words and order, with `timestampevents = yes`, and its
// lists.
extension BusySwitch {
    typealias Headers = [(String, String)]

    /// Sends the events one after the other, within some milliseconds.
    mutating func tell(_ events: [(String, Headers)], at now: Moment) {
        var happened = now
        for (index, event) in events.enumerated() {
            if index > 0 { happened = happened + microspan(upTo: .milliseconds(1)) }
            let microseconds = happened.date.microseconds
            let fraction = String(microseconds % 1_000_000 + 1_000_000).dropFirst()
            let head: Headers = [
                ("Event", event.0), ("Privilege", "call,all"), ("Timestamp", "\(microseconds / 1_000_000).\(fraction)"),
            ]
            speak(Self.text(head + event.1), at: happened.uptime + configuration.lag)
        }
    }

    private static func text(_ headers: Headers) -> [UInt8] {
        Array((headers.map { "\($0): \($1)\r\n" }.joined() + "\r\n").utf8)
    }

    // MARK: snapshots

    private func snapshot(_ call: Call) -> Headers {
        [
            ("Channel", call.name), ("ChannelState", "\(call.state)"),
            ("ChannelStateDesc", call.state == 6 ? "Up" : "Ring"),
            ("CallerIDNum", call.number), ("CallerIDName", "<unknown>"), ("ConnectedLineNum", "<unknown>"),
            ("ConnectedLineName", "<unknown>"), ("Language", "it"), ("AccountCode", ""), ("Context", "from-trunk"),
            ("Exten", call.exten),
            ("Priority", "\(call.priority)"), ("Uniqueid", call.truth.channel), ("Linkedid", call.truth.channel),
        ]
    }

    private func snapshot(_ phone: Phone, of call: Call, prefix: String = "") -> Headers {
        [
            ("Channel", phone.channel), ("ChannelState", "\(phone.state)"),
            ("ChannelStateDesc", [0: "Down", 5: "Ringing"][phone.state] ?? "Up"),
            ("CallerIDNum", "\(1001 + phone.agent)"),
            ("CallerIDName", name(phone.agent)), ("ConnectedLineNum", call.number), ("ConnectedLineName", "<unknown>"),
            ("Language", "it"), ("AccountCode", ""), ("Context", "agenti"), ("Exten", call.exten), ("Priority", "1"),
            ("Uniqueid", phone.id), ("Linkedid", call.truth.channel),
        ].map { (prefix + $0.0, $0.1) }
    }

    // MARK: events

    func newChannel(_ call: Call) -> (String, Headers) { ("Newchannel", snapshot(call)) }
    func newChannel(_ phone: Phone, of call: Call) -> (String, Headers) { ("Newchannel", snapshot(phone, of: call)) }
    func newState(_ call: Call) -> (String, Headers) { ("Newstate", snapshot(call)) }
    func newState(_ phone: Phone, of call: Call) -> (String, Headers) { ("Newstate", snapshot(phone, of: call)) }
    func hangupRequest(_ call: Call) -> (String, Headers) { ("HangupRequest", snapshot(call)) }
    func hangupRequest(_ phone: Phone, of call: Call) -> (String, Headers) {
        ("HangupRequest", snapshot(phone, of: call))
    }
    func softHangup(_ call: Call) -> (String, Headers) { ("SoftHangupRequest", snapshot(call) + [("Cause", "16")]) }
    func hangup(_ call: Call) -> (String, Headers) {
        ("Hangup", snapshot(call) + [("Cause", "16"), ("Cause-txt", "Normal Clearing")])
    }
    func hangup(_ phone: Phone, of call: Call) -> (String, Headers) {
        ("Hangup", snapshot(phone, of: call) + [("Cause", "16"), ("Cause-txt", "Normal Clearing")])
    }

    func queueJoin(_ call: Call, position: Int) -> (String, Headers) {
        (
            "QueueCallerJoin",
            snapshot(call) + [("Queue", call.queue ?? ""), ("Position", "\(position)"), ("Count", "\(position)")]
        )
    }
    func queueLeave(_ call: Call) -> (String, Headers) {
        ("QueueCallerLeave", snapshot(call) + [("Queue", call.queue ?? ""), ("Position", "1"), ("Count", "0")])
    }
    func queueAbandon(_ call: Call) -> (String, Headers) {
        (
            "QueueCallerAbandon",
            snapshot(call) + [
                ("Queue", call.queue ?? ""), ("Position", "1"), ("OriginalPosition", "1"), ("HoldTime", "1"),
            ]
        )
    }
    /// The dial plan's word after `Queue()`.
    func queueEnd(_ call: Call) -> (String, Headers) {
        ("UserEvent", snapshot(call) + [("UserEvent", "FineCoda"), ("Coda", call.queue ?? ""), ("Stato", "TIMEOUT")])
    }

    private func both(_ call: Call, _ phone: Phone) -> Headers {
        snapshot(call) + snapshot(phone, of: call, prefix: "Dest")
    }
    private func member(_ call: Call, _ phone: Phone) -> Headers {
        both(call, phone) + [
            ("Queue", call.queue ?? ""), ("Interface", interface(phone.agent)), ("MemberName", name(phone.agent)),
        ]
    }

    func agentCalled(_ call: Call, _ phone: Phone) -> (String, Headers) { ("AgentCalled", member(call, phone)) }
    func agentConnect(_ call: Call, _ phone: Phone) -> (String, Headers) {
        ("AgentConnect", member(call, phone) + [("HoldTime", "1"), ("RingTime", "1")])
    }
    func agentComplete(_ call: Call, _ phone: Phone, _ reason: String) -> (String, Headers) {
        ("AgentComplete", member(call, phone) + [("HoldTime", "1"), ("TalkTime", "1"), ("Reason", reason)])
    }
    func agentRingNoAnswer(_ call: Call, _ phone: Phone) -> (String, Headers) {
        ("AgentRingNoAnswer", member(call, phone) + [("RingTime", "1000")])
    }
    func dialBegin(_ call: Call, _ phone: Phone) -> (String, Headers) {
        ("DialBegin", both(call, phone) + [("DialString", interface(phone.agent))])
    }
    func dialEnd(_ call: Call, _ phone: Phone, _ status: String) -> (String, Headers) {
        ("DialEnd", both(call, phone) + [("DialStatus", status)])
    }

    private func bridge(_ call: Call, _ count: Int) -> Headers {
        [
            ("BridgeUniqueid", call.bridge ?? ""), ("BridgeType", "basic"), ("BridgeTechnology", "simple_bridge"),
            ("BridgeNumChannels", "\(count)"),
        ]
    }
    func bridgeEnter(_ call: Call, _ phone: Phone?, _ count: Int) -> (String, Headers) {
        ("BridgeEnter", bridge(call, count) + (phone.map { snapshot($0, of: call) } ?? snapshot(call)))
    }
    func bridgeLeave(_ call: Call, _ phone: Phone?, _ count: Int) -> (String, Headers) {
        ("BridgeLeave", bridge(call, count) + (phone.map { snapshot($0, of: call) } ?? snapshot(call)))
    }
    func held(_ call: Call, _ phone: Phone, _ event: String) -> (String, Headers) { (event, snapshot(phone, of: call)) }

    // MARK: lists

    mutating func answer(_ action: Message, _ connection: ConnectionID, at now: Moment) {
        let id = action["ActionID"]
        let items: [Headers]
        let name: String
        switch action["Action"]?.lowercased() {
        case "bridgelist":
            (name, items) = (
                "BridgeList", inOrder.filter { $0.bridge != nil }.map { [("Event", "BridgeListItem")] + bridge($0, 2) }
            )
        case "coreshowchannels": (name, items) = ("CoreShowChannels", inOrder.flatMap { channels($0, at: now) })
        case "queuestatus": (name, items) = ("QueueStatus", queues(at: now))
        default:
            return speak(
                ServerSession.response("Error", id: id, [("Message", "Invalid/unknown command")]), to: connection,
                at: now.uptime)
        }
        speak(
            ServerSession.response("Success", id: id, [("EventList", "start"), ("Message", "The list will follow")]),
            to: connection,
            at: now.uptime)
        let tag: Headers = id.map { [("ActionID", $0)] } ?? []
        var due = now.uptime
        for item in items {
            due = due + microspan(upTo: configuration.itemInterval)
            speak(Self.text([item[0]] + tag + item.dropFirst()), to: connection, at: due)
        }
        due = due + microspan(upTo: configuration.itemInterval)
        let end: Headers =
            [("Event", "\(name)Complete")] + tag + [("EventList", "Complete"), ("ListItems", "\(items.count)")]
        speak(Self.text(end), to: connection, at: due, endsInventory: name == "QueueStatus")
    }

    private var inOrder: [Call] { calls.keys.sorted().compactMap { calls[$0] } }

    private func channels(_ call: Call, at now: Moment) -> [Headers] {
        func item(_ snapshot: Headers, _ application: String, _ data: String, since: Moment) -> Headers {
            let seconds = (now.uptime - since.uptime).microseconds / 1_000_000
            func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
            return [("Event", "CoreShowChannel")] + snapshot + [
                ("Application", application), ("ApplicationData", data),
                ("Duration", "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"),
            ]
        }
        let (application, data) =
            call.queue.map { ("Queue", "\($0),t,,,90") }
            ?? (call.phase == .menu ? ("BackGround", "menu") : ("Dial", "phone"))
        let own = item(snapshot(call), application, data, since: call.arrived) + [("BridgeId", call.bridge ?? "")]
        return [own]
            + call.phones.map {
                item(snapshot($0, of: call), "AppQueue", "(Outgoing Line)", since: $0.created) + [
                    ("BridgeId", $0.state == 6 ? call.bridge ?? "" : "")
                ]
            }
    }

    private func queues(at now: Moment) -> [Headers] {
        configuration.queues.flatMap { queue -> [Headers] in
            let waiting = waiting(in: queue)
            let parameters: Headers = [
                ("Event", "QueueParams"), ("Queue", queue), ("Max", "0"), ("Strategy", "rrmemory"),
                ("Calls", "\(waiting.count)"),
            ]
            let members = (0..<configuration.agents).filter { configuration.queue(of: $0) == queue }.map {
                agent -> Headers in
                [
                    ("Event", "QueueMember"), ("Queue", queue), ("Name", name(agent)), ("Location", interface(agent)),
                    ("StateInterface", interface(agent)), ("Membership", "static"), ("Penalty", "0"),
                    ("CallsTaken", "0"),
                    ("LastCall", "0"), ("LastPause", "0"), ("InCall", "0"), ("Status", "1"), ("Paused", "0"),
                    ("Wrapuptime", "0"),
                ]
            }
            let entries = waiting.enumerated().map { index, call -> Headers in
                let wait = call.joined.map { (now.uptime - $0.uptime).microseconds / 1_000_000 } ?? 0
                return [
                    ("Event", "QueueEntry"), ("Queue", queue), ("Position", "\(index + 1)"), ("Channel", call.name),
                    ("Uniqueid", call.truth.channel), ("CallerIDNum", call.number), ("CallerIDName", "unknown"),
                    ("Wait", "\(wait)"),
                    ("Priority", "0"),
                ]
            }
            return [parameters] + members + entries
        }
    }
}
