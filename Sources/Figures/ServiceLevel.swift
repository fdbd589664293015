import Telephony
import Time

/// A service level as numerator and denominator, so that several can be added up and divided once. `domain.md` §3.4.
public struct ServiceLevel: Equatable, Sendable {
    /// A queue's contract: what counts as in time, and by which formula. The formula's id is shown beside every figure.
    public struct Definition: Codable, Equatable, Sendable {
        /// An answer within this wait is in time: `wait ≤ threshold`, unrounded.
        public var threshold: Span
        /// A caller who gives up within this wait could not have been served (`SL6`).
        public var shortAbandon: Span
        /// The share to reach, from 0 to 1.
        public var target: Double

        public var formula: Formula

        public init(
            threshold: Span = .seconds(20),  // not a limit: the usual contract, 80/20
            shortAbandon: Span = .seconds(5),  // not a limit: the usual contract
            target: Double = 0.8, formula: Formula = .standard
        ) {
            self.threshold = threshold
            self.shortAbandon = shortAbandon
            self.target = target
            self.formula = formula
        }
    }

    public var numerator: Int
    public var denominator: Int

    public init(numerator: Int, denominator: Int) {
        self.numerator = numerator
        self.denominator = denominator
    }

    /// From 0 to 1; nil while nothing could be counted: an unknown is never shown as zero.
    public var ratio: Double? { denominator > 0 ? Double(numerator) / Double(denominator) : nil }
}
