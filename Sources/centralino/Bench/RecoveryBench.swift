import EventLoop
import Foundation
import Core
import Edges
import Gateway
import Journal
import Playback
import TLS
import Telephony
import Time

/// A day's journal, made by a gateway beside the bundled switch in virtual time; and how long a start from it takes.
struct RecoveryBench {
    struct Outcome: Encodable {
        var calls = 0
        var events = 0
        var entries = 0
        var hours = 0.0
        var journalMegabytes = 0.0
        var checkpointMegabytes = 0.0
        var checkpoints = 0
        var startSeconds = 0.0
        var startWithoutCheckpointsSeconds = 0.0
    }

    private let folder: String
    private let writer: Journal.Writer
    private var gateway: Gateway
    private var played: RecordedSwitch
    private var now: Moment
    private var connection: ConnectionID?
    private var toSwitch: [[UInt8]] = []
    private(set) var outcome = Outcome()

    /// The day begins at 06:00 UTC, so that it ends on the same day in Rome.
    init(_ configuration: Configuration, _ recordings: [SwitchRecording], speed: Double, folder: String) throws {
        self.folder = folder
        now = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_431_200))
        writer = try Journal.Writer(directory: folder, rules: Journal.Rules(), sha256: OpenSSL.sha256) { _ in }
        var configuration = configuration
        configuration.switches[0].link.username = "cti"
        configuration.switches[0].link.isChallenged = false
        configuration.switches[0].secret = .init("cti")
        gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 1)
        played = try RecordedSwitch(
            recordings: recordings, configuration: .init(users: ["cti": "cti"], speed: speed, loops: true),
            digests: .openSSL, at: now)
    }

    /// Plays until this many calls have ended.
    mutating func play(calls: Int) throws {
        let start = now
        handle(.started)
        guard let connection else { return }
        handle(.opened(connection))
        hear(played.connectionOpened(0, at: now))
        while outcome.calls < calls {
            while !toSwitch.isEmpty { hear(played.received(toSwitch.removeFirst(), from: 0, at: now)) }
            guard let next = [gateway.nextDeadline, played.nextDeadline].compactMap({ $0 }).min() else { break }
            now = now + max(.zero, next - now.uptime)
            handle(.deadlineReached)
            hear(played.deadlineReached(at: now))
            if writer.bufferedBytes > 256 * 1024 { try writer.flush() }
        }
        try writer.flushAndCommit()
        outcome.events = played.eventsPlayed
        outcome.hours = (now - start).seconds / 3600
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let size = (try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.size] as? Int) ?? 0
            if name.hasSuffix(Checkpoint.what) {
                outcome.checkpointMegabytes += Double(size) / 1e6
                outcome.checkpoints += 1
            } else {
                outcome.journalMegabytes += Double(size) / 1e6
            }
        }
    }

    @LoopActor
    mutating func start() throws {
        let clock = ContinuousClock()
        func seconds(_ duration: Duration) -> Double {
            Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        }
        outcome.startSeconds = seconds(try clock.measure { _ = try Recovery.run(folder) { _ in } })
        for beside in try Journal.Sidecar.all(Checkpoint.what, in: folder) { beside.delete() }
        outcome.startWithoutCheckpointsSeconds = seconds(try clock.measure { _ = try Recovery.run(folder) { _ in } })
    }

    private mutating func hear(_ outputs: [RecordedSwitch.Output]) {
        for case .send(_, let bytes) in outputs { if let connection { handle(.received(connection, bytes)) } }
    }

    private mutating func keep(_ input: Core.Input, _ before: Core?) {
        var segment: Int64?
        writer.onSegment = { segment = $0 }
        writer.append(
            kind: Journal.Kind(input.kind.rawValue), connection: input.connection.number,
            uptime: now.uptime.microseconds,
            date: now.date.microseconds, bytes: input.bytes)
        outcome.entries += 1
        if let segment, let before { try? Checkpoint.write(before, beside: segment, in: folder) }
    }

    private mutating func handle(_ input: Gateway.Input) {
        let before =
            gateway.core.hasStarted && writer.beginsSegment(uptime: now.uptime.microseconds) ? gateway.core : nil
        var effects: [Effect] = []
        gateway.handle(input, at: now, into: &effects)
        for effect in effects {
            switch effect {
            case .journal(let input): keep(input, before)
            case .connect(let id, _, _): connection = id
            case .send(_, let bytes): toSwitch.append(bytes)
            case .save: outcome.calls += 1
            case .listen, .close, .lookUp, .saveGap, .saveInterval, .post, .sendAfterJournal, .lookBack,
                .stopLookingBack, .patient, .access,
                .answer, .log:
                break
            }
        }
    }
}
