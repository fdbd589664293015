import Time
import Wallboard

/// The wallboard as lines of a terminal: a function of the picture, the window and the time.
struct WallboardTable {
    struct Window: Equatable {
        var columns: Int
        var rows: Int
    }

    var window: Window
    var hasColours: Bool
    /// What to show.
    var only = WallboardFilter()

    private struct Column {
        var title: String
        /// In a narrow window the columns with the largest rank are left out first.
        var rank: Int
        var isText = false
        var cell: (WallboardMessage.Queue) -> String
        var style: (WallboardMessage.Queue) -> Console.Style = { _ in .plain }
    }

    func lines(_ picture: WallboardPicture, source: String, at now: UnixTime) -> [String] {
        var lines = [styled(fitted("\(source) · \(picture.time.clock(now))", window.columns), .bold)]
        if let loss = picture.loss {
            let seconds = max(0, Int((loss.retryAt - now).seconds.rounded(.up)))
            lines.append(
                styled(
                    fitted(
                        "! The stream is lost; next attempt in \(seconds) s. \(shown(loss.reason, limit: ProgramLimits.shownSentence))",
                        window.columns), .red))
            if picture.hasSnapshot {
                lines.append(
                    styled(
                        fitted("! Nothing below is live: it is as of \(picture.time.text(loss.at)).", window.columns),
                        .red))
            }
        }
        guard picture.hasSnapshot else {
            return lines + (picture.loss == nil ? ["Waiting for the first figures."] : [])
        }
        let chosen = picture.queues.sorted { $0.key < $1.key }.map(\.value).filter { only.wants($0) }
        let foot =
            picture.loss == nil ? switchLines(only.concerned(picture.switches.values, by: chosen), picture.time) : []
        // The queues have priority: a small window shows fewer alarms.
        let alarms = WallboardAlarms.lines(
            chosen, picture.time,
            atMost: max(0, min(ProgramLimits.shownAlarms, window.rows - lines.count - foot.count - 3 - chosen.count)))
        let room = max(1, window.rows - lines.count - foot.count - 3 - alarms.count)
        let hidden = chosen.count > room ? chosen.count - room + 1 : 0
        lines.append("")
        lines += table(Array(chosen.prefix(chosen.count - hidden)), picture, at: now)
        if hidden > 0 {
            lines.append(
                fitted("… and \(hidden) more queues: make the window taller, or choose with --queue.", window.columns))
        }
        lines += alarms.map { styled(fitted($0.text, window.columns), picture.loss == nil ? $0.style : .dim) }
        if chosen.isEmpty {
            lines.append(only.isEverything ? "No queue is known yet." : "No queue of that name is known yet.")
        }
        return Array((lines + [""] + foot).prefix(max(1, window.rows)))
    }

    // MARK: queues

