import AMI
import Access
import Contacts
import Directory
import Figures
import Foundation
import Core
import Edges
import Gateway
import HTTP
import Records
import ScreenPop
import Switches
import TLS
import Telephony
import Testing
import Time
import Wallboard
import Wire

extension Digests {
    static let openSSL = Digests(
        md5: { OpenSSL.md5($0) }, hmacSHA256: { OpenSSL.hmacSHA256(key: $0, message: $1) },
        sha256: { OpenSSL.sha256($0) }, constantTimeEqual: { OpenSSL.constantTimeEqual($0, $1) })
}

/// A gateway in a world of values only: time moves when a test says so, and everything that was sent is kept.
struct Bench {
    var gateway: Gateway
    private(set) var now: Span = .zero
    /// Unread bytes by connection.
    private var inbox: [ConnectionID: [UInt8]] = [:]
    private(set) var closedByUs: Set<ConnectionID> = []
    private(set) var lookups: [(id: LookupID, caller: CallerID)] = []
    private(set) var saved: [ContactDocument] = []
    private(set) var savedRecords: [ContactRecord] = []
    private(set) var savedGaps: [Gap] = []
    /// Rows of quarter-hours, each time they were written.
    private(set) var savedRows: [IntervalRow] = []
    private(set) var log: [LogLine] = []
    /// What the world was asked to do about people.
    private(set) var accessEffects: [AccessEffect] = []
    private(set) var deliveries: [Effect.Delivery] = []
    private(set) var journalled: [String] = []
    /// Rules that were read again, as they go into the journal.
    private(set) var journalledRules: [Core.Rules] = []
    /// Each webhook event as it goes into the journal, and what a checkpoint would contain if a segment began with
    /// it.
    private(set) var acceptances: [(before: Core, input: Core.Input, at: Moment)] = []
    /// Clients whose answers wait for the journal, with how much was journalled before.
    private(set) var acknowledged: [(id: ConnectionID, after: Int)] = []
    /// Questions about earlier moments.
    private(set) var looksBack: [(id: ConnectionID, date: UnixTime)] = []
    /// Those for which the journal need not be read any further.
    private(set) var looksGivenUp: [ConnectionID] = []
    /// Clients that may wait until others have what is sent to them.
    private(set) var patient: Set<ConnectionID> = []
    /// Questions that are being answered beside the loop: by the next input, or when the test says so.
    private(set) var questions: [(id: ConnectionID, question: Question)] = []
    var answersAtOnce = true
    /// Inputs so far, and the most work that one of them took.
    private(set) var turns = 0
    var largestTurn = 0
    /// The most call events, and the most effects, of one input.
    var mostCallEvents = 0
    var mostEffects = 0
    private(set) var listening: [ClientPort] = []
    /// The connection to the switch, open or being opened.
    private(set) var toSwitch: ConnectionID?
    private var nextAccepted: UInt64 = 1
    /// The number of writes to each connection.
    private(set) var writes: [ConnectionID: Int] = [:]
    /// What was written since it was emptied, where a test wants it: the address shows whether two readers got the
    /// same array.
    var keptWrites: [[UInt8]]?

