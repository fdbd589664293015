import Contacts
import Foundation
import Telephony

/// The statistics once more, from the contact records alone, by plain loops: slow, and sharing no code with the statistics core. What a lawyer's expert would
/// compute from the records, by the definitions of the domain reference (§3).
struct NaiveStatistics {
    /// One stay in a queue, as a record tells it.
    struct Visit {
        var queue: String
        var joined: UnixTime
        var left: UnixTime?
        var outcome: ContactRecord.Visit.Outcome
        var isMeasured: Bool
    }

    struct Leg {
        var queue: String?
        var from: UnixTime
        var to: UnixTime?
        var hold: Span
        var isTransfer: Bool
        var isMeasured: Bool
    }

    enum Window {
        case joinedIn(Range<UnixTime>)
        case endedIn(Range<UnixTime>)
        /// (now − length, now]
        case endedWithin(Span)
    }

    let now: UnixTime
    var visits: [Visit] = []
    var legs: [Leg] = []

    init(_ records: [ContactRecord], now: UnixTime) {
        self.now = now
        for record in records {
            for visit in record.visits {
                visits.append(
                    Visit(
                        queue: visit.queue.rawValue, joined: visit.joined, left: visit.left, outcome: visit.outcome,
                        isMeasured: !visit.flags.contains(.partial) && !visit.flags.contains(.estimated)))
            }
            for leg in record.legs where leg.established != nil && !leg.isExternal {
                var isTransfer = false
                if case .ended(.transfer) = leg.result { isTransfer = true }
                legs.append(
                    Leg(
                        queue: leg.queue?.rawValue, from: leg.established!, to: leg.ended, hold: leg.hold, isTransfer: isTransfer,
                        isMeasured: !leg.flags.contains(.partial) && !leg.flags.contains(.estimated)))
            }
        }
    }

    private func within(_ visit: Visit, _ window: Window) -> Bool {
        switch window {
        case .joinedIn(let range): return visit.joined >= range.lowerBound && visit.joined < range.upperBound
        case .endedIn(let range):
            guard let left = visit.left else { return false }
            return left >= range.lowerBound && left < range.upperBound
        case .endedWithin(let length):
            guard let left = visit.left else { return false }
            return now - left < length && left <= now
        }
    }

    private func within(_ leg: Leg, _ window: Window) -> Bool {
        guard let to = leg.to else { return false }
        switch window {
        case .joinedIn(let range), .endedIn(let range): return to >= range.lowerBound && to < range.upperBound
        case .endedWithin(let length): return now - to < length && to <= now
        }
    }

