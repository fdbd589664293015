import ACD
import Figures
import Telephony
import Time

/// The alarms of one switch's queues: what each rule last did. Part of the core, so that a replay raises the same
/// alarms at the same moments.
///
/// A ratio of few calls decides nothing: it needs ``leastCalls`` of them to raise or clear an alarm, and a ratio of no
/// calls is not an alarm. While the switch is not heard, no alarm is raised or cleared.
public struct AlarmBoard: Codable, Equatable, Sendable {
    public static let leastCalls = 5

    /// By queue and rule.
    public typealias States = [QueueName: [String: State]]

    public struct State: Codable, Equatable, Sendable {
        public var isRaised: Bool
        public var since: UnixTime
        public var value: Double?
    }

    public private(set) var rules: [QueueName: [AlarmRule]] = [:]
    public private(set) var states: States = [:]

    /// When callers who wait will have waited for so long that an alarm is due.
    private var waits = Waits()

    /// Whether the switch reports who is a member of which queue: otherwise nobody knows how many are available, and no
    /// alarm says that they are too few.
    private var tellsMembers: Bool

    init(_ rules: [QueueName: [AlarmRule]] = [:], tellsMembers: Bool = true) {
        self.rules = rules
        self.tellsMembers = tellsMembers
    }

    /// Continues by other rules. Nothing is kept of rules that are gone.
    mutating func adopt(_ rules: [QueueName: [AlarmRule]], tellsMembers: Bool) {
        let known = states
        self = AlarmBoard(rules, tellsMembers: tellsMembers)
        for (queue, rules) in rules {
            let ids = Set(rules.map(\.id))
            let kept = known[queue]?.filter { ids.contains($0.key) } ?? [:]
            if !kept.isEmpty { states[queue] = kept }
        }
    }

    public var raisedCount: Int { states.values.reduce(0) { $0 + $1.values.count { $0.isRaised } } }

    /// When a caller will have waited for so long that an alarm is due, in uptime.
    func nextDeadline(_ acd: borrowing ACD) -> Span? {
        if waits.isKnown, waits.isEmpty || !acd.hasOtherLongestWaits { return waits.next }
        var next: Span?
        // any order: the earliest of all
        for queue in rules.keys {
            if let due = deadline(of: queue, acd) { next = next.map { min($0, due) } ?? due }
        }
        return next
    }

    /// To be called after each thing that happened: looks at the queues whose callers changed.
    mutating func noticeWaits(of acd: inout ACD) {
        if !waits.isKnown {
            waits = Waits(isKnown: true)
            for queue in timed { waits.set(deadline(of: queue, acd), of: queue) }
            if !waits.isEmpty { _ = acd.takeLongestWaits() }
        }
        guard !waits.isEmpty, acd.hasOtherLongestWaits else { return }
        // any order: each queue has its own deadline
        for queue in acd.takeLongestWaits() ?? Set(timed) where waits.has(queue) {
            waits.set(deadline(of: queue, acd), of: queue)
        }
    }

    private func deadline(of queue: QueueName, _ acd: borrowing ACD) -> Span? {
        guard let rules = rules[queue], let joined = acd.queues[queue]?.longestWaitingSince else { return nil }
        return rules.lazy.filter { $0.metric == .longestWait && states[queue]?[$0.id]?.isRaised != true }
            .map { joined.uptime + Span(microseconds: Int64(($0.raise * 1_000_000).rounded(.up))) }.min()
    }

