import Telephony

/// The statistics core of one switch: queues and agents, from what happened to callers (``CallEvent``) and to members (``SwitchEvent``).
///
/// Two things come of it: counters since it was made (``queues``), and the facts of the day (``facts``), of which every figure over a window is computed.
public struct ACD: Equatable, Sendable {
    public struct Settings: Codable, Equatable, Sendable {
        public var serviceLevel: ServiceLevel.Definition
        /// Fixed after-call work, where the member has none of its own.
        public var wrapUp: Span

        public init(serviceLevel: ServiceLevel.Definition = .init(), wrapUp: Span = .zero) {
            self.serviceLevel = serviceLevel
            self.wrapUp = wrapUp
        }
    }

    /// An agent nobody is told about any more (a member removed) stays known; this bounds what a hostile stream can make us remember.
    public static let agentLimit = 20_000
    public static let queueLimit = 5_000

    /// What the statistics need to know of the house.
    public struct House: Codable, Equatable, Sendable {
        public var zone: TimeZoneRule
        /// Who is in which team.
        public var teams: [Interface: String]
        /// A legal basis allows figures of single persons. Without one they are not computed. `domain.md` §8.2.
        public var keepsIndividuals: Bool

        public init(zone: TimeZoneRule = .rome, teams: [Interface: String] = [:], keepsIndividuals: Bool = false) {
            self.zone = zone
            self.teams = teams
            self.keepsIndividuals = keepsIndividuals
        }
    }

    private var defaults = Settings()
    private var settings: [QueueName: Settings] = [:]
    public private(set) var house = House()
    public internal(set) var facts = Facts()
    public private(set) var queues: [QueueName: QueueFigures] = [:]
    public private(set) var agents: [Interface: AgentStatus] = [:]
    /// Callers refused at a door that the switch did not name.
    public private(set) var refusedNowhere = 0
    /// What moved since ``takeChanges()``.
    private var changedQueues: Set<QueueName> = []
    private var changedAgents: Set<Interface> = []
    /// The memberships told since an inventory began; nil when none is under way.
    private var listed: [Interface: Set<QueueName>]?
    private var wrapUps: [WrapUp] = []

    private struct WrapUp: Codable, Equatable, Sendable {
        var ends: Span
        var interface: Interface
    }

    /// The switch is not heard: what its agents do is not known.
    private var isBlind = false
    private var refreshAt: Span?
    private var refreshedAt = Moment(uptime: .zero, date: UnixTime(microseconds: 0))

    /// `expected`: queues that are there before the switch tells of them; nil: those of `settings`.
    public init(
        defaults: Settings = Settings(), settings: [QueueName: Settings] = [:], expected: [QueueName]? = nil, house: House = House()
    ) {
        self.defaults = defaults
        self.settings = settings
        self.house = house
        for queue in expected ?? settings.keys.sorted() { declare(queue) }
    }

