import Telephony

/// The queues that an agent is a member of.
///
/// Whatever is asked for at each event is kept beside them, so that an agent in a thousand queues costs as
/// much as an agent in one: a switch sends an event for each membership whenever the telephone does something.
public struct Memberships: Equatable, Sendable {
    private var byQueue: [QueueName: AgentStatus.Membership] = [:]
    /// In order of their names.
    public private(set) var queues: [QueueName] = []
    /// Those with a pause and a reason for it, in order of their names.
    private var reasoned: [QueueName] = []
    public private(set) var pausedCount = 0

    init() {}

    public var count: Int { byQueue.count }
    public var isEmpty: Bool { byQueue.isEmpty }

    public var pauseReason: String? { reasoned.first.flatMap { byQueue[$0]?.reason } }

    public subscript(_ queue: QueueName) -> AgentStatus.Membership? {
        get { byQueue[queue] }
        set {
            let before = byQueue[queue]
            byQueue[queue] = newValue
            if (before == nil) != (newValue == nil) { queues.keep(queue, newValue != nil) }
            if before?.hasReason ?? false != newValue?.hasReason ?? false {
                reasoned.keep(queue, newValue?.hasReason ?? false)
            }
            pausedCount += (newValue?.isPaused ?? false ? 1 : 0) - (before?.isPaused ?? false ? 1 : 0)
        }
    }
}

/// As a dictionary by queue.
extension Memberships: Codable {
    public init(from decoder: any Decoder) throws {
        byQueue = try [QueueName: AgentStatus.Membership](from: decoder)
        queues = byQueue.keys.sorted()
        reasoned = queues.filter { byQueue[$0]?.hasReason ?? false }
        pausedCount = byQueue.values.count { $0.isPaused }
    }

    public func encode(to encoder: any Encoder) throws { try byQueue.encode(to: encoder) }
}

extension AgentStatus.Membership {
    fileprivate var hasReason: Bool { isPaused && !reason.isEmpty }
}

extension [QueueName] {
    /// Puts the name in its place among the others, or takes it away.
    fileprivate mutating func keep(_ queue: QueueName, _ isKept: Bool) {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < queue { low = middle + 1 } else { high = middle }
        }
        let isThere = low < count && self[low] == queue
        if isKept, !isThere { insert(queue, at: low) }
        if !isKept, isThere { remove(at: low) }
    }
}
