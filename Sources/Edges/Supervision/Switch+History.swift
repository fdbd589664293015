import Core
import ACD
import Access
import Figures
import Telephony
import Time
import Wallboard

/// The last two hours, for a chart.
extension Switch {
    /// Two hours in steps of five minutes, as wide as a chart shows them.
    static let historyStep = Span.seconds(300)
    static let historySteps = 24

    func history(at now: Moment, _ sight: Sight) -> [HistoryMessage.Queue] {
        let step = Self.historyStep.microseconds
        let first = now.date.microseconds / step * step - Int64(Self.historySteps - 1) * step
        return acd.queues.keys.filter(sight.sees).sorted().map { queue in
            let formula = acd.definition(of: queue).formula
            let steps = (0..<Int64(Self.historySteps)).map { index in
                let start = UnixTime(microseconds: first + index * step)
                let end = start + Self.historyStep
                let visits = acd.visits(
                    of: queue, Window(name: "step", base: .cohort, extent: .dates(start..<end)), at: now)
                let level = visits.serviceLevel(formula)
                let lost = Coverage(of: CollectionOfOne(self), in: start..<min(end, max(start, now.date))).lost
                return HistoryMessage.Step(
                    from: "\(start)", offered: visits.count(VisitClass.allCases),
                    answered: visits.count(VisitClass.answered),
                    abandoned: visits.count(VisitClass.abandoned), numerator: level.numerator,
                    denominator: level.denominator,
                    lostSeconds: lost.seconds)
            }
            return HistoryMessage.Queue(switch: name.rawValue, name: queue.rawValue, steps: steps)
        }
    }
}
