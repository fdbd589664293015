import Core
import ACD
import Access
import Figures
import HTTP
import Telephony
import Time
import Wallboard
import Wire

/// Figures over all switches, for those who may see them: `GET /v1/stats`, `GET /v1/stats/explain`, `centralino stats`,
/// `centralino explain`.
struct Statistics {
    private let switches: [Switch]
    private let rules: Core.Rules
    private let sight: Sight
    /// The part of the organisation whose names may be asked for.
    private let organisation: Organisation
    private let showsIndividuals: Bool
    /// What the journal lacks, where one is kept.
    private let lost: [Range<UnixTime>]?

    init(_ core: Core, _ sight: Sight, lost: [Range<UnixTime>]?) {
        // What is not seen is not there: a name of it is answered like one that nobody has.
        switches = core.switches.filter { $0.concerns(sight) }
        rules = core.rules
        self.sight = sight
        organisation = sight.visible(core.rules.organisation)
        // For a past moment, both today's rules and those of that moment must allow it.
        showsIndividuals = sight.showsIndividuals && core.rules.legalBasis != nil
        self.lost = lost
    }

    func answer(_ request: Request, at now: Moment) -> Response {
        do throws(StatisticsQuery.Fault) {
            let explains = request.path == "/v1/stats/explain"
            let query = try StatisticsQuery(request.query, rules, explains: explains, at: now)
            return !explains
                ? .json(200, JSON.encode(try statistics(query, at: now)))
                : .json(200, JSON.encode(try explanation(query, at: now)))
        } catch {
            return .error(400, error.description)
        }
    }

    /// The queues of a scope on one switch, and whose agents' time belongs to it.
    private struct Selection {
        var `switch`: Int
        var queues: [QueueName]
        /// The teams whose agents are meant; nil: figures of queues, not of agents.
        var teams: Teams?
        /// The whole switch: agents' parts in calls that no queue brought are its own, too.
        var isWhole = false
    }

    private enum Teams {
        case everybody
        case these(Set<String>)

        func contains(_ team: String) -> Bool {
            if case .these(let names) = self { names.contains(team) } else { true }
        }
    }

    func statistics(_ query: StatisticsQuery, at now: Moment) throws(StatisticsQuery.Fault) -> StatisticsMessage {
        let selections = try select(query)
        try refuseForgotten(selections, query.window, at: now)
        let hasAgents = selections.contains { $0.teams != nil }
        var sum = Figures()
        var ofAgents = Figures()
        for selection in selections {
            let acd = switches[selection.switch].acd
            let figures = acd.figures(
                of: selection.queues, query.window, thresholds: query.thresholds, withDirect: selection.isWhole, at: now
            )
            sum += figures
            if selection.teams != nil {
                let shown = shownTeams(selection, query.window, at: now)
                ofAgents += acd.teamFigures(query.window, at: now) { shown.contains($0) }
            }
        }
        let (agents, hidden) = hasAgents ? agentCount(selections, query.window, at: now) : (0, 0)
        let isShown = agents >= Organisation.smallestTeam || showsIndividuals
        var withheld: String?
        if hasAgents, !isShown {
            withheld =
                "Figures of agents are not shown for fewer than \(Organisation.smallestTeam) of them (here \(agents + hidden)) without a legal basis."
        } else if hidden > 0 {
            withheld =
                "\(hidden) agent(s) of small teams are in no figure of agents here: without a legal basis there must be \(Organisation.smallestTeam)."
        }
        // A team has no queues: its figures are those of its own agents.
        let isTeam: Bool = if case .team = query.scope { true } else { false }
        var definitions = isTeam ? [] : FigureDefinition.ofQueues
        var figures = definitions.map { figure($0, sum, query) }
        definitions = isTeam && !isShown ? [] : FigureDefinition.ofLegs
        figures += definitions.map { figure($0, isTeam ? ofAgents : sum, query) }
        if hasAgents, isShown { figures += FigureDefinition.ofTime.map { figure($0, ofAgents, query) } }
        return StatisticsMessage(
            at: "\(now.date)", window: message(query.window, at: now), scope: message(query),
            coverage: coverage(selections.map(\.switch), query.window, sum, at: now),
            contract: contract(selections, sum), figures: figures,
            thresholds: isTeam ? [] : query.thresholds.map { threshold($0, sum) },
            longestWaitSeconds: sum.longestWaitingSince.map { max(.zero, now - $0).seconds },
            estimates: estimates(selections, query.scope, at: now),
            time: hasAgents && isShown ? time(ofAgents, agents: agents) : nil,
            withheld: withheld)
    }

