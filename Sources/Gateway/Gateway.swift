import ACD
import Calls
import Contacts
import Directory
import Figures
import HTTP
import Switches
import Telephony
import Time
import Wire

/// A connection, whoever opened it. Even numbers are ours (to switches), odd ones were accepted.
public struct ConnectionID: Hashable, Comparable, Sendable {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
    public static func < (left: ConnectionID, right: ConnectionID) -> Bool { left.number < right.number }
    /// Whether a client opened it.
    public var isAccepted: Bool { !number.isMultiple(of: 2) }
}

/// The gateway is a function of what happened to it: the same inputs at the same moments give the same effects, to the byte.
///
/// Everything that is hard happens in here, where there is no socket, no thread, no disk and no clock. The path of a datum: bytes →
/// ``SwitchRoom``'s link → ``SwitchEvent`` → `Calls` → `Contacts` (and the lookup) → `ACD` → hubs → bytes.
public struct Gateway {
    public enum Port: String, Hashable, Sendable, CaseIterable { case http, desks, wallboards }

    public enum Input: Sendable {
        /// Once, before anything else.
        case started
        /// Instead of ``started``, for a gateway that knows what an earlier run knew (``Gateway/restore(_:)``, or a replay): it has been away since the last
        /// thing that happened. It goes on with this configuration; the seed makes the ids of what is new in it.
        case resumed(Configuration, seed: UInt64)
        /// A connection that an ``Effect/connect(_:_:unsentLimit:)`` asked for is open.
        case opened(ConnectionID)
        /// `from`: the peer's address, without its port.
        case accepted(ConnectionID, Port, from: String = "")
        case received(ConnectionID, [UInt8])
        /// So many bytes wait for an accepted connection's peer to read: told when more than ``Limits/congestedBytes`` do, then now and then when
        /// they have become fewer, and with 0 when all of them are read.
        case unsent(ConnectionID, bytes: Int)
        /// The connection ended or could not be opened; the reason is for people. A fault of configuration is not tried again at once.
        case closed(ConnectionID, reason: String, isConfigurationFault: Bool = false)
        /// The answer to an ``Effect/lookUp(_:_:)``.
        case found(LookupID, DirectoryAnswer)
        /// What an ``Effect/endWrapUp(agent:on:)`` asked for: a desk said so, and from now on it has happened.
        case wrapUpDone(agent: String, on: SwitchID?)
        /// What an ``Effect/webhookAccepted(_:id:body:)`` handed out: from now on it has happened.
        case webhook(SwitchID, id: String, body: [UInt8])
        /// What the host measured, once a second: it is told to monitoring systems, and changes nothing else.
        case hostReport(HostReport)
        /// The answer to an ``Effect/lookBack(_:_:)``, or to an ``Effect/answer(_:)``.
        case lookedBack(ConnectionID, LookBack)
        /// ``Gateway/nextDeadline`` has come.
        case deadlineReached
        /// What is open ends now, as lost; or, where a journal is kept, stays open until the gateway is there again.
        case stopRequested(keepingCalls: Bool = false)
    }

    public enum Effect: Equatable, Sendable {
        case listen(Port, Configuration.Endpoint, unsentLimit: Int)
        case connect(ConnectionID, Configuration.Endpoint, unsentLimit: Int)
        case send(ConnectionID, [UInt8])
        /// After what was sent is out.
        case close(ConnectionID)
        case lookUp(LookupID, CallerID)
        case save(ContactRecord)
        /// A gap that began, or how it ended: stored under its beginning.
        case saveGap(SwitchID, Gap)
        /// A row of a quarter-hour: new, or the same row once more as long as it is provisional. Stored under its key.
        case saveInterval(SwitchID, IntervalRow)
        case post(Delivery)
        /// A desk says that its agent's after-call work is over: to be told back as ``Input/wrapUpDone(agent:on:)``, which the core keeps.
        case endWrapUp(agent: String, on: SwitchID?)
        /// A webhook's event whose signature is right: to be told back at once as ``Input/webhook(_:id:body:)``, which the core keeps.
        case webhookAccepted(SwitchID, id: String, body: [UInt8])
        /// What is sent to this client from here on waits until the journal has what came so far: it acknowledges it.
        case sendAfterJournal(ConnectionID)
        /// A client asks what was known at an earlier moment: read the journal, off the loop, and say it with ``Input/lookedBack(_:_:)``. One at a time.
        case lookBack(ConnectionID, UnixTime)
        /// A client asks for figures of today: take its ``Gateway/question(of:)`` at once, answer it off the loop, and say ``LookBack/answered(_:)``. One at a
        /// time.
        case answer(ConnectionID)
        case log(LogLine)
    }

