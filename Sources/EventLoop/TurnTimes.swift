/// How long the loop's turns take: the time between two polls in which it did not wait. For so long everything else waits.
struct TurnTimes {
    /// When the last turn ended, and how long the loop had waited in all by then. Nanoseconds.
    private var endedAt: UInt64
    private var idle: UInt64
    private(set) var longest: UInt64 = 0

    init(at now: UInt64, idle: UInt64) {
        endedAt = now
        self.idle = idle
    }

    mutating func turnEnded(at now: UInt64, idle: UInt64) {
        // What it waited lies between the two ends; the clocks of both are one.
        let passed = now > endedAt ? now - endedAt : 0
        let waited = idle > self.idle ? idle - self.idle : 0
        longest = max(longest, passed > waited ? passed - waited : 0)
        endedAt = now
        self.idle = idle
    }

    /// The longest since the last call.
    mutating func take() -> UInt64 {
        defer { longest = 0 }
        return longest
    }
}
