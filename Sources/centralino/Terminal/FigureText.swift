import Foundation

/// How figures are printed for people, in every command.
enum FigureText {
    /// Not known, which is not zero. A dash means that there is nothing, e.g. that nobody waits.
    static let unknown = "n/a"

    /// A length of time in the units that a person reads it in: 12 s, 2 min 5 s, 2 h 45 min 18 s. `decimals`: of the
    /// seconds, where a figure must be checked by its numerator and denominator. Rounded half away from zero.
    static func duration(_ seconds: Double, decimals: Int = 0) -> String {
        guard seconds.isFinite, abs(seconds) < ProgramLimits.shownSeconds else { return unknown }
        let scale = pow(10.0, Double(decimals))
        // In whole last digits: 59.9996 s must not become 60 s.
        let digits = Int64((abs(seconds) * scale).rounded(.toNearestOrAwayFromZero))
        let (minutes, rest) = digits.quotientAndRemainder(dividingBy: 60 * Int64(scale))
        let last = String(format: "%.\(decimals)f s", Double(rest) / scale)
        let sign = seconds < 0 && digits > 0 ? "−" : ""
        if minutes == 0 { return sign + last }
        return sign + (minutes < 60 ? "\(minutes) min \(last)" : "\(minutes / 60) h \(minutes % 60) min \(last)")
    }

    /// `ratio`: 1 is 100 %. Rounded half away from zero.
    static func share(_ ratio: Double?, decimals: Int = 1) -> String {
        guard let ratio, ratio.isFinite, abs(ratio) < ProgramLimits.shownShare else { return unknown }
        let scale = pow(10.0, Double(decimals))
        return String(format: "%.\(decimals)f %%", (ratio * 100 * scale).rounded(.toNearestOrAwayFromZero) / scale)
    }
}
