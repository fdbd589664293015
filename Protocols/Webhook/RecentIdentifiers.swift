/// Remembers which deliveries were received: senders repeat a message until they get an answer, and each must count
/// once.
///
/// The oldest is forgotten first, after its lifetime or when the memory is full. Keyed by source *and* id: two sources
/// may use the same ids.
public struct RecentIdentifiers: Equatable, Sendable {
    public enum Verdict: Equatable, Sendable {
        case new
        /// The same id with the same body: answer 2xx and drop.
        case duplicate
        /// The same id with another body. The first is kept; the sender has a fault.
        case conflict
    }

    private struct Key: Hashable, Sendable {
        var source: String
        var id: String
    }

    private struct Entry: Equatable, Sendable {
        var digest: UInt64
        var seenAt: Int64
        /// Distinguishes an entry from an earlier one of the same key in `order`.
        var number: UInt64
    }

    private struct Place: Equatable, Sendable {
        var key: Key
        var number: UInt64
    }

    private let capacity: Int
    private let lifetime: Int64
    private var entries: [Key: Entry] = [:]
    /// In order of age, including forgotten ones; places before `first` are used up.
    private var order: [Place] = []
    private var first = 0
    private var nextNumber: UInt64 = 0

    /// - Parameter lifetime: in seconds; longer than a sender tries (`domain.md` §6.4).
    public init(capacity: Int, lifetime: Int64 = 80 * 3600) {
        precondition(capacity > 0, "a memory for nothing would call every repetition new")
        self.capacity = capacity
        self.lifetime = lifetime
    }

    public var count: Int { entries.count }

    /// - Parameters:
    ///   - bodyDigest: the digest of the raw body, e.g. ``BodyDigest/fnv1a(_:)``.
    ///   - now: in seconds, always of the same clock.
    public mutating func insert(source: String, id: String, bodyDigest: UInt64, now: Int64) -> Verdict {
        forget(before: now)
        let key = Key(source: source, id: id)
        if let entry = entries[key] { return entry.digest == bodyDigest ? .duplicate : .conflict }
        if entries.count == capacity { forgetOldest() }
        if order.count >= 2 * capacity { compact() }
        entries[key] = Entry(digest: bodyDigest, seenAt: now, number: nextNumber)
        order.append(Place(key: key, number: nextNumber))
        nextNumber += 1
        return .new
    }

    /// For a delivery that could not be saved after all: its repetition must count as new.
    public mutating func forget(source: String, id: String) { entries[Key(source: source, id: id)] = nil }

    private mutating func forget(before now: Int64) {
        while first < order.count {
            let (key, number) = (order[first].key, order[first].number)
            if let entry = entries[key], entry.number == number {
                guard now - entry.seenAt >= lifetime else { return }
                entries[key] = nil
            }
            first += 1
        }
    }

    /// Forgets the oldest entry that is still known. Places of entries that were forgotten early are skipped on the
    /// way.
    private mutating func forgetOldest() {
        while first < order.count {
            let (key, number) = (order[first].key, order[first].number)
            first += 1
            if entries[key]?.number == number {
                entries[key] = nil
                break
            }
        }
    }

    /// At least half of `order` is obsolete, so each insertion costs the same on average.
    private mutating func compact() {
        order.removeAll { entries[$0.key]?.number != $0.number }
        first = 0
    }
}

/// Encodes what is remembered, the oldest first.
extension RecentIdentifiers: Codable {
    private enum CodingKeys: CodingKey { case capacity, lifetime, known }

    private struct Known: Codable {
        var source: String
        var id: String
        var digest: UInt64
        var seenAt: Int64
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            capacity: max(1, try container.decode(Int.self, forKey: .capacity)),
            lifetime: try container.decode(Int64.self, forKey: .lifetime))
        for known in try container.decode([Known].self, forKey: .known) {
            _ = insert(source: known.source, id: known.id, bodyDigest: known.digest, now: known.seenAt)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(capacity, forKey: .capacity)
        try container.encode(lifetime, forKey: .lifetime)
        let known = order[first...].compactMap { place -> Known? in
            guard let entry = entries[place.key], entry.number == place.number else { return nil }
            return Known(source: place.key.source, id: place.key.id, digest: entry.digest, seenAt: entry.seenAt)
        }
        try container.encode(known, forKey: .known)
    }

    /// Compares what is remembered, and not the layout of `order`.
    public static func == (left: Self, right: Self) -> Bool {
        left.capacity == right.capacity && left.lifetime == right.lifetime
            && left.entries.mapValues { [$0.digest, UInt64(bitPattern: $0.seenAt)] }
                == right.entries.mapValues { [$0.digest, UInt64(bitPattern: $0.seenAt)] }
    }
}

public enum BodyDigest {
    /// FNV-1a, 64 bits: distinguishes a repetition from a sender's mistake. It does not stop forgers, who lack the
    /// signature anyway.
    public static func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
