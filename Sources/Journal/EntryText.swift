extension [UInt8] {
    /// Appends an entry as it stands in a block.
    mutating func append(
        _ kind: Journal.Kind, _ connection: UInt64, _ uptime: Int64, _ date: Int64, _ bytes: [UInt8]
    ) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Journal.Limits.headBytes) { head in
            head[0] = UInt8(ascii: "@")
            head[1] = UInt8(ascii: " ")
            head[2] = kind.letter
            var end = 3
            Self.print(connection, isNegative: false, to: head, at: &end)
            Self.print(uptime.magnitude, isNegative: uptime < 0, to: head, at: &end)
            Self.print(date.magnitude, isNegative: date < 0, to: head, at: &end)
            Self.print(UInt64(bytes.count), isNegative: false, to: head, at: &end)
            head[end] = UInt8(ascii: "\n")
            append(contentsOf: UnsafeBufferPointer(rebasing: head[...end]))
        }
        append(contentsOf: bytes)
        append(UInt8(ascii: "\n"))
    }

    /// Prints a space and a number in decimal. (`String(_:)` would be most of the cost of an entry.)
    private static func print(
        _ magnitude: UInt64, isNegative: Bool, to head: UnsafeMutableBufferPointer<UInt8>, at end: inout Int
    ) {
        head[end] = UInt8(ascii: " ")
        end += 1
        if isNegative {
            head[end] = UInt8(ascii: "-")
            end += 1
        }
        let first = end
        var rest = magnitude
        repeat {
            head[end] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            end += 1
        } while rest > 0
        head[first..<end].reverse()
    }
}
