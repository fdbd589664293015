import ACD
import Foundation
import Telephony
import Testing
import Time

@Suite("An inventory")
struct InventoryTests {
    private let now = Moment(uptime: .seconds(1), date: UnixTime(seconds: 1_772_438_400))

    private func member(_ interface: String, _ device: QueueMember.Device = .notInUse) -> SwitchEvent {
        .member(
            QueueMember(
                queue: QueueName("info"), agent: AgentRef(interface: Interface(interface), name: interface),
                device: device,
                isPaused: false,
                pauseReason: ""))
    }

    @Test("forgets members who left while the switch was not heard")
    func forgets() {
        var acd = ACD()
        acd.handle(.inventoryBegan, at: now)
        acd.handle(member("PJSIP/1"), at: now)
        acd.handle(member("PJSIP/2"), at: now)
        acd.handle(.inventoryEnded(hasChannels: true, hasQueues: true), at: now)
        acd.handle(.inventoryBegan, at: now)
        acd.handle(member("PJSIP/2"), at: now)
        acd.handle(.inventoryEnded(hasChannels: true, hasQueues: true), at: now)
        #expect(acd.agents[Interface("PJSIP/1")]?.state(at: now.uptime) == .loggedOff)
        #expect(acd.agents[Interface("PJSIP/2")]?.state(at: now.uptime) == .available)
        #expect(acd.agentCounts(of: QueueName("info"), at: now) == [.available: 1])
    }

    @Test(
        "that lists none of very many memberships removes them in parts, 20 ms after one another; a member who signs on meanwhile stays"
    )
    func manyMemberships() throws {
        var acd = ACD()
        let (agents, queues) = (20, 500)
        func member(_ agent: Int, _ queue: Int) -> SwitchEvent {
            let seat = Interface("PJSIP/\(100 + agent)")
            return .member(
                QueueMember(
                    queue: QueueName("q\(queue)"), agent: AgentRef(interface: seat, name: "\(agent)"),
                    device: .notInUse, isPaused: false,
                    pauseReason: ""))
        }
        for agent in 0..<agents { for queue in 0..<queues { acd.handle(member(agent, queue), at: now) } }
        func loggedOn() -> Int { acd.agents.values.count { !$0.memberships.isEmpty } }
        acd.handle(.inventoryBegan, at: now)
        acd.handle(.inventoryEnded(hasChannels: true, hasQueues: true), at: now)
        #expect(loggedOn() > agents / 2 && loggedOn() < agents)
        // A checkpoint that is written now goes on with it.
        let again = try JSONDecoder().decode(ACD.self, from: JSONEncoder().encode(acd))
        #expect(again.isCorrecting && again.nextDeadline == acd.nextDeadline)
        acd.handle(member(19, 7), at: now)
        var moment = now
        var parts = 1
        while loggedOn() > 1, let due = acd.nextDeadline, parts < 10 {
            #expect(due == moment.uptime + .milliseconds(20))
            moment = moment + .milliseconds(20)
            let before = acd.work.steps
            acd.deadlineReached(at: moment)
            #expect(acd.work.steps - before <= 4_000 + queues)
            parts += 1
        }
        #expect(parts == 3)
        #expect(acd.agents[Interface("PJSIP/119")]?.queues == [QueueName("q7")])
    }

    @Test("without queues forgets no member")
    func withoutQueues() {
        var acd = ACD()
        acd.handle(member("PJSIP/1"), at: now)
        acd.handle(member("PJSIP/2"), at: now)
        acd.handle(.inventoryBegan, at: now)
        acd.handle(member("PJSIP/2"), at: now)
        acd.handle(.inventoryEnded(hasChannels: true, hasQueues: false), at: now)
        #expect(acd.agentCounts(of: QueueName("info"), at: now) == [.available: 2])
    }

    @Test("is not needed to see that a member who is removed while the phone rings is logged off")
    func removedWhileRinging() {
        var acd = ACD()
        acd.handle(member("PJSIP/1", .ringing), at: now)
        #expect(acd.agents[Interface("PJSIP/1")]?.state(at: now.uptime) == .ringing)
        acd.handle(.memberRemoved(QueueName("info"), Interface("PJSIP/1")), at: now)
        #expect(acd.agents[Interface("PJSIP/1")]?.state(at: now.uptime) == .loggedOff)
    }
}
