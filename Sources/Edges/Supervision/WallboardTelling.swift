import Core
import ACD
import Telephony
import Time
import Wallboard

extension WallboardHub {
    /// One change on its way to all readers with one sight: what they have in common is looked up once, not once for
    /// each of five hundred filters.
    struct Telling {
        let change: ChangeSequence.Change
        let sequence: UInt64
        let json: [UInt8]
        /// nil if no reader has a filter.
        let pieces: WallboardPieces?
        let view: View
        /// Names that were looked up.
        private(set) var steps = 0
        /// Places in `change.queues`, by name; two switches may have queues of one name.
        private var queues: [QueueName: [Int]] = [:]
        /// Places in `change.agents`.
        private var agents: [ChangeSequence.Change.Agent: Int]?
        /// The members of the queues that were asked for.
        private var membersOfQueue: [QueueName: [Int]] = [:]

        init(
            _ change: ChangeSequence.Change, _ sequence: UInt64, _ json: [UInt8], _ pieces: WallboardPieces?,
            _ view: View
        ) {
            self.change = change
            self.sequence = sequence
            self.json = json
            self.pieces = pieces
            self.view = view
            guard pieces != nil else { return }
            for (index, queue) in change.queues.enumerated() { queues[queue.name, default: []].append(index) }
        }

        /// The places of those of these queues that moved, in order; nil: all that moved.
        mutating func places(of names: Set<QueueName>?) -> [Int] {
            guard let names else { return Array(change.queues.indices) }
            steps += min(names.count, queues.count)
            if names.count <= queues.count { return names.flatMap { queues[$0] ?? [] }.sorted() }
            return queues.filter { names.contains($0.key) }.flatMap(\.value).sorted()
        }

        /// Agents that moved and are members of one of these queues.
        mutating func members(of names: Set<QueueName>) -> Set<Int> {
            guard !change.agents.isEmpty else { return [] }
            return names.reduce(into: Set()) { $0.formUnion(members(of: $1)) }
        }

        private mutating func members(of name: QueueName) -> [Int] {
            if let known = membersOfQueue[name] { return known }
            steps += change.agents.count
            let members = change.agents.indices.filter { view.isMember(change.agents[$0], of: [name]) }
            membersOfQueue[name] = members
            return members
        }

        /// The places of those of these agents that moved.
        mutating func places(of known: Set<ChangeSequence.Change.Agent>) -> Set<Int> {
            guard !change.agents.isEmpty else { return [] }
            steps += min(known.count, change.agents.count)
            if known.count > change.agents.count {
                return Set(change.agents.indices.filter { known.contains(change.agents[$0]) })
            }
            let places = agents ?? Dictionary(uniqueKeysWithValues: zip(change.agents, change.agents.indices))
            agents = places
            return Set(known.compactMap { places[$0] })
        }
    }
}
