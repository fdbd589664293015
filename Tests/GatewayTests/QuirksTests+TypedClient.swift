import AMI
import Contacts
import Foundation
import Core
import Edges
import Gateway
import Recordings
import Switches
import Telephony
import Testing
import Time
import Wire

/// One AMI client that reads typed bytes.
struct TypedClient {
    var session = AMI.Session(
        username: "cti", method: .plain, idPrefix: "t", at: .zero)
    private(set) var heard: [String] = []

    /// `|` is the end of a line.
    mutating func hears(_ text: String, at now: Duration = .zero) {
        session.receive(Array(text.replacing("|", with: "\r\n").utf8), .init("s3cret", .openSSL), at: now) {
            heard.append(Self.words($0))
        }
    }

    mutating func asks(_ name: String, isList: Bool = false) throws -> String {
        try #require(try session.request(Action(name), isList: isList, at: .zero) { _ in })
    }

    /// What it has received since the last call.
    mutating func take() -> [String] {
        defer { heard = [] }
        return heard
    }

    mutating func logIn() {
        hears("Asterisk Call Manager/11.0.0|Response: Success|ActionID: t-1|Message: Authentication accepted||")
        heard = []
    }

    private static func words(_ output: AMI.Session.Output) -> String {
        switch output {
        case .send(let bytes): String(decoding: bytes.prefix { $0 != 13 }, as: UTF8.self)
        case .loggedIn(let version): "logged in to \(version)"
        case .event(let message): "event \(message.value(at: 0))"
        case .answer(_, let message): "answer \(message.value(at: 0)): \(message["Message"] ?? "")"
        case .item(_, let message): "item \(message.value(at: 0))"
        case .listEnded: "list ended"
        case .unanswered(_, let action): "\(action) unanswered"
        case .malformed(let fault): "malformed \(fault)"
        case .pong: "pong"
        case .failed(let error): "failed: \(error)"
        }
    }
}

/// The gateway itself, connected to a switch whose answers are recorded: each question is answered as a real Asterisk
/// answered it.
struct AskingGateway {
    private(set) var gateway: Gateway
    private(set) var closed: [ContactRecord] = []
    private(set) var asked: [String] = []
    private var connection = ConnectionID(0)
    private let now: Moment
    /// Action → the messages that answered it, one text; `ActionID` is unchanged.
    private let answers: [String: String]

    init(answers: [String: String] = [:], at date: UnixTime) {
        var configuration = Configuration()
        (configuration.http, configuration.desks, configuration.wallboards) = (nil, nil, nil)
        configuration.switches = [
            .init(
                name: SwitchID("sede"), address: .init(host: "recording", port: 0),
                secret: "s3cret", link: .init(username: "cti", isChallenged: false))
        ]
        gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 1)
        (self.answers, now) = (answers, Moment(uptime: .seconds(1), date: date))
        handle(.started)
        handle(.opened(connection))
        hears("Asterisk Call Manager/11.0.0\r\n")
    }

    mutating func hears(_ text: String) { handle(.received(connection, Array(text.utf8))) }

    var report: Report {
        var report = Report()
        report.add(gateway.core, closed: closed, at: now)
        return report
    }

    private mutating func handle(_ input: Gateway.Input) {
        var effects: [Effect] = []
        gateway.handle(input, at: now, into: &effects)
        for effect in effects {
            switch effect {
            case .connect(let id, _, _): connection = id
            case .send(_, let bytes): answer(String(decoding: bytes, as: UTF8.self))
            case .save(let record): closed.append(record)
            case .listen, .close, .lookUp, .saveGap, .saveInterval, .post, .journal, .sendAfterJournal, .lookBack,
                .stopLookingBack, .patient, .access,
                .answer, .log:
                break
            }
        }
    }

    /// One send may hold several actions.
    private mutating func answer(_ sent: String) {
        for action in sent.components(separatedBy: "\r\n\r\n") where !action.isEmpty {
            var headers: [String: String] = [:]
            for line in action.components(separatedBy: "\r\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { headers[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces) }
            }
            let (name, id) = (headers["Action"] ?? "", headers["ActionID"] ?? "")
            asked.append(name)
            let success = "Response: Success\r\nActionID: $id\r\nMessage: Authentication accepted\r\n\r\n"
            let unknown = "Response: Error\r\nActionID: $id\r\nMessage: Invalid/unknown command: \(name).\r\n\r\n"
            let text = answers[Recording.question(action)] ?? answers[name] ?? (name == "Login" ? success : unknown)
            hears(text.replacing(/ActionID: [^\r]*/, with: "ActionID: \(id)").replacing("$id", with: id))
        }
    }
}

extension Recording {
    /// An action without its ActionID: the same question is the same text.
    static func question(_ action: String) -> String {
        action.components(separatedBy: "\r\n").filter { !$0.hasPrefix("ActionID:") && !$0.isEmpty }.sorted().joined(
            separator: " ")
    }

    /// What answered each action of a connection, by the whole question, and by the action's name alone: the first one
    /// of that name.
    static func answers(in chunks: [Chunk]) -> [String: String] {
        func text(_ direction: Chunk.Direction) -> String {
            String(decoding: chunks.filter { $0.direction == direction }.flatMap(\.bytes), as: UTF8.self)
        }
        // The banner may come in the same packet as the login's answer.
        let received = text(.incoming).replacing(/^Asterisk Call Manager[^\r]*\r\n/, with: "").components(
            separatedBy: "\r\n\r\n")
        var answers: [String: String] = [:]
        for action in text(.outgoing).components(separatedBy: "\r\n\r\n") {
            guard let name = action.firstMatch(of: /Action: ([^\r]*)/)?.1,
                let id = action.firstMatch(of: /ActionID: ([^\r]*)/)?.1
            else {
                continue
            }
            let own = received.filter { $0.contains("ActionID: \(id)\r\n") || $0.hasSuffix("ActionID: \(id)") }
            let answer = own.map { $0 + "\r\n\r\n" }.joined()
            answers[question(action)] = answer
            if answers[String(name)] == nil { answers[String(name)] = answer }
        }
        return answers
    }
}
