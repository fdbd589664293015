import Figures
import ACD
import AMI
import Calls
import Contacts
import Directory
import Switches
import Telephony
import Time

/// All that is known of one switch: its link, its calls, their records, and the figures. Keys of two switches never
/// meet.
///
/// The path of a datum: bytes → the link, or the sender of webhooks → ``SwitchEvent`` → `Calls` → `Contacts` → `ACD`.
public struct Switch: Codable, Equatable, Sendable {
    public let name: SwitchID
    /// The link to a switch that we connect to; nil for one that sends webhooks.
    public internal(set) var link: AsteriskLink?
    /// The translator of a switch that sends webhooks; nil for any other.
    var webhook: WebhookTranslator?
    /// The next deadline of ``link`` or ``webhook``, in uptime: asking them after each event would copy them.
    var linkDeadline: Span?
    /// Connections to it that have not ended yet; the one in use is ``connection``.
    private(set) var connections: [ConnectionID] = []
    private(set) var connection: ConnectionID?
    public internal(set) var calls = Calls()
    public internal(set) var contacts: Contacts
    public internal(set) var acd: ACD
    public internal(set) var alarms: AlarmBoard
    public private(set) var state = LinkState.disconnected
    public private(set) var stateSince = UnixTime(microseconds: 0)
    /// For people: why it is in this state, and what to check.
    public private(set) var detail: String?
    /// Its state or its gaps changed, and readers have not been sent that yet.
    var isChanged = false
    /// Set while the inventory is complete, but not all of its corrections are applied. The switch becomes connected
    /// when they are, with this detail for people.
    private var whenCorrected: WhenCorrected?
    public private(set) var gaps = Gaps()
    /// nil: rows of intervals are not wanted.
    var intervals: IntervalLedger?
    /// When its inventory was complete for the first time.
    public internal(set) var firstHeard: UnixTime?
    /// When it last said anything.
    private(set) var lastHeard: UnixTime?
    /// When too many channels may be reported again, in uptime.
    private var nextRefusalReport = Span.zero

    private struct WhenCorrected: Codable, Equatable { var detail: String? }

    /// - Parameter link: nil for a switch that sends webhooks.
    init(_ name: SwitchID, link: AsteriskLink?, _ rules: Core.Rules, seed: UInt64) {
        self.name = name
        self.link = link
        webhook = link == nil ? WebhookTranslator() : nil
        contacts = Contacts(switch: name, seed: seed)
        let queues = rules.queues(of: name)
        calls.apply(agents: rules.agentsByName(on: name))
        acd = ACD(
            defaults: rules.queueDefaults, settings: queues.settings, expected: rules.expectedQueues(of: name),
            policy: rules.policy)
        alarms = AlarmBoard(queues.alarms, tellsMembers: link != nil)
    }

    /// Whether it sends webhooks: it has no link, and reports agents only through their calls.
    public var sendsWebhooks: Bool {
        // Asked with each input: `== nil` would copy the link.
        if case .none = link { true } else { false }
    }

    /// Webhook events that changed nothing; nil for a switch that sends none.
    public var webhookEventsIgnored: Int? { webhook?.eventsDiscarded }

    /// Whether it says who is a member of which queue.
    public var tellsMembers: Bool { !sendsWebhooks }

    /// How many of its channels were not followed, and why, for people; nil if all were.
    public var refusedChannels: String? {
        guard calls.channelsRefused > 0 else { return nil }
        return
            "\(calls.channelsRefused) times a channel was not followed, because \(Calls.channelLimit) are, or \(Calls.bridgeLimit) in one bridge: their calls are in no figure. Look at “core show channels” on the switch: channels that stay for hours are a fault of the switch's own. It is asked for its inventory, and channels that no longer exist are forgotten."
    }

    /// An agent without a queue is logged off only where the members of queues are known.
    public func state(of agent: AgentStatus, at now: Moment) -> AgentState {
        let state = agent.state(at: now.uptime)
        return state == .loggedOff && !tellsMembers && agent.isAnother != true ? .unknown : state
    }

