import AMI
import Calls
import Contacts
import Directory
import Switches
import Telephony
import Time
import Webhook
import Wire

/// What records and figures are a function of: all that the gateway has learnt from its switches, and nothing else.
///
/// A core that gets the same inputs at the same moments gives the same outputs, to the byte. Its Codable form *is* the
/// checkpoint: every stored property survives a restart, because the compiler writes and reads it. Nobody's socket or
/// secret is in it; who watches and who asks is known to the edges only, and changes no record and no figure.
public struct Core: Codable, Equatable, Sendable {
    /// How the inputs are to be understood. They were learnt like everything else: by ``Input/started(_:)`` or
    /// ``Input/resumed(_:)``.
    public internal(set) var rules: Rules
    /// Makes ids and jitter.
    public internal(set) var seed: UInt64
    /// In the order of ``rules``: Asterisks, then webhook sources.
    public internal(set) var switches: [Switch]
    public internal(set) var changes = ChangeSequence()
    /// Since when this run counts; nil before the first start.
    public internal(set) var startedAt: UnixTime?
    /// Webhook events that were accepted: one that is sent again is known again after a restart, too.
    public private(set) var accepted = RecentIdentifiers(
        capacity: Core.Limits.webhookMemoryEntries, lifetime: Core.Limits.webhookMemorySeconds)
    public internal(set) var webhooksAccepted = 0
    var common: Common
    /// When each switch's deadlines have to be asked for again.
    var deadlines = DeadlineTable()

    /// What all switches have in common.
    struct Common: Codable, Equatable, Sendable {
        /// When the last input came, or the last deadline was due. Deadlines count from it: events may carry the moment
        /// of a switch's clock instead.
        var moment = Moment(uptime: .zero, date: UnixTime(microseconds: 0))
        var isStopping = false
        var nextConnection: UInt64 = 2
        var lookups = Lookups()
        var screens = Screens()
        var callEvents = WorkCount()
    }

    public init(_ beginning: Input.Beginning) {
        rules = beginning.rules
        seed = beginning.seed
        common = Common()
        var generator = SplitMix64(seed: seed)
        switches = []
        for entry in rules.switches {
            let link = AsteriskLink(entry.link, seed: generator.next())
            switches.append(Switch(entry.name, link: link, rules, seed: generator.next()))
        }
        for name in rules.webhooks { switches.append(Switch(name, link: nil, rules, seed: generator.next())) }
    }

    public var moment: Moment { common.moment }
    public var screens: Screens { common.screens }
    public var openLookups: Int { common.lookups.open.count }
    /// Whether anything is known.
    public var hasStarted: Bool { startedAt != nil }
    public var isStopping: Bool { common.isStopping }
    /// Contacts that have not ended.
    public var openContacts: Int { switches.reduce(0) { $0 + $1.contacts.openCount } }
    /// Events of calls that were followed to records and figures, since this value was made or decoded.
    public var callEventsDone: Int { common.callEvents.steps }

    public func `switch`(named name: SwitchID) -> Switch? { index(of: name).map { switches[$0] } }

    /// Who the agents of this switch are.
    public func members(of name: SwitchID) -> Roster? { index(of: name).map { switches.span[$0].calls.members } }

    // A switch is large, and these are asked with each input: the span lends it, where the array would give a copy.

    private func index(of name: SwitchID) -> Int? {
        for index in switches.indices where switches.span[index].name == name { return index }
        return nil
    }

    private func index(of id: ConnectionID) -> Int? {
        for index in switches.indices where switches.span[index].connection == id { return index }
        for index in switches.indices where switches.span[index].connections.contains(id) { return index }
        return nil
    }

    // MARK: the function

    /// Does what was due by `now`, takes in what happened then, and does what became due by it.
    ///
    /// - Parameters:
    ///   - input: nil where only time has passed.
    ///   - secrets: of the AMI users, by switch. A replay has none: nobody logs in.
    ///   - take: gets what came of each step, and the core as it is after that step and before the next.
    public mutating func handle(
        _ input: Input?, _ secrets: Secrets, at now: Moment, _ take: ([Output], borrowing Core) -> Void
    ) {
        var outputs: [Output] = []
        // Before any deadline after the end of the earlier run, since nobody was there to keep one.
        if case .resumed(let beginning) = input, hasStarted {
            adopt(beginning, into: &outputs)
            flush(&outputs, take)
        }
        reachDeadlines(until: now.uptime, &outputs, take)
        guard let input else { return }
        common.moment = now
        apply(input, secrets, at: now, into: &outputs)
        notice(at: now)
        flush(&outputs, take)
        // What was found out only now may have been due before.
        reachDeadlines(until: now.uptime, &outputs, take)
    }

    func flush(_ outputs: inout [Output], _ take: ([Output], borrowing Core) -> Void) {
        guard !outputs.isEmpty else { return }
        take(outputs, self)
        outputs.removeAll(keepingCapacity: true)
    }

