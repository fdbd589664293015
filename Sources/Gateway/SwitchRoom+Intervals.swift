import ACD
import Figures
import Switches
import Telephony
import Time

/// The rows of quarter-hours: what the ledger has to know of the switch.
extension SwitchRoom {
    /// A clock that is further behind than this is a fault that nobody should wait for.
    private static let longestLag = Span.seconds(3600)

    /// How far the switch's clock, which dates its events, is behind ours.
    private var lag: Span {
        guard let offset = link?.clock.best?.offset else { return .zero }
        return min(max(.zero, .zero - offset), Self.longestLag)
    }

    /// Everything that happened before is known; nil: the switch was never heard.
    private func heardUntil(_ now: UnixTime) -> UnixTime? {
        guard firstHeard != nil else { return nil }
        if link == nil { return now }
        // Until its inventory is complete, too, nothing is certain about what the gap hid.
        if let gap = gaps.last, gap.to == nil { return gap.from }
        return lastHeard
    }

    func nextIntervalDeadline(at now: Moment) -> Span? { intervals?.nextDeadline(at: now, lag: lag) }

    mutating func noticeIntervals(at now: Moment) {
        guard intervals != nil else { return }
        let heard = heardUntil(now.date)
        intervals?.notice(acd.facts, heard: heard, at: now)
    }

    mutating func closeIntervals(thresholds: [Span], at now: Moment) -> IntervalLedger.Closing? {
        guard var ledger = intervals else { return nil }
        intervals = nil
        let room = self
        let hearing = IntervalLedger.Hearing(until: heardUntil(now.date), lag: lag) { Coverage(of: CollectionOfOne(room), in: $0).lost }
        let closing = acd.closeIntervals(of: &ledger, thresholds: thresholds, hearing, at: now)
        intervals = ledger
        return closing
    }
}

extension Gateway {
    mutating func closeIntervals(_ index: Int, at now: Moment, _ effects: inout [Effect]) {
        guard let closing = rooms[index].closeIntervals(thresholds: configuration.thresholds, at: now) else { return }
        let name = rooms[index].name
        func say(_ text: String) { effects.append(.log(LogLine(.warning, name.rawValue, text))) }
        effects += closing.rows.map { .saveInterval(name, $0) }
        if let key = closing.late.first {
            let rest = closing.late.count > 1 ? " and \(closing.late.count - 1) more" : ""
            say(
                "Something came too late for the row of \(key.kind.rawValue) “\(key.name)” from \(configuration.timeZone.label(key.start))\(rest): it is final and stays. Compare the clocks of the switch and this machine."
            )
        }
        if let start = closing.givenUp.first {
            say(
                "Too many calls: rows from \(configuration.timeZone.label(start)) on stay provisional (\(closing.givenUp.count) quarter-hours)."
            )
        }
        if let skipped = closing.skipped {
            say("The clock went from \(skipped.lowerBound) to \(skipped.upperBound): there are no rows between.")
        }
    }
}
