import Figures
import Telephony
import Time

/// What is going on in the queues of one switch: who waits, who talks, what each agent does.
///
/// It follows callers (``CallEvent``) and members of queues (``SwitchEvent``), and appends to ``facts``
/// whatever is over. Everything that is counted is counted from the facts.
public struct ACD: Codable, Equatable, Sendable {
    public struct Settings: Codable, Equatable, Sendable {
        public var serviceLevel: ServiceLevel.Definition
        /// Fixed after-call work, where the member has none of its own.
        public var wrapUp: Span

        public init(serviceLevel: ServiceLevel.Definition = .init(), wrapUp: Span = .zero) {
            self.serviceLevel = serviceLevel
            self.wrapUp = wrapUp
        }
    }

    /// An agent stays known after leaving the last queue; this bounds what a hostile stream can make us remember.
    public static let agentLimit = 20_000
    public static let queueLimit = 5_000

    /// What applies to the whole organisation: its days, its teams, and whether single persons may be counted.
    public struct Policy: Codable, Equatable, Sendable {
        public var zone: TimeZoneRule
        /// The team of each agent who is in one.
        public var teams: [Interface: String]
        /// A legal basis allows figures of single persons. Without one they are not computed. `domain.md` §8.2.
        public var keepsIndividuals: Bool

        public init(zone: TimeZoneRule = .rome, teams: [Interface: String] = [:], keepsIndividuals: Bool = false) {
            self.zone = zone
            self.teams = teams
            self.keepsIndividuals = keepsIndividuals
        }
    }

    private(set) var defaults = Settings()
    private(set) var settings: [QueueName: Settings] = [:]
    public private(set) var policy = Policy()
    public internal(set) var facts = Facts()
    public private(set) var queues: [QueueName: QueueActivity] = [:]
    public internal(set) var agents: [Interface: AgentStatus] = [:]
    /// Callers refused at a queue that the switch did not name.
    public private(set) var refusedAtUnnamedQueue = 0
    /// How many members of each queue are in each state; derived from ``agents``, and kept beside them because
    /// each call asks for it.
    private var crews = Crews()
    /// What changed since ``takeChanges(work:)``.
    var changedQueues: Set<QueueName> = []
    var changedAgents: Set<Interface> = []
    /// Of these, agents whose queues are not among ``changedQueues`` yet.
    private var movedAgents: Set<Interface>?
    /// Changes that were too many to be taken at once.
    private var rest: Changes?
    /// The memberships reported since an inventory began, by seat; nil when none is under way.
    private var listed: [Interface: Set<QueueName>]?
    /// The memberships that the last inventory did not report, as long as some are still to be removed.
    private var unlisted: Unlisted?
    var wrapUps = WrapUps()
    /// The longest waits that changed since ``takeLongestWaits()``.
    private var longestWaits = ChangedWaits()
    /// Memberships that were visited.
    public private(set) var work = WorkCount()

    /// The switch is not heard: the states of its agents are not known.
    private var isBlind = false
    private var refreshAt: Span?
    private var refreshedAt = Moment(uptime: .zero, date: UnixTime(microseconds: 0))

    /// `expected`: queues that exist before the switch reports them; nil: those of `settings`.
    public init(
        defaults: Settings = Settings(), settings: [QueueName: Settings] = [:], expected: [QueueName]? = nil,
        policy: Policy = Policy()
    ) {
        self.defaults = defaults
        self.settings = settings
        self.policy = policy
        for queue in expected ?? settings.keys.sorted() { declare(queue) }
    }

