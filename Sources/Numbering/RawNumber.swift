import Telephony

/// The first half of normalisation: from a switch's text to digits, without any numbering plan.
enum RawNumber: Equatable {
    case withheld, unavailable, invalid
    /// The digits after `+` or `00`.
    case international(String)
    /// Neither `+` nor `00`: national, internal, short, or E.164 without plus.
    case digits(String)

    init(_ raw: String) {
        guard raw.utf8.count <= Limits.rawBytes else { self = .invalid; return }
        guard let text = SubscriberText(raw)?.text else { self = .invalid; return }
        switch PlaceholderNumber(text) {
        case .withheld: self = .withheld; return
        case .unavailable: self = .unavailable; return
        case nil: break
        }
        let kept = text.unicodeScalars.filter { !Self.isSeparator($0) }
        let hasPlus = kept.first == "+"
        let digits = String(String.UnicodeScalarView(hasPlus ? kept.dropFirst() : kept[...]))
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
            !NumberGroups(text).hasMoreThanOneNumber
        else {
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

    /// Blanks of every width, and the signs with which people group digits.
    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "-", ".", "(", ")", "/", " ": true
        // Unicode's tables are slow, and this is asked of every digit.
        case "0"..."9": false
        default: scalar.properties.isWhitespace
        }
    }
}
