/// Deadlines that all lie the same time ahead, so that they fall due in the order in which they were set: a queue, not a heap.
public struct Deadlines<Element: Sendable>: Sendable {
    private var entries: [(due: Span, element: Element)] = []
    private var first = 0

    public init() {}

    public mutating func append(_ element: Element, due: Span) { entries.append((due, element)) }

    public var next: Span? { first < entries.count ? entries[first].due : nil }

    /// The next element that is due; call until nil.
    public mutating func take(at now: Span) -> Element? {
        guard first < entries.count, entries[first].due <= now else { return nil }
        defer {
            first += 1
            // Given back in large pieces: constant time on average.
            if first > 256, first * 2 > entries.count {
                entries.removeFirst(first)
                first = 0
            }
        }
        return entries[first].element
    }

    public mutating func removeAll() {
        entries.removeAll()
        first = 0
    }
}
