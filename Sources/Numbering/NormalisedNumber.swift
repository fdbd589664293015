/// A number as a switch, a trunk or a registry wrote it, and its meaning.
public struct NormalisedNumber: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case fixed, mobile, freephone, sharedCost, premium, personal, voip, foreign
        /// An Italian number of no other kind: voicemail access, statistics and commercial callers (0843, 0844),
        /// internet access.
        case other
    }

    public enum Result: Hashable, Sendable {
        /// - `region`: where the number belongs, as ISO 3166. For an Italian fixed number it is the *prevailing*
        ///   province (`IT-RM`; districts cross the borders of provinces), `SM` and `VA` inside the Italian plan; for a
        ///   foreign number the country (`CH`). nil for mobiles and services: they have no place.
        /// - `display`: as Italians write it, `06 1234 5678`; foreign numbers in their international form, `+41 91 123
        ///   45 67`.
        case number(e164: String, kind: Kind, region: String?, display: String)
        /// An extension of the switch's internal plan.
        case `extension`(String)
        /// A short code of public utility or of an operator: 112, 187, 1515. It may call us; a program never dials it.
        case short(String)
        /// The caller withholds the number: nothing to look up, nothing to store.
        case withheld
        /// The network did not know the number.
        case unavailable
        case invalid
    }

    /// The text as received, cut at ``Limits/rawBytes``.
    public var raw: String
    public var result: Result
    /// Well formed, but in no range that is known to be assigned, or of a length that often means a lost digit.
    public var isConfidenceLow = false
    /// Another E.164 form of the same line, to be looked up as well: San Marino can be reached as +39 0549 and as +378
    /// 0549.
    public var alternative: String?
    /// The probable meaning of an invalid number (a lost leading 0). For a person to confirm, never for an automatic
    /// match.
    public var hint: String?

    /// Not to be stored or matched: it may be another subscriber's. A foreign number that was written with its country
    /// code is taken as written; we only know its country's ranges less well.
    public var isDoubtful: Bool {
        guard isConfidenceLow, let e164 else { return false }
        let written = raw.drop { $0.isWhitespace }
        return e164.hasPrefix("+39") || !(written.hasPrefix("+") || written.hasPrefix("00"))
    }

    /// nil if there is no number to look up.
    public var e164: String? {
        if case .number(let e164, _, _, _) = result { e164 } else { nil }
    }
}

/// How a trunk writes numbers without `+` or `00`.
public enum TrunkRule: String, Hashable, Sendable, CaseIterable {
    /// National numbers; E.164 without the plus where a national number is impossible.
    case `default`
    /// The trunk always sends E.164 and omits the plus.
    case e164WithoutPlus
    /// An old PBX removes the leading 0 of “national” ISDN numbers: wrong since 1998, but still in use.
    case prependZero
}

/// The extensions of a switch, e.g. 200…299: two to five digits.
public struct InternalPlan: Hashable, Sendable {
    public var ranges: [ClosedRange<Int>]

    public init(_ ranges: [ClosedRange<Int>] = []) { self.ranges = ranges }

    func contains(_ digits: String) -> Bool {
        guard (2...5).contains(digits.utf8.count), digits.utf8.first != UInt8(ascii: "0"), let value = Int(digits)
        else { return false }
        return ranges.contains { $0.contains(value) }
    }
}
