/// The bytes that a search compares at once.
let searchStep = SIMD16<UInt8>.scalarCount

/// The first index of `byte` in `from..<end`; nil if there is none. Compares sixteen bytes at a time: half of what a
/// stream costs is to find the ends of its lines.
@inline(__always)
func firstIndex(of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from: Int, to end: Int) -> Int? {
    guard let base = UnsafeRawPointer(bytes.baseAddress) else { return nil }
    let pattern = SIMD16(repeating: byte)
    var index = from
    while index &+ searchStep <= end {
        // A byte of `pattern` is found where a byte of these has all its bits.
        let equal = base.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self) .== pattern
        // Both have 128 bits, and every pattern of bits is a number.
        let halves = unsafeBitCast(equal, to: SIMD2<UInt64>.self)
        if halves[0] != 0 { return index &+ halves[0].littleEndian.trailingZeroBitCount / 8 }
        if halves[1] != 0 { return index &+ 8 &+ halves[1].littleEndian.trailingZeroBitCount / 8 }
        index &+= searchStep
    }
    while index < end {
        if bytes[index] == byte { return index }
        index &+= 1
    }
    return nil
}

/// Whether the bytes from `start` are the name; ASCII letters compare without regard to case.
@inlinable @inline(__always)
func equalIgnoringCase(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ length: Int, _ name: StaticString) -> Bool {
    guard length == name.utf8CodeUnitCount else { return false }
    let other = name.utf8Start
    var offset = 0
    // Nearly always even the case is the same: eight bytes at a time, and the rest one by one.
    while offset &+ 8 <= length, word(bytes.baseAddress! + start, offset) == word(other, offset) { offset &+= 8 }
    while offset < length {
        guard isEqualIgnoringCase(bytes[start &+ offset], other[offset]) else { return false }
        offset &+= 1
    }
    return true
}

/// Eight bytes as one number.
@inlinable @inline(__always)
func word(_ bytes: UnsafePointer<UInt8>, _ offset: Int) -> UInt64 {
    UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
}

@inlinable @inline(__always)
func isEqualIgnoringCase(_ left: UInt8, _ right: UInt8) -> Bool {
    // Equal except for bit 5, and a letter: the same letter in the other case.
    left == right || (left ^ right == 0x20 && (left | 0x20) >= 97 && (left | 0x20) <= 122)
}
