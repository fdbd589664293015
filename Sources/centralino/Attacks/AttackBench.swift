import Gateway
import Glibc
import Telephony

/// A gateway beside a switch and clients that mean it no good, in time that is only a value; and how long its longest turn took.
///
/// A turn is one input with all that it leads to at once: while it lasts, everybody else waits. It is measured in processor time, so that a busy machine
/// does not count against the gateway.
struct AttackBench {
    struct Outcome: Encodable {
        var attack: String
        var turns = 0
        var inputMegabytes = 0.0
        var outputMegabytes = 0.0
        var longestMilliseconds = 0.0
        var totalSeconds = 0.0
    }

    /// A turn beyond this is felt: other desks' pops wait for it.
    static let bound = 50.0
    /// What one read of a socket brings at most.
    static let readBytes = 16_384

    private var gateway: Gateway
    private var now = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_438_400))
    private var effects: [Gateway.Effect] = []
    private var toSwitch: ConnectionID?
    private var nextClient: UInt64 = 1
    private var pendingBytes: [UInt8] = []
    private var questions: [(id: ConnectionID, question: Question)] = []
    private(set) var outcome: Outcome

    init(_ attack: String, isRecording: Bool = true) {
        outcome = Outcome(attack: attack)
        var configuration = Configuration()
        configuration.http = .init(host: "127.0.0.1", port: 0)
        configuration.wallboards = .init(host: "127.0.0.1", port: 0)
        configuration.desks = .init(host: "127.0.0.1", port: 0)
        configuration.legalBasis = nil
        configuration.switches = [
            .init(
                name: SwitchID("bench"), address: .init(host: "127.0.0.1", port: 5038),
                link: .init(credentials: .init(username: "", secret: ""), isRecording: isRecording))
        ]
        gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 1)
        turn(.started)
        if let toSwitch { turn(.opened(toSwitch)) }
        say("Asterisk Call Manager/11.0.0\r\n")
        flush()
    }

    /// What comes before the attack is not measured.
    mutating func begin() {
        flush()
        pass(.seconds(1))
        outcome = Outcome(attack: outcome.attack)
    }

    // MARK: the switch

    /// `Event|Header: value|…`
    mutating func event(_ text: String) { say("Event: " + text.split(separator: "|").joined(separator: "\r\n") + "\r\n\r\n") }

    mutating func say(_ text: String) {
        pendingBytes += Array(text.utf8)
        while pendingBytes.count >= Self.readBytes { hear(Self.readBytes) }
    }

    mutating func flush() {
        while !pendingBytes.isEmpty { hear(min(Self.readBytes, pendingBytes.count)) }
    }

    private mutating func hear(_ count: Int) {
        let bytes = Array(pendingBytes.prefix(count))
        pendingBytes.removeFirst(count)
        pass(.milliseconds(1))
        if let toSwitch { turn(.received(toSwitch, bytes)) }
    }

    mutating func dropSwitch() {
        flush()
        guard let id = toSwitch else { return }
        toSwitch = nil
        turn(.closed(id, reason: "reset by peer"))
    }

    // MARK: clients

    mutating func connect(_ port: Gateway.Port, from address: String = "10.0.0.1") -> ConnectionID {
        let id = ConnectionID(nextClient)
        nextClient += 2
        turn(.accepted(id, port, from: address))
        return id
    }

    mutating func send(_ text: String, _ id: ConnectionID) { turn(.received(id, Array(text.utf8))) }

    static func get(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n" }

    /// Each from an address of its own, so that no budget refuses it.
    mutating func ask(_ target: String, from address: String) {
        let id = connect(.http, from: address)
        send(Self.get(target), id)
        pass(.milliseconds(5))
        turn(.closed(id, reason: "gone"))
    }

    // MARK: time

    /// Deadlines that fall due meanwhile have turns of their own.
    mutating func pass(_ time: Span) {
        let end = now.uptime + time
        // A gateway that is due without end would never let time pass.
        for _ in 0..<100_000 {
            guard let deadline = gateway.nextDeadline, deadline <= end else { break }
            now = now + max(.zero, deadline - now.uptime)
            turn(.deadlineReached)
        }
        now = now + (end - now.uptime)
    }

    private mutating func turn(_ input: Gateway.Input) {
        if case .received(_, let bytes) = input { outcome.inputMegabytes += Double(bytes.count) / 1e6 }
        let began = Self.processorTime
        var inputs = [input]
        var next = 0
        while next < inputs.count {
            gateway.handle(inputs[next], at: now, into: &effects)
            next += 1
            for effect in effects {
                switch effect {
                case .connect(let id, _, _): toSwitch = id
                case .send(_, let bytes): outcome.outputMegabytes += Double(bytes.count) / 1e6
                // Answered beside the loop, in no time of its own.
                case .answer(let id): if let question = gateway.question(of: id) { questions.append((id, question)) }
                case .webhookAccepted(let source, let id, let body): inputs.append(.webhook(source, id: id, body: body))
                default: break
                }
            }
            effects.removeAll(keepingCapacity: true)
        }
        _ = gateway.nextDeadline
        let took = Double(Self.processorTime - began) / 1e6
        outcome.turns += 1
        outcome.totalSeconds += took / 1000
        outcome.longestMilliseconds = max(outcome.longestMilliseconds, took)
        answerQuestions()
    }

    /// While the copy is held, as a thread beside the loop holds it, the switch goes on: what it changes is copied then.
    private mutating func answerQuestions() {
        while !questions.isEmpty {
            let (id, question) = questions.removeFirst()
            let answer = question.answer()
            if let toSwitch { turn(.received(toSwitch, Self.meanwhile)) }
            withExtendedLifetime(question) {}
            turn(.lookedBack(id, answer))
        }
    }

    private static let meanwhile = Array(
        "Event: QueueMemberStatus\r\nQueue: queue-1\r\nMemberName: 1\r\nInterface: PJSIP/1\r\nStatus: 2\r\nPaused: 0\r\n\r\n".utf8)

    /// Of this thread, in nanoseconds.
    private static var processorTime: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
