/// The part of a number's text that names the subscriber, in plain characters.
///
/// Numbering and the figures both read numbers as switches write them, and must agree on what belongs to a number.
public struct SubscriberText: Hashable, Sendable {
    public var text: String

    /// Unwraps `tel:` (RFC 3966) and `sip:` (RFC 3261, 19.1): no scheme, no host, no parameters. nil for a broken
    /// percent escape.
    public init?(_ raw: String) {
        // Nearly every number: nothing to unwrap, nothing to replace.
        let blank = UInt8(ascii: " ")
        if raw.isGroupedNumber, raw.utf8.first != blank, raw.utf8.last != blank {
            text = raw
            return
        }
        let plain = String(String.UnicodeScalarView(raw.unicodeScalars.lazy.filter { !$0.isInvisible }.map(Self.plain)))
        var text = Self.trimmed(plain[...])
        if let at = text.firstIndex(of: "@") { text = text[..<at] }
        for scheme in ["tel:", "sip:", "sips:"] where text.prefix(scheme.count).lowercased() == scheme {
            text = text.dropFirst(scheme.count)
            break
        }
        if let semicolon = text.firstIndex(of: ";") { text = text[..<semicolon] }
        guard let decoded = Self.percentDecoded(text) else { return nil }
        let subscriber = Self.trimmed(decoded[...])
        // A caller who dials one of these before a number withholds the own number; what follows is the number called.
        let code = ["#31#", "*31#", "*67#", "*67"].first { subscriber.hasPrefix($0) } ?? ""
        self.text = String(Self.trimmed(subscriber.dropFirst(code.count)))
    }

    /// Word processors turn hyphens into dashes and minus signs, and East Asian keyboards write full-width characters.
    /// Both become the plain characters.
    private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x2010...0x2015, 0x2043, 0x2212, 0xFE58, 0xFE63: "-"
        case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
        default: scalar
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// Decodes once only: `%252B` is not a plus.
    private static func percentDecoded(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else { bytes.append(byte); continue }
            guard let high = rest.popFirst().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }),
                let low = rest.popFirst().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue })
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
