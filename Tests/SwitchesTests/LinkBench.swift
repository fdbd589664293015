import AMI
import Switches
import Telephony
import Time
import Wire

extension Digests {
    /// For plain logins, which need no digest.
    static let none = Digests(
        md5: { _ in preconditionFailure("MD5 in a plain login") },
        hmacSHA256: { _, _ in preconditionFailure("an HMAC in a login") },
        constantTimeEqual: { $0 == $1 })
}

/// A link's outputs as text: bytes as their action, events by name.
struct LinkBench {
    var link: AsteriskLink
    private(set) var now: Span = .seconds(100)
    private var outputs: [AsteriskLink.Output] = []
    private(set) var connections = 0
    /// The outputs since the last ``take()``.
    private var said: [String] = []
    private(set) var lostAt: Moment?
    private(set) var brackets = 0
    /// How each inventory ended.
    private(set) var endings: [SwitchEvent] = []
    var events: [SwitchEvent] = []
    /// The last ActionID sent.
    private(set) var actionID = ""

    init(seed: UInt64 = 1, isRecording: Bool = false) {
        link = AsteriskLink(
            .init(username: "cti", isChallenged: false, isRecording: isRecording), seed: seed)
    }

    /// Started, connected and logged in; the inventory has been requested.
    static func loggedIn(seed: UInt64 = 1) -> LinkBench {
        var bench = LinkBench(seed: seed)
        bench.start()
        bench.logIn()
        return bench
    }

    /// The same, and an empty inventory has been received.
    static func connected(seed: UInt64 = 1) -> LinkBench {
        var bench = loggedIn(seed: seed)
        bench.tellInventory()
        _ = bench.take()
        return bench
    }

    var moment: Moment { Moment(uptime: now, date: UnixTime(seconds: 1_772_438_400) + now) }

    mutating func start() { run { $0.start(at: $1, into: &$2) } }
    mutating func open() { run { $0.opened(at: $1, into: &$2) } }
    mutating func close(_ reason: String = "reset by peer", isConfigurationFault: Bool = false) {
        run { $0.closed(reason, isConfigurationFault: isConfigurationFault, at: $1, into: &$2) }
    }
    mutating func hear(_ text: String) {
        let bytes = Array(text.replacing("\n", with: "\r\n").utf8)
        run { $0.received(bytes, .init("s3cret", .none), at: $1, into: &$2) }
    }

    mutating func logIn() {
        open()
        hear("Asterisk Call Manager/11.0.0\n")
        hear("Response: Success\nActionID: \(actionID)\nMessage: Authentication accepted\n\n")
    }

    mutating func tellInventory(_ items: String = "") {
        for list in ["BridgeList", "CoreShowChannels", "QueueStatus"] {
            hear("Response: Success\nActionID: \(actionID)\nEventList: start\nMessage: \(list) will follow\n\n")
            if list == "QueueStatus" { hear(items.replacing("$id", with: actionID)) }
            hear("Event: \(list)Complete\nActionID: \(actionID)\nEventList: Complete\nListItems: 0\n\n")
        }
    }

    /// Moves on to `time`, stopping at each deadline on the way.
    mutating func wait(_ time: Span) {
        let end = now + time
        while let deadline = link.nextDeadline, deadline <= end {
            now = max(now, deadline)
            run { $0.deadlineReached(at: $1, into: &$2) }
        }
        now = end
    }

    /// Later, with nothing having happened meanwhile.
    mutating func skip(_ time: Span) { now = now + time }

    mutating func take() -> [String] {
        defer { said = [] }
        return said
    }

    private mutating func run(_ body: (inout AsteriskLink, Moment, inout [AsteriskLink.Output]) -> Void) {
        outputs.removeAll()
        body(&link, moment, &outputs)
        for output in outputs {
            switch output {
            case .connect:
                connections += 1
                said.append("connect")
            case .send(let bytes):
                let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
                actionID = lines.first { $0.hasPrefix("ActionID: ") }.map { String($0.dropFirst(10)) } ?? ""
                said.append(String(lines[0]))
            case .close: said.append("close")
            case .event(let event, _):
                events.append(event)
                said.append("event")
            // A test of its own checks where an inventory begins and ends.
            case .inventory(.inventoryBegan, _): brackets += 1
            case .inventory(.inventoryEnded(let hasChannels, let hasQueues), _):
                brackets += 1
                endings.append(.inventoryEnded(hasChannels: hasChannels, hasQueues: hasQueues))
            case .inventory(let event, _):
                events.append(event)
                said.append("inventory")
            case .lost(let moment):
                lostAt = moment
                said.append("lost")
            case .misdated: said.append("misdated")
            case .state(let state, let detail): said.append(detail.map { "\(state): \($0)" } ?? "\(state)")
            }
        }
    }
}
