import Cphonenumber
import Synchronization
import Telephony

/// Turns the texts of switches and registries into E.164, for a gateway in Italy: country code 39, no trunk prefix. The
/// leading 0 of a fixed number belongs to the number and remains.
///
/// May be called from any thread. libphonenumber needs 50 µs and more for a number. Of Italian numbers it reads only
/// the first of each range (``RangeAnswer``), and of others those that are not in the cache.
public final class PhoneNumbers: Sendable {
    private let cache = Mutex(TwoGenerationCache<String, Reading?>(capacity: Limits.cachedNumbers))
    /// At most one for each value of ``LeadingDigits``: 90,000 that a stranger could make us learn, some 4 MB.
    private let ranges = Mutex<[LeadingDigits: RangeAnswer]>([:])
    private let remembersRanges: Bool

    public convenience init() { self.init(remembersRanges: true) }

    /// - Parameter remembersRanges: without, libphonenumber reads every number. For comparison.
    init(remembersRanges: Bool) { self.remembersRanges = remembersRanges }

    /// Never fails: an unreadable number is ``NormalisedNumber/Result/invalid`` and keeps its raw text.
    public func normalise(
        _ raw: String, trunkRule: TrunkRule = .default, internalPlan: InternalPlan = InternalPlan()
    ) -> NormalisedNumber {
        if let canonical = canonicalDigits(of: raw) { return international(canonical, raw: raw) }
        let kept =
            raw.utf8.count <= Limits.rawBytes ? raw : String(decoding: raw.utf8.prefix(Limits.rawBytes), as: UTF8.self)
        switch RawNumber(raw) {
        case .withheld: return NormalisedNumber(raw: kept, result: .withheld)
        case .unavailable: return NormalisedNumber(raw: kept, result: .unavailable)
        case .invalid: return NormalisedNumber(raw: kept, result: .invalid)
        case .international(let digits): return international(digits, raw: kept)
        case .digits(let digits): return bare(digits, raw: kept, trunkRule: trunkRule, internalPlan: internalPlan)
        }
    }

    /// The fast path: most trunks send E.164 already, and then there is nothing to clean.
    private func canonicalDigits(of raw: String) -> String? {
        guard raw.utf8.first == UInt8(ascii: "+"), Limits.e164Digits.contains(raw.utf8.count - 1),
            raw.utf8.dropFirst().allSatisfy({ (48...57).contains($0) }), PlaceholderNumber(raw) == nil
        else { return nil }
        return String(raw.dropFirst())
    }

    /// Digits without `+` or `00`: first the short ones, then the trunk's rule, then the national plan.
    private func bare(_ digits: String, raw: String, trunkRule: TrunkRule, internalPlan: InternalPlan)
        -> NormalisedNumber
    {
        if internalPlan.contains(digits) { return NormalisedNumber(raw: raw, result: .extension(digits)) }
        if ItalianPlan.isShort(digits) { return NormalisedNumber(raw: raw, result: .short(digits)) }
        if digits.utf8.count <= 5 { return NormalisedNumber(raw: raw, result: .invalid) }
        let national = international("39" + digits, raw: raw)
        switch trunkRule {
        case .default: break
        case .e164WithoutPlus:
            if digits.hasPrefix("0") { break }
            let asSent = international(digits, raw: raw)
            if asSent.e164 != nil, !asSent.isConfidenceLow { return asSent }
            var other = national
            other.isConfidenceLow = true
            return national.e164 == nil ? asSent : other
        case .prependZero:
            // Such a PBX does not change a mobile of ten digits or a freephone number.
            if digits.hasPrefix("0") || national.e164 != nil && !national.isConfidenceLow { break }
            let repaired = international("390" + digits, raw: raw)
            if repaired.e164 != nil, !repaired.isConfidenceLow { return repaired }
        }
        // 391, 392, 393 … with nine or ten digits are mobiles. With more digits, the 39 can only be the country code.
        if digits.hasPrefix("39"), (11...13).contains(digits.utf8.count) {
            let withoutPlus = international(digits, raw: raw)
            if withoutPlus.e164 != nil { return withoutPlus }
        }
        return national
    }

