/// Bytes that are written one after the other.
///
/// `[UInt8]` asks before each append whether somebody else holds the same bytes, and copies a string through several
/// layers: together more than half of what writing JSON costs. So this keeps its own memory. The pointer never leaves
/// this type; each offset from outside is checked, and each write reserves its room first.
struct GrowingBytes: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 16)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// A copy.
    func array(of range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes are read that were not written")
        return Array(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    var array: [UInt8] { array(of: 0..<count) }

    subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "a byte is read that was not written")
        return base[index]
    }

    private mutating func reserve(_ more: Int) {
        guard more > capacity - count else { return }
        grow(more)
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(2 * capacity, count + more)
        let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        new.initialize(from: base, count: count)
        base.deallocate()
        (base, capacity) = (new, larger)
    }

    mutating func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + count).initialize(from: start, count: bytes.count)
        count += bytes.count
    }

    /// Appends a copy of what was written before.
    mutating func append(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes are copied that were not written")
        reserve(range.count)
        (base + count).initialize(from: base + range.lowerBound, count: range.count)
        count += range.count
    }

    mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "bytes are taken back that were not written")
        self.count = count
    }

    /// Takes back what was written from `start` to `end`; what follows moves there.
    mutating func remove(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes are taken back that were not written")
        (base + range.lowerBound).update(from: base + range.upperBound, count: count - range.upperBound)
        count -= range.count
    }

    /// Turns round the order of the last bytes.
    mutating func reverse(from start: Int) {
        precondition(start >= 0 && start <= count, "bytes are reversed that were not written")
        var last = UnsafeMutableBufferPointer(start: base + start, count: count - start)
        last.reverse()
    }

    func precedes(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        precondition(left.lowerBound >= 0 && left.upperBound <= count, "bytes are compared that were not written")
        precondition(right.lowerBound >= 0 && right.upperBound <= count, "bytes are compared that were not written")
        return UnsafeBufferPointer(start: base + left.lowerBound, count: left.count)
            .lexicographicallyPrecedes(UnsafeBufferPointer(start: base + right.lowerBound, count: right.count))
    }

    /// The first eight bytes as one number that has their order; zeros stand for missing ones.
    func prefix(of range: Range<Int>) -> UInt64 {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes are read that were not written")
        guard range.count < 8 else { return UInt64(bigEndian: word(at: range.lowerBound)) }
        return shortWord(range) << UInt64(8 * (8 - range.count))
    }

    /// What the bytes from `start` on contain that JSON cannot have in a string as it is, and whether all are ASCII.
    func plainness(from start: Int) -> (needsEscape: Bool, isASCII: Bool) {
        precondition(start >= 0 && start <= count, "bytes are read that were not written")
        var marks: UInt64
        var all: UInt64
        if count - start < 8 {
            let length = UInt64(count - start)
            // A blank is plain, so the word is filled up with blanks.
            all = shortWord(start..<count) | 0x2020_2020_2020_2020 << (8 * length)
            marks = Self.marks(all)
        } else {
            // The last eight bytes are looked at, whether or not some of them were before.
            all = word(at: count - 8)
            marks = Self.marks(all)
            for index in stride(from: start, to: count - 8, by: 8) {
                let word = word(at: index)
                marks |= Self.marks(word)
                all |= word
            }
        }
        let highest: UInt64 = 0x8080_8080_8080_8080
        return (marks & highest != 0, all & highest == 0)
    }

    /// Eight bytes at once: if one of them needs an escape, the highest bit of at least one is set; otherwise of none.
    @inline(__always)
    private static func marks(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        return ((word &- ones &* 0x20) & ~word) | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
    }

    /// The offset is in range.
    @inline(__always)
    private func word(at index: Int) -> UInt64 { UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self) }

    /// Fewer than eight bytes, the first the highest. The range is that of bytes that were written.
    @inline(__always)
    private func shortWord(_ range: Range<Int>) -> UInt64 {
        var word: UInt64 = 0
        var index = range.lowerBound
        while index < range.upperBound {
            word = word << 8 | UInt64(base[index])
            index &+= 1
        }
        return word
    }
}
