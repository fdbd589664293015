import ACD
import AMI
import Calls
import Contacts
import Core
import Figures
import Foundation
import Journal
import Switches
import TLS
import Telephony
import Time
import Wire

/// The parts of the path, each as far as a level needs it.
struct Path {
    private static let name = SwitchID("bench")
    private static let digests = Digests(
        md5: { OpenSSL.md5($0) }, hmacSHA256: { OpenSSL.hmacSHA256(key: $0, message: $1) },
        constantTimeEqual: { OpenSSL.constantTimeEqual($0, $1) })
    private static let rules = AsteriskLink.Rules(username: "cti", isChallenged: false, events: "on")
    /// A host hands the journal to the kernel when so much has gathered.
    private static let journalBytes = 1024 * 1024

    private let source: Source
    private var framer = Framer(role: .client)
    private var link = AsteriskLink(rules, seed: 1)
    private var calls = Calls()
    private var contacts = Contacts(switch: name, seed: 1)
    private var acd = ACD()
    private var core: Core
    private var connection: ConnectionID?
    private let secret = Session.Secret("secret", digests)
    private let secrets = Core.Secrets([name: "secret"], digests)
    private var events: [CallEvent] = []
    private var said: [AsteriskLink.Output] = []
    private var told: [Contacts.Output] = []
    private let journal: Journal.Writer

    init(_ source: Source, switches: Int) throws {
        self.source = source
        let others = (1..<switches).map { Core.Rules.Switch(name: SwitchID("other-\($0)"), link: Self.rules) }
        core = Core(
            .init(
                seed: 1,
                rules: Core.Rules(
                    switches: [.init(name: Self.name, link: Self.rules)] + others, webhooks: [], agents: nil,
                    queueDefaults: .init(), queues: [:], alarms: [:], queuesBySwitch: nil, timeZone: .rome,
                    thresholds: [], organisation: .init(), calendar: .always(in: .rome), legalBasis: nil,
                    keepsIntervals: true,
                    unheardSince: [:])))
        folder =
            FileManager.default.temporaryDirectory.appendingPathComponent("centralino-stages-\(UUID().uuidString)").path
        journal = try Journal.Writer(directory: folder, sha256: OpenSSL.sha256)
    }

    private let folder: String

