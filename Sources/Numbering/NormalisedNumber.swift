/// What a switch, a trunk or a line of a registry gave as a number, and what it means.
public struct NormalisedNumber: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case fixed, mobile, freephone, sharedCost, premium, personal, voip, foreign
        /// Italian, and none of the above: voicemail access, statistics and commercial callers (0843, 0844), internet access.
        case other
    }

    public enum Result: Hashable, Sendable {
        /// - `region`: where the number is at home, as ISO 3166: the *prevailing* province of an Italian fixed number (`IT-RM`; borders of
        ///   districts cross provinces), `SM` and `VA` inside the Italian plan, the country of a foreign one (`CH`). nil for mobiles and
        ///   services: portability leaves them without a place.
        /// - `display`: as Italians write it, `06 1234 5678`; foreign numbers in their international form, `+41 91 123 45 67`.
        case number(e164: String, kind: Kind, region: String?, display: String)
        /// An extension of the switch's internal plan.
        case `extension`(String)
        /// A short code of public utility or of an operator: 112, 187, 1515. May call; is never dialled by a program.
        case short(String)
        /// The caller asked not to be shown: nothing to look up, nothing to keep.
        case withheld
        /// The network did not know.
        case unavailable
        case invalid
    }

    /// As it came, cut at ``Limits/rawBytes``; empty when the presentation forbids to keep it.
    public var raw: String
    public var result: Result
    /// Well formed, but in no range that we know to be assigned, or of a length that often means a lost digit.
    public var isConfidenceLow = false
    /// Another E.164 form of the same line, to be looked up as well: San Marino is reached as +39 0549 and as +378 0549.
    public var alternative: String?
    /// Of an invalid number, what was probably meant (a lost leading 0). For a person to confirm, never for an automatic match.
    public var hint: String?

    /// Not to be stored or matched: it may be another subscriber's. A foreign number that was written with its country code is what it says; we only know
    /// its country's ranges less well.
    public var isDoubtful: Bool {
        guard isConfidenceLow, let e164 else { return false }
        let written = raw.drop { $0.isWhitespace }
        return e164.hasPrefix("+39") || !(written.hasPrefix("+") || written.hasPrefix("00"))
    }

    /// nil when there is no number to look up.
    public var e164: String? {
        if case .number(let e164, _, _, _) = result { e164 } else { nil }
    }
}

/// What is known of the trunk that brings a number without `+` or `00`.
public enum TrunkRule: String, Hashable, Sendable, CaseIterable {
    /// National numbers, or E.164 without plus where no national number can be meant.
    case `default`
    /// The trunk always sends E.164 and leaves the plus out.
    case e164WithoutPlus
    /// An old PBX strips the leading 0 of “national” ISDN numbers: wrong since 1998, still met.
    case prependZero
}

/// The extensions of a switch, e.g. 200…299: two to five digits.
public struct InternalPlan: Hashable, Sendable {
    public var ranges: [ClosedRange<Int>]

    public init(_ ranges: [ClosedRange<Int>] = []) { self.ranges = ranges }

    func contains(_ digits: String) -> Bool {
        guard (2...5).contains(digits.utf8.count), digits.utf8.first != UInt8(ascii: "0"), let value = Int(digits) else { return false }
        return ranges.contains { $0.contains(value) }
    }
}

enum Limits {
    /// The longest honest form, a SIP address with parameters, stays below; whatever is longer is not a number.
    static let rawBytes = 64
    /// ITU-T E.164 allows 15 digits; nothing under 7 can be dialled from abroad.
    static let e164Digits = 7...15
    /// Two generations of this many numbers, some 200 bytes each: 2 MB. A busy day of a site has a few thousand callers.
    static let cachedNumbers = 5000
}
