import Contacts
import Core
import Directory
import Dispatch
import Edges
import Foundation
import Gateway
import Glibc
import Journal
import Numbering
import Synchronization
import TLS
import Telephony
import Time

/// A gateway beside an invented centre, in virtual time: how much processor time a turn takes, early in the day and
/// late.
///
/// What a turn brings is fed directly, and what comes of it is done as the host of `run` does it: the journal's entry,
/// the caller's number, the answers. Only sockets and the store are missing. It is measured in processor time, so that
/// a busy machine does not count against the gateway.
struct DayBench {
    struct Size {
        var calls: Int
        var queues = 50
        var agents = 500
        /// Of the busy hours, while it is measured.
        var callsPerSecond = 16.0
    }

    /// How long the working day lasts, over which the calls are spread evenly.
    private static let dayLength = Span.seconds(10 * 3600)
    /// 08:00 in Rome.
    private static let morning = UnixTime(seconds: 1_772_434_800)
    /// The size of one read of the loop.
    private static let readBytes = 16 * 1024
    /// A host looks at the switch's bytes at least so often; at 16 calls a second this is some 3 KB.
    static let tick = Span.milliseconds(10)
    private static let journalBytes = 1024 * 1024

    private let size: Size
    private var centre: InventedCentre
    private var pending: InventedCentre.Saying?
    private(set) var gateway: Gateway
    private var now: Moment
    private var effects: [Effect] = []
    private var toSwitch: ConnectionID?
    private var asked = ""
    private var nextClient: UInt64 = 1
    private var questions: [(id: ConnectionID, question: Question)] = []
    private var answers: [(LookupID, DirectoryAnswer)] = []
    private var sentTo: [ConnectionID: Int] = [:]
    private var journal: Journal.Writer?
    private let numbers = PhoneNumbers()
    /// Events of the switch so far.
    private(set) var events = 0
    /// Processor time of each turn since the last ``beginMeasure()``, in milliseconds, by what it was for.
    private(set) var turns: [Double] = []
    private var isMeasuring = false
    /// What figures asked beside the loop took, in milliseconds.
    private(set) var besides: [Double] = []

    var callsEnded: Int { centre.callsEnded }

