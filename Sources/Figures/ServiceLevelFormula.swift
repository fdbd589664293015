import Telephony

extension ServiceLevel {
    /// One of the ways to compute a service level. They differ by ten points on the same calls: a contract
    /// names one, by this id. `domain.md` §3.4.
    public struct Formula: Hashable, Codable, Sendable {
        /// 1: abandons within T count as served. 2: abandons are ignored. 3: abandons are failures. 4:
        /// abandons within T are left out. 5: short abandons count as served. 6: short abandons are left out.
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

        public static let all = [false, true].flatMap { flowOut in (1...6).map { Formula($0, includesFlowOut: flowOut) }
        }
        /// The proposal where no contract names another.
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

        public var numerator: [VisitClass] { (Self.classes[self] ?? classes).numerator }
        public var denominator: [VisitClass] { (Self.classes[self] ?? classes).denominator }

        /// Asked for with each row of the wallboard.
        private static let classes = Dictionary(uniqueKeysWithValues: all.map { ($0, $0.classes) })

        private var classes: (numerator: [VisitClass], denominator: [VisitClass]) {
            (
                VisitClass.allCases.filter { verdict($0) == .served },
                VisitClass.allCases.filter { verdict($0) != .leftOut }
            )
        }

        private enum Verdict { case served, failed, leftOut }

        /// What a visit of the class counts as in this formula. One whose wait was not seen whole is left out: an
        /// unknown is neither a success nor a failure.
        private func verdict(_ visitClass: VisitClass) -> Verdict {
            switch visitClass {
            case .answeredInTime: .served
            case .answeredLate: .failed
            case .abandonedShortInTime: abandoned(isInTime: true, isShort: true)
            case .abandonedShortLate: abandoned(isInTime: false, isShort: true)
            case .abandonedInTime: abandoned(isInTime: true, isShort: false)
            case .abandonedLate: abandoned(isInTime: false, isShort: false)
            case .timeout, .key, .empty, .withdrawn, .flowOutUnknown: includesFlowOut ? .failed : .leftOut
            case .answeredUnmeasured, .abandonedUnmeasured, .lost, .waitingInTime, .waitingLate, .waitingUnmeasured:
                .leftOut
            }
        }

        private func abandoned(isInTime: Bool, isShort: Bool) -> Verdict {
            switch variant {
            case 1: isInTime ? .served : .failed
            case 2: .leftOut
            case 4: isInTime ? .leftOut : .failed
            case 5: isShort ? .served : .failed
            case 6: isShort ? .leftOut : .failed
            default: .failed
            }
        }
    }
}
