import Telephony
import Time
import Wire

/// Invented numbers, names and addresses in place of real ones. The same input gives the same output while the key
/// lives.
///
/// A random key is made for each run and discarded after it, so that nobody can try all numbers and compare. Numbers go
/// through a permutation of all numbers of their length and class (a Feistel network over decimal digits, as in NIST SP
/// 800-38G's FF1, with HMAC-SHA-256 as its round function): two numbers never become one, and nothing has to be
/// remembered. Names are drawn from a list; used names are remembered, so that two agents never become one.
public struct Pseudonyms: Sendable {
    /// Whether switches write this text for an unknown caller. It identifies nobody and is kept.
    static func isPlaceholder(_ text: String) -> Bool { PlaceholderNumber(text) != nil }
    /// The most names that are remembered: a call centre's callers of a week, at some 100 bytes each.
    static let namesKept = 50_000
    private static let numbersRemembered = 20_000
    /// Asterisk cuts a caller's name at 79 bytes; longer texts are not remembered.
    private static let longestKept = 256

    private let key: [UInt8]
    private let digests: Digests
    private var numbers: [[UInt8]: [UInt8]] = [:]
    private var names: [String: String] = [:]
    private var taken: Set<String> = []
    /// Names by their first word, the longest first, to find them in texts.
    private var byFirstWord: [[UInt8]: [(bytes: [UInt8], invented: String)]] = [:]

    /// `key`: at least 16 random bytes.
    public init(key: [UInt8], digests: Digests) {
        precondition(key.count >= Limits.keyBytes, "a key that can be tried out hides nothing")
        self.key = key
        self.digests = digests
    }

    /// The invented name for `text`; nil if none was drawn yet.
    func known(_ text: String) -> String? { names[text] }

    func names(beginningWith word: [UInt8]) -> [(bytes: [UInt8], invented: String)] { byFirstWord[word] ?? [] }

    // MARK: names

    /// An invented person's name; the same for the same text.
    mutating func name(_ text: String) -> String {
        if Self.isPlaceholder(text) { return text }
        if let known = names[text] { return known }
        let number = random("name", Array(text.utf8))
        guard names.count < Self.namesKept, text.utf8.count <= Self.longestKept else {
            return "Persona \(Self.hex(number, 10))"
        }
        let all = Self.first.count * Self.last.count
        // Once every combination is used, they begin again with a number.
        let generation = names.count / all
        var index = Int(number % UInt64(all))
        var invented = ""
        repeat {
            invented = "\(Self.first[index % Self.first.count]) \(Self.last[index / Self.first.count])"
            if generation > 0 { invented += " \(generation + 1)" }
            index = (index + 1) % all
        } while !taken.insert(invented).inserted
        names[text] = invented
        remember(text, invented)
        return invented
    }

    /// Makes the name findable in texts by its first word, without any signs before it. Short names and bare numbers
    /// are left out: elsewhere they mean other things.
    private mutating func remember(_ text: String, _ invented: String) {
        let bytes = Array(text.utf8.drop { !isWordByte($0) })
        guard bytes.count >= 3, text.contains(where: \.isLetter) else { return }
        let word = Array(bytes.prefix(while: isWordByte))
        byFirstWord[word, default: []].append((bytes, invented))
        byFirstWord[word]?.sort { $0.bytes.count > $1.bytes.count }
    }

    /// A meaningless word in place of a text that may contain anything.
    func word(_ text: some Collection<UInt8>) -> String { "testo-" + Self.hex(random("text", Array(text)), 8) }

    /// An address of the benchmark network (RFC 2544), or of the documentation prefix (RFC 3849).
    func address(v4 text: [UInt8]) -> String {
        let number = random("address", text)
        return "198.\(18 + number & 1).\(number >> 8 & 255).\(number >> 16 & 255)"
    }

    func address(v6 text: [UInt8]) -> String {
        let number = random("address", text)
        return "2001:db8::\(Self.hex(number, 4)):\(Self.hex(number >> 16, 4))"
    }

    func host(_ text: some Collection<UInt8>) -> String { "h" + Self.hex(random("host", Array(text)), 8) + ".invalid" }

    func user(_ text: some Collection<UInt8>) -> String { "u" + Self.hex(random("user", Array(text)), 8) }

    // MARK: numbers

    /// Other digits in the same places: class, prefix and length are kept. All notations of a number give the same
    /// result: `+39347…`, `0039 347…`, `39347…` and `347…`.
    ///
    /// - Parameter digits: the ASCII digits only. Fewer than five are an extension and are kept.
    mutating func number(_ digits: [UInt8], hasPlus: Bool = false) -> [UInt8] {
        guard digits.count >= 5, digits.contains(where: { $0 != 48 }), digits != Array("1000000000".utf8) else {
            return digits
        }
        let (prefix, country) = Self.prefix(digits, hasPlus)
        let national = Array(digits[prefix...])
        guard national.count >= 2 else { return digits }
        let isItalian = country == Array("39".utf8)
        let head = min(isItalian ? Self.head(national) : 0, max(0, national.count - 4))
        let canonical = country + [UInt8(ascii: ":")] + national
        if let known = numbers[canonical] { return Array(digits[..<prefix] + known) }
        let context = country + [UInt8(ascii: ":")] + national[..<head]
        let mapped = national[..<head] + permuted(Array(national[head...]), context)
        if numbers.count >= Self.numbersRemembered { numbers.removeAll(keepingCapacity: true) }
        if canonical.count <= Limits.rememberedNumberBytes { numbers[canonical] = Array(mapped) }
        return Array(digits[..<prefix] + mapped)
    }

