import Access
import Core
import Telephony
import Time
import Wallboard
import Wire

/// Which readers get what of a change, and what is held back for later.
extension WallboardHub {
    typealias Queue = ChangeSequence.Change.Queue

    mutating func tell(_ subscription: WallboardSubscription, _ telling: inout Telling, _ effects: inout [Effect]) {
        guard subscription.minInterval > .zero else { return send(&telling, to: subscription, &effects) }
        let (change, view) = (telling.change, telling.view)
        guard var group = groups.removeValue(forKey: subscription) else { return }
        group.heldQueues.formUnion(change.queues.filter { subscription.wants($0) })
        if subscription.hasAgents { group.heldAgents.formUnion(change.agents) }
        group.heldSwitches.formUnion(change.switches)
        let due = group.lastSentAt.map { $0 + subscription.minInterval } ?? .zero
        groups[subscription] = group
        if due <= view.now.uptime {
            sendHeld(of: subscription, view, &effects)
        } else {
            heldUntil = min(heldUntil ?? due, due)
        }
    }

    /// Sends what the minimum intervals held back and is due now, in its latest state.
    mutating func sendHeld(_ view: View, _ effects: inout [Effect]) {
        guard let until = heldUntil, until <= view.now.uptime else { return }
        heldUntil = nil
        for subscription in sortedGroups() {
            guard let group = groups[subscription], group.holdsSomething else { continue }
            let due = group.lastSentAt.map { $0 + subscription.minInterval } ?? .zero
            if due <= view.now.uptime {
                sendHeld(of: subscription, view, &effects)
            } else {
                heldUntil = min(heldUntil ?? due, due)
            }
        }
    }

    private mutating func sendHeld(of subscription: WallboardSubscription, _ view: View, _ effects: inout [Effect]) {
        guard let group = groups[subscription], group.holdsSomething else { return }
        let change = view.existing(
            ChangeSequence.Change(
                sequence: sequence(of: subscription.sight, view), at: view.now, queues: group.heldQueues.sorted(),
                agents: group.heldAgents.sorted(),
                switches: group.heldSwitches.sorted()))
        groups[subscription]?.heldQueues = []
        groups[subscription]?.heldAgents = []
        groups[subscription]?.heldSwitches = []
        let message = view.message(change, subscription.sight)
        let json = JSON.encode(message)
        var telling = Telling(change, message.seq, json, WallboardPieces(message, json), view)
        send(&telling, to: subscription, &effects)
        work.add(telling.steps)
    }

    private mutating func send(
        _ telling: inout Telling, to subscription: WallboardSubscription, _ effects: inout [Effect]
    ) {
        guard let members = groups[subscription]?.members else { return }
        guard !subscription.isEverything, let pieces = telling.pieces else {
            var frames = Frames(telling.json, telling.sequence, subscription.sight)
            for id in members { send(&frames, to: id, &effects) }
            return
        }
        let agents = agents(&telling, pieces, subscription)
        let queues = queues(&telling, pieces, subscription)
        guard subscription.insensitivity.isEmpty else {
            return sendWhatMoved(telling, pieces, queues, agents, to: subscription, &effects)
        }
        guard !queues.isEmpty || !agents.isEmpty || pieces.hasSwitches else { return }
        groups[subscription]?.lastSentAt = telling.view.now.uptime
        var frames = Frames(
            pieces.assembled(queues: queues.map(\.bytes), agents: agents), telling.sequence, subscription.sight)
        for id in members { send(&frames, to: id, &effects) }
    }

    /// The agents of these queues, and those that have just left the last of them.
    private mutating func agents(
        _ telling: inout Telling, _ pieces: WallboardPieces, _ subscription: WallboardSubscription
    ) -> [ArraySlice<UInt8>] {
        guard subscription.hasAgents else { return [] }
        guard let queues = subscription.queues else { return pieces.agents }
        let members = telling.members(of: queues)
        var left: Set<Int> = []
        if let group = groups[subscription], !group.agents.isEmpty {
            // Whichever are fewer are gone through.
            left = telling.places(of: group.agents).subtracting(members)
        }
        if !left.isEmpty { for place in left { groups[subscription]?.agents.remove(telling.change.agents[place]) } }
        if !members.isEmpty { groups[subscription]?.agents.formUnion(members.map { telling.change.agents[$0] }) }
        return left.union(members).sorted().map { pieces.agents[$0] }
    }