    func explanation(_ query: StatisticsQuery, at now: Moment) throws(StatisticsQuery.Fault) -> ExplanationMessage {
        guard let definition = query.figure else {
            throw StatisticsQuery.Fault(
                "Which figure? figure= one of \(FigureDefinition.all.map(\.id).joined(separator: ", ")).")
        }
        let selections = try select(query)
        try refuseForgotten(selections, query.window, at: now)
        if query.window.base == .completion, definition.id == Self.ofCohortsOnly {
            throw StatisticsQuery.Fault(Self.noCohort)
        }
        let isTeam: Bool = if case .team = query.scope { true } else { false }
        if isTeam, FigureDefinition.ofQueues.contains(where: { $0.id == definition.id }) {
            throw StatisticsQuery.Fault(
                "“\(definition.id)” is a figure of queues. Of a team there are \(FigureDefinition.ofLegs.map(\.id).joined(separator: ", "))."
            )
        }
        guard
            !isTeam || agentCount(selections, query.window, at: now).shown >= Organisation.smallestTeam
                || showsIndividuals
        else {
            throw StatisticsQuery.Fault(
                "Figures of fewer than \(Organisation.smallestTeam) agents are not shown without a legal basis.")
        }
        var sum = Figures()
        for selection in selections {
            let acd = switches[selection.switch].acd
            if isTeam, let teams = selection.teams {
                sum += acd.teamFigures(query.window, at: now, teams.contains)
            } else if let threshold = query.threshold {
                var figures = acd.figures(
                    of: selection.queues, query.window, thresholds: [threshold], withDirect: selection.isWhole, at: now)
                figures.visits = figures.byThreshold[threshold] ?? VisitTally()
                sum += figures
            } else {
                sum += acd.figures(of: selection.queues, query.window, withDirect: selection.isWhole, at: now)
            }
        }
        func part(_ term: FigureDefinition.Term, _ order: EvidencePage.Order = .asFound) throws(StatisticsQuery.Fault)
            -> ExplanationMessage.Part
        {
            var found = EvidencePage(offset: query.offset, limit: query.limit, order: order)
            var callers: Set<CallerKey> = []
            for selection in selections {
                let acd = switches[selection.switch].acd
                found.owner = selection.switch
                let isTold =
                    if isTeam, let teams = selection.teams {
                        acd.evidence(for: term, query.window, into: &found, at: now, teams.contains)
                    } else {
                        acd.evidence(
                            for: term, in: selection.queues, query.window, threshold: query.threshold,
                            withDirect: selection.isWhole,
                            callers: &callers, into: &found, at: now)
                    }
                guard isTold else {
                    if case .selfServed = term {
                        throw StatisticsQuery.Fault("“\(definition.id)” is a figure of a whole switch.")
                    }
                    throw StatisticsQuery.Fault(
                        "“\(definition.id)” is agents' time: it is told by state in /v1/stats, and by no call.")
                }
            }
            return ExplanationMessage.Part(
                sum: order == .asFound ? found.sum : nil,
                calls: found.page().map { call($0.1, of: switches[$0.owner].name) },
                count: found.count)
        }
        let (numerator, denominator): (ExplanationMessage.Part, ExplanationMessage.Part?)
        switch definition.computation {
        case .sum(let term): (numerator, denominator) = (try part(term), nil)
        case .ratio(let above, let below): (numerator, denominator) = (try part(above), try part(below))
        case .longest(let classes): (numerator, denominator) = (try part(.wait(classes), .longestFirst), nil)
        case .quantile: (numerator, denominator) = (try part(.wait(VisitClass.answered), .shortestFirst), nil)
        }
        return ExplanationMessage(
            at: "\(now.date)", window: message(query.window, at: now), scope: message(query),
            coverage: coverage(selections.map(\.switch), query.window, sum, at: now),
            figure: figure(definition, sum, query),
            numerator: numerator, denominator: denominator)
    }