    /// Whether something changed that readers have not been sent. It is `mutating` although it changes nothing, because
    /// a method that only reads would be given a copy of the switch.
    mutating func hasNews() -> Bool { isChanged || acd.hasChanges }

    private var isCorrecting: Bool { calls.isCorrecting || acd.isCorrecting }

    /// Drops the calls and contacts: figures are not made of them, and each event changes them.
    mutating func forgetCalls() {
        calls = Calls()
        contacts = Contacts(switch: name, seed: 0)
    }
}

// MARK: life

extension Switch {
    mutating func start(
        unheardSince: UnixTime?, at now: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output]
    ) {
        stateSince = now.date
        if let unheardSince { openGap(at: min(unheardSince, now.date), cause: .notRunning, into: &outputs) }
    }

    /// At a start, and when the gateway runs again.
    mutating func begin(
        _ rules: Core.Rules, at now: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output]
    ) {
        if stateSince.microseconds == 0 { stateSince = now.date }
        if rules.keepsIntervals == true, intervals == nil { intervals = IntervalLedger(at: now.date) }
        if sendsWebhooks {
            state = .connected
            firstHeard = firstHeard ?? now.date
        }
        withLink(at: now, &common, into: &outputs) { $0.start(at: now, into: &$1) }
    }

    /// The gateway was not running since `last`: any connection is gone.
    mutating func interrupted(at last: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output]) {
        withLink(at: last, &common, into: &outputs) { $0.interrupted(at: last, into: &$1) }
        connection = nil
        connections = []
        openGap(at: last.date, cause: .notRunning, into: &outputs)
    }

    /// Continues by other rules.
    mutating func adopt(_ rules: Core.Rules, _ common: inout Core.Common) {
        if let entry = rules.switches.first(where: { $0.name == name }) { link?.adopt(entry.link) }
        count(by: rules, &common)
    }

    private mutating func count(by rules: Core.Rules, _ common: inout Core.Common) {
        let queues = rules.queues(of: name)
        alarms.adopt(queues.alarms, tellsMembers: tellsMembers)
        acd.apply(
            defaults: rules.queueDefaults, settings: queues.settings, expected: rules.expectedQueues(of: name),
            policy: rules.policy)
        nextRefusalReport = .zero
        identify(by: rules, at: common.moment)
    }

    /// Goes on by other rules while it runs: the link stays as it is, and readers of the stream are sent everything
    /// that the rules may concern. The state that an agent is in is counted at its end, for the team of then.
    mutating func reconfigure(_ rules: Core.Rules, _ common: inout Core.Common) {
        count(by: rules, &common)
        for queue in acd.queues.keys.sorted() { acd.markChanged(queue) }
        for agent in acd.agents.keys.sorted() { acd.markChanged(agent) }
        isChanged = true
    }

    /// The configuration may now identify agents differently.
    private mutating func identify(by rules: Core.Rules, at now: Moment) {
        calls.apply(agents: rules.agentsByName(on: name))
        let members = calls.members
        var outputs: [Contacts.Output] = []
        for interface in acd.agents.keys.sorted() {
            let person = members.person(of: interface)
            guard person != interface, acd.agents[interface]?.isAnother != true else { continue }
            calls.rename(interface, to: person)
            contacts.handle(.agentBecame(interface, members.shown(person)), at: now, into: &outputs)
        }
        acd.identify(
            { members.shown(members.person(of: $0)) }, { members.interfaces(of: members.person(of: $0)) }, at: now)
    }

    mutating func abandonAll(at now: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output]) {
        withWebhook(at: now, &common, into: &outputs) { $0.releaseAll(at: now) }
        var events: [CallEvent] = []
        calls.abandonAll(at: now, into: &events)
        apply(events, at: now, &common, into: &outputs)
    }
}

// MARK: the link

