/// What is kept beside a state only to find something sooner. Two states with the same facts are equal whether or not
/// it has been computed, and a checkpoint holds nothing of it: a decoded state begins with an empty one.
public protocol Derived: Codable, Equatable, Sendable {
    init()
}

extension Derived {
    public static func == (left: Self, right: Self) -> Bool { true }

    public init(from decoder: any Decoder) throws { self.init() }

    public func encode(to encoder: any Encoder) throws { _ = encoder.unkeyedContainer() }
}

// The compiler prefers these two where it makes the `Codable` form of a value that has something derived: not even a
// key is written.

extension KeyedEncodingContainer {
    public mutating func encode(_ value: some Derived, forKey key: Key) throws {}
}

extension KeyedDecodingContainer {
    public func decode<Value: Derived>(_ type: Value.Type, forKey key: Key) throws -> Value { Value() }
}
