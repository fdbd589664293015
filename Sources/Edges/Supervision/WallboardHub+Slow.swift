import Core
import Telephony
import Time

/// Readers that are slower than what happens: they get the latest state, never a queue.
extension WallboardHub {
    /// This many bytes wait for the reader, which is reported if there are more than ``Limits/congestedBytes``, fewer
    /// than before, or none.
    mutating func unsent(_ bytes: Int, _ id: ConnectionID, _ view: View, _ effects: inout [Effect]) {
        guard let subscriber = subscribers[id] else { return }
        guard bytes > 0 else { return caughtUp(id, view, &effects) }
        if let behind = subscriber.behind {
            guard bytes < behind.unsent else { return }
            subscribers[id]?.behind?.unsent = bytes
            subscribers[id]?.behind?.progressAt = view.now.uptime
        } else {
            subscribers[id]?.behind = Behind(unsent: bytes, progressAt: view.now.uptime)
            let due = view.now.uptime + Limits.deadReader
            deadAt = min(deadAt ?? due, due)
        }
    }

    private mutating func caughtUp(_ id: ConnectionID, _ view: View, _ effects: inout [Effect]) {
        guard let behind = subscribers[id]?.behind else { return }
        subscribers[id]?.behind = nil
        guard behind.skipped > 0 || behind.owesSnapshot != nil else { return }
        sendSnapshot(to: id, resumed: behind.owesSnapshot?.resumed, conflated: behind.skipped, view, &effects)
    }

    mutating func closeDead(at now: Moment, _ effects: inout [Effect]) {
        guard let until = deadAt, until <= now.uptime else { return }
        deadAt = nil
        for (id, subscriber) in subscribers.sorted(by: { $0.key < $1.key }) {
            guard let behind = subscriber.behind else { continue }
            let due = behind.progressAt + Limits.deadReader
            if due <= now.uptime {
                closed(id)
                effects.append(.close(id))
                effects.append(
                    .log(
                        LogLine(
                            .warning, "wallboard",
                            "A reader took nothing for \(Int(Limits.deadReader.seconds)) s, with \(behind.unsent) bytes unread, and was let go."
                        )))
            } else {
                deadAt = min(deadAt ?? due, due)
            }
        }
    }
}
