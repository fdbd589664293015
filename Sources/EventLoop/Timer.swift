import Cuv

/// Calls a closure once, some microseconds from now; it can be started again any number of times. It is never early,
/// and at most about a millisecond late on an idle loop. It stops when it is released.
@LoopActor
public final class Timer {
    private let core: TimerCore

    public init(_ onFire: @escaping @LoopActor () -> Void) { core = TimerCore(onFire: onFire) }

    isolated deinit { core.close() }

    /// Fires once after `microseconds` (0 or less: in the next turn); an earlier start is cancelled.
    public func start(afterMicroseconds microseconds: Int64) { core.start(afterMicroseconds: microseconds) }

    /// Cancels the start. Does nothing if the timer is not running.
    public func cancel() { core.cancel() }
}

/// Separate from ``Timer``, because the handle keeps its owner alive, and a timer must end when it is released.
@LoopActor
private final class TimerCore: HandleOwner {
    private var handle: Handle?
    private var onFire: (@LoopActor () -> Void)?

    init(onFire: @escaping @LoopActor () -> Void) {
        self.onFire = onFire
        // uv_timer_init cannot fail.
        handle = try? Handle(uv_timer_t.self, owner: self) { uv_timer_init(EventLoop.running.uv, $0) }
    }

    func start(afterMicroseconds microseconds: Int64) {
        guard let handle, !handle.isClosing else { return }
        // libuv counts from the beginning of the turn, in truncated milliseconds: counted that way a timer could be
        // early by the length of the turn and a millisecond.
        uv_update_time(EventLoop.running.uv)
        let (due, isOverflow) = EventLoop.uptimeMicroseconds.addingReportingOverflow(max(0, microseconds))
        let dueMilliseconds = (UInt64(isOverflow ? Int64.max : due) + 999) / 1000
        let delay = dueMilliseconds - min(dueMilliseconds, uv_now(EventLoop.running.uv))
        uv_timer_start(
            handle.pointer.assumingMemoryBound(to: uv_timer_t.self),
            { Handle.owner(of: $0, as: TimerCore.self)?.onFire?() }, delay, 0)
    }

    func cancel() {
        guard let handle, !handle.isClosing else { return }
        uv_timer_stop(handle.pointer.assumingMemoryBound(to: uv_timer_t.self))
    }

    func close() {
        // What the closure held may be released with it and then use this very object: so not before the assignment
        // is over.
        let released = onFire
        defer { withExtendedLifetime(released) {} }
        onFire = nil
        handle?.close()
    }

    func loopStops() { close() }
    func handleClosed() { handle = nil }
}
