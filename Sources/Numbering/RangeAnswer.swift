/// The answer for one number without its digits: the same for every number with the same ``LeadingDigits``.
///
/// libphonenumber needs 60 µs to read a number, and this 1 µs. What it said of the first number serves for the others,
/// so the tables remain its own, and no range is written down twice.
struct RangeAnswer: Sendable {
    private enum Meaning: Sendable {
        case number(kind: NormalisedNumber.Kind, region: String?)
        /// With a hint, the number would be right with another 0 before it.
        case invalid(hasHint: Bool)
    }

    private var meaning: Meaning
    private var isConfidenceLow: Bool
    /// Bit n: a blank is shown before the national number's digit n.
    private var blanks: UInt16 = 0

    /// nil for an answer that the digits do not follow from.
    ///
    /// - Parameter digits: the E.164 number that was read, without the plus.
    init?(_ number: NormalisedNumber, to digits: String) {
        isConfidenceLow = number.isConfidenceLow
        switch number.result {
        case .number("+" + digits, let kind, let region, let display):
            meaning = .number(kind: kind, region: region)
            var position = 0
            for byte in display.utf8 {
                if byte == UInt8(ascii: " ") { blanks |= 1 << position } else { position += 1 }
            }
        case .invalid: meaning = .invalid(hasHint: number.hint != nil)
        default: return nil
        }
        guard answer(for: digits, raw: number.raw) == number else { return nil }
    }

    func answer(for digits: String, raw: String) -> NormalisedNumber {
        switch meaning {
        case .invalid(let hasHint):
            return NormalisedNumber(
                raw: raw, result: .invalid, isConfidenceLow: isConfidenceLow,
                hint: hasHint ? "+390" + digits.dropFirst(2) : nil)
        case .number(let kind, let region):
            return NormalisedNumber(
                raw: raw,
                result: .number(e164: "+" + digits, kind: kind, region: region, display: display(digits)),
                isConfidenceLow: isConfidenceLow, alternative: PhoneNumbers.sanMarino("+" + digits))
        }
    }

    private func display(_ digits: String) -> String {
        var text = ""
        for (position, digit) in digits.utf8.dropFirst(2).enumerated() {
            if blanks & 1 << position != 0 { text.append(" ") }
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return text
    }
}
