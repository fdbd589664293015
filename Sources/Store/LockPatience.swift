import Glibc
import Synchronization

/// How long a connection waits for a lock that another process holds.
///
/// SQLite's own time-out cannot be shortened while a connection waits, and `sqlite3_interrupt` does not end such a wait.
final class LockPatience: Sendable {
    /// Another process is expected to hold the lock for milliseconds. While it holds it for longer, we ask 20 times a
    /// second.
    private static let longestPauseMilliseconds = 50

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

    /// An earlier end is kept.
    func end(afterSeconds seconds: Double) {
        let new = Self.uptime() + seconds
        end.withLock { $0 = min($0 ?? new, new) }
    }

    private static func pause(_ attempt: Int) -> Int { attempt < 6 ? 1 << attempt : longestPauseMilliseconds }

    /// How long was slept before this attempt: 1, 2, 4, 8, 16 and 32 ms, then the longest pause each time.
    static func milliseconds(before attempt: Int) -> Int { (1 << min(attempt, 6)) - 1 + max(0, attempt - 6) * longestPauseMilliseconds }

    private static func uptime() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1_000_000_000
    }
}
