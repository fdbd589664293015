import Cuv
import Glibc

/// The process's only event loop (libuv): sockets, timers and signals on one thread, which is also the executor of
/// ``LoopActor``.
///
/// ```swift
/// try EventLoop.run {
///     let listener = try TCPListener(host: "127.0.0.1", port: 8080) { connection in
///         connection.onRead = { connection.write($0) }
///     }
/// }
/// ```
///
/// One turn of the loop: timers that are due → ``afterTurn(_:)`` work and gathered writes → wait for sockets → their
/// callbacks → close callbacks → again. The loop usually occupies the main thread, so that jobs of `MainActor` do not
/// run.
public enum EventLoop {
    /// Runs `body` on this thread as the loop's first work, then the loop until ``stop()``. Then everything that is
    /// still open is closed, each connection's `onClose` is called, and `run` returns. If `body` throws, everything
    /// is closed and the error is rethrown.
    ///
    /// SIGPIPE and SIGXFSZ are ignored in the whole process, because a write to a closed socket, or beyond the size
    /// that a file may have, is an error to report and not a reason to die.
    public static func run(_ body: @escaping @LoopActor () throws -> Void) throws {
        for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
        LoopExecutor.shared.bindToThisThread()
        defer { LoopExecutor.shared.unbind() }
        try LoopActor.assumeIsolated {
            let loop = try RunningLoop()
            current = loop
            defer {
                loop.closeEverything()
                current = nil
            }
            try body()
            loop.run()
        }
    }

    /// Runs the loop on a thread of its own, once in the life of the process; later calls do nothing. For tests,
    /// whose main thread is not ours: an `async` test awaits functions of ``LoopActor``.
    public static func startOnBackgroundThread() { _ = backgroundThread }

    private static let backgroundThread: Void = {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { _ in
                do { try EventLoop.run {} } catch { fatalError("\(error)") }
                return nil
            }, nil)
        precondition(code == 0, "the loop's thread could not be created (\(code)); look at `ulimit -u`")
        pthread_detach(thread)
    }()

    /// Ends ``run(_:)`` after this turn. Bytes that the kernel does not take at once are lost: close what matters with
    /// `close(afterFlushing: true)` first, and stop when it is closed.
    @LoopActor public static func stop() { running.stop() }

    /// Runs `work` on the loop; may be called from any thread. What one thread posts runs in the order in which it
    /// was posted.
    public static func post(_ work: @escaping @Sendable @LoopActor () -> Void) { LoopExecutor.shared.post(work) }

    /// What one connection may bring in a turn, at most: this many reads of this many bytes.
    public static let (readsPerTurn, readBytes) = (Limits.readsPerTurn, Limits.readBufferBytes)

    /// Runs `work` once, after the callbacks of the current turn, and before their writes are sent and the loop waits
    /// again.
    @LoopActor public static func afterTurn(_ work: @escaping @LoopActor () -> Void) { running.afterTurn.append(work) }

    /// The longest turn since the last call: during it nothing else was done. The current turn is not over, and is
    /// reported by a later call.
    @LoopActor public static func takeLongestTurnMicroseconds() -> Int64 { Int64(running.turnTimes.take() / 1000) }

    /// A monotonic clock, in microseconds since an arbitrary start. It does not jump, and does not advance while the
    /// machine is suspended.
    public static var uptimeMicroseconds: Int64 { Int64(uv_hrtime() / 1000) }

    /// The wall clock: microseconds since 1970-01-01T00:00:00Z. It jumps when somebody sets it.
    public static var dateMicroseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }

    @LoopActor private static var current: RunningLoop?

    @LoopActor static var running: RunningLoop {
        guard let current else {
            preconditionFailure("no event loop runs: open sockets and timers inside EventLoop.run")
        }
        return current
    }
}