    /// `record`: the record of the event's contact; `caller`: its caller.
    public mutating func handle(_ event: CallEvent, record: ContactID? = nil, caller: CallerKey? = nil, at now: Moment)
    {
        switch event {
        case .queued(let visit):
            joined(visit, record, caller, at: now)
        case .established(let visit, let leg):
            if let visit { left(visit, .answered, record, caller, at: now) }
            if let queue = leg.queue { change(queue) { $0.talking += 1 } }
            talks(leg, at: now)
            connected(leg, record, at: now)
        case .visitEnded(let visit, let outcome):
            left(visit, outcome, record, caller, at: now)
        case .placeInherited(let visit, _):
            // From now on the visit is the caller's, with the wait that the agent began.
            facts.change(visit.queue, at: now) { facts in
                facts.changeWaiting(where: { $0.number == visit.number }) { fact in
                    fact.contact = visit.contact
                    fact.record = record
                    fact.caller = caller
                }
            }
            facts.named(visit.contact, in: visit.queue)
        case .contactMerged(let part, let whole): facts.merged(part, into: whole, record: record, caller: caller)
        case .refused(let queue, let refusal):
            guard let queue else {
                refusedAtUnnamedQueue += 1
                return
            }
            refused(queue, refusal, at: now)
        case .ringNoAnswer(let queue, let agent): rangInVain(queue, agent, at: now)
        // An outbound call does not ring the agent's own phone, and an outside party is not an agent.
        case .alerting(let leg):
            if leg.via != .outbound, !leg.isExternal { change(leg, at: now) { $0.ringing.insert(leg.number) } }
        case .alertingEnded(let leg, _, let moment): stopsRinging(leg, at: moment)
        case .held(let leg, let moment):
            changeKnown(leg.speaker, at: moment) { $0.held.insert(leg.number) }
            changeTalking(leg, at: now) { $0.held(at: moment) }
        case .retrieved(let leg, let moment):
            changeKnown(leg.speaker, at: moment) { $0.held.remove(leg.number) }
            talks(leg, at: moment)
            changeTalking(leg, at: now) { $0.retrieved(at: moment) }
        case .consultationBegan(let leg, let moment):
            changeKnown(leg.speaker, at: moment) { $0.consulting.insert(leg.number) }
        case .consultationEnded(let leg, let moment):
            changeKnown(leg.speaker, at: moment) { $0.consulting.remove(leg.number) }
        case .legParked(let leg, let moment):
            free(leg, at: moment)
            changeTalking(leg, at: now) { $0.held(at: moment) }
        case .disconnected(let leg): disconnected(leg, at: now)
        case .agentBecame(let before, let agent): became(before, agent, at: now)
        case .seatMoved(let seat, let from, let agent): moved(seat, from: from, to: agent, at: now)
        case .agentKnownAs(let agent, let interfaces): known(agent, interfaces, at: now)
        case .contactBegan(let contact): facts.began(contact.key)
        case .contactEnded(let key, _, _): facts.ended(key)
        case .contactIdentified, .contactDialled, .contactsConferenced, .parked, .unparked,
            .surveyAnswered, .clockStepped,
            .severalTelephones, .contactEstimated:
            break
        }
        facts.forget(policy.zone, at: now)
    }

    /// From this moment on the switch is not heard.
    public mutating func linkLost(at moment: Moment) {
        isBlind = true
        for interface in agents.keys.sorted() { countState(of: interface, at: moment) }
    }

    public mutating func handle(_ event: SwitchEvent, at now: Moment) {
        switch event {
        case .queueDeclared(let queue): declareByDisplayForm(queue)
        case .inventoryBegan:
            listed = [:]
            unlisted = nil
        case .inventoryEnded(_, let hasQueues):
            if hasQueues, let listed {
                unlisted = Unlisted(listed: listed, rest: agents.keys.sorted().reversed(), due: now.uptime)
            }
            listed = nil
            forgetUnlisted(at: now)
            guard isBlind else { return }
            isBlind = false
            for interface in agents.keys.sorted() { countState(of: interface, at: now) }
        case .member(let member):
            declareByDisplayForm(member.queue)
            guard queues.contains(key: member.queue) else { return }
            let seat = member.seat ?? member.agent.interface
            change(member.agent, in: CollectionOfOne(member.queue), at: now) {
                $0.agent = member.agent
                $0.isAnother = nil
                $0.sit(
                    seat, in: member.queue,
                    AgentStatus.Membership(isPaused: member.isPaused, reason: member.pauseReason, wrapUp: member.wrapUp)
                )
                $0.set(member.device, of: seat, isStateless: member.isStateless)
            }
            if listed != nil || unlisted != nil, agents.contains(key: member.agent.interface) {
                listed?[member.seat ?? member.agent.interface, default: []].insert(member.queue)
                // Newer than the list.
                unlisted?.listed[member.seat ?? member.agent.interface, default: []].insert(member.queue)
            }
        case .memberRemoved(let queue, let seat, let person):
            guard let agent = agents[person ?? seat]?.agent else { return }
            markChanged(queue)
            leave([(queue, seat)], agent, at: now)
        default: break
        }
    }

