import ACD
import Figures
import Telephony
import Testing
import Time

@Suite("A waiting-time estimate")
struct EstimateTests {
    private func estimate(_ position: Int, servers: Int, patience: Int64? = 120) -> WaitingTimeEstimate {
        WaitingTimeEstimate(
            position: position, servers: servers, handling: .seconds(240), patience: patience.map(Span.seconds),
            lastAnswered: .seconds(33))
    }

    @Test("by queue length is n·m/s, and with abandonment less: 300 s and 174 s for the fifth before four agents")
    func worked() {
        #expect(estimate(5, servers: 4).queueLength == .seconds(300))
        #expect(estimate(5, servers: 4).queueLengthAbandoning == .seconds(174))
        #expect(estimate(1, servers: 4).queueLength == .seconds(60))
        #expect(estimate(1, servers: 4).queueLengthAbandoning == .seconds(60))
        #expect(estimate(5, servers: 4, patience: nil).queueLengthAbandoning == .seconds(300))
        #expect(estimate(5, servers: 4).lastToEnterService == .seconds(33))
        #expect(estimate(0, servers: 4).lastToEnterService == nil, "an agent is free")
    }

    @Test("does not exist where nobody serves")
    func nobody() { #expect(estimate(5, servers: 0) == WaitingTimeEstimate()) }

    @Test("is announced in whole minutes, rounded up, half an hour at most; a higher one only when it is 10 % more")
    func announcements() {
        var wait = AnnouncedWait()
        func announced(_ seconds: Int64?, idle: Bool = false) -> Int? {
            wait.update(seconds.map(Span.seconds), hasIdleAgent: idle)
            return wait.minutes
        }
        #expect(announced(174) == 3)
        #expect(announced(185) == 3, "6 % more")
        #expect(announced(192) == 4, "10.3 % more")
        #expect(announced(180) == 3, "less is announced at once")
        #expect(announced(9000) == 30)
        #expect(announced(100, idle: true) == nil)
        #expect(announced(nil) == nil)
    }

    @Test("is not announced any more once an agent is free or nobody serves; and a pace of an hour ago is not used")
    func outlived() throws {
        var acd = ACD()
        acd.handle(member(info, anna, .inUse), at: at(0))
        acd.handle(.established(nil, leg(1, established: at(0))), at: at(0))
        acd.handle(.disconnected(leg(1, established: at(0), ended: at(60_000))), at: at(60_000))
        acd.add(65, wait: .seconds(1), .abandoned)
        acd.handle(.queued(visit(9, joined: at(70_000))), at: at(70_000))
        #expect(acd.announcedMinutes(of: info, at: at(70_000)) == 2)
        #expect(acd.estimate(of: info, at: at(70_000)).queueLength == .seconds(120))
        acd.handle(member(info, anna, .notInUse), at: at(80_000))
        #expect(acd.announcedMinutes(of: info, at: at(80_000)) == nil)
        acd.handle(.memberRemoved(info, anna.interface), at: at(90_000))
        #expect(acd.announcedMinutes(of: info, at: at(90_000)) == nil)
        acd.handle(member(info, anna, .inUse), at: at(3_800_000))
        #expect(acd.estimate(of: info, at: at(3_800_000)).queueLength == nil)
    }

    @Test("is compared with the real wait")
    func accuracy() throws {
        var acd = ACD()
        acd.handle(member(info, anna, .inUse), at: at(0))
        acd.handle(.established(nil, leg(1, established: at(0))), at: at(0))
        acd.handle(.disconnected(leg(1, established: at(0), ended: at(60_000))), at: at(60_000))
        // The pace is measured at the first joining: one server, 60 s a call.
        acd.add(65, wait: .seconds(1), .abandoned)
        let joined = at(70_000)
        acd.handle(.queued(visit(9, joined: joined)), at: joined)
        acd.handle(
            .established(
                visit(9, joined: joined, ended: joined + .seconds(50)), leg(9, established: joined + .seconds(50))),
            at: joined + .seconds(50))
        let accuracy = try #require(acd.accuracy(of: info).queueLength)
        #expect(accuracy.count == 1)
        #expect(accuracy.meanAbsoluteError == .seconds(10))
        #expect(accuracy.bias == .seconds(10))
    }
}
