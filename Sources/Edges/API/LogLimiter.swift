import Core
import Telephony
import Time

/// Limits what strangers can cause in the log: a number of lines of each kind in a second. The rest is counted, and the
/// count logged at the end of the second.
struct LogLimiter {
    /// Named in the words of the line that counts the rest.
    enum Kind: String, CaseIterable {
        case webhook = "webhooks were refused"
        case lateWebhook = "webhooks came too late"
        case request = "requests were refused"
        case token = "wrong tokens came"
        case signIn = "sign-ins were refused"
        case desk = "desks with wrong tokens were refused"
    }

    private struct Second {
        var ends: Span
        var lines = 0
        var rest = 0
    }

    private var seconds: [Kind: Second] = [:]

    /// Whether the line may be logged; otherwise it is counted.
    mutating func maySay(_ kind: Kind, at now: Moment) -> Bool {
        var second =
            seconds[kind].flatMap { $0.ends > now.uptime || $0.rest > 0 ? $0 : nil }
            ?? Second(ends: now.uptime + .seconds(1))
        defer { seconds[kind] = second }
        guard second.lines < Limits.logLinesPerSecond else {
            second.rest += 1
            return false
        }
        second.lines += 1
        return true
    }

    /// When the count of a kind's rest is logged next, in uptime.
    var nextReport: Span? { seconds.values.lazy.filter { $0.rest > 0 }.map(\.ends).min() }

    mutating func report(at now: Moment) -> [LogLine] {
        guard let due = nextReport, due <= now.uptime else { return [] }
        var lines: [LogLine] = []
        for kind in Kind.allCases {
            guard let second = seconds[kind], second.rest > 0, second.ends <= now.uptime else { continue }
            seconds[kind] = nil
            lines.append(LogLine(.warning, "log", "\(second.rest) more \(kind.rawValue) within a second."))
        }
        return lines
    }
}