    /// Refuses a window whose calls are no longer in memory: zero would be wrong.
    private func refuseForgotten(_ selections: [Selection], _ window: Window, at now: Moment) throws(StatisticsQuery
        .Fault)
    {
        guard case .dates(let range) = window.extent,
            let border = selections.compactMap({ switches[$0.switch].acd.facts.forgottenBefore }).max(),
            range.lowerBound < border
        else { return }
        let zone = rules.timeZone
        throw StatisticsQuery.Fault(
            "Calls before \(zone.label(border)) are not in memory any more, and the window begins at \(zone.label(range.lowerBound)). Ask as of a moment of then (at=…), or for the rows that were kept (centralino intervals)."
        )
    }

    /// The figure that only the cohort base has: on the completion base every visit has ended.
    private static let ofCohortsOnly = "waiting"
    private static let noCohort =
        "“waiting” is a figure of cohorts: add base=cohort, or ask for a window that has it (today, interval, shift)."

    // MARK: whose

    private func select(_ query: StatisticsQuery) throws(StatisticsQuery.Fault) -> [Selection] {
        func unknown(_ kind: String, _ name: String, _ there: [String]) -> StatisticsQuery.Fault {
            let list = there.prefix(Limits.listedScopes).map { "“\(printable($0))”" }.joined(separator: ", ")
            let rest =
                there.isEmpty ? "there is none" : "there are: \(list)\(there.count > Limits.listedScopes ? ", …" : "")"
            return StatisticsQuery.Fault("There is no \(kind) “\(printable(name))”; \(rest).")
        }
        var named = query.switches
        if case .switches(let names) = query.scope { named = names }
        for name in named ?? [] where !switches.contains(where: { $0.name == name }) {
            throw unknown("switch", name.rawValue, switches.map(\.name.rawValue))
        }
        let among = switches.indices.filter { named?.contains(switches[$0].name) ?? true }
        func everywhere(_ queues: [QueueName], _ teams: Set<String>? = nil) -> [Selection] {
            let queues = Set(queues).sorted()
            let all = among.map { index in
                Selection(
                    switch: index, queues: queues.filter { sees($0, on: index) },
                    teams: teams.map { .these($0) })
            }
            let concerned = all.filter { concerns($0, asked: queues, all) }
            // No switch is known to have it, so any of them may.
            return concerned.isEmpty ? all : concerned
        }
        switch query.scope {
        case .all, .switches:
            let teams: Teams = sight.isEverything ? .everybody : .these(Set(organisation.teams.map(\.name)))
            return among.map {
                Selection(
                    switch: $0, queues: switches[$0].acd.queues.keys.filter(sight.sees).sorted(), teams: teams,
                    isWhole: sight.isEverything)
            }
        case .queues(let names):
            for name in names where !among.contains(where: { sees(name, on: $0) }) {
                throw unknown(
                    "queue", name.rawValue,
                    Set(among.flatMap { switches[$0].acd.queues.keys.filter(sight.sees).map(\.rawValue) }).sorted())
            }
            return everywhere(names)
        case .group(let name):
            guard let group = organisation.group(named: name) else {
                throw unknown("group", name, organisation.groups.map(\.name))
            }
            return everywhere(group.queues)
        case .team(let name):
            guard organisation.team(named: name) != nil else {
                throw unknown("team", name, organisation.teams.map(\.name))
            }
            return everywhere([], [name])
        case .supplier(let name):
            guard let supplier = organisation.supplier(named: name) else {
                throw unknown("supplier", name, organisation.suppliers.map(\.name))
            }
            return everywhere(supplier.queues, Set(organisation.teams(of: supplier).map(\.name)))
        }
    }

    private func sees(_ queue: QueueName, on index: Int) -> Bool {
        sight.sees(queue) && switches[index].acd.queues[queue] != nil
    }

    /// Whether the switch matters to what was asked: something that it reports, or failed to report, could change a
    /// figure. The silence of any other switch is not a gap of this answer.
    private func concerns(_ selection: Selection, asked queues: [QueueName], _ all: [Selection]) -> Bool {
        if !selection.queues.isEmpty { return true }
        let known = switches[selection.switch]
        if let teams = selection.teams, known.acd.teams.contains(where: teams.contains) { return true }
        // It has never reported what it has, so it may have what no other switch has.
        guard known.firstHeard == nil else { return false }
        return selection.teams != nil || !queues.allSatisfy { queue in all.contains { $0.queues.contains(queue) } }
    }

