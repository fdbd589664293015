import Cuv
import Glibc
import Synchronization

/// Runs the jobs of ``LoopActor`` and the closures of ``EventLoop/post(_:)`` on the loop's thread, in the order in
/// which they came.
///
/// The process has one. What is enqueued while no loop runs waits for the next ``EventLoop/run(_:)``.
final class LoopExecutor: SerialExecutor, @unchecked Sendable {
    static let shared = LoopExecutor()

    private enum Item {
        case job(UnownedJob)
        case work(@Sendable @LoopActor () -> Void)
    }

    // A pthread mutex instead of Synchronization.Mutex: ThreadSanitizer does not understand the latter and reports
    // every use.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var inbox: [Item] = []  // under the lock
    private var wakeup: UnsafeMutablePointer<uv_async_t>?  // under the lock; nil while no loop runs
    private let thread = Atomic<UInt>(0)  // the pthread_t of the loop; 0 while no loop runs

    // Only the loop's thread touches these.
    private var batch: [Item] = []
    private var nextInBatch = 0
    private var isDraining = false

    private init() { pthread_mutex_init(lock, nil) }

    var isOnLoopThread: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }
    func post(_ work: @escaping @Sendable @LoopActor () -> Void) { add(.work(work)) }

    func isIsolatingCurrentContext() -> Bool? { isOnLoopThread }
    func checkIsolated() {
        precondition(isOnLoopThread, "code of @LoopActor was called off the loop; use EventLoop.post or await it")
    }

    private func add(_ item: Item) {
        // The drain that is running takes what its own jobs add, so no wake-up is needed.
        let isOwnDrain = isOnLoopThread && isDraining
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        inbox.append(item)
        // Under the lock, so that the handle cannot be closed between the test and the call.
        if let wakeup, inbox.count == 1, !isOwnDrain { uv_async_send(wakeup) }
    }

    /// Makes this thread the loop's. There is one loop at a time: a second is a precondition failure.
    func bindToThisThread() {
        let (isFree, _) = thread.compareExchange(
            expected: 0, desired: UInt(pthread_self()), ordering: .sequentiallyConsistent)
        precondition(isFree, "EventLoop.run: the loop already runs, on this or another thread")
    }

    func unbind() { thread.store(0, ordering: .sequentiallyConsistent) }

    /// Makes later jobs wake the loop through `handle`. Pass nil before the handle is closed.
    func wake(through handle: UnsafeMutablePointer<uv_async_t>?) {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        wakeup = handle
        if let handle { uv_async_send(handle) }
    }

    /// Runs the waiting jobs, but at most ``Limits/jobsPerDrain``: a task that enqueues itself for ever must not
    /// starve the sockets.
    @LoopActor func drain() {
        isDraining = true
        defer { isDraining = false }
        for _ in 0..<Limits.jobsPerDrain {
            guard let item = next() else { return }
            switch item {
            case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
            case .work(let work): work()
            }
        }
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        if let wakeup { uv_async_send(wakeup) }
    }

    @LoopActor private func next() -> Item? {
        if nextInBatch == batch.count {
            batch.removeAll(keepingCapacity: batch.capacity <= Limits.keptBatchCapacity)
            nextInBatch = 0
            pthread_mutex_lock(lock)
            swap(&batch, &inbox)
            pthread_mutex_unlock(lock)
            if batch.isEmpty { return nil }
        }
        defer { nextInBatch += 1 }
        return batch[nextInBatch]
    }
}
