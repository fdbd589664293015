import Contacts
import Figures
import Telephony
import Time

/// What rows of quarter-hours must contain, added up the simple way from closed contact records.
struct NaiveRow: Equatable {
    var offered = 0
    var answered = 0
    var abandoned = 0
    var flowOut = 0
    var lost = 0
    var answeredIn20 = 0
    var waitAnswered = Span.zero
    var waitAbandoned = Span.zero
    var longestWait: Span?
    var completed = 0
    var handled = 0
    var talk = Span.zero
    var hold = Span.zero

    init() {}

    init(_ row: IntervalRow) {
        let cohort = row.cohort ?? .init()
        offered = cohort.offered
        answered = cohort.answered
        abandoned = cohort.abandoned
        flowOut = cohort.flowOut.total
        lost = cohort.lost
        answeredIn20 = cohort.within.first { $0.threshold == .seconds(20) }?.answered ?? -1
        waitAnswered = cohort.waitAnswered
        waitAbandoned = cohort.waitAbandoned
        longestWait = cohort.longestWait
        completed = row.completion.map { $0.answered + $0.abandoned + $0.flowOut + $0.lost } ?? -1
        handled = row.legs.handled
        talk = row.legs.talk
        hold = row.legs.hold
    }

    /// Only rows in which something happened.
    static func rows(of records: [ContactRecord]) -> [IntervalRow.Key: NaiveRow] {
        var rows: [IntervalRow.Key: NaiveRow] = [:]
        func add(_ queue: QueueName, _ date: UnixTime, _ body: (inout NaiveRow) -> Void) {
            let start = UnixTime(microseconds: date.microseconds / 900_000_000 * 900_000_000)
            body(&rows[.init(start: start, kind: .queue, name: queue.rawValue), default: NaiveRow()])
        }
        for record in records {
            for visit in record.visits {
                let isMeasured = visit.flags.isDisjoint(with: [.partial, .estimated, .lost])
                add(visit.queue, visit.joined) { row in
                    row.offered += 1
                    let wait = visit.wait ?? .zero
                    switch visit.outcome {
                    case nil: break
                    case .answered?:
                        row.answered += 1
                        if isMeasured {
                            row.waitAnswered += wait
                            if wait <= .seconds(20) { row.answeredIn20 += 1 }
                        }
                    case .abandoned?:
                        row.abandoned += 1
                        if isMeasured { row.waitAbandoned += wait }
                    case .flowOut?: row.flowOut += 1
                    case .lost?: row.lost += 1
                    }
                    if isMeasured, visit.outcome != .lost { row.longestWait = max(row.longestWait ?? .zero, wait) }
                }
                if let left = visit.left { add(visit.queue, left) { $0.completed += 1 } }
            }
            for leg in record.legs where !leg.isExternal {
                guard let queue = leg.queue, leg.established != nil, let ended = leg.ended else { continue }
                add(queue, ended) { row in
                    row.handled += 1
                    guard leg.flags.isDisjoint(with: [.partial, .estimated, .lost]) else { return }
                    row.talk += leg.talk ?? .zero
                    row.hold += leg.hold
                }
            }
        }
        return rows
    }
}
