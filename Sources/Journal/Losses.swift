/// What could not be written since the start.
struct Losses {
    private var ended: [Journal.LostInterval] = []
    private(set) var endedCount = 0
    /// Nothing could be written since: the next block that is written says so.
    private(set) var open: Journal.LostInterval?
    /// What came while no more could wait for the disk, after everything in the queue, and how many entries were
    /// appended up to its end.
    private(set) var overflow: (content: Journal.LostInterval, upTo: Int)?
    private(set) var entries = 0
    private(set) var bytes = 0

    var isOpen: Bool { open != nil || overflow != nil }
    /// What overflows and what is open may become one: they are counted as one, so that the count never falls.
    var count: Int { endedCount + (isOpen ? 1 : 0) }
    /// The newest ones, the oldest first.
    var newest: [Journal.LostInterval] {
        let last = Self.joined(open, overflow?.content)
        return ended.suffix(Journal.Limits.lostIntervals - (last == nil ? 0 : 1)) + (last.map { [$0] } ?? [])
    }

    mutating func lose(_ block: Block, code: Int32) {
        guard let lost = counted(block, code) else { return }
        open = Self.joined(open, lost)
    }

    /// The queue is full, or was and is not empty yet.
    mutating func overflow(_ block: Block, code: Int32) {
        guard let lost = counted(block, code) else { return }
        overflow = Self.joined(overflow?.content, lost).map { ($0, block.upTo) }
    }

    /// The queue is empty: what was lost after it is what is missing next. Returns up to which entry.
    mutating func takeOverflow() -> (content: Journal.LostInterval, upTo: Int)? {
        defer { overflow = nil }
        open = Self.joined(open, overflow?.content)
        return overflow
    }

    /// A block was written that says what is missing.
    mutating func end() {
        guard let lost = open else { return }
        open = nil
        endedCount += 1
        if ended.count == Journal.Limits.lostIntervals { ended.removeFirst() }
        ended.append(lost)
    }

    private mutating func counted(_ block: Block, _ code: Int32) -> Journal.LostInterval? {
        guard block.content.entries > 0 else { return nil }
        entries += block.content.entries
        bytes += block.content.bytes
        var lost = block.content
        lost.code = code
        return lost
    }

    private static func joined(
        _ first: Journal.LostInterval?, _ second: Journal.LostInterval?
    ) -> Journal.LostInterval? {
        guard var joined = first, let second else { return first ?? second }
        joined.add(second)
        return joined
    }
}
