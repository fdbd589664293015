import Telephony

extension ServiceLevel {
    /// One of the ways in which a service level is computed. They differ by ten points on the same calls: a contract names one, by this id. `domain.md` §3.4.
    public struct Formula: Hashable, Codable, Sendable {
        /// 1: abandons within T count as served. 2: abandons are ignored. 3: abandons are failures. 4: abandons within T are left out.
        /// 5: short abandons count as served. 6: short abandons are left out.
        public let variant: Int
        /// `+F`: callers who left the queue alive are failures.
        public let includesFlowOut: Bool

        init(_ variant: Int, includesFlowOut: Bool) {
            self.variant = variant
            self.includesFlowOut = includesFlowOut
        }

        /// `SL1` to `SL6`, or these with `+F`; nil for anything else.
        public init?(id: String) {
            guard let found = Self.all.first(where: { $0.id == id }) else { return nil }
            self = found
        }

        public static let all = [false, true].flatMap { flowOut in (1...6).map { Formula($0, includesFlowOut: flowOut) } }
        /// What the house proposes where no contract says otherwise.
        public static let standard = Formula(6, includesFlowOut: true)

        public var id: String { "SL\(variant)\(includesFlowOut ? "+F" : "")" }

        /// A_T = answered within T, B_T = abandoned within T, Bs = short abandons, F = flow-outs.
        public var text: String {
            let numerator = [1: "A_T + B_T", 5: "A_T + Bs"][variant] ?? "A_T"
            let terms = [2: "A", 4: "A + B − B_T", 6: "A + B − Bs"][variant] ?? "A + B"
            let denominator = includesFlowOut ? "\(terms) + F" : terms
            func grouped(_ text: String) -> String { text.contains(" ") ? "(\(text))" : text }
            return "\(grouped(numerator))/\(grouped(denominator))"
        }

        /// Visits whose wait was not seen whole are in neither: an unknown is no success and no failure.
        public var numerator: [VisitClass] {
            switch variant {
            case 1: [.answeredInTime, .abandonedShortInTime, .abandonedInTime]
            case 5: [.answeredInTime] + VisitClass.shortAbandons
            default: [.answeredInTime]
            }
        }

        public var denominator: [VisitClass] {
            let answered: [VisitClass] = [.answeredInTime, .answeredLate]
            let abandoned: [VisitClass] =
                switch variant {
                case 2: []
                case 4: [.abandonedShortLate, .abandonedLate]
                case 6: [.abandonedInTime, .abandonedLate]
                default: [.abandonedShortInTime, .abandonedShortLate, .abandonedInTime, .abandonedLate]
                }
            return answered + abandoned + (includesFlowOut ? VisitClass.flowOut : [])
        }
    }
}
