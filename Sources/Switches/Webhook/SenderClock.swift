import Time

/// A sender's clock relative to ours, for one call. It places all events of the call, so that the distances between
/// them are the sender's.
struct SenderClock: Codable, Equatable, Sendable {
    /// Our uptime minus our date. The two clocks are read one after the other, so each reading differs by some
    /// microseconds: a source keeps one value.
    private(set) var base: Span
    /// Our date minus the sender's. Zero if the sender's clock is trusted.
    private(set) var shift: Span

    /// From an event that happened at `sent` and arrived at `now`. If the clock is too far from ours, the event counts
    /// as having happened at its receipt.
    init(sent: UnixTime, received now: Moment, base: Span) {
        self.base = base
        let difference = now.date - sent
        shift = abs(difference.microseconds) <= WebhookTranslator.clockTolerance.microseconds ? .zero : difference
    }

    var isBelieved: Bool { shift == .zero }

    func moment(of sent: UnixTime) -> Moment { Self.moment(at: sent + shift, base: base) }

    /// The sender's clock at a moment of the call.
    func sent(at moment: Moment) -> UnixTime { moment.date + Span(microseconds: -shift.microseconds) }

    /// A date of ours as a moment of our monotonic clock.
    static func moment(at date: UnixTime, base: Span) -> Moment {
        Moment(uptime: Span(microseconds: date.microseconds + base.microseconds), date: date)
    }

    static func base(at now: Moment) -> Span { Span(microseconds: now.uptime.microseconds - now.date.microseconds) }
}
