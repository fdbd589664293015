import Core
import EventLoop

/// Steps of the handshakes of clients: some of them in a turn of the loop. A signature takes up to some milliseconds,
/// and a crowd that comes back at once, or pretends to, must not keep a screen pop waiting for all of theirs.
@LoopActor
final class HandshakeTurns {
    private var waiting: ArraySlice<@LoopActor () -> Void> = []
    /// Steps of this turn.
    private var steps = 0
    private lazy var timer = Timer { [unowned self] in nextTurn() }

    /// Does the step now, or in one of the next turns.
    func append(_ step: @escaping @LoopActor () -> Void) {
        // After a step the timer runs, and resets the count.
        if steps == 0 { timer.start(afterMicroseconds: 0) }
        guard waiting.isEmpty, steps < ProgramLimits.handshakeStepsPerTurn else { return waiting.append(step) }
        steps += 1
        step()
    }

    private func nextTurn() {
        steps = 0
        guard !waiting.isEmpty else { return }
        timer.start(afterMicroseconds: 0)
        while steps < ProgramLimits.handshakeStepsPerTurn, let step = waiting.popFirst() {
            steps += 1
            step()
        }
        if waiting.isEmpty { waiting = [] }
    }
}

/// Connections whose handshake is not over. They are bounded, and none of them is anybody's client yet.
struct PendingHandshakes {
    /// By the order in which they came: a connection's id grows.
    private var addresses: [ConnectionID: String] = [:]

    var count: Int { addresses.count }

    func contains(_ id: ConnectionID) -> Bool { addresses[id] != nil }
    var ids: [ConnectionID] { addresses.keys.sorted() }

    /// Adds one. Where there are too many, the oldest of the address that has most of them goes: it is returned, and to
    /// be closed. So a crowd of one address keeps nobody else out.
    mutating func insert(_ id: ConnectionID, from address: String) -> ConnectionID? {
        addresses[id] = address
        guard addresses.count > ProgramLimits.handshakes else { return nil }
        // any order: the largest is unique
        let counts = Dictionary(grouping: addresses.values) { $0 }.mapValues(\.count)
        let crowd = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
        let oldest = addresses.filter { $0.value == crowd }.keys.min()
        if let oldest { addresses[oldest] = nil }
        return oldest
    }

    /// Returns whether it was pending.
    @discardableResult
    mutating func remove(_ id: ConnectionID) -> Bool { addresses.removeValue(forKey: id) != nil }
}
