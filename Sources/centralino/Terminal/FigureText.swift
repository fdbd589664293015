import Foundation

/// How figures are printed for people, in every command.
enum FigureText {
    /// Not known, which is not zero. A dash means that there is nothing, e.g. that nobody waits.
    static let unknown = "n/a"

    /// `ratio`: 1 is 100 %. Rounded half away from zero.
    static func share(_ ratio: Double?, decimals: Int = 1) -> String {
        guard let ratio, ratio.isFinite, abs(ratio) < ProgramLimits.shownShare else { return unknown }
        let scale = pow(10.0, Double(decimals))
        return String(format: "%.\(decimals)f %%", (ratio * 100 * scale).rounded(.toNearestOrAwayFromZero) / scale)
    }
}
