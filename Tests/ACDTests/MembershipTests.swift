import Foundation
import Telephony
import Testing
import Time

@testable import ACD

@Suite("An agent's memberships")
struct MembershipTests {
    private let now = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_438_400))

    private func member(
        _ queue: Int, _ phone: Int, _ device: QueueMember.Device = .notInUse, isPaused: Bool = false,
        reason: String = ""
    ) -> SwitchEvent {
        let interface = Interface("PJSIP/\(phone)")
        return .member(
            QueueMember(
                queue: QueueName("q\(queue)"), agent: AgentRef(interface: interface, name: "Agente \(phone)"),
                device: device,
                isPaused: isPaused, pauseReason: reason))
    }

    @Test(
        "cost one step each when the state changes, however many there are: an event about one queue costs no step for the others"
    )
    func work() {
        var acd = ACD()
        let (agents, queues) = (30, 200)
        var events = 0
        for device in [QueueMember.Device.notInUse, .inUse, .notInUse] {
            for agent in 0..<agents {
                for queue in 0..<queues {
                    acd.handle(member(queue, agent, device), at: now)
                    events += 1
                }
            }
            _ = acd.takeChanges()
        }
        #expect(acd.agentCounts(of: QueueName("q7"), at: now) == [.available: agents])
        // A change of the device changes the counts of all queues, once; where all queues have moved nobody asks for
        // them.
        #expect(acd.work.steps <= 2 * events)
        let before = acd.work.steps
        for queue in 0..<queues { acd.handle(member(queue, 0, .notInUse, isPaused: queue == 0, reason: "x"), at: now) }
        // Paused somewhere, then nowhere else: one change of the state.
        #expect(acd.work.steps - before <= queues)
    }

    @Test("are counted by state in each queue as if everybody were asked, whatever happened before", arguments: 1...20)
    func counts(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var acd = ACD()
        var reported: [Int: [Int: QueueMember]] = [:]
        for _ in 0..<300 {
            let (queue, phone) = (Int.random(in: 0..<5, using: &generator), Int.random(in: 0..<6, using: &generator))
            if Int.random(in: 0..<4, using: &generator) == 0 {
                acd.handle(.memberRemoved(QueueName("q\(queue)"), Interface("PJSIP/\(phone)")), at: now)
                reported[phone]?[queue] = nil
            } else {
                let device = [QueueMember.Device.notInUse, .inUse, .ringing, .unavailable, .unknown].randomElement(
                    using: &generator)!
                let event = member(
                    queue, phone, device, isPaused: Bool.random(using: &generator),
                    reason: ["", "a", "b"].randomElement(using: &generator)!)
                guard case .member(let value) = event else { continue }
                acd.handle(event, at: now)
                reported[phone, default: [:]][queue] = value
            }
        }
        for queue in 0..<5 {
            var counts: [AgentState: Int] = [:]
            for (phone, queues) in reported where queues[queue] != nil {
                counts[acd.agents[Interface("PJSIP/\(phone)")]!.state(at: now.uptime), default: 0] += 1
            }
            #expect(acd.agentCounts(of: QueueName("q\(queue)"), at: now) == counts)
        }
        for (phone, queues) in reported {
            let status = acd.agents[Interface("PJSIP/\(phone)")]!
            #expect(status.queues.map(\.rawValue) == queues.keys.sorted().map { "q\($0)" })
            #expect(status.memberships.pausedCount == queues.values.count { $0.isPaused })
            let first = queues.sorted { $0.key < $1.key }.first { $0.value.isPaused && !$0.value.pauseReason.isEmpty }
            #expect(status.pauseReason == first?.value.pauseReason)
        }
    }

    @Test(
        "are counted by the moment asked for, also before it is noticed that after-call work is over, and equally after a checkpoint"
    )
    func checkpoint() throws {
        var acd = ACD()
        acd.handle(member(1, 1), at: now)
        acd.handle(member(1, 2, .inUse), at: now)
        let restored = try Self.restored(acd)
        #expect(restored == acd)
        #expect(restored.agentCounts(of: QueueName("q1"), at: now) == [.available: 1, .other: 1])
    }

    private static func restored(_ acd: ACD) throws -> ACD {
        var restored = try JSONDecoder().decode(ACD.self, from: JSONEncoder().encode(acd))
        restored.apply(defaults: ACD.Settings(), settings: [:], policy: acd.policy)
        return restored
    }

    @Test(
        "that change are too many to be taken at once: they come in parts, in order, each once, before any later change"
    )
    func parts() {
        var acd = ACD()
        for queue in 1...5 { acd.handle(member(queue, 1), at: now) }
        #expect(acd.takeChanges(work: 3 * ACD.rowWork).queues.map(\.rawValue) == ["q1", "q2", "q3"])
        #expect(acd.hasRest)
        acd.handle(member(1, 1, .inUse), at: now)
        let rest = acd.takeChanges(work: 3 * ACD.rowWork)
        #expect(rest.queues.map(\.rawValue) == ["q4", "q5"])
        #expect(rest.agents == [Interface("PJSIP/1")])
        #expect(!acd.hasRest && acd.hasChanges)
        #expect(acd.takeChanges().queues.count == 5)
        #expect(!acd.hasChanges)
    }
}