    /// Members that the last inventory did not have are still to be removed.
    public var isCorrecting: Bool { unlisted != nil }

    /// When an agent's after-call work ends next, or figures move because time has passed.
    public var nextDeadline: Span? {
        // This is asked after each event: it makes no array.
        var next = wrapUps.next
        if let refreshAt { next = min(next ?? refreshAt, refreshAt) }
        if let due = unlisted?.due { next = min(next ?? due, due) }
        return next
    }

    /// How soon it is noticed that a visit dropped out of a sliding window. At local midnight all figures of
    /// the day begin again.
    static let refresh = Span.seconds(5)

    /// Queues whose windows have lost a visit count as changed.
    private mutating func passTime(at now: Moment) {
        guard let due = refreshAt, due <= now.uptime else { return }
        let before = refreshedAt
        let isNewDay = policy.zone.midnight(atOrBefore: now.date) != policy.zone.midnight(atOrBefore: before.date)
        let passed = facts.passTime(from: before.uptime, to: now.uptime)
        changedQueues.formUnion(passed.moved)
        if isNewDay { changedQueues.formUnion(facts.queues.keys) }
        refreshedAt = now
        // With nothing in the last hour, the next change by time alone is midnight.
        let midnight = policy.zone.day(containing: now.date).upperBound
        refreshAt = now.uptime + (passed.goesOn ? min(Self.refresh, midnight - now.date) : midnight - now.date)
        facts.forget(policy.zone, at: now)
    }

    /// From now on something will drop out of the windows.
    mutating func keepTime(at now: Moment) {
        if let due = refreshAt, due <= now.uptime + Self.refresh { return }
        if refreshAt == nil { refreshedAt = now }
        refreshAt = now.uptime + Self.refresh
    }

    public mutating func deadlineReached(at now: Moment) {
        for interface in wrapUps.removeDue(until: now.uptime) {
            guard let status = agents[interface], let due = status.wrapUpEnds, due <= now.uptime else { continue }
            // At its own moment, however late it is noticed.
            endWrapUp(interface, at: Moment(uptime: due, date: now.date + (due - now.uptime)))
        }
        if let due = unlisted?.due, due <= now.uptime { forgetUnlisted(at: now) }
        passTime(at: now)
    }

    /// Queues and agents that changed since the last call, in order of their names.
    ///
    /// Where their rows cost more than `work`, the next calls return the others before any later change: a
    /// queue that changes all the time keeps no other one waiting. `left` is the work that remains.
    public mutating func takeChanges(work: Int = .max) -> (queues: [QueueName], agents: [Interface], left: Int) {
        if rest == nil { gatherChanges() }
        guard work > 0, var changes = rest else { return ([], [], work) }
        let taken = changes.removeFirst(work, ofQueue: Self.rowWork)
        rest = changes.isEmpty ? nil : changes
        return (taken.queues, taken.agents, work - taken.queues.count * Self.rowWork - taken.agents.count)
    }

    /// The cost of a queue's row on the wallboard, where an agent's row costs 1. It is the same at any hour: what the
    /// row shows is kept beside the facts.
    public static let rowWork = 4

