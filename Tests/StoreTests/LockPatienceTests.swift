import GRDB
import Testing

@testable import Store

@Suite("Waiting for a lock that another process holds")
struct LockPatienceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("asks again soon at first, and 20 times a second later, until its time is over")
    func pauses() {
        #expect((0...8).map(LockPatience.milliseconds(before:)) == [0, 1, 3, 7, 15, 31, 63, 113, 163])
        let patience = LockPatience(seconds: 0.1)
        #expect((0...8).map { patience.wait(attempt: $0) } == [true, true, true, true, true, true, true, false, false])
    }

    @Test("ends when the program is to end, even if it has begun, and does not begin again")
    func end() async throws {
        // Longer than any test may take.
        let store = try Store(path: folder.database, busySeconds: 3_600)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: folder.database, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        async let first = store.saved([contact("a")])
        store.endWaiting(afterSeconds: 0.1)
        store.endWaiting(afterSeconds: 3_600)
        let second = await store.saved([contact("b")])
        for result in [await first, second] {
            guard case .failure(let error) = result else {
                Issue.record("written in spite of the lock")
                continue
            }
            #expect(error == .busy(path: folder.database))
        }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await store.saved([contact("a")]).get()
        try store.close()
    }
}
