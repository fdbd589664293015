import Telephony
import Time

/// Everything that the figures of one scope over one window are computed of: sums that can be added to those of another queue or switch and divided once.
public struct Figures: Sendable {
    public var visits = VisitTally()
    /// Joined in the window, whatever the base.
    public var joined = 0
    /// Whose visits these were, as far as the numbers are known; nil: not asked for.
    public var callers: Set<CallerKey>?
    /// Waits of answered callers, and of those who gave up.
    public var answeredWaits = WaitHistogram()
    public var abandonedWaits = WaitHistogram()
    /// The same visits counted by other thresholds than the contract's.
    public var byThreshold: [Span: VisitTally] = [:]
    public var legs = LegTally()
    /// Inbound contacts that asked for no agent and ended in the window; nil: not of a whole switch.
    public var selfServed: Int?
    /// Time in conversation and on hold, split at the window's borders.
    public var talkTime = Span.zero
    public var holdTime = Span.zero
    /// nil: not kept for this window, or not for so few people.
    public var states: StateTime? = StateTime()
    /// When the caller who waits longest now joined.
    public var longestWaitingSince: Moment?

    public init() {}

    public static func += (left: inout Figures, right: Figures) {
        left.visits += right.visits
        left.joined += right.joined
        if let callers = right.callers { left.callers = (left.callers ?? []).union(callers) }
        left.answeredWaits.add(right.answeredWaits)
        left.abandonedWaits.add(right.abandonedWaits)
        for (threshold, tally) in right.byThreshold { left.byThreshold[threshold, default: VisitTally()] += tally }
        left.legs += right.legs
        if let count = right.selfServed { left.selfServed = (left.selfServed ?? 0) + count }
        left.talkTime += right.talkTime
        left.holdTime += right.holdTime
        left.states = left.states.flatMap { states in right.states.map { states + $0 } }
        left.longestWaitingSince = [left.longestWaitingSince, right.longestWaitingSince].compactMap { $0 }
            .min { $0.uptime < $1.uptime }
    }
}

extension Figures {
    fileprivate mutating func add(legsOf facts: QueueFacts, _ window: Window, _ contacts: inout Set<ContactKey>, at now: Moment) {
        legs += facts.legTally(window, contacts: &contacts, at: now)
        let occupancy = facts.occupancy(window.dates(at: now), at: now)
        talkTime += occupancy.talk
        holdTime += occupancy.hold
    }
}

extension ACD {
    /// Of these queues; agents' parts and ring-no-answers are those of these queues, too. `thresholds`: to be counted beside the contract's.
    /// `withDirect`: of a whole switch, what no queue brought, too. `namesCallers`: ``Figures/callers``, which cost as much as everything else.
    /// `onlyVisits`: ``Figures/visits`` and the waits, and nothing else.
    public func figures(
        of chosen: [QueueName], _ window: Window, thresholds: [Span] = [], withDirect: Bool = false, namesCallers: Bool = true,
        onlyVisits: Bool = false, at now: Moment
    ) -> Figures {
        var sum = Figures()
        var contacts: Set<ContactKey> = []
        if namesCallers { sum.callers = [] }
        // Of a queue nothing is known of who is logged in: agents are shared.
        sum.states = nil
        for queue in chosen {
            guard let facts = facts.queues[queue] else { continue }
            let definition = definition(of: queue)
            sum.visits += facts.tally(window, definition, at: now) { fact in
                if namesCallers, let caller = fact.caller { sum.callers?.insert(caller) }
                guard fact.isMeasured else { return }
                if fact.outcome == .answered { sum.answeredWaits.record(fact.wait(at: now)) }
                if fact.outcome == .abandoned { sum.abandonedWaits.record(fact.wait(at: now)) }
            }
            if onlyVisits { continue }
            for threshold in thresholds {
                var other = definition
                other.threshold = threshold
                sum.byThreshold[threshold, default: VisitTally()] += facts.tally(window, other, at: now)
            }
            sum.joined += facts.joined(window, at: now)
            sum.add(legsOf: facts, window, &contacts, at: now)
            sum.longestWaitingSince = ([sum.longestWaitingSince] + facts.waiting.map(\.joined)).compactMap { $0 }
                .min { $0.uptime < $1.uptime }
        }
        if withDirect {
            sum.add(legsOf: facts.direct, window, &contacts, at: now)
            sum.selfServed = facts.direct.selfServed.count { window.contains($0.ended, at: now) }
        }
        return sum
    }

    /// Of one queue, by its own definition.
    public func visits(of queue: QueueName, _ window: Window, at now: Moment) -> VisitTally {
        facts.queues[queue]?.tally(window, definition(of: queue), at: now) ?? VisitTally()
    }

    /// How many joined in the window, whatever came of them.
    public func joined(_ queue: QueueName, _ window: Window, at now: Moment) -> Int {
        guard let facts = facts.queues[queue] else { return 0 }
        return facts.joined(window, at: now)
    }

    /// Agents' figures, of those for whose team `isMember` holds ("" is no team): their parts in calls of any queue and none, and their time.
    public func teamFigures(_ window: Window, at now: Moment, _ isMember: (String) -> Bool) -> Figures {
        var sum = Figures()
        var contacts: Set<ContactKey> = []
        for facts in facts.queues.keys.sorted().compactMap({ facts.queues[$0] }) + [facts.direct] {
            sum.legs += facts.legTally(window, contacts: &contacts, at: now) { isMember($0 ?? "") }
            for leg in facts.legs + facts.talking where isMember(leg.team ?? "") {
                let part = leg.overlap(window.dates(at: now), at: now)
                sum.talkTime += part.talk
                sum.holdTime += part.hold
            }
        }
        sum.states = stateTime(window, at: now, isMember)
        return sum
    }

    /// How long agents were in which state; nil where the window's borders are not those of quarter-hours and lie further back than an hour.
    public func stateTime(_ window: Window, at now: Moment, _ isMember: (String) -> Bool) -> StateTime? {
        let range = window.dates(at: now)
        func isBorder(_ date: UnixTime) -> Bool { ClockInterval.containing(date, length: ClockInterval.quarterHour).start == date }
        var sum = StateTime()
        if isBorder(range.lowerBound), isBorder(range.upperBound) || range.upperBound == now.date {
            for (team, cells) in facts.states where isMember(team) {
                for (start, time) in cells where range.contains(start) { sum = sum + time }
            }
        } else if now.date - range.lowerBound <= .seconds(3600) {
            for segment in facts.recent where isMember(segment.team) {
                sum.add(segment.state, reason: segment.reason, LegFact.overlap(segment.from, segment.to, range))
            }
        } else {
            return nil
        }
        for agent in agents.values where isMember(team(of: agent.agent.interface) ?? "") && agent.counted != .loggedOff {
            sum.add(agent.counted, reason: agent.countedReason, LegFact.overlap(agent.since, now, range))
        }
        return sum
    }
}
