import ACD
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

    @Test("of the worked scenarios is 11 of 15, by SL6 with flow-outs")
    func workedScenarios() throws {
        let figures = try #require(worked.queues[info])
        #expect(figures.offered == 16)
        #expect(figures.answered == 11)
        #expect(figures.answeredWithin == [1, 6, 11, 11, 11])
        #expect(figures.abandoned == 2)
        #expect(figures.shortAbandons == 1)
        #expect(figures.flowOut == [.timeout: 1, .unknown: 1, .key: 1])
        #expect(figures.flowedOut == 3)
        #expect(figures.serviceLevel == ServiceLevel(numerator: 11, denominator: 15))
        #expect(figures.serviceLevel.ratio == 11.0 / 15)
        #expect(figures.waitAnswered == .milliseconds(127_010))
        #expect(figures.waitAbandoned == .milliseconds(29_490))
        #expect(figures.longestWait == .seconds(60))
        #expect(figures.definition.formula.id == "SL6+F")
    }

    @Test("counts an answer after exactly 20.000000 s, and none a microsecond later")
    func threshold() {
        for (microseconds, inTime) in [(19_999_999, 1), (20_000_000, 1), (20_000_001, 0)] as [(Int64, Int)] {
            var acd = ACD()
            acd.add(1, wait: Span(microseconds: microseconds), nil)
            #expect(acd.queues[info]?.serviceLevel == ServiceLevel(numerator: inTime, denominator: 1))
            #expect(acd.queues[info]?.answeredWithin == [0, 0, inTime, 1, 1])
        }
    }

    @Test("leaves out who gave up within exactly 5.000000 s, and not a microsecond later")
    func shortAbandon() {
        for (microseconds, short) in [(0, 1), (5_000_000, 1), (5_000_001, 0)] as [(Int64, Int)] {
            var acd = ACD()
            acd.add(1, wait: Span(microseconds: microseconds), .abandoned)
            #expect(acd.queues[info]?.shortAbandons == short)
            #expect(acd.queues[info]?.serviceLevel == ServiceLevel(numerator: 0, denominator: 1 - short))
        }
    }

    @Test("is unknown, not zero, while nothing can be counted")
    func empty() {
        #expect(ServiceLevel(numerator: 0, denominator: 0).ratio == nil)
        var acd = ACD()
        acd.add(1, wait: .seconds(4), .abandoned)
        #expect(acd.queues[info]?.serviceLevel.ratio == nil)
        acd.handle(.queued(visit(2)), at: at(0))
        #expect(acd.queues[info]?.serviceLevel.ratio == nil)
        acd.add(3, wait: .seconds(30), .lost)
        #expect(acd.queues[info]?.serviceLevel.ratio == nil)
    }

    @Test("is added up before it is divided")
    func sums() {
        // 1/1 and 10/100 are 11/101 together, not 55 %.
        let parts = [ServiceLevel(numerator: 1, denominator: 1), ServiceLevel(numerator: 10, denominator: 100)]
        let sum = ServiceLevel(numerator: parts.reduce(0) { $0 + $1.numerator }, denominator: parts.reduce(0) { $0 + $1.denominator })
        #expect(sum.ratio == 11.0 / 101)
    }

    @Test("is each queue's own")
    func ofItsQueue() {
        let strict = QueueName("incentivi")
        var acd = ACD(settings: [strict: ACD.Settings(serviceLevel: .init(threshold: .seconds(5), shortAbandon: .seconds(1), target: 0.9))])
        #expect(acd.queues[strict]?.offered == 0)
        acd.add(1, wait: .seconds(6), nil, queue: strict)
        acd.add(2, wait: .seconds(6), nil)
        acd.add(3, wait: .seconds(4), .abandoned, queue: strict)
        #expect(acd.queues[strict]?.serviceLevel == ServiceLevel(numerator: 0, denominator: 2))
        #expect(acd.queues[info]?.serviceLevel == ServiceLevel(numerator: 1, denominator: 1))
    }
}
