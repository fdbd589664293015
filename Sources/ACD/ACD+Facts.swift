import Telephony
import Time

/// What happens, written down as facts.
extension ACD {
    mutating func joined(_ visit: QueueVisit, _ record: ContactID?, _ caller: CallerKey?, at now: Moment) {
        guard queues[visit.queue] != nil else { return }
        var fact = VisitFact(visit, record: record, caller: caller)
        fact.estimates = estimate(of: visit.queue, isJoining: true, at: now)
        facts.change(visit.queue, at: now) { $0.waiting.append(fact) }
        facts.touch(visit.queue, visit.joined.date)
        announce(visit.queue, at: now)
    }

    mutating func left(_ visit: QueueVisit, _ outcome: VisitFact.Outcome, _ record: ContactID?, _ caller: CallerKey?, at now: Moment) {
        guard queues[visit.queue] != nil else { return }
        facts.change(visit.queue, at: now) { facts in
            let index = facts.waiting.firstIndex { $0.number == visit.number }
            var fact = index.map { facts.waiting.remove(at: $0) } ?? VisitFact(visit, record: record, caller: caller)
            fact.record = record ?? fact.record
            fact.caller = caller ?? fact.caller
            fact.end(visit, outcome, at: now)
            facts.append(fact)
            guard outcome == .answered, fact.isMeasured else { return }
            let wait = fact.wait(at: now)
            facts.lastAnswered = .init(at: now.uptime, wait: wait)
            facts.accuracy.add(fact.estimates, wait: wait)
        }
        keepTime(at: now)
        facts.touch(visit.queue, visit.joined.date)
        facts.touch(visit.queue, (visit.ended ?? now).date)
        announce(visit.queue, at: now)
    }

    mutating func connected(_ leg: AgentLeg, _ record: ContactID?, at now: Moment) {
        guard !leg.isExternal else { return }
        let interface = leg.speaker.interface
        let fact = LegFact(
            leg, record: record, team: team(of: interface), agent: house.keepsIndividuals ? interface : nil, at: now)
        facts.change(leg.queue, at: now) { $0.talking.append(fact) }
        facts.touch(leg.queue, fact.established.date)
        facts.touch(team: fact.team, fact.established.date)
    }

    mutating func changeTalking(_ leg: AgentLeg, at now: Moment, _ body: (inout LegFact) -> Void) {
        facts.change(leg.queue, at: now) { facts in
            if let index = facts.talking.firstIndex(where: { $0.number == leg.number }) { body(&facts.talking[index]) }
        }
    }

    mutating func disconnected(_ leg: AgentLeg, hasWrapUp: Bool, at now: Moment) {
        var ended: LegFact?
        facts.change(leg.queue, at: now) { facts in
            guard let index = facts.talking.firstIndex(where: { $0.number == leg.number }) else { return }
            var fact = facts.talking.remove(at: index)
            fact.end(leg, at: now)
            if !hasWrapUp { fact.wrapUp = .zero }
            facts.append(fact)
            ended = fact
        }
        // Also the quarters after its end, if it was told late: until now it was in them.
        guard let ended else { return }
        facts.touch(leg.queue, team: ended.team, ended.established.date...max(ended.established.date, now.date, (leg.ended ?? now).date))
    }

    mutating func wrappedUp(_ work: AgentStatus.WrapUp, of team: String?, for length: Span, timedOut: Bool, at now: Moment) {
        facts.change(work.queue, at: now) { facts in
            guard let index = facts.legs.lastIndex(where: { $0.number == work.leg }) else { return }
            facts.legs[index].wrapUp = length
            facts.legs[index].wrapUpTimedOut = timedOut
        }
        facts.touch(work.queue, work.began.date)
        facts.touch(team: team, work.began.date)
    }

    /// An inbound contact ended that asked for no agent.
    public mutating func selfServed(_ record: ContactID, _ channel: ChannelID, arrived: UnixTime, at now: Moment) {
        facts.change(nil, at: now) { $0.selfServed.append(.init(ended: now, arrived: arrived, record: record, channel: channel)) }
    }

    // MARK: estimates

    /// What somebody who joined now would be told, or the last in line.
    func estimate(of queue: QueueName, isJoining: Bool, at now: Moment) -> WaitingTimeEstimate {
        let facts = facts.queues[queue] ?? QueueFacts()
        let crew = crew(of: queue, at: now)
        let position = crew.idle > 0 && facts.waiting.isEmpty ? 0 : facts.waiting.count + (isJoining ? 1 : 0)
        // Of the last hour, or it is no pace of now.
        let pace = facts.pace.flatMap { now.uptime - $0.at < .seconds(3600) ? $0 : nil }
        let last = facts.lastAnswered.flatMap { now.uptime - $0.at < .seconds(3600) ? $0.wait : nil }
        return WaitingTimeEstimate(
            position: position, servers: crew.servers, handling: pace?.handling, patience: pace?.patience, lastAnswered: last)
    }

    private mutating func announce(_ queue: QueueName, at now: Moment) {
        facts.change(queue, at: now) { $0.measurePace(at: now) }
        let estimate = estimate(of: queue, isJoining: true, at: now).best
        let hasIdle = crew(of: queue, at: now).idle > 0
        facts.change(queue, at: now) { $0.announced.update(estimate, hasIdleAgent: hasIdle) }
    }
}

extension VisitFact.Outcome {
    init(_ outcome: QueueVisit.Outcome) {
        self =
            switch outcome {
            case .abandoned: .abandoned
            case .flowOut(let reason): .flowOut(reason)
            case .lost: .lost
            }
    }
}

extension QueueFacts.Accuracy {
    mutating func add(_ estimates: WaitingTimeEstimate, wait: Span) {
        if let told = estimates.queueLength { queueLength.add(estimate: told, wait: wait) }
        if let told = estimates.queueLengthAbandoning { queueLengthAbandoning.add(estimate: told, wait: wait) }
        if let told = estimates.lastToEnterService { lastToEnterService.add(estimate: told, wait: wait) }
    }
}

extension ACD {
    /// How good the estimates were since we count.
    public func accuracy(of queue: QueueName) -> (
        queueLength: EstimateAccuracy?, queueLengthAbandoning: EstimateAccuracy?, lastToEnterService: EstimateAccuracy?
    ) {
        let accuracy = facts.queues[queue]?.accuracy
        return (accuracy?.queueLength, accuracy?.queueLengthAbandoning, accuracy?.lastToEnterService)
    }

    /// Whole minutes that a caller who joined now would be told; nil where nothing is told.
    public func announcedMinutes(of queue: QueueName, at now: Moment) -> Int? {
        let crew = crew(of: queue, at: now)
        return crew.servers > 0 && crew.idle == 0 ? facts.queues[queue]?.announced.minutes : nil
    }

    /// What somebody who joined now would be told, by each method.
    public func estimate(of queue: QueueName, at now: Moment) -> WaitingTimeEstimate { estimate(of: queue, isJoining: true, at: now) }
}
