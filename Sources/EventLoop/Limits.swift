/// The loop's bounds and their reasons.
enum Limits {
    /// Jobs in one turn: at some 30 ns to 2 µs each, sockets and timers wait a few milliseconds at most.
    static let jobsPerDrain = 1024
    /// A burst of posts may have enlarged the queue; memory beyond this is released.
    static let keptBatchCapacity = 65_536
    /// Rounds of "work after the turn that makes more work after the turn" before the sockets get their turn.
    static let roundsAfterTurn = 16
    /// One read buffer for all connections: libuv fills it and calls back at once. The bytes of one read are handled
    /// before anything else.
    static let readBufferBytes = 16_384
    /// Reads of one connection in a turn. libuv would read 32 times as long as a peer sends faster than we read. What
    /// a hostile switch can pack into one read costs up to 30 ms (`centralino bench attacks`), and a change of the
    /// wallboards may fall due in the same turn.
    static let readsPerTurn = 1
    /// Patient connections that are flushed in a turn: a system call each, some 20 µs.
    static let patientFlushesPerTurn = 64
    /// Connections that one listener accepts in a turn. Each costs up to 50 µs with what its owner does for it, so a
    /// crowd of thousands that connects at once would otherwise hold everything else up for a quarter of a second.
    /// The rest waits in the kernel.
    static let acceptsPerTurn = 16
    /// How long a peer that neither reads what is left nor closes keeps its socket after
    /// `close(afterFlushing: true)`.
    static let flushBeforeCloseMicroseconds: Int64 = 5_000_000
    /// A century stands for "no limit", and a deadline does not overflow.
    static let longestTimeoutMicroseconds: Int64 = 3_000_000_000_000_000
    /// Our memory for a client's unsent bytes, beyond what the kernel takes, unless the owner sets another limit.
    static let unsentBytes = 16 * 1024 * 1024
    /// The kernel notices a peer that vanished without a FIN (power, NAT) after a minute of silence and its probes.
    static let keepAliveSeconds: UInt32 = 60
    /// A close callback may open something new (a reconnection) while the loop stops; this ends the series.
    static let roundsWhileStopping = 1000
}
