/// A large value behind a reference: to hold it costs a count, and to read one of its fields copies no other.
///
/// It is a value all the same: where two hold it, the first change makes a copy. An array of one element is exactly
/// that.
///
/// A part of an optional member is changed through ``value``: behind an optional, the compiler builds a key path at run
/// time.
@dynamicMemberLookup
struct Boxed<Value> {
    private var elements: ContiguousArray<Value>

    init(_ value: Value) { elements = [value] }

    var value: Value {
        get { elements[0] }
        @inline(__always) _modify { yield &elements[0] }
    }

    subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member { elements[0][keyPath: path] }

    subscript<Member>(dynamicMember path: WritableKeyPath<Value, Member>) -> Member {
        get { elements[0][keyPath: path] }
        @inline(__always) _modify { yield &elements[0][keyPath: path] }
    }
}

extension Boxed: Equatable where Value: Equatable {}
extension Boxed: Sendable where Value: Sendable {}

/// As the value itself.
extension Boxed: Codable where Value: Codable {
    init(from decoder: any Decoder) throws { self.init(try Value(from: decoder)) }
    func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}
