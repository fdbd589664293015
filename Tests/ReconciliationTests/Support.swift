import Reconciliation
import Telephony
import Time

/// The text of a queue_log, in Asterisk's notation.
func log(_ text: String) -> QueueLog {
    var log = QueueLog()
    log.receive((text + "\n").utf8)
    log.endFile()
    return log
}

func time(_ seconds: Double) -> UnixTime { UnixTime(microseconds: Int64((seconds * 1_000_000).rounded())) }
func span(_ seconds: Double) -> Span { Span(microseconds: Int64((seconds * 1_000_000).rounded())) }

/// A visit of ours; `talk` makes it answered by Anna.
func our(
    _ call: String, _ queue: String = "info", joined: Double, wait: Double? = nil, talk: Double? = nil,
    _ outcome: OurVisit.Outcome? = nil,
    agent: String = "Anna", number: UInt64 = 1, change: (inout OurVisit) -> Void = { _ in }
) -> OurVisit {
    var visit = OurVisit(
        contact: "C\(call)", number: number, call: ChannelID(call), queue: QueueName(queue), joined: time(joined),
        outcome: outcome ?? (talk == nil ? .abandoned : .answered))
    visit.wait = wait.map(span)
    visit.left = wait.map { time(joined + $0) }
    if let talk {
        visit.agent = agent
        visit.interface = "PJSIP/1001"
        visit.talk = span(talk)
        visit.talkEnded = time(joined + (wait ?? 0) + talk)
    }
    visit.contactEnded = visit.talkEnded ?? visit.left
    change(&visit)
    return visit
}

/// The findings of a reconciliation, in words.
func found(
    _ log: QueueLog, _ ours: [OurVisit], _ coverage: Coverage = Coverage(), _ window: Reconciliation.Window = .init()
) -> [String] {
    Reconciliation(log, ours, coverage: coverage, window: window).findings.map {
        "\($0.kind) \($0.cause.map { "\($0)" } ?? "–")"
    }
}
