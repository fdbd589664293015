import AMI
import Contacts
import Directory
import Core
import Edges
@testable import Gateway
import Playback
import Recordings
import Switches
import Telephony
import Time
import Wire

/// What a core gave to the world: everything that a replay must give again.
struct CoreOutput: Equatable {
    struct SavedGap: Equatable {
        var name: SwitchID
        var gap: Gap
    }

    var saved: [ContactRecord] = []
    var gaps: [SavedGap] = []
    var log: [LogLine] = []
    /// Questions to the registry.
    var asked: [LookupID] = []
    /// Bytes to switches.
    var sent: [[UInt8]] = []
    /// Messages to readers, without heartbeats, which depend on the host's time.
    var stream: [String] = []

    mutating func add(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .save(let record): saved.append(record)
            case .saveGap(let name, let gap): gaps.append(SavedGap(name: name, gap: gap))
            case .log(let line): log.append(line)
            case .lookUp(let id, _): asked.append(id)
            case .send(let id, let bytes):
                if id.number.isMultiple(of: 2) {
                    sent.append(bytes)
                } else {
                    stream += String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
                        .filter { !$0.contains("\"type\":\"heartbeat\"") }
                }
            case .journal, .listen, .connect, .close, .post, .saveInterval, .sendAfterJournal, .lookBack,
                .stopLookingBack, .patient, .access, .answer:
                break
            }
        }
    }

    mutating func add(_ outputs: [Core.Output]) {
        for output in outputs {
            switch output {
            case .closed(let record, _): saved.append(record)
            case .gap(let name, let gap): gaps.append(SavedGap(name: name, gap: gap))
            case .log(let line): log.append(line)
            case .lookUp(let id, _): asked.append(id)
            case .send(_, let bytes): sent.append(bytes)
            case .connect, .close, .interval, .webhookIgnored, .card, .namesChanged, .wrapUpBegan, .wrapUpEnded,
                .changed:
                break
            }
        }
    }

    static func + (left: CoreOutput, right: CoreOutput) -> CoreOutput {
        CoreOutput(
            saved: left.saved + right.saved, gaps: left.gaps + right.gaps, log: left.log + right.log,
            asked: left.asked + right.asked,
            sent: left.sent + right.sent, stream: left.stream + right.stream)
    }
}

/// An entry of a journal, with its moment.
struct JournalEntry: Equatable {
    var input: Core.Input
    var at: Moment
}

/// A gateway that runs beside a switch in virtual time, with timers that are late, a registry that answers late, and
/// a reader; and the journal that it left.
struct JournalledRun {
    private(set) var gateway: Gateway
    private(set) var journal: [JournalEntry] = []
    private(set) var output = CoreOutput()
    /// What a reader saw who looked at the wallboard for a moment, from time to time.
    private(set) var glances: [(at: Moment, entries: Int, json: String)] = []
    private(set) var now: Moment
    private(set) var connection: ConnectionID?
    private var answers: [(due: Span, id: LookupID, caller: CallerID)] = []
    /// By how much timers are late.
    private var lateness: SplitMix64
    private var toSwitch: [(ConnectionID, [UInt8])] = []
    let configuration: Configuration

    init(_ configuration: Configuration, start: UnixTime, seed: UInt64 = 7) {
        self.configuration = configuration
        gateway = Gateway(configuration: configuration, digests: .openSSL, seed: seed)
        lateness = SplitMix64(seed: seed)
        now = Moment(uptime: .seconds(1000), date: start)
        handle(.started)
        handle(.accepted(ConnectionID(1), .wallboards))
    }

    mutating func handle(_ input: Gateway.Input) {
        if case .core(.closed(let id, _, _)) = input, id == connection { connection = nil }
        var effects: [Effect] = []
        gateway.handle(input, at: now, into: &effects)
        for case .journal(let input) in effects { journal.append(JournalEntry(input: input, at: now)) }
        output.add(effects)
        if journal.count.isMultiple(of: glances.count < 40 ? 7 : 211), glances.last?.at != now { glance() }
        for effect in effects {
            switch effect {
            case .connect(let id, _, _): connection = id
            case .send(let id, let bytes): if id == connection { toSwitch.append((id, bytes)) }
            case .lookUp(let id, let caller):
                answers.append((now.uptime + .milliseconds(40 + Int64(answers.count % 60) * 30), id, caller))
            case .listen, .close, .save, .saveGap, .saveInterval, .post, .journal, .sendAfterJournal, .lookBack,
                .stopLookingBack, .patient, .access,
                .answer, .log:
                break
            }
        }
    }

