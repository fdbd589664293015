import Glibc
import Synchronization

/// A disk on which a sync, or a write, takes as long as the test wants.
final class SlowDisk: @unchecked Sendable {
    private let begun = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private let allowed = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    let answer: Atomic<Int32>
    let inFlight = Atomic<Int>(0)
    let mostInFlight = Atomic<Int>(0)
    let syncs = Atomic<Int>(0)

    init(answer: Int32 = 0) {
        self.answer = Atomic(answer)
        sem_init(begun, 0, 0)
        sem_init(allowed, 0, 0)
    }

    /// As write(2), which fails with `answer` unless that is 0.
    func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
        let code = sync(descriptor)
        guard code != 0 else { return Glibc.write(descriptor, bytes, count) }
        errno = code
        return -1
    }

    func sync(_ descriptor: Int32) -> Int32 {
        let now = inFlight.add(1, ordering: .sequentiallyConsistent).newValue
        mostInFlight.max(now, ordering: .sequentiallyConsistent)
        syncs.add(1, ordering: .sequentiallyConsistent)
        sem_post(begun)
        sem_wait(allowed)
        inFlight.subtract(1, ordering: .sequentiallyConsistent)
        return answer.load(ordering: .sequentiallyConsistent)
    }

    /// False if nothing began within ten seconds.
    func waitUntilBegun() -> Bool {
        var limit = timespec()
        clock_gettime(CLOCK_REALTIME, &limit)
        limit.tv_sec += 10
        return sem_timedwait(begun, &limit) == 0
    }

    func allow(_ count: Int = 1) { for _ in 0..<count { sem_post(allowed) } }
}
