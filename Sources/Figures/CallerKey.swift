import Telephony

/// Distinguishes two calls of one caller from calls of two callers: a digest of the number, which itself is not kept.
///
/// The number is taken as the switch sent it: `+39 06…` and `06…` are two callers, unless the switch always
/// sends one form. `domain.md` §3.3, uniqueCallers.
public struct CallerKey: Codable, Hashable, Sendable {
    var digest: UInt64

    init(digest: UInt64) { self.digest = digest }

    /// nil where there was no number, or only a placeholder for one, or the number is withheld.
    public init?(_ caller: CallerID) {
        // The digits of a host, a port or a parameter are not a number: `sip:+390612345678@192.0.2.9:5060`.
        guard let number = SubscriberText(caller.number)?.text, PlaceholderNumber(number) == nil else { return nil }
        // The international prefix.
        var digits = Array(number.utf8.filter { (48...57).contains($0) })
        if digits.starts(with: [48, 48]) { digits.removeFirst(2) }
        guard !digits.isEmpty else { return nil }
        // FNV-1a
        digest = digits.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    public init(from decoder: any Decoder) throws { digest = try decoder.singleValueContainer().decode(UInt64.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(digest)
    }
}