    /// `record`: the contact record that the event's contact is told in; `caller`: whose it is.
    public mutating func handle(_ event: CallEvent, record: ContactID? = nil, caller: CallerKey? = nil, at now: Moment) {
        switch event {
        case .queued(let visit):
            change(visit.queue) { $0.queued(visit) }
            joined(visit, record, caller, at: now)
        case .established(let visit, let leg):
            if let visit {
                change(visit.queue) { $0.answered(visit) }
                left(visit, .answered, record, caller, at: now)
            }
            if let queue = leg.queue { change(queue) { $0.talking += 1 } }
            talks(leg, at: now)
            connected(leg, record, at: now)
        case .visitEnded(let visit, let outcome):
            change(visit.queue) { $0.ended(visit, outcome) }
            left(visit, VisitFact.Outcome(outcome), record, caller, at: now)
        case .placeInherited(let visit, _):
            // The caller's from now on, with the wait that the agent began.
            facts.change(visit.queue, at: now) { facts in
                guard let index = facts.waiting.firstIndex(where: { $0.number == visit.number }) else { return }
                facts.waiting[index].contact = visit.contact
                facts.waiting[index].record = record
                facts.waiting[index].caller = caller
            }
        case .contactMerged(let part, let whole): facts.merged(part, into: whole, record: record, caller: caller)
        case .refused(let queue, let refusal):
            guard let queue else {
                refusedNowhere += 1
                return
            }
            change(queue) { if refusal == .full { $0.refusedFull += 1 } else { $0.refusedEmpty += 1 } }
            if queues[queue] != nil { facts.change(queue, at: now) { $0.refusals.append(.init(at: now, isFull: refusal == .full)) } }
            facts.touch(queue, now.date)
        case .ringNoAnswer(let queue, let agent):
            let isNamed = house.keepsIndividuals
            change(queue) {
                $0.ringNoAnswers += 1
                // A stream of ever new names must not fill the memory.
                let name = MemberName(agent.name)
                guard isNamed, $0.ringNoAnswer[name] != nil || $0.ringNoAnswer.count < Self.agentLimit else { return }
                $0.ringNoAnswer[name, default: 0] += 1
            }
            let team = house.teams[agent.interface]
            if queues[queue] != nil { facts.change(queue, at: now) { $0.noAnswers.append(.init(at: now, team: team)) } }
            facts.touch(queue, now.date)
            facts.touch(team: team, now.date)
        // Whose own phone calls out is not rung, and who is called outside is no agent.
        case .alerting(let leg): if leg.via != .outbound, !leg.isExternal { change(leg, at: now) { $0.ringing.insert(leg.number) } }
        case .alertingEnded(let leg, _, let moment): stopsRinging(leg, at: moment)
        case .held(let leg, let moment):
            changeKnown(leg.speaker, at: moment) { $0.held.insert(leg.number) }
            changeTalking(leg, at: now) { $0.held(at: moment) }
        case .retrieved(let leg, let moment):
            changeKnown(leg.speaker, at: moment) { $0.held.remove(leg.number) }
            talks(leg, at: moment)
            changeTalking(leg, at: now) { $0.retrieved(at: moment) }
        case .consultationBegan(let leg, let moment): changeKnown(leg.speaker, at: moment) { $0.consulting.insert(leg.number) }
        case .consultationEnded(let leg, let moment): changeKnown(leg.speaker, at: moment) { $0.consulting.remove(leg.number) }
        case .legParked(let leg, let moment):
            free(leg, at: moment)
            changeTalking(leg, at: now) { $0.held(at: moment) }
        case .disconnected(let leg): disconnected(leg, at: now)
        case .contactBegan, .contactIdentified, .contactDialled, .contactsConferenced, .parked, .unparked, .surveyAnswered, .clockStepped,
            .contactEstimated,
            .contactEnded:
            break
        }
        facts.forget(house.zone, at: now)
    }

    /// From this moment on the switch is not heard.
    public mutating func linkLost(at moment: Moment) {
        isBlind = true
        for interface in agents.keys.sorted() { settle(interface, at: moment) }
    }

    public mutating func handle(_ event: SwitchEvent, at now: Moment) {
        switch event {
        case .queueDeclared(let queue): declareByDisplayForm(queue)
        case .inventoryBegan: listed = [:]
        case .inventoryEnded(_, let hasQueues):
            if hasQueues { forgetUnlisted(at: now) } else { listed = nil }
            guard isBlind else { return }
            isBlind = false
            for interface in agents.keys.sorted() { settle(interface, at: now) }
        case .member(let member):
            declareByDisplayForm(member.queue)
            guard queues[member.queue] != nil else { return }
            change(member.agent, at: now) {
                $0.agent = member.agent
                $0.device = member.device
                $0.memberships[member.queue] = AgentStatus.Membership(
                    isPaused: member.isPaused, reason: member.pauseReason, wrapUp: member.wrapUp)
            }
            if agents[member.agent.interface] != nil { listed?[member.agent.interface, default: []].insert(member.queue) }
        case .memberRemoved(let queue, let interface):
            guard let agent = agents[interface]?.agent else { return }
            if queues[queue] != nil { changedQueues.insert(queue) }
            leave([queue], agent, at: now)
        default: break
        }
    }

