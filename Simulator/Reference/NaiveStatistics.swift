import Contacts
import Telephony
import Time

/// The statistics once more, slowly, from nothing but contact records: a reference that judges the statistics core and
/// shares no code with it.
///
/// Written from `domain.md` §3 alone: one loop over all visits or legs for each question, no state, no classes, no
/// buckets. Instants are whole microseconds since 1970 and durations whole microseconds, by the records' own dates: it
/// is right where nobody set a clock.
///
/// It answers nothing that records do not show: refused callers, after-call work, agents’ states, and when within a
/// conversation a hold was.
struct NaiveStatistics {
    /// One visit to a queue, as the record shows it.
    struct Stay {
        enum Way { case waiting, answered, abandoned, timeout, key, empty, withdrawn, unknown, lost }
        var contact: String
        var number: UInt64
        var queue: String
        var joined: Int64
        var left: Int64?
        var way: Way
        /// Its beginning and end were seen. Otherwise it is counted, but left out of sums and service levels.
        var isMeasured: Bool
        /// The digits of the caller's number, without an international prefix; "" where none is known.
        var caller = ""
        /// Another queue let the caller go before this visit, and no agent spoke in between.
        var isFlowIn = false
        var isFlowOut: Bool { way != .waiting && way != .answered && way != .abandoned && way != .lost }
        /// nil while it lasts.
        var wait: Int64? { left.map { $0 < joined ? 0 : $0 - joined } }
    }

    /// One agent's part in a conversation.
    struct Part {
        var contact: String
        var queue: String?
        var established: Int64
        var ended: Int64?
        var hold: Int64
        var ring: Int64?
        var isMeasured: Bool
        var isTransferredOut: Bool
    }

    /// A phone that a queue rang in vain: nobody answered, no colleague took the call, and the caller did not give up.
    struct Miss {
        var queue: String
        var ended: Int64
    }

    struct Value: Equatable {
        var numerator: Int64?
        var denominator: Int64?
    }

    /// Sorted by wait, open visits first, so that a quantile is a place in the list.
    private(set) var stays: [Stay] = []
    private(set) var parts: [Part] = []
    private(set) var misses: [Miss] = []
    /// When the contacts ended in which a customer called and asked for nobody.
    private(set) var alone: [Int64] = []
    /// Contradictions between a record and its own instants.
    private(set) var contradictions: [String] = []

    /// `records`: of all contacts, closed and open.
    init(_ records: [ContactRecord]) {
        for record in records {
            if record.direction == .inbound, record.visits.isEmpty, record.legs.isEmpty, !record.flags.contains(.lost),
                let ended = record.ended
            {
                alone.append(ended.microseconds)
            }
            let first = stays.count
            for visit in record.visits { add(visit, record.id.rawValue) }
            // Placeholders that carriers send are nobody's number.
            var digits =
                PlaceholderNumber(record.caller.number) == nil
                ? record.caller.number.filter { "0123456789".contains($0) } : ""
            if digits.hasPrefix("00") { digits.removeFirst(2) }
            for index in stays.indices.dropFirst(first) {
                stays[index].caller = digits
                guard index > first, let left = stays[index - 1].left, stays[index - 1].isFlowOut else { continue }
                let joined = stays[index].joined
                stays[index].isFlowIn = !record.legs.contains {
                    $0.established.map { $0.microseconds >= left && $0.microseconds <= joined } ?? false
                }
            }
            for leg in record.legs where leg.established != nil && !leg.isExternal { add(leg, record.id.rawValue) }
            for leg in record.legs where leg.result == .notAnswered(.noAnswer) || leg.result == .notAnswered(.busy) {
                if let queue = leg.queue, let ended = leg.ended {
                    misses.append(Miss(queue: queue.rawValue, ended: ended.microseconds))
                }
            }
        }
        stays.sort { ($0.wait ?? -1, $0.joined) < ($1.wait ?? -1, $1.joined) }
    }

    private mutating func add(_ visit: ContactRecord.Visit, _ contact: String) {
        let way: Stay.Way =
            switch visit.outcome {
            case nil: .waiting
            case .answered?: .answered
            case .abandoned?: .abandoned
            case .lost?: .lost
            case .flowOut(.timeout)?: .timeout
            case .flowOut(.key)?: .key
            case .flowOut(.empty)?: .empty
            case .flowOut(.withdrawn)?: .withdrawn
            case .flowOut(.unknown)?: .unknown
            }
        let stay = Stay(
            contact: contact, number: visit.number, queue: visit.queue.rawValue, joined: visit.joined.microseconds,
            left: visit.left?.microseconds, way: way,
            isMeasured: !visit.flags.contains(.partial) && !visit.flags.contains(.estimated))
        if visit.wait?.microseconds != stay.wait { contradictions.append("\(contact): visit \(visit.number)’s wait") }
        if (stay.left == nil) != (way == .waiting) {
            contradictions.append("\(contact): visit \(visit.number)’s outcome")
        }
        stays.append(stay)
    }

