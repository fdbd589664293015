import Telephony
import Wallboard

/// The alarms of queues on a terminal: a mark that needs no colour, and lines that describe them.
enum WallboardAlarms {
    private static func raised(_ queue: WallboardMessage.Queue) -> [WallboardMessage.Alarm] {
        // An unknown severity of a newer gateway is a warning.
        let alarms = queue.alarms.filter { $0.type == .raised }
        return alarms.filter(isCritical) + alarms.filter { !isCritical($0) }
    }

    private static func isCritical(_ alarm: WallboardMessage.Alarm) -> Bool { alarm.severity == "critical" }

    /// `!!` for a critical alarm, `!` for a warning, nil without any.
    static func mark(_ queue: WallboardMessage.Queue) -> String? {
        raised(queue).first.map { isCritical($0) ? "!!" : "!" }
    }

    static func style(_ queue: WallboardMessage.Queue) -> Console.Style {
        raised(queue).first.map { isCritical($0) ? .red : .yellow } ?? .plain
    }

    /// One line for each alarm, the critical ones first; the last says how many more there are.
    static func lines(_ queues: [WallboardMessage.Queue], _ time: ShownTime, atMost limit: Int) -> [(
        text: String, style: Console.Style
    )] {
        let all = queues.flatMap { queue in raised(queue).map { (queue, $0) } }
        let sorted = all.filter { isCritical($0.1) } + all.filter { !isCritical($0.1) }
        guard limit > 0 else { return [] }
        let kept = sorted.count > limit ? limit - 1 : sorted.count
        let lines = sorted.prefix(kept).map { queue, alarm in
            let (name, print) = metric(alarm.rule)
            let raised = alarm.value.map { ", \(print($0)) when raised" } ?? ""
            let text =
                "\(isCritical(alarm) ? "!! critical" : "! warning"): \(shown(queue.name, limit: ProgramLimits.shownName)): \(name) "
                + "\(alarm.valueNow.map(print) ?? FigureText.unknown)\(raised) "
                + "(raised at \(print(alarm.raise)), cleared at \(print(alarm.clear))) since \(time.text(alarm.since))"
            return (text, isCritical(alarm) ? Console.Style.red : .yellow)
        }
        return lines
            + (kept < sorted.count ? [("… and \(sorted.count - kept) more alarms.", Console.Style.yellow)] : [])
    }

    /// The metric in words, and how its values are printed. A rule is `metric[.window].severity`; an unknown one of a
    /// newer gateway is shown unchanged.
    private static func metric(_ rule: String) -> (name: String, print: (Double) -> String) {
        let parts = rule.split(separator: ".").map(String.init)
        let window = parts.count > 2 ? parts[1] : nil
        func over(_ name: String) -> String {
            window.map { "\(name) (\(shown($0, limit: ProgramLimits.shownWindow)))" } ?? name
        }
        switch parts.first.flatMap(AlarmRule.Metric.init) {
        case .waiting: return (over("waiting"), rounded)
        case .longestWait: return (over("longest wait"), { WallboardTable.clock(seconds: $0) })
        case .serviceLevel: return (over("service level"), { FigureText.share($0) })
        case .abandonmentRate: return (over("abandonment rate"), { FigureText.share($0) })
        case .available: return (over("agents available"), rounded)
        case nil: return (shown(rule, limit: ProgramLimits.shownIdentifier), rounded)
        }
    }

    private static func rounded(_ value: Double) -> String {
        guard value.isFinite, abs(value) < ProgramLimits.shownValue else { return FigureText.unknown }
        let hundredths = (value * 100).rounded() / 100
        return hundredths == hundredths.rounded() ? "\(Int(hundredths))" : "\(hundredths)"
    }
}