    private mutating func gatherChanges() {
        // any order: the same queues are found; only the count of work may differ
        for interface in movedAgents ?? [] {
            // All are among them already: a thousand agents in the same queues add nothing.
            if changedQueues.count == queues.count { break }
            let memberships = agents[interface]?.queues ?? []
            work.add(memberships.count)
            for queue in memberships where queues[queue] != nil { changedQueues.insert(queue) }
        }
        movedAgents = nil
        if !changedQueues.isEmpty || !changedAgents.isEmpty {
            rest = Changes(changedQueues.sorted(), changedAgents.sorted())
        }
        changedQueues.removeAll(keepingCapacity: true)
        changedAgents.removeAll(keepingCapacity: true)
    }

    /// A call of ``takeChanges(work:)`` left something for the next.
    public var hasRest: Bool { rest != nil }

    /// Republishes the queue although nothing kept here changed, e.g. for an alarm.
    public mutating func markChanged(_ queue: QueueName) {
        if queues.contains(key: queue) { changedQueues.insert(queue) }
    }

    /// The same with an agent.
    public mutating func markChanged(_ agent: Interface) {
        if agents.index(forKey: agent) != nil { changedAgents.insert(agent) }
    }

    public var hasChanges: Bool { rest != nil || !changedQueues.isEmpty || !changedAgents.isEmpty }

    /// How many members of the queue are in each state.
    public func agentCounts(of queue: QueueName, at now: Moment) -> [AgentState: Int] {
        crew(of: queue, at: now).counts
    }

    func crew(of queue: QueueName, at now: Moment) -> Crew {
        var crew = crews[queue]
        // After-call work may be over by now without anybody having noticed yet.
        if let next = wrapUps.next, next <= now.uptime {
            for interface in wrapUps.due(until: now.uptime) {
                guard let agent = agents[interface], let membership = agent.memberships[queue],
                    agent.stateButForTime == .wrapUp
                else {
                    continue
                }
                crew.add(-1, .wrapUp, isPaused: membership.isPaused)
                crew.add(1, agent.state(at: now.uptime), isPaused: membership.isPaused)
            }
        }
        return crew
    }

    // MARK: changing

    /// Memberships that one step visits: at some 2 µs each, several milliseconds. The next step is due a moment later.
    static let unlistedWork = 4_000
    static let unlistedInterval = Span.milliseconds(20)

    private struct Unlisted: Codable, Equatable, Sendable {
        var listed: [Interface: Set<QueueName>]
        /// Agents that are still to be looked at, the last name first.
        var rest: [Interface]
        /// In uptime.
        var due: Span
    }

    /// Removes members who left while the link was broken.
    private mutating func forgetUnlisted(at now: Moment) {
        guard var current = unlisted else { return }
        unlisted = nil
        var left = Self.unlistedWork
        while left > 0, let interface = current.rest.popLast() {
            guard let status = agents[interface] else { continue }
            left -= status.places.count + 1
            work.add(status.places.count)
            let gone = status.places.filter { current.listed[$0.seat]?.contains($0.queue) != true }.map {
                ($0.queue, $0.seat)
            }
            guard !gone.isEmpty else { continue }
            changedQueues.formUnion(gone.map(\.0))
            leave(gone, status.agent, at: now)
        }
        guard !current.rest.isEmpty else { return }
        current.due = now.uptime + Self.unlistedInterval
        unlisted = current
    }

    /// Logging off ends after-call work. `domain.md` §2.5.
    private mutating func leave(_ gone: [(queue: QueueName, seat: Interface)], _ agent: AgentRef, at now: Moment) {
        guard var after = agents[agent.interface] else { return }
        for place in gone { after.leave(place.queue, place.seat) }
        if after.memberships.isEmpty { endWrapUp(agent.interface, at: now) }
        change(agent, in: Set(gone.map(\.queue)), at: now) { status in
            for place in gone { status.leave(place.queue, place.seat) }
            status.forgetDevices()
        }
    }

    /// Also the phone that rang for another agent: after a pick-up, or when a call was sent on.
    private mutating func stopsRinging(_ leg: AgentLeg, at now: Moment) {
        changeKnown(leg.agent, at: now) { $0.ringing.remove(leg.number) }
        if leg.speaker.interface != leg.agent.interface {
            changeKnown(leg.speaker, at: now) { $0.ringing.remove(leg.number) }
        }
    }

