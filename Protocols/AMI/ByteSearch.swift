/// The bytes that a search compares at once.
let searchStep = SIMD16<UInt8>.scalarCount

/// The first index of `byte` in `from..<end`; nil if there is none. Compares sixteen bytes at a time: half of what a
/// stream costs is to find the ends of its lines.
@inline(__always)
func firstIndex(of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from: Int, to end: Int) -> Int? {
    firstIndex(of: byte, or: byte, in: bytes, from: from, to: end)
}

/// The first index of one of the two.
@inline(__always)
func firstIndex(
    of byte: UInt8, or other: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from: Int, to end: Int
) -> Int? {
    guard let base = UnsafeRawPointer(bytes.baseAddress) else { return nil }
    var index = from
    while index &+ searchStep <= end {
        let block = base.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
        let found = bits(of: block, equalTo: SIMD16(repeating: byte))
        let alsoFound = bits(of: block, equalTo: SIMD16(repeating: other))
        let (first, second) = (found[0] | alsoFound[0], found[1] | alsoFound[1])
        if first != 0 { return index &+ first.littleEndian.trailingZeroBitCount / 8 }
        if second != 0 { return index &+ 8 &+ second.littleEndian.trailingZeroBitCount / 8 }
        index &+= searchStep
    }
    while index < end {
        if bytes[index] == byte || bytes[index] == other { return index }
        index &+= 1
    }
    return nil
}

/// All bits of those bytes that are equal. Both types have 128 bits, and every pattern of bits is a number.
@inline(__always)
private func bits(of bytes: SIMD16<UInt8>, equalTo pattern: SIMD16<UInt8>) -> SIMD2<UInt64> {
    // In a longer expression the compiler chooses a comparison that is not one instruction.
    let equal = bytes .== pattern
    return unsafeBitCast(equal, to: SIMD2<UInt64>.self)
}

/// Whether the bytes from `start` are the name; ASCII letters compare without regard to case.
@inlinable @inline(__always)
func equalIgnoringCase(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ length: Int, _ name: StaticString) -> Bool {
    guard length == name.utf8CodeUnitCount else { return false }
    let (one, other) = (UnsafeRawPointer(bytes.baseAddress! + start), UnsafeRawPointer(name.utf8Start))
    let difference = difference(one, other, length)
    // Nearly always even the case is the same; and where more than the case differs, nothing else need be compared.
    if difference == 0 { return true }
    return difference & ~0x2020_2020_2020_2020 == 0 && areEqualIgnoringCase(one, other, length)
}

/// The bits in which the bytes differ, those of all words ORed. The last word overlaps the one before.
@inlinable @inline(__always)
func difference(_ one: UnsafeRawPointer, _ other: UnsafeRawPointer, _ length: Int) -> UInt64 {
    func difference<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(_: Word.Type, _ offset: Int) -> UInt64
    {
        UInt64(
            one.loadUnaligned(fromByteOffset: offset, as: Word.self)
                ^ other.loadUnaligned(fromByteOffset: offset, as: Word.self))
    }
    var found: UInt64 = 0
    if length >= 8 {
        var offset = 0
        while offset &+ 8 < length {
            found |= difference(UInt64.self, offset)
            offset &+= 8
        }
        return found | difference(UInt64.self, length &- 8)
    }
    if length >= 4 { return difference(UInt32.self, 0) | difference(UInt32.self, length &- 4) }
    var offset = 0
    while offset < length {
        found |= difference(UInt8.self, offset)
        offset &+= 1
    }
    return found
}

@usableFromInline @inline(never)
func areEqualIgnoringCase(_ one: UnsafeRawPointer, _ other: UnsafeRawPointer, _ length: Int) -> Bool {
    (0..<length).allSatisfy {
        isEqualIgnoringCase(
            one.load(fromByteOffset: $0, as: UInt8.self), other.load(fromByteOffset: $0, as: UInt8.self))
    }
}

@inlinable @inline(__always)
func isEqualIgnoringCase(_ left: UInt8, _ right: UInt8) -> Bool {
    // Equal except for bit 5, and a letter: the same letter in the other case.
    left == right || (left ^ right == 0x20 && (left | 0x20) >= 97 && (left | 0x20) <= 122)
}
