/// Splits JSON that we wrote ourselves: one encoding serves many readers, each of whom gets some of its members. No
/// value is parsed and written again, so a number looks the same to all. Anything that ``JSON/encode(_:)`` would not
/// write gives nothing.
extension JSON {
    /// The members of an object, in order. Names must have no escapes, as ours have none.
    public static func members(of object: ArraySlice<UInt8>) -> [(name: String, value: ArraySlice<UInt8>)] {
        guard object.first == UInt8(ascii: "{"), object.last == UInt8(ascii: "}") else { return [] }
        return parts(of: object).compactMap { part in
            guard part.first == UInt8(ascii: "\""), let end = part.dropFirst().firstIndex(of: UInt8(ascii: "\"")),
                part.index(after: end) < part.endIndex, part[part.index(after: end)] == UInt8(ascii: ":")
            else { return nil }
            return (String(decoding: part[part.index(after: part.startIndex)..<end], as: UTF8.self), part[(end + 2)...])
        }
    }

    /// The elements of an array, in order.
    public static func elements(of array: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        guard array.first == UInt8(ascii: "["), array.last == UInt8(ascii: "]") else { return [] }
        return parts(of: array)
    }

    /// Builds an object of members that are already written.
    public static func object(_ members: [(name: String, value: ArraySlice<UInt8>)]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(members.reduce(2) { $0 + $1.name.utf8.count + $1.value.count + 4 })
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            bytes += member.name.utf8
            bytes.append(UInt8(ascii: "\""))
            bytes.append(UInt8(ascii: ":"))
            bytes += member.value
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Builds an array of elements that are already written.
    public static func array(_ elements: [ArraySlice<UInt8>]) -> [UInt8] {
        [UInt8(ascii: "[")] + elements.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }

    /// The parts between the commas of the outermost level.
    private static func parts(of container: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = container.startIndex + 1
        let end = container.endIndex - 1
        guard start < end else { return [] }
        var depth = 0
        var isInString = false
        var index = start
        while index < end {
            let byte = container[index]
            if isInString {
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isInString = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                case UInt8(ascii: ",") where depth == 0:
                    parts.append(container[start..<index])
                    start = index + 1
                default: break
                }
            }
            index += 1
        }
        parts.append(container[start..<end])
        return parts
    }
}