    private func international(_ digits: String, raw: String) -> NormalisedNumber {
        guard remembersRanges, let leading = LeadingDigits(ofInternational: digits) else {
            return read(digits, raw: raw)
        }
        if let known = ranges.withLock({ $0[leading] }) { return known.answer(for: digits, raw: raw) }
        // Outside the lock: two threads may learn the same range at once, with the same result.
        let number = read(digits, raw: raw)
        if let answer = RangeAnswer(number, to: digits) { ranges.withLock { $0[leading] = answer } }
        return number
    }

    private func read(_ digits: String, raw: String) -> NormalisedNumber {
        guard Limits.e164Digits.contains(digits.utf8.count), let reading = reading(of: "+" + digits) else {
            return NormalisedNumber(raw: raw, result: .invalid)
        }
        var number = reading.countryCode == 39 ? italian(reading, raw: raw) : foreign(reading, raw: raw)
        number.alternative = number.e164.flatMap(Self.sanMarino)
        return number
    }

    private func italian(_ reading: Reading, raw: String) -> NormalisedNumber {
        let digits = String(reading.e164.dropFirst(3))
        guard let kind = reading.isValid ? reading.italianKind : ItalianPlan.kind(ofNational: digits) else {
            var number = NormalisedNumber(raw: raw, result: .invalid)
            if !digits.hasPrefix("0"), let whole = self.reading(of: "+390" + digits), whole.isValid {
                number.hint = whole.e164
            }
            return number
        }
        let region = kind == .fixed ? District.region(ofNational: digits) : nil
        var number = NormalisedNumber(
            raw: raw, result: .number(e164: reading.e164, kind: kind, region: region, display: reading.national))
        // Mobiles of nine digits date from before 1998. They are rare, and often a ten-digit number that lost a digit.
        number.isConfidenceLow = !reading.isValid || kind == .mobile && digits.utf8.count == 9
        return number
    }

    private func foreign(_ reading: Reading, raw: String) -> NormalisedNumber {
        let result = NormalisedNumber.Result.number(
            e164: reading.e164, kind: .foreign, region: reading.region.isEmpty ? nil : reading.region,
            display: reading.international)
        return NormalisedNumber(raw: raw, result: result, isConfidenceLow: !reading.isValid)
    }

    /// San Marino's 0549 is both an Italian district and the whole of +378.
    static func sanMarino(_ e164: String) -> String? {
        if e164.hasPrefix("+390549") { return "+378" + e164.dropFirst(3) }
        if e164.hasPrefix("+3780549") { return "+39" + e164.dropFirst(4) }
        return nil
    }

    /// How many numbers libphonenumber has read, except forgotten ones.
    var cachedReadings: Int { cache.withLock { $0.count } }

    private func reading(of e164: String) -> Reading? {
        if let known = cache.withLock({ $0[e164] }) { return known }
        // Outside the lock: two threads may compute the same number at once, with the same result.
        let reading = Reading(e164)
        cache.withLock { $0[e164] = reading }
        return reading
    }
}

/// libphonenumber's answer for `+` and digits.
private struct Reading: Sendable {
    var isValid: Bool
    var countryCode: Int32
    var type: Int32
    var region: String
    var e164: String
    var national: String
    var international: String

    init?(_ text: String) {
        var answer = centralino_phonenumber()
        guard centralino_phonenumber_read(text, text.utf8.count, &answer) else { return nil }
        isValid = answer.valid
        countryCode = answer.country_code
        type = answer.type
        region = Self.text(answer.region)
        e164 = Self.text(answer.e164)
        national = Self.text(answer.national)
        international = Self.text(answer.international)
    }

    /// Maps `PhoneNumberUtil::PhoneNumberType` for numbers of the Italian plan.
    var italianKind: NormalisedNumber.Kind {
        switch type {
        case 0: .fixed
        case 1: .mobile
        case 3: .freephone
        case 4: .premium
        case 5: .sharedCost
        case 6: .voip
        case 7: .personal
        default: .other
        }
    }

    /// Swift imports a C array of chars as a tuple; ours always contain ASCII and a NUL.
    private static func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
