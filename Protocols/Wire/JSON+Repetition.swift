import Foundation

/// RFC 8259 §4 leaves open which of two members of one name counts. Who signs, logs or checks a message and who acts on it may then see two messages, so
/// what comes from outside is refused for it.
extension JSON {
    /// A member that stands twice in one object, with those around it: `data.callId`. nil: there is none. What is not JSON gives nil or any name: it is to be
    /// read as well.
    public static func repeatedMember(in bytes: [UInt8]) -> String? {
        /// An object or an array that is open.
        struct Level {
            /// Of an object, what stood in it so far.
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
            case UInt8(ascii: ","): if let last = levels.indices.last { levels[last].expectsName = levels[last].names != nil }
            case UInt8(ascii: "\""):
                let start = index
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
                let end = min(index, bytes.count)
                index += 1
                guard let last = levels.indices.last, levels[last].expectsName else { continue }
                let name = text(bytes[start..<end])
                levels[last].expectsName = false
                levels[last].name = name
                guard levels[last].names?.insert(name).inserted == false else { continue }
                return levels.compactMap { $0.name.map { String($0.prefix(40)) } }.suffix(4).joined(separator: ".")
            default: break
            }
        }
        return nil
    }

    /// Of a string between its quotation marks: `\u0061` is `a`, and both are one name.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let quote = [UInt8(ascii: "\"")]
        let text = String(decoding: bytes, as: UTF8.self)
        return bytes.contains(UInt8(ascii: "\\")) ? decode(String.self, from: quote + bytes + quote) ?? text : text
    }
}
