import Telephony
import Time

/// The rows of a quarter-hour, from the facts. A row says nothing that depends on when it is asked for: who waits still is counted, not timed.
extension ACD {
    /// The teams of a row: one, or all that are too small to be shown alone.
    struct TeamRow: Codable, Equatable, Sendable {
        var name: String
        var members: [String]
    }

    /// Teams that have agents on this switch. Without a legal basis those of fewer than ``Organisation/smallestTeam`` agents who were there in the
    /// quarter-hour are added up, with the agents in none; and where even these together are fewer there is no row of them.
    func teamRows(_ interval: ClockInterval, at now: Moment) -> [TeamRow] {
        let people = people(in: interval.range, at: now)
        let shown = shown(teams) { people[$0]?[interval.start] ?? 0 }
        let alone = shown.alone.map { TeamRow(name: $0, members: [$0]) }
        let together = shown.together.isEmpty ? [] : [TeamRow(name: IntervalRow.otherTeams, members: shown.together)]
        return (alone + together).sorted { $0.name < $1.name }
    }

    /// `thresholds`: for A_T and B_T beside the contract's.
    func row(of queue: QueueName, _ interval: ClockInterval, thresholds: [Span], at now: Moment) -> IntervalRow {
        var row = IntervalRow(kind: .queue, name: queue.rawValue, start: interval.start, length: interval.length)
        let facts = facts.queues[queue] ?? QueueFacts()
        let definition = definition(of: queue)
        let range = interval.range
        row.cohort = facts.cohort(range, definition, thresholds)
        row.openVisits = row.cohort?.open ?? 0
        row.completion = facts.completion(range)
        row.legs = .init(facts.legTally(.interval(interval), at: now))
        let occupancy = facts.occupancy(range, at: now)
        row.occupancy = .init(talk: occupancy.talk, hold: occupancy.hold)
        row.openLegs = facts.openLegs(range) { _ in true }
        row.estimatedRecords =
            (facts.visits + facts.waiting).count { range.contains($0.joined.date) && !$0.isMeasured }
            + facts.estimatedLegs(range) { _ in true }
        return row
    }

    func row(of team: TeamRow, _ interval: ClockInterval, at now: Moment) -> IntervalRow {
        var row = IntervalRow(kind: .team, name: team.name, start: interval.start, length: interval.length)
        let isMember = { (name: String?) in team.members.contains(name ?? "") }
        for facts in facts.queues.keys.sorted().compactMap({ facts.queues[$0] }) + [facts.direct] {
            row.legs += .init(facts.legTally(.interval(interval), at: now, isMember))
            row.openLegs += facts.openLegs(interval.range, isMember)
            row.estimatedRecords += facts.estimatedLegs(interval.range, isMember)
        }
        var time = StateTime()
        for name in team.members { if let part = facts.states[name]?[interval.start] { time = time + part } }
        // In the order of their names: reasons beyond the limit are told together.
        for interface in agents.keys.sorted() where isMember(self.team(of: interface)) {
            guard let agent = agents[interface], agent.counted != .loggedOff else { continue }
            time.add(agent.counted, reason: agent.countedReason, LegFact.overlap(agent.since, now, interval.range))
        }
        row.time = .init(
            states: Dictionary(uniqueKeysWithValues: time.states.map { ($0.key.rawValue, $0.value) }), pauses: time.pauses)
        return row
    }

    /// Whether something in the row still lasts: then it need not be computed to know that it is provisional.
    func isOpen(_ queue: QueueName, _ interval: ClockInterval) -> Bool {
        guard let facts = facts.queues[queue] else { return false }
        return facts.waiting.contains { interval.range.contains($0.joined.date) } || facts.openLegs(interval.range) { _ in true } > 0
    }

    // MARK: between the rows and the facts

    /// What became different about rows that were cut, in order; it is forgotten here.
    mutating func takeTouched() -> [IntervalRow.Key] {
        defer { facts.touched.removeAll(keepingCapacity: true) }
        return facts.touched.sorted()
    }

    var hasTouched: Bool { !facts.touched.isEmpty }

    /// Rows that begin before `cut` have been cut: what becomes different about them is noted. Facts from `kept` on are not forgotten.
    mutating func intervalsAreCut(before cut: UnixTime, keptFrom kept: UnixTime) {
        facts.cutBefore = cut
        facts.keptFrom = kept
    }
}

