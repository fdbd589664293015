import Core
import ACD
import Access
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

        /// All queues that are seen, in the order of a snapshot.
        func queues(_ sight: Sight) -> [Queue] {
            switches.indices.flatMap { index in
                switches[index].acd.queues.keys.filter(sight.sees).sorted().map { Queue(switch: index, name: $0) }
            }
        }

        /// `sequence`: of the last change that it contains, in the stream of that name.
        func snapshot(_ sight: Sight, _ sequence: UInt64, stream name: String) -> WallboardMessage {
            WallboardMessage(
                type: .snapshot, seq: sequence, at: "\(now.date)", since: "\(changes.since)",
                timeZone: switches.first?.acd.policy.zone.identifier, stream: name,
                queues: queues(sight).compactMap { switches[$0.switch].queue($0.name, at: now) },
                agents: switches.flatMap { known in
                    known.acd.agents.filter { $0.value.isAnother != true && sight.sees($0.key) }.keys.sorted()
                        .compactMap { known.agent($0, names, at: now, sight) }
                },
                switches: switches.filter { $0.concerns(sight) }.map { $0.wallboardSwitch(at: now, sight) })
        }

        /// The change without what no longer exists.
        func existing(_ change: ChangeSequence.Change) -> ChangeSequence.Change {
            var change = change
            change.queues.removeAll { switches[$0.switch].acd.queues[$0.name] == nil }
            change.agents.removeAll { switches[$0.switch].acd.agents[$0.interface] == nil }
            return change
        }

        /// The change without what is not seen. Of the switches it has those that concern the sight; `shown` are those
        /// that its readers were shown, and which they must be told of further. A switch that has become one of these
        /// is added.
        func seen(_ change: ChangeSequence.Change, _ sight: Sight, shown: Set<Int>) -> ChangeSequence.Change {
            guard !sight.isEverything else { return change }
            var change = change
            change.queues.removeAll { !sight.sees($0.name) }
            change.agents.removeAll { !sight.sees($0.interface) }
            let new = Set(change.queues.map(\.switch) + change.agents.map(\.switch)).subtracting(shown)
            change.switches = new.union(
                change.switches.filter { shown.contains($0) || switches[$0].concerns(sight) }
            ).sorted()
            return change
        }

        /// The places of the switches that a snapshot shows.
        func switches(_ sight: Sight) -> Set<Int> { Set(switches.indices.filter { switches[$0].concerns(sight) }) }

        /// The message with what the change names, as it is now; dated at the change's moment, because that is when it
        /// is written. Everything that the change names must exist.
        func message(_ change: ChangeSequence.Change, _ sight: Sight) -> WallboardMessage {
            let queues = change.queues.compactMap { self.switches[$0.switch].queue($0.name, at: change.at) }
            let agents = change.agents.compactMap {
                self.switches[$0.switch].agent($0.interface, names, at: change.at, sight)
            }
            let switches = change.switches.map { self.switches[$0].wallboardSwitch(at: change.at, sight) }
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
