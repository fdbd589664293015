import Testing

@testable import Wire

/// The type keeps memory of its own: each operation is tried at the borders of that memory.
@Suite("Bytes that grow in memory of their own")
struct GrowingBytesTests {
    @Test("hold what was appended, however often they had to grow")
    func growth() {
        var bytes = GrowingBytes(capacity: 0)
        var expected: [UInt8] = []
        #expect(bytes.array == [])
        for length in 0..<70 {
            let text = String(repeating: "é", count: length)
            bytes.append(text)
            expected += text.utf8
            bytes.append(UInt8(length))
            expected.append(UInt8(length))
            bytes.append(expected)
            expected += expected
            if expected.count > 5_000 {
                bytes.truncate(to: 3)
                expected = Array(expected[..<3])
            }
            #expect(bytes.array == expected)
        }
    }

    @Test("copy, remove and reverse parts of themselves")
    func parts() {
        for length in 0...20 {
            for start in 0...length {
                let part = start..<length
                var bytes = GrowingBytes(capacity: 0)
                var expected = (0..<UInt8(length)).map { $0 }
                bytes.append(expected)
                bytes.append(part)
                expected += expected[part]
                #expect(bytes.array == expected)
                #expect(bytes.array(of: part) == Array(expected[part]))
                bytes.remove(part)
                expected.removeSubrange(part)
                #expect(bytes.array == expected)
                bytes.reverse(from: start)
                expected[start...].reverse()
                #expect(bytes.array == expected)
            }
        }
    }

    @Test("compare parts as their bytes compare, at once for the first eight")
    func comparison() {
        let texts = ["", "a", "b", "aa", "ab", "abcdefg", "abcdefgh", "abcdefghi", "abcdefgi", "z"]
        for left in texts {
            for right in texts {
                var bytes = GrowingBytes(capacity: 0)
                bytes.append(left + right)
                let (first, second) = (0..<left.utf8.count, left.utf8.count..<(left + right).utf8.count)
                #expect(bytes.precedes(first, second) == (left < right))
                if left.prefix(8) != right.prefix(8) {
                    #expect((bytes.prefix(of: first) < bytes.prefix(of: second)) == (left < right))
                }
            }
        }
    }

    @Test("stop the program rather than read, copy or take back what was not written")
    func borders() async {
        await #expect(processExitsWith: .failure) { _ = three[3] }
        await #expect(processExitsWith: .failure) { _ = three.array(of: 0..<4) }
        await #expect(processExitsWith: .failure) { _ = three.prefix(of: 2..<4) }
        await #expect(processExitsWith: .failure) { _ = three.plainness(from: 4) }
        await #expect(processExitsWith: .failure) { _ = three.precedes(0..<1, 3..<4) }
        await #expect(processExitsWith: .failure) {
            var bytes = three
            bytes.append(1..<4)
        }
        await #expect(processExitsWith: .failure) {
            var bytes = three
            bytes.remove(-1..<2)
        }
        await #expect(processExitsWith: .failure) {
            var bytes = three
            bytes.truncate(to: 4)
        }
        await #expect(processExitsWith: .failure) {
            var bytes = three
            bytes.reverse(from: 4)
        }
    }
}

private var three: GrowingBytes {
    var bytes = GrowingBytes(capacity: 3)
    bytes.append("abc")
    return bytes
}
