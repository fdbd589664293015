import ACD
import Telephony
import Testing

@Suite("An inventory")
struct InventoryTests {
    private let now = Moment(uptime: .seconds(1), date: UnixTime(seconds: 1_772_438_400))

    private func member(_ interface: String, _ device: QueueMember.Device = .notInUse) -> SwitchEvent {
        .member(
            QueueMember(
                queue: QueueName("info"), agent: AgentRef(interface: Interface(interface), name: interface), device: device,
                isPaused: false,
                pauseReason: ""))
    }

    @Test("forgets members who went while nobody told us")
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

    @Test("without its queues forgets no member")
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
