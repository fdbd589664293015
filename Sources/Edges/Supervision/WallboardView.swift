import Core
import ACD
import Telephony
import Time
import Wallboard

extension WallboardHub {
    /// What the hub may look at while it writes: the core, and the time.
    struct View {
        let switches: [Switch]
        let changes: ChangeSequence
        let names: AgentNames
        let now: Moment

        init(_ core: Core, _ names: AgentNames, at now: Moment) {
            switches = core.switches
            changes = core.changes
            self.names = names
            self.now = now
        }

        typealias Queue = ChangeSequence.Change.Queue
        typealias Agent = ChangeSequence.Change.Agent

        /// All queues, in the order of a snapshot.
        var queues: [Queue] {
            switches.indices.flatMap { index in
                switches[index].acd.queues.keys.sorted().map { Queue(switch: index, name: $0) }
            }
        }

        func snapshot(stream name: String) -> WallboardMessage {
            WallboardMessage(
                type: .snapshot, seq: changes.sequence, at: "\(now.date)", since: "\(changes.since)",
                timeZone: switches.first?.acd.policy.zone.identifier, stream: name,
                queues: queues.compactMap { switches[$0.switch].queue($0.name, at: now) },
                agents: switches.flatMap { known in
                    known.acd.agents.filter { $0.value.isAnother != true }.keys.sorted().compactMap {
                        known.agent($0, names, at: now)
                    }
                },
                switches: switches.map { $0.wallboardSwitch(at: now) })
        }

        /// The change without what no longer exists.
        func existing(_ change: ChangeSequence.Change) -> ChangeSequence.Change {
            var change = change
            change.queues.removeAll { switches[$0.switch].acd.queues[$0.name] == nil }
            change.agents.removeAll { switches[$0.switch].acd.agents[$0.interface] == nil }
            return change
        }

        /// The message with what the change names, as it is now; dated at the change's moment, because that is when it
        /// is written. Everything that the change names must exist.
        func message(_ change: ChangeSequence.Change) -> WallboardMessage {
            let queues = change.queues.compactMap { self.switches[$0.switch].queue($0.name, at: change.at) }
            let agents = change.agents.compactMap { self.switches[$0.switch].agent($0.interface, names, at: change.at) }
            let switches = change.switches.map { self.switches[$0].wallboardSwitch(at: change.at) }
            return WallboardMessage(
                type: .change, seq: change.sequence, at: "\(change.at.date)", queues: queues.isEmpty ? nil : queues,
                agents: agents.isEmpty ? nil : agents, switches: switches.isEmpty ? nil : switches)
        }

        func isMember(_ agent: Agent, of queues: Set<QueueName>) -> Bool {
            guard let memberships = switches[agent.switch].acd.agents[agent.interface]?.memberships else {
                return false
            }
            return queues.contains { memberships[$0] != nil }
        }

        /// Whether the agent is a member of these queues, as the stream reports it.
        func isMember(_ agent: WallboardMessage.Agent, of queues: Set<QueueName>) -> Bool {
            if agent.moreQueues == nil { return agent.queues.contains { queues.contains(QueueName($0)) } }
            guard let index = switches.firstIndex(where: { $0.name.rawValue == agent.switch }) else { return false }
            return isMember(Agent(switch: index, interface: Interface(agent.interface)), of: queues)
        }

        func members(of queues: Set<QueueName>) -> [Agent] {
            switches.indices.flatMap { index in
                // any order: a set is made of them
                switches[index].acd.agents.keys.map { Agent(switch: index, interface: $0) }
            }
            .filter { isMember($0, of: queues) }
        }
    }
}

extension WallboardSubscription {
    func wants(_ queue: ChangeSequence.Change.Queue) -> Bool { queues?.contains(queue.name) ?? true }
}
