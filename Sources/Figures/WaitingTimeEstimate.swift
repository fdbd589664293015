import Telephony
import Time

/// What a caller may expect to wait, by three methods. `domain.md` §3.6; Whitt 1999, Ibrahim & Whitt 2009.
public struct WaitingTimeEstimate: Codable, Equatable, Sendable {
    /// Queue length: n·m/s.
    public var queueLength: Span?
    /// Queue length with abandonment: Σ 1/(s/m + i·θ), i from 0 to n−1.
    public var queueLengthAbandoning: Span?
    /// Last to enter service: the wait of the caller who was answered last.
    public var lastToEnterService: Span?

    public init() {}

    /// - Parameters:
    ///   - position: the caller's, counting the caller; 0 means that an agent is free.
    ///   - servers: agents of the queue who are not paused. With none there is no estimate.
    ///   - handling: mean handling time.
    ///   - patience: mean time until callers give up; nil where nobody does.
    public init(position: Int, servers: Int, handling: Span?, patience: Span?, lastAnswered: Span?) {
        guard servers > 0, position >= 0 else { return }
        if position > 0 { lastToEnterService = lastAnswered }
        guard let handling, handling > .zero else { return }
        let rate = Double(servers) / handling.seconds
        let leaving = patience.map { $0 > .zero ? 1 / $0.seconds : 0 } ?? 0
        func span(_ seconds: Double) -> Span {
            Span(microseconds: Int64((min(seconds, WaitHistogram.longest.seconds) * 1_000_000).rounded()))
        }
        queueLength = span(Double(position) / rate)
        // The terms become smaller and smaller: a million callers must not take a million steps.
        queueLengthAbandoning = span(
            (0..<min(position, Limits.estimateTerms)).reduce(0.0) { $0 + 1 / (rate + Double($1) * leaving) })
    }

    /// The one that is announced: QLA, or else QL.
    public var best: Span? { queueLengthAbandoning ?? queueLength }
}

/// The wait that is announced to callers: whole minutes, rounded up, half an hour at most. A higher value
/// replaces a lower one only if it is 10 % more.
public struct AnnouncedWait: Codable, Equatable, Sendable {
    /// Half an hour: more is not announced.
    public static let cap = Span.seconds(1800)
    public private(set) var minutes: Int?
    private var announced: Span?

    public init() {}

    /// `hasIdleAgent`: an agent is free, so nothing is announced.
    public mutating func update(_ estimate: Span?, hasIdleAgent: Bool) {
        guard let estimate, !hasIdleAgent else {
            minutes = nil
            announced = nil
            return
        }
        if let announced, estimate > announced, estimate.microseconds * 10 <= announced.microseconds * 11 { return }
        announced = estimate
        minutes = Int((min(estimate, Self.cap).microseconds + 59_999_999) / 60_000_000)
    }
}

/// How far estimates were from the real waits, over answered callers whose wait was seen whole.
public struct EstimateAccuracy: Codable, Equatable, Sendable {
    public private(set) var count = 0
    private var absolute = Span.zero
    private var signed = Span.zero

    public init() {}

    mutating func add(estimate: Span, wait: Span) {
        count += 1
        let error = estimate - wait
        signed += error
        absolute += error < .zero ? .zero - error : error
    }

    /// Mean absolute error; nil without a case.
    public var meanAbsoluteError: Span? { count > 0 ? Span(microseconds: absolute.microseconds / Int64(count)) : nil }
    /// Positive: the estimates were too long.
    public var bias: Span? { count > 0 ? Span(microseconds: signed.microseconds / Int64(count)) : nil }
}
