import Telephony

/// The statistics core of one switch: queues and agents, from what happened to callers (``CallEvent``) and to members (``SwitchEvent``).
///
/// First content: counts since it was made, and current states. Windows, intervals and percentiles come with their own definitions.
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

    private var defaults = Settings()
    private var settings: [QueueName: Settings] = [:]
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

    public init(defaults: Settings = Settings(), settings: [QueueName: Settings] = [:]) {
        self.defaults = defaults
        self.settings = settings
        for queue in settings.keys { declare(queue) }
    }

    public mutating func handle(_ event: CallEvent, at now: Moment) {
        switch event {
        case .queued(let visit): change(visit.queue) { $0.queued(visit) }
        case .established(let visit, let leg):
            if let visit { change(visit.queue) { $0.answered(visit) } }
            if let queue = leg.queue { change(queue) { $0.talking += 1 } }
            talks(leg)
        case .visitEnded(let visit, let outcome): change(visit.queue) { $0.ended(visit, outcome) }
        case .refused(let queue, let refusal):
            guard let queue else {
                refusedNowhere += 1
                return
            }
            change(queue) { if refusal == .full { $0.refusedFull += 1 } else { $0.refusedEmpty += 1 } }
        case .ringNoAnswer(let queue, let agent):
            change(queue) {
                // A stream of ever new names must not fill the memory.
                guard $0.ringNoAnswer[agent.name] != nil || $0.ringNoAnswer.count < Self.agentLimit else { return }
                $0.ringNoAnswer[agent.name, default: 0] += 1
            }
        // Whose own phone calls out is not rung.
        case .alerting(let leg): if leg.via != .outbound { change(leg) { $0.ringing.insert(leg.number) } }
        case .alertingEnded(let leg, _, _): stopsRinging(leg)
        case .held(let leg, _): changeKnown(leg.speaker) { $0.held.insert(leg.number) }
        case .retrieved(let leg, _):
            changeKnown(leg.speaker) { $0.held.remove(leg.number) }
            talks(leg)
        case .legParked(let leg, _): free(leg)
        case .disconnected(let leg): disconnected(leg, at: now)
        case .contactBegan, .contactIdentified, .contactMerged, .contactsConferenced, .placeInherited, .parked, .unparked, .surveyAnswered,
            .clockStepped, .contactEnded:
            break
        }
    }

    public mutating func handle(_ event: SwitchEvent, at now: Moment) {
        switch event {
        case .queueDeclared(let queue): declare(queue)
        case .inventoryBegan: listed = [:]
        case .inventoryEnded(_, let hasQueues): if hasQueues { forgetUnlisted() } else { listed = nil }
        case .member(let member):
            declare(member.queue)
            guard queues[member.queue] != nil else { return }
            change(member.agent) {
                let leaves = $0.memberships[member.queue] == nil
                $0.agent = member.agent
                $0.device = member.device
                $0.wrapUp = member.wrapUp
                $0.memberships[member.queue] = AgentStatus.Membership(isPaused: member.isPaused, reason: member.pauseReason)
                if leaves { $0.wrapUpEnds = nil }
            }
            if agents[member.agent.interface] != nil { listed?[member.agent.interface, default: []].insert(member.queue) }
        case .memberRemoved(let queue, let interface):
            guard let agent = agents[interface]?.agent else { return }
            if queues[queue] != nil { changedQueues.insert(queue) }
            change(agent) { $0.memberships[queue] = nil }
        default: break
        }
    }

    /// When an agent's after-call work ends next.
    public var nextDeadline: Span? { wrapUps.map(\.ends).min() }

    public mutating func deadlineReached(at now: Moment) {
        for interface in wrapUps.map(\.interface) where agents[interface].map({ $0.wrapUpEnds.map { $0 <= now.uptime } ?? false }) == true {
            guard let agent = agents[interface]?.agent else { continue }
            change(agent) { $0.wrapUpEnds = nil }
        }
        wrapUps.removeAll { $0.ends <= now.uptime }
    }

    /// Queues and agents that moved since the last call, in order of their names.
    public mutating func takeChanges() -> (queues: [QueueName], agents: [Interface]) {
        defer {
            changedQueues.removeAll(keepingCapacity: true)
            changedAgents.removeAll(keepingCapacity: true)
        }
        return (changedQueues.sorted(), changedAgents.sorted())
    }

    public var hasChanges: Bool { !changedQueues.isEmpty || !changedAgents.isEmpty }

    /// How many members of the queue are in each state.
    public func agentCounts(of queue: QueueName, at now: Moment) -> [AgentState: Int] {
        agents.values.reduce(into: [:]) { counts, agent in
            if agent.memberships[queue] != nil { counts[agent.state(at: now.uptime), default: 0] += 1 }
        }
    }

    // MARK: changing

    /// Who is a member no more although nobody told us: a link was broken meanwhile.
    private mutating func forgetUnlisted() {
        guard let listed else { return }
        self.listed = nil
        for interface in agents.keys.sorted() {
            guard let status = agents[interface] else { continue }
            let gone = status.queues.filter { listed[interface]?.contains($0) != true }
            guard !gone.isEmpty else { continue }
            changedQueues.formUnion(gone)
            change(status.agent) { agent in for queue in gone { agent.memberships[queue] = nil } }
        }
    }

    /// Also the phone that rang for another: pick-up, or a call sent on.
    private mutating func stopsRinging(_ leg: AgentLeg) {
        changeKnown(leg.agent) { $0.ringing.remove(leg.number) }
        if leg.speaker != leg.agent { changeKnown(leg.speaker) { $0.ringing.remove(leg.number) } }
    }

    private mutating func talks(_ leg: AgentLeg) {
        guard !leg.isExternal else { return }
        stopsRinging(leg)
        change(leg) {
            $0.talking.insert(leg.number)
            $0.wrapUpEnds = nil
        }
    }

    /// The agent is out of the conversation, for the time being or for good.
    private mutating func free(_ leg: AgentLeg) {
        changeKnown(leg.speaker) {
            $0.talking.remove(leg.number)
            $0.held.remove(leg.number)
        }
    }

    private mutating func disconnected(_ leg: AgentLeg, at now: Moment) {
        if let queue = leg.queue { change(queue) { $0.ended(leg) } }
        guard !leg.isExternal else { return }
        let wasTalking = agents[leg.speaker.interface]?.talking.contains(leg.number) ?? false
        free(leg)
        guard wasTalking, let agent = agents[leg.speaker.interface], agent.talking.isEmpty else { return }
        let fixed = leg.queue.map { settings[$0]?.wrapUp ?? defaults.wrapUp } ?? .zero
        let wrapUp = agent.wrapUp > .zero && leg.queue != nil ? agent.wrapUp : fixed
        guard wrapUp > .zero else { return }
        let ends = (leg.ended ?? now).uptime + wrapUp
        changeKnown(leg.speaker) { $0.wrapUpEnds = ends }
        wrapUps.append(WrapUp(ends: ends, interface: leg.speaker.interface))
    }

    private mutating func declare(_ queue: QueueName) {
        guard queues[queue] == nil, queues.count < Self.queueLimit else { return }
        queues[queue] = QueueFigures((settings[queue] ?? defaults).serviceLevel)
        changedQueues.insert(queue)
    }

    private mutating func change(_ queue: QueueName, _ body: (inout QueueFigures) -> Void) {
        declare(queue)
        guard queues[queue] != nil else { return }
        body(&queues[queue]!)
        changedQueues.insert(queue)
    }

    /// Whoever a queue rings is an agent; whoever else has a phone is one only if a queue said so.
    private mutating func change(_ leg: AgentLeg, _ body: (inout AgentStatus) -> Void) {
        if leg.queue != nil, leg.speaker == leg.agent { change(leg.speaker, body) } else { changeKnown(leg.speaker, body) }
    }

    private mutating func changeKnown(_ agent: AgentRef, _ body: (inout AgentStatus) -> Void) {
        if agents[agent.interface] != nil { change(agent, body) }
    }

    private mutating func change(_ agent: AgentRef, _ body: (inout AgentStatus) -> Void) {
        if agents[agent.interface] == nil {
            guard agents.count < Self.agentLimit else { return }
            agents[agent.interface] = AgentStatus(agent)
        }
        body(&agents[agent.interface]!)
        changedAgents.insert(agent.interface)
        // Each queue of this agent shows how many are in which state.
        for queue in agents[agent.interface]!.memberships.keys { changedQueues.insert(queue) }
    }
}

/// What is known, for a checkpoint. The settings are the configuration's and not in it: see ``apply(defaults:settings:)``.
extension ACD: Codable {
    private enum CodingKeys: CodingKey { case queues, agents, refusedNowhere, changedQueues, changedAgents, listed, wrapUps }

    /// To be called after decoding: how to count from now on.
    public mutating func apply(defaults: Settings, settings: [QueueName: Settings]) {
        self.defaults = defaults
        self.settings = settings
        for queue in queues.keys { queues[queue]!.definition = (settings[queue] ?? defaults).serviceLevel }
        for queue in settings.keys { declare(queue) }
    }
}