    public struct LookupID: Hashable, Codable, Sendable {
        public let `switch`: SwitchID
        public let contact: ContactID
        /// Counts the questions: only the answer to the last one about a contact is taken.
        public let number: UInt64
    }

    /// A message for another system; the world signs and sends it.
    public struct Delivery: Equatable, Sendable {
        /// The name of the receiver in the configuration.
        public var target: String
        /// The same in every attempt.
        public var id: String
        /// JSON: `{"type","timestamp","data"}`.
        public var body: [UInt8]
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

    let configuration: Configuration
    let seed: UInt64
    let digests: Digests
    var pages: [String: Page]
    var rooms: [SwitchRoom] = []
    var roomOfConnection: [ConnectionID: Int] = [:]
    var nextConnection: UInt64 = 2
    var desks: DeskHub
    /// What of the core the wallboards are told, and when.
    var stream = StreamCutter()
    var wallboards: WallboardHub
    var clients = ClientTable()
    /// For whom the journal is being read.
    var lookingBack: ConnectionID?
    /// For whom figures of today are being computed.
    var answering: ConnectionID?
    var waiting = WaitingRequests()
    var clientGuard = ClientGuard()
    var work = WorkCount()
    /// Late clients are looked for once a second: a thousand streams must not be gone through for each event.
    var nextClientCheck = Span.zero
    var webhooks: WebhookDesk
    /// The newest, and when it came in uptime.
    var hostReport: (told: HostReport, at: Span)?
    var startedAt: UnixTime?
    var isStopping = false
    /// When the thing in hand happens. Deadlines are counted from it: events may carry the moment of a switch's clock instead.
    private var turn = Moment(uptime: .zero, date: UnixTime(microseconds: 0))
    var lastTurn: Moment { turn }
    /// When the last thing happened that the core was told of, or the last of its deadlines was due.
    private(set) var coreMoment = Moment(uptime: .zero, date: UnixTime(microseconds: 0))
    var lookups = Deadlines<LookupID>()
    /// The last question about each contact, until it is answered; its answer may come after the time-out, too.
    var lastLookup: [ContactID: UInt64] = [:]
    var openLookups: Set<LookupID> = []
    var nextLookup: UInt64 = 1
    /// Reused for each turn: what the link and the trackers hand out.
    private var linkOutputs: [AsteriskLink.Output] = []
    var callEvents: [CallEvent] = []
    private var contactOutputs: [Contacts.Output] = []

    /// `seed` makes ids and jitter; a replay with the same seed gives the same.
    public init(configuration: Configuration, pages: [String: Page] = [:], digests: Digests, seed: UInt64) {
        self.configuration = configuration
        self.seed = seed
        self.digests = digests
        self.pages = pages
        var generator = SplitMix64(seed: seed)
        desks = DeskHub(configuration, digests, seed: seed)
        wallboards = WallboardHub(configuration, seed: seed)
        webhooks = WebhookDesk(configuration.webhooks, digests)
        let epoch = UnixTime(microseconds: 0)
        func room(_ name: SwitchID, _ border: SwitchRoom.Border) -> SwitchRoom {
            let rules = configuration.queueRules(of: name)
            var calls = Calls()
            calls.apply(agents: configuration.agentsByName(on: name))
            var tellsMembers = true
            if case .webhook = border { tellsMembers = false }
            var room = SwitchRoom(
                name: name, border: border, calls: calls, contacts: Contacts(switch: name, seed: generator.next()),
                acd: ACD(
                    defaults: configuration.queueDefaults, settings: rules.settings, expected: configuration.expectedQueues(of: name),
                    policy: configuration.policy),
                alarms: AlarmBoard(rules.alarms, tellsMembers: tellsMembers), stateSince: epoch)
            for agent in configuration.agents where agent.switch ?? name == name { room.configuredNames[agent.interface] = agent.name }
            return room
        }
        for asterisk in configuration.switches {
            let link = AsteriskLink(asterisk.link, digests: digests, seed: generator.next())
            rooms.append(room(asterisk.name, .asterisk(link, asterisk.address)))
        }
        for source in configuration.webhooks { rooms.append(room(source.name, .webhook(WebhookTranslator()))) }
    }

