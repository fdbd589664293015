import Time
import Wallboard

/// A queue's last hour in twelve characters: the callers of each five minutes. A step in which the switch was not
/// heard is a point, never a zero.
struct Sparkline {
    /// Twelve steps of five minutes are an hour.
    static let length = 12
    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
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
        let heard = Dictionary(
            steps.compactMap { entry in
                UnixTime(rfc3339: entry.from).flatMap {
                    entry.lostSeconds > 0 ? nil : ($0.microseconds / step, max(0, entry.offered))
                }
            }, uniquingKeysWith: { $1 })
        let offered = (0..<Int64(Self.length)).map { heard[end - Int64(Self.length) + 1 + $0] }
        let most = offered.compactMap { $0 }.max() ?? 0
        return String(offered.map { $0.map { Self.bar($0, of: most) } ?? "·" })
    }

    /// The lowest bar means nobody; the highest is the maximum of the line.
    private static func bar(_ number: Int, of most: Int) -> Character {
        number == 0 ? bars[0] : bars[max(1, (number * (bars.count - 1) + most / 2) / most)]
    }
}