    private mutating func add(_ leg: ContactRecord.Leg, _ contact: String) {
        guard let established = leg.established?.microseconds else { return }
        // Where only the ring was not seen, the record has the talk, and the flag says that it lacks the ring.
        let isMeasured = !leg.flags.contains(.estimated) && (!leg.flags.contains(.partial) || leg.talk != nil)
        let picked = leg.answered ?? leg.established
        let rang =
            leg.answered == leg.alerted || leg.flags.contains(.partial)
            ? nil : picked.map { $0.microseconds - leg.alerted.microseconds }
        var part = Part(
            contact: contact, queue: leg.queue?.rawValue, established: established, ended: leg.ended?.microseconds,
            hold: leg.hold.microseconds, ring: rang.map { max(0, $0) }, isMeasured: isMeasured, isTransferredOut: false)
        if case .ended(.transfer) = leg.result { part.isTransferredOut = true }
        if part.ring != leg.ring?.microseconds { contradictions.append("\(contact): leg \(leg.number)’s ring") }
        if let ended = part.ended, isMeasured, max(0, ended - established - part.hold) != leg.talk?.microseconds {
            contradictions.append("\(contact): leg \(leg.number)’s talk")
        }
        parts.append(part)
    }
}

// MARK: which

extension NaiveStatistics {
    /// Which visits are selected.
    struct Period {
        enum Base { case cohort, completion }
        var base: Base
        var from: Int64
        var to: Int64
        /// Sliding windows are (from, to], days and clock intervals [from, to).
        var isSliding = false

        func contains(_ instant: Int64) -> Bool {
            isSliding ? from < instant && instant <= to : from <= instant && instant < to
        }

        func contains(_ stay: Stay) -> Bool {
            if base == .cohort { return contains(stay.joined) }
            guard let left = stay.left else { return false }
            return contains(left)
        }

        static func sliding(minutes: Int64, now: Int64) -> Period {
            Period(base: .completion, from: now - minutes * 60_000_000, to: now, isSliding: true)
        }

        /// Since local midnight, to the next.
        static func today(now: Int64) -> Period {
            let quarter: Int64 = 900_000_000
            var midnight = now - modulo(local(now), quarter)
            while modulo(local(midnight), 86_400_000_000) != 0 { midnight -= quarter }
            var next = midnight + quarter
            while modulo(local(next), 86_400_000_000) != 0 { next += quarter }
            return Period(base: .cohort, from: midnight, to: next)
        }

        /// The clock interval of this many minutes that contains the instant.
        static func interval(minutes: Int64, _ base: Base, of instant: Int64) -> Period {
            let start = instant - modulo(local(instant), minutes * 60_000_000)
            return Period(base: base, from: start, to: start + minutes * 60_000_000)
        }

        /// The local time in Rome, as microseconds of a day without a zone. `domain.md` §3.2 names the days: 29 March
        /// and 25 October 2026, 28 March and 31 October 2027, each at 01:00 UTC.
        private static func local(_ instant: Int64) -> Int64 {
            let second: Int64 = 1_000_000
            precondition(
                instant >= 1_767_222_000 * second && instant < 1_830_294_000 * second, "only 2026 and 2027 are known")
            let isSummer =
                instant >= 1_774_746_000 * second && instant < 1_792_890_000 * second
                || instant >= 1_806_195_600 * second && instant < 1_824_944_400 * second
            return instant + (isSummer ? 7200 : 3600) * second
        }

        private static func modulo(_ value: Int64, _ divisor: Int64) -> Int64 { (value % divisor + divisor) % divisor }
    }

    /// Those of a queue, or all.
    func stays(of queue: String?, in period: Period) -> [Stay] {
        var found: [Stay] = []
        for stay in stays where (queue == nil || stay.queue == queue) && period.contains(stay) { found.append(stay) }
        return found
    }
}

// MARK: visits

