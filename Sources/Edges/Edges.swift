import ACD
import Access
import Core
import HTTP
import Telephony
import Time
import Wire

/// Everybody who is connected and is not a switch: desks, readers of the board, HTTP clients, senders of webhooks.
///
/// They change no record and no figure, so nothing of them is journalled: they are given the core to look at. An edge
/// that wants something of the core returns an input for it.
public struct Edges {
    public enum Input: Sendable {
        /// `from`: the peer's address, without its port.
        case accepted(ConnectionID, ClientPort, from: String)
        case received(ConnectionID, [UInt8])
        /// So many bytes wait for an accepted connection's peer to read: reported when more than
        /// ``Limits/congestedBytes`` do, then now and then when they have become fewer, and with 0 when all of them are
        /// read.
        case unsent(ConnectionID, bytes: Int)
        case closed(ConnectionID)
        /// What the host measured, once a second: it is shown to monitoring systems, and changes nothing else.
        case hostReport(HostReport)
        /// The store has a grant for what has this SHA-256, or (nil) has it no longer: a session that began or ended, a
        /// token that was made or revoked. What was opened with it ends.
        case granted(sha256: [UInt8], Grant?)
        /// The answer to an ``Effect/lookBack(_:_:)``, or to an ``Effect/answer(_:)``.
        case lookedBack(ConnectionID, LookBack)
        /// What the store has about people, and what came of a password.
        case access(AccessInput)
        /// ``Edges/nextDeadline`` may have come.
        case deadlineReached
    }

    /// A document that the HTTP port serves: the embedded pages.
    public struct Page: Equatable, Sendable {
        public var contentType: String
        public var bytes: [UInt8]

        public init(contentType: String, bytes: [UInt8]) {
            self.contentType = contentType
            self.bytes = bytes
        }
    }

    private(set) var configuration: Configuration
    private(set) var rules: AccessRules
    private(set) var names: AgentNames
    private let seed: UInt64
    let pages: [String: Page]
    var desks: DeskHub
    var wallboards: WallboardHub
    var clients = ClientTable()
    /// The client for which the journal is being read.
    var lookingBack: ConnectionID?
    /// The client for which figures of today are being computed.
    var answering: ConnectionID?
    var waiting = WaitingRequests()
    var clientGuard: ClientGuard
    var webhooks: WebhookInbox
    var signIns: SignIns
    let digests: Digests
    /// The newest report, and when it came, in uptime.
    var hostReport: (told: HostReport, at: Span)?
    /// The grants of the store.
    var credentials = Credentials()
    /// Those of ``OperatorAlarms`` that were logged here, and are not over.
    var raisedAlarms: Set<String> = []
    var work = WorkCount()
    /// Late clients are looked for once a second: a thousand streams must not be gone through for each event.
    private var nextClientCheck = Span.zero
    private var isStarted = false

    /// `core`: what an earlier run had learnt, or one that has not started.
    public init(_ configuration: Configuration, pages: [String: Page], digests: Digests, seed: UInt64, _ core: Core) {
        self.configuration = configuration
        self.digests = digests
        self.seed = seed
        self.pages = pages
        signIns = SignIns(configuration.sessions)
        rules = AccessRules(configuration, digests, seed: seed)
        names = AgentNames(configuration)
        clientGuard = ClientGuard(keepsAudit: configuration.keepsAudit)
        desks = DeskHub(configuration, rules)
        wallboards = WallboardHub(hasPorts: configuration.http != nil || configuration.wallboards != nil, seed: seed)
        webhooks = WebhookInbox(configuration.webhooks, digests, accepted: core.accepted)
    }

    /// Rows that were written for clients: what each turn adds is bounded.
    public var workDone: Int { work.steps + wallboards.work.steps }

    func view(_ core: Core, at now: Moment) -> WallboardHub.View { WallboardHub.View(core, names, at: now) }

    // MARK: the function

    /// Opens the ports.
    public mutating func start(at now: Moment, into effects: inout [Effect]) {
        isStarted = true
        wallboards.start(at: now.date)
        for (port, endpoint, limit) in [
            (ClientPort.http, configuration.http, Limits.unsentBytesPerClient),
            (.desks, configuration.desks, Limits.unsentBytesPerDesk),
            (.wallboards, configuration.wallboards, Limits.unsentBytesPerWallboard),
        ] {
            if let endpoint { effects.append(.listen(port, endpoint, unsentLimit: limit)) }
        }
    }

