import Time

/// What a log knows of each of its facts: enough to leave out those that no reader of a window can need.
public protocol LoggedFact: Codable, Equatable, Sendable {
    /// The place in a log that is in order.
    var position: Span { get }
    /// Every date by which a window may ask for it lies in here; more than that does no harm.
    var dates: ClosedRange<UnixTime> { get }
}

/// Facts of one kind of one queue, in pieces of bounded size.
///
/// One array of a whole day would be copied whole when a fact is added while somebody else holds a copy of the core,
/// as a checkpoint does while it is written. Here one chunk is copied. A chunk also knows what lies in it, so that a
/// reader of a quarter-hour does not go through the day.
public struct FactLog<Fact: LoggedFact>: Sendable {
    /// Neighbours in the log.
    public struct Chunk: Sendable {
        /// Unique within the log, and never used again: with ``version`` the name of this content. After a restart
        /// the names begin again.
        public fileprivate(set) var identity: UInt64
        /// Changes whenever one of the facts does.
        public fileprivate(set) var version: UInt64 = 0
        public fileprivate(set) var facts: [Fact]
        /// The positions of its facts. After one was changed or removed they may be wider than needed.
        fileprivate(set) var positions: ClosedRange<Span>
        fileprivate(set) var dates: ClosedRange<UnixTime>

        fileprivate init(_ identity: UInt64, _ first: Fact) {
            self.identity = identity
            facts = [first]
            facts.reserveCapacity(Limits.chunkFacts)
            positions = first.position...first.position
            dates = first.dates
        }

        fileprivate mutating func widen(for fact: Fact) {
            let position = fact.position
            if !positions.contains(position) {
                positions = Swift.min(positions.lowerBound, position)...Swift.max(positions.upperBound, position)
            }
            let other = fact.dates
            dates = Swift.min(dates.lowerBound, other.lowerBound)...Swift.max(dates.upperBound, other.upperBound)
        }

        fileprivate mutating func measure() {
            guard let first = facts.first else { return }
            positions = first.position...first.position
            dates = first.dates
            for fact in facts.dropFirst() { widen(for: fact) }
        }

        /// Whether one of its facts may concern these dates.
        func intersects(_ range: Range<UnixTime>) -> Bool {
            dates.upperBound >= range.lowerBound && dates.lowerBound < range.upperBound
        }

        /// Reads in place: none of the facts is copied.
        func each(_ body: (Fact) -> Void) {
            facts.withUnsafeBufferPointer { facts in for index in facts.indices { body(facts[index]) } }
        }
    }

    /// No chunk is empty.
    public private(set) var chunks: [Chunk] = []
    public private(set) var count = 0
    private var nextIdentity: UInt64 = 0

    public init() {}

    // MARK: writing

    /// Appends at the end, whatever the position of the fact.
    package mutating func append(_ fact: Fact) {
        count += 1
        if let last = chunks.indices.last, chunks[last].facts.count < Limits.chunkFacts {
            chunks[last].facts.append(fact)
            chunks[last].widen(for: fact)
            chunks[last].version += 1
        } else {
            chunks.append(Chunk(identity(), fact))
        }
    }

    /// Inserts the fact where it belongs in a log that is in order, after those of the same position.
    package mutating func insert(_ fact: Fact) {
        let position = fact.position
        guard let last = chunks.last?.facts.last, position < last.position else { return append(fact) }
        let (chunk, offset) = place(behind: position)
        count += 1
        if chunks[chunk].facts.count == Limits.chunkFacts { split(chunk) }
        let half = chunks[chunk].facts.count
        let target = offset > half ? (chunk + 1, offset - half) : (chunk, offset)
        chunks[target.0].facts.insert(fact, at: target.1)
        chunks[target.0].widen(for: fact)
        chunks[target.0].version += 1
    }

    private mutating func split(_ index: Int) {
        let half = chunks[index].facts.count / 2
        var second = chunks[index]
        second.identity = identity()
        second.facts = Array(chunks[index].facts[half...])
        second.measure()
        chunks[index].facts.removeLast(chunks[index].facts.count - half)
        chunks[index].measure()
        chunks[index].version += 1
        chunks.insert(second, at: index + 1)
    }

    private mutating func identity() -> UInt64 {
        defer { nextIdentity += 1 }
        return nextIdentity
    }

    /// Changes one fact. `body` must not change its position.
    package mutating func change(at index: Index, _ body: (inout Fact) -> Void) {
        body(&chunks[index.chunk].facts[index.offset])
        chunks[index.chunk].widen(for: chunks[index.chunk].facts[index.offset])
        chunks[index.chunk].version += 1
    }

    /// Changes those of the last `number` facts for which `isMeant` holds, and touches no other chunk.
    package mutating func change(last number: Int, where isMeant: (Fact) -> Bool, _ body: (inout Fact) -> Void) {
        var left = number
        for chunk in chunks.indices.reversed() where left > 0 {
            let facts = chunks[chunk].facts.count
            for offset in Swift.max(0, facts - left)..<facts where isMeant(chunks[chunk].facts[offset]) {
                change(at: Index(chunk: chunk, offset: offset), body)
            }
            left -= facts
        }
    }

