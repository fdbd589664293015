import Foundation
import Testing

/// Runs a suite's tests on threads of their own. They wait for programs most of the time, and a test that waits on a
/// thread of Swift's pool, which has one for each core, keeps it from the tests that compute.
struct WaitingTrait: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void)
        async throws
    {
        try await withTaskExecutorPreference(WaitingThreads.shared) { try await function() }
    }
}

extension Trait where Self == WaitingTrait {
    static var waiting: Self { Self() }
}

/// A few threads, for tasks that block them.
private final class WaitingThreads: TaskExecutor, @unchecked Sendable {
    /// So many programs at once leave a small machine some time for each.
    static let shared = WaitingThreads(count: 3)

    private let condition = NSCondition()
    /// In the order in which they came; guarded by `condition`.
    private var jobs: [UnownedJob] = []

    private init(count: Int) { for _ in 0..<count { Thread { [self] in work() }.start() } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.withLock {
            jobs.append(job)
            condition.signal()
        }
    }

    private func work() -> Never {
        while true {
            let job = condition.withLock {
                while jobs.isEmpty { condition.wait() }
                return jobs.removeFirst()
            }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
