import Reconciliation
import Testing

@Suite("A queue_log")
struct QueueLogTests {
    @Test("is read")
    func read() {
        #expect(QueueLog().visits.isEmpty)
    }
}
