import Glibc

/// A thread, and a value that it shares with its owner. A change by one of them wakes the other.
final class Worker<Shared>: @unchecked Sendable {
    // A pthread mutex instead of Synchronization.Mutex: ThreadSanitizer does not understand the latter, and a
    // condition variable is needed.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var shared: Shared  // guarded by the lock
    private var thread: pthread_t?  // used by the owner only

    init(_ shared: Shared) {
        self.shared = shared
        pthread_mutex_init(lock, nil)
        // A wait with an end must not follow a clock that somebody sets.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_mutex_destroy(lock)
        pthread_cond_destroy(changed)
        lock.deallocate()
        changed.deallocate()
    }

    func read<Result>(_ body: (Shared) -> Result) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body(shared)
    }

    func change<Result>(_ body: (inout Shared) -> Result) -> Result {
        pthread_mutex_lock(lock)
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(lock)
        }
        return body(&shared)
    }

    /// Waits until `body` has something.
    func wait<Result>(for body: (inout Shared) -> Result?) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while true {
            if let result = body(&shared) {
                pthread_cond_broadcast(changed)
                return result
            }
            pthread_cond_wait(changed, lock)
        }
    }

    /// Waits until `body` has something, or until this time of the monotonic clock: then nil.
    func wait<Result>(until end: timespec, for body: (inout Shared) -> Result?) -> Result? {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        var end = end
        while true {
            if let result = body(&shared) {
                pthread_cond_broadcast(changed)
                return result
            }
            if pthread_cond_timedwait(changed, lock, &end) == ETIMEDOUT { return body(&shared) }
        }
    }

    /// The thread begins with the first call.
    func start(_ run: @escaping () -> Void) {
        if thread == nil { thread = beginThread(run) }
    }

    /// Waits until the thread has returned.
    func join() {
        if let thread { pthread_join(thread, nil) }
        thread = nil
    }
}

private final class ThreadBody {
    let run: () -> Void

    init(_ run: @escaping () -> Void) { self.run = run }
}

private func beginThread(_ run: @escaping () -> Void) -> pthread_t {
    var made = pthread_t()
    let code = pthread_create(
        &made, nil,
        { body in
            Unmanaged<ThreadBody>.fromOpaque(body!).takeRetainedValue().run()
            return nil
        }, Unmanaged.passRetained(ThreadBody(run)).toOpaque())
    precondition(code == 0, "the journal's thread could not be created (\(code)); look at `ulimit -u`")
    return made
}
