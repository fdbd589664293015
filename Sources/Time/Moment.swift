/// One reading of both clocks, taken once per turn of the event loop and passed down.
public struct Moment: Hashable, Codable, Sendable {
    /// Since an arbitrary start; never jumps: deadlines, waits, talk times.
    public var uptime: Span
    /// Civil time: what a record says; it may jump.
    public var date: UnixTime

    public init(uptime: Span, date: UnixTime) {
        self.uptime = uptime
        self.date = date
    }

    public static func - (left: Moment, right: Moment) -> Span { left.uptime - right.uptime }
    /// Both clocks moved on together.
    public static func + (moment: Moment, span: Span) -> Moment { Moment(uptime: moment.uptime + span, date: moment.date + span) }
}
