import AMI
import Telephony
import Time
import Wire

/// A client's session through everything that a peer, a network and a clock can do to it (``SessionScript``).
enum SessionFuzz {
    static let secret = "s3cret-of-the-link"

    static func faults(of input: [UInt8]) -> [String] {
        let script = SessionScript(input)
        guard !script.steps.isEmpty else { return [] }
        var whole = SessionRun(script)
        var cut = SessionRun(script)
        var generator = SplitMix64(seed: script.seed)
        for step in script.steps {
            whole.perform(step)
            if case .bytes(let bytes) = step {
                for piece in bytes.pieces(style: input[0] >> 3, using: &generator) { cut.receive(piece) }
            } else {
                cut.perform(step)
            }
        }
        var comparison = Expectations()
        let difference = zip(whole.heard, cut.heard).first { $0 != $1 }
        comparison.expect(
            whole.heard == cut.heard,
            "cut by the network it says \(whole.heard.count) or \(cut.heard.count) things; \(String(describing: difference))"
        )
        whole.goSilent()
        return whole.expectations.faults + cut.expectations.faults + comparison.faults
    }
}

/// One session, its clock, and the answers that it owes.
struct SessionRun {
    var expectations = Expectations()
    private(set) var heard: [String] = []
    private var session: Session
    private var now: Duration = .zero
    /// Our unanswered actions, and whether a list is awaited.
    private var open: [String: Bool] = [:]
    private var known: Set<String> = []
    private var isReady = false
    private var hasFailed = false
    private let isListening: Bool

    init(_ script: SessionScript) {
        isListening = script.isListening
        session =
            script.isListening
            ? .listening()
            : Session(username: "cti", method: script.usesMD5 ? .md5 : .plain, idPrefix: "f", at: .zero)
    }

    mutating func perform(_ step: SessionScript.Step) {
        switch step {
        case .bytes(let bytes): receive(bytes)
        case .wait(let span): advance(to: now + .microseconds(span.microseconds))
        case .sleep(let span):
            now += .microseconds(span.microseconds)
            deadlineReached()
        case .request(let isList): request(isList: isList)
        }
    }

    mutating func receive(_ bytes: some Collection<UInt8>) {
        var outputs: [Session.Output] = []
        session.receive(bytes, .init(SessionFuzz.secret, .invented), at: now) { outputs.append($0) }
        take(outputs)
    }

    private mutating func request(isList: Bool) {
        var outputs: [Session.Output] = []
        do {
            let wasReady = session.isReady
            if let id = try session.request(
                Action("QueueStatus", ["Queue": "a"]), isList: isList, at: now, { outputs.append($0) })
            {
                expectations.expect(known.insert(id).inserted, "the ActionID \(id) twice")
                expectations.expect(wasReady && !hasFailed, "an action before the login")
                open[id] = isList
            }
        } catch {
            expectations.expect(false, "a good action was refused: \(error)")
        }
        expectations.expect(open.count <= Limits.pendingActions, "\(open.count) actions are unanswered")
        take(outputs)
    }

    /// Acts as a host does: at each deadline, and never too early.
    private mutating func advance(to time: Duration) {
        var turns = 0
        while let deadline = session.nextDeadline, deadline <= time {
            now = max(now, deadline)
            deadlineReached()
            turns += 1
            guard turns < 5000 else {
                return expectations.expect(false, "it wants to be called without end, at \(now)")
            }
        }
        now = max(now, time)
    }

    private mutating func deadlineReached() {
        var outputs: [Session.Output] = []
        session.deadlineReached(at: now) { outputs.append($0) }
        take(outputs)
        if let next = session.nextDeadline {
            expectations.expect(next > now, "after the deadline of \(now) the next is \(next)")
        }
    }

    /// A dead link is noticed within the sum of all limits, and every question ends.
    mutating func goSilent() {
        guard !isListening else {
            return expectations.expect(session.nextDeadline == nil, "who only listens waits for nobody")
        }
        advance(to: now + .seconds(60))
        expectations.expect(hasFailed, "a minute of silence, and the session still believes in the link")
        expectations.expect(session.nextDeadline == nil, "a session that is over has a deadline")
    }

    private mutating func take(_ outputs: [Session.Output]) {
        for output in outputs {
            expectations.expect(!hasFailed, "after its failure it says \(SessionRun.word(output))")
            heard.append(SessionRun.word(output))
            switch output {
            case .send(let bytes): checkSent(bytes)
            case .loggedIn:
                expectations.expect(!isReady, "logged in twice")
                isReady = true
            case .event: expectations.expect(isReady || isListening, "an event before the login")
            case .answer(let id, _):
                expectations.expect(open.removeValue(forKey: id) != nil, "an answer to \(id), which nobody asked")
            case .item(let id, _): expectations.expect(open[id] == true, "an item for \(id), which is no open list")
            case .listEnded(let id):
                expectations.expect(open.removeValue(forKey: id) == true, "the end of \(id), which is no open list")
            case .unanswered(let id, _):
                expectations.expect(open.removeValue(forKey: id) != nil, "\(id) is late, but nobody asked")
            case .malformed, .pong: break
            case .failed: hasFailed = true
            }
        }
        if hasFailed || isListening { expectations.expect(!session.isReady, "ready after the end") }
    }

    private mutating func checkSent(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        expectations.expect(text.hasPrefix("Action: ") && text.hasSuffix("\r\n\r\n"), "it sends “\(text)”")
        expectations.expect(!isListening, "who only listens sends “\(text)”")
        expectations.expect(
            !text.contains(SessionFuzz.secret) || text.contains("\r\nSecret: \(SessionFuzz.secret)\r\n"),
            "the secret in “\(text)”")
    }

    static func word(_ output: Session.Output) -> String {
        switch output {
        case .send(let bytes): "send \(String(decoding: bytes, as: UTF8.self))"
        case .loggedIn(let version): "loggedIn \(version)"
        case .event(let message): "event \(Framed(.message(message)))"
        case .answer(let id, let message): "answer \(id) \(Framed(.message(message)))"
        case .item(let id, let message): "item \(id) \(Framed(.message(message)))"
        case .listEnded(let id): "listEnded \(id)"
        case .unanswered(let id, let action): "unanswered \(id) \(action)"
        case .malformed(let fault): "malformed \(fault)"
        case .pong(let time, let sent): "pong \(time) \(sent)"
        case .failed(let error): "failed \(error)"
        }
    }
}

extension Digests {
    /// No cryptography is under test here: a sum replaces it, so that a fuzzer needs no library for it.
    static let invented = Digests(
        md5: { bytes in [UInt8](repeating: bytes.reduce(0, &+), count: 16) },
        hmacSHA256: { key, message in [UInt8](repeating: (key + message).reduce(0, &+), count: 32) },
        constantTimeEqual: { $0 == $1 })
}
