/// Deadlines that all lie the same time ahead. They fall due in the order in which they were set, so this is a queue
/// and not a heap.
///
/// Each deadline is kept by two clocks. `due` is our own uptime: it wakes us when nothing happens. `byEvent` is an
/// instant of the clock that stamps the events. The network may hold events back and deliver them together; then the
/// next event's stamp decides, and not the time of its arrival.
public struct Deadlines<Element: Sendable>: Sendable {
    @usableFromInline struct Entry: Sendable {
        @usableFromInline var due: Span
        @usableFromInline var byEvent: Span
        @usableFromInline var element: Element
    }

    @usableFromInline var entries: [Entry] = []
    @usableFromInline var first = 0

    public init() {}

    public mutating func append(_ element: Element, due: Span, byEvent: Span? = nil) {
        entries.append(Entry(due: due, byEvent: byEvent ?? due, element: element))
    }

    /// In our uptime; nil without a deadline. Inlined because it is asked after every event.
    @inlinable public var next: Span? { first < entries.count ? entries[first].due : nil }

    /// The next element that is due by our clock; call until nil.
    @inlinable public mutating func take(at now: Span) -> Element? {
        guard first < entries.count, entries[first].due <= now else { return nil }
        return takeFirst()
    }

    /// The next element that was due before an event of this instant; call until nil. Inlined, as ``next`` is.
    @inlinable public mutating func take(before instant: Span) -> Element? {
        guard first < entries.count, entries[first].byEvent <= instant else { return nil }
        return takeFirst()
    }

    @usableFromInline mutating func takeFirst() -> Element {
        defer {
            first += 1
            // Memory is freed in large pieces: constant time on average.
            if first > Limits.spentDeadlines, first * 2 > entries.count {
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

extension Deadlines.Entry: Equatable where Element: Equatable {}
extension Deadlines.Entry: Codable where Element: Codable {}

extension Deadlines: Equatable where Element: Equatable {
    public static func == (left: Self, right: Self) -> Bool {
        left.entries[left.first...] == right.entries[right.first...]
    }
}

/// Encoded are the deadlines that are still to come, in their order.
extension Deadlines: Codable where Element: Codable {
    public init(from decoder: any Decoder) throws { entries = try [Entry](from: decoder) }
    public func encode(to encoder: any Encoder) throws { try Array(entries[first...]).encode(to: encoder) }
}
