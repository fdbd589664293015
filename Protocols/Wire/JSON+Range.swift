extension JSON {
    /// Whether no whole number of a document is larger than `limit` in magnitude. What is decoded from a file and
    /// counted up from there would overflow, and an overflow ends the program.
    ///
    /// - Parameters:
    ///   - free: names of members whose numbers, however deep, are not counted with (digests, states of generators).
    ///   - durations: names of members that are a `Duration`, an array whose second number is the low half of one.
    public static func isWithin(
        _ limit: UInt64, _ json: [UInt8], free: Set<String> = [], durations: Set<String> = []
    ) -> Bool {
        var levels: [RangeLevel] = []
        var value = RangeLevel(isArray: false, isFree: false, isDuration: false)
        var expectsName = false
        var index = 0
        while index < json.count {
            let byte = json[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                let start = index
                while index < json.count, json[index] != UInt8(ascii: "\"") {
                    index += json[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                guard index < json.count else { return false }
                if expectsName, let level = levels.last, !level.isArray {
                    let name = String(decoding: json[start..<index], as: UTF8.self)
                    value.isFree = level.isFree || free.contains(name)
                    value.isDuration = durations.contains(name)
                    expectsName = false
                }
                index += 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let outer = levels.last
                let isFree = outer.map { $0.isArray ? $0.isFree : value.isFree } ?? false
                let isDuration = outer.map { !$0.isArray && value.isDuration } ?? false
                let isArray = byte == UInt8(ascii: "[")
                levels.append(RangeLevel(isArray: isArray, isFree: isFree, isDuration: isDuration))
                expectsName = !isArray
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = levels.popLast()
            case UInt8(ascii: ","):
                guard let last = levels.indices.last else { continue }
                levels[last].index += 1
                expectsName = !levels[last].isArray
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let start = byte == UInt8(ascii: "-") ? index : index - 1
                while index < json.count, isOfNumber(json[index]) { index += 1 }
                let isFree = levels.last.map { $0.isArray ? $0.isFree || $0.isDuration && $0.index == 1 : value.isFree }
                if isFree != true, !isWhole(json[start..<index], within: limit) { return false }
            default: break
            }
        }
        return true
    }

    private struct RangeLevel {
        var isArray: Bool
        var isFree: Bool
        var isDuration: Bool
        /// Of the current element.
        var index = 0
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// A number with a fraction or an exponent is no whole one.
    private static func isWhole(_ digits: ArraySlice<UInt8>, within limit: UInt64) -> Bool {
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return true }
        return UInt64(String(decoding: digits, as: UTF8.self)).map { $0 <= limit } ?? false
    }
}
