/// The first half of normalisation: from whatever a switch delivers to digits, without knowing any numbering plan.
enum RawNumber: Equatable {
    case withheld, unavailable, invalid
    /// After `+` or `00`.
    case international(String)
    /// Neither: national, internal, short, or E.164 without plus.
    case digits(String)

    private static let withheldWords: Set = ["anonymous", "restricted", "private", "withheld"]
    private static let unavailableWords: Set = ["", "unknown", "<unknown>", "unavailable", "1000000000"]

    init(_ raw: String) {
        guard raw.utf8.count <= Limits.rawBytes else { self = .invalid; return }
        guard let text = Self.subscriber(of: raw) else { self = .invalid; return }
        let word = text.lowercased()
        if Self.withheldWords.contains(word) { self = .withheld; return }
        if Self.unavailableWords.contains(word) || word.utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) { self = .unavailable; return }

        let kept = text.unicodeScalars.filter { !Self.isSeparator($0) }
        let hasPlus = kept.first == "+"
        let digits = String(String.UnicodeScalarView(hasPlus ? kept.dropFirst() : kept[...]))
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { self = .invalid; return }
        if hasPlus {
            self = .international(digits)
        } else if digits.hasPrefix("00") {
            self = .international(String(digits.dropFirst(2)))
        } else {
            self = .digits(digits)
        }
    }

    /// Unwraps `tel:` (RFC 3966) and `sip:` (RFC 3261, 19.1); nil for a broken percent escape.
    private static func subscriber(of raw: String) -> String? {
        var text = trimmed(raw[...])
        if let at = text.firstIndex(of: "@") { text = text[..<at] }
        for scheme in ["tel:", "sip:", "sips:"] where text.prefix(scheme.count).lowercased() == scheme {
            text = text.dropFirst(scheme.count)
            break
        }
        if let semicolon = text.firstIndex(of: ";") { text = text[..<semicolon] }
        guard let decoded = percentDecoded(text) else { return nil }
        return String(trimmed(decoded[...]))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// Once only: `%252B` is not a plus.
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

    /// Blanks of every width, the signs people group digits with, and the dashes that word processors make of a hyphen.
    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "-", ".", "(", ")", "/", "\u{2010}"..."\u{2013}": true
        default: scalar.properties.isWhitespace
        }
    }
}
