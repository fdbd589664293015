import ACD
import Contacts
import Core
import Directory
import Edges
import HTTP
import Telephony
import Time
import Wire

/// The gateway is a function of what happened to it: the same inputs at the same moments give the same effects, to the
/// byte.
///
/// Everything that is hard happens in here, where there is no socket, no thread, no disk and no clock. It has two
/// parts. The ``core`` is what records and figures are a function of; its inputs are journalled before anything comes
/// of them. The ``edges`` are who is connected and looks at the core.
public struct Gateway {
    public enum Input: Sendable {
        /// Once, before anything else. A gateway that knows what an earlier run knew continues from it: it was not
        /// running since the last thing that happened.
        case started
        case core(Core.Input)
        case edge(Edges.Input)
        /// The configuration was read again. What of it needs a start is ignored: ask
        /// ``Gateway/reload(from:)`` what that is.
        case configured(Configuration)
        /// What is open ends now, as lost; or, where a journal is kept, stays open until the gateway runs again.
        case stopRequested(keepingCalls: Bool = false)
    }

    public internal(set) var core: Core
    public private(set) var edges: Edges
    private var configuration: Configuration
    private let digests: Digests
    private let beginning: Core.Input.Beginning
    private var secrets: Core.Secrets
    private let addresses: [SwitchID: Configuration.Endpoint]

    /// - Parameters:
    ///   - seed: makes ids and jitter; a replay with the same seed gives the same.
    ///   - known: what an earlier run had learnt.
    public init(
        configuration: Configuration, pages: [String: Edges.Page] = [:], digests: Digests, seed: UInt64,
        known: Core? = nil
    ) {
        self.configuration = configuration
        self.digests = digests
        beginning = Core.Input.Beginning(seed: seed, rules: configuration.rules)
        core = known ?? Core(beginning)
        edges = Edges(configuration, pages: pages, digests: digests, seed: seed, core)
        secrets = Self.secrets(configuration, digests)
        addresses = Dictionary(uniqueKeysWithValues: configuration.switches.map { ($0.name, $0.address) })
    }

    private static func secrets(_ configuration: Configuration, _ digests: Digests) -> Core.Secrets {
        Core.Secrets(
            Dictionary(uniqueKeysWithValues: configuration.switches.map { ($0.name, $0.secret.value) }), digests)
    }

    /// What a configuration that was read again would change, and what of it waits for a start.
    public func reload(from new: Configuration) -> Configuration.Reload { configuration.reloaded(from: new) }

    // MARK: the function

    /// Takes in what happened; what is to be done about it is appended to `effects`, in order.
    public mutating func handle(_ input: Input, at now: Moment, into effects: inout [Effect]) {
        switch input {
        case .started:
            edges.start(at: now, into: &effects)
            take(core.hasStarted ? .resumed(beginning) : .started(beginning), at: now, &effects)
        case .core(let input): take(input, at: now, &effects)
        case .edge(let input):
            run(nil, at: now, &effects)
            var effectsOfEdges: [Effect] = []
            let inputs = edges.handle(input, core, at: now, into: &effectsOfEdges)
            // Before the answer to a client, which may say that it is kept.
            for input in inputs { effects.append(.journal(input)) }
            effects += effectsOfEdges
            for input in inputs { run(input, at: now, &effects) }
        case .configured(let new):
            configuration = reload(from: new).configuration
            secrets = Self.secrets(configuration, digests)
            // The core first: who is admitted from now on meets the figures and the names of now.
            let rules = configuration.rules
            if rules != core.rules { take(.configured(rules), at: now, &effects) } else { run(nil, at: now, &effects) }
            edges.reconfigure(configuration, core, at: now, into: &effects)
        case .stopRequested(let keepsCalls):
            take(.stopped(keepingCalls: keepsCalls), at: now, &effects)
            edges.stop(into: &effects)
        }
        edges.settle(core, at: now, into: &effects)
    }