    /// Evaluates the rules of these queues again; returns the queues whose alarms changed.
    mutating func evaluate(_ queues: some Sequence<QueueName>, _ acd: ACD, at now: Moment) -> [QueueName] {
        var changed: [QueueName] = []
        for queue in queues {
            guard let rules = rules[queue], acd.queues[queue] != nil else { continue }
            var isNews = false
            for rule in rules {
                let isRaised = states[queue]?[rule.id]?.isRaised ?? false
                let (becomes, value): (Bool, Double?) =
                    switch value(rule, queue, acd, at: now) {
                    case .known(let value): (isRaised ? !rule.isCleared(by: value) : rule.isRaised(by: value), value)
                    // Otherwise it would flicker with each call that leaves the window.
                    case .ofTooFew: (isRaised, nil)
                    // A value that can no longer be computed is not an alarm.
                    case .unknown: (false, nil)
                    }
                guard becomes != isRaised else { continue }
                states[queue, default: [:]][rule.id] = State(isRaised: becomes, since: now.date, value: value)
                isNews = true
            }
            guard isNews else { continue }
            changed.append(queue)
            if waits.has(queue) { waits.set(deadline(of: queue, acd), of: queue) }
        }
        return changed
    }

    /// Queues with any rule.
    public var queues: [QueueName] { rules.keys.sorted() }

    /// Queues with a rule about the longest wait.
    var timed: [QueueName] { rules.filter { $0.value.contains { $0.metric == .longestWait } }.keys.sorted() }

    /// The value that a rule looks at, as it is now; nil where it cannot be computed.
    public func valueNow(_ rule: AlarmRule, of queue: QueueName, _ acd: ACD, at now: Moment) -> Double? {
        value(rule, queue, acd, at: now).number
    }

    private enum Value {
        case known(Double)
        /// Of some calls, but fewer than ``leastCalls``.
        case ofTooFew(Double)
        case unknown

        var number: Double? {
            switch self {
            case .known(let value), .ofTooFew(let value): value
            case .unknown: nil
            }
        }
    }

    private func value(_ rule: AlarmRule, _ queue: QueueName, _ acd: ACD, at now: Moment) -> Value {
        guard let activity = acd.queues[queue] else { return .unknown }
        func ratio(_ above: [VisitClass], _ below: [VisitClass]) -> Value {
            let count: ([VisitClass]) -> Int
            if let minutes = rule.window?.minutes {
                count = acd.recent(minutes: minutes, of: queue, at: now).ended.count
            } else {
                count = acd.today(of: queue, at: now).visits.count
            }
            let (numerator, denominator) = (count(above), count(below))
            if denominator == 0 { return .unknown }
            let value = Double(numerator) / Double(denominator)
            return denominator >= Self.leastCalls ? .known(value) : .ofTooFew(value)
        }
        switch rule.metric {
        case .waiting: return .known(Double(activity.waiting.count))
        case .longestWait: return .known(activity.longestWaitingSince.map { max(.zero, now - $0).seconds } ?? 0)
        case .serviceLevel:
            let formula = activity.definition.formula
            return ratio(formula.numerator, formula.denominator)
        case .abandonmentRate: return ratio(VisitClass.abandoned, VisitClass.allCases)
        case .available:
            guard tellsMembers else { return .unknown }
            let counts = acd.agentCounts(of: queue, at: now)
            return .known(Double(counts.reduce(0) { $1.key.isReady ? $0 + $1.value : $0 }))
        }
    }
}

/// When the longest waits of queues will be alarms, judging by their present alarms and callers.
private struct Waits: Derived {
    private(set) var isKnown = false
    /// By queue with such a rule; nil: nobody waits, or the alarm is on.
    private var due: [QueueName: Span?] = [:]
    private(set) var next: Span?

    init() {}

    init(isKnown: Bool) { self.isKnown = isKnown }

    var isEmpty: Bool { due.isEmpty }

    func has(_ queue: QueueName) -> Bool { due[queue] != nil }

    mutating func set(_ deadline: Span?, of queue: QueueName) {
        let before = due.updateValue(deadline, forKey: queue) ?? nil
        if let deadline, next.map({ deadline <= $0 }) ?? true {
            next = deadline
        } else if before == next {
            next = due.values.lazy.compactMap { $0 }.min()  // any order: the earliest of all
        }
    }
}
