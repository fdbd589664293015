import Telephony
import Time

/// What a visit counts as under one definition of the service level: exactly one of these. A formula is a set of classes in its numerator and one in
/// its denominator, so that a figure and the list of the calls behind it cannot disagree.
public enum VisitClass: Int, CaseIterable, Hashable, Sendable {
    /// Answered; `wait ≤ T`, unrounded.
    case answeredInTime
    case answeredLate
    /// Answered after a wait of which a part was not seen.
    case answeredUnmeasured
    /// Gave up; short: `wait ≤ s`; in time: `wait ≤ T`.
    case abandonedShortInTime
    case abandonedShortLate
    case abandonedInTime
    case abandonedLate
    case abandonedUnmeasured
    case timeout, key, empty, withdrawn, flowOutUnknown
    case lost
    /// Waits still, for `T` at most so far.
    case waitingInTime
    /// Waits still, for longer than `T`: whatever comes, it is not in time.
    case waitingLate
    case waitingUnmeasured

    public init(_ fact: VisitFact, _ definition: ServiceLevel.Definition, at now: Moment) {
        let wait = fact.wait(at: now)
        let isInTime = wait <= definition.threshold
        switch fact.outcome {
        case .waiting: self = !fact.isMeasured ? .waitingUnmeasured : isInTime ? .waitingInTime : .waitingLate
        case .answered: self = !fact.isMeasured ? .answeredUnmeasured : isInTime ? .answeredInTime : .answeredLate
        case .abandoned:
            let isShort = wait <= definition.shortAbandon
            if !fact.isMeasured {
                self = .abandonedUnmeasured
            } else if isShort {
                self = isInTime ? .abandonedShortInTime : .abandonedShortLate
            } else {
                self = isInTime ? .abandonedInTime : .abandonedLate
            }
        case .flowOut(.timeout): self = .timeout
        case .flowOut(.key): self = .key
        case .flowOut(.empty): self = .empty
        case .flowOut(.withdrawn): self = .withdrawn
        case .flowOut(.unknown): self = .flowOutUnknown
        case .lost: self = .lost
        }
    }

    public static let answered: [VisitClass] = [.answeredInTime, .answeredLate, .answeredUnmeasured]
    public static let abandoned: [VisitClass] = [
        .abandonedShortInTime, .abandonedShortLate, .abandonedInTime, .abandonedLate, .abandonedUnmeasured,
    ]
    public static let shortAbandons: [VisitClass] = [.abandonedShortInTime, .abandonedShortLate]
    public static let flowOut: [VisitClass] = [.timeout, .key, .empty, .withdrawn, .flowOutUnknown]
    public static let waiting: [VisitClass] = [.waitingInTime, .waitingLate, .waitingUnmeasured]
    public static let unmeasured: [VisitClass] = [.answeredUnmeasured, .abandonedUnmeasured, .waitingUnmeasured]

    /// The rule that puts a visit here, in the words of its definition.
    public func rule(_ definition: ServiceLevel.Definition) -> String {
        let threshold = "\(Self.plain(definition.threshold)) s"
        let short = "\(Self.plain(definition.shortAbandon)) s"
        return switch self {
        case .answeredInTime: "answered, wait ≤ \(threshold)"
        case .answeredLate: "answered, wait > \(threshold)"
        case .answeredUnmeasured: "answered, wait not seen whole"
        case .abandonedShortInTime: "abandoned, wait ≤ \(short) (short) and ≤ \(threshold)"
        case .abandonedShortLate: "abandoned, wait ≤ \(short) (short) and > \(threshold)"
        case .abandonedInTime: "abandoned, wait > \(short) and ≤ \(threshold)"
        case .abandonedLate: "abandoned, wait > \(threshold)"
        case .abandonedUnmeasured: "abandoned, wait not seen whole"
        case .timeout: "flowed out: time-out of the queue"
        case .key: "flowed out: the caller pressed a key"
        case .empty: "flowed out: the queue became empty of agents"
        case .withdrawn: "flowed out: taken out by somebody"
        case .flowOutUnknown: "flowed out: the switch did not say why"
        case .lost: "lost: the end was not seen"
        case .waitingInTime: "waits still, for ≤ \(threshold)"
        case .waitingLate: "waits still, for > \(threshold)"
        case .waitingUnmeasured: "waits still, since before it was seen"
        }
    }

    static func plain(_ span: Span) -> String {
        span.microseconds % 1_000_000 == 0 ? "\(span.microseconds / 1_000_000)" : "\(span.seconds)"
    }
}
