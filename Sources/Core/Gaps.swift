import Telephony
import Time

/// When a switch was not heard, in order; at most the last is open.
public struct Gaps: Codable, Equatable, Sendable {
    public private(set) var all: [Gap] = []
    /// Gaps that are no longer in ``all``: how many, and how long.
    public private(set) var forgotten = 0
    private var forgottenLoss = Span.zero

    public var count: Int { all.count }
    public var last: Gap? { all.last }

    /// Opens a gap and returns it; nil if one is open already. `heardSince`: when the switch was first heard.
    mutating func open(at now: UnixTime, cause: Gap.Cause, heardSince: UnixTime?) -> Gap? {
        guard all.last.map({ $0.to != nil }) ?? true else { return nil }
        if all.count == Core.Limits.gaps {
            let oldest = all.removeFirst()
            forgotten += 1
            forgottenLoss += oldest.overlap(from: max(oldest.from, heardSince ?? oldest.from), to: now)
        }
        all.append(Gap(from: now, cause: cause))
        return all.last
    }

    /// Ends the open gap and returns it; nil if none is open.
    mutating func close(at now: UnixTime) -> Gap? {
        guard let last = all.indices.last, all[last].to == nil else { return nil }
        all[last].to = max(all[last].from, now)
        return all[last]
    }

    /// The switch reports how long it has been running, which shows whether it was restarted in the gap.
    mutating func booted(uptime: Span, at now: UnixTime) {
        guard let last = all.indices.last, all[last].to == nil, all[last].cause == .linkLost else { return }
        // Its uptime is in whole seconds.
        if now - all[last].from - .seconds(1) > uptime { all[last].cause = .switchRestarted }
    }

    /// The gaps that touch this time, the open one as far as it has come.
    func between(_ start: UnixTime, _ end: UnixTime, at now: UnixTime) -> [Gap] {
        all.filter { $0.from <= end && ($0.to ?? now) >= start }.map {
            Gap(from: $0.from, to: $0.to ?? now, cause: $0.cause)
        }
    }

    /// How long nothing was heard since `start`, forgotten gaps included: it only grows. `firstHeard`: nothing was
    /// heard before it.
    func unheard(since start: UnixTime, firstHeard: UnixTime?, at now: UnixTime) -> Span {
        let heard = max(start, min(firstHeard ?? now, now))
        return all.reduce(max(.zero, heard - start) + forgottenLoss) { $0 + $1.overlap(from: heard, to: now) }
    }
}
