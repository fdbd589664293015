import Synchronization

/// Whether somebody still waits for what another thread computes.
final class Wanted: Sendable {
    private let isOver = Atomic(false)

    var lasts: Bool { !isOver.load(ordering: .relaxed) }

    func end() { isOver.store(true, ordering: .relaxed) }
}