    /// Numerator and denominator of each figure, by its id.
    func figures(_ queues: Set<String>, _ window: Window, threshold: Span, short: Span) -> [String: [Int64?]] {
        var offered = 0, answered = 0, abandoned = 0, waiting = 0, lost = 0
        var flow: [String: Int] = [:]
        var answeredInTime = 0, answeredKnown = 0
        var abandonedInTime = 0, abandonedKnown = 0, shortAbandons = 0
        var waitAnswered: Int64 = 0, waitAbandoned: Int64 = 0, waitFlow: Int64 = 0, knownFlow = 0
        var longest: Int64?
        for visit in visits where queues.contains(visit.queue) && within(visit, window) {
            offered += 1
            let wait = ((visit.left ?? now) - visit.joined).microseconds
            switch visit.outcome {
            case .waiting: waiting += 1
            case .lost: lost += 1
            case .answered:
                answered += 1
                if visit.isMeasured {
                    answeredKnown += 1
                    waitAnswered += wait
                    if wait <= threshold.microseconds { answeredInTime += 1 }
                }
            case .abandoned:
                abandoned += 1
                if visit.isMeasured {
                    abandonedKnown += 1
                    waitAbandoned += wait
                    if wait <= threshold.microseconds { abandonedInTime += 1 }
                    if wait <= short.microseconds { shortAbandons += 1 }
                }
            case .flowOut(let reason):
                flow[reason.rawValue, default: 0] += 1
                if visit.isMeasured {
                    knownFlow += 1
                    waitFlow += wait
                }
            }
            if visit.isMeasured, visit.outcome != .waiting { longest = max(longest ?? 0, wait) }
        }
        let out = flow.values.reduce(0, +)
        func pair(_ numerator: Int, _ denominator: Int) -> [Int64?] { [Int64(numerator), Int64(denominator)] }
        func one(_ count: Int) -> [Int64?] { [Int64(count), nil] }
        var result: [String: [Int64?]] = [
            "offered": one(offered), "answered": one(answered), "abandoned": one(abandoned), "shortAbandons": one(shortAbandons),
            "flowOut": one(out), "lost": one(lost), "waiting": one(waiting),
            "AR1": pair(abandoned, offered), "AR2": pair(abandoned - shortAbandons, offered - shortAbandons),
            "AR3": pair(abandoned, answered + abandoned), "flowOutRate": pair(out, offered),
            "ASA": [waitAnswered, Int64(answeredKnown)], "averageTimeToAbandon": [waitAbandoned, Int64(abandonedKnown)],
            "averageWait": [waitAnswered + waitAbandoned + waitFlow, Int64(answeredKnown + abandonedKnown + knownFlow)],
            "maxWait": [longest, nil],
        ]
        for reason in ["timeout", "key", "empty", "withdrawn", "unknown"] { result["flowOut.\(reason)"] = one(flow[reason] ?? 0) }
        for (suffix, extra) in [("", 0), ("+F", out)] {
            result["SL1\(suffix)"] = pair(answeredInTime + abandonedInTime, answeredKnown + abandonedKnown + extra)
            result["SL2\(suffix)"] = pair(answeredInTime, answeredKnown + extra)
            result["SL3\(suffix)"] = pair(answeredInTime, answeredKnown + abandonedKnown + extra)
            result["SL4\(suffix)"] = pair(answeredInTime, answeredKnown + abandonedKnown - abandonedInTime + extra)
            result["SL5\(suffix)"] = pair(answeredInTime + shortAbandons, answeredKnown + abandonedKnown + extra)
            result["SL6\(suffix)"] = pair(answeredInTime, answeredKnown + abandonedKnown - shortAbandons + extra)
        }
        var handled = 0, measured = 0, transfers = 0, held = 0
        var talk: Int64 = 0, hold: Int64 = 0
        for leg in legs where leg.queue.map(queues.contains) ?? false && within(leg, window) {
            handled += 1
            if leg.isTransfer { transfers += 1 }
            if leg.hold > .zero { held += 1 }
            guard leg.isMeasured else { continue }
            measured += 1
            talk += max(0, (leg.to! - leg.from).microseconds - leg.hold.microseconds)
            hold += leg.hold.microseconds
        }
        result["handled"] = one(handled)
        result["ATT"] = [talk, Int64(measured)]
        result["AHoldT"] = [hold, Int64(measured)]
        result["AHT"] = [talk + hold, Int64(measured)]
        result["transferRate"] = pair(transfers, handled)
        result["holdRate"] = pair(held, handled)
        return result
    }

    /// The exact nearest rank of answered waits.
    func quantile(_ queues: Set<String>, _ window: Window, _ percent: Double) -> Int64? {
        var waits: [Int64] = []
        for visit in visits where queues.contains(visit.queue) && visit.outcome == .answered && visit.isMeasured && within(visit, window) {
            waits.append((visit.left! - visit.joined).microseconds)
        }
        guard !waits.isEmpty else { return nil }
        return waits.sorted()[max(1, Int((percent / 100 * Double(waits.count)).rounded(.up))) - 1]
    }

    /// Time connected with agents within the range, holds included.
    func connected(_ queues: Set<String>, _ range: Range<UnixTime>) -> Int64 {
        var sum: Int64 = 0
        for leg in legs where leg.queue.map(queues.contains) ?? false {
            let from = max(leg.from, range.lowerBound)
            let to = min(leg.to ?? now, range.upperBound)
            if to > from { sum += (to - from).microseconds }
        }
        return sum
    }
}