    /// Rows that were written for clients and memberships that were gone through, since the gateway was made: what each turn adds is bounded.
    public var workDone: Int { rooms.reduce(work.steps + wallboards.work.steps) { $0 + $1.acd.work.steps } }

    /// Events of calls that were followed to records and figures, since the gateway was made: what each turn adds is bounded, too.
    public private(set) var callEventsDone = 0

    // MARK: the function

    /// Takes in what happened; what is to be done about it is appended to `effects`, in order.
    public mutating func handle(_ input: Input, at now: Moment, into effects: inout [Effect]) {
        if case .resumed(let configuration, let seed) = input { adopt(configuration, seed: seed, &effects) }
        coreDeadlinesReached(until: now.uptime, &effects)
        if isOfCore(input) { happens(at: now) } else { turn = now }
        switch input {
        case .started: start(at: now, &effects)
        case .resumed: resume(at: now, &effects)
        case .opened(let id): withLink(of: id, at: now, &effects) { $0.opened(at: now, into: &$1) }
        case .accepted(let id, let port, let address): accepted(id, port, from: address, at: now, &effects)
        case .received(let id, let bytes):
            if let index = roomOfConnection[id] {
                rooms[index].lastHeard = now.date
                withLink(of: id, at: now, &effects) { $0.received(bytes, at: now, into: &$1) }
            } else {
                received(id, bytes, at: now, &effects)
            }
        case .unsent(let id, let bytes): wallboards.unsent(bytes, id, wallboardView(at: now), &effects)
        case .closed(let id, let reason, let isConfigurationFault): closed(id, reason, isConfigurationFault, at: now, &effects)
        case .found(let lookup, let answer): found(lookup, answer, at: now, &effects)
        case .hostReport(let report): hostReport = (report, now.uptime)
        case .wrapUpDone(let agent, let name):
            for index in rooms.indices where name ?? rooms[index].name == rooms[index].name {
                let members = rooms[index].calls.members
                for work in rooms[index].acd.afterCallWork(at: now.uptime) where work.agent.isCalled(agent, members) {
                    desks.ended(work, on: rooms[index].name, members, at: now, &effects)
                }
                rooms[index].acd.wrapUpDone(by: { $0.isCalled(agent, members) }, at: now)
            }
        case .lookedBack(let id, let found): lookedBack(id, found, at: now, &effects)
        case .deadlineReached: answerNext(at: now, &effects)
        case .webhook(let source, let id, let body): acceptWebhook(source, id: id, body, at: now, &effects)
        case .stopRequested(let keepsCalls): stop(keepsCalls, at: now, &effects)
        }
        noticeNews(at: now)
        // What was found out only now may have been due before.
        coreDeadlinesReached(until: now.uptime, &effects)
        turn = now
        desks.lookAtTokens(rooms, at: now, &clientGuard, &effects)
        lookAtTokens(at: now, &effects)
        desks.deadlineReached(at: now, &effects)
        closeLateClients(at: now, &effects)
        clientGuard.report(at: now, &effects)
        publish(at: now, &effects)
    }

    /// Whether the core is told of it. All else (desks, HTTP clients, who watches) concerns the edges only and changes no record and no figure.
    func isOfCore(_ input: Input) -> Bool {
        switch input {
        case .started, .resumed, .found, .wrapUpDone, .webhook, .stopRequested: true
        case .opened(let id), .received(let id, _), .closed(let id, _, _): roomOfConnection[id] != nil
        case .accepted, .unsent, .hostReport, .lookedBack, .deadlineReached: false
        }
    }

    mutating func happens(at now: Moment) {
        turn = now
        coreMoment = now
    }

    /// When to come back with ``Input/deadlineReached``, in uptime, if nothing happens first.
    public var nextDeadline: Span? {
        var next: Span?
        func consider(_ deadline: Span?) { if let deadline { next = next.map { min($0, deadline) } ?? deadline } }
        consider(nextCoreDeadline?.due)
        consider(desks.nextDeadline)
        consider(wallboards.nextDeadline)
        consider(clients.isEmpty ? nil : nextClientCheck)
        consider(waiting.next(figuresAreFree: answering == nil))
        consider(clientGuard.nextReport)
        return next
    }

    // MARK: life