    static let start = UnixTime(rfc3339: "2026-03-02T08:00:00Z")!
    static let webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    /// Two agents, one Asterisk that needs no login, one cloud switch.
    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.deskToken = Configuration.Secret("desk-secret")
        configuration.switches = [
            .init(
                name: SwitchID("roma"), address: .init(host: "127.0.0.1", port: 5038),
                secret: "", link: .init(username: "", isRecording: true))
        ]
        configuration.webhooks = [.init(name: SwitchID("cloud"), secrets: [Configuration.Secret(webhookSecret)])]
        return configuration
    }

    /// The same with an Asterisk that requires name and secret, and is asked for its inventory.
    static var liveConfiguration: Configuration {
        var configuration = configuration
        configuration.switches[0].link = .init(username: "cti", isChallenged: false)
        configuration.switches[0].secret = .init("s3cret")
        return configuration
    }

    /// The civil time at the beginning of the test.
    private var startDate: UnixTime

    init(
        _ configuration: Configuration = Bench.configuration, pages: [String: Edges.Page] = [:], seed: UInt64 = 1,
        start: UnixTime = Bench.start
    ) {
        startDate = start
        gateway = Gateway(configuration: configuration, pages: pages, digests: .openSSL, seed: seed)
        handle(.started)
        if let toSwitch { handle(.opened(toSwitch)) }
    }

    var moment: Moment { Moment(uptime: .seconds(1000) + now, date: startDate + now) }

    // MARK: the world

    mutating func wait(_ time: Span) {
        let end = now + time
        while let deadline = gateway.nextDeadline, deadline <= .seconds(1000) + end {
            now = max(now, deadline - .seconds(1000))
            handle(.deadlineReached)
        }
        now = end
    }

    /// Handles this many of the deadlines that are due.
    mutating func wait(_ time: Span, turns: Int) {
        now = now + time
        for _ in 0..<turns { handle(.deadlineReached) }
    }

    mutating func connect(_ port: ClientPort, from address: String = "") -> ConnectionID {
        let id = ConnectionID(nextAccepted)
        nextAccepted += 2
        handle(.accepted(id, port, from: address))
        return id
    }

    mutating func send(_ text: String, _ id: ConnectionID) { send(Array(text.utf8), id) }
    mutating func send(_ bytes: [UInt8], _ id: ConnectionID) { handle(.received(id, bytes)) }
    mutating func hear(_ report: HostReport) { handle(.hostReport(report)) }
    /// The store has this grant for the token; nil: none any more.
    mutating func grant(_ token: String, _ grant: Grant?) {
        handle(.edge(.granted(sha256: OpenSSL.sha256(Array(token.utf8)), grant)))
    }
    mutating func drop(_ id: ConnectionID) { handle(.closed(id, reason: "gone")) }
    /// The host reports how much of what was written still waits for the reader.
    mutating func unsent(_ id: ConnectionID, _ bytes: Int) { handle(.unsent(id, bytes: bytes)) }
    /// Sets the clock forward or back.
    mutating func setClock(by span: Span) { startDate = startDate + span }
    /// Time passes, and the gateway is not woken.
    mutating func oversleep(_ time: Span) { now = now + time }
    mutating func lookedBack(_ id: ConnectionID, _ found: LookBack) { handle(.lookedBack(id, found)) }
    mutating func tell(_ input: AccessInput) { handle(.edge(.access(input))) }
    mutating func stop() { handle(.stopRequested()) }
    /// The configuration was read again.
    mutating func reload(_ configuration: Configuration) { handle(.configured(configuration)) }
    mutating func answer(_ lookup: LookupID, _ answer: DirectoryAnswer) { handle(.found(lookup, answer)) }

    /// What has arrived on a connection since it was last read.
    mutating func read(_ id: ConnectionID) -> [UInt8] { inbox.removeValue(forKey: id) ?? [] }

    mutating func lines(_ id: ConnectionID) -> [String] {
        String(decoding: read(id), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    // MARK: the switch

    /// AMI events, one after the other: `Event|Header: value|…`.
    mutating func asterisk(_ events: String...) {
        guard let toSwitch else { preconditionFailure("no switch is configured") }
        for event in events {
            handle(.received(toSwitch, Array(("Event: " + event.replacing("|", with: "\r\n") + "\r\n\r\n").utf8)))
        }
    }

    mutating func greet() {
        if let toSwitch { handle(.received(toSwitch, Array("Asterisk Call Manager/11.0.0\r\n".utf8))) }
    }

    /// Raw bytes from the switch.
    mutating func hear(_ bytes: [UInt8]) { if let toSwitch { handle(.received(toSwitch, bytes)) } }

    mutating func cutSwitch() {
        guard let toSwitch else { return }
        self.toSwitch = nil
        handle(.closed(toSwitch, reason: "reset by peer"))
    }

    /// The link is back; like a recording's, it reports that nothing from before is still up.
    mutating func reconnectSwitch() {
        while toSwitch == nil, let deadline = gateway.nextDeadline { wait(deadline - .seconds(1000) - now) }
        if let toSwitch { handle(.opened(toSwitch)) }
    }

    /// The gateway is killed, and its knowledge returns from a checkpoint to one with this configuration; earlier
    /// connections are gone.
    mutating func restart(_ configuration: Configuration, awayFor away: Span = .seconds(5)) throws {
        let checkpoint = try #require(JSON.decode(Core.self, from: JSON.encode(gateway.core)))
        now = now + away
        (toSwitch, inbox) = (nil, [:])
        gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 2, known: checkpoint)
        handle(.started)
        if let toSwitch { handle(.opened(toSwitch)) }
    }

    private mutating func handle(_ input: Gateway.Input) {
        take(input)
        if answersAtOnce { answerQuestions() }
    }

    /// Computes the waiting questions, as happens beside the loop, and hands in the answers.
    mutating func answerQuestions(atMost limit: Int = .max) {
        var count = 0
        while !questions.isEmpty, count < limit {
            let (id, question) = questions.removeFirst()
            take(.lookedBack(id, question.answer()))
            count += 1
        }
    }

    private mutating func take(_ input: Gateway.Input) {
        var effects: [Effect] = []
        let before = gateway.workDone
        let eventsBefore = gateway.core.callEventsDone
        // A copy that is kept over an input of the core's would have to be made in full.
        let core: Core? = if case .edge(.received) = input { gateway.core } else { nil }
        gateway.handle(input, at: moment, into: &effects)
        mostCallEvents = max(mostCallEvents, gateway.core.callEventsDone - eventsBefore)
        mostEffects = max(mostEffects, effects.count)
        turns += 1
        largestTurn = max(largestTurn, gateway.workDone - before)
        for effect in effects {
            switch effect {
            case .listen(let port, _, _): listening.append(port)
            case .connect(let id, _, _): toSwitch = id
            // Like the host: nothing is sent after a close.
            case .send(let id, _) where closedByUs.contains(id): break
            case .send(let id, let bytes):
                inbox[id, default: []] += bytes
                writes[id, default: 0] += 1
                keptWrites?.append(bytes)
            case .close(let id): closedByUs.insert(id)
            case .lookUp(let id, let caller): lookups.append((id, caller))
            case .save(let record):
                saved.append(ContactDocument(record))
                savedRecords.append(record)
            case .post(let delivery): deliveries.append(delivery)
            case .saveGap(_, let gap): savedGaps.append(gap)
            case .saveInterval(_, let row): savedRows.append(row)
            case .journal(.configured(let rules)): journalledRules.append(rules)
            case .journal(let input):
                guard case .webhook(let source, _, let body) = input else { continue }
                journalled.append("\(source) " + String(decoding: body, as: UTF8.self))
                if let core { acceptances.append((core, input, moment)) }
            case .patient(let id): patient.insert(id)
            case .sendAfterJournal(let id): acknowledged.append((id, journalled.count))
            case .lookBack(let id, let date): looksBack.append((id, date))
            case .stopLookingBack(let id): looksGivenUp.append(id)
            case .answer(let id):
                if let question = gateway.question(of: id, at: moment) { questions.append((id, question)) }
            case .access(let effect): accessEffects.append(effect)
            case .log(let line): log.append(line)
            }
        }
    }
}

