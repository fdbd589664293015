import AMI
import Telephony
import Time
import Wire

/// Listens to one Asterisk and passes on what is to be written: the live events, message by message with identities
/// replaced, and the inventory at the start and at the end. Bytes and time go in.
///
/// Never passed on: our messages of the login, the challenge, answers to Ping, and malformed bytes (they are counted).
public struct SwitchRecorder: Sendable {
    public enum Stream: Sendable { case live, control }

    public enum Output {
        case send([UInt8])
        case write(Stream, fromSwitch: Bool, [UInt8])
        case loggedIn(version: String)
        /// The last inventory is complete, or its time is over.
        case finished
        case failed(AMIError)
    }

    /// Both can be asked with write class `reporting`; the first needs no class.
    private static let inventory = ["QueueStatus", "CoreShowChannels"]
    /// How long the last inventory may take when the operator wants to stop.
    private static let patience = Span.seconds(5)

    private var session: Session
    private let secret: Session.Secret
    private var pseudonymiser: StreamPseudonymiser?
    /// Open lists by ActionID: the action, and the number of items so far; nil before the first.
    private var open: [String: (action: String, items: Int?)] = [:]
    private var stopBy: Span?
    private var isOver = false
    public private(set) var events = 0
    public private(set) var malformed = 0

    /// Without a pseudonymiser everything is written unchanged.
    public init(
        _ rules: AsteriskLink.Rules, _ secret: Session.Secret, _ pseudonymiser: StreamPseudonymiser?, at now: Moment
    ) {
        session = Session(
            username: rules.username, method: rules.isChallenged ? .md5 : .plain, events: rules.events,
            idPrefix: "\(StreamPseudonymiser.ownActionIDs)\(now.date.microseconds / 1_000_000)", at: now.uptime.duration
        )
        self.secret = secret
        self.pseudonymiser = pseudonymiser
    }

    // MARK: input

    public mutating func received(_ bytes: [UInt8], at now: Moment, into outputs: inout [Output]) {
        take(session.collect { $0.receive(bytes, secret, at: now.uptime.duration, $1) }, at: now, &outputs)
    }

    public mutating func deadlineReached(at now: Moment, into outputs: inout [Output]) {
        take(session.collect { $0.deadlineReached(at: now.uptime.duration, $1) }, at: now, &outputs)
        if let stopBy, stopBy <= now.uptime { finish(&outputs) }
    }

    /// Asks for the last inventory; `finished` follows.
    public mutating func stop(at now: Moment, into outputs: inout [Output]) {
        guard stopBy == nil else { return }
        guard session.isReady else { return finish(&outputs) }
        stopBy = now.uptime + Self.patience
        askInventory(at: now, &outputs)
    }

    public var nextDeadline: Span? {
        if isOver { return nil }
        let session = session.nextDeadline.map(Span.init(duration:))
        guard let stopBy else { return session }
        return min(stopBy, session ?? stopBy)
    }

    // MARK: outputs

    /// The bytes of one read become one line of the recording.
    private mutating func take(_ handedOut: [Session.Output], at now: Moment, _ outputs: inout [Output]) {
        var live: [UInt8] = []
        var control: [UInt8] = []
        var hasLoggedIn = false
        for output in handedOut where !isOver {
            switch output {
            case .send(let bytes): outputs.append(.send(bytes))
            case .loggedIn(let version):
                hasLoggedIn = true
                outputs.append(.loggedIn(version: version))
                let shown = version.unicodeScalars.filter { ("0"..."9").contains($0) || $0 == "." }
                live += Array("Asterisk Call Manager/\(String(String.UnicodeScalarView(shown)))\r\n".utf8)
                live += ServerSession.response("Success", id: "login", [("Message", "Authentication accepted")])
            case .event(let event):
                events += 1
                live += rewritten(event)
            case .item(let id, let item):
                control += beginning(of: id)
                open[id]?.items? += 1
                control += rewritten(item)
            case .listEnded(let id):
                control += beginning(of: id)
                guard let list = open.removeValue(forKey: id) else { continue }
                control += Array(
                    "Event: \(list.action)Complete\r\nActionID: \(id)\r\nEventList: Complete\r\nListItems: \(list.items ?? 0)\r\n\r\n"
                        .utf8)
            case .answer(let id, let answer):
                if open.removeValue(forKey: id) != nil { control += rewritten(answer) }
            case .unanswered(let id, _): open[id] = nil
            case .malformed: malformed += 1
            case .pong: break
            case .failed(let error):
                isOver = true
                outputs.append(.failed(error))
            }
        }
        if !live.isEmpty { outputs.append(.write(.live, fromSwitch: true, live)) }
        if !control.isEmpty { outputs.append(.write(.control, fromSwitch: true, control)) }
        if hasLoggedIn { askInventory(at: now, &outputs) }
        if stopBy != nil, open.isEmpty { finish(&outputs) }
    }

    /// Writes the list's first answer, which the session does not pass on.
    private mutating func beginning(of id: String) -> [UInt8] {
        guard let list = open[id], list.items == nil else { return [] }
        open[id]?.items = 0
        return ServerSession.response("Success", id: id, [("EventList", "start"), ("Message", "The list will follow")])
    }

    private mutating func rewritten(_ message: Message) -> [UInt8] {
        if pseudonymiser != nil { return pseudonymiser?.rewritten(message) ?? [] }
        return message.wire
    }

    private mutating func askInventory(at now: Moment, _ outputs: inout [Output]) {
        for action in Self.inventory {
            var id: String?
            let handedOut = session.collect {
                id = try? $0.request(Action(action), isList: true, at: now.uptime.duration, $1)
            }
            if let id { open[id] = (action, nil) }
            for case .send(let bytes) in handedOut {
                outputs += [.send(bytes), .write(.control, fromSwitch: false, bytes)]
            }
        }
    }

    private mutating func finish(_ outputs: inout [Output]) {
        guard !isOver else { return }
        isOver = true
        outputs.append(.finished)
    }
}

extension Message {
    /// The message as received, except for blanks before values and extra empty lines.
    var wire: [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<count {
            bytes += Array("\(name(at: index)): ".utf8) + self.bytes(at: index) + Array("\r\n".utf8)
        }
        return bytes + Array("\r\n".utf8)
    }
}

extension Session {
    /// The session's outputs as a list, because handling them may use the session again.
    mutating func collect(_ body: (inout Session, (Output) -> Void) -> Void) -> [Output] {
        var outputs: [Output] = []
        body(&self) { outputs.append($0) }
        return outputs
    }
}