    private struct Told {
        var index: Int
        var queue: Queue
        var bytes: ArraySlice<UInt8>
    }

    /// The queues that these readers want and that have changed for them.
    private mutating func queues(
        _ telling: inout Telling, _ pieces: WallboardPieces, _ subscription: WallboardSubscription
    ) -> [Told] {
        var told: [Told] = []
        for index in telling.places(of: subscription.queues) {
            let queue = telling.change.queues[index]
            let bytes = pieces.bytes(ofQueue: index, subscription)
            if subscription.metrics != nil, subscription.insensitivity.isEmpty {
                if groups[subscription]?.last[queue] == bytes { continue }
                groups[subscription]?.last[queue] = bytes
            }
            told.append(Told(index: index, queue: queue, bytes: bytes))
        }
        return told
    }

    // MARK: insensitivity

    /// Each reader has its own reference values, so each may be due different queues; readers that are due the same get
    /// the same bytes.
    private mutating func sendWhatMoved(
        _ telling: Telling, _ pieces: WallboardPieces, _ queues: [Told], _ agents: [ArraySlice<UInt8>],
        to subscription: WallboardSubscription,
        _ effects: inout [Effect]
    ) {
        let values = queues.map { self.values(of: pieces.queues[$0.index], subscription) }
        var frames: [[Int]: Frames] = [:]
        for id in groups[subscription]?.members ?? [] {
            let moved = queues.indices.filter { hasMoved(values[$0], of: queues[$0].queue, for: id, subscription) }
            guard !moved.isEmpty || !agents.isEmpty || pieces.hasSwitches else { continue }
            groups[subscription]?.lastSentAt = telling.view.now.uptime
            var frame =
                frames[moved]
                ?? Frames(
                    pieces.assembled(queues: moved.map { queues[$0].bytes }, agents: agents), telling.sequence,
                    subscription.sight)
            if subscribers[id]?.behind == nil {
                for index in moved { remember(values[index], of: queues[index].queue, for: id) }
            }
            send(&frame, to: id, &effects)
            frames[moved] = frame
        }
    }

    func values(of queue: WallboardPieces.Queue, _ subscription: WallboardSubscription) -> [MetricValue] {
        subscription.insensitivity.map { threshold in
            MetricValue(queue.members.first { $0.name == threshold.metric }?.value)
        }
    }

    private func hasMoved(
        _ values: [MetricValue], of queue: Queue, for id: ConnectionID, _ subscription: WallboardSubscription
    ) -> Bool {
        guard let before = subscribers[id]?.told[queue] else { return true }
        return zip(zip(values, before), subscription.insensitivity).contains { $0.0.hasMoved(from: $0.1, by: $1.step) }
    }

    mutating func remember(_ values: [MetricValue], of queue: Queue, for id: ConnectionID) {
        if subscribers[id]?.told[queue] == nil {
            guard rememberedValues + values.count <= Limits.insensitivityValues else { return }
            rememberedValues += values.count
        }
        subscribers[id]?.told[queue] = values
    }

    mutating func forgetTold(_ id: ConnectionID) {
        guard let subscriber = subscribers[id] else { return }
        rememberedValues -= subscriber.told.count * subscriber.subscription.insensitivity.count
        subscribers[id]?.told = [:]
    }

    // MARK: writing

    /// One message, framed once for each transport.
    private struct Frames {
        let json: [UInt8]
        let sequence: UInt64
        let sight: Sight
        var bytes: [Transport: [UInt8]] = [:]

        init(_ json: [UInt8], _ sequence: UInt64, _ sight: Sight) {
            self.json = json
            self.sight = sight
            self.sequence = sequence
        }
    }

    private mutating func send(_ frames: inout Frames, to id: ConnectionID, _ effects: inout [Effect]) {
        guard let subscriber = subscribers[id] else { return }
        guard subscriber.behind == nil else {
            subscribers[id]?.behind?.skipped += 1
            return
        }
        let bytes =
            frames.bytes[subscriber.transport]
            ?? framed(frames.json, frames.sequence, subscriber.transport, frames.sight)
        frames.bytes[subscriber.transport] = bytes
        effects.append(.send(id, bytes))
    }
}

extension WallboardHub.Group {
    fileprivate var holdsSomething: Bool { !heldQueues.isEmpty || !heldAgents.isEmpty || !heldSwitches.isEmpty }
}
