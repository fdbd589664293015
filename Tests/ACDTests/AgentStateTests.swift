import ACD
import Figures
import Telephony
import Testing
import Time

/// What an agent's state is derived from: member of `a` and perhaps `b`, the device, a leg that rings, talks or is
/// held, after-call work.
struct Situation: CustomTestStringConvertible {
    var device = QueueMember.Device.notInUse
    var isMember = true
    var isPausedInA = false
    var isPausedInB: Bool?
    var rings = false
    var talks = false
    var isHeld = false
    var consults = false
    var wrapsUp = false
    var state: AgentState

    var testDescription: String { "\(self)" }
}

@Suite("An agent")
struct AgentStateTests {
    static let table: [Situation] = [
        // A conversation stands above everything, whatever the switch says of the device or the pause.
        Situation(talks: true, state: .talking), Situation(device: .unavailable, talks: true, state: .talking),
        Situation(isMember: false, talks: true, state: .talking),
        Situation(isPausedInA: true, rings: true, talks: true, state: .talking),
        Situation(talks: true, isHeld: true, state: .held),
        Situation(device: .ringingInUse, rings: true, talks: true, isHeld: true, state: .held),
        Situation(talks: true, isHeld: true, consults: true, state: .consulting),
        Situation(device: .inUse, rings: true, talks: true, consults: true, state: .consulting),
        // Then ringing: a leg of ours, or the device of another call.
        Situation(rings: true, state: .ringing), Situation(device: .ringing, state: .ringing),
        Situation(isPausedInA: true, rings: true, wrapsUp: true, state: .ringing),
        Situation(isMember: false, rings: true, state: .ringing),
        // Then membership and reachability.
        Situation(isMember: false, state: .loggedOff), Situation(device: .unavailable, state: .unreachable),
        Situation(device: .invalid, isPausedInA: true, state: .unreachable),
        Situation(device: .unavailable, wrapsUp: true, state: .unreachable),
        // After-call work, also while paused or in another call.
        Situation(wrapsUp: true, state: .wrapUp), Situation(isPausedInA: true, wrapsUp: true, state: .wrapUp),
        Situation(device: .inUse, wrapsUp: true, state: .wrapUp),
        // The device is used without a queue's leg: another call.
        Situation(device: .inUse, state: .other), Situation(device: .busy, isPausedInA: true, state: .other),
        Situation(device: .onHold, state: .other),
        Situation(device: .ringingInUse, state: .other),
        // Pause, in all queues or some.
        Situation(isPausedInA: true, state: .paused), Situation(isPausedInA: true, isPausedInB: true, state: .paused),
        Situation(device: .unknown, isPausedInA: true, state: .paused),
        Situation(isPausedInA: true, isPausedInB: false, state: .partiallyAvailable),
        // Free; and what is not known is not called free.
        Situation(state: .available), Situation(isPausedInB: false, state: .available),
        Situation(device: .unknown, state: .unknown),
        Situation(device: .unknown, isPausedInA: true, isPausedInB: false, state: .unknown),
    ]

    /// Half a minute of after-call work, a call of 10 s that ended at 20 s.
    private static func afterCall(_ members: [SwitchEvent]) -> ACD {
        var acd = ACD(defaults: ACD.Settings(wrapUp: .seconds(30)))
        for member in members { acd.handle(member, at: at(0)) }
        acd.handle(.established(nil, leg(1, established: at(10_000))), at: at(10_000))
        acd.handle(.disconnected(leg(1, established: at(10_000), ended: at(20_000))), at: at(20_000))
        return acd
    }

    @Test("ends after-call work by logging off: it has its real length, and did not time out")
    func logsOffInWrapUp() throws {
        var acd = Self.afterCall([member()])
        acd.handle(.memberRemoved(info, anna.interface), at: at(25_000))
        acd.deadlineReached(at: at(60_000))
        let fact = try #require(acd.facts[info]?.legs.first)
        #expect(fact.wrapUp == .seconds(5) && !fact.wrapUpTimedOut)
    }

