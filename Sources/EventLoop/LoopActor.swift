/// The isolation of everything that lives on the event loop: one loop, one thread.
///
/// The compiler then proves that no state of the loop is reached from another thread. libuv's callbacks are bare C
/// callbacks, not tasks; they count as isolated because the executor checks its thread.
@globalActor
public actor LoopActor {
    public static let shared = LoopActor()

    public nonisolated var unownedExecutor: UnownedSerialExecutor { LoopExecutor.shared.asUnownedSerialExecutor() }

    /// Runs `body` as code of the loop. For synchronous code that is called on the loop's thread, where the compiler
    /// cannot know that; a precondition failure on any other thread.
    public nonisolated static func assumeIsolated<Result, Failure: Error>(
        _ body: @LoopActor () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(LoopExecutor.shared.isOnLoopThread, "this code must be called on the thread of EventLoop.run")
        // What MainActor.assumeIsolated does: the isolation is only a matter of types, and the thread was just
        // checked.
        typealias Unisolated = () throws(Failure) -> Result
        return try withoutActuallyEscaping(body) { escapable throws(Failure) in
            try unsafeBitCast(escapable, to: Unisolated.self)()
        }
    }
}
