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

    /// Queues first.
    mutating func take(_ limit: Int) -> (queues: [QueueName], agents: [Interface]) {
        let taken = (queues: Array(queues.prefix(limit)), agents: Array(agents.prefix(limit - min(limit, queues.count))))
        queues.removeFirst(taken.queues.count)
        agents.removeFirst(taken.agents.count)
        return taken
    }
}
