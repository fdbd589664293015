/// How the value of an AMI header is treated before it is written for strangers. Headers that are known to be harmless
/// are kept; every other one is searched.
enum HeaderTreatment: Equatable {
    case keep
    /// The whole value is a caller's telephone number, or a placeholder for one.
    case number
    /// The dialled text: a number, or a word of the dial plan.
    case exten
    case name
    /// `"Name" <number>`.
    case nameAndNumber
    /// A channel, device or identifier (a client may send its own). Numbers and addresses in it are replaced,
    /// technology and suffix are kept, and nothing is treated as a name.
    case device
    /// Searched for numbers, addresses, users of URIs, and names that were seen.
    case text
    /// Free text: it is replaced as a whole unless it is known to be harmless.
    case free
    /// One digit; a series of them may be a card's number.
    case digit

    init(_ header: String, of title: String) {
        let name = header.lowercased()
        let event = title.lowercased()
        if name.hasSuffix("calleridnum") || name.hasSuffix("connectedlinenum") || Self.numbers.contains(name) {
            self = .number
        } else if name.hasSuffix("exten") || name == "extension" {
            self = .exten
        } else if name.hasSuffix("calleridname") || name.hasSuffix("connectedlinename") || name == "membername"
            || name == "agentname"
            || name == "name" && event == "queuemember"
        {
            self = .name
        } else if name == "callerid" {
            self = .nameAndNumber
        } else if name == "digit" {
            self = .digit
        } else if name.hasSuffix("channel") || Self.devices.contains(name)
            || Self.identifiers.contains(where: name.hasSuffix)
            || name == "variable" && event == "varset"
        {
            self = .device
        } else if name == "reason" && event.hasPrefix("queuemember") {
            // The reason of a pause, in Asterisk 16.
            self = .free
        } else if Self.harmless.contains(name) || Self.harmlessEndings.contains(where: name.hasSuffix) {
            self = .keep
        } else if name.contains("chanvariable") || name.hasSuffix("accountcode") || Self.anything.contains(name) {
            self = .free
        } else {
            self = .text
        }
    }

    private static let numbers: Set = [
        "calleridani", "calleriddnid", "calleridrdnis", "destination", "dialled", "source-number",
    ]
    private static let devices: Set = [
        "interface", "location", "stateinterface", "device", "peer", "endpoint", "aor", "dialstring",
        "parkerdialstring",
        "destinationchannel",
        "hint", "agent", "userevent",
    ]
    private static let identifiers = ["uniqueid", "linkedid", "bridgeid"]
    private static let anything: Set = [
        "value", "variable", "pausedreason", "userfield", "userdeftype", "peeraccount", "subject", "body",
    ]
    /// Endings of a snapshot's headers, whatever the prefix.
    private static let harmlessEndings = [
        "channelstate", "channelstatedesc", "language", "context", "priority", "bridgetype",
        "bridgetechnology", "bridgecreator", "bridgename", "bridgenumchannels", "bridgevideosourcemode",
    ]
    private static let harmless: Set = [
        "event", "response", "privilege", "timestamp", "systemname", "sequencenumber", "eventlist", "listitems",
        "status",
        "uptime", "lastreload", "queue", "position", "originalposition", "count", "holdtime", "talktime", "ringtime",
        "membership",
        "penalty",
        "callstaken", "lastcall", "lastpause", "logintime", "incall", "paused", "ringinuse", "wrapuptime", "max",
        "strategy", "calls",
        "completed",
        "abandoned", "servicelevel", "servicelevelperf", "servicelevelperf2", "weight", "wait", "loggedin", "available",
        "callers",
        "longestholdtime", "cause", "cause-txt", "techcause", "dialstatus", "result", "desttype", "destapp",
        "transferee", "isexternal",
        "eventname",
        "eventtime", "amaflags", "application", "musicclass", "class", "localoptimization", "attempt", "parkingspace",
        "parkingtimeout",
        "parkingduration", "parkinglot", "shutdown", "restart", "module", "cid-callingpres", "duration",
        "billableseconds", "starttime",
        "answertime", "endtime", "disposition", "durationms", "direction", "digits-count", "feature", "channeltype",
        "peerstatus", "time",
        "contactstatus", "roundtripusec", "reason", "appline", "appfile", "appfunction", "callid", "priorcallid",
        "state", "type",
        "success", "mes",
        "ssrc", "pt", "rtt", "sentntp", "sentrtp", "sentpackets", "sentoctets", "reportcount", "report0sourcessrc",
        "report0fractionlost",
        "report0cumulativelost", "report0highestsequence", "report0sequencenumbercycles", "report0iajitter",
        "report0lsr", "report0dlsr",
    ]
}