    private mutating func apply(_ input: Input, _ secrets: Secrets, at now: Moment, into outputs: inout [Output]) {
        switch input {
        case .started(let beginning):
            self = Core(beginning)
            common.moment = now
            start(at: now, into: &outputs)
        case .resumed(let beginning):
            // Nothing of the earlier run is left.
            guard hasStarted else { return apply(.started(beginning), secrets, at: now, into: &outputs) }
            resume(at: now, into: &outputs)
        case .opened(let id):
            guard let index = index(of: id) else { return }
            deadlines.touch(index)
            switches[index].opened(at: now, &common, into: &outputs)
        case .received(let id, let bytes):
            guard let index = index(of: id) else { return }
            deadlines.touch(index)
            let secret = secrets[switches[index].name]
            switches[index].received(bytes, secret, at: now, &common, into: &outputs)
        case .closed(let id, let reason, let isConfigurationFault):
            guard let index = index(of: id) else { return }
            deadlines.touch(index)
            switches[index].closed(
                id, reason, isConfigurationFault: isConfigurationFault, at: now, &common, into: &outputs)
        case .webhook(let source, let id, let body): accept(body, from: source, id: id, at: now, into: &outputs)
        case .found(let lookup, let answer):
            apply(answer, to: lookup, at: now, into: &outputs)
            common.lookups.answered(lookup)
        case .wrapUpDone(let agent, let name):
            for index in switches.indices where name ?? switches[index].name == switches[index].name {
                deadlines.touch(index)
                switches[index].endWrapUps(of: agent, at: now, into: &outputs)
            }
        case .configured(let rules): reconfigure(rules, at: now, into: &outputs)
        case .stopped(let keepsCalls): stop(keepingCalls: keepsCalls, at: now, into: &outputs)
        }
    }

    private mutating func start(at now: Moment, into outputs: inout [Output]) {
        startedAt = now.date
        changes.start(at: now)
        deadlines.touchAll(of: switches.count)
        for index in switches.indices {
            switches[index].start(
                unheardSince: rules.unheardSince[switches[index].name], at: now, &common, into: &outputs)
            switches[index].begin(rules, at: now, &common, into: &outputs)
        }
    }

    private mutating func stop(keepingCalls: Bool, at now: Moment, into outputs: inout [Output]) {
        common.isStopping = true
        deadlines.touchAll(of: switches.count)
        // What is open ends now, while the records can still be saved.
        for index in switches.indices where !keepingCalls {
            switches[index].abandonAll(at: now, &common, into: &outputs)
        }
        outputs += switches.flatMap(\.connections).sorted().map(Output.close)
    }

    private mutating func accept(
        _ body: [UInt8], from source: SwitchID, id: String, at now: Moment, into outputs: inout [Output]
    ) {
        guard let event = try? Webhook.CallEvent(body: body) else { return }
        _ = accepted.insert(
            source: source.rawValue, id: id, bodyDigest: BodyDigest.fnv1a(body), now: now.date.microseconds / 1_000_000)
        webhooksAccepted += 1
        // A journal may have events of a source that is no longer configured.
        guard let index = index(of: source) else { return }
        deadlines.touch(index)
        switches[index].received(event, at: now, &common, into: &outputs)
    }

    mutating func apply(_ answer: DirectoryAnswer, to lookup: LookupID, at now: Moment, into outputs: inout [Output]) {
        guard common.lookups.isLast(lookup), let index = index(of: lookup.switch) else { return }
        deadlines.touch(index)
        switches[index].found(answer, for: lookup.contact, at: now, &common, into: &outputs)
    }

    /// To be called after each thing that happened. A switch that was not touched has nothing new.
    mutating func notice(at now: Moment) {
        for index in deadlines.touched {
            changes.notice(switches[index].hasNews(), at: now)
            switches[index].noticeWaits()
            switches[index].noticeIntervals(at: now)
        }
        common.screens.forget(at: now.date)
    }
}

extension Core {
    /// The secrets of the AMI users.
    public struct Secrets: Sendable {
        private let texts: [SwitchID: String]
        private let digests: Digests

        public init(_ texts: [SwitchID: String], _ digests: Digests) {
            self.texts = texts
            self.digests = digests
        }

        /// A replay logs in nowhere.
        public static let none = Secrets(
            [:], Digests(md5: { _ in [] }, hmacSHA256: { _, _ in [] }, constantTimeEqual: { _, _ in false }))

        subscript(_ name: SwitchID) -> Session.Secret { Session.Secret(texts[name] ?? "", digests) }
    }

    /// What figures are made of. It is a copy that costs nothing until the core changes; what changes with each event
    /// and is in no figure is left out, or the next event would have to copy it.
    public var forFigures: Core {
        var core = self
        core.common.screens = Screens()
        core.accepted = RecentIdentifiers(capacity: 1)
        for index in core.switches.indices { core.switches[index].forgetCalls() }
        return core
    }
}
