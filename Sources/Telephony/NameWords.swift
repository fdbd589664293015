/// A name's bytes in words of eight, for what is done with a name at every event: to compare it and to hash it.
///
/// A dictionary by Swift's own hash of a text costs some 300 instructions at each access, and an event makes a dozen of
/// them. This hash costs some 40. It multiplies and folds words as wyhash does (Wang Yi 2019), with a key that is drawn
/// at random for each run: a stranger who chooses names cannot choose where they lie.
extension UnsafeBufferPointer<UInt8> {
    // The unaligned loads stay within the buffer: of a word, where eight bytes are left or the whole is longer than
    // eight; otherwise byte by byte.

    /// Hands over all bytes, the last word overlapping the one before; shorter names are filled with zeros.
    @inlinable func forEachWord(_ body: (UInt64) -> Void) {
        let bytes = UnsafeRawBufferPointer(self)
        guard count >= 8 else {
            var word: UInt64 = 0
            for byte in self { word = word << 8 | UInt64(byte) }
            return body(word)
        }
        var offset = 0
        while offset + 8 < count {
            body(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        body(bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
    }

    /// Whether the bytes are those of another buffer of the same length, each word changed by `form` before.
    @inlinable func isEqual(to other: Self, _ form: (UInt64) -> UInt64) -> Bool {
        let (left, right) = (UnsafeRawBufferPointer(self), UnsafeRawBufferPointer(other))
        guard count >= 8 else {
            var (one, two): (UInt64, UInt64) = (0, 0)
            for index in indices { (one, two) = (one << 8 | UInt64(self[index]), two << 8 | UInt64(other[index])) }
            return form(one) == form(two)
        }
        var offset = 0
        while offset + 8 < count {
            let one = left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let two = right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard form(one) == form(two) else { return false }
            offset += 8
        }
        return form(left.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
            == form(right.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
    }

    /// Whether all bytes are ASCII, and none is a backslash: then a name's text is the bytes themselves.
    @inlinable public var isPlainASCII: Bool {
        var found: UInt64 = 0
        forEachWord { word in
            // A byte of `other` is zero where there is a backslash; then the subtraction borrows into its highest bit.
            let other = word ^ 0x5C5C_5C5C_5C5C_5C5C
            found |= word | ((other &- 0x0101_0101_0101_0101) & ~other)
        }
        return found & 0x8080_8080_8080_8080 == 0
    }
}

extension UInt64 {
    /// Eight bytes with their ASCII letters lowered, and no others (``Swift/UInt8/lowered``).
    @inlinable var loweredBytes: UInt64 {
        let sevenBits = self & 0x7F7F_7F7F_7F7F_7F7F
        // The highest bit of each byte: it is at least “A”, and it is beyond “Z”.
        let fromA = sevenBits &+ 0x3F3F_3F3F_3F3F_3F3F
        let beyondZ = sevenBits &+ 0x2525_2525_2525_2525
        let isLetter = fromA & ~beyondZ & ~self & 0x8080_8080_8080_8080
        return self | isLetter >> 2
    }
}

/// The hash of a name.
@usableFromInline struct NameHash {
    /// Drawn for this run.
    @usableFromInline static let key: (UInt64, UInt64) = {
        var (one, two) = (Hasher(), Hasher())
        one.combine(1)
        two.combine(2)
        return (UInt64(truncatingIfNeeded: one.finalize()) | 1, UInt64(truncatingIfNeeded: two.finalize()) | 1)
    }()

    @usableFromInline var state: UInt64
    @usableFromInline let factor: UInt64

    @inlinable init(seed: Int, count: Int) {
        let key = Self.key
        state = key.0 ^ UInt64(truncatingIfNeeded: seed) ^ UInt64(truncatingIfNeeded: count) << 32
        factor = key.1
    }

    @inlinable mutating func combine(_ word: UInt64) {
        let product = (state ^ word).multipliedFullWidth(by: factor)
        state = (product.high ^ product.low) &+ 0x9E37_79B9_7F4A_7C15
    }

    @inlinable var value: Int {
        let product = state.multipliedFullWidth(by: factor)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }
}

extension String {
    @inlinable func nameHash(seed: Int, _ form: (UInt64) -> UInt64) -> Int {
        withBytes { bytes in
            var hash = NameHash(seed: seed, count: bytes.count)
            bytes.forEachWord { hash.combine(form($0)) }
            return hash.value
        }
    }
}