// MARK: calls

extension Bench {
    /// A caller joins the queue.
    mutating func join(_ channel: String, number: String = "0612345678", name: String = "Mario", queue: String = "info")
    {
        asterisk(
            "Newchannel|Channel: PJSIP/trunk-\(channel)|CallerIDNum: \(number)|CallerIDName: \(name)|Context: in|Exten: 800|Priority: 1|Uniqueid: \(channel)|Linkedid: \(channel)",
            "QueueCallerJoin|CallerIDNum: \(number)|CallerIDName: \(name)|Context: in|Exten: 800|Priority: 2|Uniqueid: \(channel)|Queue: \(queue)|Position: 1"
        )
    }

    mutating func ring(_ channel: String, agent: String, queue: String = "info") {
        asterisk(
            "AgentCalled|Uniqueid: \(channel)|DestUniqueid: \(channel)-\(agent)|Queue: \(queue)|Interface: PJSIP/\(agent)|MemberName: Agente \(agent)"
        )
    }

    mutating func dialEnd(_ channel: String, agent: String, _ status: String) {
        asterisk("DialEnd|Uniqueid: \(channel)|DestUniqueid: \(channel)-\(agent)|DialStatus: \(status)")
    }

    mutating func pickUp(_ channel: String, agent: String, queue: String = "info") {
        dialEnd(channel, agent: agent, "ANSWER")
        asterisk(
            "QueueCallerLeave|Context: in|Exten: 800|Priority: 2|Uniqueid: \(channel)|Queue: \(queue)",
            "AgentConnect|Uniqueid: \(channel)|DestUniqueid: \(channel)-\(agent)|Queue: \(queue)|Interface: PJSIP/\(agent)|MemberName: Agente \(agent)",
            "BridgeEnter|BridgeUniqueid: b\(channel)|Uniqueid: \(channel)",
            "BridgeEnter|BridgeUniqueid: b\(channel)|Uniqueid: \(channel)-\(agent)")
    }

    mutating func hangUp(_ channel: String, agent: String? = nil) {
        asterisk("HangupRequest|Context: in|Exten: 800|Priority: 2|Uniqueid: \(channel)")
        if let agent {
            asterisk(
                "BridgeLeave|BridgeUniqueid: b\(channel)|Uniqueid: \(channel)", "Hangup|Uniqueid: \(channel)-\(agent)")
        } else {
            asterisk("QueueCallerAbandon|Context: in|Exten: 800|Priority: 2|Uniqueid: \(channel)|Queue: info")
        }
        asterisk("Hangup|Context: in|Exten: 800|Priority: 2|Uniqueid: \(channel)")
    }

