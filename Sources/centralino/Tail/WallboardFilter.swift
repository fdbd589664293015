import Telephony
import Wallboard

/// Keeps only what concerns some queues, or what is on some switches; without names it keeps everything. Changes that
/// concern others are dropped, so the numbers then have gaps.
struct WallboardFilter {
    /// The names as the user wrote them.
    private let written: [String]
    private let queues: Set<QueueName>
    private let switches: Set<String>
    /// Agents that were members: one that leaves the last of the queues must still be reported.
    private var members: Set<[String]> = []

    init(queues: [String] = [], switches: [String] = []) {
        written = queues
        self.queues = Set(queues.map { QueueName(writtenName: $0) })
        self.switches = Set(switches)
    }

    var isEverything: Bool { queues.isEmpty && switches.isEmpty }

    func wants(_ queue: WallboardMessage.Queue) -> Bool {
        (queues.isEmpty || queues.contains(QueueName(queue.name))) && wants(switch: queue.switch)
    }

    /// The requested names that a whole picture lacks; nil where it has all of them.
    func unknown(in snapshot: WallboardMessage) -> String? {
        let names = (snapshot.queues ?? []).map(\.name)
        let known = Set(names.map { QueueName($0) })
        if let queue = written.first(where: { !known.contains(QueueName(writtenName: $0)) }) {
            return "There is no queue “\(shown(queue))”; \(Self.list(Set(names)))."
        }
        let owners = Set((snapshot.switches ?? []).map(\.name))
        if let name = switches.subtracting(owners).min() {
            return "There is no switch “\(shown(name))”; \(Self.list(owners))."
        }
        return nil
    }

    private static func list(_ names: Set<String>) -> String {
        guard !names.isEmpty else { return "there is none yet" }
        let listed = names.sorted().prefix(ProgramLimits.listedNames).map { "“\(shown($0))”" }
        return "there are: \(listed.joined(separator: ", "))\(names.count > listed.count ? ", …" : "")"
    }

    func wants(switch name: String) -> Bool { switches.isEmpty || switches.contains(name) }

    /// The switches on which the picture depends: those of the queues, where some were chosen.
    func concerned(_ entries: some Sequence<WallboardMessage.Switch>, by queues: [WallboardMessage.Queue])
        -> [WallboardMessage.Switch]
    {
        let owners = Set(queues.map(\.switch))
        return entries.filter {
            wants(switch: $0.name) && (self.queues.isEmpty || owners.isEmpty || owners.contains($0.name))
        }
    }

    /// An agent in very many queues has not all of them named. The gateway was asked for these queues, so the agent
    /// is in one of them.
    private func isMember(_ agent: WallboardMessage.Agent) -> Bool {
        agent.moreQueues != nil || agent.queues.contains { queues.contains(QueueName($0)) }
    }

    mutating func filter(_ message: WallboardMessage) -> WallboardMessage? {
        var message = message
        message.queues = message.queues?.filter { wants($0) }
        message.agents = message.agents?.filter { agent in
            let key = [agent.switch, agent.interface]
            if wants(switch: agent.switch), queues.isEmpty || isMember(agent) {
                return members.insert(key).inserted || true
            }
            return members.remove(key) != nil
        }
        message.switches = message.switches?.filter { wants(switch: $0.name) }
        guard message.type == .change else { return message }
        if message.queues?.isEmpty == true { message.queues = nil }
        if message.agents?.isEmpty == true { message.agents = nil }
        if message.switches?.isEmpty == true { message.switches = nil }
        return message.queues == nil && message.agents == nil && message.switches == nil ? nil : message
    }
}