extension QueueFacts {
    fileprivate func cohort(_ range: Range<UnixTime>, _ definition: ServiceLevel.Definition, _ thresholds: [Span]) -> IntervalRow.Cohort {
        var cohort = IntervalRow.Cohort()
        cohort.within = thresholds.map { .init(threshold: $0) }
        var level = IntervalRow.ContractLevel(
            formula: definition.formula.id, threshold: definition.threshold, shortAbandon: definition.shortAbandon)
        var waits = WaitHistogram()
        for fact in visits {
            guard range.contains(fact.joined.date), let ended = fact.ended else { continue }
            cohort.offered += 1
            let wait = fact.wait(at: ended)
            let visitClass = VisitClass(fact, definition, at: ended)
            if definition.formula.numerator.contains(visitClass) { level.numerator += 1 }
            if definition.formula.denominator.contains(visitClass) { level.denominator += 1 }
            switch fact.outcome {
            case .waiting: break
            case .answered:
                cohort.answered += 1
                guard fact.isMeasured else { break }
                cohort.waitAnswered += wait
                cohort.waitedAnswered += 1
                waits.record(wait)
                for index in cohort.within.indices where wait <= cohort.within[index].threshold { cohort.within[index].answered += 1 }
            case .abandoned:
                cohort.abandoned += 1
                guard fact.isMeasured else { break }
                if wait <= definition.shortAbandon { cohort.shortAbandons += 1 }
                cohort.waitAbandoned += wait
                cohort.waitedAbandoned += 1
                for index in cohort.within.indices where wait <= cohort.within[index].threshold { cohort.within[index].abandoned += 1 }
            case .flowOut(let reason):
                cohort.flowOut.add(reason)
                guard fact.isMeasured else { break }
                cohort.waitFlowOut += wait
                cohort.waitedFlowOut += 1
            case .lost: cohort.lost += 1
            }
            if !fact.isMeasured, fact.outcome == .answered || fact.outcome == .abandoned { cohort.unmeasured += 1 }
            if fact.isMeasured, fact.outcome != .lost { cohort.longestWait = max(cohort.longestWait ?? .zero, wait) }
        }
        cohort.open = waiting.count { range.contains($0.joined.date) }
        cohort.offered += cohort.open
        cohort.flowIn = (visits + waiting).count { $0.isFlowIn && range.contains($0.joined.date) }
        for refusal in refusals where range.contains(refusal.at.date) {
            if refusal.isFull { cohort.blockedFull += 1 } else { cohort.blockedEmpty += 1 }
        }
        cohort.waitP50 = waits.quantile(50)
        cohort.waitP90 = waits.quantile(90)
        cohort.serviceLevel = level
        return cohort
    }

    fileprivate func completion(_ range: Range<UnixTime>) -> IntervalRow.Completion {
        var completion = IntervalRow.Completion()
        for fact in visits {
            guard let ended = fact.ended, range.contains(ended.date) else { continue }
            switch fact.outcome {
            case .waiting: break
            case .answered: completion.answered += 1
            case .abandoned: completion.abandoned += 1
            case .flowOut: completion.flowOut += 1
            case .lost: completion.lost += 1
            }
        }
        return completion
    }

    /// Conversations that began before the interval's end and last, and after-call work of those that ended in it.
    fileprivate func openLegs(_ range: Range<UnixTime>, _ isMember: (String?) -> Bool) -> Int {
        talking.count { $0.established.date < range.upperBound && isMember($0.team) }
            + legs.count { leg in leg.wrapUp == nil && (leg.ended.map { range.contains($0.date) } ?? false) && isMember(leg.team) }
    }

    fileprivate func estimatedLegs(_ range: Range<UnixTime>, _ isMember: (String?) -> Bool) -> Int {
        legs.count { leg in !leg.isMeasured && (leg.ended.map { range.contains($0.date) } ?? false) && isMember(leg.team) }
    }
}

extension IntervalRow.FlowOut {
    mutating func add(_ reason: QueueVisit.FlowOut) {
        switch reason {
        case .timeout: timeout += 1
        case .key: key += 1
        case .empty: empty += 1
        case .withdrawn: withdrawn += 1
        case .unknown: unknown += 1
        }
    }
}
