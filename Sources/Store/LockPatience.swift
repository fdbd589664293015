import Glibc
import Synchronization

/// How long a connection waits for a lock that another process holds.
///
/// SQLite's own time-out cannot be shortened while a connection waits, and `sqlite3_interrupt` does not end such a
/// wait.
final class LockPatience: Sendable {
    private let milliseconds: Int
    /// When waiting ends, in seconds of the monotonic clock; nil: no end is set.
    private let end = Mutex<Double?>(nil)

    init(seconds: Double) { milliseconds = Int(seconds * 1000) }

    /// Sleeps before another attempt; false when there must be none. `attempt` counts from 0 for each wait.
    func wait(attempt: Int) -> Bool {
        guard Self.milliseconds(before: attempt) < milliseconds else { return false }
        if let end = end.withLock({ $0 }), Self.uptime() >= end { return false }
        usleep(UInt32(Self.pause(attempt) * 1000))
        return true
    }

    /// Sleeps for longer than anyone sleeps who waits for a lock: the next transaction is another's, if another waits.
    func giveWay() { usleep(UInt32((Store.Limits.lockPauseMilliseconds + 1) * 1000)) }

    /// An earlier end is kept.
    func end(afterSeconds seconds: Double) {
        let new = Self.uptime() + seconds
        end.withLock { $0 = min($0 ?? new, new) }
    }

    private static func pause(_ attempt: Int) -> Int {
        attempt < Store.Limits.lockPauseDoublings ? 1 << attempt : Store.Limits.lockPauseMilliseconds
    }

    /// How long was slept before this attempt: 1, 2, 4, 8, 16 and 32 ms, then the longest pause each time.
    static func milliseconds(before attempt: Int) -> Int {
        let doublings = Store.Limits.lockPauseDoublings
        return (1 << min(attempt, doublings)) - 1 + max(0, attempt - doublings) * Store.Limits.lockPauseMilliseconds
    }

    private static func uptime() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1_000_000_000
    }
}