    private mutating func start(at now: Moment, _ effects: inout [Effect]) {
        stream.start(at: now)
        wallboards.start(at: now)
        listen(at: now, &effects)
        for index in rooms.indices {
            rooms[index].stateSince = now.date
            if let since = configuration.unheardSince[rooms[index].name] {
                save(rooms[index].openGap(at: min(since, now.date), cause: .notRunning), index, &effects)
            }
            begin(index, at: now, &effects)
        }
    }

    mutating func begin(_ index: Int, at now: Moment, _ effects: inout [Effect]) {
        if configuration.keepsIntervals, rooms[index].intervals == nil { rooms[index].intervals = IntervalLedger(at: now.date) }
        if case .webhook = rooms[index].border {
            rooms[index].state = .connected
            rooms[index].firstHeard = rooms[index].firstHeard ?? now.date
        }
        withLink(index, at: now, &effects) { $0.start(at: now, into: &$1) }
    }

    mutating func listen(at now: Moment, _ effects: inout [Effect]) {
        startedAt = now.date
        for (port, endpoint, limit) in [
            (Port.http, configuration.http, Limits.unsentBytesPerClient), (.desks, configuration.desks, Limits.unsentBytesPerDesk),
            (.wallboards, configuration.wallboards, Limits.unsentBytesPerWallboard),
        ] {
            if let endpoint { effects.append(.listen(port, endpoint, unsentLimit: limit)) }
        }
    }

    private mutating func stop(_ keepsCalls: Bool, at now: Moment, _ effects: inout [Effect]) {
        isStopping = true
        // What is open ends now, while the records can still be saved.
        for index in rooms.indices where !keepsCalls {
            withTranslator(index, at: now, &effects) { $0.releaseAll(at: now) }
            callEvents.removeAll(keepingCapacity: true)
            rooms[index].calls.abandonAll(at: now, into: &callEvents)
            settle(index, at: now, &effects)
        }
        effects += desks.stop().map(Effect.close)
        effects += clients.ids.map(Effect.close)
        effects += wallboards.stop().map(Effect.close)
        effects += roomOfConnection.keys.sorted().map(Effect.close)
    }

    private mutating func closed(
        _ id: ConnectionID, _ reason: String, _ isConfigurationFault: Bool, at now: Moment, _ effects: inout [Effect]
    ) {
        if let index = roomOfConnection[id] {
            withLink(index, at: now, &effects) { $0.closed(reason, isConfigurationFault: isConfigurationFault, at: now, into: &$1) }
            roomOfConnection[id] = nil
            if rooms[index].connection == id { rooms[index].connection = nil }
        } else {
            clients[id] = nil
            desks.closed(id)
            wallboards.closed(id)
        }
    }

    // MARK: switches

    private mutating func withLink(
        of id: ConnectionID, at now: Moment, _ effects: inout [Effect], _ body: (inout AsteriskLink, inout [AsteriskLink.Output]) -> Void
    ) {
        if let index = roomOfConnection[id] { withLink(index, at: now, &effects, body) }
    }

    mutating func withLink(
        _ index: Int, at now: Moment, _ effects: inout [Effect], _ body: (inout AsteriskLink, inout [AsteriskLink.Output]) -> Void
    ) {
        var outputs: [AsteriskLink.Output] = []
        swap(&outputs, &linkOutputs)
        outputs.removeAll(keepingCapacity: true)
        rooms[index].withLink { body(&$0, &outputs) }
        for output in outputs { take(output, index, at: now, &effects) }
        outputs.removeAll(keepingCapacity: true)
        swap(&outputs, &linkOutputs)
    }

    private mutating func take(_ output: AsteriskLink.Output, _ index: Int, at now: Moment, _ effects: inout [Effect]) {
        switch output {
        case .event(let event, let moment), .inventory(let event, let moment): feed(event, index, at: moment, &effects)
        case .send(let bytes): if let id = rooms[index].connection { effects.append(.send(id, bytes)) }
        case .connect:
            guard case .asterisk(_, let address) = rooms[index].border, !isStopping else { return }
            let id = ConnectionID(nextConnection)
            nextConnection += 2
            rooms[index].connection = id
            roomOfConnection[id] = index
            effects.append(.connect(id, address, unsentLimit: Limits.unsentBytesPerSwitch))
        case .close: if let id = rooms[index].connection { effects.append(.close(id)) }
        case .lost(let moment):
            callEvents.removeAll(keepingCapacity: true)
            rooms[index].calls.linkLost(at: moment, into: &callEvents)
            settle(index, at: moment, &effects)
            rooms[index].acd.linkLost(at: moment)
            // That we stop is no fault of the link's, but the gap is the same.
            save(rooms[index].openGap(at: moment.date, cause: isStopping ? .notRunning : .linkLost), index, &effects)
        case .misdated(let difference):
            let text =
                "An event is dated \(durationInWords(difference)) \(difference < .zero ? "before" : "after") this machine's time. Its date is not believed; its record has ours and the flag clockStep. Compare the clocks of the switch and of this machine (NTP)."
            effects.append(.log(LogLine(.warning, rooms[index].name.rawValue, text)))
        case .state(let state, let detail): changed(index, to: state, detail, at: now, &effects)
        }
    }

