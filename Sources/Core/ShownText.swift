import Time

/// A caller's words without control and direction characters: they could forge a terminal's or a page's text. At most
/// 80 Unicode scalars: one grapheme may have thousands of combining marks.
public func printable(_ text: String) -> String { printable(text, atMost: Core.Limits.printableScalars) }

/// What we write ourselves about foreign text may be longer.
public func printable(_ text: String, atMost limit: Int) -> String {
    // Nearly every name is plain ASCII, and asking Unicode about each of its letters costs more than a call's event.
    let bytes = text.utf8
    if bytes.count <= limit, bytes.allSatisfy({ 0x20 <= $0 && $0 <= 0x7E }) { return text }
    return printableOfAny(text, atMost: limit)
}

func printableOfAny(_ text: String, atMost limit: Int) -> String {
    let scalars = text.unicodeScalars.lazy.filter { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .surrogate, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
    return String(String.UnicodeScalarView(scalars.prefix(limit)))
}

/// `+390612345678` as logs may show it: `+3906•••678`.
public func masked(_ number: String) -> String {
    guard number.count > 6 else { return number.isEmpty ? "" : "•••" }
    let shown = max(3, number.count - 8)  // not a limit: the first and the last three
    return "\(number.prefix(shown))•••\(number.suffix(3))"
}

/// A length of time in its two largest units, without its sign, e.g. `12 years 4 days` or `3 min 20 s`.
public func durationInWords(_ span: Span) -> String {
    var seconds = Int64((Double(span.microseconds) / 1_000_000).magnitude)
    var words: [String] = []
    for (unit, length) in [("years", Int64(31_557_600)), ("days", 86_400), ("h", 3600), ("min", 60), ("s", 1)] {
        if seconds >= length || unit == "s" && words.isEmpty {
            words.append("\(seconds / length) \(unit)")
        } else if !words.isEmpty {
            break
        }
        seconds %= length
        if words.count == 2 { break }
    }
    return words.joined(separator: " ")
}
