import ACD
import Figures
import Telephony
import Testing
import Time

@Suite("The counters of a queue")
struct QueueCountersTests {
    @Test(
        "always add up: offered = answered + abandoned + flowed out + lost + waiting",
        arguments: 1...20 as ClosedRange<UInt64>)
    func identity(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var acd = ACD()
        let queues = ["a", "b", "c"].map { QueueName($0) }
        var open: [QueueVisit] = []
        var talking: [AgentLeg] = []
        var answered: [QueueName: Int] = [:]
        var now: Int64 = 0
        for number in 1...400 as ClosedRange<UInt64> {
            now += Int64.random(in: 0...20_000, using: &generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4:
                let visit = visit(
                    number, queues.randomElement(using: &generator)!, joined: at(now), isPartial: number % 17 == 0)
                open.append(visit)
                acd.handle(.queued(visit), at: at(now))
            case 4..<6 where !open.isEmpty:
                var visit = open.remove(at: Int.random(in: open.indices, using: &generator))
                visit.ended = at(now)
                let leg = leg(number, visit.queue, established: at(now))
                talking.append(leg)
                answered[visit.queue, default: 0] += 1
                acd.handle(.established(visit, leg), at: at(now))
            case 6 where !talking.isEmpty:
                var leg = talking.remove(at: Int.random(in: talking.indices, using: &generator))
                leg.ended = at(now)
                acd.handle(.disconnected(leg), at: at(now))
            case 7..<10 where !open.isEmpty:
                var visit = open.remove(at: Int.random(in: open.indices, using: &generator))
                visit.ended = at(now)
                let outcomes: [QueueVisit.Outcome] =
                    [.abandoned, .lost] + QueueVisit.FlowOut.allCases.map { .flowOut($0) }
                acd.handle(.visitEnded(visit, outcomes.randomElement(using: &generator)!), at: at(now))
            default: continue
            }
            for (name, queue) in acd.queues {
                let counters = queue.counters
                let visits = counters.visits
                let ended = VisitClass.outcomes.reduce(0) { $0 + visits.count(of: $1) }
                #expect(counters.offered == ended + queue.waiting.count, "seed \(seed), event \(number), queue \(name)")
                #expect(visits.count(of: nil) == 0)
                #expect(queue.waiting.count == open.count { $0.queue == name })
                #expect(queue.waiting.map(\.visit) == acd.facts[name]?.waiting.map(\.number) ?? [])
                #expect(queue.talking == talking.count { $0.queue == name })
                #expect(visits.count(of: .answered) == answered[name] ?? 0)
                #expect(queue.talking + counters.conversationsEnded == visits.count(of: .answered))
                #expect(visits.count(VisitClass.shortAbandons) <= visits.count(of: .abandoned))
                #expect(
                    queue.longestWaitingSince?.uptime == open.filter { $0.queue == name }.map(\.joined.uptime).min())
            }
        }
    }

    @Test("know since when the caller who waits longest waits, also one whose joining was not seen")
    func longestWaiting() throws {
        var acd = ACD()
        acd.handle(.queued(visit(1, joined: at(50_000))), at: at(50_000))
        acd.handle(.queued(visit(2, joined: at(20_000), isPartial: true)), at: at(60_000))
        #expect(acd.queues[info]?.longestWaitingSince == at(20_000))
        acd.handle(
            .visitEnded(visit(2, joined: at(20_000), ended: at(70_000), isPartial: true), .abandoned), at: at(70_000))
        #expect(acd.queues[info]?.longestWaitingSince == at(50_000))
        let counters = try #require(acd.queues[info]?.counters)
        #expect(counters.longestWait == nil)
        #expect(counters.visits.wait(VisitClass.abandoned) == .zero)
        #expect(counters.visits.count(of: .abandoned) == 1)
    }

    @Test("sum talk and hold of the conversations that ended")
    func talk() {
        var acd = ACD()
        acd.add(1, wait: .seconds(4), nil)
        #expect(acd.queues[info]?.talking == 1)
        acd.handle(
            .disconnected(leg(1, established: at(5_000), ended: at(105_000), hold: .seconds(40))), at: at(105_000))
        #expect(acd.queues[info]?.counters.talk == .seconds(60))
        #expect(acd.queues[info]?.counters.hold == .seconds(40))
        #expect(acd.queues[info]?.talking == 0)
        #expect(acd.queues[info]?.counters.conversationsEnded == 1)
    }

    @Test(
        "count the talking by agents' parts: two in one conference are two, though only one of them answered the caller"
    )
    func talking() {
        var acd = ACD()
        acd.add(1, wait: .seconds(4), nil)
        acd.handle(.established(nil, leg(2, established: at(6_000))), at: at(6_000))
        #expect(acd.queues[info]?.talking == 2)
        for (number, talking) in [(2, 1), (1, 0)] as [(UInt64, Int)] {
            acd.handle(.disconnected(leg(number, established: at(5_000), ended: at(9_000))), at: at(9_000))
            #expect(acd.queues[info]?.talking == talking)
        }
        #expect(acd.queues[info]?.counters.visits.count(of: .answered) == 1)
    }

    @Test("count refusals beside the offered callers, not among them")
    func refused() {
        var acd = ACD()
        acd.handle(.refused(info, .full), at: at(0))
        acd.handle(.refused(info, .empty), at: at(0))
        acd.handle(.refused(info, .empty), at: at(0))
        acd.handle(.refused(nil, .full), at: at(0))
        #expect(acd.queues[info]?.counters.offered == 0)
        #expect(acd.queues[info]?.counters.visits.blockedFull == 1)
        #expect(acd.queues[info]?.counters.visits.blockedEmpty == 2)
        #expect(acd.refusedAtUnnamedQueue == 1)
    }

    @Test("count rings without answer, by agent only where a legal basis allows it", arguments: [false, true])
    func ringNoAnswer(isAllowed: Bool) {
        var acd = ACD(policy: .init(keepsIndividuals: isAllowed))
        for _ in 0..<2 { acd.handle(.ringNoAnswer(info, anna), at: at(0)) }
        #expect(acd.queues[info]?.counters.ringNoAnswers == 2)
        #expect(acd.queues[info]?.counters.ringNoAnswer == (isAllowed ? [MemberName("Anna Rossi"): 2] : [:]))
    }

    @Test("exist from the inventory on, and are bounded in number")
    func bounded() {
        var acd = ACD()
        acd.handle(.queueDeclared(info), at: at(0))
        #expect(acd.queues[info]?.counters.offered == 0)
        for number in 0..<(ACD.queueLimit + 10) { acd.handle(.queueDeclared(QueueName("q\(number)")), at: at(0)) }
        #expect(acd.queues.count == ACD.queueLimit)
        acd.handle(.queued(visit(1, QueueName("beyond"))), at: at(0))
        #expect(acd.queues.count == ACD.queueLimit)
        #expect(!acd.takeChanges().queues.contains(QueueName("beyond")))
    }
}
