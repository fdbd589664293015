import EventLoop
import Time

extension Moment {
    /// By the event loop's clocks, which stand still while one event is handled.
    @LoopActor static var now: Moment {
        Moment(
            uptime: Span(microseconds: EventLoop.uptimeMicroseconds),
            date: UnixTime(microseconds: EventLoop.dateMicroseconds))
    }
}
