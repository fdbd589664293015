import Telephony
import Time

/// The sums that the figures of one scope over one window are computed from. They can be added to those of
/// another queue or switch, and divided once.
public struct Figures: Sendable {
    public var visits = VisitTally()
    /// Joined in the window, whatever the base.
    public var joined = 0
    /// The callers of these visits, as far as their numbers are known; nil: not asked for.
    public var callers: Set<CallerKey>?
    /// Waits of answered callers, and of those who gave up.
    public var answeredWaits = WaitHistogram()
    public var abandonedWaits = WaitHistogram()
    /// The same visits counted by other thresholds than the contract's.
    public var byThreshold: [Span: VisitTally] = [:]
    public var legs = LegTally()
    /// Inbound contacts that asked for no agent and ended in the window; nil: the scope is not a whole switch.
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
    /// Visits, waits and refusals of one queue. Callers are added where ``callers`` is not nil.
    mutating func add(
        visitsOf facts: QueueFacts, _ window: Window, _ definition: ServiceLevel.Definition, thresholds: [Span] = [],
        at now: Moment
    ) {
        let others = thresholds.map { threshold in
            var other = definition
            other.threshold = threshold
            return other
        }
        var tallies = others.map { _ in VisitTally() }
        visits += facts.tally(window, definition, at: now) { fact in
            if let caller = fact.caller { callers?.insert(caller) }
            for index in others.indices {
                tallies[index].add(fact, as: VisitClass(fact, others[index], at: now), at: now)
            }
            guard fact.isMeasured else { return }
            if fact.outcome == .answered { answeredWaits.record(fact.wait(at: now)) }
            if fact.outcome == .abandoned { abandonedWaits.record(fact.wait(at: now)) }
        }
        for (threshold, tally) in zip(thresholds, tallies) {
            var tally = tally
            facts.eachRefusal(window, at: now) { tally.add($0) }
            byThreshold[threshold, default: VisitTally()] += tally
        }
    }

    fileprivate mutating func add(
        legsOf facts: QueueFacts, _ window: Window, _ contacts: inout Set<ContactKey>, at now: Moment
    ) {
        legs += facts.legTally(window, contacts: &contacts, at: now)
        let occupancy = facts.occupancy(window.dates(at: now), at: now)
        talkTime += occupancy.talk
        holdTime += occupancy.hold
    }
}

extension Facts {
    /// The figures of these queues, agents' parts and rings without answer included.
    /// - Parameters:
    ///   - thresholds: to be counted beside the contract's, each once.
    ///   - withDirect: of a whole switch: also what no queue brought.
    ///   - definition: a queue's contract.
    package func figures(
        of chosen: [QueueName], _ window: Window, thresholds: [Span], withDirect: Bool, at now: Moment,
        _ definition: (QueueName) -> ServiceLevel.Definition
    ) -> Figures {
        var sum = Figures()
        var contacts: Set<ContactKey> = []
        sum.callers = []
        // The time of a queue's agents is not the queue's alone: they are shared with other queues.
        sum.states = nil
        for queue in chosen {
            guard let facts = queues[queue] else { continue }
            sum.add(visitsOf: facts, window, definition(queue), thresholds: thresholds, at: now)
            sum.joined += facts.joined(window, at: now)
            sum.add(legsOf: facts, window, &contacts, at: now)
            sum.longestWaitingSince = ([sum.longestWaitingSince] + facts.waiting.map(\.joined)).compactMap { $0 }
                .min { $0.uptime < $1.uptime }
        }
        if withDirect {
            sum.add(legsOf: direct, window, &contacts, at: now)
            sum.selfServed = direct.selfServed.count { window.contains($0.ended, at: now) }
        }
        return sum
    }

    /// The visits of one queue.
    package func visits(of queue: QueueName, _ window: Window, _ definition: ServiceLevel.Definition, at now: Moment)
        -> VisitTally
    {
        guard let facts = queues[queue] else { return VisitTally() }
        if window.base == .cohort, case .dates(let range) = window.extent,
            let day = facts.day(range, definition, at: now)
        {
            return day.visits
        }
        return facts.tally(window, definition, at: now)
    }

    /// How many joined in the window, however their visits ended.
    package func joined(_ queue: QueueName, _ window: Window, at now: Moment) -> Int {
        queues[queue]?.joined(window, at: now) ?? 0
    }

    /// Figures of agents for whose team `isMember` holds ("" is no team): their parts in calls of any queue
    /// and none, and their time.
    package func teamFigures(_ window: Window, _ staffing: Staffing, at now: Moment, _ isMember: (String) -> Bool)
        -> Figures
    {
        var sum = Figures()
        var contacts: Set<ContactKey> = []
        for facts in everywhere {
            sum.legs += facts.legTally(window, contacts: &contacts, at: now) { isMember($0 ?? "") }
            let occupancy = facts.occupancy(window.dates(at: now), at: now) { isMember($0 ?? "") }
            sum.talkTime += occupancy.talk
            sum.holdTime += occupancy.hold
        }
        sum.states = stateTime(window, staffing, at: now, isMember)
        return sum
    }

    /// Those of each queue, in order of their names, and of what no queue brought.
    var everywhere: [QueueFacts] { queues.keys.sorted().compactMap { queues[$0] } + [direct] }

    /// How long agents were in which state; nil where the window's borders are not those of quarter-hours and
    /// lie further back than an hour.
    package func stateTime(_ window: Window, _ staffing: Staffing, at now: Moment, _ isMember: (String) -> Bool)
        -> StateTime?
    {
        let range = window.dates(at: now)
        func isBorder(_ date: UnixTime) -> Bool {
            ClockInterval.containing(date, length: ClockInterval.quarterHour).start == date
        }
        var sum = StateTime()
        if isBorder(range.lowerBound), isBorder(range.upperBound) || range.upperBound == now.date {
            for (team, cells) in states where isMember(team) {
                for (start, time) in cells where range.contains(start) { sum = sum + time }
            }
        } else if now.date - range.lowerBound <= ClockInterval.hour {
            recent.each { segment in
                guard isMember(segment.team) else { return }
                sum.add(segment.state, reason: segment.reason, LegFact.overlap(segment.from, segment.to, range))
            }
        } else {
            return nil
        }
        staffing.add(to: &sum, in: range, at: now, isMember)
        return sum
    }
}
