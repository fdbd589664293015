import Time

/// An interval without a switch's events. A figure over such an interval is incomplete.
public struct Gap: Codable, Equatable, Sendable {
    public enum Cause: String, Codable, Equatable, Sendable {
        case linkLost
        /// The switch was restarted meanwhile: no earlier call survived.
        case switchRestarted
        /// We were not running.
        case notRunning
        /// The events were received, but the journal from which they are replayed lacks them: its disk accepted nothing
        /// at that time, or the journal is damaged there. The gap lasts until the switch's next inventory.
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

    /// The part of the gap that lies in the interval.
    public func overlap(from start: UnixTime, to end: UnixTime) -> Span {
        max(.zero, min(to ?? end, end) - max(from, start))
    }
}
