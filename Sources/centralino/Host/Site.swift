import Contacts
import EventLoop
import Core
import Edges
import Core
import Edges
import Gateway
import Journal
import Numbering
import ScreenPop
import Store
import TLS
import Telephony
import Time
import Web
import Wire

/// A gateway with its world around it, made of a configuration: what `run` and `demo` start.
@LoopActor
enum Site {
    /// `offersFirstAccount`: where the store has no account, a code that makes the first one is logged and accepted.
    static func make(_ configuration: ProgramConfiguration, offersFirstAccount: Bool = false) throws -> Host {
        if let limit = ProcessFigures.raiseDescriptorLimit(), limit < Limits.usualConnections {
            Log.write(
                .warning, "centralino",
                "No more than \(limit) file descriptors may be open: too few for \(Limits.usualConnections) desks. Raise the hard limit: LimitNOFILE= of the service, or ulimit -Hn."
            )
        }
        let store = try configuration.storePath.map { path throws(StoreError) in try Store(path: path, for: .gateway) }
        if let conversion = store?.conversion { Log.write(.warning, "store", "\(conversion)") }
        let certificates = try ListenerCertificates(configuration.certificates)
        let journal = try configuration.journalDirectory.map { try JournalKeeper($0, configuration.journal) }
        let seed = OpenSSL.randomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var settings = configuration.gateway
        // Before this run gives its first sign of life.
        let since = try store.map { store throws(StoreError) in try unheardSince(store, settings) }
        let writer = store.map(RecordWriter.init)
        let recovered = try configuration.journalDirectory.flatMap { try recover($0, writer) }
        // The journal knows better.
        if recovered == nil, let since { settings.unheardSince = since }
        settings.keepsIntervals = store != nil
        settings.keepsAudit = store != nil
        let gateway = Gateway(
            configuration: settings, pages: pages(), digests: .openSSL, seed: seed, known: recovered?.core)
        let numbers = PhoneNumbers()
        warmUp(numbers)
        let directory = DirectoryService(
            store: store, numbers: numbers, internalPlan: configuration.internalPlan, trunkRule: configuration.trunkRule
        )
        let deliveries = configuration.deliveries.isEmpty ? nil : try Deliveries(configuration.deliveries)
        let people = try store.map { store throws(StoreError) in
            try PeopleKeeper(
                store, keepMonths: configuration.auditMonths, legalBasis: settings.legalBasis,
                offersFirstAccount: offersFirstAccount && settings.http != nil)
        }
        let host = Host(
            gateway, recovered: recovered, directory: directory, writer: writer, journal: journal,
            checkpoints: configuration.journalDirectory.map(CheckpointWriter.init), deliveries: deliveries,
            people: people, zone: settings.timeZone, certificates: certificates,
            retention: store.map { Retention($0, configuration.retention, zone: settings.timeZone) })
        host.disks = DiskSpace(
            [("store", configuration.storePath), ("journal", configuration.journalDirectory)].compactMap {
                holds, path in
                path.map { (holds, $0) }
            })
        return host
    }

    /// Records are saved again many at a time: a day may be played.
    private static func recover(_ folder: String, _ writer: RecordWriter?) throws(JournalError) -> Recovery? {
        var records: [ContactRecord] = []
        let recovered = try Recovery.run(folder) { output in
            switch output {
            case .closed(let record, _): records.append(record)
            case .gap(let name, let gap): writer?.save(gap, of: name)
            case .interval(let name, let row): writer?.save(row, of: name)
            default: break
            }
            if records.count == 500 {
                writer?.save(records)
                records = []
            }
        }
        if !records.isEmpty { writer?.save(records) }
        return recovered
    }

    /// Where an earlier run of ours ended: with a gap that is still open, or at its last sign of life. Nothing where
    /// there was none.
    private static func unheardSince(_ store: Store, _ configuration: Configuration) throws(StoreError) -> [SwitchID:
        UnixTime]
    {
        let alive = try store.lastAlive()
        var since: [SwitchID: UnixTime] = [:]
        for entry in configuration.switches {
            let open = try store.gaps(of: entry.name.rawValue, in: 0..<Int64.max).last { $0.to == nil }
            since[entry.name] = (open?.from ?? alive).map { UnixTime(microseconds: $0) }
        }
        return since
    }

    /// What is slow the first time (libphonenumber reads its tables, Foundation makes its encoder) is done before a
    /// caller waits for it.
    private static func warmUp(_ numbers: PhoneNumbers) {
        _ = numbers.normalise("0612345678")
        let caller = Pop.Caller(
            presentation: .available, number: "+390612345678", display: "06 1234 5678", kind: "fixed", name: "Prova")
        let pop = Pop(
            type: .preview, popId: "", contactId: "", revision: 1, at: "", switch: "", caller: caller,
            match: .init(result: .pending))
        _ = JSON.decode(DeskMessage.self, from: JSON.encode(pop))
    }

    private static func pages() -> [String: Edges.Page] {
        WebPages.documents.mapValues { Edges.Page(contentType: $0.contentType, bytes: $0.bytes) }
    }

    /// Ends the program in good order at the first Ctrl-C or SIGTERM, and at once at the second, which the kernel does:
    /// the loop may wait for a disk. SIGHUP, which ends a
    /// program that does not ask for it, is what a closed terminal sends, and what operators send to have a
    /// configuration read again: `hangUp` is what it does; nil: it ends the program as Ctrl-C does.
    static func stopOnSignals(
        hangUp: (@LoopActor () -> Void)? = nil, _ stop: @escaping @LoopActor (@escaping @LoopActor () -> Void) -> Void
    ) throws
        -> [SignalWatcher]
    {
        var asked = false
        var ending: [SignalWatcher] = []
        let onSignal: @LoopActor () -> Void = {
            if asked { return EventLoop.stop() }
            asked = true
            for watcher in ending { watcher.end() }
            ending = []
            Log.write(.info, "centralino", "Stopping. (Once more to stop at once.)")
            stop { EventLoop.stop() }
        }
        let onHangUp: @LoopActor () -> Void = { if !asked || hangUp == nil { (hangUp ?? onSignal)() } }
        ending = [
            try SignalWatcher(.interrupt, onSignal: onSignal), try SignalWatcher(.terminate, onSignal: onSignal),
        ]
        return ending + [try SignalWatcher(.hangUp, onSignal: onHangUp)]
    }
}
