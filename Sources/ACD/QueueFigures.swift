import Telephony
import Time

/// The counts of one queue since ``ACD`` began to count. Cohort and completion agree here: nothing is cut into intervals yet.
///
/// Identity: offered = answered + abandoned + flowed out + lost + waiting.
public struct QueueFigures: Codable, Equatable, Sendable {
    /// The thresholds, in seconds, for which answers are counted whatever the contract says.
    public static let thresholds: [Int64] = [5, 10, 20, 30, 60]

    public struct Waiting: Codable, Equatable, Sendable {
        public var visit: UInt64
        public var joined: Moment
    }

    public internal(set) var definition: ServiceLevel.Definition
    /// In the order of joining.
    public internal(set) var waiting: [Waiting] = []
    public internal(set) var offered = 0
    public internal(set) var answered = 0
    public internal(set) var answeredInTime = 0
    public internal(set) var answeredWithin = [Int](repeating: 0, count: QueueFigures.thresholds.count)
    public internal(set) var abandoned = 0
    /// Answered or abandoned after a wait that is not known, because a part of it was not seen: in no service level.
    public internal(set) var unmeasured = 0
    public internal(set) var shortAbandons = 0
    public internal(set) var flowOut: [QueueVisit.FlowOut: Int] = [:]
    public internal(set) var lost = 0
    public internal(set) var refusedFull = 0
    public internal(set) var refusedEmpty = 0
    public internal(set) var ringNoAnswers = 0
    /// By agent's name: only with a legal basis. `domain.md` §8.2.
    public internal(set) var ringNoAnswer: [MemberName: Int] = [:]
    public internal(set) var talking = 0
    public internal(set) var conversationsEnded = 0
    /// Of these, ended by the agent's handing the caller over.
    public internal(set) var transferredOut = 0
    /// Sums over whole records; visits whose beginning was not seen are counted but not in these.
    public internal(set) var waitAnswered = Span.zero
    public internal(set) var waitAbandoned = Span.zero
    public internal(set) var longestWait: Span?
    /// Of answered callers, and of those who gave up.
    public internal(set) var answeredWaits = WaitBuckets()
    public internal(set) var abandonedWaits = WaitBuckets()
    public internal(set) var talk = Span.zero
    public internal(set) var hold = Span.zero

    init(_ definition: ServiceLevel.Definition) { self.definition = definition }

    public var flowedOut: Int { flowOut.values.reduce(0, +) }

    public var serviceLevel: ServiceLevel {
        ServiceLevel(numerator: answeredInTime, denominator: answered + abandoned - unmeasured - shortAbandons + flowedOut)
    }

    /// When the caller who waits longest joined. The wait itself is computed when somebody reads it, never when something happens.
    public var longestWaitingSince: Moment? { waiting.min { $0.joined.uptime < $1.joined.uptime }?.joined }

    mutating func queued(_ visit: QueueVisit) {
        offered += 1
        waiting.append(Waiting(visit: visit.number, joined: visit.joined))
    }

    mutating func answered(_ visit: QueueVisit) {
        close(visit)
        answered += 1
        let wait = visit.wait(until: visit.joined)
        if !visit.isMeasured {
            unmeasured += 1
        } else {
            if wait <= definition.threshold { answeredInTime += 1 }
            for (index, seconds) in Self.thresholds.enumerated() where wait <= .seconds(seconds) { answeredWithin[index] += 1 }
        }
        if visit.isMeasured {
            waitAnswered += wait
            answeredWaits.record(wait)
        }
    }

    mutating func ended(_ visit: QueueVisit, _ outcome: QueueVisit.Outcome) {
        close(visit)
        switch outcome {
        case .abandoned:
            let wait = visit.wait(until: visit.joined)
            abandoned += 1
            if !visit.isMeasured {
                unmeasured += 1
            } else if wait <= definition.shortAbandon {
                shortAbandons += 1
            }
            if visit.isMeasured {
                waitAbandoned += wait
                abandonedWaits.record(wait)
            }
        case .flowOut(let reason): flowOut[reason, default: 0] += 1
        case .lost: lost += 1
        }
    }

    mutating func ended(_ leg: AgentLeg) {
        talking -= 1
        conversationsEnded += 1
        if leg.endedBy == .transfer { transferredOut += 1 }
        guard leg.isMeasured else { return }
        talk += leg.talk ?? .zero
        hold += leg.hold
    }

    private mutating func close(_ visit: QueueVisit) {
        if let index = waiting.firstIndex(where: { $0.visit == visit.number }) { waiting.remove(at: index) }
        if visit.isMeasured { longestWait = max(longestWait ?? .zero, visit.wait(until: visit.joined)) }
    }
}
