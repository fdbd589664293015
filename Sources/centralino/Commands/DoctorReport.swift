import Core
import Edges
import Gateway
import Switches
import Time

/// What `doctor` reports, for programs and for people.
struct DoctorReport: Encodable {
    var `switch`: String
    var address: String
    var user: String
    var tls: Bool
    var asterisk: String?
    var ami: String
    var clockOffsetSeconds: Double?
    var clockOffsetUncertaintySeconds: Double?
    var findings: [Finding]
    var inOrder: [String]
    var unchecked: [Unchecked]

    init(_ asterisk: Configuration.Asterisk, _ facts: SwitchFacts, _ judgement: SwitchJudgement) {
        `switch` = asterisk.name.rawValue
        address = "\(asterisk.address)"
        user = facts.way.username
        tls = facts.way.isEncrypted
        self.asterisk = facts.version
        ami = facts.amiVersion
        clockOffsetSeconds = facts.clock?.offset.seconds
        clockOffsetUncertaintySeconds = facts.clock?.uncertainty.seconds
        findings = judgement.findings
        inOrder = judgement.inOrder
        unchecked = judgement.unchecked
    }

    func text(coloured: Bool) -> String {
        func styled(_ text: String, _ style: Console.Style) -> String {
            coloured ? Console.coloured(text, style) : text
        }
        // Names of queues and members come from the switch.
        func safe(_ text: String) -> String { shown(text, limit: ProgramLimits.shownFinding) }
        var lines = [
            styled(
                "\(`switch`): Asterisk \(safe(asterisk ?? "of an unknown version")) (AMI \(safe(ami))) at \(address)\(tls ? " with TLS" : ""), as “\(user)”",
                .bold)
        ]
        if let clockOffsetSeconds, let clockOffsetUncertaintySeconds {
            let microseconds = { (seconds: Double) in "\((seconds * 1_000_000).rounded() / 1000)" }
            lines.append(
                "Its clock minus ours: \(microseconds(clockOffsetSeconds)) ms ± \(microseconds(clockOffsetUncertaintySeconds)) ms"
            )
        }
        for finding in findings {
            let style: Console.Style =
                switch finding.severity {
                case .error: .red
                case .warning: .yellow
                case .notice: .cyan
                }
            lines += [
                "", styled(finding.severity.rawValue.uppercased(), style) + " \(safe(finding.seen))",
                "  \(safe(finding.why))",
                styled("  → ", .dim) + safe(finding.change),
            ]
        }
        if !inOrder.isEmpty { lines += ["", styled("In order: ", .green) + "\(inOrder.joined(separator: ", "))."] }
        if !unchecked.isEmpty {
            lines += ["", "Not checked:"] + unchecked.map { "  \(safe($0.what)): \(safe($0.why))" }
        }
        let counts = Finding.Severity.allCases.map { severity in
            let count = findings.count { $0.severity == severity }
            return "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
        }
        lines += ["", counts.joined(separator: ", ") + "."]
        return lines.joined(separator: "\n")
    }
}
