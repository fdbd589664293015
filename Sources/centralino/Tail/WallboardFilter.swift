import Telephony
import Wallboard

/// Only what concerns some queues. Changes that concern others leave nothing; the numbers then have holes.
struct WallboardFilter {
    private let names: Set<QueueName>
    /// Agents that were members: when one leaves the last of the queues, that too has to be told.
    private var members: Set<[String]> = []

    init(queues: [String]) { names = Set(queues.map { QueueName(writtenName: $0) }) }

    mutating func filter(_ message: WallboardMessage) -> WallboardMessage? {
        var message = message
        message.queues = message.queues?.filter { names.contains(QueueName($0.name)) }
        message.agents = message.agents?.filter { agent in
            let key = [agent.switch, agent.interface]
            if agent.queues.contains(where: { names.contains(QueueName($0)) }) { return members.insert(key).inserted || true }
            return members.remove(key) != nil
        }
        guard message.type == .change else { return message }
        if message.queues?.isEmpty == true { message.queues = nil }
        if message.agents?.isEmpty == true { message.agents = nil }
        return message.queues == nil && message.agents == nil && message.switches == nil ? nil : message
    }
}
