import Time

/// How far a switch's clock is ahead of this machine's, from its answers to Ping.
///
/// The switch read its clock somewhere between our question and its answer; taken for the middle, it is wrong by half the round trip at most.
/// So the quickest of the last answers is believed (as NTP's clock filter does, RFC 5905 §10; `domain.md` §1.5).
public struct ClockOffset: Codable, Equatable, Sendable {
    public struct Sample: Codable, Equatable, Sendable {
        /// The switch's clock minus ours: negative where the switch is behind.
        public var offset: Span
        public var roundTrip: Span

        public init(offset: Span, roundTrip: Span) {
            self.offset = offset
            self.roundTrip = roundTrip
        }

        /// The true offset is no further from ``offset`` than this.
        public var uncertainty: Span { Span(microseconds: (roundTrip.microseconds + 1) / 2) }
    }

    /// Two minutes of Pings: longer than a burst of calls delays answers, shorter than clocks need to drift apart by what anybody could see.
    static let samplesKept = 8
    /// Further apart than round trips and drift explain: one of the clocks was set, and what was known before is no longer true.
    static let step = Span.milliseconds(100)

    /// The last ones, oldest first.
    private var samples: [Sample] = []

    public init() {}

    /// The quickest answer of the last ones, the latest of equals; nil as long as there was none.
    public var best: Sample? { samples.reversed().min { $0.roundTrip < $1.roundTrip } }

    /// Takes in an answer that came at `now` to a question of the uptime `sent`. The round trip is measured by the clock that never jumps.
    public mutating func add(switchTime: UnixTime, sent: Span, at now: Moment) {
        let roundTrip = now.uptime - sent
        guard roundTrip >= .zero else { return }
        let middle = now.date.microseconds - roundTrip.microseconds / 2
        let sample = Sample(offset: Span(microseconds: switchTime.microseconds - middle), roundTrip: roundTrip)
        if let best {
            let apart = abs(best.offset.microseconds - sample.offset.microseconds)
            if apart > best.uncertainty.microseconds + sample.uncertainty.microseconds + Self.step.microseconds { samples.removeAll() }
        }
        samples.append(sample)
        if samples.count > Self.samplesKept { samples.removeFirst() }
    }
}
