import Reconciliation
import Time

/// What a reconciliation found, for people: the queues, the causes, and the calls that differ.
struct ReconcileTable {
    /// A log with more differences than this has one fault many times; `--json` lists them all.
    static let linesShown = 50

    let result: Reconciliation

    var text: String {
        var parts = [queues.text]
        let differences = result.findings.filter { $0.kind != .matched }
        guard !differences.isEmpty else { return parts[0] }
        parts.append(causes(differences).text)
        // Unexplained differences come first.
        let ordered = differences.filter(\.isUnexplained) + differences.filter { !$0.isUnexplained }
        var lines = ordered.prefix(Self.linesShown).map(line)
        if ordered.count > Self.linesShown {
            lines.append("… and \(ordered.count - Self.linesShown) more; --json lists them all.")
        }
        parts.append(lines.joined(separator: "\n"))
        return parts.joined(separator: "\n\n")
    }

    private var queues: TextTable {
        var table = TextTable(["QUEUE", "LOG", "OURS", "MATCHED", "EXPLAINED", "UNEXPLAINED"])
        for (queue, findings) in Dictionary(grouping: result.findings, by: \.queue).sorted(by: { $0.key < $1.key }) {
            // A pair that differs in two ways has two findings.
            let logged = Set(findings.compactMap { $0.logged.map { "\($0.call) \($0.entry)" } })
            let ours = Set(findings.compactMap { $0.ours.map { "\($0.contact) \($0.number)" } })
            let matched = findings.count { $0.kind == .matched }
            let unexplained = findings.count { $0.isUnexplained }
            table.add([
                shown(queue.rawValue, limit: ProgramLimits.shownName), "\(logged.count)", "\(ours.count)", "\(matched)",
                "\(findings.count - matched - unexplained)",
                "\(unexplained)",
            ])
        }
        return table
    }

    private func causes(_ differences: [Finding]) -> TextTable {
        var table = TextTable(["DIFFERENCE", "CAUSE", "CALLS"])
        for kind in Finding.Kind.allCases {
            for cause in Cause.allCases {
                let count = differences.count { $0.kind == kind && $0.cause == cause }
                if count > 0 { table.add([kind.rawValue, cause.rawValue, "\(count)"]) }
            }
        }
        return table
    }

    private func line(_ finding: Finding) -> String {
        let entry = finding.logged.map { " #\($0.entry)" } ?? ""
        let place =
            "\(finding.joined) \(shown(finding.queue.rawValue, limit: ProgramLimits.shownName)) \(shown(finding.call.rawValue, limit: ProgramLimits.shownIdentifier))\(entry)"
        return "\(place)  \(finding.kind.rawValue): \(facts(finding))  (\(finding.cause?.rawValue ?? ""))"
    }

    private func facts(_ finding: Finding) -> String {
        let log = finding.logged.map { ReconcileReport.Side($0, showsAgent: true) }
        let ours = finding.ours.map { ReconcileReport.Side($0, showsAgent: true) }
        func outcome(_ side: ReconcileReport.Side?) -> String {
            side.map { $0.outcome + ($0.reason.map { " (\($0))" } ?? "") } ?? "nothing"
        }
        func seconds(_ value: Double?) -> String { value.map { "\(($0 * 1000).rounded() / 1000) s" } ?? "nothing" }
        switch finding.kind {
        case .matched, .missingInLog, .missingHere, .differentOutcome:
            return "ours \(outcome(ours)), the log \(outcome(log))"
        case .waitDiffers: return "ours \(seconds(ours?.waitSeconds)), the log \(seconds(log?.waitSeconds))"
        case .talkDiffers: return "ours \(seconds(ours?.talkSeconds)), the log \(seconds(log?.talkSeconds))"
        case .agentDiffers: return "ours \(shown(ours?.agent ?? "nobody")), the log \(shown(log?.agent ?? "nobody"))"
        }
    }
}