extension NaiveStatistics {
    /// Figures of visits, by the ids under which they are published. `short` and `threshold` in microseconds.
    /// `domain.md` §3.3, §3.4.
    static func visitFigures(_ stays: [Stay], threshold: Int64, short: Int64) -> [(id: String, value: Value)] {
        var answered: Int64 = 0
        var abandoned: Int64 = 0
        var shortAbandons: Int64 = 0
        var timeout: Int64 = 0
        var key: Int64 = 0
        var empty: Int64 = 0
        var withdrawn: Int64 = 0
        var unknown: Int64 = 0
        var lost: Int64 = 0
        var waiting: Int64 = 0
        var unmeasured: Int64 = 0
        var measuredExits: Int64 = 0
        var measuredAnswered: Int64 = 0
        var measuredAbandoned: Int64 = 0
        var waitOfAnswered: Int64 = 0
        var waitOfAbandoned: Int64 = 0
        var waitOfExits: Int64 = 0
        var longest: Int64?
        var flowIn: Int64 = 0
        var callers: Set<String> = []
        for stay in stays {
            switch stay.way {
            case .waiting: waiting += 1
            case .answered: answered += 1
            case .abandoned: abandoned += 1
            case .timeout: timeout += 1
            case .key: key += 1
            case .empty: empty += 1
            case .withdrawn: withdrawn += 1
            case .unknown: unknown += 1
            case .lost: lost += 1
            }
            if stay.isFlowIn { flowIn += 1 }
            if !stay.caller.isEmpty { callers.insert(stay.caller) }
            if !stay.isMeasured, !stay.isFlowOut, stay.way != .lost { unmeasured += 1 }
            guard stay.isMeasured, let wait = stay.wait else { continue }
            longest = max(longest ?? 0, wait)
            if stay.way == .answered {
                measuredAnswered += 1
                waitOfAnswered += wait
            }
            if stay.way == .abandoned {
                measuredAbandoned += 1
                waitOfAbandoned += wait
                if wait <= short { shortAbandons += 1 }
            }
            if stay.way != .lost {
                measuredExits += 1
                waitOfExits += wait
            }
        }
        let offered = Int64(stays.count)
        let flowOut = timeout + key + empty + withdrawn + unknown
        func number(_ value: Int64) -> Value { Value(numerator: value) }
        func ratio(_ above: Int64, _ below: Int64) -> Value { Value(numerator: above, denominator: below) }
        return [
            ("offered", number(offered)), ("answered", number(answered)), ("abandoned", number(abandoned)),
            ("shortAbandons", number(shortAbandons)), ("flowOut", number(flowOut)),
            ("flowOut.timeout", number(timeout)),
            ("flowOut.key", number(key)), ("flowOut.empty", number(empty)), ("flowOut.withdrawn", number(withdrawn)),
            ("flowOut.unknown", number(unknown)), ("flowIn", number(flowIn)),
            ("uniqueCallers", number(Int64(callers.count))),
            ("lost", number(lost)), ("waiting", number(waiting)),
            ("unmeasured", number(unmeasured)), ("AR1", ratio(abandoned, offered)),
            ("AR2", ratio(abandoned - shortAbandons, offered - shortAbandons)),
            ("AR3", ratio(abandoned, answered + abandoned)),
            ("flowOutRate", ratio(flowOut, offered)), ("ASA", ratio(waitOfAnswered, measuredAnswered)),
            ("averageWait", ratio(waitOfExits, measuredExits)),
            ("averageTimeToAbandon", ratio(waitOfAbandoned, measuredAbandoned)),
            ("maxWait", Value(numerator: longest)),
        ] + serviceLevels(stays, threshold: threshold, short: short)
    }

    /// SL1 to SL6, without and with flow-outs.
    static func serviceLevels(_ stays: [Stay], threshold: Int64, short: Int64) -> [(id: String, value: Value)] {
        var a: Int64 = 0
        var aT: Int64 = 0
        var b: Int64 = 0
        var bT: Int64 = 0
        var bs: Int64 = 0
        var f: Int64 = 0
        for stay in stays {
            switch stay.way {
            case .answered where stay.isMeasured:
                a += 1
                if stay.wait! <= threshold { aT += 1 }
            case .abandoned where stay.isMeasured:
                b += 1
                if stay.wait! <= threshold { bT += 1 }
                if stay.wait! <= short { bs += 1 }
            // A caller who left the queue alive was not served, however long the wait: only the class matters.
            case .timeout, .key, .empty, .withdrawn, .unknown: f += 1
            case .answered, .abandoned, .waiting, .lost: break
            }
        }
        let plain = [(aT + bT, a + b), (aT, a), (aT, a + b), (aT, a + b - bT), (aT + bs, a + b), (aT, a + b - bs)]
        return plain.enumerated().map {
            ("SL\($0.offset + 1)", Value(numerator: $0.element.0, denominator: $0.element.1))
        }
            + plain.enumerated().map {
                ("SL\($0.offset + 1)+F", Value(numerator: $0.element.0, denominator: $0.element.1 + f))
            }
    }