    /// When an agent's after-call work ends next, or figures move because time has passed.
    public var nextDeadline: Span? {
        guard let work = wrapUps.lazy.map(\.ends).min() else { return refreshAt }
        return refreshAt.map { min($0, work) } ?? work
    }

    /// What sliding windows lose is noticed to this resolution; at local midnight all begin anew.
    static let refresh = Span.seconds(5)

    /// Queues whose windows have lost something are told as changed.
    private mutating func passTime(at now: Moment) {
        guard let due = refreshAt, due <= now.uptime else { return }
        let before = refreshedAt
        let isNewDay = house.zone.midnight(atOrBefore: now.date) != house.zone.midnight(atOrBefore: before.date)
        var goesOn = false
        for queue in facts.queues.keys.sorted() {
            let queueFacts = facts.queues[queue]!
            if isNewDay || queueFacts.windowsMoved(from: before.uptime, to: now.uptime) { changedQueues.insert(queue) }
            if let end = queueFacts.windowsEnd, end >= now.uptime { goesOn = true }
        }
        refreshedAt = now
        // Nothing in the last hour: the next that happens by time alone is midnight.
        let midnight = house.zone.day(containing: now.date).upperBound
        refreshAt = now.uptime + (goesOn ? min(Self.refresh, midnight - now.date) : midnight - now.date)
        facts.forget(house.zone, at: now)
    }

    /// From now on windows move.
    mutating func keepTime(at now: Moment) {
        if let due = refreshAt, due <= now.uptime + Self.refresh { return }
        if refreshAt == nil { refreshedAt = now }
        refreshAt = now.uptime + Self.refresh
    }

    public mutating func deadlineReached(at now: Moment) {
        for wrapUp in wrapUps where wrapUp.ends <= now.uptime {
            guard let status = agents[wrapUp.interface], let due = status.wrapUpEnds, due <= now.uptime else { continue }
            // At its own moment, however late it is noticed.
            endWrapUp(wrapUp.interface, at: Moment(uptime: due, date: now.date + (due - now.uptime)))
        }
        wrapUps.removeAll { $0.ends <= now.uptime }
        passTime(at: now)
    }

    /// Queues and agents that moved since the last call, in order of their names.
    public mutating func takeChanges() -> (queues: [QueueName], agents: [Interface]) {
        defer {
            changedQueues.removeAll(keepingCapacity: true)
            changedAgents.removeAll(keepingCapacity: true)
        }
        return (changedQueues.sorted(), changedAgents.sorted())
    }

    /// Something about it is told anew that is not kept here, e.g. an alarm.
    public mutating func markChanged(_ queue: QueueName) { if queues[queue] != nil { changedQueues.insert(queue) } }

    public var hasChanges: Bool { !changedQueues.isEmpty || !changedAgents.isEmpty }

    /// How many members of the queue are in each state.
    public func agentCounts(of queue: QueueName, at now: Moment) -> [AgentState: Int] {
        agents.values.reduce(into: [:]) { counts, agent in
            if agent.memberships[queue] != nil { counts[agent.state(at: now.uptime), default: 0] += 1 }
        }
    }

    // MARK: changing

    /// Who is a member no more although nobody told us: a link was broken meanwhile.
    private mutating func forgetUnlisted(at now: Moment) {
        guard let listed else { return }
        self.listed = nil
        for interface in agents.keys.sorted() {
            guard let status = agents[interface] else { continue }
            let gone = status.queues.filter { listed[interface]?.contains($0) != true }
            guard !gone.isEmpty else { continue }
            changedQueues.formUnion(gone)
            leave(gone, status.agent, at: now)
        }
    }

