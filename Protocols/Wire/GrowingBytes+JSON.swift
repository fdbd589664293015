/// The forms of strings and numbers in JSON, as Foundation's encoder writes them.
extension GrowingBytes {
    mutating func write(string: String) { _ = write(quoting: string) }

    /// Returns whether the string is ASCII without escapes.
    @discardableResult
    mutating func write(quoting string: String) -> Bool {
        append(UInt8(ascii: "\""))
        let start = count
        append(string)
        let (needsEscape, isASCII) = plainness(from: start)
        if needsEscape {
            truncate(to: start)
            for byte in string.utf8 { write(escaping: byte) }
        }
        append(UInt8(ascii: "\""))
        return isASCII && !needsEscape
    }

    private mutating func write(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        case 0..<0x10: append(("\\u000" + String(byte, radix: 16)))
        case 0x10..<0x20: append(("\\u00" + String(byte, radix: 16)))
        default: append(byte)
        }
    }

    @inline(__always)
    mutating func write(number: some FixedWidthInteger) {
        if let small = Int(exactly: number) { write(small) } else { append(number.description) }
    }

    private mutating func write(_ number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        let start = count
        var rest = number.magnitude
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        reverse(from: start)
    }

    mutating func write(fraction: some BinaryFloatingPoint & LosslessStringConvertible) {
        guard fraction.isFinite else {
            return write(string: fraction.isNaN ? "nan" : fraction < 0 ? "-inf" : "inf")
        }
        append(fraction.description)
        // A description has two characters at least before a fraction of 0, which is not written.
        if self[count - 1] == UInt8(ascii: "0"), self[count - 2] == UInt8(ascii: ".") {
            truncate(to: count - 2)
        }
    }
}
