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
        var rest = string[...]
        if !technology.isEmpty, rest.hasPrefix(technology + "/") { rest = rest.dropFirst(technology.count + 1) }
        let slash = rest.firstIndex(of: "/")
        let at = rest.firstIndex(of: "@")
        let isAccount = technology == "IAX2"
        if let slash, isAccount || at.map({ slash < $0 }) ?? true {
            rest = rest[rest.index(after: slash)...]
        } else if isAccount, at != nil {
            number = nil
            return
        }
        for scheme in ["sip:", "sips:", "tel:"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        rest = rest.prefix { !"@;:/".contains($0) }
        // Codes of ETSI and of North America that withhold the caller's number for this call.
        if let code = ["#31#", "*31#", "*67#", "*67"].first(where: { rest.hasPrefix($0) }) {
            rest = rest.dropFirst(code.count)
        }
        number = Self.digits(rest)
    }

    /// Whether the string only names the device: `k9xh2l0p`, or a registered contact of it,
    /// `k9xh2l0p/sip:k9xh2l0p@10.0.0.5` (Asterisk's PJSIP_DIAL_CONTACTS).
    static func names(_ device: Interface, _ string: String) -> Bool {
        let technology = device.rawValue.prefix { $0 != "/" }
        let endpoint = device.rawValue.dropFirst(technology.count + 1)
        guard !endpoint.isEmpty else { return false }
        var rest = string[...]
        if rest.hasPrefix(technology + "/") { rest = rest.dropFirst(technology.count + 1) }
        guard rest.hasPrefix(endpoint) else { return false }
        rest = rest.dropFirst(endpoint.count)
        guard rest.hasPrefix("/sip:") else { return rest.isEmpty }
        let user = rest.dropFirst(5).prefix { !"@;:/".contains($0) }
        return user == endpoint || DialString(string, technology: technology).number == nil
    }

    /// Pauses separate the digit for an outside line, the number, and the digits that are sent after the answer.
    private static func digits(_ text: Substring) -> String? {
        let parts = text.split { "wW,".contains($0) }
        guard var number = parts.first else { return nil }
        if number.utf8.count <= 2, parts.count > 1 { number = parts[1] }
        let digits = number.filter { !"-.()".contains($0) }
        let significant = digits.first == "+" ? digits.dropFirst() : digits[...]
        guard digits.utf8.count <= String.longestName else { return nil }
        return !significant.isEmpty && significant.utf8.allSatisfy { (48...57).contains($0) } ? digits : nil
    }
}
