/// Names as text: any bytes can be a name, and the text can be shown, stored and looked up again.
extension String {
    /// The text of a name that a switch sent. A byte that is not UTF-8 becomes `\xe0`, so that two names which differ
    /// in it remain two. A backslash that would read as the beginning of such an escape is escaped itself (`\x5c`). A
    /// name of more than ``longestName`` bytes is visibly shortened and ends in a digest of all its bytes. All other
    /// names are unchanged.
    public init(name bytes: ArraySlice<UInt8>) {
        if bytes.count > String.longestName {
            self = String(name: bytes.prefix(String.keptOfName)) + "…" + String.digest(of: bytes)
            return
        }
        // Nearly all names; to validate one costs as much as to read it.
        if bytes.withUnsafeBufferPointer({ $0.isPlainASCII }) {
            self.init(decoding: bytes, as: UTF8.self)
            return
        }
        if let text = String(validating: bytes, as: UTF8.self),
            !bytes.contains(UInt8(ascii: "\\")) || !text.hasByteEscapes
        {
            self = text
            return
        }
        var text = ""
        var rest = bytes
        while let byte = rest.first {
            let length =
                byte == UInt8(ascii: "\\") ? (String.byteEscape(in: rest) == nil ? 1 : 0) : rest.characterLength
            if length > 0 {
                text += String(decoding: rest.prefix(length), as: UTF8.self)
                rest = rest.dropFirst(length)
            } else {
                text += String.escape(byte)
                rest = rest.dropFirst()
            }
        }
        self = text
    }

    /// No switch has names near this length (Asterisk's longest, an interface, has 255 bytes). A stranger sends lines
    /// of 64 kB, and each name is stored, compared and shown hundreds of times.
    public static let longestName = 256
    private static let keptOfName = 120

    /// A text that is shown and compared but has no escapes; no longer than a name.
    public init(boundedText bytes: ArraySlice<UInt8>) {
        if bytes.count <= String.longestName {
            self.init(decoding: bytes, as: UTF8.self)
        } else {
            self = String(decoding: bytes.prefix(String.keptOfName), as: UTF8.self) + "…" + String.digest(of: bytes)
        }
    }

    /// FNV-1a, 64 bits, in hexadecimal digits: two long names with the same beginning remain two. A forged collision
    /// would harm only the forger.
    private static func digest(of bytes: ArraySlice<UInt8>) -> String {
        let digest = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let digits = String(digest, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// A name as a person wrote it, with any byte perhaps written as an escape.
    public init(writtenName text: String) {
        guard text.utf8.contains(UInt8(ascii: "\\")) else {
            self = text
            return
        }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            let escaped = String.byteEscape(in: rest)
            bytes.append(escaped ?? byte)
            rest = rest.dropFirst(escaped == nil ? 1 : 4)
        }
        self.init(name: bytes[...])
    }

    /// Whether the bytes are the same: Swift's `==` treats composed and decomposed letters as equal.
    @inlinable public func isIdentical(to other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return withBytes { bytes in other.withBytes { bytes.isEqual(to: $0) { $0 } } }
    }

    /// Whether the text's UTF-8 is these bytes.
    @inlinable public func isIdentical(to bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        utf8.count == bytes.count && withBytes { $0.isEqual(to: bytes) { $0 } }
    }

    /// Whether all of it is ASCII without a backslash.
    public var isPlainASCII: Bool { withBytes { $0.isPlainASCII } }

    /// Native Swift strings have contiguous UTF-8.
    @inlinable func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        var copy = self
        return copy.withUTF8(body)
    }

    @inlinable func hashBytes(into hasher: inout Hasher) {
        withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }

    /// The name with every byte beyond ASCII escaped, so that distinct names look distinct everywhere.
    public var nameInASCII: String {
        utf8.allSatisfy { $0 < 0x80 }
            ? self : utf8.reduce(into: "") { $0 += $1 < 0x80 ? String(Unicode.Scalar($1)) : String.escape($1) }
    }

    /// The text as a key of a JSON object. A leading backslash means that it is percent-encoded.
    var nameAsKey: String {
        if utf8.allSatisfy({ $0 < 0x80 }), utf8.first != UInt8(ascii: "\\") { return self }
        return utf8.reduce(into: "\\") {
            $0 +=
                $1 >= 0x80 || $1 == UInt8(ascii: "%")
                ? "%" + String($1 >> 4, radix: 16) + String($1 & 15, radix: 16) : String(Unicode.Scalar($1))
        }
    }

    init(nameOfKey key: String) {
        guard key.utf8.first == UInt8(ascii: "\\") else {
            self = key
            return
        }
        var bytes: [UInt8] = []
        var rest = key.utf8.dropFirst()
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let high = rest.popFirst(), let low = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            bytes.append((high.hexDigit ?? 0) << 4 | (low.hexDigit ?? 0))
        }
        self = String(decoding: bytes, as: UTF8.self)
    }

    private static func escape(_ byte: UInt8) -> String {
        "\\x" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }

    private var hasByteEscapes: Bool {
        var rest = Array(utf8)[...]
        while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
            rest = rest[backslash...]
            if String.byteEscape(in: rest) != nil { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    /// The byte for which an escape like `\xe0` at the beginning stands: a byte beyond ASCII, or a backslash. `X` is
    /// accepted, too, since queue names are not case-sensitive.
    private static func byteEscape(in bytes: ArraySlice<UInt8>) -> UInt8? {
        let start = bytes.startIndex
        guard bytes.count >= 4, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1].lowered == UInt8(ascii: "x"),
            let high = bytes[start + 2].hexDigit, let low = bytes[start + 3].hexDigit
        else { return nil }
        let byte = high << 4 | low
        return byte >= 0x80 || byte == UInt8(ascii: "\\") ? byte : nil
    }
}

extension UInt8 {
    /// Lowers ASCII letters and no others, as Asterisk's `strcasecmp` does in its C locale.
    @inlinable public var lowered: UInt8 { self >= 65 && self <= 90 ? self | 0x20 : self }

    fileprivate var hexDigit: UInt8? {
        switch self {
        case 48...57: self - 48
        case 65...70: self - 55
        case 97...102: self - 87
        default: nil
        }
    }
}

extension ArraySlice<UInt8> {
    /// The length in bytes of the well-formed UTF-8 character at the beginning; 0 if there is none.
    fileprivate var characterLength: Int {
        guard let first else { return 0 }
        let length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
        return length > 0 && String(validating: prefix(length), as: UTF8.self) != nil ? Swift.min(length, count) : 0
    }
}
