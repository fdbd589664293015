import AMI
import Wire

/// A framer's outputs as comparable values: every header of every message, byte for byte.
enum Framed: Equatable {
    case banner(String)
    case message(Message.Kind, [Line])
    case malformed(Framer.Fault)

    struct Line: Equatable {
        var name: String
        var value: [UInt8]
    }

    init(_ output: Framer.Output) {
        switch output {
        case .banner(let line): self = .banner(line)
        case .malformed(let fault): self = .malformed(fault)
        case .message(let message):
            let headers = (0..<message.count).map {
                Line(name: message.name(at: $0), value: Array(message.bytes(at: $0)))
            }
            self = .message(message.kind, headers + message.text.map { Line(name: "", value: Array($0)) })
        }
    }

    /// `message(.event, "Event: Hangup", "Cause: 16")`; a line without colon is a line of text.
    static func message(_ kind: Message.Kind, _ lines: String...) -> Framed { .message(kind, lines.map(Line.init)) }
}

extension Framed.Line {
    init(_ text: String) {
        if let colon = text.firstRange(of: ": ") {
            self.init(name: String(text[..<colon.lowerBound]), value: Array(text[colon.upperBound...].utf8))
        } else {
            self.init(name: "", value: Array(text.utf8))
        }
    }

    /// A line of an old-style `Command` answer, with any content.
    static func text(_ text: String) -> Self { Self(name: "", value: Array(text.utf8)) }
}

/// All outputs of a fresh framer for the pieces.
func frame(_ pieces: some Sequence<some Collection<UInt8>>, role: Framer.Role = .client) -> [Framed] {
    var framer = Framer(role: role)
    var outputs: [Framed] = []
    for piece in pieces { framer.receive(piece) { outputs.append(Framed($0)) } }
    return outputs
}

/// The same after a banner, which is not in the result.
func frame(afterBanner text: String) -> [Framed] { Array(frame([Array((banner + text).utf8)]).dropFirst()) }

func chunks(of size: Int, _ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
}

/// Wire text as test tables write it: `/` is the end of a line.
func wire(_ text: String) -> String { text.replacing("/", with: "\r\n") }

let banner = "Asterisk Call Manager/11.0.0\r\n"

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

/// A session's outputs as comparable values; messages by their title and one header.
enum Happened: Equatable {
    case sent(String)
    case loggedIn(String)
    case event(String)
    case answer(String, String)
    case item(String, String)
    case listEnded(String)
    case unanswered(String, String)
    case pong(Int64, sent: Duration)
    case malformed(Framer.Fault)
    case failed(AMIError)

    init(_ output: Session.Output) {
        func title(_ message: Message) -> String { message.value(at: 0) }
        switch output {
        case .send(let bytes): self = .sent(String(decoding: bytes, as: UTF8.self))
        case .loggedIn(let version): self = .loggedIn(version)
        case .event(let message): self = .event(title(message))
        case .answer(let id, let message): self = .answer(id, title(message))
        case .item(let id, let message): self = .item(id, title(message))
        case .listEnded(let id): self = .listEnded(id)
        case .unanswered(let id, let action): self = .unanswered(id, action)
        case .pong(let time, let sent): self = .pong(time, sent: sent)
        case .malformed(let fault): self = .malformed(fault)
        case .failed(let error): self = .failed(error)
        }
    }
}

/// A session and its outputs.
struct Client {
    var session: Session
    private let secret: Session.Secret

    init(secret: String = "mysecret", method: Session.Method = .plain) {
        session = Session(username: "cti", method: method, idPrefix: "t", at: .zero)
        self.secret = Session.Secret(secret, .reference)
    }

    /// Logged in at time zero; `t-1` was the login.
    static func ready() -> Client {
        var client = Client()
        _ = client.hears(banner + "Response: Success\r\nActionID: t-1\r\nMessage: Authentication accepted\r\n\r\n")
        return client
    }

    mutating func hears(_ text: String, at now: Duration = .zero) -> [Happened] { hears(Array(text.utf8), at: now) }

    mutating func hears(_ bytes: [UInt8], at now: Duration = .zero) -> [Happened] {
        var happened: [Happened] = []
        session.receive(bytes, secret, at: now) { happened.append(Happened($0)) }
        return happened
    }

    mutating func waits(until now: Duration) -> [Happened] {
        var happened: [Happened] = []
        session.deadlineReached(at: now) { happened.append(Happened($0)) }
        return happened
    }

    mutating func asks(_ action: Action, isList: Bool = false, at now: Duration = .zero) throws -> (
        id: String?, [Happened]
    ) {
        var happened: [Happened] = []
        let id = try session.request(action, isList: isList, at: now) { happened.append(Happened($0)) }
        return (id, happened)
    }
}
