import Telephony

/// The dial string of `DialBegin`: what `Dial()` was given after the technology's name. Each technology has its own
/// grammar.
///
/// | technology | grammar |
/// |---|---|
/// | PJSIP | `number@endpoint`, `endpoint/sip:number@host` |
/// | chan_sip | `number[:secret]@peer`, `peer/number[/host]` |
/// | IAX2 | `[user[:secret]@]host/number[@context]`: the part before the `@` is an account |
/// | DAHDI, mISDN, Khomp, … | `group/number[/options]`, `group/number:options`; `w` and `,` wait for a tone |
struct DialString {
    /// The number that is called; nil if the string only names a device.
    let number: String?

    /// `technology` is the called channel's. A queue writes it before the string, `Dial()` does not.
    init(_ string: String, technology: Substring) {
        var rest = technology.isEmpty ? string.utf8[...] : Self.rest(of: string, technology)
        let slash = rest.firstIndex(of: UInt8(ascii: "/"))
        let at = rest.firstIndex(of: UInt8(ascii: "@"))
        let isAccount = technology.utf8.elementsEqual("IAX2".utf8)
        if let slash, isAccount || at.map({ slash < $0 }) ?? true {
            rest = rest[rest.index(after: slash)...]
        } else if isAccount, at != nil {
            number = nil
            return
        }
        // Nearly always a digit comes first, and then it is none of these.
        if let first = rest.first, !(48...57).contains(first) {
            for scheme in ["sip:", "sips:", "tel:"] where rest.starts(with: scheme.utf8) {
                rest = rest.dropFirst(scheme.utf8.count)
            }
            rest = rest.prefix { !Self.isSeparator($0) }
            // Codes of ETSI and of North America that withhold the caller's number for this call.
            if let code = ["#31#", "*31#", "*67#", "*67"].first(where: { rest.starts(with: $0.utf8) }) {
                rest = rest.dropFirst(code.utf8.count)
            }
        } else {
            rest = rest.prefix { !Self.isSeparator($0) }
        }
        number = Self.digits(rest)
    }

    /// Whether the string only names the device: `k9xh2l0p`, or a registered contact of it,
    /// `k9xh2l0p/sip:k9xh2l0p@10.0.0.5` (Asterisk's PJSIP_DIAL_CONTACTS).
    static func names(_ device: Interface, _ string: String) -> Bool {
        let slash = device.rawValue.utf8.firstIndex(of: UInt8(ascii: "/")) ?? device.rawValue.endIndex
        let technology = device.rawValue[..<slash]
        let endpoint = device.rawValue.utf8[slash...].dropFirst()
        guard !endpoint.isEmpty else { return false }
        var rest = Self.rest(of: string, technology)
        guard rest.starts(with: endpoint) else { return false }
        rest = rest.dropFirst(endpoint.count)
        guard rest.starts(with: "/sip:".utf8) else { return rest.isEmpty }
        let user = rest.dropFirst(5).prefix { !isSeparator($0) }
        return user.elementsEqual(endpoint) || DialString(string, technology: technology).number == nil
    }

    /// The string without the technology, as Asterisk reads it: byte by byte.
    private static func rest(of string: String, _ technology: Substring) -> Substring.UTF8View {
        let rest = string.utf8[...]
        guard rest.starts(with: technology.utf8) else { return rest }
        let after = rest.dropFirst(technology.utf8.count)
        return after.first == UInt8(ascii: "/") ? after.dropFirst() : rest
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "@"), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "/"): true
        default: false
        }
    }

    /// Pauses separate the digit for an outside line, the number, and the digits that are sent after the answer.
    private static func digits(_ text: Substring.UTF8View) -> String? {
        // Nearly always it is a number and nothing else.
        if !text.isEmpty, text.count <= String.longestName, text.allSatisfy({ (48...57).contains($0) }) {
            return String(Substring(text))
        }
        let parts = text.split { "wW,".utf8.contains($0) }
        guard var number = parts.first else { return nil }
        if number.count <= 2, parts.count > 1 { number = parts[1] }
        let digits = number.filter { !"-.()".utf8.contains($0) }
        let significant = digits.first == UInt8(ascii: "+") ? digits.dropFirst() : digits[...]
        guard digits.count <= String.longestName, !significant.isEmpty,
            significant.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return String(decoding: digits, as: UTF8.self)
    }
}
