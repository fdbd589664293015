import Telephony

/// Queues and agents that changed, in order of names, while they are too many to be published at once.
struct Changes: Codable, Equatable, Sendable {
    private var queues: [QueueName]
    private var agents: [Interface]

    init(_ queues: [QueueName], _ agents: [Interface]) {
        self.queues = queues
        self.agents = agents
    }

    var isEmpty: Bool { queues.isEmpty && agents.isEmpty }

    /// Removes queues first, then agents, up to this much work, but at least one. `ofQueue`: the work of a queue's row,
    /// where an agent's is 1.
    mutating func removeFirst(_ work: Int, ofQueue row: Int) -> (queues: [QueueName], agents: [Interface]) {
        let rows = work / row + (work % row > 0 ? 1 : 0)
        let taken = (
            queues: Array(queues.prefix(rows)), agents: Array(agents.prefix(max(0, work - queues.count * row)))
        )
        queues.removeFirst(taken.queues.count)
        agents.removeFirst(taken.agents.count)
        return taken
    }
}