    /// The length of the international prefix, and the country. A number without a prefix counts as Italian.
    private static func prefix(_ digits: [UInt8], _ hasPlus: Bool) -> (Int, [UInt8]) {
        let italy = Array("39".utf8)
        if hasPlus || digits.starts(with: "00".utf8) {
            let start = hasPlus ? 0 : 2
            let country = Array(digits[start..<min(start + 2, digits.count)])
            return (start + country.count, country)
        }
        // E.164 without plus: no national number with this beginning is so long.
        let isLong = digits.count >= 11  // not a limit: the least length of 39 and a number
        if isLong, digits.starts(with: italy), digits[2] == UInt8(ascii: "0") || digits[2] == UInt8(ascii: "3") {
            return (2, italy)
        }
        return (0, italy)
    }

    /// The length of the part that shows an Italian number's class: the district, the mobile operator's block, the
    /// service.
    private static func head(_ national: [UInt8]) -> Int {
        let text = String(decoding: national.prefix(4), as: UTF8.self)
        switch text.first {
        case "0":
            if text.hasPrefix("02") || text.hasPrefix("06") { return 2 }
            return shortDistricts.contains(String(text.prefix(3))) ? 3 : 4
        case "3", "8", "1": return 3
        default: return 0
        }
    }

    private static let shortDistricts: Set<String> = [
        "010", "011", "015", "019", "030", "031", "035", "039", "040", "041", "045", "049", "050", "051", "055", "059",
        "070", "071", "075",
        "079", "080", "081", "085", "089", "090", "091", "095", "099",
    ]

    /// A permutation of all numbers of this many digits; a different one for each context.
    private func permuted(_ digits: [UInt8], _ context: [UInt8]) -> [UInt8] {
        guard digits.count >= 2 else { return digits }
        // Longer than any number: permuted in pieces, so that the halves fit into 64 bits.
        let piece = Limits.permutedDigits
        guard digits.count <= piece else {
            return permuted(Array(digits[..<piece]), context) + permuted(Array(digits[piece...]), context)
        }
        var left = digits[..<(digits.count / 2)]
        var right = digits[(digits.count / 2)...]
        for round in 0..<10 {
            let modulus = Self.power(left.count)
            let mixed =
                random("number", context + [UInt8(ascii: "/"), UInt8(digits.count), UInt8(round)] + right) % modulus
            let sum = (Self.value(left) + mixed) % modulus
            left = right
            right = Self.digits(sum, digits.count - left.count)[...]
        }
        return Array(left + right)
    }

    private static func power(_ exponent: Int) -> UInt64 { (0..<exponent).reduce(1) { power, _ in power * 10 } }
    private static func value(_ digits: ArraySlice<UInt8>) -> UInt64 { digits.reduce(0) { $0 * 10 + UInt64($1 - 48) } }
    private static func digits(_ value: UInt64, _ count: Int) -> [UInt8] {
        var rest = value
        var result = [UInt8](repeating: 48, count: count)
        for index in stride(from: count - 1, through: 0, by: -1) {
            result[index] = 48 + UInt8(rest % 10)
            rest /= 10
        }
        return result
    }

    // MARK: sources

    private func random(_ purpose: StaticString, _ text: [UInt8]) -> UInt64 {
        let message = purpose.withUTF8Buffer { Array($0) } + [0] + text
        return digests.hmacSHA256(key, message).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func hex(_ number: UInt64, _ digits: Int) -> String {
        let text = String(number, radix: 16)
        return String((String(repeating: "0", count: max(0, 16 - text.count)) + text).suffix(digits))
    }

    private static let first = [
        "Ada", "Aldo", "Alba", "Bruna", "Carlo", "Cinzia", "Dario", "Delia", "Edda", "Elio", "Emma", "Enzo", "Fabia",
        "Fulvio", "Gemma",
        "Gino",
        "Ida", "Igor", "Irma", "Lea", "Leo", "Lidia", "Livio", "Mara", "Mirco", "Nadia", "Nevio", "Olga", "Oreste",
        "Pia", "Remo", "Rita",
        "Sara", "Silvio", "Tina", "Tullio", "Ugo", "Vera", "Vito", "Zita",
    ]
    private static let last = [
        "Abete", "Acero", "Airone", "Allodola", "Betulla", "Bosco", "Calandra", "Cardo", "Cedro", "Cervo", "Ciliegio",
        "Colle", "Cometa",
        "Corallo", "Duna", "Edera", "Falco", "Felce", "Fiordo", "Foresta", "Frassino", "Gabbiano", "Gelso", "Genziana",
        "Ginepro", "Giglio",
        "Golfo", "Isola", "Lago", "Larice", "Lavanda", "Lince", "Luna", "Mandorlo", "Menta", "Mirto", "Noce", "Olmo",
        "Onda", "Ortica",
        "Pioppo", "Prato", "Quercia", "Ribes", "Rovere", "Salice", "Sambuco", "Scoglio", "Sorbo", "Stella", "Tiglio",
        "Timo", "Torrente",
        "Ulivo", "Valle", "Vento", "Viola", "Vischio", "Zaffiro", "Zagara",
    ]
}

/// A letter, a digit, or a part of a character beyond ASCII.
func isWordByte(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte | 0x20) || byte >= 0x80 }
