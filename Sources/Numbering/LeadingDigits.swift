/// What decides nearly everything about an Italian number: its first four digits and its length.
///
/// No district's code, no operator's prefix and no service's code has more than four digits. The exception is 0669,
/// which contains the Vatican's 06698; libphonenumber reads these numbers one by one. A test compares all beginnings of
/// five digits with libphonenumber's tables.
struct LeadingDigits: Hashable, Sendable {
    /// The first four digits as a number, and the count of all digits. At most 15 × 10,000 values.
    private var value: Int32

    /// - Parameter digits: in E.164, without the plus. nil for numbers of other countries.
    init?(ofInternational digits: String) {
        var rest = digits.utf8[...]
        guard rest.popFirst() == UInt8(ascii: "3"), rest.popFirst() == UInt8(ascii: "9"),
            Limits.e164Digits.contains(digits.utf8.count)
        else { return nil }
        var leading: Int32 = 0
        for digit in rest.prefix(4) { leading = leading * 10 + Int32(digit & 15) }
        guard leading != 669 else { return nil }
        value = Int32(digits.utf8.count) * 10_000 + leading
    }
}
