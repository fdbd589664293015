import ACD
import Figures
import Telephony
import Testing
import Time

@Suite("The service level")
struct ServiceLevelTests {
    /// The waits of the worked scenarios S01–S16 (`domain.md` §10.2), in milliseconds.
    private let answered: [Int64] = [4040, 17700, 20000, 10000, 10000, 10000, 10000, 10010, 10010, 15250, 10000]
    private let abandoned: [Int64] = [25490, 4000]
    private let flowOut: [(Int64, QueueVisit.FlowOut)] = [(60000, .timeout), (60000, .unknown), (12000, .key)]

    private var worked: ACD {
        var acd = ACD()
        var number: UInt64 = 1
        for wait in answered {
            acd.add(number, wait: .milliseconds(wait), nil)
            number += 1
        }
        for wait in abandoned {
            acd.add(number, wait: .milliseconds(wait), .abandoned)
            number += 1
        }
        for (wait, reason) in flowOut {
            acd.add(number, wait: .milliseconds(wait), .flowOut(reason))
            number += 1
        }
        return acd
    }

    /// By the queue's own contract, over the day.
    private func level(_ acd: ACD, _ queue: QueueName = info) -> ServiceLevel {
        let today = Window.today(.rome, at: at(0))
        return acd.visits(of: queue, today, at: at(120_000)).serviceLevel(acd.definition(of: queue).formula)
    }

    @Test("of the worked scenarios is 11 of 15, by SL6 with flow-outs")
    func workedScenarios() throws {
        let acd = worked
        let counters = try #require(acd.queues[info]?.counters)
        let visits = counters.visits
        #expect(counters.offered == 16)
        #expect(visits.count(of: .answered) == 11)
        #expect([5, 10, 20, 30, 60].map { counters.answeredWaits.count(within: $0) } == [1, 6, 11, 11, 11])
        #expect(visits.count(of: .abandoned) == 2)
        #expect(visits.count(VisitClass.shortAbandons) == 1)
        #expect(QueueVisit.FlowOut.allCases.map { visits.count(of: .flowOut($0)) } == [1, 1, 0, 0, 1])
        #expect(visits.count(VisitClass.flowOut) == 3)
        #expect(level(acd) == ServiceLevel(numerator: 11, denominator: 15))
        #expect(level(acd).ratio == 11.0 / 15)
        #expect(visits.wait(VisitClass.answered) == .milliseconds(127_010))
        #expect(visits.wait(VisitClass.abandoned) == .milliseconds(29_490))
        #expect(counters.longestWait == .seconds(60))
        #expect(acd.definition(of: info).formula.id == "SL6+F")
    }

    @Test("counts an answer after exactly 20.000000 s, and none a microsecond later")
    func threshold() {
        for (microseconds, inTime) in [(19_999_999, 1), (20_000_000, 1), (20_000_001, 0)] as [(Int64, Int)] {
            var acd = ACD()
            acd.add(1, wait: Span(microseconds: microseconds), nil)
            #expect(level(acd) == ServiceLevel(numerator: inTime, denominator: 1))
            let waits = acd.queues[info]?.counters.answeredWaits
            #expect([5, 10, 20, 30, 60].map { waits?.count(within: $0) } == [0, 0, inTime, 1, 1])
        }
    }

    @Test("leaves out callers who gave up within exactly 5.000000 s, and not a microsecond later")
    func shortAbandon() {
        for (microseconds, short) in [(0, 1), (5_000_000, 1), (5_000_001, 0)] as [(Int64, Int)] {
            var acd = ACD()
            acd.add(1, wait: Span(microseconds: microseconds), .abandoned)
            #expect(acd.queues[info]?.counters.visits.count(VisitClass.shortAbandons) == short)
            #expect(level(acd) == ServiceLevel(numerator: 0, denominator: 1 - short))
        }
    }

    @Test("is unknown, not zero, while nothing can be counted")
    func empty() {
        #expect(ServiceLevel(numerator: 0, denominator: 0).ratio == nil)
        var acd = ACD()
        acd.add(1, wait: .seconds(4), .abandoned)
        #expect(level(acd).ratio == nil)
        acd.handle(.queued(visit(2)), at: at(0))
        #expect(level(acd).ratio == nil)
        acd.add(3, wait: .seconds(30), .lost)
        #expect(level(acd).ratio == nil)
    }

    @Test("is added up before it is divided")
    func sums() {
        // 1/1 and 10/100 are 11/101 together, not 55 %.
        let parts = [ServiceLevel(numerator: 1, denominator: 1), ServiceLevel(numerator: 10, denominator: 100)]
        let sum = ServiceLevel(
            numerator: parts.reduce(0) { $0 + $1.numerator }, denominator: parts.reduce(0) { $0 + $1.denominator })
        #expect(sum.ratio == 11.0 / 101)
    }

    @Test("is each queue's own")
    func ofItsQueue() {
        let strict = QueueName("incentivi")
        var acd = ACD(settings: [
            strict: ACD.Settings(serviceLevel: .init(threshold: .seconds(5), shortAbandon: .seconds(1), target: 0.9))
        ])
        #expect(acd.queues[strict]?.counters.offered == 0)
        acd.add(1, wait: .seconds(6), nil, queue: strict)
        acd.add(2, wait: .seconds(6), nil)
        acd.add(3, wait: .seconds(4), .abandoned, queue: strict)
        #expect(level(acd, strict) == ServiceLevel(numerator: 0, denominator: 2))
        #expect(level(acd) == ServiceLevel(numerator: 1, denominator: 1))
    }
}