    /// The program ended abruptly after its last entry, and is back: all it knows is from the journal.
    mutating func restart(after away: Span) {
        var replay = JournalReplay(watched: configuration)
        replay.play(journal)
        (gateway, output) = (replay.gateway, replay.output)
        (connection, answers, toSwitch) = (nil, [], [])
        move(to: now.uptime + away)
        gateway = Gateway(
            configuration: configuration, digests: .openSSL, seed: UInt64(journal.count), known: gateway.core)
        handle(.started)
        handle(.accepted(ConnectionID(1), .wallboards))
    }

    /// A reader looks at the wallboard and leaves.
    private mutating func glance() {
        let id = ConnectionID(UInt64(101 + glances.count * 2))
        var effects: [Effect] = []
        gateway.handle(.accepted(id, .wallboards), at: now, into: &effects)
        for case .send(id, let bytes) in effects {
            glances.append((now, journal.count, String(decoding: bytes.dropLast(), as: UTF8.self)))
        }
        gateway.handle(.closed(id, reason: "gone"), at: now, into: &effects)
    }

    mutating func takeSent() -> [(ConnectionID, [UInt8])] {
        defer { toSwitch = [] }
        return toSwitch
    }

    /// Runs timers and answers up to `uptime`; a timer is up to 20 ms late, but not later than what happens at
    /// `uptime`.
    mutating func advance(to uptime: Span) {
        while true {
            let answer = answers.indices.min { answers[$0].due < answers[$1].due }
            let next = [answer.map { answers[$0].due }, gateway.nextDeadline].compactMap { $0 }.min()
            guard let next, next <= uptime else { break }
            move(to: min(uptime, next + .milliseconds(Int64.random(in: 0...20, using: &lateness))))
            if let answer, answers[answer].due <= now.uptime {
                let (_, id, caller) = answers.remove(at: answer)
                handle(.found(id, Self.registry(caller)))
            } else {
                handle(.deadlineReached)
            }
        }
        move(to: uptime)
    }

    private mutating func move(to uptime: Span) { if uptime > now.uptime { now = now + (uptime - now.uptime) } }

    /// Finds somebody for every number.
    private static func registry(_ caller: CallerID) -> DirectoryAnswer {
        guard !caller.isWithheld else { return DirectoryAnswer(number: .withheld, match: .withheld) }
        let party = Party(key: "k\(caller.number)", kind: .person, name: "Cliente \(caller.number)", town: "Forlì")
        return DirectoryAnswer(
            number: .number(e164: "+39\(caller.number)", kind: "fixed", display: caller.number), match: .one(party),
            history: [PastContact(at: UnixTime(microseconds: 1), queue: "info", agent: nil, outcome: "abandoned")])
    }
}

extension JournalledRun {
    /// Listens to the recorded session of another client.
    static func listening(to recording: Recording) -> JournalledRun {
        var configuration = Bench.configuration
        configuration.switches[0].name = SwitchID("recorded")
        var run = JournalledRun(configuration, start: UnixTime(microseconds: recording.startEpoch ?? 0))
        let start = run.now.uptime
        let connections = [recording.chunks] + recording.others.filter { $0.name == "ami-after" }.map(\.chunks)
        for (index, chunks) in connections.enumerated() where !chunks.isEmpty {
            if index > 0, let connection = run.connection {
                run.handle(.closed(connection, reason: "the recorded connection ended"))
            }
            run.advance(to: start + .microseconds(chunks[0].microseconds))
            while run.connection == nil, let deadline = run.gateway.nextDeadline { run.advance(to: deadline) }
            guard let connection = run.connection else { break }
            run.handle(.opened(connection))
            for chunk in chunks where chunk.direction == .incoming {
                run.advance(to: max(run.now.uptime, start + .microseconds(chunk.microseconds)))
                run.handle(.received(connection, chunk.bytes))
            }
        }
        run.advance(to: run.now.uptime + .seconds(2))
        return run
    }