    /// The journal's folder goes.
    func removeFolder() {
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: before what is measured

    /// Logged in, with the members of the queues.
    mutating func connect(_ level: Level) {
        var sent: [[UInt8]] = []
        func collect(_ outputs: [AsteriskLink.Output]) { for case .send(let bytes) in outputs { sent.append(bytes) } }
        let banner = Array("Asterisk Call Manager/11.0.0\r\n".utf8)
        if level == .core {
            connectCore(banner)
            return
        }
        link.start(at: source.start, into: &said)
        link.opened(at: source.start, into: &said)
        hear(banner, level, &sent)
        while !sent.isEmpty { hear(source.answer(to: sent.removeFirst()), level, &sent) }
    }

    private mutating func hear(_ bytes: [UInt8], _ level: Level, _ sent: inout [[UInt8]]) {
        framer.receive(bytes) { _ in }
        said.removeAll(keepingCapacity: true)
        link.received(bytes, secret, at: source.start, into: &said)
        for case .send(let bytes) in said { sent.append(bytes) }
        for case .inventory(let event, let moment) in said {
            events.removeAll(keepingCapacity: true)
            calls.handle(event, at: moment, heardAt: moment.uptime, into: &events)
            acd.handle(calls.members.resolved(event), at: moment)
        }
    }

    private mutating func connectCore(_ banner: [UInt8]) {
        var sent: [(ConnectionID, [UInt8])] = []
        var opened: [ConnectionID] = []
        func take(_ outputs: [Core.Output], _: borrowing Core) {
            for output in outputs {
                if case .connect(let id, let name) = output {
                    opened.append(id)
                    if name == Self.name { connection = id }
                }
                if case .send(let id, let bytes) = output { sent.append((id, bytes)) }
            }
        }
        let beginning = Core.Input.Beginning(seed: core.seed, rules: core.rules)
        core.handle(.started(beginning), secrets, at: source.start, take)
        for id in opened {
            core.handle(.opened(id), secrets, at: source.start, take)
            core.handle(.received(id, banner), secrets, at: source.start, take)
        }
        while !sent.isEmpty {
            let (id, action) = sent.removeFirst()
            // The others have no members: their inventory would be told within the events that are counted.
            let answer = source.answer(to: action, members: id == connection)
            core.handle(.received(id, answer), secrets, at: source.start, take)
        }
    }

    // MARK: the levels; each gives a number that depends on what it has done

    mutating func frame(_ reads: [Source.Read]) -> Int {
        var messages = 0
        for read in reads { framer.receive(read.bytes) { if case .message = $0 { messages += 1 } } }
        return messages
    }

    mutating func translate(_ reads: [Source.Read]) -> Int {
        var understood = 0
        for read in reads {
            said.removeAll(keepingCapacity: true)
            link.received(read.bytes, secret, at: read.at, into: &said)
            for case .event in said { understood += 1 }
        }
        return understood
    }

    mutating func follow(_ reads: [Source.Read]) -> Int {
        var meant = 0
        for read in reads {
            said.removeAll(keepingCapacity: true)
            link.received(read.bytes, secret, at: read.at, into: &said)
            for index in said.indices {
                guard case .event(let event, let moment) = said.span[index] else { continue }
                events.removeAll(keepingCapacity: true)
                calls.handle(event, at: moment, heardAt: read.at.uptime, into: &events)
                meant += events.count
            }
        }
        return meant
    }

    mutating func record(_ reads: [Source.Read]) -> Int {
        var closed = 0
        for read in reads {
            said.removeAll(keepingCapacity: true)
            link.received(read.bytes, secret, at: read.at, into: &said)
            for index in said.indices {
                guard case .event(let event, let moment) = said.span[index] else { continue }
                events.removeAll(keepingCapacity: true)
                calls.handle(event, at: moment, heardAt: read.at.uptime, into: &events)
                for event in events {
                    told.removeAll(keepingCapacity: true)
                    contacts.handle(event, at: moment, into: &told)
                    for case .closed in told { closed += 1 }
                }
            }
        }
        return closed
    }

    /// As `Switch.apply` does it.
    mutating func count(_ reads: [Source.Read]) -> Int {
        for read in reads {
            said.removeAll(keepingCapacity: true)
            link.received(read.bytes, secret, at: read.at, into: &said)
            for index in said.indices {
                guard case .event(let event, let moment) = said.span[index] else { continue }
                events.removeAll(keepingCapacity: true)
                calls.handle(event, at: moment, heardAt: read.at.uptime, into: &events)
                acd.handle(calls.members.resolved(event), at: moment)
                for event in events {
                    told.removeAll(keepingCapacity: true)
                    contacts.handle(event, at: moment, into: &told)
                    let contact = event.counted
                    acd.handle(
                        event, record: contact.flatMap { contacts.record(of: $0) },
                        caller: contact.flatMap { contacts.caller(of: $0) }.flatMap(CallerKey.init), at: moment)
                }
            }
        }
        // any order: a sum
        return acd.queues.values.reduce(0) { $0 + $1.counters.offered }
    }

    /// All of it, with the deadlines that fall due, alarms, changes, screens and quarter-hours.
    mutating func handle(_ reads: [Source.Read]) -> Int {
        guard let connection else { return 0 }
        var changes = 0
        var asked: [(ConnectionID, [UInt8])] = []
        for read in reads {
            func take(_ outputs: [Core.Output], _: borrowing Core) {
                for output in outputs {
                    switch output {
                    case .changed: changes += 1
                    case .send(let id, let bytes): asked.append((id, bytes))
                    default: break
                    }
                }
            }
            core.handle(.received(connection, read.bytes), secrets, at: read.at, take)
            // Whether the link lives is asked now and then.
            while let (id, action) = asked.popLast() {
                core.handle(.received(id, source.answer(to: action)), secrets, at: read.at, take)
            }
        }
        return changes
    }

    mutating func keep(_ reads: [Source.Read]) -> Int {
        for read in reads {
            journal.append(
                kind: Journal.Kind("R"), connection: 2, uptime: read.at.uptime.microseconds,
                date: read.at.date.microseconds, bytes: read.bytes)
            if journal.bufferedBytes >= Self.journalBytes { try? journal.flush() }
        }
        try? journal.flush()
        return journal.appended
    }
}
