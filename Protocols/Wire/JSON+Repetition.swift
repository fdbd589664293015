import Foundation

/// RFC 8259 §4 leaves open which of two members of one name counts. A program that signs, logs or checks a message and
/// a program that acts on it could then see two different messages. So input with a repeated member is refused.
extension JSON {
    /// The path of a member that occurs twice in one object, e.g. `data.callId`; nil if there is none. Input that is
    /// not JSON gives nil or any name, so it must be parsed as well.
    public static func repeatedMember(in bytes: [UInt8]) -> String? {
        /// An object or an array that is open.
        struct Level {
            /// The names seen so far in an object; nil for an array.
            var names: Set<String>?
            /// The member that is being read.
            var name: String?
            var expectsName: Bool
        }
        var levels: [Level] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "{"): levels.append(Level(names: [], expectsName: true))
            case UInt8(ascii: "["): levels.append(Level(names: nil, expectsName: false))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = levels.popLast()
            case UInt8(ascii: ","):
                if let last = levels.indices.last { levels[last].expectsName = levels[last].names != nil }
            case UInt8(ascii: "\""):
                let start = index
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                let end = min(index, bytes.count)
                index += 1
                guard let last = levels.indices.last, levels[last].expectsName else { continue }
                let name = text(bytes[start..<end])
                levels[last].expectsName = false
                levels[last].name = name
                guard levels[last].names?.insert(name).inserted == false else { continue }
                return levels.compactMap { $0.name.map { String($0.prefix(Limits.quotedCharacters)) } }.suffix(
                    Limits.quotedLevels
                ).joined(separator: ".")
            default: break
            }
        }
        return nil
    }

    /// The text of a string between its quotation marks: `\u0061` becomes `a`, so that both spellings are one name. An
    /// invalid escape (RFC 8259 §7) and half of a surrogate pair remain as written: no reader could take them for
    /// another name.
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            if let scalar = escapedScalar(&rest) { text += Array(String(scalar).utf8) } else { text.append(byte) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The scalar of an escape whose backslash has been read. nil: it is not an escape, and nothing more is consumed.
    private static func escapedScalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        let before = rest
        switch rest.popFirst() {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case let byte? where byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "/"):
            return Unicode.Scalar(byte)
        case UInt8(ascii: "u"):
            if let unit = codeUnit(&rest) {
                if let scalar = Unicode.Scalar(unit) { return scalar }
                let isPair = UTF16.isLeadSurrogate(unit) && rest.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
                rest = isPair ? rest.dropFirst(2) : rest
                if isPair, let trail = codeUnit(&rest), UTF16.isTrailSurrogate(trail) {
                    return Unicode.Scalar(0x10000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(trail) & 0x3FF)
                }
            }
        default: break
        }
        rest = before
        return nil
    }

    private static func codeUnit(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
        let digits = rest.prefix(4)
        // `UInt16` accepts a sign, so digits are checked first.
        guard digits.count == 4, digits.allSatisfy({ $0 > UInt8(ascii: "/") }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return nil }
        rest = rest.dropFirst(4)
        return unit
    }
}
