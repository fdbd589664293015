import Time

/// An interval without a switch's events: a figure over it is not whole.
public struct Gap: Codable, Equatable, Sendable {
    public enum Cause: String, Codable, Equatable, Sendable {
        case linkLost
        /// The switch was started again meanwhile: no call of before lived through it.
        case switchRestarted
        /// We were not running.
        case notRunning
        /// Somebody heard it, but the journal out of which it is known again lacks it: its disk took nothing then, or it is damaged there. It lasts
        /// until the switch is asked what there is.
        case journalLost
    }

    public var from: UnixTime
    /// nil while it lasts.
    public var to: UnixTime?
    public var cause: Cause

    public init(from: UnixTime, to: UnixTime? = nil, cause: Cause) {
        self.from = from
        self.to = to
        self.cause = cause
    }

    /// How much of it lies in the interval.
    public func overlap(from start: UnixTime, to end: UnixTime) -> Span { max(.zero, min(to ?? end, end) - max(from, start)) }
}