    private mutating func take(_ input: Core.Input, at now: Moment, _ effects: inout [Effect]) {
        effects.append(.journal(input))
        run(input, at: now, &effects)
    }

    private mutating func run(_ input: Core.Input?, at now: Moment, _ effects: inout [Effect]) {
        Self.run(&core, input, secrets, at: now, &edges, configuration.deliveries, addresses, &effects)
    }

    private static func run(
        _ core: inout Core, _ input: Core.Input?, _ secrets: Core.Secrets, at now: Moment, _ edges: inout Edges,
        _ deliveries: [String], _ addresses: [SwitchID: Configuration.Endpoint], _ effects: inout [Effect]
    ) {
        core.handle(input, secrets, at: now) { outputs, core in
            for output in outputs {
                switch output {
                case .connect(let id, let name):
                    guard let address = addresses[name] else { continue }
                    effects.append(.connect(id, address, unsentLimit: Limits.unsentBytesPerSwitch))
                case .send(let id, let bytes): effects.append(.send(id, bytes))
                case .close(let id): effects.append(.close(id))
                case .lookUp(let lookup, let caller): effects.append(.lookUp(lookup, caller))
                case .closed(let record, let ended):
                    effects.append(.save(record))
                    for target in deliveries { effects.append(.post(Effect.Delivery(record, to: target, at: ended))) }
                case .gap(let name, let gap): effects.append(.saveGap(name, gap))
                case .interval(let name, let row): effects.append(.saveInterval(name, row))
                case .log(let line): effects.append(.log(line))
                case .card, .namesChanged, .wrapUpBegan, .wrapUpEnded, .changed, .webhookIgnored:
                    edges.take(output, core, into: &effects)
                }
            }
        }
    }

    /// When to come back with ``Edges/Input/deadlineReached``, in uptime, if nothing happens first.
    public var nextDeadline: Span? { core.nextDeadline.earlier(edges.nextDeadline) }

    /// The question that a client waits to have answered off the loop.
    public func question(of id: ConnectionID, at now: Moment) -> Question? { edges.question(of: id, core, at: now) }

    /// Rows that were written for clients and memberships that were gone through, since the gateway was made: what each
    /// turn adds is bounded.
    public var workDone: Int { core.switches.reduce(edges.workDone) { $0 + $1.acd.work.steps } }
}

// MARK: what happens, by its usual names

extension Gateway.Input {
    public static func accepted(_ id: ConnectionID, _ port: ClientPort, from address: String = "") -> Self {
        .edge(.accepted(id, port, from: address))
    }

    /// A connection that an ``Effect/connect(_:_:unsentLimit:)`` asked for is open.
    public static func opened(_ id: ConnectionID) -> Self { .core(.opened(id)) }

    public static func received(_ id: ConnectionID, _ bytes: [UInt8]) -> Self {
        id.isAccepted ? .edge(.received(id, bytes)) : .core(.received(id, bytes))
    }

    /// The connection ended or could not be opened; the reason is for people. A fault of configuration is not tried
    /// again at once.
    public static func closed(_ id: ConnectionID, reason: String, isConfigurationFault: Bool = false) -> Self {
        id.isAccepted
            ? .edge(.closed(id)) : .core(.closed(id, reason: reason, isConfigurationFault: isConfigurationFault))
    }

    public static func unsent(_ id: ConnectionID, bytes: Int) -> Self { .edge(.unsent(id, bytes: bytes)) }
    public static func found(_ lookup: LookupID, _ answer: DirectoryAnswer) -> Self { .core(.found(lookup, answer)) }
    public static func hostReport(_ report: HostReport) -> Self { .edge(.hostReport(report)) }
    public static func lookedBack(_ id: ConnectionID, _ found: LookBack) -> Self { .edge(.lookedBack(id, found)) }
    public static var deadlineReached: Self { .edge(.deadlineReached) }
}
