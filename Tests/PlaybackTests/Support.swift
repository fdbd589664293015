import AMI
import Playback
import Recordings
import Time
import Wire

/// The recordings of this repository.
let traces = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Simulator/Traces"

extension SwitchRecording {
    static func load(_ name: String) throws -> SwitchRecording {
        SwitchRecording(try Recording.load("\(traces)/\(name)"))
    }

    init(_ recording: Recording) {
        func chunks(_ recorded: [Recording.Chunk]) -> [Chunk] {
            recorded.map {
                Chunk(
                    offset: Span(microseconds: $0.microseconds), fromSwitch: $0.direction == .incoming, bytes: $0.bytes)
            }
        }
        self.init(
            name: recording.name, start: recording.startEpoch.map(UnixTime.init(microseconds:)),
            live: chunks(recording.chunks),
            control: chunks(recording.control))
    }
}

extension Digests {
    /// Enough for a plain login.
    static let none = Digests(md5: { _ in [] }, hmacSHA256: { _, _ in [] }, constantTimeEqual: { $0 == $1 })
}

/// Something that a client received, with its time and headers.
struct Heard: Equatable {
    var at: Span
    /// Which playing it belongs to, from 1.
    var round: Int
    var headers: [String]

    init(at: Span, round: Int, _ message: Message) {
        self.at = at
        self.round = round
        headers = (0..<message.count).map { "\(message.name(at: $0)): \(message.value(at: $0))" }
    }

    var title: String { String(headers[0].drop { $0 != " " }.dropFirst()) }

    subscript(name: String) -> String? {
        headers.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
    }

    /// All identifiers of channels and bridges.
    var identifiers: [String] {
        headers.filter { header in
            let name = header.prefix { $0 != ":" }.lowercased()
            return name.hasSuffix("niqueid") || name.hasSuffix("inkedid")
        }.map { String($0.drop { $0 != " " }.dropFirst()) }.filter { $0.contains(".") || $0.contains("-") }
    }
}

/// Virtual time: a switch and its clients back to back, from one deadline to the next.
struct World {
    static let start = UnixTime(seconds: 1_800_000_000)

    var recordedSwitch: RecordedSwitch
    var now = Moment(uptime: .seconds(500), date: start)
    var clients: [Int: Session] = [:]
    var secrets: [Int: String] = [:]
    var heard: [Int: [Heard]] = [:]
    var items: [String: [Heard]] = [:]
    var ended: [String] = []
    var answers: [String: Heard] = [:]
    var failures: [AMIError] = []
    var malformed = 0

    init(_ recordings: [SwitchRecording], speed: Double = 1, loops: Bool = false) throws {
        recordedSwitch = try RecordedSwitch(
            recordings: recordings, configuration: .init(users: ["cti": "secret"], speed: speed, loops: loops),
            digests: .none, at: now)
    }

    private var uptime: Duration { .microseconds(now.uptime.microseconds) }

    mutating func connect(_ id: Int, secret: String = "secret") {
        clients[id] = Session(username: "cti", method: .plain, idPrefix: "c\(id)", at: uptime)
        secrets[id] = secret
        carry(recordedSwitch.connectionOpened(id, at: now))
    }

    mutating func ask(_ id: Int, _ action: Action, isList: Bool = true) throws -> String? {
        var asked: String?
        try note(id) { asked = try $0.request(action, isList: isList, at: $1, $2) }
        return asked
    }

    /// Runs until `limit` after the start of the world, or until nothing is left to do.
    mutating func run(until limit: Span) {
        let end = Span.seconds(500) + limit
        while true {
            let server = recordedSwitch.nextDeadline
            let client = clients.values.compactMap(\.nextDeadline).min().map {
                Span(
                    microseconds: $0.components.seconds * 1_000_000 + ($0.components.attoseconds + 999_999_999_999)
                        / 1_000_000_000_000)
            }
            guard let next = [server, client].compactMap({ $0 }).min(), next <= end, !recordedSwitch.isFinished else {
                return
            }
            now = now + (max(next, now.uptime) - now.uptime)
            if server == next { carry(recordedSwitch.deadlineReached(at: now)) }
            for id in clients.keys.sorted() { note(id) { $0.deadlineReached(at: $1, $2) } }
        }
    }

    mutating func carry(_ outputs: [RecordedSwitch.Output]) {
        for output in outputs {
            switch output {
            case .send(let id, let bytes):
                let secret = Session.Secret(secrets[id] ?? "", .none)
                note(id) { $0.receive(bytes, secret, at: $1, $2) }
            case .close(let id): clients[id] = nil
            }
        }
    }

    private mutating func note(_ id: Int, _ body: (inout Session, Duration, (Session.Output) -> Void) throws -> Void)
        rethrows
    {
        guard var session = clients[id] else { return }
        var reply: [UInt8] = []
        try body(&session, uptime) { output in
            switch output {
            case .send(let bytes): reply += bytes
            case .event(let message):
                heard[id, default: []].append(Heard(at: now.uptime, round: recordedSwitch.playings, message))
            case .item(let asked, let message):
                items[asked, default: []].append(Heard(at: now.uptime, round: recordedSwitch.playings, message))
            case .listEnded(let asked): ended.append(asked)
            case .answer(let asked, let message):
                answers[asked] = Heard(at: now.uptime, round: recordedSwitch.playings, message)
            case .failed(let error): failures.append(error)
            case .malformed: malformed += 1
            case .loggedIn, .unanswered, .pong: break
            }
        }
        clients[id] = session
        if !reply.isEmpty { carry(recordedSwitch.received(reply, from: id, at: now)) }
    }
}

/// The events of a recording as a client of the real switch received them, read by a session only.
func recorded(_ name: String) throws -> [Heard] {
    var session = Session(username: "cti", method: .plain, idPrefix: "r", at: .zero)
    var heard: [Heard] = []
    for chunk in try Recording.load("\(traces)/\(name)").chunks where chunk.direction == .incoming {
        session.receive(chunk.bytes, .init("", .none), at: .microseconds(chunk.microseconds)) {
            if case .event(let message) = $0 {
                heard.append(Heard(at: Span(microseconds: chunk.microseconds), round: 0, message))
            }
        }
    }
    return heard.filter { $0.title != "FullyBooted" }
}
