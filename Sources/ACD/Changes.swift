import Telephony

/// What moved, in order of names, as long as it is too much to be told at once.
struct Changes: Codable, Equatable, Sendable {
    private var queues: [QueueName]
    private var agents: [Interface]

    init(_ queues: [QueueName], _ agents: [Interface]) {
        self.queues = queues
        self.agents = agents
    }

    var isEmpty: Bool { queues.isEmpty && agents.isEmpty }

    /// Queues first, then agents, for so much work, but at the least one. `ofQueue`: the work of a queue's row, where an agent's is one.
    mutating func take(_ work: Int, ofQueue: (QueueName) -> Int) -> (queues: [QueueName], agents: [Interface]) {
        var left = work
        let count = queues.firstIndex { queue in
            defer { left -= ofQueue(queue) }
            return left <= 0
        }
        let taken = (queues: Array(queues[..<(count ?? queues.endIndex)]), agents: Array(agents.prefix(max(0, left))))
        queues.removeFirst(taken.queues.count)
        agents.removeFirst(taken.agents.count)
        return taken
    }
}
