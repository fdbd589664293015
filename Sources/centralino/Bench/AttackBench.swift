import Contacts
import Directory
import EventLoop
import Foundation
import Core
import Edges
import Gateway
import Glibc
import Journal
import Numbering
import TLS
import Telephony
import Time

/// A gateway beside a hostile switch and hostile clients, in virtual time; and how long its longest turn took.
///
/// A turn is what one connection may bring before the others are looked at, with all that it leads to at once: the
/// journal's entry, the gateway, the caller's number. While it lasts, everybody else waits. It is measured in processor
/// time, so that a busy machine does not count against the gateway; and the virtual clock advances by it, so that
/// deadlines that fall due meanwhile are as late as they would be.
struct AttackBench {
    struct Outcome: Encodable {
        var attack: String
        var turns = 0
        var inputMegabytes = 0.0
        var outputMegabytes = 0.0
        /// The records that the calls left: without any, an attack that comes to nothing would be measured for nothing.
        var records = 0
        var longestMilliseconds = 0.0
        var totalSeconds = 0.0
    }

    /// A turn beyond this is felt: other desks' pops wait for it.
    static let bound = 50.0
    /// The journal is handed to the kernel this long after its oldest entry, or once it has gathered this much.
    private static let journalDelay = Span.milliseconds(50)
    private static let journalBytes = 1024 * 1024

