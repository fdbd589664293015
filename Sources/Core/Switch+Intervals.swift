import ACD
import Figures
import Switches
import Telephony
import Time

/// The rows of quarter-hours: what the ledger has to know of the switch.
extension Switch {
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
        if sendsWebhooks { return now }
        // Until its inventory is complete, too, nothing is certain about what the gap hid.
        if let gap = gaps.last, gap.to == nil { return gap.from }
        return lastHeard
    }

    /// When the running quarter-hour's rows are closed. More is known about a sender of webhooks whenever time passes:
    /// a row of its that waits only for that has this deadline, so that nobody need ask after each thing that happens.
    var closing: UnixTime? {
        intervals.map {
            let closing = $0.closing(lag: lag)
            return sendsWebhooks ? min(closing, $0.awaited ?? closing) : closing
        }
    }

    mutating func noticeIntervals(at now: Moment) {
        // Most inputs change no row: the facts need not be lent.
        guard intervals?.revisionDue == nil else { return }
        let heard = heardUntil(now.date)
        guard acd.facts.hasTouched || intervals?.isAwaited(heard: heard) == true else { return }
        intervals?.notice(isTouched: acd.facts.hasTouched, heard: heard, at: now)
    }

    /// The rows of quarter-hours that are over.
    mutating func closeIntervals(_ rules: Core.Rules, at now: Moment, into outputs: inout [Core.Output]) {
        guard var ledger = intervals else { return }
        intervals = nil
        let heard = self
        let hearing = IntervalLedger.Hearing(until: heardUntil(now.date), lag: lag) {
            Coverage(of: CollectionOfOne(heard), in: $0).lost
        }
        let closing = acd.closeIntervals(of: &ledger, thresholds: rules.thresholds, hearing, at: now)
        intervals = ledger
        func warn(_ text: String) { outputs.append(.log(LogLine(.warning, name.rawValue, text))) }
        outputs += closing.rows.map { .interval(name, $0) }
        if let key = closing.late.first {
            let rest = closing.late.count > 1 ? " and \(closing.late.count - 1) more" : ""
            warn(
                "Something came too late for the row of \(key.kind.rawValue) “\(key.name)” from \(rules.timeZone.label(key.start))\(rest): it is final and stays. Compare the clocks of the switch and this machine."
            )
        }
        if let start = closing.givenUp.first {
            warn(
                "Too many calls: rows from \(rules.timeZone.label(start)) on stay provisional (\(closing.givenUp.count) quarter-hours)."
            )
        }
        if let skipped = closing.skipped {
            warn("The clock went from \(skipped.lowerBound) to \(skipped.upperBound): there are no rows between.")
        }
    }
}
