import Figures
import Foundation
import Wallboard

/// Figures for people. Every name from the gateway is made safe for a terminal.
enum FigureTable {
    private static let unknown = FigureText.unknown

    static func text(_ message: StatisticsMessage, thresholds: Bool = false) -> String {
        var lines = head(message.scope, message.window, at: message.at) + [coverage(message.coverage, message.window)]
        if let contract = message.contract { lines.append(self.contract(contract)) }
        if let longest = message.longestWaitSeconds { lines.append("Longest wait now: \(seconds(longest)).") }
        if let estimates = message.estimates, let minutes = estimates.announcedMinutes {
            lines.append("A caller who joins now would hear: about \(minutes) min.")
        }
        lines.append("")
        lines += table(message.figures)
        if thresholds, let first = message.thresholds.first {
            var table = TextTable(["wait ≤", "answered", "abandoned"] + first.levels.map { shown($0.formula) })
            for row in message.thresholds {
                table.add(
                    ["\(plain(row.thresholdSeconds)) s", "\(row.answered)", "\(row.abandoned)"]
                        + row.levels.map { $0.ratio.map(percent) ?? unknown })
            }
            lines += ["", table.text]
        }
        if let pauses = message.time?.pauses, !pauses.isEmpty {
            var table = TextTable(["pause", "time"])
            for (reason, time) in pauses.sorted(by: { $0.key < $1.key }) {
                table.add([reason.isEmpty ? "(no reason)" : shown(reason), seconds(time)])
            }
            lines += ["", table.text]
        }
        if let withheld = message.withheld { lines += ["", shown(withheld, limit: ProgramLimits.shownSentence)] }
        return lines.joined(separator: "\n")
    }

    static func text(_ message: ExplanationMessage, offset: Int = 0) -> String {
        var lines =
            head(message.scope, message.window, at: message.at) + [coverage(message.coverage, message.window), ""]
        let time = ShownTime(zone: message.window.timeZone)
        lines += table([message.figure])
        let hasOrder = message.numerator.sum == nil
        lines += [
            "",
            part(
                "Numerator", message.numerator, message.figure, time, offset: offset,
                isTime: hasOrder || hasTimeAbove(message.figure)),
        ]
        if let denominator = message.denominator {
            lines += [
                "",
                part(
                    "Denominator", denominator, message.figure, time, offset: offset,
                    isTime: hasTimeBelow(message.figure)),
            ]
        }
        return lines.joined(separator: "\n")
    }

    // MARK: parts

    private static func head(_ scope: StatisticsMessage.Scope, _ window: StatisticsMessage.Window, at: String)
        -> [String]
    {
        let names = scope.names.map { "“\(shown($0))”" }.joined(separator: ", ")
        let place = scope.switches.map { " on \($0.map { "“\(shown($0))”" }.joined(separator: ", "))" } ?? ""
        let whose = scope.kind == "all" ? "Everything" : "\(shown(scope.kind)) \(names)\(place)"
        let base = window.base == "cohort" ? "by joining" : "by ending"
        return [
            "\(whose), \(shown(window.name)) (\(base)): from \(shown(window.fromLocal)) to \(shown(window.toLocal)), "
                + "as of \(ShownTime(zone: window.timeZone).text(at))."
        ]
    }

    private static func coverage(_ coverage: StatisticsMessage.Coverage, _ window: StatisticsMessage.Window) -> String {
        var parts = ["Coverage: \(seconds(coverage.seconds))"]
        parts.append(
            coverage.lostSeconds > 0
                ? "of which \(seconds(coverage.lostSeconds)) were not heard\(coverage.gaps > 0 ? " (gaps: \(coverage.gaps))" : "")"
                : "all heard")
        if let seconds = coverage.unknownSeconds, seconds > 0 {
            parts.append("of \(Self.seconds(seconds)) it is unknown (a source without a link)")
        }
        if coverage.open > 0 { parts.append("provisional while \(coverage.open) wait") }
        if coverage.unmeasured > 0 { parts.append("\(coverage.unmeasured) not seen whole") }
        if let border = coverage.truncatedBefore {
            parts.append("nothing is known before \(ShownTime(zone: window.timeZone).text(border))")
        }
        if let seconds = coverage.unjournalledSeconds, seconds > 0 {
            parts.append("\(Self.seconds(seconds)) are incomplete in the journal of this run")
        }
        return parts.joined(separator: ", ") + "."
    }

