import Core
import Edges
import Gateway
import Telephony
import Testing
import Time
import Wallboard

@Suite("The numbers of the stream")
struct WallboardSequenceTests {
    /// A minute of calls, with arbitrary actions of readers meanwhile; returns what a reader from the beginning
    /// received.
    private func told(_ meanwhile: (inout Bench, Int) -> Void) -> [String] {
        var bench = Bench()
        bench.greet()
        bench.member("1001")
        let reader = bench.connect(.wallboards)
        for number in 0..<60 {
            bench.join("1.\(number)")
            meanwhile(&bench, number)
            bench.wait(.milliseconds(Int64(number * 37 % 250)))
            meanwhile(&bench, number)
            if number % 3 == 0 { bench.hangUp("1.\(number)") }
            bench.wait(.milliseconds(Int64(number * 53 % 170)))
        }
        bench.wait(.seconds(1))
        return bench.lines(reader).filter { !$0.contains("heartbeat") }
    }

    @Test("and every byte of the changes are the same whatever readers do")
    func readers() {
        let alone = told { _, _ in }
        #expect(wallboardMessages(alone).map(\.seq) == Array(0..<UInt64(alone.count)))
        #expect(alone.count > 40)
        let busy = told { bench, number in
            let lines = bench.connect(.wallboards)
            bench.send(#"{"subscribe":{"queues":["info"],"minIntervalMs":300},"resume":1}"# + "\n", lines)
            _ = bench.request("GET", "/v1/wallboard", [("Accept", "application/json")])
            _ = bench.webSocket("/v1/wallboard?queue=info&metric=waiting")
            if number % 2 == 0 { bench.unsent(lines, 100_000) }
            if number % 5 == 0 { bench.drop(lines) }
        }
        #expect(busy == alone)
    }

    @Test("continue while nobody listens")
    func nobody() {
        var bench = Bench()
        bench.greet()
        for number in 0..<10 {
            bench.join("1.\(number)")
            bench.wait(.seconds(1))
        }
        let reader = bench.connect(.wallboards)
        #expect(wallboardMessages(bench.lines(reader)).map(\.seq) == [10])
    }

    @Test("are assigned when they were due, however late the gateway is woken: before what happened since")
    func late() {
        func told(_ isLate: Bool) -> [String] {
            var bench = Bench()
            bench.greet()
            bench.wait(.seconds(1))
            let reader = bench.connect(.wallboards)
            bench.join("1.1")
            if isLate { bench.oversleep(.milliseconds(250)) } else { bench.wait(.milliseconds(250)) }
            bench.join("1.2")
            bench.wait(.milliseconds(100))
            return bench.lines(reader)
        }
        let onTime = told(false)
        #expect(told(true) == onTime)
        #expect(wallboardMessages(onTime).compactMap { $0.queues?.first?.waiting } == [1, 2])
        #expect(
            wallboardMessages(onTime).map(\.at).dropFirst() == ["2026-03-02T08:00:01.100Z", "2026-03-02T08:00:01.350Z"])
    }
}
