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

    /// Whether something stands behind the number that does not belong to it: a second number, an extension (`06/12345678/9`), the last digits of
    /// a range (`06 12345678-79`), the decimals of a spreadsheet (`390612345678.0`). Glued on, they would make another subscriber's number.
    var hasMoreThanOneNumber: Bool {
        guard groups.count > 1 else { return false }
        for index in groups.indices.dropFirst() {
            let group = groups[index]
            let national = nationalLength(before: index)
            // One cell, two lines.
            if group.signs.unicodeScalars.contains(where: { $0.properties.isWhitespace && $0.value < 32 && $0 != "\t" }) { return true }
            // A slash stands behind the district, nowhere else.
            if group.signs.contains("/"), national > 4 { return true }
            // Behind a whole number.
            if national >= 10 || national >= 9 && !group.isBehindBlanks { return true }
            // Two that could each be a number.
            if groups[index - 1].digits.utf8.count >= 5, group.digits.utf8.count >= 5, national >= 6, group.digits.hasPrefix("0") {
                return true
            }
        }
        return !isLastGroupOfTheNumber
    }

    // MARK: - The country

    private var hasPlus: Bool { groups[0].signs.contains("+") }
    private var digits: String { groups.reduce(into: "") { $0 += $1.digits } }

    /// Behind `+` or `00`; nil for a number without a country before it.
    private var countryAndNumber: Substring? {
        let digits = digits
        return hasPlus ? digits[...] : digits.hasPrefix("00") ? digits.dropFirst(2) : nil
    }

    private var isForeign: Bool { countryAndNumber.map { !$0.hasPrefix("39") } ?? false }

    /// How many digits of the number stand before the group, without the code of the country; that of a foreign one counts for three, and a `(0)`
    /// behind it is not dialled.
    private func nationalLength(before index: Int) -> Int {
        let before = groups[..<index].reduce(into: "") { $0 += $1.digits }
        let length = before.utf8.count
        let trunkZero = isForeign && groups[..<index].contains { $0.digits == "0" && $0.signs.contains("(") } ? 1 : 0
        if hasPlus { return max(0, length - (before.hasPrefix("39") ? 2 : 4) - trunkZero) }
        if before.hasPrefix("00") { return max(0, length - (before.hasPrefix("0039") ? 4 : 6) - trunkZero) }
        return before.hasPrefix("390") || groups[0].digits == "39" ? length - 2 : length
    }

    // MARK: - The last group

    /// Whether a last group of one or two digits ends the number, and is no extension, no range and no decimals.
    private var isLastGroupOfTheNumber: Bool {
        let last = groups[groups.count - 1]
        let previous = groups[groups.count - 2]
        guard last.digits.utf8.count <= 2 else { return true }
        // Behind two to four digits a group of two is one more of them.
        if last.digits.utf8.count == 2, previous.digits.utf8.count < 5 { return true }
        // The decimals of a spreadsheet.
        if last.signs == ".", previous.digits.utf8.count >= 5, groups.dropFirst().filter({ $0.signs.contains(".") }).count == 1 {
            return false
        }
        return isForeign ? endsForeignNumber(last) : endsItalianNumber(last, behind: previous)
    }

    /// Germany and Austria write a hyphen before the extension, and dial both (DIN 5008): `+49 7736 9219-0`. Elsewhere only the plan of the country
    /// could say whether a number is whole before it, and a foreign number is believed as it is written.
    private func endsForeignNumber(_ last: Group) -> Bool {
        guard let number = countryAndNumber, number.hasPrefix("49") || number.hasPrefix("43") else { return false }
        return last.signs.filter { !$0.isWhitespace } == "-"
    }

    /// Italian mobiles have ten digits, and fixed numbers with their district at most ten where people group them.
    private func endsItalianNumber(_ last: Group, behind previous: Group) -> Bool {
        let length = nationalLength(before: groups.count)
        let national = digits.suffix(length)
        // What stands before it is too short for a mobile of today.
        if national.hasPrefix("3") { return length == 10 }
        // With the district apart, and the same sign before the last group as before the one before it: else it is `06 12345-79`, a range.
        let country = nationalLength(before: 1) == 0 ? 1 : 0
        guard groups.count - country > 2, last.isBehindBlanks || last.signs == previous.signs, length <= 10 else { return false }
        if last.digits.utf8.count == 2 { return true }
        // One digit alone ends a number only behind pairs and threes: `011 56 78 90 1`.
        return length >= 9 && previous.digits.utf8.count <= 3
    }
}
