import Telephony

/// Numbers of every kind, in every form in which a switch or a spreadsheet may write them, and much that is none.
struct InventedNumbers {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// A text as a trunk might send it.
    mutating func next() -> String {
        switch random.next() % 16 {
        case 0: written(foreign())
        case 1: spoilt(written("39" + national()))
        case 2: wrapped(written("39" + national()))
        default: written("39" + national())
        }
    }

    /// All digits after the first ones are random.
    mutating func national(beginning: String, length: Int) -> String {
        var digits = beginning
        while digits.utf8.count < length { digits += "\(random.next() % 10)" }
        return digits
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[Int(random.next() % UInt64(choices.count))] }

    // MARK: - Digits

    private static let usual = [
        "02", "06", "0669", "06698", "010", "011", "0521", "0549", "0843", "0844", "0878", "320", "333", "347", "391",
        "392", "393",
    ]
    private static let rare = [
        "0", "00", "000", "3", "30", "31", "39", "390", "399", "3906", "43", "55", "70", "702", "800", "803", "840",
        "841", "847", "848", "892", "893", "894", "8945", "895", "899", "199", "178", "144", "163", "164", "166", "187",
        "190", "112", "113", "115", "116", "116000", "118", "119", "1515", "1254", "109", "192", "4", "455", "2", "5",
        "6", "7", "8", "9", "",
    ]

    /// Mostly of the right length; sometimes too short or too long by any count.
    private mutating func national() -> String {
        let beginning = random.next() % 3 == 0 ? pick(Self.rare) : pick(Self.usual)
        let length = random.next() % 4 == 0 ? Int(random.next() % 16) : pick([8, 9, 9, 10, 10, 10, 11])
        return national(beginning: beginning, length: length)
    }

    private mutating func foreign() -> String {
        let country = pick(["41", "49", "43", "33", "44", "1", "378", "379", "38", "3", "881", "999", "0", "7", "86"])
        return national(beginning: country, length: Int(4 + random.next() % 13))
    }

    // MARK: - Writing

    private mutating func written(_ international: String) -> String {
        let isItalian = international.hasPrefix("39")
        let prefix = pick(
            isItalian ? ["+", "+", "00", "", "39", "39", "39", "39+", "+0", "(+", "+(0)"] : ["+", "00", ""])
        let hasCountry = prefix != "39"
        let digits =
            isItalian && (!hasCountry || random.next() % 8 == 0)
            ? String(international.dropFirst(2)) : international
        let head = hasCountry ? prefix : ""
        return random.next() % 2 == 0 ? head + digits : head + grouped(digits)
    }

    private mutating func grouped(_ digits: String) -> String {
        let sign = pick([" ", " ", "-", ".", "/", " - ", "\u{A0}", "\u{2013}", "\t", ") ", "\n"])
        var text = ""
        var left = Int(1 + random.next() % 4)
        for digit in digits {
            if left == 0 {
                text += random.next() % 8 == 0 ? pick(["/", " ", "-"]) : sign
                left = Int(1 + random.next() % 5)
            }
            text.append(digit)
            left -= 1
        }
        return text
    }

    private mutating func wrapped(_ text: String) -> String {
        switch random.next() % 8 {
        case 0: "tel:" + text
        case 1: "sip:\(text)@sbc.example;user=phone"
        case 2: "sips:\(text)@192.0.2.7:5061"
        case 3: "sip:%2B\(text)@sbc.example"
        case 4: "tel:\(text);ext=12"
        case 5: "  \(text) "
        case 6: pick(["#31#", "*31#", "*67#", "*67"]) + text
        default: "\u{202A}\(text)\u{202C}"
        }
    }

    /// A letter, another script's digit or a sign in place of one character.
    private mutating func spoilt(_ text: String) -> String {
        var characters = Array(text)
        guard !characters.isEmpty else { return text }
        let place = Int(random.next() % UInt64(characters.count))
        let digit = characters[place].wholeNumberValue.map(UInt32.init) ?? 7
        characters[place] = pick([
            "x", "O", "l", "e", "#", "*", "+", ",", ";", "%", "@", "\u{0}", "é",
            Character(Unicode.Scalar(0x660 + digit)!), Character(Unicode.Scalar(0xFF10 + digit)!),
            Character(Unicode.Scalar(0x966 + digit)!),
        ])
        return String(characters)
    }
}
