import Telephony

/// Where the facts of a piece belong.
public struct FactPlace: Equatable, Sendable {
    enum Kind: String, CaseIterable {
        case visits, legs, refusals, noAnswers, selfServed
        /// Of agents, in the last hour; of no queue.
        case states
    }

    /// The switch's name.
    public private(set) var owner: String
    /// nil: calls that no queue brought.
    var queue: QueueName?
    var kind: Kind

    init(owner: String, queue: QueueName? = nil, kind: Kind = .visits) {
        self.owner = owner
        self.queue = queue
        self.kind = kind
    }

    func of(_ kind: Kind) -> Self { Self(owner: owner, queue: queue, kind: kind) }

    mutating func list(_ members: inout some FactMembers) {
        members.name(&owner)
        members.optionalName(&queue)
        members.name(&kind)
    }
}
