import Figures
import Telephony
import Time

/// What is over, or has begun, is appended to the facts.
extension ACD {
    mutating func joined(_ visit: QueueVisit, _ record: ContactID?, _ caller: CallerKey?, at now: Moment) {
        var fact = VisitFact(visit, record: record, caller: caller)
        change(visit.queue) { $0.joined(fact) }
        guard queues.contains(key: visit.queue) else { return }
        fact.estimates = estimate(of: visit.queue, isJoining: true, at: now)
        let rules = rules(of: visit.queue)
        facts.change(visit.queue, at: now) {
            $0.keepFigures(by: rules)
            $0.join(fact)
        }
        facts.named(fact.contact, in: visit.queue)
        facts.touch(visit.queue, visit.joined.date)
        announce(visit.queue, at: now)
    }

    mutating func left(
        _ visit: QueueVisit, _ outcome: QueueVisit.Outcome, _ record: ContactID?, _ caller: CallerKey?, at now: Moment
    ) {
        declare(visit.queue)
        guard queues.contains(key: visit.queue) else { return }
        var fact = VisitFact(visit, record: record, caller: caller)
        let rules = rules(of: visit.queue)
        facts.change(visit.queue, at: now) { facts in
            facts.keepFigures(by: rules)
            facts.passTime(to: now.uptime)
            let waited = facts.leave(visit.number)
            if let waited {
                fact = waited
                fact.record = record ?? fact.record
                fact.caller = caller ?? fact.caller
            }
            fact.end(visit, outcome, at: now)
            facts.append(fact, waitedSince: waited?.joined)
            guard outcome == .answered, fact.isMeasured else { return }
            let wait = fact.wait(at: now)
            facts.lastAnswered = .init(at: now.uptime, wait: wait)
            facts.accuracy.add(fact.estimates, wait: wait)
        }
        facts.named(fact.contact, in: visit.queue)
        change(visit.queue) { $0.left(fact) }
        keepTime(at: now)
        facts.touch(visit.queue, visit.joined.date)
        facts.touch(visit.queue, (visit.ended ?? now).date)
        announce(visit.queue, at: now)
    }

    private func rules(of queue: QueueName) -> RunningFigures.Rules {
        RunningFigures.Rules(definition: definition(of: queue), zone: policy.zone)
    }

    /// Keeps each queue's figures by the rules that are in force.
    mutating func keepFigures() {
        // any order: each queue's own figures
        for queue in queues.keys { facts.keepFigures(of: queue, by: rules(of: queue)) }
    }

    mutating func refused(_ queue: QueueName, _ reason: CallEvent.Refusal, at now: Moment) {
        let refusal = QueueFacts.Refusal(at: now, reason: reason)
        change(queue) { $0.counters.add(refusal) }
        if queues.contains(key: queue) { facts.change(queue, at: now) { $0.append(refusal) } }
        facts.touch(queue, now.date)
    }

    mutating func rangInVain(_ queue: QueueName, _ agent: AgentRef, at now: Moment) {
        let team = team(of: agent.interface)
        let noAnswer = QueueFacts.NoAnswer(at: now, team: team)
        let member = policy.keepsIndividuals ? MemberName(agent.name) : nil
        change(queue) { $0.counters.add(noAnswer, by: member, limit: Self.agentLimit) }
        if queues.contains(key: queue) { facts.change(queue, at: now) { $0.noAnswers.append(noAnswer) } }
        facts.touch(queue, now.date)
        facts.touch(team: team, now.date)
    }

    mutating func connected(_ leg: AgentLeg, _ record: ContactID?, at now: Moment) {
        guard !leg.isExternal else { return }
        let interface = leg.speaker.interface
        let fact = LegFact(
            leg, record: record, team: team(of: interface), agent: policy.keepsIndividuals ? interface : nil, at: now)
        facts.change(leg.queue, at: now) { $0.talking.append(fact) }
        facts.named(fact.contact, in: leg.queue)
        facts.touch(leg.queue, fact.established.date)
        facts.touch(team: fact.team, fact.established.date)
    }

    mutating func changeTalking(_ leg: AgentLeg, at now: Moment, _ body: (inout LegFact) -> Void) {
        facts.change(leg.queue, at: now) { facts in
            if let index = facts.talking.index(of: leg.number) { body(&facts.talking[index]) }
        }
    }

