import Telephony
import Time

/// The visits of one queue on one day, whose callers wait or not.
public struct QueueDay: Equatable, Sendable {
    public var visits = VisitTally()
    public var answeredWaits = WaitHistogram()
}

/// The visits of one queue in the last minutes.
public struct RecentVisits: Equatable, Sendable {
    public var ended = VisitCounts()
    /// How many joined, however their visits ended.
    public var joined = 0
}

/// What the readers of a queue's row ask for again and again: taken from the kept figures, or from the facts where none
/// are kept.
extension Facts {
    /// One queue's figures of the day of `now` so far: visits of the callers who joined on it, including those who
    /// still wait.
    package func today(of queue: QueueName, _ zone: TimeZoneRule, _ definition: ServiceLevel.Definition, at now: Moment)
        -> QueueDay
    {
        guard let facts = queues[queue] else { return QueueDay() }
        let window = Window.today(zone, at: now)
        if case .dates(let range) = window.extent, let day = facts.day(range, definition, at: now) { return day }
        var figures = Figures()
        figures.add(visitsOf: facts, window, definition, at: now)
        return QueueDay(visits: figures.visits, answeredWaits: figures.answeredWaits)
    }

    /// What ended and who joined in one queue in the last `minutes`, one of ``Window/slidingMinutes``.
    package func recent(
        minutes: Int64, of queue: QueueName, _ definition: ServiceLevel.Definition, at now: Moment
    ) -> RecentVisits {
        guard let facts = queues[queue] else { return RecentVisits() }
        if let window = facts.slidingWindow(minutes: minutes, definition, at: now) {
            return RecentVisits(ended: window.counts, joined: window.joined)
        }
        let window = Window.sliding(minutes: minutes)
        return RecentVisits(
            ended: VisitCounts(facts.tally(window, definition, at: now)), joined: facts.joined(window, at: now))
    }

    /// Where the kept figures differ from the sums over the facts, in words.
    package func faultsOfKeptFigures(
        of queue: QueueName, _ zone: TimeZoneRule, _ definition: ServiceLevel.Definition, at now: Moment
    ) -> [String] {
        guard let facts = queues[queue] else { return [] }
        var faults: [String] = []
        func check<Value: Equatable>(_ kept: Value?, _ sum: Value, _ name: String) {
            if let kept, kept != sum { faults.append("\(name) of “\(queue.rawValue)”: kept \(kept), counted \(sum)") }
        }
        for date in [now.date, UnixTime(microseconds: zone.midnight(atOrBefore: now.date).microseconds - 1)] {
            let window = Window(name: "day", base: .cohort, extent: .dates(zone.day(containing: date)))
            var sum = Figures()
            sum.add(visitsOf: facts, window, definition, at: now)
            check(
                facts.day(zone.day(containing: date), definition, at: now),
                QueueDay(visits: sum.visits, answeredWaits: sum.answeredWaits), "the day of \(date)")
        }
        for minutes in Window.slidingMinutes {
            let window = Window.sliding(minutes: minutes)
            let kept = facts.slidingWindow(minutes: minutes, definition, at: now)
            check(kept?.counts, VisitCounts(facts.tally(window, definition, at: now)), "the last \(minutes) minutes")
            check(kept?.joined, facts.joined(window, at: now), "who joined in the last \(minutes) minutes")
        }
        check(facts.keptPace(at: now), facts.paceOfFacts(at: now), "the pace")
        return faults
    }
}