    init(_ size: Size) {
        self.size = size
        let start = Moment(uptime: .seconds(1000), date: Self.morning)
        now = start
        let between = Span(microseconds: Self.dayLength.microseconds / Int64(max(1, size.calls)))
        centre = InventedCentre(
            queues: size.queues, agents: size.agents,
            between: min(between, .seconds(2)), seed: 1, at: start)
        var configuration = Configuration()
        configuration.http = .init(host: "127.0.0.1", port: 0)
        configuration.wallboards = .init(host: "127.0.0.1", port: 0)
        configuration.desks = .init(host: "127.0.0.1", port: 0)
        configuration.deskToken = .init("desk")
        configuration.keepsIntervals = true
        configuration.switches = [
            .init(
                name: SwitchID("bench"), address: .init(host: "127.0.0.1", port: 5038), secret: "secret",
                link: .init(username: "cti", isChallenged: false))
        ]
        gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 1)
        _ = numbers.normalise("0612345678", trunkRule: .default, internalPlan: InternalPlan())
        logIn()
    }

    // MARK: the switch

    private mutating func logIn() {
        turn(.started)
        if let toSwitch { turn(.opened(toSwitch)) }
        hear("Asterisk Call Manager/11.0.0\r\n")
        // Each answer may lead to the next question.
        while !asked.isEmpty {
            let actions = asked.components(separatedBy: "\r\n\r\n").filter { !$0.isEmpty }
            asked = ""
            for action in actions { answer(action) }
        }
    }

    private mutating func answer(_ action: String) {
        func header(_ name: String) -> String {
            action.components(separatedBy: "\r\n").first { $0.hasPrefix(name + ": ") }
                .map { String($0.dropFirst(name.count + 2)) } ?? ""
        }
        let id = header("ActionID")
        func list(_ end: String, _ items: [String]) -> String {
            "Response: Success\r\nActionID: \(id)\r\nEventList: start\r\n\r\n"
                + items.map { Self.event($0 + "|ActionID: \(id)") }.joined()
                + Self.event("\(end)|ActionID: \(id)|EventList: Complete|ListItems: \(items.count)")
        }
        switch header("Action") {
        case "QueueStatus": hear(list("QueueStatusComplete", centre.members))
        case "CoreShowChannels": hear(list("CoreShowChannelsComplete", []))
        case "BridgeList": hear(list("BridgeListComplete", []))
        case "Ping":
            let date = now.date.microseconds
            hear("Response: Success\r\nActionID: \(id)\r\nPing: Pong\r\nTimestamp: \(Self.seconds(date))\r\n\r\n")
        default: hear("Response: Success\r\nActionID: \(id)\r\nMessage: Authentication accepted\r\n\r\n")
        }
    }

    private static func seconds(_ microseconds: Int64) -> String {
        let part = String(microseconds % 1_000_000)
        return "\(microseconds / 1_000_000).\(String(repeating: "0", count: 6 - part.count))\(part)"
    }

    /// `Event|Header: value|…`
    private static func event(_ text: String) -> String {
        "Event: " + text.replacing("|", with: "\r\n") + "\r\n\r\n"
    }

    private mutating func hear(_ text: String) {
        guard let toSwitch else { return }
        let bytes = Array(text.utf8)
        for first in stride(from: 0, to: bytes.count, by: Self.readBytes) {
            turn(.received(toSwitch, Array(bytes[first..<min(first + Self.readBytes, bytes.count)])))
        }
    }

    /// Plays what the switch sends for so long, a tick at a time, with the deadlines that fall due.
    mutating func play(_ time: Span, tick: Span = DayBench.tick) {
        let end = now.uptime + time
        while now.uptime < end {
            let until = now.uptime + tick
            var text = ""
            while true {
                let saying = pending ?? centre.next()
                pending = nil
                guard saying.at.uptime <= until else {
                    pending = saying
                    break
                }
                let name = saying.text.split(separator: "|", maxSplits: 1)
                let stamp = "|Privilege: call,all|Timestamp: \(Self.seconds(saying.at.date.microseconds))|"
                text += Self.event(name[0] + stamp + (name.count > 1 ? name[1] : ""))
                events += 1
            }
            pass(until: until)
            hear(text)
            answerPings()
        }
    }

    private mutating func answerPings() {
        guard !asked.isEmpty else { return }
        let actions = asked.components(separatedBy: "\r\n\r\n").filter { !$0.isEmpty }
        asked = ""
        for action in actions { answer(action) }
    }

    /// Plays until the day's calls have ended, in ticks of a second: the day passes more quickly, and nobody watches.
    mutating func fill(_ progress: (Int) -> Void) {
        while callsEnded < size.calls {
            play(.seconds(10), tick: .seconds(1))
            progress(callsEnded)
        }
    }

    /// From now on, ``Size/callsPerSecond`` calls come a second.
    mutating func hurry() { centre.hurry(between: Span(microseconds: Int64(1_000_000 / size.callsPerSecond))) }

    // MARK: clients

    mutating func connect(_ port: ClientPort) -> ConnectionID {
        let id = ConnectionID(nextClient)
        nextClient += 2
        turn(.accepted(id, port, from: "10.0.\(nextClient / 250 % 250).\(nextClient % 250)"))
        return id
    }

    mutating func send(_ text: String, _ id: ConnectionID) { turn(.received(id, Array(text.utf8))) }

    /// The number of bytes that were sent to this client.
    func sent(to id: ConnectionID) -> Int { sentTo[id] ?? 0 }

    mutating func ask(_ path: String) {
        let id = connect(.http)
        send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n", id)
        turn(.closed(id, reason: "gone"))
    }

    /// Somebody rings this agent: what comes until the pop is on the desk is one turn, and the look-up's answer
    /// another.
    mutating func ring(_ call: Int, agent: Int) {
        let caller =
            "|Channel: PJSIP/pop-\(call)|ChannelState: 6|CallerIDNum: +3906\(10_000_000 + call)|CallerIDName: |Context: c|Exten: 1|Priority: 1|Uniqueid: 9.\(call)|Linkedid: 9.\(call)"
        let member =
            "|DestChannel: PJSIP/\(agent)-\(call)|DestUniqueid: 8.\(call)|DestLinkedid: 9.\(call)|Interface: PJSIP/\(agent)|MemberName: A"
        hear(
            Self.event("Newchannel" + caller)
                + Self.event("QueueCallerJoin" + caller + "|Queue: coda-0|Position: 1|Count: 1")
                + Self.event("AgentCalled" + caller + member + "|Queue: coda-0"))
    }

    mutating func hangUp(_ call: Int) {
        let caller = "|Channel: PJSIP/pop-\(call)|ChannelState: 6|Uniqueid: 9.\(call)|Linkedid: 9.\(call)"
        hear(
            Self.event("QueueCallerAbandon" + caller + "|Queue: coda-0|Position: 1|OriginalPosition: 1|HoldTime: 1")
                + Self.event("Hangup" + caller + "|Cause: 16"))
    }

    // MARK: time

    /// Deadlines that fall due meanwhile have turns of their own.
    private mutating func pass(until end: Span) {
        // A gateway that is due without end would never let time pass.
        for _ in 0..<100_000 {
            guard let deadline = gateway.nextDeadline, deadline <= end else { break }
            now = now + max(.zero, deadline - now.uptime)
            turn(.deadlineReached)
        }
        now = now + max(.zero, end - now.uptime)
    }

    // MARK: turns

    mutating func beginMeasure() {
        turns.removeAll(keepingCapacity: true)
        isMeasuring = true
    }

    mutating func endMeasure() { isMeasuring = false }

    private mutating func turn(_ input: Gateway.Input) {
        let began = Self.processorTime
        gateway.handle(input, at: now, into: &effects)
        for effect in effects {
            switch effect {
            case .journal(let input): keep(input)
            case .connect(let id, _, _): toSwitch = id
            case .send(let id, let bytes):
                if id == toSwitch {
                    asked += String(decoding: bytes, as: UTF8.self)
                } else {
                    sentTo[id, default: 0] += bytes.count
                }
            case .answer(let id):
                if let question = gateway.question(of: id, at: now) { questions.append((id, question)) }
            case .lookUp(let lookup, let caller):
                let number = numbers.normalise(caller.number, trunkRule: .default, internalPlan: InternalPlan())
                answers.append((lookup, DirectoryAnswer(number: CallerNumber(number), match: .none)))
            default: break
            }
        }
        effects.removeAll(keepingCapacity: true)
        _ = gateway.nextDeadline
        if isMeasuring { turns.append(Double(Self.processorTime - began) / 1e6) }
        answerLookups()
        answerQuestions()
    }

    private mutating func answerLookups() {
        while !answers.isEmpty {
            let (lookup, answer) = answers.removeFirst()
            turn(.found(lookup, answer))
        }
    }

    private mutating func answerQuestions() {
        while !questions.isEmpty {
            let (id, question) = questions.removeFirst()
            let began = Self.processorTime
            let answer = question.answer()
            besides.append(Double(Self.processorTime - began) / 1e6)
            turn(.lookedBack(id, answer))
        }
    }

    private mutating func keep(_ input: Core.Input) {
        guard let journal else { return }
        journal.append(
            kind: Journal.Kind(input.kind.rawValue), connection: input.connection.number,
            uptime: now.uptime.microseconds, date: now.date.microseconds, bytes: input.bytes)
        if journal.bufferedBytes >= Self.journalBytes { try? journal.flush() }
    }

    /// Of this thread, in nanoseconds.
    static var processorTime: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    // MARK: the checkpoint

    struct Written {
        /// Of the thread that writes it.
        var cpuSeconds = 0.0
        var megabytes = 0.0
        /// Beyond what the program had in use before.
        var moreMegabytes = 0.0
        /// The longest turn of the loop while it was written, and what is usual.
        var longestTurn = 0.0
        var usualTurn = 0.0
    }

    /// A journal begins, with a checkpoint beside its first segment, which another thread writes while calls go on.
    mutating func writeCheckpoint(_ folder: String) throws -> Written {
        var written = Written()
        beginMeasure()
        play(.seconds(10))
        written.usualTurn = turns.max() ?? 0
        let writer = try Journal.Writer(directory: folder, sha256: OpenSSL.sha256) { _ in }
        let segment = Mutex<Int64?>(nil)
        writer.onSegment = { number in segment.withLock { $0 = number } }
        journal = writer
        let before = ProcessFigures.residentBytes ?? 0
        ProcessFigures.forgetPeak()
        let done = Mutex<Double?>(nil)
        var core: Core? = gateway.core
        beginMeasure()
        play(Self.tick)
        try writer.flush()
        // Nothing happened within the tick: then a little later.
        while segment.withLock({ $0 }) == nil {
            core = gateway.core
            play(Self.tick)
            try writer.flush()
        }
        let number = segment.withLock { $0 } ?? 0
        // What a start finds after the checkpoint is this one tick: its own time is asked for, not a replay's.
        journal = nil
        try writer.flushAndCommit()
        let ready = DispatchSemaphore(value: 0)
        let copy = core
        core = nil
        DispatchQueue(label: "checkpoints", qos: .utility).async { [copy] in
            let began = Self.processorTime
            if let copy {
                try? Checkpoint.write(copy, beside: number, in: folder)
                _ = copy.faultsOfKeptFigures
            }
            done.withLock { $0 = Double(Self.processorTime - began) / 1e9 }
            ready.signal()
        }
        // At least a few seconds of the centre's; then until it is written.
        var seconds = 0
        while seconds < 5 || done.withLock({ $0 }) == nil {
            play(.seconds(1))
            seconds += 1
        }
        ready.wait()
        endMeasure()
        written.longestTurn = turns.max() ?? 0
        written.cpuSeconds = done.withLock { $0 } ?? 0
        written.moreMegabytes = Double(max(0, (ProcessFigures.peakBytes ?? 0) - before)) / 1e6
        withExtendedLifetime(writer) {}
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(Checkpoint.what) {
            let size = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.size] as? Int
            written.megabytes += Double(size ?? 0) / 1e6
        }
        return written
    }
}
