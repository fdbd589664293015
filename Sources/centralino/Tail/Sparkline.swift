import Time
import Wallboard

/// A queue's last hour in twelve characters: the callers of each five minutes.
///
/// The bar of a step is dotted where the switch was not heard for a part of it: there may have been more callers. A
/// step of which nothing is known is a point, never a zero.
struct Sparkline {
    /// Twelve steps of five minutes are an hour.
    static let length = 12
    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let dottedBars: [Character] = ["⣀", "⣤", "⣶", "⣿"]
    /// An answer may be late by a minute and its request; after that the newest callers are unknown.
    private static let freshness = Span.seconds(150)

    private let history: HistoryMessage

    init(_ history: HistoryMessage) { self.history = history }

    /// The last step is the current one at `now`, by the gateway's clock; while the history is fresh, the last that
    /// it has.
    func line(_ queue: String, on switch: String, at now: UnixTime) -> String {
        let step = Int64(max(1, history.stepSeconds)) * 1_000_000
        let written = UnixTime(rfc3339: history.at) ?? now
        let end = (now - written <= Self.freshness ? written : now).microseconds / step
        let steps = history.queues.first { $0.name == queue && $0.switch == `switch` }?.steps ?? []
        let known = Dictionary(
            steps.compactMap { entry in
                // What was lost may be all that came.
                let isKnown = entry.lostSeconds <= 0 || entry.offered > 0
                return UnixTime(rfc3339: entry.from).flatMap { isKnown ? ($0.microseconds / step, entry) : nil }
            }, uniquingKeysWith: { $1 })
        let shown = (0..<Int64(Self.length)).map { known[end - Int64(Self.length) + 1 + $0] }
        let most = shown.compactMap { $0?.offered }.max() ?? 0
        return String(
            shown.map { entry in
                guard let entry else { return "·" }
                return entry.lostSeconds > 0
                    ? Self.dottedBar(entry.offered, of: most) : Self.bar(max(0, entry.offered), of: most)
            })
    }

    /// The lowest bar means nobody; the highest is the maximum of the line.
    private static func bar(_ number: Int, of most: Int) -> Character {
        number == 0 ? bars[0] : bars[max(1, (number * (bars.count - 1) + most / 2) / most)]
    }

    /// Of at least one caller: the lowest bar means few.
    private static func dottedBar(_ number: Int, of most: Int) -> Character {
        dottedBars[(number * dottedBars.count + most - 1) / most - 1]
    }
}
