import AMI
import Contacts
import Core
import Edges
import Gateway
import Records
import Reference
import Simulation
import Switches
import Telephony
import Time
import Wire

/// A gateway with a journal and a store that is killed again and again beside a busy switch, in virtual time. It does
/// what the program's host does: entries reach the journal up to 50 ms late, a record reaches the store only after
/// its entry, and a start replays the journal.
struct KilledRun {
    private var gateway: Gateway
    /// The replay of the journal up to `flushed`, and the entries after that.
    private var replayed: Core
    private var flushed: [JournalEntry] = []
    private var pending: [JournalEntry] = []
    private var held: [ContactDocument] = []
    private var flushDue: Span?
    /// The moment of the last entry that the journal has.
    private var kept: Moment?
    private var connection: ConnectionID?
    private var isOpen = false
    private var toSwitch: [[UInt8]] = []
    private(set) var now: Moment
    private(set) var busy: BusySwitch
    private(set) var stored: [String: String] = [:]
    private(set) var deafness: [Oracle.Deafness] = []
    private(set) var kills = 0
    private var generator: SplitMix64
    private let configuration: Configuration

    static let flushDelay = Span.milliseconds(50)

    init(_ setting: BusySwitch.Configuration) {
        var configuration = Configuration()
        configuration.switches = [
            .init(
                name: SwitchID("prova"), address: .init(host: "127.0.0.1", port: 5038),
                secret: "cti", link: .init(username: "cti", isChallenged: false))
        ]
        self.configuration = configuration
        now = Moment(uptime: .seconds(1000), date: Bench.start)
        busy = BusySwitch(setting, digests: .openSSL, at: now)
        gateway = Gateway(configuration: configuration, digests: .openSSL, seed: setting.seed)
        replayed = gateway.core
        generator = SplitMix64(seed: setting.seed ^ 0xDEAD)
        handle(.started)
    }

    /// Lives for the first time, then is killed and away for the second.
    mutating func live(_ alive: Span, thenAwayFor away: Span) {
        run(until: now.uptime + alive)
        kill(awayFor: away)
    }

    private mutating func kill(awayFor away: Span) {
        kills += 1
        let heard = kept ?? now
        for entry in flushed { replay(entry) }
        flushed = []
        (pending, held, toSwitch, flushDue) = ([], [], [], nil)
        if let connection, isOpen { busy.connectionClosed(Int(connection.number)) }
        (connection, isOpen) = (nil, false)
        deafness.append(Oracle.Deafness(from: heard.date, to: now.date))
        let end = now.uptime + away
        while let next = busy.nextDeadline, next <= end { _ = busy.deadlineReached(at: busy.moment(next)) }
        now = now + (end - now.uptime)
        gateway = Gateway(configuration: configuration, digests: .openSSL, seed: UInt64(kills), known: replayed)
        handle(.started)
    }

    private mutating func replay(_ entry: JournalEntry) {
        var closed: [ContactRecord] = []
        replayed.handle(entry.input, .none, at: entry.at) { outputs, _ in
            for case .closed(let record, _) in outputs { closed.append(record) }
        }
        for record in closed { store(ContactDocument(record)) }
    }

    private mutating func store(_ document: ContactDocument) {
        stored[document.id] = String(decoding: JSON.encode(document), as: UTF8.self)
    }

    mutating func run(until end: Span) {
        while true {
            exchange()
            let late = Span(microseconds: Int64.random(in: 0...3000, using: &generator))
            let next =
                [gateway.nextDeadline.map { $0 + late }, busy.nextDeadline, flushDue].compactMap { $0 }.min() ?? end
            guard next < end else { break }
            if next > now.uptime { now = now + (next - now.uptime) }
            if let due = flushDue, due <= now.uptime { flush() }
            if let due = gateway.nextDeadline, due <= now.uptime { handle(.deadlineReached) }
            hear(busy.deadlineReached(at: now))
        }
        if end > now.uptime { now = now + (end - now.uptime) }
    }

    /// All calls end, and the gateway hears it.
    mutating func finish() {
        busy.acceptNoMore()
        run(until: now.uptime + .seconds(60))
        flush()
    }

    /// Calls that the gateway believes to be open.
    var openContacts: Int { gateway.core.openContacts }

    func oracle() -> Oracle {
        // From the last entry that was kept to the end of the next inventory.
        let deafness = deafness.map { dead in
            Oracle.Deafness(
                // What happened just before may have been reported only after it.
                from: dead.from + .milliseconds(-100),
                to: busy.watches.first { $0.login >= dead.to && $0.inventorySent != nil }.flatMap(\.inventorySent)
                    ?? dead.to)
        }
        return Oracle(stored.keys.sorted().compactMap { stored[$0] }, calls: busy.ended, deafness: deafness)
    }

    private mutating func exchange() {
        if !isOpen, let connection {
            isOpen = true
            handle(.opened(connection))
            hear(busy.connectionOpened(Int(connection.number)))
        }
        while !toSwitch.isEmpty {
            let bytes = toSwitch.removeFirst()
            if let connection { hear(busy.received(bytes, from: Int(connection.number), at: now)) }
        }
    }

    private mutating func hear(_ outputs: [BusySwitch.Output]) {
        for output in outputs {
            if case .send(let id, let bytes) = output, let connection, id == Int(connection.number) {
                handle(.received(connection, bytes))
            }
        }
    }

    private mutating func flush() {
        flushDue = nil
        flushed += pending
        kept = pending.last?.at ?? kept
        pending = []
        for document in held { store(document) }
        held = []
    }

    private mutating func handle(_ input: Gateway.Input) {
        var effects: [Effect] = []
        gateway.handle(input, at: now, into: &effects)
        for effect in effects {
            switch effect {
            case .journal(let input):
                pending.append(JournalEntry(input: input, at: now))
                if flushDue == nil { flushDue = now.uptime + Self.flushDelay }
            case .connect(let id, _, _): connection = id
            case .send(let id, let bytes): if id == connection { toSwitch.append(bytes) }
            case .save(let record):
                if pending.isEmpty { store(ContactDocument(record)) } else { held.append(ContactDocument(record)) }
            default: break
            }
        }
    }
}