extension Switch {
    mutating func opened(at now: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output]) {
        withLink(at: now, &common, into: &outputs) { $0.opened(at: now, into: &$1) }
    }

    mutating func received(
        _ bytes: [UInt8], _ secret: Session.Secret, at now: Moment, _ common: inout Core.Common,
        into outputs: inout [Core.Output]
    ) {
        lastHeard = now.date
        withLink(at: now, &common, into: &outputs) { $0.received(bytes, secret, at: now, into: &$1) }
    }

    mutating func closed(
        _ id: ConnectionID, _ reason: String, isConfigurationFault: Bool, at now: Moment, _ common: inout Core.Common,
        into outputs: inout [Core.Output]
    ) {
        withLink(at: now, &common, into: &outputs) {
            $0.closed(reason, isConfigurationFault: isConfigurationFault, at: now, into: &$1)
        }
        forget(id)
    }

    private mutating func forget(_ id: ConnectionID) {
        connections.removeAll { $0 == id }
        if connection == id { connection = nil }
    }

    mutating func linkDeadlineReached(at now: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output]) {
        withLink(at: now, &common, into: &outputs) { $0.deadlineReached(at: now, into: &$1) }
        withWebhook(at: now, &common, into: &outputs) { $0.deadlineReached(at: now) }
    }

    private mutating func withLink(
        at now: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output],
        _ body: (inout AsteriskLink, inout [AsteriskLink.Output]) -> Void
    ) {
        guard !sendsWebhooks else { return }
        var said: [AsteriskLink.Output] = []
        linkDeadline = Self.nextDeadline(of: &link!, after: { body(&$0, &said) })
        var events: [CallEvent] = []
        // The span lends what an iteration would copy.
        for index in said.indices { take(said.span[index], &events, at: now, &common, into: &outputs) }
    }

    /// Changes the link and returns its next deadline, in one access.
    private static func nextDeadline(of link: inout AsteriskLink, after body: (inout AsteriskLink) -> Void) -> Span? {
        body(&link)
        return link.nextDeadline
    }

    private mutating func take(
        _ output: AsteriskLink.Output, _ events: inout [CallEvent], at now: Moment, _ common: inout Core.Common,
        into outputs: inout [Core.Output]
    ) {
        switch output {
        case .event(let event, let moment), .inventory(let event, let moment):
            apply(event, &events, at: moment, &common, into: &outputs)
        case .send(let bytes): if let connection { outputs.append(.send(connection, bytes)) }
        case .connect:
            guard !common.isStopping else { return }
            let id = ConnectionID(common.nextConnection)
            common.nextConnection += 2
            connection = id
            connections.append(id)
            outputs.append(.connect(id, to: name))
        case .close: if let connection { outputs.append(.close(connection)) }
        case .lost(let moment):
            events.removeAll(keepingCapacity: true)
            calls.linkLost(at: moment, into: &events)
            apply(events, at: moment, &common, into: &outputs)
            acd.linkLost(at: moment)
            // Our stop is not a fault of the link, but the gap is the same.
            openGap(at: moment.date, cause: common.isStopping ? .notRunning : .linkLost, into: &outputs)
        case .misdated(let difference):
            let text =
                "An event is dated \(durationInWords(difference)) \(difference < .zero ? "before" : "after") this machine's time. Its date is not believed; its record has ours and the flag clockStep. Compare the clocks of the switch and of this machine (NTP)."
            outputs.append(.log(LogLine(.warning, name.rawValue, text)))
        case .state(let state, let detail): enter(state, detail, at: now, common, into: &outputs)
        }
    }

    /// Enters `connected`, if that waited for the inventory's corrections.
    mutating func enterCorrected(at now: Moment, _ common: Core.Common, into outputs: inout [Core.Output]) {
        guard let waiting = whenCorrected, !isCorrecting else { return }
        enter(.connected, waiting.detail, at: now, common, into: &outputs)
    }

    private mutating func enter(
        _ state: LinkState, _ detail: String?, at now: Moment, _ common: Core.Common, into outputs: inout [Core.Output]
    ) {
        // Until then callers who are gone would be shown as waiting, and raise alarms.
        whenCorrected = state == .connected && isCorrecting ? WhenCorrected(detail: detail) : nil
        if whenCorrected != nil { return }
        let before = self.state
        if state != before { stateSince = now.date }
        self.state = state
        // While it keeps trying, people want to know why it is not connected yet.
        if detail != nil || state == .connected || state == .synchronizing { self.detail = detail }
        isChanged = true
        let isNews = state != before || detail != nil
        func log(_ level: LogLine.Level, _ text: String) { outputs.append(.log(LogLine(level, name.rawValue, text))) }
        switch state {
        case .connected:
            firstHeard = firstHeard ?? now.date
            lastHeard = now.date
            // Nothing may move in a queue for hours; its alarms were not looked at while the switch was not heard.
            for queue in alarms.queues { acd.markChanged(queue) }
            closeGap(at: now.date, into: &outputs)
            if isNews { log(detail == nil ? .info : .warning, detail ?? "Connected, inventory complete.") }
        case .refused: log(.error, detail ?? "Refused.")
        // A link that ends because the gateway stops is not news.
        case .disconnected: if let detail, !common.isStopping { log(.warning, detail) }
        case .connecting, .loggingIn, .synchronizing: break
        }
    }
}