    private mutating func talks(_ leg: AgentLeg, at now: Moment) {
        guard !leg.isExternal else { return }
        stopsRinging(leg, at: now)
        // The next call ends the after-call work of the previous one.
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
        if let queue = leg.queue {
            var fact = LegFact(leg, record: nil, team: nil, agent: nil, at: now)
            fact.end(leg, at: now)
            change(queue) {
                $0.talking -= 1
                $0.counters.add(fact)
            }
        }
        guard !leg.isExternal else { return }
        let ended = leg.ended ?? now
        let wasTalking = agents[leg.speaker.interface]?.talking.contains(leg.number) ?? false
        var wrapUp = Span.zero
        if wasTalking, let agent = agents[leg.speaker.interface], agent.talking.count == 1 {
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
        if wrapUp > .zero { wrapUps.set(ended.uptime + wrapUp, of: leg.speaker.interface) }
    }

    /// Agents say that they are ready for the next call.
    public mutating func wrapUpDone(by isMeant: (AgentRef) -> Bool, at now: Moment) {
        for interface in wrapUps.interfaces.sorted()
        where agents[interface].map({ $0.wrapUpEnds != nil && isMeant($0.agent) }) == true {
            endWrapUp(interface, at: now)
        }
    }

    /// The after-call work is over: its time has come, the next call has, or the agent says so.
    private mutating func endWrapUp(_ interface: Interface, at now: Moment) {
        // Asked with each call, and hardly ever answered.
        guard let ends = agents[interface]?.wrapUpEnds, let status = agents[interface] else { return }
        if let work = status.wrapUpOf {
            let end = min(ends, max(now.uptime, work.began.uptime))
            wrappedUp(work, of: team(of: interface), for: end - work.began.uptime, timedOut: end == ends, at: now)
        }
        change(status.agent, at: now) {
            $0.wrapUpEnds = nil
            $0.wrapUpOf = nil
        }
    }

    mutating func declare(_ queue: QueueName) {
        guard !queues.contains(key: queue), queues.count < Self.queueLimit else { return }
        queues[queue] = QueueActivity(definition(of: queue))
        changedQueues.insert(queue)
    }

    /// Takes over the spelling of queues.conf. Our configuration or a dial plan may have written the name in
    /// another case before.
    private mutating func declareByDisplayForm(_ queue: QueueName) {
        declare(queue)
        guard let index = queues.index(forKey: queue), !queues[index].key.isWritten(like: queue) else { return }
        let activity = queues.remove(at: index).value
        queues[queue] = activity
        changedQueues.update(with: queue)
    }

    mutating func change(_ queue: QueueName, _ body: (inout QueueActivity) -> Void) {
        declare(queue)
        guard let index = queues.index(forKey: queue) else { return }
        let longest = queues.values[index].longestWaitingSince
        body(&queues.values[index])
        if queues.values[index].longestWaitingSince != longest { longestWaits.changed(queue) }
        changedQueues.insert(queue)
    }

    /// A person whom a queue rings is an agent; anybody else with a phone is one only if a queue named them as
    /// a member.
    private mutating func change(_ leg: AgentLeg, at now: Moment, _ body: (inout AgentStatus) -> Void) {
        if leg.queue != nil, leg.speaker.interface == leg.agent.interface {
            change(leg.speaker, at: now, body)
        } else {
            changeKnown(leg.speaker, at: now, body)
        }
    }

    private mutating func changeKnown(_ agent: AgentRef, at now: Moment, _ body: (inout AgentStatus) -> Void) {
        guard let place = agents.index(forKey: agent.interface) else { return }
        change(place, agent, in: EmptyCollection(), at: now, body)
    }

    /// Changes an agent's status, and updates the counts. `concerned`: the queues whose membership `body`
    /// changes, each once.
    mutating func change(
        _ agent: AgentRef, in concerned: some Collection<QueueName> = EmptyCollection(), at now: Moment,
        _ body: (inout AgentStatus) -> Void
    ) {
        let interface = agent.interface
        if !agents.contains(key: interface) {
            guard agents.count < Self.agentLimit else { return }
            agents[interface] = AgentStatus(agent, at: now)
        }
        change(agents.index(forKey: interface)!, agent, in: concerned, at: now, body)
    }

    /// The same for an agent who is known. The status is changed in its place: to take it out of the dictionary and
    /// put it back would copy it twice.
    private mutating func change(
        _ place: Dictionary<Interface, AgentStatus>.Index, _ agent: AgentRef, in concerned: some Collection<QueueName>,
        at now: Moment, _ body: (inout AgentStatus) -> Void
    ) {
        let interface = agent.interface
        let moved = agents.values[place].change(agent, in: concerned, body)
        for (queue, membership) in zip(concerned, moved.left) { count(-1, membership, of: queue, as: moved.before) }
        for (queue, membership) in zip(concerned, moved.joined) { count(1, membership, of: queue, as: moved.before) }
        if let memberships = moved.memberships {
            work.add(memberships.count)
            for queue in memberships.queues {
                guard let isPaused = memberships[queue]?.isPaused else { continue }
                crews[queue].move(from: moved.before, to: moved.after, isPaused: isPaused)
            }
        }
        countState(at: place, at: now)
        changedAgents.insert(interface)
        // Each queue of this agent shows how many members are in which state.
        if movedAgents == nil { movedAgents = [] }
        movedAgents!.insert(interface)
    }

    /// Adds `number` to the agent's state in each of the agent's queues: 1 counts the agent, −1 no longer does.
    mutating func count(_ number: Int, _ interface: Interface) {
        guard let agent = agents[interface] else { return }
        let state = agent.stateButForTime
        for queue in agent.queues { count(number, agent.memberships[queue], of: queue, as: state) }
    }

    /// Counts a member of the queue; nil: the agent is not a member.
    private mutating func count(
        _ number: Int, _ membership: AgentStatus.Membership?, of queue: QueueName, as state: AgentState
    ) {
        guard let membership else { return }
        crews[queue].add(number, state, isPaused: membership.isPaused)
    }

    /// If the state has changed, adds the time in the previous one to the team's.
    mutating func countState(of interface: Interface, at now: Moment) {
        if let place = agents.index(forKey: interface) { countState(at: place, at: now) }
    }

    private mutating func countState(at place: Dictionary<Interface, AgentStatus>.Index, at now: Moment) {
        guard let over = agents.values[place].count(at: now, isBlind: isBlind) else { return }
        let interface = agents.keys[place]
        facts.add(
            over.state, reason: over.reason, team: team(of: interface) ?? "",
            agent: policy.keepsIndividuals ? interface : nil, from: over.since, to: now,
            countedIn: &agents.values[place].countedIn)
    }
}

extension ACD {
    /// The queues whose longest-waiting caller has changed since the last call; nil: any of them may have.
    public mutating func takeLongestWaits() -> Set<QueueName>? { longestWaits.take() }

    public var hasOtherLongestWaits: Bool { longestWaits.hasChanges }

    /// Counts by these rules from now on.
    public mutating func apply(
        defaults: Settings, settings: [QueueName: Settings], expected: [QueueName]? = nil, policy: Policy
    ) {
        self.defaults = defaults
        self.settings = settings
        self.policy = policy
        crews = Crews()
        for agent in agents.values {  // any order: members are counted
            for queue in agent.queues { count(1, agent.memberships[queue], of: queue, as: agent.stateButForTime) }
        }
        // Figures of persons were computed while that was allowed.
        if !policy.keepsIndividuals { facts.forgetPersons() }
        for queue in queues.keys { queues[queue]!.definition = definition(of: queue) }
        keepFigures()
        for queue in expected ?? settings.keys.sorted() { declare(queue) }
    }
}