    /// Removes those for which `isOld` holds. They are looked for only where a position is less than `position` and
    /// a date less than `date`.
    /// - Returns: how many were removed.
    @discardableResult
    package mutating func removeAll(below position: Span, before date: UnixTime, where isOld: (Fact) -> Bool) -> Int {
        let before = count
        for index in chunks.indices
        where chunks[index].positions.lowerBound < position && chunks[index].dates.lowerBound < date {
            guard chunks[index].facts.contains(where: isOld) else { continue }
            count -= chunks[index].facts.count
            chunks[index].facts.removeAll(where: isOld)
            count += chunks[index].facts.count
            chunks[index].measure()
            chunks[index].version += 1
        }
        if count != before { chunks.removeAll { $0.facts.isEmpty } }
        return before - count
    }

    /// Removes one fact at this position from a log that is in order.
    /// - Returns: false if there is none at this position.
    package mutating func removeOne(at position: Span) -> Bool {
        let (chunk, offset) = place(behind: position)
        let next = Index(chunk: chunk, offset: offset)
        guard next > startIndex else { return false }
        let index = self.index(before: next)
        guard chunks[index.chunk].facts[index.offset].position == position else { return false }
        count -= 1
        chunks[index.chunk].facts.remove(at: index.offset)
        if chunks[index.chunk].facts.isEmpty {
            chunks.remove(at: index.chunk)
        } else {
            chunks[index.chunk].measure()
            chunks[index.chunk].version += 1
        }
        return true
    }

    package mutating func removeFirst(_ number: Int) {
        var left = Swift.min(number, count)
        count -= left
        let whole = chunks.prefix {
            guard $0.facts.count <= left else { return false }
            left -= $0.facts.count
            return true
        }
        chunks.removeFirst(whole.count)
        guard left > 0 else { return }
        chunks[0].facts.removeFirst(left)
        chunks[0].measure()
        chunks[0].version += 1
    }

    // MARK: reading

    /// Each fact in order, in place. `isNeeded`: whether any of the facts in these bounds is wanted.
    func each(_ isNeeded: (Chunk) -> Bool = { _ in true }, _ body: (Fact) -> Void) {
        chunks.withUnsafeBufferPointer { chunks in
            for index in chunks.indices where isNeeded(chunks[index]) { chunks[index].each(body) }
        }
    }

    /// How many of the facts that may concern these dates are meant.
    func count(in range: Range<UnixTime>, where isMeant: (Fact) -> Bool) -> Int {
        var count = 0
        each({ $0.intersects(range) }) { if isMeant($0) { count += 1 } }
        return count
    }

    /// The same for a log that is in order: the facts with a position greater than `from`, up to and including `to`.
    func each(after from: Span, through to: Span, _ body: (Fact) -> Void) {
        guard from < to else { return }
        chunks.withUnsafeBufferPointer { chunks in
            for index in chunks.firstPlace({ $0.positions.upperBound > from })..<chunks.endIndex {
                guard chunks[index].positions.lowerBound <= to else { return }
                chunks[index].facts.withUnsafeBufferPointer { facts in
                    var offset = facts.firstPlace { $0.position > from }
                    while offset < facts.count, facts[offset].position <= to {
                        body(facts[offset])
                        offset += 1
                    }
                }
            }
        }
    }

    /// Whether a log that is in order has a fact with a position greater than `from`, up to and including `to`.
    func contains(after from: Span, through to: Span) -> Bool {
        guard from < to else { return false }
        let (chunk, offset) = place(behind: from)
        return chunk < chunks.endIndex && chunks[chunk].facts[offset].position <= to
    }

    /// The place of the first fact whose position is greater; if there is none, `chunk` is the end's.
    private func place(behind position: Span) -> (chunk: Int, offset: Int) {
        chunks.withUnsafeBufferPointer { chunks in
            let chunk = chunks.firstPlace { $0.positions.upperBound > position }
            guard chunk < chunks.endIndex else { return (chunk, 0) }
            return (chunk, chunks[chunk].facts.withUnsafeBufferPointer { $0.firstPlace { $0.position > position } })
        }
    }
}

extension UnsafeBufferPointer {
    /// The first place from which on `isBehind` holds; it holds for none before.
    fileprivate func firstPlace(_ isBehind: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

// MARK: - As one list

extension FactLog: BidirectionalCollection, ExpressibleByArrayLiteral {
    public struct Index: Comparable, Sendable {
        fileprivate var chunk: Int
        fileprivate var offset: Int

        public static func < (left: Self, right: Self) -> Bool {
            (left.chunk, left.offset) < (right.chunk, right.offset)
        }
    }

    public init(arrayLiteral facts: Fact...) { for fact in facts { append(fact) } }

    public var startIndex: Index { Index(chunk: 0, offset: 0) }
    public var endIndex: Index { Index(chunk: chunks.count, offset: 0) }
    public subscript(index: Index) -> Fact { chunks[index.chunk].facts[index.offset] }

    public func index(after index: Index) -> Index {
        index.offset + 1 < chunks[index.chunk].facts.count
            ? Index(chunk: index.chunk, offset: index.offset + 1) : Index(chunk: index.chunk + 1, offset: 0)
    }

    public func index(before index: Index) -> Index {
        index.offset > 0
            ? Index(chunk: index.chunk, offset: index.offset - 1)
            : Index(chunk: index.chunk - 1, offset: chunks[index.chunk - 1].facts.count - 1)
    }
}

extension FactLog: Equatable {
    public static func == (left: Self, right: Self) -> Bool { left.elementsEqual(right) }
}

/// As a list of its facts.
extension FactLog: Codable {
    public init(from decoder: any Decoder) throws {
        for fact in try [Fact](from: decoder) { append(fact) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for chunk in chunks { try container.encode(contentsOf: chunk.facts) }
    }
}