    private func shownTeams(_ selection: Selection, _ window: Window, at now: Moment) -> Set<String> {
        let acd = switches[selection.switch].acd
        return Set(acd.shown(acd.teams.filter { selection.teams?.contains($0) ?? false }, window, at: now))
    }

    /// How many persons the figures of agents cover, at least, and how many are left out. An agent with the same
    /// interface on two switches counts as one.
    private func agentCount(_ selections: [Selection], _ window: Window, at now: Moment) -> (shown: Int, hidden: Int) {
        var shown = (known: Set<Interface>(), there: 0)
        var hidden = shown
        for selection in selections {
            guard let teams = selection.teams else { continue }
            let acd = switches[selection.switch].acd
            let names = acd.teams.filter { teams.contains($0) }
            let told = shownTeams(selection, window, at: now)
            shown.there += acd.people(of: names.filter { told.contains($0) }, window, at: now)
            hidden.there += acd.people(of: names.filter { !told.contains($0) }, window, at: now)
            for (interface, agent) in acd.agents
            where agent.isAnother != true && teams.contains(acd.team(of: interface) ?? "") {
                if told.contains(acd.team(of: interface) ?? "") {
                    shown.known.insert(interface)
                } else {
                    hidden.known.insert(interface)
                }
            }
        }
        return (min(shown.there, shown.known.count), min(hidden.there, hidden.known.count))
    }

    // MARK: in words

    private func figure(_ definition: FigureDefinition, _ figures: Figures, _ query: StatisticsQuery)
        -> StatisticsMessage.Figure
    {
        let isKnown = query.window.base == .cohort || definition.id != Self.ofCohortsOnly
        let value = isKnown ? figures.value(definition) : FigureValue()
        return StatisticsMessage.Figure(
            id: definition.id, name: query.isEnglish ? definition.english : definition.italian,
            formula: definition.formula,
            unit: definition.unit.rawValue, numerator: value.numerator, denominator: value.denominator,
            value: value.value)
    }

    private func message(_ window: Window, at now: Moment) -> StatisticsMessage.Window {
        let range: Range<UnixTime> = if case .dates(let dates) = window.extent { dates } else { window.dates(at: now) }
        let zone = rules.timeZone
        return StatisticsMessage.Window(
            name: window.name, base: window.base.rawValue, from: "\(range.lowerBound)", to: "\(range.upperBound)",
            fromLocal: zone.label(range.lowerBound), toLocal: zone.label(range.upperBound),
            timeZone: zone.identifier)
    }

    private func message(_ query: StatisticsQuery) -> StatisticsMessage.Scope {
        func told(_ kind: String, _ names: [String]) -> StatisticsMessage.Scope {
            StatisticsMessage.Scope(kind: kind, names: names, switches: query.switches?.map(\.rawValue))
        }
        return switch query.scope {
        case .all: told("all", [])
        case .switches(let names): told("switch", names.map(\.rawValue))
        case .queues(let names): told("queue", names.map(\.rawValue))
        case .group(let name): told("group", [name])
        case .team(let name): told("team", [name])
        case .supplier(let name): told("supplier", [name])
        }
    }

    private func coverage(_ indices: [Int], _ window: Window, _ figures: Figures, at now: Moment)
        -> StatisticsMessage.Coverage
    {
        let range = window.dates(at: now)
        let heard = Coverage(of: Set(indices).sorted().map { switches[$0] }, in: range)
        let truncated = indices.compactMap { switches[$0].acd.facts.truncatedBefore }.max().flatMap {
            $0 > range.lowerBound ? $0 : nil
        }
        return StatisticsMessage.Coverage(
            seconds: heard.length.seconds, lostSeconds: heard.lost.seconds, unknownSeconds: heard.unknown?.seconds,
            gaps: heard.gaps.count,
            open: figures.visits.count(VisitClass.waiting), unmeasured: figures.visits.count(VisitClass.unmeasured),
            truncatedBefore: truncated.map { "\($0)" }, unjournalledSeconds: unjournalled(in: range)?.seconds)
    }