    /// Runs beside the bundled switch that plays recordings, with login, inventory and Ping; the link breaks at
    /// `cuts` (since the start). The switch's bytes come in pieces of at most `piece` bytes, each in a read of its
    /// own. At `restarts` the gateway dies, and is back after a while.
    static func beside(
        _ recordings: [SwitchRecording], speed: Double, cuts: [Span], restarts: [Span] = [], length: Span,
        piece: Int = .max
    )
        throws
        -> JournalledRun
    {
        var configuration = Bench.liveConfiguration
        configuration.switches[0].link.isChallenged = true
        var run = JournalledRun(configuration, start: Bench.start)
        let start = run.now.uptime
        var played = try RecordedSwitch(
            recordings: recordings, configuration: .init(users: ["cti": "s3cret"], speed: speed, loops: true),
            digests: .openSSL,
            at: run.now)
        var isOpen = false
        var cuts = cuts[...]
        var restarts = restarts[...]
        func perform(_ outputs: [RecordedSwitch.Output], _ run: inout JournalledRun) {
            for case .send(_, let bytes) in outputs {
                var rest = bytes[...]
                while !rest.isEmpty, let connection = run.connection {
                    run.handle(.received(connection, Array(rest.prefix(piece))))
                    rest = rest.dropFirst(piece)
                }
            }
        }
        func settle(_ run: inout JournalledRun) {
            if !isOpen, let connection = run.connection {
                isOpen = true
                run.handle(.opened(connection))
                perform(played.connectionOpened(Int(connection.number), at: run.now), &run)
            }
            while true {
                let sent = run.takeSent()
                guard !sent.isEmpty else { break }
                for (connection, bytes) in sent where connection == run.connection {
                    perform(played.received(bytes, from: Int(connection.number), at: run.now), &run)
                }
            }
        }
        while run.now.uptime < start + length {
            settle(&run)
            let next = min(
                start + length, run.gateway.nextDeadline ?? start + length, played.nextDeadline ?? start + length,
                cuts.first.map { start + $0 } ?? start + length)
            run.advance(to: max(next, run.now.uptime + .milliseconds(1)))
            if let cut = cuts.first, start + cut <= run.now.uptime {
                cuts = cuts.dropFirst()
                if let connection = run.connection {
                    played.connectionClosed(Int(connection.number))
                    run.handle(.closed(connection, reason: "reset by peer"))
                    isOpen = false
                }
            }
            if let restart = restarts.first, start + restart <= run.now.uptime {
                restarts = restarts.dropFirst()
                if let connection = run.connection, isOpen { played.connectionClosed(Int(connection.number)) }
                isOpen = false
                run.restart(after: .milliseconds(700))
            }
            perform(played.deadlineReached(at: run.now), &run)
        }
        settle(&run)
        return run
    }
}

extension SwitchRecording {
    init(_ recording: Recording) {
        func chunks(_ recorded: [Recording.Chunk]) -> [Chunk] {
            recorded.map {
                Chunk(offset: .microseconds($0.microseconds), fromSwitch: $0.direction == .incoming, bytes: $0.bytes)
            }
        }
        self.init(
            name: recording.name, start: recording.startEpoch.map(UnixTime.init(microseconds:)),
            live: chunks(recording.chunks),
            control: chunks(recording.control))
    }
}

extension Span {
    static func microseconds(_ value: Int64) -> Span { Span(microseconds: value) }
}

/// A journal that only the core reads: without timers and edges.
struct JournalReplay {
    private(set) var gateway: Gateway
    private(set) var output = CoreOutput()

    /// The configuration of then, where somebody watches from the beginning.
    private let watched: Configuration?

    init(_ known: Core? = nil, watched: Configuration? = nil) {
        gateway = Gateway(configuration: Configuration(), digests: .openSSL, seed: 0, known: known)
        self.watched = watched
    }

    mutating func play(_ journal: some Sequence<JournalEntry>) {
        for entry in journal {
            switch entry.input {
            case .started(let beginning) where watched != nil: watch(beginning, knowing: nil, at: entry.at)
            case .resumed(let beginning) where watched != nil: watch(beginning, knowing: gateway.core, at: entry.at)
            default: change { $0.handle(.core(entry.input), at: entry.at, into: &$1) }
            }
        }
    }

    private mutating func watch(_ beginning: Core.Input.Beginning, knowing known: Core?, at now: Moment) {
        gateway = Gateway(
            configuration: watched ?? Configuration(), digests: .openSSL, seed: beginning.seed, known: known)
        change {
            $0.handle(.started, at: now, into: &$1)
            $0.handle(.accepted(ConnectionID(1), .wallboards), at: now, into: &$1)
        }
    }

    /// Goes on with what was read again.
    mutating func resume(_ known: Core) {
        gateway = Gateway(configuration: Configuration(), digests: .openSSL, seed: 0, known: known)
    }

    /// Handles what was due by then.
    mutating func end(at moment: Moment) { change { $0.handle(.deadlineReached, at: moment, into: &$1) } }

    mutating func change(_ body: (inout Gateway, inout [Effect]) -> Void) {
        var effects: [Effect] = []
        body(&gateway, &effects)
        output.add(effects)
    }

    func report(at moment: Moment) -> Report {
        var report = Report()
        report.add(gateway.core, closed: output.saved, at: moment)
        return report
    }

    /// Marks entries as missing; the first and the last were made at these moments.
    mutating func lose(from first: Moment, to last: Moment) {
        var said = CoreOutput()
        gateway.core.journalLost(since: first) { outputs, _ in said.add(outputs) }
        gateway.core.journalGoesOn(at: last) { outputs, _ in said.add(outputs) }
        output = output + said
    }

    /// The program is there again.
    mutating func resume(at now: Moment, seed: UInt64 = 0) {
        let beginning = Core.Input.Beginning(seed: seed, rules: gateway.core.rules)
        change { $0.handle(.core(.resumed(beginning)), at: now, into: &$1) }
    }
}