    func save(_ gap: Gap?, _ index: Int, _ effects: inout [Effect]) {
        if let gap { effects.append(.saveGap(rooms[index].name, gap)) }
    }

    /// Connected, if that waited for what the inventory changes.
    mutating func corrected(_ index: Int, at now: Moment, _ effects: inout [Effect]) {
        guard let waiting = rooms[index].whenCorrected, !rooms[index].isCorrecting else { return }
        changed(index, to: .connected, waiting.detail, at: now, &effects)
    }

    private mutating func changed(_ index: Int, to state: AsteriskLink.State, _ detail: String?, at now: Moment, _ effects: inout [Effect])
    {
        // Until then callers who are gone would be shown as waiting, and raise alarms.
        rooms[index].whenCorrected = state == .connected && rooms[index].isCorrecting ? .init(detail: detail) : nil
        if rooms[index].whenCorrected != nil { return }
        let before = rooms[index].state
        if state != before { rooms[index].stateSince = now.date }
        rooms[index].state = state
        // While it keeps trying, people want to know why it is not there yet.
        if detail != nil || state == .connected || state == .synchronizing { rooms[index].detail = detail }
        stream.switchChanged(index)
        let isNews = state != before || detail != nil
        let name = rooms[index].name.rawValue
        switch state {
        case .connected:
            rooms[index].firstHeard = rooms[index].firstHeard ?? now.date
            rooms[index].lastHeard = now.date
            // Nothing may move in a queue for hours; its alarms were not looked at while the switch was not heard.
            for queue in rooms[index].alarms.queues { rooms[index].acd.markChanged(queue) }
            save(rooms[index].closeGap(at: now.date), index, &effects)
            if isNews { effects.append(.log(LogLine(detail == nil ? .info : .warning, name, detail ?? "Connected, inventory complete."))) }
        case .refused: effects.append(.log(LogLine(.error, name, detail ?? "Refused.")))
        // That a link ends when the gateway is told to stop is no news.
        case .disconnected: if let detail, !isStopping { effects.append(.log(LogLine(.warning, name, detail))) }
        case .connecting, .loggingIn, .synchronizing: break
        }
    }

    /// One event through the pipeline, always in this order.
    mutating func feed(_ event: SwitchEvent, _ index: Int, at moment: Moment, _ effects: inout [Effect]) {
        callEvents.removeAll(keepingCapacity: true)
        if case .booted(let uptime?) = event { rooms[index].booted(uptime: uptime, at: turn.date) }
        let refused = rooms[index].calls.channelsRefused
        rooms[index].calls.handle(event, at: moment, heardAt: turn.uptime, into: &callEvents)
        if rooms[index].calls.channelsRefused != refused { channelRefused(index, &effects) }
        let told = rooms[index].calls.members.resolved(event)
        rooms[index].acd.handle(told, at: moment)
        if !callEvents.isEmpty { settle(index, at: moment, &effects) }
    }

    /// There are more channels than are followed: most likely their ends were not told, and the inventory says which of them live.
    private mutating func channelRefused(_ index: Int, _ effects: inout [Effect]) {
        rooms[index].withLink { $0.askAgain() }
        guard turn.uptime >= rooms[index].nextRefusalLine else { return }
        rooms[index].nextRefusalLine = turn.uptime + Limits.refusalReport
        let text = rooms[index].refusedChannels ?? ""
        effects.append(.log(LogLine(.error, rooms[index].name.rawValue, text)))
    }

