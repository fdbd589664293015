import Telephony
import Wallboard

/// The wallboard as lines of a terminal: a function of what is known, the window and the time.
struct WallboardTable {
    struct Window: Equatable {
        var columns: Int
        var rows: Int
    }

    var window: Window
    var hasColours: Bool
    /// The only queues to be shown; all where empty.
    var only: Set<String> = []

    private struct Column {
        var title: String
        /// Columns with the largest go first when the window is narrow.
        var rank: Int
        var isText = false
        var cell: (WallboardMessage.Queue) -> String
        var style: (WallboardMessage.Queue) -> Console.Style = { _ in .plain }
    }

    func lines(_ picture: WallboardPicture, source: String, at now: UnixTime) -> [String] {
        var lines = [styled(fitted("\(source) · \("\(now)".prefix(19))Z", window.columns), .bold)]
        if let loss = picture.loss {
            let seconds = max(0, Int((loss.retryAt - now).seconds.rounded(.up)))
            lines.append(
                styled(
                    fitted("! The stream is lost; next attempt in \(seconds) s. \(shown(loss.reason, limit: 300))", window.columns), .red))
            if picture.hasSnapshot {
                lines.append(styled(fitted("! Nothing below is live: it is as of \(loss.at).", window.columns), .red))
            }
        }
        guard picture.hasSnapshot else { return lines + (picture.loss == nil ? ["Waiting for the first figures."] : []) }
        let foot = picture.loss == nil ? switchLines(picture) : []
        let chosen = picture.queues.sorted { $0.key < $1.key }.map(\.value).filter { only.isEmpty || only.contains($0.name) }
        let room = max(1, window.rows - lines.count - foot.count - 3)
        let hidden = chosen.count > room ? chosen.count - room + 1 : 0
        lines.append("")
        lines += table(Array(chosen.prefix(chosen.count - hidden)), picture, at: now)
        if hidden > 0 {
            lines.append(fitted("… and \(hidden) more queues: make the window taller, or choose with --queue.", window.columns))
        }
        if chosen.isEmpty { lines.append(only.isEmpty ? "No queue is known yet." : "No queue of that name is known yet.") }
        return Array((lines + [""] + foot).prefix(max(1, window.rows)))
    }

    // MARK: queues

    private func table(_ queues: [WallboardMessage.Queue], _ picture: WallboardPicture, at now: UnixTime) -> [String] {
        let manySwitches = Set(picture.queues.keys.map(\.switch)).count > 1
        let columns = [
            Column(title: "QUEUE", rank: 0, isText: true) { queue in
                // Without colours, too, a figure that stands still must not look alive.
                (picture.isLive(queue) ? "" : "~ ") + shown(manySwitches ? "\(queue.name) (\(queue.switch))" : queue.name, limit: 40)
            },
            Column(title: "WAITING", rank: 1, cell: { "\($0.waiting)" }, style: { $0.waiting > 0 ? .bold : .plain }),
            Column(title: "LONGEST", rank: 2) { picture.longestWait($0, at: now).map(Self.clock) ?? "–" },
            Column(title: "SL", rank: 3, cell: { Self.level($0.serviceLevel) }, style: { Self.levelStyle($0.serviceLevel) }),
            Column(title: "OFFERED", rank: 7) { "\($0.offered)" }, Column(title: "ANSWERED", rank: 4) { "\($0.answered)" },
            Column(title: "ABANDONED", rank: 5) { "\($0.abandoned)" },
            Column(title: "FLOW-OUT", rank: 6) {
                "\($0.flowOut.timeout + $0.flowOut.key + $0.flowOut.empty + $0.flowOut.withdrawn + $0.flowOut.unknown)"
            }, Column(title: "AGENTS", rank: 8, isText: true) { Self.agents($0.agents) },
        ]
        var shownColumns = columns
        func widths() -> [Int] { shownColumns.map { column in queues.map { column.cell($0).count }.reduce(column.title.count, max) } }
        func total() -> Int { widths().reduce(0, +) + 2 * (shownColumns.count - 1) }
        while total() > window.columns, shownColumns.count > 3,
            let last = shownColumns.indices.max(by: { shownColumns[$0].rank < shownColumns[$1].rank })
        {
            // The states of agents may be cut before they go.
            if shownColumns[last].title == "AGENTS", total() - widths()[last] + 20 <= window.columns { break }
            shownColumns.remove(at: last)
        }
        let fittedWidths = widths()
        func row(_ cells: [(text: String, style: Console.Style)]) -> String {
            var left = window.columns
            var line = ""
            for (index, cell) in cells.enumerated() where left > 0 {
                let text = fitted(cell.text, left)
                let padding = String(repeating: " ", count: max(0, min(fittedWidths[index], left) - text.count))
                let isLast = index == cells.count - 1
                line += shownColumns[index].isText ? styled(text, cell.style) + (isLast ? "" : padding) : padding + styled(text, cell.style)
                left -= max(fittedWidths[index], text.count)
                if !isLast, left > 0 {
                    let gap = min(2, left)
                    line += String(repeating: " ", count: gap)
                    left -= gap
                }
            }
            return line
        }
        return [row(shownColumns.map { ($0.title, .dim) })]
            + queues.map { queue in
                let isLive = picture.isLive(queue)
                return row(shownColumns.map { ($0.cell(queue), isLive ? $0.style(queue) : .dim) })
            }
    }

