import Telephony
import Time

/// What was made of a name, found again by the name's bytes.
protocol Remembered {
    /// The text whose bytes are the key.
    var name: String { get }
}

extension String: Remembered {
    var name: String { self }
}

/// Remembers what was made of names that every event repeats: they are decoded once, and their copies share one
/// storage.
///
/// Each name has one place, and the next name of that place displaces it. So a hostile stream cannot fill it, and
/// looking up costs the same however the names are chosen. Nothing depends on what is still remembered.
struct NameCache<Value: Remembered & Sendable>: Derived {
    private var keys: [NameKey] = []
    private var values: [Value?] = []

    func value(of bytes: UnsafeBufferPointer<UInt8>) -> Value? {
        let key = NameKey(bytes)
        guard !keys.isEmpty, keys[key.place] == key, let value = values[key.place] else { return nil }
        return key.isWhole || value.name.isIdentical(to: bytes) ? value : nil
    }

    /// Whether something was made of this name that meets the condition.
    func has(_ bytes: UnsafeBufferPointer<UInt8>, where condition: (borrowing Value) -> Bool) -> Bool {
        let key = NameKey(bytes)
        guard !keys.isEmpty, keys[key.place] == key else { return false }
        switch values[key.place] {
        case let value?: return (key.isWhole || value.name.isIdentical(to: bytes)) && condition(value)
        case nil: return false
        }
    }

    mutating func remember(_ value: Value) {
        var name = value.name
        let key = name.withUTF8 { NameKey($0) }
        if keys.isEmpty {
            keys = Array(repeating: NameKey(), count: Limits.rememberedNames)
            values = Array(repeating: nil, count: Limits.rememberedNames)
        }
        keys[key.place] = key
        values[key.place] = value
    }

    mutating func forget(_ name: String) {
        var name = name
        let key = name.withUTF8 { NameKey($0) }
        if !keys.isEmpty, keys[key.place] == key { values[key.place] = nil }
    }
}

/// A name's length, its beginning and its end: all of a name of up to sixteen bytes.
private struct NameKey: Equatable, Sendable {
    private var count = 0
    private var head: UInt64 = 0
    private var tail: UInt64 = 0

    /// The key of no name.
    init() {}

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        count = bytes.count
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return }
        if count >= 8 {
            head = base.loadUnaligned(as: UInt64.self)
            tail = base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        } else if count >= 4 {
            head = UInt64(base.loadUnaligned(as: UInt32.self))
            tail = UInt64(base.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
        } else if count > 0 {
            head = UInt64(bytes[0]) << 16 | UInt64(bytes[count / 2]) << 8 | UInt64(bytes[count &- 1])
        }
    }

    /// Whether no byte is missing.
    var isWhole: Bool { count <= 2 * MemoryLayout<UInt64>.size }

    /// The upper bits of a product depend on all bits of its factors (Fibonacci hashing).
    var place: Int {
        let mixed = (head ^ (tail << 23 | tail >> 41) &+ UInt64(truncatingIfNeeded: count)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 40) & (Limits.rememberedNames &- 1)
    }
}

extension String {
    /// Whether a name of these bytes has this text. A backslash may have been written for another byte.
    var isPlain: Bool { isPlainASCII || !utf8.contains(UInt8(ascii: "\\")) }
}