    /// The ⌈p·n⌉-th smallest wait of answered callers; `stays` by rising wait. `percent` is a whole number.
    static func nearestRank(_ percent: Int, _ stays: [Stay]) -> Int64? {
        var waits: [Int64] = []
        for stay in stays where stay.way == .answered && stay.isMeasured { waits.append(stay.wait!) }
        guard !waits.isEmpty else { return nil }
        return waits[max(1, (percent * waits.count + 99) / 100) - 1]
    }

    /// Ring-no-answers in the period, whatever its base.
    func missed(_ queue: String?, _ period: Period) -> Int64 {
        var count: Int64 = 0
        for miss in misses where (queue == nil || miss.queue == queue) && period.contains(miss.ended) { count += 1 }
        return count
    }

    /// Joined in the period, whatever its base.
    func joined(_ queue: String?, _ period: Period) -> Int {
        var count = 0
        for stay in stays where (queue == nil || stay.queue == queue) && period.contains(stay.joined) { count += 1 }
        return count
    }

    /// When the caller joined who waits longest now.
    func longestWaitingSince(_ queue: String?) -> Int64? {
        var first: Int64?
        for stay in stays where (queue == nil || stay.queue == queue) && stay.left == nil {
            first = min(first ?? .max, stay.joined)
        }
        return first
    }
}

// MARK: agents' parts

extension NaiveStatistics {
    /// Of parts that ended in the period, whatever its base. After-call work is not in a record, so that there must be
    /// none. `missed`: phones that rang in vain.
    static func legFigures(_ parts: [Part], missed: Int64, in period: Period) -> [(id: String, value: Value)] {
        var handled: Int64 = 0
        var measured: Int64 = 0
        var talk: Int64 = 0
        var hold: Int64 = 0
        var rung: Int64 = 0
        var ring: Int64 = 0
        var withHold: Int64 = 0
        var transferredOut: Int64 = 0
        /// A contact that several agents handled is one.
        var contacts: Set<String> = []
        for part in parts {
            guard let ended = part.ended, period.contains(ended) else { continue }
            handled += 1
            if part.hold > 0 { withHold += 1 }
            if part.isTransferredOut { transferredOut += 1 }
            guard part.isMeasured else { continue }
            measured += 1
            talk += max(0, ended - part.established - part.hold)
            hold += part.hold
            contacts.insert(part.contact)
            if let rang = part.ring {
                rung += 1
                ring += rang
            }
        }
        func ratio(_ above: Int64, _ below: Int64) -> Value { Value(numerator: above, denominator: below) }
        return [
            ("handled", Value(numerator: handled)), ("ATT", ratio(talk, measured)), ("AHoldT", ratio(hold, measured)),
            ("AHT", ratio(talk + hold, measured)), ("contactAHT", ratio(talk + hold, Int64(contacts.count))),
            ("averageRing", ratio(ring, rung)), ("transferRate", ratio(transferredOut, handled)),
            ("holdRate", ratio(withHold, handled)),
            ("ringNoAnswer", Value(numerator: missed)), ("ringNoAnswerRate", ratio(missed, missed + handled)),
        ]
    }

    /// How long customers and agents were connected within the period, split at its borders; and the bounds of the
    /// time on hold in it, as a record gives only its total.
    static func connected(_ parts: [Part], in period: Period, now: Int64) -> (
        connected: Int64, leastHold: Int64, mostHold: Int64
    ) {
        var sum: (connected: Int64, leastHold: Int64, mostHold: Int64) = (0, 0, 0)
        for part in parts {
            let end = part.ended ?? now
            let inside = max(0, min(end, min(period.to, now)) - max(part.established, period.from))
            let outside = max(0, end - part.established) - inside
            sum.connected += inside
            sum.leastHold += max(0, part.hold - outside)
            // A hold that lasts is not in the record yet.
            sum.mostHold += part.ended == nil ? inside : min(part.hold, inside)
        }
        return sum
    }

    /// Those of a queue, or all, including calls without a queue.
    func parts(of queue: String?) -> [Part] {
        var found: [Part] = []
        for part in parts where queue == nil || part.queue == queue { found.append(part) }
        return found
    }
}
