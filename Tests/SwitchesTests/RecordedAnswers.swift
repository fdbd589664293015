import AMI
import Recordings
import Switches
import Time
import Wire

/// A switch that gives recorded answers to the recorded questions, whenever they are asked, and sends the recorded
/// banner.
struct RecordedAnswers {
    /// By the action's lines without its ActionID; a login only by its name.
    private var answers: [String: [UInt8]] = [:]
    /// Live events, in order.
    private(set) var events: [UInt8] = []
    private(set) var banner = ""

    init(_ name: String) throws {
        let folder = #filePath.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Conversations"
        var questions: [String: String] = [:]
        var incoming = Framer(role: .client)
        var outgoing = Framer(role: .server)
        for chunk in try Recording.load("\(folder)/\(name).jsonl.gz").chunks {
            switch chunk.direction {
            case .outgoing:
                outgoing.receive(chunk.bytes) { output in
                    guard case .message(let action) = output, let id = action["ActionID"] else { return }
                    questions[id] = Self.question(action)
                }
            case .incoming:
                incoming.receive(chunk.bytes) { output in
                    switch output {
                    case .banner(let line): banner = line
                    case .message(let message):
                        let question = message["ActionID"].flatMap { questions[$0] }
                        let bytes = Self.bytes(message)
                        if let question { answers[question, default: []] += bytes } else { events += bytes }
                    case .malformed: break
                    }
                }
            case .closed, .failed: break
            }
        }
    }

    /// The answers to these bytes, which are whole actions; nothing for a question that was not recorded.
    func answer(_ bytes: [UInt8]) -> [UInt8] {
        var framer = Framer(role: .server)
        var said: [UInt8] = []
        framer.receive(bytes) { output in
            guard case .message(let action) = output, let id = action["ActionID"],
                let recorded = answers[Self.question(action)]
            else {
                return
            }
            let text = String(decoding: recorded, as: UTF8.self)
            said +=
                text.split(separator: "\r\n", omittingEmptySubsequences: false).map {
                    $0.hasPrefix("ActionID: ") ? "ActionID: \(id)" : String($0)
                }.joined(separator: "\r\n").utf8
        }
        return said
    }

    private static func question(_ action: Message) -> String {
        let name = action.value(at: 0)
        if ["Login", "Challenge"].contains(name) { return name }
        return (0..<action.count).filter { action.name(at: $0) != "ActionID" }.map {
            "\(action.name(at: $0)): \(action.value(at: $0))"
        }
        .joined(separator: "\n")
    }

    private static func bytes(_ message: Message) -> [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<message.count {
            bytes += Array("\(message.name(at: index)): ".utf8) + message.bytes(at: index) + Array("\r\n".utf8)
        }
        return bytes + Array("\r\n".utf8)
    }
}

/// An examination of a recorded switch, in memory.
struct ExaminationBench {
    private(set) var facts: SwitchFacts?
    private(set) var failure: AMIError?
    private(set) var asked: [String] = []
    private(set) var now = Span.seconds(100)
    private var examination: Examination
    private let recorded: RecordedAnswers?
    /// How long a question and its answer take together.
    var roundTrip = Span.milliseconds(4)

    static let start = UnixTime(seconds: 1_795_555_303)

    /// Without `recorded` nobody answers.
    init(
        _ recorded: RecordedAnswers?,
        way: SwitchFacts.Way = .init(username: "centralino", isEncrypted: true, isLoopback: false, port: 5039)
    ) {
        self.recorded = recorded
        let digests = Digests(
            md5: { _ in Array(repeating: 0, count: 16) }, hmacSHA256: { _, _ in [] }, constantTimeEqual: { $0 == $1 })
        examination = Examination(
            .init(username: way.username), .init("geheim", digests), way: way, listening: .seconds(5),
            at: Moment(uptime: now, date: Self.start))
    }

    private var moment: Moment { Moment(uptime: now, date: Self.start + (now - .seconds(100))) }

    mutating func hear(_ bytes: [UInt8]) { run { $0.received(bytes, at: $1, into: &$2) } }
    mutating func hear(_ text: String) { hear(Array(text.utf8)) }

    /// Until it is over.
    mutating func finish() {
        while facts == nil, failure == nil, let deadline = examination.nextDeadline {
            now = max(now, deadline)
            run { $0.deadlineReached(at: $1, into: &$2) }
        }
    }

    private mutating func run(_ body: (inout Examination, Moment, inout [Examination.Output]) -> Void) {
        var outputs: [Examination.Output] = []
        body(&examination, moment, &outputs)
        var answers: [UInt8] = []
        for output in outputs {
            switch output {
            case .send(let bytes):
                asked.append(String(decoding: bytes, as: UTF8.self))
                answers += recorded?.answer(bytes) ?? []
            case .finished(let facts): self.facts = facts
            case .failed(let error): failure = error
            }
        }
        guard !answers.isEmpty else { return }
        now = now + roundTrip
        hear(answers)
    }
}
