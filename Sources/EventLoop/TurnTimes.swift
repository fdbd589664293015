/// How long the loop's turns take: the time between two polls in which it did not wait. Meanwhile everything else
/// waits.
struct TurnTimes {
    /// When the last turn ended, and how long the loop had waited in total by then. Nanoseconds.
    private var endedAt: UInt64
    private var idle: UInt64
    private(set) var longest: UInt64 = 0

    init(at now: UInt64, idle: UInt64) {
        endedAt = now
        self.idle = idle
    }

    mutating func turnEnded(at now: UInt64, idle: UInt64) {
        // The loop waited between the two ends; both are measured by the same clock.
        let passed = now > endedAt ? now - endedAt : 0
        let waited = idle > self.idle ? idle - self.idle : 0
        longest = max(longest, passed > waited ? passed - waited : 0)
        endedAt = now
        self.idle = idle
    }

    /// The longest turn since the last call.
    mutating func take() -> UInt64 {
        defer { longest = 0 }
        return longest
    }
}
