/// What the loop bounds, and why.
enum Limits {
    /// One turn's share for jobs: at some 30 ns to 2 µs each, sockets and timers wait a few milliseconds at the most.
    static let jobsPerDrain = 1024
    /// A burst of posts may have grown the queue; beyond this it is given back.
    static let keptBatchCapacity = 65_536
    /// Rounds of "work after the turn that makes more work after the turn" before the sockets get their turn.
    static let roundsAfterTurn = 16
    /// One read buffer for all connections: libuv fills it and calls back at once. What one read brings is dealt with before anything else.
    static let readBufferBytes = 16_384
    /// Reads of one connection in a turn: libuv would go on 32 times as long as a peer sends faster than we read. What a hostile switch can pack into
    /// one costs up to 30 ms (`centralino bench attacks`), and a change of the wallboards may fall due in the same turn.
    static let readsPerTurn = 1
    /// Connections that one listener accepts in a turn. Each costs up to 50 µs with what its owner does for it; a crowd of thousands that comes at once
    /// would otherwise hold everything else for a quarter of a second. The rest waits in the kernel.
    static let acceptsPerTurn = 16
    /// A peer that neither reads what is left nor closes keeps its socket this long after `close(afterFlushing: true)`.
    static let flushBeforeCloseMicroseconds: Int64 = 5_000_000
    /// A client gets 16 MiB of the kernel's and our memory unless its owner says otherwise.
    static let unsentBytes = 16 * 1024 * 1024
    /// A peer that vanished without a FIN (power, NAT) is noticed by the kernel after a minute of silence and its probes.
    static let keepAliveSeconds: UInt32 = 60
    /// A close callback may open something new (a reconnection) while the loop stops; this ends the game.
    static let roundsWhileStopping = 1000
}
