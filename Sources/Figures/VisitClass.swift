import Telephony
import Time

/// What a visit counts as under one definition of the service level: exactly one of these.
///
/// A figure is a set of classes, so that a figure and the list of the calls behind it cannot disagree.
/// Classes and outcomes are joined by two exhaustive switches, ``init(_:_:at:)`` and ``outcome``:
/// a new outcome or flow-out reason does not compile until somebody has given it a class.
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
    /// Still waiting, for `T` at most so far.
    case waitingInTime
    /// Still waiting, for longer than `T`: it cannot be in time any more.
    case waitingLate
    case waitingUnmeasured

    public init(_ fact: VisitFact, _ definition: ServiceLevel.Definition, at now: Moment) {
        let wait = fact.wait(at: now)
        let isInTime = wait <= definition.threshold
        switch fact.outcome {
        case nil: self = !fact.isMeasured ? .waitingUnmeasured : isInTime ? .waitingInTime : .waitingLate
        case .answered?: self = !fact.isMeasured ? .answeredUnmeasured : isInTime ? .answeredInTime : .answeredLate
        case .abandoned?:
            let isShort = wait <= definition.shortAbandon
            if !fact.isMeasured {
                self = .abandonedUnmeasured
            } else if isShort {
                self = isInTime ? .abandonedShortInTime : .abandonedShortLate
            } else {
                self = isInTime ? .abandonedInTime : .abandonedLate
            }
        case .flowOut(.timeout)?: self = .timeout
        case .flowOut(.key)?: self = .key
        case .flowOut(.empty)?: self = .empty
        case .flowOut(.withdrawn)?: self = .withdrawn
        case .flowOut(.unknown)?: self = .flowOutUnknown
        case .lost?: self = .lost
        }
    }

    /// How visits of the class ended; nil: they have not.
    public var outcome: QueueVisit.Outcome? {
        switch self {
        case .answeredInTime, .answeredLate, .answeredUnmeasured: .answered
        case .abandonedShortInTime, .abandonedShortLate, .abandonedInTime, .abandonedLate, .abandonedUnmeasured:
            .abandoned
        case .timeout: .flowOut(.timeout)
        case .key: .flowOut(.key)
        case .empty: .flowOut(.empty)
        case .withdrawn: .flowOut(.withdrawn)
        case .flowOutUnknown: .flowOut(.unknown)
        case .lost: .lost
        case .waitingInTime, .waitingLate, .waitingUnmeasured: nil
        }
    }

    public static let answered = of(.answered)
    public static let abandoned = of(.abandoned)
    public static let shortAbandons: [VisitClass] = [.abandonedShortInTime, .abandonedShortLate]
    public static let flowOut = QueueVisit.FlowOut.allCases.flatMap { of(.flowOut($0)) }
    public static let waiting = of(nil)
    public static let unmeasured: [VisitClass] = [.answeredUnmeasured, .abandonedUnmeasured, .waitingUnmeasured]

    /// All classes of visits that ended like this; nil: of those that have not ended.
    static func of(_ outcome: QueueVisit.Outcome?) -> [VisitClass] { allCases.filter { $0.outcome == outcome } }

    /// All outcomes, in the order of the classes.
    public static let outcomes = allCases.compactMap(\.outcome).reduce(into: [QueueVisit.Outcome]()) {
        if $0.last != $1 { $0.append($1) }
    }

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
