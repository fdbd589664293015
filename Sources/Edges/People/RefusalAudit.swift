import Access
import Time

/// Limits what strangers can make the audit keep: some refusals in a second are entered one by one, the rest as their
/// number.
struct RefusalAudit {
    private var ends = Span.zero
    private var entered = 0
    private var rest = 0

    /// Whether the refusal is entered; otherwise it is counted.
    mutating func mayEnter(at now: Moment) -> Bool {
        if rest == 0, ends <= now.uptime {
            ends = now.uptime + .seconds(1)
            entered = 0
        }
        guard entered < Limits.auditedRefusalsPerSecond else {
            // The count is entered when refusals have become fewer, or after a minute.
            if rest == 0 { ends = now.uptime + Limits.refusalReport }
            rest += 1
            return false
        }
        entered += 1
        return true
    }

    /// When the count is entered next, in uptime.
    var nextReport: Span? { rest > 0 ? ends : nil }

    mutating func report(at now: Moment) -> AuditEntry? {
        guard rest > 0, ends <= now.uptime else { return nil }
        defer {
            rest = 0
            entered = 0
        }
        return AuditEntry(at: now.date, .refusals, what: "\(rest) more refusals")
    }
}
