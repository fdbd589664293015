import Figures
import Telephony
import Time

/// Questions about what is counted. They are answered from the facts; what is going on adds the contracts and
/// the states that last.
extension ACD {
    /// A queue's contract.
    public func definition(of queue: QueueName) -> ServiceLevel.Definition {
        (settings[queue] ?? defaults).serviceLevel
    }

    /// The figures of these queues, agents' parts and rings without answer included.
    /// - Parameters:
    ///   - thresholds: to be counted beside the contract's, each once.
    ///   - withDirect: of a whole switch: also what no queue brought.
    public func figures(
        of chosen: [QueueName], _ window: Window, thresholds: [Span] = [], withDirect: Bool = false, at now: Moment
    ) -> Figures {
        facts.figures(of: chosen, window, thresholds: thresholds, withDirect: withDirect, at: now, definition)
    }

    /// The visits of one queue, by its own contract.
    public func visits(of queue: QueueName, _ window: Window, at now: Moment) -> VisitTally {
        facts.visits(of: queue, window, definition(of: queue), at: now)
    }

    /// How many joined in the window, however their visits ended.
    public func joined(_ queue: QueueName, _ window: Window, at now: Moment) -> Int {
        facts.joined(queue, window, at: now)
    }

    /// One queue's figures since local midnight, by its own contract: the visits of those who joined, waits included.
    /// They cost the same at any hour.
    public func today(of queue: QueueName, at now: Moment) -> QueueDay {
        facts.today(of: queue, policy.zone, definition(of: queue), at: now)
    }

    /// One queue's figures of the last `minutes`, one of ``Window/slidingMinutes``, by its own contract. They cost the
    /// same however much happened in that time.
    public func recent(minutes: Int64, of queue: QueueName, at now: Moment) -> RecentVisits {
        facts.recent(minutes: minutes, of: queue, definition(of: queue), at: now)
    }

    /// Where the kept figures differ from the sums over the facts, in words; empty unless the program is wrong.
    public func faultsOfKeptFigures(at now: Moment) -> [String] {
        queues.keys.sorted().flatMap { facts.faultsOfKeptFigures(of: $0, policy.zone, definition(of: $0), at: now) }
    }

    /// Figures of agents for whose team `isMember` holds ("" is no team): their parts in calls of any queue
    /// and none, and their time.
    public func teamFigures(_ window: Window, at now: Moment, _ isMember: (String) -> Bool) -> Figures {
        facts.teamFigures(window, staffing, at: now, isMember)
    }

    /// How long agents were in which state; nil where the window's borders are not those of quarter-hours and
    /// lie further back than an hour.
    public func stateTime(_ window: Window, at now: Moment, _ isMember: (String) -> Bool) -> StateTime? {
        facts.stateTime(window, staffing, at: now, isMember)
    }

    /// The calls that a term counts, in the order in which they ended: their values add up to
    /// ``Figures/count(_:)`` of the same scope and window.
    /// - Parameters:
    ///   - threshold: another wait than the contract's.
    ///   - callers: those of whom a call was found already, on another switch.
    /// - Returns: false where no calls are behind the term: agents' time is listed by state.
    public func evidence(
        for term: FigureDefinition.Term, in chosen: [QueueName], _ window: Window, threshold: Span? = nil,
        withDirect: Bool = false,
        callers: inout Set<CallerKey>, into found: inout EvidencePage, at now: Moment
    ) -> Bool {
        facts.evidence(for: term, in: chosen, window, withDirect: withDirect, callers: &callers, into: &found, at: now)
        { queue in
            var definition = definition(of: queue)
            definition.threshold = threshold ?? definition.threshold
            return definition
        }
    }

    /// The same for agents' parts in calls of any queue and none, of agents for whose team `isMember` holds.
    public func evidence(
        for term: FigureDefinition.Term, _ window: Window, into found: inout EvidencePage, at now: Moment,
        _ isMember: (String) -> Bool
    ) -> Bool {
        facts.evidence(for: term, window, into: &found, at: now, isMember)
    }

    // MARK: people

    /// The least number of people of these teams who were logged in within the window; "" is no team.
    public func people(of teams: some Collection<String>, _ window: Window, at now: Moment) -> Int {
        facts.people(of: teams, window, staffing, at: now)
    }

    /// Teams that have agents on this switch; "" are those in none.
    public var teams: [String] {
        Set(agents.filter { $0.value.isAnother != true }.keys.map { team(of: $0) ?? "" }).sorted()
    }

    /// Of these teams, those whose agents may be part of figures of the window.
    public func shown(_ teams: [String], _ window: Window, at now: Moment) -> [String] {
        facts.shown(teams, window, staffing, at: now)
    }

    /// Agents in order of their interfaces.
    private var staffing: Staffing {
        let running = agents.keys.sorted().compactMap { interface -> Staffing.RunningState? in
            guard let agent = agents[interface], agent.counted != .loggedOff else { return nil }
            return Staffing.RunningState(
                team: team(of: interface) ?? "", state: agent.counted, reason: agent.countedReason, since: agent.since,
                countedIn: agent.countedIn)
        }
        return Staffing(running: running, teams: teams, keepsIndividuals: policy.keepsIndividuals)
    }

    // MARK: rows of quarter-hours

    /// Closes the quarter-hours that are due. `thresholds`: for A_T and B_T beside the contract's.
    public mutating func closeIntervals(
        of ledger: inout IntervalLedger, thresholds: [Span], _ hearing: IntervalLedger.Hearing, at now: Moment
    ) -> IntervalLedger.Closing {
        let basis = IntervalLedger.Basis(
            queues: queues.keys.sorted().map { ($0, definition(of: $0)) }, staffing: staffing, thresholds: thresholds,
            hearing: hearing)
        return ledger.close(&facts, basis, at: now)
    }
}