    mutating func member(_ agent: String, queue: String = "info", status: Int = 1) {
        asterisk(
            "QueueMemberStatus|Queue: \(queue)|MemberName: Agente \(agent)|Interface: PJSIP/\(agent)|Status: \(status)|Paused: 0"
        )
    }
}

// MARK: desks

extension Bench {
    static func hello(_ agent: String, token: String = "desk-secret", version: Int = 1) -> String {
        #"{"type":"hello","token":"\#(token)","agent":"\#(agent)","version":\#(version)}"# + "\n"
    }

    static func acknowledgement(_ pop: Pop) -> String {
        #"{"type":"pop.ack","popId":"\#(pop.popId)","revision":\#(pop.revision)}"# + "\n"
    }

    /// A desk on the TCP port that was admitted, its welcome read.
    mutating func desk(_ agent: String) -> ConnectionID {
        let id = connect(.desks)
        send(Self.hello(agent), id)
        _ = read(id)
        return id
    }

    mutating func pops(_ id: ConnectionID) -> [Pop] { lines(id).compactMap { JSON.decode(Pop.self, from: $0.utf8) } }
}

/// The `type` of each message; the reason of refusals.
func types(_ lines: [String]) -> [String] {
    struct Head: Decodable {
        var type: String
        var reason: String?
    }
    return lines.map { line in
        guard let head = JSON.decode(Head.self, from: line.utf8) else { return "not a message: \(line)" }
        return head.type == "refused" ? "refused: \(head.reason ?? "?")" : head.type
    }
}

// MARK: HTTP

extension Bench {
    /// One request on a connection of its own; the status and the body of the answer.
    mutating func request(_ method: String, _ target: String, _ fields: [(String, String)] = [], body: String? = nil)
        -> (
            status: Int, body: String
        )
    {
        let id = connect(.http)
        send(Self.request(method, target, fields, body: body), id)
        defer { drop(id) }
        return Self.answer(read(id))
    }

    static func request(_ method: String, _ target: String, _ fields: [(String, String)] = [], body: String? = nil)
        -> String
    {
        let fields = fields + (body.map { [("Content-Length", "\($0.utf8.count)")] } ?? [])
        return "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"
            + fields.map { "\($0.0): \($0.1)\r\n" }.joined() + "\r\n"
            + (body ?? "")
    }

    static func answer(_ bytes: [UInt8]) -> (status: Int, body: String) {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0, parts.count > 1 ? String(parts[1]) : "")
    }

    /// A WebSocket whose handshake has been answered with 101.
    mutating func webSocket(_ target: String, _ fields: [(String, String)] = [], from address: String = "")
        -> ConnectionID
    {
        let id = connect(.http, from: address)
        let handshake = [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        send(Self.request("GET", target, handshake + fields), id)
        return id
    }

    /// A text frame as a client sends it: masked (with zeros, which is allowed).
    static func frame(_ text: String) -> [UInt8] {
        let payload = Array(text.utf8)
        let length: [UInt8] =
            payload.count < 126
            ? [0x80 | UInt8(payload.count)] : [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        return [0x81] + length + [0, 0, 0, 0] + payload
    }

    /// The payloads of the text frames among a server's bytes, and the code of a close frame as `close 1008`.
    mutating func frames(_ id: ConnectionID) -> [String] {
        var bytes = read(id)[...]
        if bytes.starts(with: Array("HTTP/1.1 ".utf8)), let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
            bytes = bytes[end.upperBound...]
        }
        var texts: [String] = []
        while bytes.count >= 2 {
            let opcode = bytes.removeFirst() & 0x0F
            var length = Int(bytes.removeFirst())
            if length >= 126 {
                let count = length == 126 ? 2 : 8
                length = bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
                bytes = bytes.dropFirst(count)
            }
            let payload = bytes.prefix(length)
            bytes = bytes.dropFirst(length)
            switch opcode {
            case 0x1: texts.append(String(decoding: payload, as: UTF8.self))
            case 0x8: texts.append("close \(payload.prefix(2).reduce(0) { $0 << 8 | Int($1) })")
            default: break
            }
        }
        return texts
    }

    /// The `id` and the `data` of server-sent events.
    mutating func events(_ id: ConnectionID) -> [(id: String?, data: String)] {
        var text = String(decoding: read(id), as: UTF8.self)[...]
        if text.hasPrefix("HTTP/1.1 "), let end = text.firstRange(of: "\r\n\r\n") { text = text[end.upperBound...] }
        return text.split(separator: "\n\n").map { event in
            let lines = event.split(separator: "\n")
            func value(_ name: String) -> String? {
                lines.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
            }
            return (value("id"), value("data") ?? "")
        }
    }
}

func wallboardMessages(_ texts: [String]) -> [WallboardMessage] {
    texts.compactMap { JSON.decode(WallboardMessage.self, from: $0.utf8) }
}