// MARK: the pipeline

extension Switch {
    /// One event through the pipeline, always in this order. `events` is a buffer that a turn's events share.
    mutating func apply(
        _ event: SwitchEvent, _ events: inout [CallEvent], at moment: Moment, _ common: inout Core.Common,
        into outputs: inout [Core.Output]
    ) {
        events.removeAll(keepingCapacity: true)
        if case .booted(let uptime?) = event { gaps.booted(uptime: uptime, at: common.moment.date) }
        let refused = calls.channelsRefused
        calls.handle(event, at: moment, heardAt: common.moment.uptime, into: &events)
        if calls.channelsRefused != refused { channelRefused(common, into: &outputs) }
        switch event {
        case .member, .memberRemoved: acd.handle(calls.members.resolved(event), at: moment)
        default: acd.handle(event, at: moment)
        }
        if !events.isEmpty { apply(events, at: moment, &common, into: &outputs) }
    }

    /// There are more channels than are followed: most likely their ends were not heard, and the inventory says which
    /// of them live.
    private mutating func channelRefused(_ common: Core.Common, into outputs: inout [Core.Output]) {
        link?.askAgain()
        linkDeadline = link?.nextDeadline ?? linkDeadline
        guard common.moment.uptime >= nextRefusalReport else { return }
        nextRefusalReport = common.moment.uptime + Core.Limits.refusalReport
        outputs.append(.log(LogLine(.error, name.rawValue, refusedChannels ?? "")))
    }