    @Test("goes on with after-call work when another queue adds or removes the agent")
    func changesQueuesInWrapUp() throws {
        var acd = Self.afterCall([member()])
        let other = QueueName("other")
        acd.handle(member(other), at: at(22_000))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(23)) == .wrapUp)
        acd.handle(.memberRemoved(other, anna.interface), at: at(25_000))
        acd.deadlineReached(at: at(60_000))
        let fact = try #require(acd.facts[info]?.legs.first)
        #expect(fact.wrapUp == .seconds(30) && fact.wrapUpTimedOut)
    }

    @Test("works after a call as long as the call's queue gives this member, whichever queue was reported last")
    func wrapUpOfQueue() throws {
        let other = QueueName("other")
        for members in [
            [member(wrapUp: .seconds(60)), member(other, wrapUp: .seconds(10))],
            [member(other, wrapUp: .seconds(10)), member(wrapUp: .seconds(60))],
        ] {
            var acd = Self.afterCall(members)
            acd.deadlineReached(at: at(100_000))
            #expect(acd.facts[info]?.legs.first?.wrapUp == .seconds(60))
        }
    }

    @Test("is in the first state that holds, from the top", arguments: table)
    func priorities(situation: Situation) {
        var acd = ACD(defaults: ACD.Settings(wrapUp: situation.wrapsUp ? .seconds(30) : .zero))
        func members() {
            acd.handle(member(QueueName("a"), anna, situation.device, paused: situation.isPausedInA), at: at(0))
            if let paused = situation.isPausedInB {
                acd.handle(member(QueueName("b"), anna, situation.device, paused: paused), at: at(0))
            }
        }
        members()
        if situation.wrapsUp {
            acd.handle(.established(visit(1, ended: at(1000)), leg(1, established: at(1000))), at: at(1000))
            acd.handle(.disconnected(leg(1, established: at(1000), ended: at(2000))), at: at(2000))
        }
        if situation.talks {
            acd.handle(.established(visit(2, ended: at(2000)), leg(2, established: at(2000))), at: at(2000))
        }
        if situation.isHeld { acd.handle(.held(leg(2), at(2000)), at: at(2000)) }
        if situation.consults { acd.handle(.consultationBegan(leg(2), at(2000)), at: at(2000)) }
        if situation.rings { acd.handle(.alerting(leg(3, alerted: at(2000))), at: at(2000)) }
        members()
        if !situation.isMember { acd.handle(.memberRemoved(QueueName("a"), anna.interface), at: at(2000)) }
        #expect(acd.agents[anna.interface]?.state(at: at(2500).uptime) == situation.state)
    }

    @Test("stops ringing, too, when another agent takes the call", arguments: [true, false])
    func sentOn(isAnswered: Bool) {
        let bruno = AgentRef(interface: Interface("PJSIP/1002"), name: "Bruno Neri")
        var acd = ACD()
        for agent in [anna, bruno] { acd.handle(member(info, agent), at: at(0)) }
        var leg = leg(1, alerted: at(1000))
        acd.handle(.alerting(leg), at: at(1000))
        #expect(acd.agents[anna.interface]?.state(at: at(1000).uptime) == .ringing)
        leg.speaker = bruno
        if isAnswered {
            leg.established = at(2000)
            acd.handle(.established(visit(1, ended: at(2000)), leg), at: at(2000))
        } else {
            acd.handle(.alertingEnded(leg, .noAnswer, at(2000)), at: at(2000))
        }
        #expect(acd.agents[anna.interface]?.state(at: at(2000).uptime) == .available)
        #expect(acd.agents[bruno.interface]?.state(at: at(2000).uptime) == (isAnswered ? .talking : .available))
    }

    @Test("consults while the third party listens; is on hold after it, and free when the leg ends meanwhile")
    func consultation() {
        var acd = ACD()
        acd.handle(member(), at: at(0))
        acd.handle(.established(nil, leg(1, established: at(1000))), at: at(1000))
        acd.handle(.held(leg(1), at(2000)), at: at(2000))
        acd.handle(.consultationBegan(leg(1), at(3000)), at: at(3000))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(3)) == .consulting)
        acd.handle(.consultationEnded(leg(1), at(7000)), at: at(7000))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(7)) == .held)
        acd.handle(.consultationBegan(leg(1), at(8000)), at: at(8000))
        acd.handle(.disconnected(leg(1, established: at(1000), ended: at(9000))), at: at(9000))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(9)) == .available)
        // From the 1st to the 9th second with a customer, five of them in consultation: all of it is handling.
        let time = acd.stateTime(.today(.rome, at: at(0)), at: at(10_000)) { _ in true }
        #expect(time?.states[.consulting] == .seconds(5) && time?.handling == .seconds(8))
    }

    private func talked(_ acd: inout ACD, until end: Int64) {
        acd.handle(.established(nil, leg(1, established: at(1000))), at: at(1000))
        acd.handle(.disconnected(leg(1, established: at(1000), ended: at(end))), at: at(end))
    }

    @Test("works after a call for the queue's fixed time, to the instant")
    func wrapUp() {
        var acd = ACD(defaults: ACD.Settings(wrapUp: .seconds(30)))
        acd.handle(member(), at: at(0))
        talked(&acd, until: 10_000)
        #expect(acd.nextDeadline == .seconds(40))
        #expect(acd.agents[anna.interface]?.state(at: .milliseconds(39_999)) == .wrapUp)
        #expect(acd.agents[anna.interface]?.state(at: .seconds(40)) == .available)
        _ = acd.takeChanges()
        acd.deadlineReached(at: at(39_999))
        #expect(!acd.hasChanges)
        acd.deadlineReached(at: at(40_000))
        #expect(acd.takeChanges().agents == [anna.interface])
        #expect(acd.nextDeadline == nil)
    }

    @Test("works after a call for a time of her own, where the switch gives one")
    func ownWrapUp() {
        var acd = ACD(defaults: ACD.Settings(wrapUp: .seconds(30)))
        acd.handle(member(wrapUp: .seconds(4)), at: at(0))
        talked(&acd, until: 10_000)
        #expect(acd.agents[anna.interface]?.state(at: .milliseconds(13_999)) == .wrapUp)
        #expect(acd.agents[anna.interface]?.state(at: .seconds(14)) == .available)
    }

    @Test("stops working after a call when the next one is answered, and begins again after it")
    func wrapUpEndedByNextCall() {
        var acd = ACD(defaults: ACD.Settings(wrapUp: .seconds(30)))
        acd.handle(member(), at: at(0))
        talked(&acd, until: 10_000)
        acd.handle(.established(visit(2, ended: at(20_000)), leg(2, established: at(20_000))), at: at(20_000))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(21)) == .talking)
        acd.deadlineReached(at: at(40_000))
        acd.handle(.disconnected(leg(2, established: at(20_000), ended: at(50_000))), at: at(50_000))
        #expect(acd.agents[anna.interface]?.state(at: .milliseconds(79_999)) == .wrapUp)
        acd.deadlineReached(at: at(80_000))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(80)) == .available)
    }

    @Test("with two callers works only after the last of them")
    func twoCalls() {
        var acd = ACD(defaults: ACD.Settings(wrapUp: .seconds(30)))
        acd.handle(member(), at: at(0))
        for number in 1...2 as ClosedRange<UInt64> {
            acd.handle(.established(nil, leg(number, established: at(1000))), at: at(1000))
        }
        acd.handle(.disconnected(leg(1, established: at(1000), ended: at(9000))), at: at(9000))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(10)) == .talking)
        #expect(acd.nextDeadline == nil)
    }

    @Test("on hold with one caller is on hold until that caller is back or gone")
    func hold() {
        var acd = ACD()
        acd.handle(member(), at: at(0))
        acd.handle(.established(visit(1, ended: at(1000)), leg(1, established: at(1000))), at: at(1000))
        acd.handle(.held(leg(1), at(2000)), at: at(2000))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(3)) == .held)
        acd.handle(.retrieved(leg(1), at(4000)), at: at(4000))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(4)) == .talking)
        acd.handle(.held(leg(1), at(5000)), at: at(5000))
        acd.handle(.disconnected(leg(1, established: at(1000), ended: at(6000))), at: at(6000))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(6)) == .available)
    }

    @Test("is free again after a ring without answer")
    func ringEnds() {
        var acd = ACD()
        acd.handle(member(), at: at(0))
        acd.handle(.alerting(leg(1, alerted: at(1000))), at: at(1000))
        acd.handle(.alertingEnded(leg(1, alerted: at(1000)), .noAnswer, at(6000)), at: at(6000))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(6)) == .available)
    }

    @Test("has the pause reason of the first queue, by name, that has one")
    func reason() {
        var acd = ACD()
        acd.handle(member(QueueName("c"), paused: true, reason: "Pranzo"), at: at(0))
        acd.handle(member(QueueName("b"), paused: true, reason: "Formazione"), at: at(0))
        acd.handle(member(QueueName("a"), paused: true), at: at(0))
        #expect(acd.agents[anna.interface]?.pauseReason == "Formazione")
        #expect(acd.agents[anna.interface]?.queues == ["a", "b", "c"].map { QueueName($0) })
    }

    @Test("removed from the last queue is logged off, and still known")
    func removed() {
        var acd = ACD()
        acd.handle(member(), at: at(0))
        acd.handle(.memberRemoved(info, anna.interface), at: at(1))
        #expect(acd.agents[anna.interface]?.state(at: .seconds(1)) == .loggedOff)
        acd.handle(.memberRemoved(info, Interface("PJSIP/unknown")), at: at(2))
        #expect(acd.agents.count == 1)
    }

    @Test("is counted in each of her queues")
    func counts() {
        var acd = ACD()
        let bruno = AgentRef(interface: Interface("PJSIP/1002"), name: "Bruno")
        acd.handle(member(), at: at(0))
        acd.handle(member(QueueName("b")), at: at(0))
        acd.handle(member(info, bruno, paused: true), at: at(0))
        #expect(acd.agentCounts(of: info, at: at(1)) == [.available: 1, .paused: 1])
        #expect(acd.agentCounts(of: QueueName("b"), at: at(1)) == [.available: 1])
        #expect(acd.agentCounts(of: QueueName("c"), at: at(1)) == [:])
    }

    @Test("is one of a limited number")
    func bounded() {
        var acd = ACD()
        for number in 0..<(ACD.agentLimit + 5) {
            acd.handle(member(info, AgentRef(interface: Interface("PJSIP/\(number)"), name: "")), at: at(0))
        }
        #expect(acd.agents.count == ACD.agentLimit)
    }

    @Test("whose state changed is published once, and her queues with her, in order of their names")
    func changes() {
        var acd = ACD()
        acd.handle(member(QueueName("z")), at: at(0))
        acd.handle(member(QueueName("a")), at: at(0))
        _ = acd.takeChanges()
        acd.handle(.alerting(leg(1)), at: at(1))
        let changes = acd.takeChanges()
        #expect(changes.agents == [anna.interface])
        #expect(changes.queues == ["a", "z"].map { QueueName($0) })
        #expect(!acd.hasChanges)
    }
}
