import Simulation
import Testing
import Time
import Wire

@Suite("A switch that invents calls")
struct BusySwitchTests {
    /// Nobody logs in.
    private static let digests = Digests(md5: { $0 }, hmacSHA256: { $1 + $0 }, constantTimeEqual: { $0 == $1 })

    /// A minute of calls, and then until all have ended.
    private static func calls(seed: UInt64) -> (ended: [InventedCall], open: Int) {
        let start = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_438_400))
        var busy = BusySwitch(.init(seed: seed), digests: digests, at: start)
        func run(until end: Span) {
            while let next = busy.nextDeadline, next <= end { _ = busy.deadlineReached(at: busy.moment(next)) }
        }
        run(until: .seconds(1060))
        busy.acceptNoMore()
        run(until: .seconds(2000))
        return (busy.ended, busy.openCalls)
    }

    @Test("invents the same calls from the same seed, and others from another")
    func seeds() {
        let once = Self.calls(seed: 1).ended
        #expect(once.count > 500)
        let again = Self.calls(seed: 1).ended == once
        #expect(again)
        let other = Self.calls(seed: 2).ended == once
        #expect(!other)
    }

    @Test("ends each of them after its beginning, and gives each channel to one of them")
    func ends() {
        let (ended, open) = Self.calls(seed: 3)
        #expect(open == 0)
        #expect(ended.allSatisfy { call in call.ended.map { $0 >= call.arrived } ?? false })
        #expect(Set(ended.map(\.channel)).count == ended.count)
        #expect(Set(ended.map(\.outcome)).count > 1)
    }
}
