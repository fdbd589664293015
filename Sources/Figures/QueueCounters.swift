import Telephony
import Time

/// What was counted of one queue since counting began: each fact added once, by the classes of every other figure.
///
/// Callers count in `offered` as they join and in `visits` as they leave. The difference are those who wait:
/// offered = answered + abandoned + flowed out + lost + waiting.
public struct QueueCounters: Codable, Equatable, Sendable {
    public private(set) var offered = 0
    /// Visits that ended, by the definition of their day, and refusals.
    public private(set) var visits = VisitTally()
    /// Waits that were seen whole.
    public private(set) var answeredWaits = WaitBuckets()
    public private(set) var abandonedWaits = WaitBuckets()
    public private(set) var ringNoAnswers = 0
    /// By agent's name: only with a legal basis. `domain.md` §8.2.
    public private(set) var ringNoAnswer: [MemberName: Int] = [:]
    public private(set) var conversationsEnded = 0
    /// Of these, conversations that ended because the agent handed the caller over.
    public private(set) var transferredOut = 0
    /// Sums over conversations that were seen whole.
    public private(set) var talk = Span.zero
    public private(set) var hold = Span.zero

    package init() {}

    /// The longest wait of visits that ended and were seen whole.
    public var longestWait: Span? { visits.longest(VisitClass.allCases) }

    /// To be called twice for each visit: when the caller has joined, and when the visit has ended.
    package mutating func add(_ visit: VisitFact, _ definition: ServiceLevel.Definition) {
        guard let ended = visit.ended, let outcome = visit.outcome else {
            offered += 1
            return
        }
        visits.add(visit, as: VisitClass(visit, definition, at: ended), at: ended)
        guard visit.isMeasured else { return }
        switch outcome {
        case .answered: answeredWaits.record(visit.wait(at: ended))
        case .abandoned: abandonedWaits.record(visit.wait(at: ended))
        case .flowOut, .lost: break
        }
    }

    package mutating func add(_ refusal: QueueFacts.Refusal) { visits.add(refusal) }

    /// `member`: whose phone rang, if it may be counted by name; at most `limit` names, because a hostile stream
    /// invents ever new ones.
    package mutating func add(_ noAnswer: QueueFacts.NoAnswer, by member: MemberName?, limit: Int) {
        ringNoAnswers += 1
        guard let member, ringNoAnswer[member] != nil || ringNoAnswer.count < limit else { return }
        ringNoAnswer[member, default: 0] += 1
    }

    /// A conversation that ended. After-call work may still follow it.
    package mutating func add(_ leg: LegFact) {
        conversationsEnded += 1
        if leg.isTransferredOut { transferredOut += 1 }
        guard leg.isMeasured else { return }
        talk += leg.talk ?? .zero
        hold += leg.hold
    }
}
