/// What switches and carriers write where there is no caller's number. A placeholder belongs to nobody: it has no
/// match, no history and is not a unique caller.
///
/// This is the only list of placeholders. Numbering, the figures and the directory ask here.
public enum PlaceholderNumber: Hashable, Sendable {
    /// The caller withholds the number.
    case withheld
    /// The network did not know the number.
    case unavailable

    /// nil for a text that may be a number.
    public init?(_ raw: String) {
        guard raw.utf8.count <= Self.longest else { return nil }
        // Nearly every number: no word is written like this.
        if raw.isGroupedNumber {
            guard let placeholder = Self(digitsOf: raw) else { return nil }
            self = placeholder
            return
        }
        let text = String(String.UnicodeScalarView(raw.unicodeScalars.filter { !$0.isInvisible }))
        let word = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if Self.withheldWords.contains(word) {
            self = .withheld
        } else if Self.unavailableWords.contains(word) {
            self = .unavailable
        } else if let placeholder = Self(digitsOf: word) {
            self = placeholder
        } else {
            return nil
        }
    }

    /// Reads digits with an optional `+`, `00` or 39 before them, grouped or not.
    private init?(digitsOf word: String) {
        guard word.utf8.allSatisfy({ (40...57).contains($0) || $0 == 32 }) else { return nil }
        var digits = word.utf8.filter { (48...57).contains($0) }[...]
        guard !digits.isEmpty else { return nil }
        // Zeros only, also after the codes of North America and Italy: `+10000000000`, `1000000000`.
        var head = digits
        while head.last == 48 { head.removeLast() }
        if head.isEmpty || digits.count >= 8 && (head.elementsEqual("1".utf8) || head.elementsEqual("39".utf8)) {
            self = .unavailable
            return
        }
        if digits.starts(with: "00".utf8) { digits = digits.dropFirst(2) }
        let italian: ArraySlice<UInt8> = digits.starts(with: "39".utf8) ? digits.dropFirst(2) : []
        for candidate in [digits, italian] {
            // The lengths are compared first: this is asked of every caller, and seldom true.
            let typed = Self.onTheKeys.first {
                $0.digits.count == candidate.count && candidate.elementsEqual($0.digits)
            }
            if let typed { self = typed.meaning; return }
            if candidate.count >= 7, Self.isRepeated(candidate) { self = .unavailable; return }
        }
        // A whole North American number of one repeated digit. In other countries such numbers are sold as vanity
        // numbers.
        let american: ArraySlice<UInt8> = digits.first == 49 ? digits.dropFirst() : []
        if american.count == 10, Self.isRepeated(american) { self = .unavailable; return }
        // The digit keys from first to last.
        if [american, digits].contains(where: {
            $0.elementsEqual("1234567890".utf8) || $0.elementsEqual("123456789".utf8)
        }) {
            self = .unavailable
            return
        }
        return nil
    }

    /// Of one digit only; not empty.
    private static func isRepeated(_ digits: ArraySlice<UInt8>) -> Bool { digits.allSatisfy { $0 == digits.first } }

    /// Longer than any word or number here.
    private static let longest = 64

    private static let withheldWords: Set = [
        "anonymous", "restricted", "private", "withheld", "blocked", "private number", "private caller",
        "anonymous caller", "no caller id",
        "hidden", "hidden number", "caller id blocked", "caller id withheld", "number withheld", "p",
        "anonimo", "privato", "riservato", "nascosto", "numero privato", "numero riservato", "numero nascosto",
        "numero anonimo",
        "anonym", "privat", "unterdrückt", "rufnummer unterdrückt", "private nummer", "anonyme", "privé",
        "numéro privé", "appel masqué",
        "masqué", "numéro masqué", "id nascosto", "privado", "número privado", "numero privado", "oculto",
        "número oculto", "numero oculto",
    ]

    private static let unavailableWords: Set = [
        "", "unknown", "<unknown>", "unavailable", "unknown caller", "unknown number", "not available", "out of area",
        "no number", "none",
        "<none>", "null", "undefined", "n/a", "-1",
        // chan_sip and chan_iax2 send this where no number is configured.
        "asterisk",
        "sconosciuto", "numero sconosciuto", "non disponibile", "unbekannt", "nummer unbekannt", "unbekannte nummer",
        "unbekannter anrufer",
        "nicht verfügbar", "inconnu", "numéro inconnu", "non disponible", "nessuno", "desconocido",
        "número desconocido",
        "numero desconocido", "no disponible",
        // Out of area, as American lines send it; `P` means private.
        "o",
    ]

    /// Words typed on a telephone's keys, as cloud switches send them: `+266696687` is ANONYMOUS.
    private static let onTheKeys: [(digits: [UInt8], meaning: PlaceholderNumber)] = [
        (Array("266696687".utf8), .withheld),  // ANONYMOUS
        (Array("2562533".utf8), .withheld),  // BLOCKED
        (Array("7378742833".utf8), .withheld),  // RESTRICTED
        (Array("7748283".utf8), .withheld),  // PRIVATE
        (Array("94844353".utf8), .withheld),  // WITHHELD
        (Array("8656696".utf8), .unavailable),  // UNKNOWN
        (Array("86282452253".utf8), .unavailable),  // UNAVAILABLE
    ]
}

extension String {
    /// Two digits or more, grouped by blanks and signs, and nothing else: how people write nearly every number. No word
    /// looks like this, and there is nothing to unwrap: no scheme, no parameter, no `*67`.
    var isGroupedNumber: Bool {
        var digits = 0
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
            case UInt8(ascii: "*"): return false
            case UInt8(ascii: " "), UInt8(ascii: "(")...UInt8(ascii: "/"): continue
            default: return false
            }
        }
        return digits > 1
    }
}

extension Unicode.Scalar {
    /// Whether the scalar leaves no mark on a screen but is copied along with text: direction marks, zero widths, soft
    /// hyphens.
    public var isInvisible: Bool {
        switch value {
        case 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x206F, 0xFEFF: true
        default: false
        }
    }
}
