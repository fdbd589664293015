/// A message that is sent so often that it lists its members itself. What `Encodable` does at run time, with generic
/// containers for each object, is the larger part of what ``JSONWriter`` costs. The bytes are the same by either way;
/// tests compare them.
public protocol JSONWritable: Encodable {
    /// Adds the members in the order of their keys.
    func write(to object: inout JSONObject)
}

/// An object whose members are written one after the other.
public struct JSONObject: ~Copyable {
    private var bytes: GrowingBytes

    static func bytes(of value: some JSONWritable) -> [UInt8] {
        var object = JSONObject(bytes: GrowingBytes(capacity: Limits.messageBytes))
        object.write(value)
        return object.bytes.array
    }

    public mutating func add(_ key: String, _ value: String?) {
        guard let value else { return }
        begin(key)
        bytes.write(string: value)
    }

    public mutating func add(_ key: String, _ value: Int?) {
        guard let value else { return }
        begin(key)
        bytes.write(number: value)
    }

    public mutating func add(_ key: String, _ value: UInt64?) {
        guard let value else { return }
        begin(key)
        bytes.write(number: value)
    }

    public mutating func add(_ key: String, _ value: Double?) {
        guard let value else { return }
        begin(key)
        bytes.write(fraction: value)
    }

    public mutating func add(_ key: String, _ value: Bool?) {
        guard let value else { return }
        begin(key)
        bytes.append(value ? "true" : "false")
    }

    public mutating func add(_ key: String, _ value: (some JSONWritable)?) {
        guard let value else { return }
        begin(key)
        write(value)
    }

    public mutating func add(_ key: String, _ values: [some JSONWritable]?) {
        guard let values else { return }
        begin(key)
        beginArray()
        for value in values {
            separate()
            write(value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    public mutating func add(_ key: String, _ values: [String]?) {
        guard let values else { return }
        begin(key)
        beginArray()
        for value in values {
            separate()
            bytes.write(string: value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    public mutating func add(_ key: String, _ counts: [String: Int]?) {
        guard let counts else { return }
        begin(key)
        bytes.append(UInt8(ascii: "{"))
        for (key, count) in counts.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            add(key, count)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ value: some JSONWritable) {
        bytes.append(UInt8(ascii: "{"))
        value.write(to: &self)
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func beginArray() { bytes.append(UInt8(ascii: "[")) }

    private mutating func begin(_ key: String) {
        separate()
        bytes.write(string: key)
        bytes.append(UInt8(ascii: ":"))
    }

    /// No value ends with an opening bracket, except in a string, and that ends with its quotation mark.
    private mutating func separate() {
        let last = bytes[bytes.count - 1]
        if last != UInt8(ascii: "{"), last != UInt8(ascii: "[") { bytes.append(UInt8(ascii: ",")) }
    }
}
