/// The target of a request line (RFC 9112 §3.2), decoded once. An ambiguous target is refused and not guessed: two
/// readers that differ about a path let a peer bypass a filter in front of us.
struct RequestTarget: Equatable {
    var path: String
    var query: Query

    /// - Parameter authority: the `Host` field; an absolute-form target must name the same.
    /// - Returns: nil if the target is none of origin-form, absolute-form and `*`, or contains forbidden bytes.
    init?(_ text: String, method: String, authority: String?) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { return nil }
        if text == "*" {
            guard method == "OPTIONS" else { return nil }
            (path, query) = ("*", Query())
            return
        }
        var rest = Substring(text)
        if let scheme = ["http://", "https://"].first(where: { rest.prefix($0.count).equalsIgnoringCase($0) }) {
            rest = rest.dropFirst(scheme.count)
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            guard let authority, rest[..<end].equalsIgnoringCase(authority) else { return nil }
            rest = rest[end...]
            if rest.first != "/" { rest = "/" + rest }
        }
        guard rest.first == "/" else { return nil }
        let mark = rest.firstIndex(of: "?") ?? rest.endIndex
        guard let path = Self.decoded(rest[..<mark], plusIsBlank: false) else { return nil }
        var items: [Query.Item] = []
        for part in rest[mark...].dropFirst().split(separator: "&") {
            let equals = part.firstIndex(of: "=") ?? part.endIndex
            guard let name = Self.decoded(part[..<equals], plusIsBlank: true),
                let value = Self.decoded(part[equals...].dropFirst(), plusIsBlank: true)
            else { return nil }
            items.append(Query.Item(name, value))
        }
        self.path = path
        query = Query(items)
    }

    /// nil for a `%` without two hex digits, for a result that is not UTF-8, and for encoded control characters.
    private static func decoded(_ text: Substring, plusIsBlank: Bool) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexDigitValue, let low = rest.popFirst()?.hexDigitValue else {
                    return nil
                }
                let value = high << 4 | low
                guard value >= 0x20, value != 0x7F else { return nil }
                bytes.append(value)
            case UInt8(ascii: "+") where plusIsBlank: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