    mutating func settle(_ index: Int, at moment: Moment, _ effects: inout [Effect]) {
        callEventsDone += callEvents.count
        for event in callEvents {
            contactOutputs.removeAll(keepingCapacity: true)
            rooms[index].contacts.handle(event, at: moment, into: &contactOutputs)
            let contact = event.counted
            rooms[index].acd.handle(
                event, record: contact.flatMap { rooms[index].contacts.record(of: $0) },
                caller: contact.flatMap { rooms[index].contacts.caller(of: $0) }.flatMap(CallerKey.init), at: moment)
            deliver(index, at: moment, &effects)
            identify(event, index, &effects)
            if case .disconnected(let leg) = event { wrapsUp(after: leg, index, &effects) }
        }
    }

    private func wrapsUp(after leg: AgentLeg, _ index: Int, _ effects: inout [Effect]) {
        guard let work = rooms[index].acd.afterCallWork(of: leg.speaker.interface, at: turn.uptime) else { return }
        desks.began(work, on: rooms[index].name, rooms[index].calls.members, at: turn, &effects)
    }

    /// What became known of who is who concerns the cards on the desks, too.
    private mutating func identify(_ event: CallEvent, _ index: Int, _ effects: inout [Effect]) {
        let name = rooms[index].name
        switch event {
        case .agentBecame(let before, let agent): desks.rename(before, to: agent, on: name)
        case .agentKnownAs(let agent, _): desks.namesChanged(agent.interface, on: name, rooms[index].calls.members, now: turn, &effects)
        case .contactIdentified(let key, let caller) where caller.isWithheld:
            if let contact = rooms[index].contacts.record(of: key) { desks.withhold(contact) }
        case .severalTelephones(let seat, let telephones):
            let names = telephones.map { printable($0.rawValue) }.joined(separator: ", ")
            let text =
                "The queue member \(printable(seat.rawValue)) rings several telephones (\(names)): nobody can see whose they are, but for one with the member's own number. Calls that the others make, and those that come to them directly, are not counted with it. If it is one person's, say so: [[agents]] interface = …, members = […]."
            effects.append(.log(LogLine(.warning, name.rawValue, text)))
        default: break
        }
    }

    private mutating func deliver(_ index: Int, at now: Moment, _ effects: inout [Effect]) {
        for output in contactOutputs {
            switch output {
            case .lookUp(let contact, let caller):
                guard openLookups.count < Limits.lookups else { continue }
                let lookup = LookupID(switch: rooms[index].name, contact: contact, number: nextLookup)
                nextLookup += 1
                lastLookup[contact] = lookup.number
                openLookups.insert(lookup)
                lookups.append(lookup, due: turn.uptime + Limits.lookup)
                effects.append(.lookUp(lookup, caller))
            case .pop(let change): desks.pop(change, rooms[index].calls.members, now: turn, &effects)
            case .closed(var record):
                lastLookup[record.id] = nil
                if record.outcome == .selfService {
                    rooms[index].acd.selfServed(record.id, record.channel, arrived: record.arrived, at: now)
                }
                record.gaps = rooms[index].gaps(from: record.arrived, to: record.ended ?? now.date, at: turn.date)
                effects.append(.save(record))
                for target in configuration.deliveries { effects.append(.post(Delivery(record, to: target, at: now))) }
            }
        }
    }

    private mutating func found(_ lookup: LookupID, _ answer: DirectoryAnswer, at now: Moment, _ effects: inout [Effect]) {
        openLookups.remove(lookup)
        apply(answer, to: lookup, at: now, &effects)
        if lastLookup[lookup.contact] == lookup.number { lastLookup[lookup.contact] = nil }
    }

    mutating func apply(_ answer: DirectoryAnswer, to lookup: LookupID, at now: Moment, _ effects: inout [Effect]) {
        guard lastLookup[lookup.contact] == lookup.number, let index = rooms.firstIndex(where: { $0.name == lookup.switch }) else { return }
        contactOutputs.removeAll(keepingCapacity: true)
        rooms[index].contacts.found(answer, for: lookup.contact, at: now, into: &contactOutputs)
        if answer.number == .withheld { desks.withhold(lookup.contact) }
        deliver(index, at: now, &effects)
    }

    // MARK: what others see

    /// To be called after each thing that happened.
    mutating func noticeNews(at now: Moment) {
        stream.notice(rooms, at: now)
        for index in rooms.indices { rooms[index].noticeIntervals(at: now) }
    }

    private mutating func publish(at now: Moment, _ effects: inout [Effect]) {
        guard startedAt != nil else { return }
        stream.notice(rooms, at: now)
        wallboards.deadlineReached(wallboardView(at: now), &effects)
    }
}
