import AMI
import EventLoop
import Core
import Edges
import Gateway
import Recordings
import Switches
import TLS
import Telephony
import Time

/// Drives a ``SwitchRecorder`` over a real connection, and writes what it hands out.
@LoopActor
final class TraceRecorder {
    struct Outcome: Sendable {
        var events = 0
        var malformed = 0
        var seconds = 0.0
        /// Why it ended early.
        var failure: String?
    }

    private let asterisk: Configuration.Asterisk
    private let writer: TraceWriter
    private let secret: AMI.Session.Secret
    private let keepsIdentities: Bool
    private let start: Moment
    private let onEnd: @LoopActor (Outcome) -> Void
    private var recorder: SwitchRecorder
    private let pseudonymiser: StreamPseudonymiser?
    private var connection: SwitchConnection?
    private var version = ""
    private var isOver = false
    private lazy var timer = Timer { [unowned self] in handle { $0.deadlineReached(at: $1, into: &$2) } }
    /// What was heard is on the disk a second later; a terminal shows the figures as often.
    private lazy var flushing = Timer { [unowned self] in flush() }

    init(
        _ asterisk: Configuration.Asterisk, to folder: String, keepsIdentities: Bool,
        _ onEnd: @escaping @LoopActor (Outcome) -> Void
    ) throws(RecordingError) {
        self.asterisk = asterisk
        self.keepsIdentities = keepsIdentities
        self.onEnd = onEnd
        start = .now
        writer = try TraceWriter(folder: folder, startEpoch: start.date.microseconds)
        // The key lives in this process only.
        pseudonymiser =
            keepsIdentities
            ? nil : StreamPseudonymiser(key: OpenSSL.randomBytes(32), notice: asterisk.link.notice, digests: .openSSL)
        secret = AMI.Session.Secret(asterisk.secret.value, .openSSL)
        recorder = SwitchRecorder(asterisk.link, secret, pseudonymiser, at: start)
        try writer.describe(description)
    }

    func begin() {
        let connection = SwitchConnection(
            asterisk.address, onOpen: { [unowned self] in opened() },
            onRead: { [unowned self] bytes in handle { $0.received(bytes, at: $1, into: &$2) } },
            onEnd: { [unowned self] reason in end("\(asterisk.address): \(reason)") })
        self.connection = connection
        connection.start()
        flushing.start(afterMicroseconds: ProgramLimits.recordingFlushMicroseconds)
    }

    /// The session's patience with the switch begins here.
    private func opened() {
        recorder = SwitchRecorder(asterisk.link, secret, pseudonymiser, at: .now)
        handle { _, _, _ in }
    }

    /// Asks for the last inventory, then ends.
    func stop() { handle { $0.stop(at: $1, into: &$2) } }

    private func handle(_ body: (inout SwitchRecorder, Moment, inout [SwitchRecorder.Output]) -> Void) {
        guard !isOver else { return }
        let now = Moment.now
        var outputs: [SwitchRecorder.Output] = []
        body(&recorder, now, &outputs)
        for output in outputs {
            switch output {
            case .send(let bytes): connection?.write(bytes)
            case .write(let stream, let fromSwitch, let bytes):
                write { writer throws(RecordingError) in
                    try writer.append(
                        stream == .live ? .ami : .control, microseconds: (now - start).microseconds,
                        fromSwitch ? .incoming : .outgoing,
                        bytes)
                }
            case .loggedIn(let version): self.version = version
            case .finished: end(nil)
            case .failed(let error): end("\(asterisk.address): \(error)")
            }
        }
        if !isOver, let deadline = recorder.nextDeadline {
            timer.start(afterMicroseconds: max(0, (deadline - now.uptime).microseconds))
        }
    }

    private func flush() {
        guard !isOver else { return }
        write { writer throws(RecordingError) in try writer.flush() }
        if Console.errorIsTerminal {
            let seconds = (.now - start).microseconds / 1_000_000
            Console.write(
                "\rRecording: \(seconds) s, \(recorder.events) events, \(writer.bytesWritten / 1024) kB. Ctrl-C ends it.\u{1B}[K",
                to: 2)
        }
        flushing.start(afterMicroseconds: ProgramLimits.recordingFlushMicroseconds)
    }

    private func write(_ body: (TraceWriter) throws(RecordingError) -> Void) {
        do { try body(writer) } catch { end("\(error)") }
    }

    private func end(_ failure: String?) {
        guard !isOver else { return }
        isOver = true
        timer.cancel()
        flushing.cancel()
        var failure = failure
        let time = (.now - start).microseconds
        do throws(RecordingError) {
            if failure != nil, !version.isEmpty { try writer.append(.ami, microseconds: time, .closed, []) }
            try writer.flush()
            try writer.describe(description)
        } catch { failure = failure ?? "\(error)" }
        if Console.errorIsTerminal { Console.write("\r\u{1B}[K", to: 2) }
        connection?.close()
        onEnd(
            Outcome(
                events: recorder.events, malformed: recorder.malformed, seconds: Double(time) / 1_000_000,
                failure: failure))
    }

    private var description: TraceWriter.Description {
        let major = version.split(separator: ".").first.map(String.init) ?? ""
        let asterisk = Self.releases[major] ?? (version.isEmpty ? "unknown" : "AMI \(version)")
        return .init(
            scenario: "recorded", variant: self.asterisk.name.rawValue, asterisk: asterisk,
            doc: keepsIdentities
                ? "recorded with centralino record; numbers and names are those of real people"
                : "recorded with centralino record; numbers, names and addresses are invented")
    }

    /// The AMI version of each branch's `include/asterisk/manager.h`.
    private static let releases = [
        "2": "13", "3": "14", "4": "15", "5": "16", "6": "17", "7": "18", "8": "19", "9": "20", "10": "21", "11": "22",
        "12": "23",
    ]
}
