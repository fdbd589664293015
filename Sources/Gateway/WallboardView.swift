import ACD
import Telephony
import Time
import Wallboard

extension WallboardHub {
    /// What the hub may look at while it tells: the rooms, where the stream is, and the time.
    struct View {
        let rooms: [SwitchRoom]
        let stream: StreamCutter
        let now: Moment

        typealias Queue = StreamCutter.Change.Queue
        typealias Agent = StreamCutter.Change.Agent

        /// All of them, in the order of a snapshot.
        var queues: [Queue] {
            rooms.indices.flatMap { room in rooms[room].acd.queues.keys.sorted().map { Queue(room: room, name: $0) } }
        }

        func snapshot(stream name: String) -> WallboardMessage {
            WallboardMessage(
                type: .snapshot, seq: stream.sequence, at: "\(now.date)", since: "\(stream.since)",
                timeZone: rooms.first?.acd.policy.zone.identifier, stream: name,
                queues: queues.compactMap { rooms[$0.room].queue($0.name, at: now) },
                agents: rooms.flatMap { room in
                    room.acd.agents.filter { $0.value.isAnother != true }.keys.sorted().compactMap { room.agent($0, at: now) }
                },
                switches: rooms.map { $0.wallboardSwitch(at: now) })
        }

        /// Without what is gone.
        func existing(_ change: StreamCutter.Change) -> StreamCutter.Change {
            var change = change
            change.queues.removeAll { rooms[$0.room].acd.queues[$0.name] == nil }
            change.agents.removeAll { rooms[$0.room].acd.agents[$0.interface] == nil }
            return change
        }

        /// What is named by the change as it is now; at the change's moment, because that is when it is written. All that it names exists.
        func message(_ change: StreamCutter.Change) -> WallboardMessage {
            let queues = change.queues.compactMap { rooms[$0.room].queue($0.name, at: change.at) }
            let agents = change.agents.compactMap { rooms[$0.room].agent($0.interface, at: change.at) }
            let switches = change.switches.map { rooms[$0].wallboardSwitch(at: change.at) }
            return WallboardMessage(
                type: .change, seq: change.sequence, at: "\(change.at.date)", queues: queues.isEmpty ? nil : queues,
                agents: agents.isEmpty ? nil : agents, switches: switches.isEmpty ? nil : switches)
        }

        func isMember(_ agent: Agent, of queues: Set<QueueName>) -> Bool {
            guard let memberships = rooms[agent.room].acd.agents[agent.interface]?.memberships else { return false }
            return queues.contains { memberships[$0] != nil }
        }

        /// As the stream tells of it.
        func isMember(_ agent: WallboardMessage.Agent, of queues: Set<QueueName>) -> Bool {
            if agent.moreQueues == nil { return agent.queues.contains { queues.contains(QueueName($0)) } }
            guard let room = rooms.firstIndex(where: { $0.name.rawValue == agent.switch }) else { return false }
            return isMember(Agent(room: room, interface: Interface(agent.interface)), of: queues)
        }

        func members(of queues: Set<QueueName>) -> [Agent] {
            rooms.indices.flatMap { room in rooms[room].acd.agents.keys.map { Agent(room: room, interface: $0) } }
                .filter { isMember($0, of: queues) }
        }
    }
}

extension WallboardSubscription {
    func wants(_ queue: StreamCutter.Change.Queue) -> Bool { queues?.contains(queue.name) ?? true }
}

extension StreamCutter.Change {
    var isEmpty: Bool { queues.isEmpty && agents.isEmpty && switches.isEmpty }
}

extension StreamCutter.Change.Queue: Comparable {
    static func < (left: Self, right: Self) -> Bool { (left.room, left.name) < (right.room, right.name) }
}

extension StreamCutter.Change.Agent: Comparable {
    static func < (left: Self, right: Self) -> Bool { (left.room, left.interface) < (right.room, right.interface) }
}
