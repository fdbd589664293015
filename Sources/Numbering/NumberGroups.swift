/// A number's digits in the groups in which they were written, each with the signs before it.
struct NumberGroups {
    private struct Group {
        var signs: String
        var digits = ""

        var isBehindBlanks: Bool { !signs.isEmpty && signs.allSatisfy(\.isWhitespace) }
    }

    private var groups: [Group] = []

    init(_ text: String) {
        var signs = ""
        var isInGroup = false
        for scalar in text.unicodeScalars {
            if (48...57).contains(scalar.value) {
                if !isInGroup { groups.append(Group(signs: signs)) }
                groups[groups.count - 1].digits.unicodeScalars.append(scalar)
                (isInGroup, signs) = (true, "")
            } else {
                signs.unicodeScalars.append(scalar)
                isInGroup = false
            }
        }
    }

    /// Whether something that does not belong to the number follows it: a second number, an extension
    /// (`06/12345678/9`), the last digits of a range (`06 12345678-79`), the decimals of a spreadsheet
    /// (`390612345678.0`). Joined to the number, it would make another subscriber's number.
    var hasMoreThanOneNumber: Bool {
        guard groups.count > 1 else { return false }
        for index in groups.indices.dropFirst() {
            let group = groups[index]
            let national = nationalLength(before: index)
            // Two lines in one cell.
            if group.signs.unicodeScalars.contains(where: { $0.properties.isWhitespace && $0.value < 32 && $0 != "\t" })
            {
                return true
            }
            // A slash can only follow the district.
            if group.signs.contains("/"), national > 4 { return true }
            // Digits after a complete number.
            if national >= 10 || national >= 9 && !group.isBehindBlanks { return true }
            // Two groups, each of which could be a number.
            if groups[index - 1].digits.utf8.count >= 5, group.digits.utf8.count >= 5, national >= 6,
                group.digits.hasPrefix("0")
            {
                return true
            }
        }
        return !isLastGroupOfTheNumber
    }

    // MARK: - The country

    private var hasPlus: Bool { groups[0].signs.contains("+") }
    private var digits: String { groups.reduce(into: "") { $0 += $1.digits } }

    /// The digits after `+` or `00`; nil for a number without a country code.
    private var countryAndNumber: Substring? {
        let digits = digits
        return hasPlus ? digits[...] : digits.hasPrefix("00") ? digits.dropFirst(2) : nil
    }

    private var isForeign: Bool { countryAndNumber.map { !$0.hasPrefix("39") } ?? false }

    /// The number of digits before the group, without the country code. A foreign country code counts as four digits,
    /// and a `(0)` after it is not dialled.
    private func nationalLength(before index: Int) -> Int {
        let before = groups[..<index].reduce(into: "") { $0 += $1.digits }
        let length = before.utf8.count
        let trunkZero = isForeign && groups[..<index].contains { $0.digits == "0" && $0.signs.contains("(") } ? 1 : 0
        if hasPlus { return max(0, length - (before.hasPrefix("39") ? 2 : 4) - trunkZero) }
        if before.hasPrefix("00") { return max(0, length - (before.hasPrefix("0039") ? 4 : 6) - trunkZero) }
        return before.hasPrefix("390") || groups[0].digits == "39" ? length - 2 : length
    }

    // MARK: - The last group

    /// Whether a last group of one or two digits belongs to the number, and is not an extension, a range or decimals.
    private var isLastGroupOfTheNumber: Bool {
        let last = groups[groups.count - 1]
        let previous = groups[groups.count - 2]
        guard last.digits.utf8.count <= 2 else { return true }
        // After a group of two to four digits, a group of two belongs to the number.
        if last.digits.utf8.count == 2, previous.digits.utf8.count < 5 { return true }
        // The decimals of a spreadsheet.
        if last.signs == ".", previous.digits.utf8.count >= 5,
            groups.dropFirst().filter({ $0.signs.contains(".") }).count == 1
        {
            return false
        }
        return isForeign ? endsForeignNumber(last) : endsItalianNumber(last, behind: previous)
    }

    /// Germany and Austria write a hyphen before the extension, and dial both (DIN 5008): `+49 7736 9219-0`. For other
    /// countries only their plan could say whether the number before it is complete, so the number is refused.
    private func endsForeignNumber(_ last: Group) -> Bool {
        guard let number = countryAndNumber, number.hasPrefix("49") || number.hasPrefix("43") else { return false }
        return last.signs.filter { !$0.isWhitespace } == "-"
    }

    /// Italian mobiles have ten digits; fixed numbers that people group have at most ten, with their district.
    private func endsItalianNumber(_ last: Group, behind previous: Group) -> Bool {
        let length = nationalLength(before: groups.count)
        let national = digits.suffix(length)
        // The digits before it are too few for a present-day mobile.
        if national.hasPrefix("3") { return length == 10 }
        // The district is separate, and the last two groups have the same sign before them: otherwise it is `06
        // 12345-79`, a range.
        let country = nationalLength(before: 1) == 0 ? 1 : 0
        guard groups.count - country > 2, last.isBehindBlanks || last.signs == previous.signs, length <= 10 else {
            return false
        }
        if last.digits.utf8.count == 2 { return true }
        // A single digit ends a number only after groups of two or three: `011 56 78 90 1`.
        return length >= 9 && previous.digits.utf8.count <= 3
    }
}
