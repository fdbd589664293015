import Time

/// A sender's clock beside ours, for one call. All events of the call are placed by it, so that they stand to each other as the sender dated them.
struct SenderClock: Codable, Equatable, Sendable {
    /// Our uptime minus our date. The clocks are read one after the other, so it differs by some microseconds each time: a source keeps one.
    private(set) var base: Span
    /// Our date minus the sender's. Zero where the sender's clock is believed.
    private(set) var shift: Span

    /// By an event that happened when `sent` says, and came `now`. A clock that is too far from ours is assumed to have been read at the receipt.
    init(sent: UnixTime, received now: Moment, base: Span) {
        self.base = base
        let difference = now.date - sent
        shift = abs(difference.microseconds) <= WebhookTranslator.clockTolerance.microseconds ? .zero : difference
    }

    var isBelieved: Bool { shift == .zero }

    func moment(of sent: UnixTime) -> Moment { Self.moment(at: sent + shift, base: base) }

    /// What the sender's clock shows at a moment of the call.
    func sent(at moment: Moment) -> UnixTime { moment.date + Span(microseconds: -shift.microseconds) }

    /// A date of ours on our monotonic clock.
    static func moment(at date: UnixTime, base: Span) -> Moment {
        Moment(uptime: Span(microseconds: date.microseconds + base.microseconds), date: date)
    }

    static func base(at now: Moment) -> Span { Span(microseconds: now.uptime.microseconds - now.date.microseconds) }
}
