/// Records by key, which are read and changed where they lie.
///
/// A dictionary takes a value out and puts it back for each `dictionary[key]?.field = …`, and both ways is a copy of
/// all its fields. Here the dictionary knows only the places.
struct RecordTable<Key: Hashable, Record> {
    private var places: [Key: Int] = [:]
    /// The first stays empty: a key without a record has that place.
    private var records: ContiguousArray<Boxed<Record>?> = [nil]
    /// Other places that are empty.
    private var empty: [Int] = []

    var count: Int { places.count }
    var keys: Dictionary<Key, Int>.Keys { places.keys }
    /// Each key with its record.
    // any order: as of a dictionary's elements
    var all: some Sequence<(key: Key, value: Boxed<Record>)> { places.lazy.map { ($0.key, records[$0.value]!) } }

    func contains(_ key: Key) -> Bool { places[key] != nil }

    subscript(key: Key) -> Boxed<Record>? {
        get { records[places[key] ?? 0] }
        /// For a part of a record that is there.
        _modify {
            yield &records[places[key] ?? 0]
            assert(records[0] == nil, "a record was put where a part of one is changed")
        }
        set { if let newValue { insert(newValue, key) } else { removeValue(forKey: key) } }
    }

    private mutating func insert(_ record: Boxed<Record>, _ key: Key) {
        if let place = places[key] {
            records[place] = record
        } else if let place = empty.popLast() {
            places[key] = place
            records[place] = record
        } else {
            places[key] = records.count
            records.append(record)
        }
    }

    @discardableResult
    mutating func removeValue(forKey key: Key) -> Boxed<Record>? {
        guard let place = places.removeValue(forKey: key) else { return nil }
        empty.append(place)
        return records[place].take()
    }

    mutating func removeAll() { self = Self() }
}

extension RecordTable: Sendable where Key: Sendable, Record: Sendable {}

extension RecordTable: Equatable where Record: Equatable {
    /// Wherever the records lie.
    static func == (left: Self, right: Self) -> Bool {
        left.count == right.count && left.places.allSatisfy { left.records[$0.value] == right[$0.key] }
    }
}

/// As a dictionary.
extension RecordTable: Codable where Key: Codable & CodingKeyRepresentable, Record: Codable {
    init(from decoder: any Decoder) throws {
        for (key, record) in try [Key: Boxed<Record>](from: decoder) { insert(record, key) }
    }

    func encode(to encoder: any Encoder) throws {
        try Dictionary(uniqueKeysWithValues: places.lazy.map { ($0.key, records[$0.value]!) }).encode(to: encoder)
    }
}