    /// nil where no journal is kept.
    private func unjournalled(in range: Range<UnixTime>) -> Span? {
        lost.map { $0.reduce(.zero) { $0 + $1.overlap(range) } }
    }

    /// nil where the queues of the scope have different contracts.
    private func contract(_ selections: [Selection], _ figures: Figures) -> StatisticsMessage.Contract? {
        let all = selections.flatMap { selection in
            selection.queues.map { switches[selection.switch].acd.definition(of: $0) }
        }
        guard let definition = all.first, all.allSatisfy({ $0 == definition }) else { return nil }
        let formula = definition.formula
        let bounds = figures.visits.bounds(formula)
        return StatisticsMessage.Contract(
            formula: formula.id, thresholdSeconds: definition.threshold.seconds,
            shortAbandonSeconds: definition.shortAbandon.seconds,
            target: definition.target, level: .init(formula.id, figures.visits.serviceLevel(formula)),
            least: .init(formula.id, bounds.least),
            most: .init(formula.id, bounds.most))
    }

    private func threshold(_ threshold: Span, _ figures: Figures) -> StatisticsMessage.Threshold {
        let tally = figures.byThreshold[threshold] ?? VisitTally()
        return StatisticsMessage.Threshold(
            thresholdSeconds: threshold.seconds, answered: tally.answeredInTime, abandoned: tally.abandonedInTime,
            levels: ServiceLevel.Formula.all.map { .init($0.id, tally.serviceLevel($0)) })
    }

    /// Of one queue on one switch only: estimates of several cannot be added.
    private func estimates(_ selections: [Selection], _ scope: StatisticsQuery.Scope, at now: Moment)
        -> StatisticsMessage.Estimates?
    {
        let there = selections.filter { !$0.queues.isEmpty }
        guard case .queues(let names) = scope, names.count == 1, there.count == 1 else { return nil }
        let acd = switches[there[0].switch].acd
        let estimate = acd.estimate(of: names[0], at: now)
        let accuracy = acd.accuracy(of: names[0])
        return StatisticsMessage.Estimates(
            queueLengthSeconds: estimate.queueLength?.seconds,
            queueLengthAbandoningSeconds: estimate.queueLengthAbandoning?.seconds,
            lastToEnterServiceSeconds: estimate.lastToEnterService?.seconds,
            announcedMinutes: acd.announcedMinutes(of: names[0], at: now),
            accuracy: [
                ("QL", accuracy.queueLength), ("QLA", accuracy.queueLengthAbandoning),
                ("LES", accuracy.lastToEnterService),
            ].map {
                .init(
                    method: $0.0, cases: $0.1?.count ?? 0, meanAbsoluteErrorSeconds: $0.1?.meanAbsoluteError?.seconds,
                    biasSeconds: $0.1?.bias?.seconds)
            })
    }

    private func time(_ figures: Figures, agents: Int) -> StatisticsMessage.Time? {
        figures.states.map { states in
            StatisticsMessage.Time(
                agents: agents, states: WallboardMessage.byState(states.states.mapValues(\.seconds)),
                // Added up before they become seconds: sums of fractions would depend on their order.
                pauses: Dictionary(states.pauses.map { (printable($0.key), $0.value) }) { $0 + $1 }.mapValues(\.seconds)
            )
        }
    }

    /// An agent's part in a call of a queue that is not seen is the agent's all the same. The queue is not named.
    private func call(_ evidence: Evidence, of name: SwitchID) -> ExplanationMessage.Call {
        ExplanationMessage.Call(
            record: evidence.record?.rawValue, switch: name.rawValue,
            queue: evidence.queue.flatMap { sight.sees($0) ? $0.rawValue : nil },
            channel: evidence.channel?.rawValue,
            from: "\(evidence.from)", to: evidence.to.map { "\($0)" }, value: evidence.value, rule: evidence.rule)
    }
}

extension StatisticsMessage.Level {
    init(_ formula: String, _ level: ServiceLevel) {
        self.init(formula: formula, numerator: level.numerator, denominator: level.denominator, ratio: level.ratio)
    }
}
