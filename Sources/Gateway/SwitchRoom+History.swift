import ACD
import Telephony
import Wallboard

/// The last two hours, for a chart.
extension SwitchRoom {
    static let historyStep = Span.seconds(300)
    static let historySteps = 24

    func history(_ stream: StreamCutter, at now: Moment) -> [HistoryMessage.Queue] {
        let step = Self.historyStep.microseconds
        let first = now.date.microseconds / step * step - Int64(Self.historySteps - 1) * step
        return acd.queues.keys.sorted().map { queue in
            let formula = acd.definition(of: queue).formula
            let steps = (0..<Int64(Self.historySteps)).map { index in
                let start = UnixTime(microseconds: first + index * step)
                let end = start + Self.historyStep
                let visits = acd.visits(of: queue, Window(name: "step", base: .cohort, extent: .dates(start..<end)), at: now)
                let level = visits.serviceLevel(formula)
                let heard = min(end, now.date)
                let before = max(.zero, min(stream.since, heard) - start)
                return HistoryMessage.Step(
                    from: "\(start)", offered: visits.count(VisitClass.allCases), answered: visits.count(VisitClass.answered),
                    abandoned: visits.count(VisitClass.abandoned), numerator: level.numerator, denominator: level.denominator,
                    lostSeconds: (unheard(since: max(start, stream.since), at: heard) + before).seconds)
            }
            return HistoryMessage.Queue(switch: name.rawValue, name: queue.rawValue, steps: steps)
        }
    }
}