    private mutating func apply(
        _ events: [CallEvent], at moment: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output]
    ) {
        common.callEvents.add(events.count)
        var told: [Contacts.Output] = []
        for event in events {
            told.removeAll(keepingCapacity: true)
            contacts.handle(event, at: moment, into: &told)
            let contact = event.counted
            acd.handle(
                event, record: contact.flatMap { contacts.record(of: $0) },
                caller: contact.flatMap { contacts.caller(of: $0) }.flatMap(CallerKey.init), at: moment)
            deliver(told, at: moment, &common, into: &outputs)
            updateScreens(by: event, &common, into: &outputs)
            if case .disconnected(let leg) = event,
                let work = acd.afterCallWork(of: leg.speaker.interface, at: common.moment.uptime)
            {
                outputs.append(.wrapUpBegan(work, on: name))
            }
        }
    }

    /// What became known about who is who changes the cards on the screens, too.
    private func updateScreens(by event: CallEvent, _ common: inout Core.Common, into outputs: inout [Core.Output]) {
        switch event {
        case .agentBecame(let before, let agent): common.screens.rename(before, to: agent, on: name)
        case .agentKnownAs(let agent, _): outputs.append(.namesChanged(agent.interface, on: name))
        case .contactIdentified(let key, let caller) where caller.isWithheld:
            if let contact = contacts.record(of: key) { common.screens.withhold(contact) }
        case .severalTelephones(let seat, let telephones):
            let names = telephones.map { printable($0.rawValue) }.joined(separator: ", ")
            let text =
                "The queue member \(printable(seat.rawValue)) rings several telephones (\(names)): nobody can see whose they are, but for one with the member's own number. Calls that the others make, and those that come to them directly, are not counted with it. If it is one person's, say so: [[agents]] interface = …, members = […]."
            outputs.append(.log(LogLine(.warning, name.rawValue, text)))
        default: break
        }
    }

    private mutating func deliver(
        _ told: [Contacts.Output], at now: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output]
    ) {
        for output in told {
            switch output {
            case .lookUp(let contact, let caller):
                guard let lookup = common.lookups.ask(about: contact, on: name, at: common.moment) else { continue }
                outputs.append(.lookUp(lookup, caller))
            case .pop(let change): common.screens.apply(change) { outputs.append(.card($0)) }
            case .closed(var record):
                common.lookups.forget(record.id)
                if record.outcome == .selfService {
                    acd.selfServed(record.id, record.channel, arrived: record.arrived, at: now)
                }
                record.gaps = gaps.between(record.arrived, record.ended ?? now.date, at: common.moment.date)
                outputs.append(.closed(record, at: now))
            }
        }
    }

    /// The registry's answer.
    mutating func found(
        _ answer: DirectoryAnswer, for contact: ContactID, at now: Moment, _ common: inout Core.Common,
        into outputs: inout [Core.Output]
    ) {
        var told: [Contacts.Output] = []
        contacts.found(answer, for: contact, at: now, into: &told)
        if answer.number == .withheld { common.screens.withhold(contact) }
        deliver(told, at: now, &common, into: &outputs)
    }

    mutating func endWrapUps(of agent: String, at now: Moment, into outputs: inout [Core.Output]) {
        let members = calls.members
        for work in acd.afterCallWork(at: now.uptime) where work.agent.isCalled(agent, members) {
            outputs.append(.wrapUpEnded(work, on: name))
        }
        acd.wrapUpDone(by: { $0.isCalled(agent, members) }, at: now)
    }

    mutating func callDeadlineReached(at now: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output]) {
        var events: [CallEvent] = []
        calls.deadlineReached(at: now, into: &events)
        apply(events, at: now, &common, into: &outputs)
    }
}

// MARK: gaps

extension Switch {
    mutating func openGap(at now: UnixTime, cause: Gap.Cause, into outputs: inout [Core.Output]) {
        if let gap = gaps.open(at: now, cause: cause, heardSince: firstHeard) { outputs.append(.gap(name, gap)) }
    }

    mutating func closeGap(at now: UnixTime, into outputs: inout [Core.Output]) {
        if let gap = gaps.close(at: now) { outputs.append(.gap(name, gap)) }
    }

    /// The journal lacks what was said from here on.
    mutating func journalLost(at now: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output]) {
        if sendsWebhooks {
            openGap(at: now.date, cause: .journalLost, into: &outputs)
            isChanged = true
        } else {
            // A switch whose link was down has a gap already; a connection that is being made may be there when the
            // journal goes on.
            guard let id = connection, state != .connecting else { return }
            openGap(at: now.date, cause: .journalLost, into: &outputs)
            isChanged = true
            forget(id)
            // Then its next connection has the number that it had.
            withLink(at: now, &common, into: &outputs) {
                $0.closed("The journal lacks what was said from here on.", at: now, into: &$1)
            }
        }
    }

    /// The journal continues. A switch without a link has no inventory to wait for.
    mutating func journalGoesOn(at now: Moment, into outputs: inout [Core.Output]) {
        guard sendsWebhooks, gaps.last?.cause == .journalLost else { return }
        closeGap(at: now.date, into: &outputs)
        isChanged = true
    }
}
