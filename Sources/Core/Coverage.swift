import ACD
import Telephony
import Time

/// How much of an interval some switches were heard. This is the only account of it: the wallboard, `/v1/stats`,
/// `tail`, rows of quarter-hours, charts and metrics all use it, so that they cannot contradict each other.
///
/// Each moment counts once, however many of the switches were silent in it. The time before a switch was first heard
/// counts as not heard. A source of webhooks has no link: a moment counts as heard when the gateway listened, and
/// whether everything was sent is unknown (``unknown``).
public struct Coverage {
    public let range: Range<UnixTime>
    /// The intervals that were not heard: disjoint, in order.
    private(set) var unheard: [Range<UnixTime>]
    /// The gaps of all the switches that touch the range, in order.
    public private(set) var gaps: [Gap]
    /// How much of the range is known only to the sender; nil where every switch has a link.
    public private(set) var unknown: Span?

    public var length: Span { range.upperBound - range.lowerBound }
    public var lost: Span { unheard.reduce(.zero) { $0 + ($1.upperBound - $1.lowerBound) } }

    public init(of switches: some Sequence<Switch>, in range: Range<UnixTime>) {
        self.range = range
        var parts: [Range<UnixTime>] = []
        var gaps: [Gap] = []
        var hasNoLink = false
        for source in switches {
            if source.sendsWebhooks { hasNoLink = true }
            if let begin = source.heardSince, begin < range.upperBound {
                parts.append(range.lowerBound..<max(range.lowerBound, begin))
            } else {
                parts.append(range)
            }
            for gap in source.gaps.all {
                let end = gap.to ?? max(gap.from, range.upperBound)
                // A gap that begins at this moment counts, although nothing is lost yet.
                guard
                    gap.from < range.upperBound && end > range.lowerBound
                        || gap.to == nil && gap.from == range.upperBound
                else {
                    continue
                }
                gaps.append(gap)
                parts.append((gap.from..<max(gap.from, end)).clamped(to: range))
            }
        }
        self.gaps = gaps.sorted { $0.from < $1.from }
        unheard = Self.union(parts)
        unknown = hasNoLink ? length - lost : nil
    }

    private static func union(_ parts: [Range<UnixTime>]) -> [Range<UnixTime>] {
        var whole: [Range<UnixTime>] = []
        for part in parts.sorted(by: { $0.lowerBound < $1.lowerBound }) where !part.isEmpty {
            if let last = whole.last, part.lowerBound <= last.upperBound {
                whole[whole.count - 1] = last.lowerBound..<max(last.upperBound, part.upperBound)
            } else {
                whole.append(part)
            }
        }
        return whole
    }
}

extension Switch {
    /// From this moment on, all time that was not heard is in gaps; nil: the switch was never heard. What was before
    /// the oldest remembered gap is no longer known.
    public var heardSince: UnixTime? {
        guard let firstHeard else { return nil }
        guard gaps.forgotten > 0, let oldest = gaps.all.first?.from else { return firstHeard }
        return max(firstHeard, oldest)
    }

    /// The coverage since local midnight.
    public func coverageToday(at now: UnixTime) -> Coverage {
        let midnight = acd.policy.zone.midnight(atOrBefore: now)
        return Coverage(of: CollectionOfOne(self), in: midnight..<max(midnight, now))
    }

    /// How long the switch was not heard since `start`, forgotten gaps included: it only grows.
    public func unheardEver(since start: UnixTime, at now: UnixTime) -> Span {
        gaps.unheard(since: start, firstHeard: firstHeard, at: now)
    }
}
