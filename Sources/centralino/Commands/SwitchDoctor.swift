import AMI
import EventLoop
import Core
import Edges
import Gateway
import Switches
import Telephony
import Time

/// Drives an ``Examination`` over a real connection.
@LoopActor
final class SwitchDoctor {
    enum Outcome: Sendable {
        case examined(SwitchFacts)
        /// Why the switch could not be asked, and what to check.
        case failed(String)
    }

    private let asterisk: Configuration.Asterisk
    private let way: SwitchFacts.Way
    private let listening: Span
    private let completion: @LoopActor (Outcome) -> Void
    private var examination: Examination?
    private var connection: SwitchConnection?
    private lazy var timer = Timer { [unowned self] in handle { $0.deadlineReached(at: $1, into: &$2) } }
    private var isOver = false

    init(
        _ asterisk: Configuration.Asterisk, way: SwitchFacts.Way, listening: Span,
        _ completion: @escaping @LoopActor (Outcome) -> Void
    ) {
        self.asterisk = asterisk
        self.way = way
        self.listening = listening
        self.completion = completion
    }

    func start() {
        let connection = SwitchConnection(
            asterisk.address, onOpen: { [unowned self] in opened() },
            onRead: { [unowned self] bytes in handle { $0.received(bytes, at: $1, into: &$2) } },
            onEnd: { [unowned self] reason in finish(.failed("\(asterisk.address): \(reason)")) })
        self.connection = connection
        connection.start()
    }

    private func opened() {
        var way = way
        if let certificate = connection?.peerCertificate {
            way.certificate = certificate.subject
            way.certificateExpires = certificate.expires.map { UnixTime(seconds: $0) }
        }
        examination = Examination(
            asterisk.link, Session.Secret(asterisk.secret.value, .openSSL), way: way, listening: listening, at: .now)
        // The greeting has its deadline.
        handle { _, _, _ in }
    }

    private func handle(_ body: (inout Examination, Moment, inout [Examination.Output]) -> Void) {
        guard !isOver, var examination else { return }
        self.examination = nil
        let now = Moment.now
        var outputs: [Examination.Output] = []
        body(&examination, now, &outputs)
        self.examination = examination
        for output in outputs {
            switch output {
            case .send(let bytes): connection?.write(bytes)
            case .finished(let facts): finish(.examined(facts))
            case .failed(let error): finish(.failed("\(asterisk.address): \(error)"))
            }
        }
        if !isOver, let deadline = examination.nextDeadline {
            timer.start(afterMicroseconds: max(0, (deadline - now.uptime).microseconds))
        }
    }

    private func finish(_ outcome: Outcome) {
        guard !isOver else { return }
        isOver = true
        timer.cancel()
        connection?.close()
        completion(outcome)
    }
}
