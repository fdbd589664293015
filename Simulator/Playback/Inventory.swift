import AMI

/// What the recorded switch answered when it was asked about its state: the first answer of each kind, so the state at
/// the start.
struct Inventory: Sendable {
    /// Answers by lower-case action name, a message each.
    private var answers: [String: [MessageTemplate]] = [:]
    /// The members of all queues when the recording begins, and who they are when it ends.
    private(set) var members: [QueueMember] = []
    private(set) var membersAtEnd: [QueueMember] = []

    init(control: some Sequence<SwitchRecording.Chunk>, changes: MemberChanges) {
        var asked = Framer(role: .server)
        var answered = Framer(role: .client)
        // The recorder's own connection was logged in long before: its stream may begin with an action's answer.
        answered.receive("Asterisk Call Manager/\r\n".utf8) { _ in }
        /// Open actions by ActionID.
        var open: [String: String] = [:]
        var answers: [String: [MessageTemplate]] = [:]
        var members: [QueueMember] = []
        for chunk in control {
            if chunk.fromSwitch {
                answered.receive(chunk.bytes) { output in
                    guard case .message(let message) = output, let id = message["ActionID"], let action = open[id]
                    else { return }
                    answers[action, default: []].append(MessageTemplate(message))
                    if action == "queuestatus", message.isTitled("QueueMember") {
                        members.append(QueueMember(item: message, ringInUse: changes.ringInUse))
                    }
                    if !Self.isContinued(message) { open[id] = nil }
                }
            } else {
                asked.receive(chunk.bytes) { output in
                    guard case .message(let message) = output, let id = message["ActionID"],
                        let action = message["Action"]
                    else { return }
                    if answers[action.lowercased()] == nil { open[id] = action.lowercased() }
                }
            }
        }
        self.answers = answers
        self.members = members
        membersAtEnd = changes.applied(to: members)
    }

    /// Whether more messages with this one's ActionID follow.
    private static func isContinued(_ message: Message) -> Bool {
        switch message.kind {
        case .response: message["EventList"]?.lowercased() == "start"
        case .event: message["EventList"] == nil
        case .action: false
        }
    }

    /// The bytes that answer an action: the recorded answer; an empty list for an action that lists; Success for one
    /// that returns nothing; and an error, as a real switch sends it, for an unknown action.
    func answer(to action: Message, _ playing: Playing) -> [UInt8] {
        let name = (action["Action"] ?? "").lowercased()
        let id = (0..<action.count).first { action.name(at: $0).lowercased() == "actionid" }.map(action.bytes(at:))
        if let recorded = answers[name] { return recorded.flatMap { $0.played(playing, to: id) } }
        let text = id.map { String(decoding: $0, as: UTF8.self) }
        guard let list = Self.lists[name] else {
            guard Self.simulated.contains(name) else {
                return ServerSession.response("Error", id: text, [("Message", "Invalid/unknown command")])
            }
            return ServerSession.response("Success", id: text, [("Message", "Simulated")])
        }
        var end = MessageTemplate()
        end.append("Event", list)
        if let id { end.append("ActionID", id) }
        end.append("EventList", "Complete")
        end.append("ListItems", "0")
        end.end()
        return ServerSession.response(
            "Success", id: text, [("EventList", "start"), ("Message", "The list will follow")]) + end.bytes
    }

    /// Actions of a real switch that are taken, and change nothing here.
    private static let simulated: Set = [
        "absolutetimeout", "atxfer", "blindtransfer", "bridge", "bridgedestroy", "bridgekick", "bridgetechnologylist",
        "command",
        "confbridgelist",
        "confbridgelistrooms", "coresettings", "corestatus", "dbget", "dbput", "extensionstate", "filter", "getconfig",
        "getvar", "hangup",
        "iaxpeers", "listcommands", "localoptimizeaway", "mailboxcount", "messagesend", "mixmonitor", "modulecheck",
        "muteaudio",
        "originate",
        "park", "pjsipshowcontacts", "pjsipshowendpoint", "pjsipshowendpoints", "playdtmf", "queueadd",
        "queuechangeprioritycaller",
        "queuelog",
        "queuememberringinuse", "queuepause", "queuepenalty", "queuereload", "queueremove", "queuereset", "queuerule",
        "queues", "redirect",
        "reload", "setvar", "showdialplan", "sippeers", "sipshowpeer", "stopmixmonitor", "userevent", "waitevent",
    ]

    /// The event that ends each list.
    private static let lists = [
        "queuestatus": "QueueStatusComplete", "queuesummary": "QueueSummaryComplete",
        "coreshowchannels": "CoreShowChannelsComplete",
        "bridgelist": "BridgeListComplete", "bridgeinfo": "BridgeInfoComplete", "parkedcalls": "ParkedCallsComplete",
        "parkinglots": "ParkinglotsComplete", "status": "StatusComplete", "devicestatelist": "DeviceStateListComplete",
        "presencestatelist": "PresenceStateListComplete", "extensionstatelist": "ExtensionStateListComplete",
        "agents": "AgentsComplete",
    ]
}
