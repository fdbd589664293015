import Time

/// How far a switch's clock is ahead of this machine's, computed from its answers to Ping.
///
/// The switch read its clock somewhere between our question and its answer. We assume the middle, so the error is at
/// most half the round trip. Therefore the quickest of the last answers is used, as in NTP's clock filter (RFC 5905
/// §10; `domain.md` §1.5).
public struct ClockOffset: Codable, Equatable, Sendable {
    public struct Sample: Codable, Equatable, Sendable {
        /// The switch's clock minus ours; negative if the switch is behind.
        public var offset: Span
        public var roundTrip: Span

        public init(offset: Span, roundTrip: Span) {
            self.offset = offset
            self.roundTrip = roundTrip
        }

        /// The largest possible distance of the true offset from ``offset``.
        public var uncertainty: Span { Span(microseconds: (roundTrip.microseconds + 1) / 2) }

        /// By how much the clocks differ at the very least, whichever is ahead.
        public var leastDifference: Span {
            max(.zero, Span(microseconds: Int64(clamping: offset.microseconds.magnitude)) - uncertainty)
        }
    }

    /// Two minutes of Pings: longer than a burst of calls delays answers, but too short for a visible drift of the
    /// clocks.
    static let samplesKept = 8
    /// A larger difference than round trips and drift explain: one of the clocks was set, and the earlier samples are
    /// void.
    static let step = Span.milliseconds(100)

    /// The last samples, oldest first.
    private var samples: [Sample] = []

    public init() {}

    /// The quickest of the last answers, the latest of equals; nil before the first.
    public var best: Sample? { samples.reversed().min { $0.roundTrip < $1.roundTrip } }

    /// Adds an answer that arrived at `now` to a question sent at uptime `sent`. The round trip is measured by the
    /// clock that never jumps.
    public mutating func add(switchTime: UnixTime, sent: Span, at now: Moment) {
        let roundTrip = now.uptime - sent
        guard roundTrip >= .zero else { return }
        let middle = now.date.microseconds - roundTrip.microseconds / 2
        let sample = Sample(offset: Span(microseconds: switchTime.microseconds - middle), roundTrip: roundTrip)
        if let best {
            let apart = abs(best.offset.microseconds - sample.offset.microseconds)
            if apart > best.uncertainty.microseconds + sample.uncertainty.microseconds + Self.step.microseconds {
                samples.removeAll()
            }
        }
        samples.append(sample)
        if samples.count > Self.samplesKept { samples.removeFirst() }
    }
}
