/// One reading of both clocks, taken once per turn of the event loop and passed down.
public struct Moment: Hashable, Codable, Sendable {
    /// Time since an arbitrary start. It never jumps; it is used for deadlines, waits and talk times.
    public var uptime: Span
    /// Civil time for records. It may jump.
    public var date: UnixTime

    public init(uptime: Span, date: UnixTime) {
        self.uptime = uptime
        self.date = date
    }

    public static func - (left: Moment, right: Moment) -> Span { left.uptime - right.uptime }
    /// Both clocks moved on by the same span.
    public static func + (moment: Moment, span: Span) -> Moment {
        Moment(uptime: moment.uptime + span, date: moment.date + span)
    }
}
