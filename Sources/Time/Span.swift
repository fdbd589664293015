/// A length of time in whole microseconds: exact in sums, and 8 bytes where `Duration` needs 16.
public struct Span: Hashable, Comparable, Sendable, AdditiveArithmetic {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static let zero = Span(microseconds: 0)
    /// Saturates: a number from a peer must not overflow.
    public static func seconds(_ value: Int64) -> Span {
        let (microseconds, isOverflow) = value.multipliedReportingOverflow(by: 1_000_000)
        return Span(microseconds: isOverflow ? (value < 0 ? .min : .max) : microseconds)
    }
    public static func milliseconds(_ value: Int64) -> Span { Span(microseconds: value * 1000) }

    /// In seconds, for people and JSON.
    public var seconds: Double { Double(microseconds) / 1_000_000 }

    public static func < (left: Span, right: Span) -> Bool { left.microseconds < right.microseconds }
    public static func + (left: Span, right: Span) -> Span {
        Span(microseconds: left.microseconds + right.microseconds)
    }
    public static func - (left: Span, right: Span) -> Span {
        Span(microseconds: left.microseconds - right.microseconds)
    }
}

/// Encoded as its number of microseconds.
extension Span: Codable {
    public init(from decoder: any Decoder) throws {
        microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }
}

extension Optional<Span> {
    /// The lesser of two; nil stands for never.
    public func earlier(_ other: Span?) -> Span? {
        guard let self else { return other }
        return other.map { Swift.min(self, $0) } ?? self
    }
}