    mutating func disconnected(_ leg: AgentLeg, hasWrapUp: Bool, at now: Moment) {
        var ended: LegFact?
        facts.change(leg.queue, at: now) { facts in
            guard let index = facts.talking.index(of: leg.number) else { return }
            var fact = facts.talking.remove(at: index)
            fact.end(leg, at: now)
            if !hasWrapUp { fact.wrapUp = .zero }
            facts.append(fact)
            ended = fact
        }
        // Also the quarters after its end, if it was reported late: until now it was in them.
        guard let ended else { return }
        facts.named(ended.contact, in: leg.queue)
        facts.touch(
            leg.queue, team: ended.team,
            ended.established.date...max(ended.established.date, now.date, (leg.ended ?? now).date))
    }

    mutating func wrappedUp(
        _ work: AgentStatus.WrapUp, of team: String?, for length: Span, timedOut: Bool, at now: Moment
    ) {
        facts.change(work.queue, at: now) { facts in
            facts.changeLeg(work.leg) { leg in
                leg.wrapUp = length
                leg.wrapUpTimedOut = timedOut
            }
        }
        facts.touch(work.queue, work.began.date)
        facts.touch(team: team, work.began.date)
    }

    /// An inbound contact ended that asked for no agent.
    public mutating func selfServed(_ record: ContactID, _ channel: ChannelID, arrived: UnixTime, at now: Moment) {
        facts.change(nil, at: now) {
            $0.selfServed.append(.init(ended: now, arrived: arrived, record: record, channel: channel))
        }
    }

    // MARK: estimates

    /// The estimated wait of a caller who joins now, or of the last in line.
    func estimate(of queue: QueueName, isJoining: Bool, at now: Moment) -> WaitingTimeEstimate {
        Self.estimate(
            waiting: facts[queue]?.waiting.count ?? 0, facts[queue]?.pace, facts[queue]?.lastAnswered,
            crew(of: queue, at: now), isJoining: isJoining, at: now)
    }

    private static func estimate(
        waiting: Int, _ pace: QueueFacts.Pace?, _ lastAnswered: QueueFacts.LastAnswered?, _ crew: Crew,
        isJoining: Bool, at now: Moment
    ) -> WaitingTimeEstimate {
        let position = crew.idle > 0 && waiting == 0 ? 0 : waiting + (isJoining ? 1 : 0)
        // Only of the last hour: anything older is not the present pace.
        let pace = pace.flatMap { now.uptime - $0.at < ClockInterval.hour ? $0 : nil }
        let last = lastAnswered.flatMap { now.uptime - $0.at < ClockInterval.hour ? $0.wait : nil }
        return WaitingTimeEstimate(
            position: position, servers: crew.servers, handling: pace?.handling, patience: pace?.patience,
            lastAnswered: last)
    }

    private mutating func announce(_ queue: QueueName, at now: Moment) {
        facts.change(queue, at: now) { $0.measurePace(at: now) }
        let crew = crew(of: queue, at: now)
        facts.change(queue, at: now) { facts in
            let estimate = Self.estimate(
                waiting: facts.waiting.count, facts.pace, facts.lastAnswered, crew, isJoining: true, at: now)
            facts.announced.update(estimate.best, hasIdleAgent: crew.idle > 0)
        }
    }
}

extension ACD {
    /// How far estimates were from the real waits, since counting began.
    public func accuracy(of queue: QueueName) -> (
        queueLength: EstimateAccuracy?, queueLengthAbandoning: EstimateAccuracy?, lastToEnterService: EstimateAccuracy?
    ) {
        let accuracy = facts[queue]?.accuracy
        return (accuracy?.queueLength, accuracy?.queueLengthAbandoning, accuracy?.lastToEnterService)
    }

    /// The wait that is announced to a caller who joins now, in whole minutes; nil where none is announced.
    public func announcedMinutes(of queue: QueueName, at now: Moment) -> Int? {
        let crew = crew(of: queue, at: now)
        return crew.servers > 0 && crew.idle == 0 ? facts[queue]?.announced.minutes : nil
    }

    /// The estimated wait of a caller who joins now, by each method.
    public func estimate(of queue: QueueName, at now: Moment) -> WaitingTimeEstimate {
        estimate(of: queue, isJoining: true, at: now)
    }
}

// A fact is large: this loop reads it in its place, where a closure would get a copy.
extension [LegFact] {
    fileprivate func index(of number: UInt64) -> Int? {
        for index in indices where self[index].number == number { return index }
        return nil
    }
}