    /// A sign beside the colour: a tick where the target is met, a cross where it is not.
    private static func level(_ level: WallboardMessage.ServiceLevel) -> String {
        guard let ratio = level.ratio else { return "n/a" }
        return "\(ratio >= level.target ? "✓" : "✗") \(Int((ratio * 100).rounded(.down))) %"
    }

    private static func levelStyle(_ level: WallboardMessage.ServiceLevel) -> Console.Style {
        level.ratio.map { $0 >= level.target ? .green : .red } ?? .plain
    }

    private static func agents(_ counts: WallboardMessage.AgentCounts) -> String {
        let order = [
            "available", "ringing", "talking", "held", "consulting", "wrapUp", "other", "paused", "partiallyAvailable", "unreachable",
        ]
        let known = order.filter { counts[$0, default: 0] > 0 }
        let rest = counts.filter { $0.value > 0 && !order.contains($0.key) }.keys.sorted()
        return (known + rest).map { "\(counts[$0] ?? 0) \(shown(words[$0] ?? $0, limit: 20))" }.joined(separator: " · ")
    }

    private static let words = [
        "wrapUp": "wrap-up", "partiallyAvailable": "partly available", "other": "other call", "held": "on hold", "loggedOff": "logged off",
    ]

    /// Minutes and seconds, with hours once there are some.
    private static func clock(_ span: Span) -> String {
        let seconds = span.microseconds / 1_000_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return seconds < 3600 ? "\(seconds / 60):\(two(seconds % 60))" : "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }

    // MARK: switches

    private func switchLines(_ picture: WallboardPicture) -> [String] {
        let all = picture.switches.values.sorted { $0.name < $1.name }
        let good = all.filter { $0.state == .connected }.map { shown($0.name, limit: 30) + unheard($0.coverage) }
        let bad = all.filter { $0.state != .connected }.map { entry in
            let words: String =
                switch entry.state {
                case .connected: "connected"
                case .connecting: "connecting"
                case .loggingIn: "logging in"
                case .synchronizing: "asking for the inventory"
                case .disconnected: "disconnected"
                case .refused: "refused"
                }
            let text =
                "~ \(shown(entry.name, limit: 30)): \(words) since \(shown(entry.since, limit: 30)). \(shown(entry.detail ?? "", limit: 300))"
            return styled(fitted(text, window.columns), .yellow)
        }
        return bad + (good.isEmpty ? [] : [fitted("Connected: \(good.joined(separator: ", "))", window.columns)])
    }

    /// What was not heard since the counters began.
    private func unheard(_ coverage: WallboardMessage.Coverage?) -> String {
        guard let coverage, coverage.gaps > 0, coverage.lostSeconds < 1e9 else { return "" }
        return " (\(Int(coverage.lostSeconds.rounded(.up))) s not heard in \(coverage.gaps) gap\(coverage.gaps == 1 ? "" : "s"))"
    }

    private func styled(_ text: String, _ style: Console.Style) -> String { hasColours ? Console.coloured(text, style) : text }
}
