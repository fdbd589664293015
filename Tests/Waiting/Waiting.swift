import Foundation
public import Testing

/// Runs a suite's tests on threads of their own. They wait for programs most of the time, and a test that waits on a
/// thread of Swift's pool, which has one for each core, keeps it from the tests that compute.
public struct WaitingTrait: SuiteTrait, TestTrait, TestScoping {
    public let isRecursive = true
    /// So many programs at once leave a small machine some time for each.
    private static let threads = WaitingThreads(count: 3)

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(Self.threads) { try await function() }
    }
}

extension Trait where Self == WaitingTrait {
    public static var waiting: Self { Self() }
}

/// A few threads, for tasks that block them, or that must not wait until those that compute leave one.
public final class WaitingThreads: TaskExecutor, @unchecked Sendable {
    private let condition = NSCondition()
    /// In the order in which they came; guarded by `condition`.
    private var jobs: [UnownedJob] = []

    public init(count: Int) { for _ in 0..<count { Thread { [self] in work() }.start() } }

    public func enqueue(_ job: consuming ExecutorJob) {
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