    private var gateway: Gateway
    private var now = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_438_400))
    private var effects: [Effect] = []
    private var toSwitch: ConnectionID?
    private var nextClient: UInt64 = 1
    private var pendingBytes: [UInt8] = []
    private var questions: [(id: ConnectionID, question: Question)] = []
    private let journal: Journal.Writer
    private let folder: String
    private var journalDue: Span?
    private let numbers = PhoneNumbers()
    private var answers: [(LookupID, DirectoryAnswer)] = []
    /// What comes before the attack is handled without the journal and the registry, which would take most of the time.
    private var isPrepared = true
    /// What the gateway asked the switch, where this one is asked.
    private var asked = ""
    private(set) var outcome: Outcome

    init(_ attack: String, isRecording: Bool = true) throws {
        outcome = Outcome(attack: attack)
        folder =
            FileManager.default.temporaryDirectory.appendingPathComponent("centralino-attack-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        journal = try Journal.Writer(directory: folder, rules: JournalSettings().rules, sha256: OpenSSL.sha256) { _ in }
        _ = numbers.normalise("0612345678", trunkRule: .default, internalPlan: InternalPlan())
        var configuration = Configuration()
        configuration.http = .init(host: "127.0.0.1", port: 0)
        configuration.wallboards = .init(host: "127.0.0.1", port: 0)
        configuration.desks = .init(host: "127.0.0.1", port: 0)
        configuration.legalBasis = nil
        configuration.keepsIntervals = true
        configuration.switches = [
            .init(
                name: SwitchID("bench"), address: .init(host: "127.0.0.1", port: 5038),
                secret: "secret", link: .init(username: "cti", isChallenged: false, isRecording: isRecording))
        ]
        gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 1)
        turn(.started)
        if let toSwitch { turn(.opened(toSwitch)) }
        say("Asterisk Call Manager/11.0.0\r\n")
        flush()
        if !isRecording { answerInventory([]) }
    }

    /// Removes the journal that the attack left behind.
    func end() { try? FileManager.default.removeItem(atPath: folder) }

    /// What comes before the attack is not measured.
    mutating func prepare(_ body: (inout AttackBench) -> Void) {
        isPrepared = false
        body(&self)
        flush()
        pass(.seconds(1))
        isPrepared = true
        outcome = Outcome(attack: outcome.attack)
    }

    // MARK: the switch

    /// `Event|Header: value|…`
    mutating func event(_ text: String) {
        say("Event: " + text.split(separator: "|").joined(separator: "\r\n") + "\r\n\r\n")
    }

    mutating func say(_ text: String) {
        pendingBytes += Array(text.utf8)
        while pendingBytes.count >= EventLoop.readBytes * EventLoop.readsPerTurn {
            hear(EventLoop.readBytes * EventLoop.readsPerTurn)
        }
    }

    mutating func flush() {
        while !pendingBytes.isEmpty { hear(min(EventLoop.readBytes * EventLoop.readsPerTurn, pendingBytes.count)) }
    }

    private mutating func hear(_ count: Int) {
        let bytes = Array(pendingBytes.prefix(count))
        pendingBytes.removeFirst(count)
        pass(.milliseconds(1))
        if let toSwitch { turn(Self.reads(bytes).map { .received(toSwitch, $0) }) }
    }

    private static func reads(_ bytes: [UInt8]) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: EventLoop.readBytes).map {
            Array(bytes[$0..<min($0 + EventLoop.readBytes, bytes.count)])
        }
    }

    mutating func dropSwitch() {
        flush()
        guard let id = toSwitch else { return }
        toSwitch = nil
        turn(.closed(id, reason: "reset by peer"))
    }

    /// The link comes back, the gateway logs in, and asks what there is: these items of `CoreShowChannels`.
    mutating func reconnect(channels: [String]) {
        for _ in 0..<600 where toSwitch == nil { pass(.milliseconds(100)) }
        guard let toSwitch else { return }
        asked = ""
        turn(.opened(toSwitch))
        say("Asterisk Call Manager/11.0.0\r\n")
        flush()
        answerInventory(channels)
    }

    /// Answers the login and the three lists, with nothing but these channels.
    mutating func answerInventory(_ channels: [String]) {
        answerNext("Message: Authentication accepted")
        answerNext("EventList: start", "BridgeList", [])
        answerNext("EventList: start", "CoreShowChannels", channels)
        answerNext("EventList: start", "QueueStatus", [])
        pass(.seconds(10))
    }

    private mutating func answerNext(_ header: String, _ list: String? = nil, _ items: [String] = []) {
        guard let last = asked.components(separatedBy: "ActionID: ").last else { return }
        let id = last.prefix { !$0.isNewline }
        say("Response: Success\r\nActionID: \(id)\r\n\(header)\r\n\r\n")
        for item in items { event("\(item)|ActionID: \(id)") }
        if let list { event("\(list)Complete|ActionID: \(id)|EventList: Complete|ListItems: \(items.count)") }
        flush()
    }

    // MARK: clients

    mutating func connect(_ port: ClientPort, from address: String = "10.0.0.1") -> ConnectionID {
        let id = ConnectionID(nextClient)
        nextClient += 2
        turn(.accepted(id, port, from: address))
        return id
    }

    mutating func send(_ text: String, _ id: ConnectionID) {
        let reads = Self.reads(Array(text.utf8))
        for first in stride(from: 0, to: reads.count, by: EventLoop.readsPerTurn) {
            turn(reads[first..<min(first + EventLoop.readsPerTurn, reads.count)].map { .received(id, $0) })
        }
    }

    static func get(_ target: String) -> String {
        "GET \(target) HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"
    }

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
        now = now + max(.zero, end - now.uptime)
    }

    private mutating func turn(_ input: Gateway.Input) { turn([input]) }

    private mutating func turn(_ inputs: [Gateway.Input]) {
        for input in inputs {
            switch input {
            case .core(.received(_, let bytes)), .edge(.received(_, let bytes)):
                outcome.inputMegabytes += Double(bytes.count) / 1e6
            default: break
            }
        }
        let began = Self.processorTime
        if let journalDue, journalDue <= now.uptime { flushJournal() }
        for input in inputs {
            gateway.handle(input, at: now, into: &effects)
            for effect in effects {
                switch effect {
                case .journal(let input): keep(input)
                case .connect(let id, _, _): toSwitch = id
                case .send(let id, let bytes):
                    outcome.outputMegabytes += Double(bytes.count) / 1e6
                    if id == toSwitch { asked += String(decoding: bytes, as: UTF8.self) }
                // Answered beside the loop, in no time of its own.
                case .answer(let id):
                    if let question = gateway.question(of: id, at: now) { questions.append((id, question)) }
                case .lookUp(let lookup, let caller): lookUp(lookup, caller)
                // Its row is made beside the loop.
                case .save: outcome.records += 1
                default: break
                }
            }
            effects.removeAll(keepingCapacity: true)
        }
        _ = gateway.nextDeadline
        let took = Self.processorTime - began
        now = now + Span(microseconds: took / 1000)
        outcome.turns += 1
        outcome.totalSeconds += Double(took) / 1e9
        outcome.longestMilliseconds = max(outcome.longestMilliseconds, Double(took) / 1e6)
        answerQuestions()
        answerLookups()
    }

    // MARK: what the host does with it

    private mutating func keep(_ input: Core.Input) {
        guard isPrepared else { return }
        journal.append(
            kind: Journal.Kind(input.kind.rawValue), connection: input.connection.number,
            uptime: now.uptime.microseconds,
            date: now.date.microseconds, bytes: input.bytes)
        if journal.bufferedBytes >= Self.journalBytes { flushJournal() }
        if journal.bufferedBytes > 0, journalDue == nil { journalDue = now.uptime + Self.journalDelay }
    }

    private mutating func flushJournal() {
        try? journal.flush()
        journalDue = nil
    }

    /// The number is read on the loop; the registry answers beside it, and knows nobody.
    private mutating func lookUp(_ lookup: LookupID, _ caller: CallerID) {
        guard isPrepared else { return }
        let number = CallerNumber(numbers.normalise(caller.number, trunkRule: .default, internalPlan: InternalPlan()))
        answers.append((lookup, DirectoryAnswer(number: number, match: .none)))
    }

    private mutating func answerLookups() {
        guard !answers.isEmpty else { return }
        let ready = answers
        answers = []
        // One job of the loop each; of these it does many in a turn.
        for first in stride(from: 0, to: ready.count, by: Self.answersPerTurn) {
            turn(ready[first..<min(first + Self.answersPerTurn, ready.count)].map { .found($0.0, $0.1) })
        }
    }

    private static let answersPerTurn = 1024

    /// While the copy is held, as a thread beside the loop holds it, the switch goes on: what it changes is copied
    /// then.
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
        "Event: QueueMemberStatus\r\nQueue: queue-1\r\nMemberName: 1\r\nInterface: PJSIP/1\r\nStatus: 2\r\nPaused: 0\r\n\r\n"
            .utf8)

    /// Of this thread, in nanoseconds.
    private static var processorTime: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
