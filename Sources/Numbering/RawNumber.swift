import Telephony

/// The first half of normalisation: from whatever a switch delivers to digits, without knowing any numbering plan.
enum RawNumber: Equatable {
    case withheld, unavailable, invalid
    /// After `+` or `00`.
    case international(String)
    /// Neither: national, internal, short, or E.164 without plus.
    case digits(String)

    init(_ raw: String) {
        guard raw.utf8.count <= Limits.rawBytes else { self = .invalid; return }
        guard let text = Self.subscriber(of: raw) else { self = .invalid; return }
        switch PlaceholderNumber(text) {
        case .withheld: self = .withheld; return
        case .unavailable: self = .unavailable; return
        case nil: break
        }
        let kept = text.unicodeScalars.filter { !Self.isSeparator($0) }
        let hasPlus = kept.first == "+"
        let digits = String(String.UnicodeScalarView(hasPlus ? kept.dropFirst() : kept[...]))
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), !Self.hasMoreThanOneNumber(text) else {
            self = .invalid
            return
        }
        if hasPlus {
            self = .international(digits)
        } else if digits.hasPrefix("00") {
            self = .international(String(digits.dropFirst(2)))
        } else {
            self = .digits(digits)
        }
    }

    /// Whether something stands behind the number that does not belong to it: a second number, an extension (`06/12345678/9`), the last digits of
    /// a range (`06 12345678-79`), the decimals of a spreadsheet (`390612345678.0`). Glued on, they would make another subscriber's number.
    private static func hasMoreThanOneNumber(_ text: String) -> Bool {
        // Digits, each group with the signs before it.
        var groups: [(signs: String, digits: String)] = []
        var signs = ""
        var isInGroup = false
        for scalar in text.unicodeScalars {
            if (48...57).contains(scalar.value) {
                if !isInGroup { groups.append((signs, "")) }
                groups[groups.count - 1].digits.unicodeScalars.append(scalar)
                (isInGroup, signs) = (true, "")
            } else {
                signs.unicodeScalars.append(scalar)
                isInGroup = false
            }
        }
        guard let last = groups.last, groups.count > 1 else { return false }
        var before = ""
        for (index, group) in groups.enumerated() {
            defer { before += group.digits }
            if index == 0 { continue }
            let national = nationalLength(before, hasPlus: groups[0].signs.contains("+"))
            // One cell, two lines.
            if group.signs.unicodeScalars.contains(where: { $0.properties.isWhitespace && $0.value < 32 && $0 != "\t" }) { return true }
            // A slash stands behind the district, nowhere else.
            if group.signs.contains("/"), national > 4 { return true }
            // Behind a whole number.
            if national >= 10 || national >= 9 && !group.signs.allSatisfy(\.isWhitespace) { return true }
            // Two that could each be a number.
            if groups[index - 1].digits.utf8.count >= 5, group.digits.utf8.count >= 5, national >= 6, group.digits.hasPrefix("0") {
                return true
            }
        }
        // One digit alone is never the end of a number; two may be, where what stands before them is no number of its own (a mobile has nine or ten).
        if last.digits.utf8.count == 1 { return true }
        let isMobile = before.hasPrefix("3") && !before.hasPrefix("390") && groups[0].signs.isEmpty
        return last.digits.utf8.count == 2 && groups[groups.count - 2].digits.utf8.count >= 5 && !(isMobile && before.utf8.count < 11)
    }

    /// How many digits there are without the code of the country; that of a foreign one counts for three.
    private static func nationalLength(_ digits: String, hasPlus: Bool) -> Int {
        let length = digits.utf8.count
        if hasPlus { return max(0, length - (digits.hasPrefix("39") ? 2 : 4)) }
        if digits.hasPrefix("00") { return max(0, length - (digits.hasPrefix("0039") ? 4 : 6)) }
        return digits.hasPrefix("390") ? length - 2 : length
    }

    /// Unwraps `tel:` (RFC 3966) and `sip:` (RFC 3261, 19.1); nil for a broken percent escape.
    private static func subscriber(of raw: String) -> String? {
        let visible = String(String.UnicodeScalarView(raw.unicodeScalars.filter { !$0.isInvisible }))
        var text = trimmed(visible[...])
        if let at = text.firstIndex(of: "@") { text = text[..<at] }
        for scheme in ["tel:", "sip:", "sips:"] where text.prefix(scheme.count).lowercased() == scheme {
            text = text.dropFirst(scheme.count)
            break
        }
        if let semicolon = text.firstIndex(of: ";") { text = text[..<semicolon] }
        guard let decoded = percentDecoded(text) else { return nil }
        let subscriber = trimmed(decoded[...])
        // Whoever dials these before a number withholds their own; the number that follows is the one called.
        let code = ["#31#", "*31#", "*67#", "*67"].first { subscriber.hasPrefix($0) } ?? ""
        return String(trimmed(subscriber.dropFirst(code.count)))
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