    private static func contract(_ contract: StatisticsMessage.Contract) -> String {
        func level(_ level: StatisticsMessage.Level) -> String { level.ratio.map(percent) ?? unknown }
        let short = "\(plain(contract.shortAbandonSeconds)) s"
        return
            "Contract: \(shown(contract.formula)) within \(plain(contract.thresholdSeconds)) s (short abandons: \(short)): "
            + "\(contract.level.numerator)/\(contract.level.denominator) = \(level(contract.level)), target \(percent(contract.target)); "
            + "when all is known, from \(level(contract.least)) to \(level(contract.most))."
    }

    /// Figures are aligned right, words left.
    private static func table(_ figures: [StatisticsMessage.Figure]) -> [String] {
        guard !figures.isEmpty else { return [] }
        var table = TextTable(["figure", "value", "numerator", "denominator"])
        for figure in figures {
            table.add([
                shown(figure.id), value(figure),
                figure.numerator.map { term($0, isTime: hasTimeAbove(figure)) } ?? unknown,
                figure.denominator.map { term($0, isTime: hasTimeBelow(figure)) } ?? "",
            ])
        }
        let words = ["formula"] + figures.map { "\(shown($0.formula)) · \(shown($0.name))" }
        return zip(table.text.split(separator: "\n", omittingEmptySubsequences: false), words).map { "\($0)  \($1)" }
    }

    private static func part(
        _ title: String, _ part: ExplanationMessage.Part, _ figure: StatisticsMessage.Figure, _ time: ShownTime,
        offset: Int, isTime: Bool
    ) -> String {
        let sum = part.sum.map { term($0, isTime: isTime) }
        let head = "\(title): \(sum.map { "\($0), of " } ?? "")\(part.count) call(s)."
        guard !part.calls.isEmpty else { return head }
        var table = TextTable(["call id", "from", "to", "value", "record"])
        for call in part.calls {
            table.add([
                call.channel.map { shown($0) } ?? unknown, time.text(call.from), call.to.map(time.text) ?? "waits",
                term(call.value, isTime: isTime), call.record.map { shown($0) } ?? unknown,
            ])
        }
        let words = ["queue · rule"] + part.calls.map { "\($0.queue.map { shown($0) } ?? unknown) · \(shown($0.rule))" }
        let rows = zip(table.text.split(separator: "\n", omittingEmptySubsequences: false), words).map {
            "\($0)  \($1)"
        }
        let told = offset + part.calls.count
        let more = told < part.count ? ["\(part.count - told) more: --offset \(told)"] : []
        return ([head] + rows + more).joined(separator: "\n")
    }

    // MARK: values

    /// Whether the numerator is in microseconds. For an unknown figure of a newer gateway the unit decides: a time is
    /// divided or summed in it.
    private static func hasTimeAbove(_ figure: StatisticsMessage.Figure) -> Bool {
        FigureDefinition.find(figure.id).map { $0.numeratorUnit == .microseconds } ?? (figure.unit == "seconds")
    }

    /// Whether the denominator is in microseconds.
    private static func hasTimeBelow(_ figure: StatisticsMessage.Figure) -> Bool {
        FigureDefinition.find(figure.id).map { $0.denominatorUnit == .microseconds } ?? (figure.unit == "perHour")
    }

    private static func term(_ value: Int64, isTime: Bool) -> String { isTime ? microseconds(value) : "\(value)" }

    private static func value(_ figure: StatisticsMessage.Figure) -> String {
        guard let value = figure.value else { return unknown }
        switch figure.unit {
        case "ratio": return percent(value)
        case "seconds": return seconds(value)
        case "perHour": return String(format: "%.1f /h", value)
        default: return plain(value)
        }
    }

    private static func percent(_ value: Double) -> String { FigureText.share(value, decimals: 2) }
    private static func seconds(_ value: Double) -> String { FigureText.duration(value, decimals: 3) }
    private static func microseconds(_ value: Int64) -> String { seconds(Double(value) / 1_000_000) }
    private static func plain(_ value: Double) -> String {
        value == value.rounded() ? String(format: "%.0f", value) : "\(value)"
    }
}
