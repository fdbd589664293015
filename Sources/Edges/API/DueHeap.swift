import Core
import Time

/// Elements that are due at any moments, the earliest first; those of one moment in the order in which they were added.
/// (Where all lie the same time ahead, ``Telephony/Deadlines`` is simpler.)
///
/// Nothing is taken out before it is due: the caller who takes an element checks whether it still concerns anybody.
struct DueHeap<Element: Sendable>: Sendable {
    private struct Entry: Sendable {
        var due: Span
        var ordinal: UInt64
        var element: Element

        func isBefore(_ other: Entry) -> Bool { (due, ordinal) < (other.due, other.ordinal) }
    }

    private var entries: [Entry] = []
    private var ordinal: UInt64 = 0

    /// In uptime.
    var next: Span? { entries.first?.due }

    mutating func insert(_ element: Element, due: Span) {
        ordinal += 1
        entries.append(Entry(due: due, ordinal: ordinal, element: element))
        var child = entries.count - 1
        while child > 0, entries[child].isBefore(entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The next element that is due; call until nil.
    mutating func take(at now: Span) -> Element? {
        guard let first = entries.first, first.due <= now else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child].isBefore(entries[least]) {
                least = child
            }
            guard least != parent else { return first.element }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