    /// Whoever logs off works no more for the call before. `domain.md` §2.5.
    private mutating func leave(_ gone: [QueueName], _ agent: AgentRef, at now: Moment) {
        if agents[agent.interface].map({ Set($0.memberships.keys).isSubset(of: gone) }) ?? false { endWrapUp(agent.interface, at: now) }
        change(agent, at: now) { agent in for queue in gone { agent.memberships[queue] = nil } }
    }

    /// Also the phone that rang for another: pick-up, or a call sent on.
    private mutating func stopsRinging(_ leg: AgentLeg, at now: Moment) {
        changeKnown(leg.agent, at: now) { $0.ringing.remove(leg.number) }
        if leg.speaker != leg.agent { changeKnown(leg.speaker, at: now) { $0.ringing.remove(leg.number) } }
    }

    private mutating func talks(_ leg: AgentLeg, at now: Moment) {
        guard !leg.isExternal else { return }
        stopsRinging(leg, at: now)
        // The next call ends the work for the one before.
        endWrapUp(leg.speaker.interface, at: now)
        change(leg, at: now) { $0.talking.insert(leg.number) }
    }

    /// The agent is out of the conversation, for the time being or for good.
    private mutating func free(_ leg: AgentLeg, at now: Moment) {
        changeKnown(leg.speaker, at: now) {
            $0.talking.remove(leg.number)
            $0.held.remove(leg.number)
            $0.consulting.remove(leg.number)
        }
    }

    private mutating func disconnected(_ leg: AgentLeg, at now: Moment) {
        if let queue = leg.queue { change(queue) { $0.ended(leg) } }
        guard !leg.isExternal else { return }
        let ended = leg.ended ?? now
        let wasTalking = agents[leg.speaker.interface]?.talking.contains(leg.number) ?? false
        var wrapUp = Span.zero
        if wasTalking, let agent = agents[leg.speaker.interface], agent.talking == [leg.number] {
            let fixed = leg.queue.map { settings[$0]?.wrapUp ?? defaults.wrapUp } ?? .zero
            let own = leg.queue.flatMap { agent.memberships[$0]?.wrapUp } ?? .zero
            wrapUp = own > .zero ? own : fixed
        }
        disconnected(leg, hasWrapUp: wrapUp > .zero, at: now)
        changeKnown(leg.speaker, at: ended) {
            $0.talking.remove(leg.number)
            $0.held.remove(leg.number)
            $0.consulting.remove(leg.number)
            guard wrapUp > .zero else { return }
            $0.wrapUpEnds = ended.uptime + wrapUp
            $0.wrapUpOf = AgentStatus.WrapUp(leg: leg.number, queue: leg.queue, began: ended)
        }
        if wrapUp > .zero { wrapUps.append(WrapUp(ends: ended.uptime + wrapUp, interface: leg.speaker.interface)) }
    }

    /// Agents say that they are ready for the next call.
    public mutating func wrapUpDone(by isMeant: (AgentRef) -> Bool, at now: Moment) {
        for interface in agents.keys.sorted() where agents[interface].map({ $0.wrapUpEnds != nil && isMeant($0.agent) }) == true {
            endWrapUp(interface, at: now)
        }
    }

    /// The after-call work is over: its time has come, the next call has, or the agent says so.
    private mutating func endWrapUp(_ interface: Interface, at now: Moment) {
        guard let status = agents[interface], let ends = status.wrapUpEnds else { return }
        if let work = status.wrapUpOf {
            let end = min(ends, max(now.uptime, work.began.uptime))
            wrappedUp(work, of: house.teams[interface], for: end - work.began.uptime, timedOut: end == ends, at: now)
        }
        change(status.agent, at: now) {
            $0.wrapUpEnds = nil
            $0.wrapUpOf = nil
        }
    }