    /// Goes on by a configuration that was read again (``Configuration/reloaded(from:)``): who comes from now on is let
    /// in by it. `core`: it goes on by the same already.
    public mutating func reconfigure(_ new: Configuration, _ core: Core, at now: Moment, into effects: inout [Effect]) {
        let isReorganised = configuration.organisation != new.organisation
        configuration = new
        // By the same seed, so that a wrong token is known again.
        rules = AccessRules(new, digests, seed: seed)
        names = AgentNames(new)
        desks.reconfigure(rules, &effects)
        webhooks.reconfigure(new.webhooks, digests)
        if isReorganised { organisationChanged(at: now, &effects) }
    }

    /// - Returns: what is wanted of the core.
    public mutating func handle(_ input: Input, _ core: Core, at now: Moment, into effects: inout [Effect]) -> [Core
        .Input]
    {
        var inputs: [Core.Input] = []
        switch input {
        case .accepted(let id, let port, let address): accepted(id, port, from: address, core, at: now, &effects)
        case .received(let id, let bytes): received(id, bytes, core, at: now, &inputs, &effects)
        case .unsent(let id, let bytes): wallboards.unsent(bytes, id, view(core, at: now), &effects)
        case .closed(let id):
            signIns.closed(id)
            auditLeaving(id, at: now, &effects)
            forget(id, &effects)
        case .hostReport(let report):
            hostReport = (report, now.uptime)
            noticeAlarms(core, at: now, &effects)
        case .granted(let digest, let grant): granted(digest, grant, at: now, &effects)
        case .lookedBack(let id, let found): lookedBack(id, found, core, at: now, &inputs, &effects)
        case .access(let input): take(input, core, at: now, &inputs, &effects)
        case .deadlineReached: answerNext(core, at: now, &inputs, &effects)
        }
        return inputs
    }

    /// Handles an output of the core, as far as it concerns those who are connected. `core`: the core after the step
    /// that gave this output.
    public mutating func take(_ output: Core.Output, _ core: Core, into effects: inout [Effect]) {
        switch output {
        case .card(let card): desks.show(card, core, &effects)
        case .namesChanged(let agent, let name): desks.namesChanged(agent, on: name, core, &effects)
        case .wrapUpBegan(let work, let name): desks.began(work, on: name, core, &effects)
        case .wrapUpEnded(let work, let name): desks.ended(work, on: name, core, &effects)
        case .changed(let change): wallboards.take(change, view(core, at: change.at), &effects)
        case .webhookIgnored(let name, let total):
            let line = LogLine(
                .warning, "webhook \(name)",
                "An event changed nothing: its call had gone on or was over, or the call's queue never came. \(total) such events so far. Deliver the events of a call in their order, within 0.3 s of each other's time."
            )
            clientGuard.say(line, .lateWebhook, at: core.moment, &effects)
        case .connect, .send, .close, .lookUp, .closed, .gap, .interval, .log: break
        }
    }

    /// To be called at the end of each turn: does what is due in the edges themselves.
    public mutating func settle(_ core: Core, at now: Moment, into effects: inout [Effect]) {
        desks.lookAtTokens(core, at: now, &clientGuard, &effects)
        lookAtTokens(at: now, &effects)
        settleSignIns(core, at: now, &effects)
        desks.deadlineReached(core, at: now, &effects)
        closeLateClients(at: now, &effects)
        clientGuard.report(at: now, &effects)
        if isStarted, wallboards.count > 0 { wallboards.deadlineReached(view(core, at: now), &effects) }
    }

    /// Closes every connection.
    public mutating func stop(into effects: inout [Effect]) {
        effects += desks.stop().map(Effect.close)
        effects += clients.ids.map(Effect.close)
        effects += wallboards.stop().map(Effect.close)
    }

    /// In uptime.
    public var nextDeadline: Span? {
        desks.nextDeadline.earlier(wallboards.nextDeadline).earlier(clients.isEmpty ? nil : nextClientCheck)
            .earlier(waiting.next(figuresAreFree: answering == nil)).earlier(clientGuard.nextReport)
            .earlier(signIns.nextDeadline)
    }

    private mutating func closeLateClients(at now: Moment, _ effects: inout [Effect]) {
        guard nextClientCheck <= now.uptime else { return }
        nextClientCheck = now.uptime + .seconds(1)
        for (id, client) in clients.late(at: now) {
            // An idle client is not at fault; one that began a request and did not complete it is.
            if client.connection.isMidRequest { clientGuard.count(.slow, at: now) }
            effects.append(.close(id))
            clients[id] = nil
        }
    }
}