    private func table(_ queues: [WallboardMessage.Queue], _ picture: WallboardPicture, at now: UnixTime) -> [String] {
        let manySwitches = Set(picture.queues.keys.map(\.switch)).count > 1
        let sparkline = picture.history.map(Sparkline.init)
        func today(_ queue: WallboardMessage.Queue) -> (text: String, style: Console.Style) {
            Self.level(
                queue.serviceLevel.ratio, queue.serviceLevel.target, most: queue.serviceLevel.most,
                hasGap: picture.lostToday(queue) > 0)
        }
        func lately(_ queue: WallboardMessage.Queue) -> (text: String, style: Console.Style) {
            let ratio = queue.windows.first { $0.name == "30m" }?.ratio
            return Self.level(
                ratio, queue.serviceLevel.target, hasGap: picture.hasGap(queue, withinMinutes: 30, at: now))
        }
        let columns = [
            Column(
                title: "QUEUE", rank: 0, isText: true,
                cell: { queue in
                    // Even without colours, a frozen figure must not look alive, and an alarm must be visible.
                    let name = shown(
                        manySwitches ? "\(queue.name) (\(queue.switch))" : queue.name, limit: ProgramLimits.shownName)
                    return (picture.isLive(queue) ? "" : "~ ") + (WallboardAlarms.mark(queue).map { "\($0) " } ?? "")
                        + name
                }, style: { WallboardAlarms.style($0) }),
            Column(title: "WAITING", rank: 1, cell: { "\($0.waiting)" }, style: { $0.waiting > 0 ? .bold : .plain }),
            Column(title: "LONGEST", rank: 2) { picture.longestWait($0, at: now).map(Self.clock) ?? "–" },
            Column(title: "LAST HOUR", rank: 6, isText: true) {
                sparkline?.line($0.name, on: $0.switch, at: picture.serverTime(at: now)) ?? ""
            },
            Column(title: "ANSWERED", rank: 4) { "\($0.answered)" },
            Column(title: "ABANDONED", rank: 5) { "\($0.abandoned)" },
            Column(title: "SL", rank: 3, cell: { today($0).text }, style: { today($0).style }),
            Column(title: "SL 30M", rank: 8, cell: { lately($0).text }, style: { lately($0).style }),
            Column(title: "ASA", rank: 9) {
                $0.waits.averageSpeedOfAnswerSeconds.map { Self.clock(seconds: $0) } ?? FigureText.unknown
            },
            Column(title: "FREE", rank: 7) { Self.agents($0, ["available", "partiallyAvailable"]) },
            Column(title: "BUSY", rank: 10) {
                Self.agents($0, ["ringing", "talking", "held", "consulting", "wrapUp", "other"])
            },
            Column(title: "PAUSED", rank: 11) { Self.agents($0, ["paused"]) },
        ].filter { $0.title != "LAST HOUR" || sparkline != nil }
        var shownColumns = columns
        func widths() -> [Int] {
            shownColumns.map { column in queues.map { column.cell($0).count }.reduce(column.title.count, max) }
        }
        func total() -> Int { widths().reduce(0, +) + 2 * (shownColumns.count - 1) }
        while total() > window.columns, shownColumns.count > 3,
            let last = shownColumns.indices.max(by: { shownColumns[$0].rank < shownColumns[$1].rank })
        {
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
                line +=
                    shownColumns[index].isText
                    ? styled(text, cell.style) + (isLast ? "" : padding) : padding + styled(text, cell.style)
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

    /// A service level that misses its target by no more than this is near it, as on the wallboard page.
    private static let near = 0.1

    /// A sign beside the colour: a tick where the target is met, a triangle where it is nearly met, a cross where it
    /// is missed. A half means that what was heard meets it: nothing is green over a gap.
    /// A caller who has waited too long is a miss already, though counted only when answered or gone: `most` is what
    /// the ratio can still become.
    private static func level(_ ratio: Double?, _ target: Double, most: Double? = nil, hasGap: Bool) -> (
        text: String, style: Console.Style
    ) {
        guard let ratio else { return (FigureText.unknown, .plain) }
        let percent = FigureText.share(ratio)
        let best = min(ratio, most ?? ratio)
        guard best >= target else { return best >= target - near ? ("▲ \(percent)", .yellow) : ("✗ \(percent)", .red) }
        return hasGap ? ("◐ \(percent)", .plain) : ("✓ \(percent)", .green)
    }

    private static func agents(_ queue: WallboardMessage.Queue, _ states: [String]) -> String {
        guard let agents = queue.agents else { return FigureText.unknown }
        return "\(states.reduce(0) { $0 + agents[$1, default: 0] })"
    }

    /// Minutes and seconds, with hours once there are some.
    static func clock(seconds: Double) -> String {
        seconds.isFinite && seconds >= 0 && seconds < ProgramLimits.shownSeconds
            ? clock(Span(microseconds: Int64(seconds * 1_000_000))) : FigureText.unknown
    }

    static func clock(_ span: Span) -> String {
        let seconds = span.microseconds / 1_000_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return seconds < 3600
            ? "\(seconds / 60):\(two(seconds % 60))"
            : "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }

    // MARK: switches

    private func switchLines(_ switches: [WallboardMessage.Switch], _ time: ShownTime) -> [String] {
        let all = switches.sorted { $0.name < $1.name }
        let good = all.filter { $0.state == .connected }.map {
            shown($0.name, limit: ProgramLimits.shownSwitch) + unheard($0.coverage)
        }
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
                "~ \(shown(entry.name, limit: ProgramLimits.shownSwitch)): \(words) since \(time.text(entry.since)). \(shown(entry.detail ?? "", limit: ProgramLimits.shownSentence))"
            return styled(fitted(text, window.columns), .yellow)
        }
        return bad + (good.isEmpty ? [] : [fitted("Connected: \(good.joined(separator: ", "))", window.columns)])
    }

    /// How much of today was not heard.
    private func unheard(_ coverage: WallboardMessage.Coverage?) -> String {
        guard let coverage else { return "" }
        var words: [String] = []
        if coverage.lostSeconds > 0, coverage.lostSeconds < ProgramLimits.shownSeconds {
            // Begun seconds count: a gap is never 0 s.
            words.append("\(FigureText.duration(coverage.lostSeconds.rounded(.up))) of today not heard")
            if coverage.gaps > 0 { words.append("\(coverage.gaps) gap\(coverage.gaps == 1 ? "" : "s")") }
        }
        if coverage.unknownSeconds ?? 0 > 0 { words.append("no link: nobody can tell whether everything arrived") }
        return words.isEmpty ? "" : " (\(words.joined(separator: "; ")))"
    }

    private func styled(_ text: String, _ style: Console.Style) -> String {
        hasColours ? Console.coloured(text, style) : text
    }
}