    private mutating func declare(_ queue: QueueName) {
        guard queues[queue] == nil, queues.count < Self.queueLimit else { return }
        queues[queue] = QueueFigures(definition(of: queue))
        changedQueues.insert(queue)
    }

    /// As queues.conf writes it. Our configuration or a dial plan may have written it in another case before.
    private mutating func declareByDisplayForm(_ queue: QueueName) {
        declare(queue)
        guard let index = queues.index(forKey: queue), !queues[index].key.isWritten(like: queue) else { return }
        let figures = queues.remove(at: index).value
        queues[queue] = figures
        changedQueues.update(with: queue)
    }

    public func definition(of queue: QueueName) -> ServiceLevel.Definition { (settings[queue] ?? defaults).serviceLevel }

    private mutating func change(_ queue: QueueName, _ body: (inout QueueFigures) -> Void) {
        declare(queue)
        guard queues[queue] != nil else { return }
        body(&queues[queue]!)
        changedQueues.insert(queue)
    }

    /// Whoever a queue rings is an agent; whoever else has a phone is one only if a queue said so.
    private mutating func change(_ leg: AgentLeg, at now: Moment, _ body: (inout AgentStatus) -> Void) {
        if leg.queue != nil, leg.speaker == leg.agent {
            change(leg.speaker, at: now, body)
        } else {
            changeKnown(leg.speaker, at: now, body)
        }
    }

    private mutating func changeKnown(_ agent: AgentRef, at now: Moment, _ body: (inout AgentStatus) -> Void) {
        if agents[agent.interface] != nil { change(agent, at: now, body) }
    }

    private mutating func change(_ agent: AgentRef, at now: Moment, _ body: (inout AgentStatus) -> Void) {
        if agents[agent.interface] == nil {
            guard agents.count < Self.agentLimit else { return }
            agents[agent.interface] = AgentStatus(agent, at: now)
        }
        body(&agents[agent.interface]!)
        settle(agent.interface, at: now)
        changedAgents.insert(agent.interface)
        // Each queue of this agent shows how many are in which state.
        for queue in agents[agent.interface]!.memberships.keys { changedQueues.insert(queue) }
    }

    /// Where the state is another now, the time in the one before is added to the team's.
    private mutating func settle(_ interface: Interface, at now: Moment) {
        guard let status = agents[interface] else { return }
        let state = status.state(at: now.uptime)
        let counted = isBlind && state != .loggedOff ? .unknown : state
        let reason = counted == .paused ? status.pauseReason : nil
        guard counted != status.counted || reason != status.countedReason else { return }
        facts.add(
            status.counted, reason: status.countedReason, team: house.teams[interface] ?? "",
            agent: house.keepsIndividuals ? interface : nil, from: status.since, to: now, countedIn: &agents[interface]!.countedIn)
        agents[interface]!.counted = counted
        agents[interface]!.countedReason = reason
        // Events may be told a little out of order: no time is counted twice.
        if now.uptime > status.since.uptime { agents[interface]!.since = now }
    }
}

/// What is known, for a checkpoint. How to count is the configuration's and not in it: see ``apply(defaults:settings:house:)``.
extension ACD: Codable {
    private enum CodingKeys: CodingKey {
        case facts, queues, agents, refusedNowhere, changedQueues, changedAgents, listed, wrapUps, isBlind, refreshAt, refreshedAt
    }

    /// To be called after decoding: how to count from now on.
    public mutating func apply(defaults: Settings, settings: [QueueName: Settings], expected: [QueueName]? = nil, house: House) {
        self.defaults = defaults
        self.settings = settings
        self.house = house
        // What was computed while it was allowed.
        if !house.keepsIndividuals { facts.forgetPersons() }
        for queue in queues.keys { queues[queue]!.definition = definition(of: queue) }
        for queue in expected ?? settings.keys.sorted() { declare(queue) }
    }
}
