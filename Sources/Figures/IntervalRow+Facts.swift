import Telephony
import Time

/// The rows of a quarter-hour, from the facts. No value of a row depends on when it is asked for: callers who still
/// wait are counted, not timed.
extension Facts {
    /// The teams of a row: one, or all that are too small to be shown alone.
    struct TeamRow: Codable, Equatable, Sendable {
        var name: String
        var members: [String]
    }

    /// Teams that have agents on this switch.
    ///
    /// Without a legal basis those of fewer than ``Organisation/smallestTeam`` agents who were there in the
    /// quarter-hour are added up, with the agents in no team; where even these together are fewer there is no
    /// row of them.
    func teamRows(_ interval: ClockInterval, _ staffing: Staffing, at now: Moment) -> [TeamRow] {
        let people = people(in: interval.range, staffing, at: now)
        let shown = staffing.shown(staffing.teams) { people[$0]?[interval.start] ?? 0 }
        let alone = shown.alone.map { TeamRow(name: $0, members: [$0]) }
        let together = shown.together.isEmpty ? [] : [TeamRow(name: IntervalRow.otherTeams, members: shown.together)]
        return (alone + together).sorted { $0.name < $1.name }
    }

    /// `thresholds`: for A_T and B_T beside the contract's.
    func row(
        of queue: QueueName, _ interval: ClockInterval, _ definition: ServiceLevel.Definition, thresholds: [Span],
        at now: Moment
    ) -> IntervalRow {
        var row = IntervalRow(kind: .queue, name: queue.rawValue, start: interval.start, length: interval.length)
        let facts = queues[queue] ?? QueueFacts()
        var joined = Figures()
        joined.add(visitsOf: facts, .interval(interval), definition, thresholds: thresholds, at: now)
        let ended = facts.tally(.interval(interval, base: .completion), definition, at: now)
        let legs = facts.legTally(.interval(interval), at: now)
        let occupancy = facts.occupancy(interval.range, at: now)
        row.cohort = .init(joined, definition, thresholds)
        row.completion = .init(ended)
        row.legs = .init(legs)
        row.occupancy = .init(talk: occupancy.talk, hold: occupancy.hold)
        row.openVisits = joined.visits.count(VisitClass.waiting)
        row.openLegs = facts.openLegs(interval.range)
        row.estimatedRecords = joined.visits.estimated + legs.estimated
        return row
    }

    func row(of team: TeamRow, _ interval: ClockInterval, _ staffing: Staffing, at now: Moment) -> IntervalRow {
        var row = IntervalRow(kind: .team, name: team.name, start: interval.start, length: interval.length)
        var legs = LegTally()
        for facts in everywhere {
            legs += facts.legTally(.interval(interval), at: now) { team.members.contains($0 ?? "") }
            row.openLegs += facts.openLegs(interval.range) { team.members.contains($0 ?? "") }
        }
        row.legs = .init(legs)
        row.estimatedRecords = legs.estimated
        var time = StateTime()
        for name in team.members { if let part = states[name]?[interval.start] { time = time + part } }
        staffing.add(to: &time, in: interval.range, at: now) { team.members.contains($0) }
        row.time = time
        return row
    }

    /// Whether something in the row still lasts: then it need not be computed to know that it is provisional.
    func isOpen(_ queue: QueueName, _ interval: ClockInterval) -> Bool {
        guard let facts = queues[queue] else { return false }
        return facts.waiting.contains { interval.range.contains($0.joined.date) } || facts.openLegs(interval.range) > 0
    }
}

extension IntervalRow.Cohort {
    fileprivate init(_ figures: Figures, _ definition: ServiceLevel.Definition, _ thresholds: [Span]) {
        let visits = figures.visits
        offered = visits.count(VisitClass.allCases)
        answered = visits.count(VisitClass.answered)
        abandoned = visits.count(VisitClass.abandoned)
        shortAbandons = visits.count(VisitClass.shortAbandons)
        flowOut = IntervalRow.FlowOut(visits)
        lost = visits.count(of: .lost)
        open = visits.count(VisitClass.waiting)
        unmeasured = visits.count(VisitClass.unmeasured.filter { $0.outcome != nil })
        flowIn = visits.flowIn
        blockedFull = visits.blockedFull
        blockedEmpty = visits.blockedEmpty
        within = thresholds.map { threshold in
            let tally = figures.byThreshold[threshold] ?? VisitTally()
            return .init(threshold: threshold, answered: tally.answeredInTime, abandoned: tally.abandonedInTime)
        }
        waitAnswered = visits.wait(VisitClass.answered)
        waitedAnswered = visits.measured(VisitClass.answered)
        waitAbandoned = visits.wait(VisitClass.abandoned)
        waitedAbandoned = visits.measured(VisitClass.abandoned)
        waitFlowOut = visits.wait(VisitClass.flowOut)
        waitedFlowOut = visits.measured(VisitClass.flowOut)
        longestWait = visits.longest(VisitClass.answered + VisitClass.abandoned + VisitClass.flowOut)
        waitP50 = figures.answeredWaits.quantile(50)
        waitP90 = figures.answeredWaits.quantile(90)
        let level = visits.serviceLevel(definition.formula)
        serviceLevel = IntervalRow.ContractLevel(
            formula: definition.formula.id, threshold: definition.threshold, shortAbandon: definition.shortAbandon,
            numerator: level.numerator, denominator: level.denominator)
    }
}

extension IntervalRow.FlowOut {
    fileprivate init(_ visits: VisitTally) {
        self.init()
        for reason in QueueVisit.FlowOut.allCases { self[reason] = visits.count(of: .flowOut(reason)) }
    }
}

extension IntervalRow.Completion {
    fileprivate init(_ visits: VisitTally) {
        self.init(
            answered: visits.count(VisitClass.answered), abandoned: visits.count(VisitClass.abandoned),
            flowOut: visits.count(VisitClass.flowOut), lost: visits.count(of: .lost))
    }
}

extension IntervalRow.Legs {
    fileprivate init(_ tally: LegTally) {
        self.init()
        handled = tally.handled
        measured = tally.measured
        talk = tally.talk
        hold = tally.hold
        wrapUp = tally.wrapUp
        ring = tally.ring
        rung = tally.rung
        transfersOut = tally.transferredOut
        ringNoAnswer = tally.noAnswers
    }
}
