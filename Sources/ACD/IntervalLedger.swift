import Telephony
import Time

/// Which rows of quarter-hours are due, which are provisional and which are final. `domain.md` §3.1.
///
/// A quarter's rows are cut a minute after its end, because events may be told so late; again when something about them became known, at the next full
/// minute; and for the last time when nothing in them lasts any more and the switch has been heard for that minute. From then on they stay as
/// they are: what would change a final row is counted, and said.
public struct IntervalLedger: Codable, Equatable, Sendable {
    /// Events may be told so much later than they happened.
    public static let delay = Span.seconds(60)
    /// Quarters that wait to become final: 41 days without a switch. Beyond, the oldest stay provisional for good.
    static let limit = 4_000

    /// A quarter of which not every row is final; what was said of it last, by name.
    struct Entry: Codable, Equatable, Sendable {
        var interval: ClockInterval
        /// As they were at the first cut: a row's name must not depend on who logs in later.
        var teams: [ACD.TeamRow]
        var queueRows: [QueueName: IntervalRow] = [:]
        var teamRows: [String: IntervalRow] = [:]

        var isFinal: Bool { (queueRows.values.allSatisfy { !$0.provisional }) && (teamRows.values.allSatisfy { !$0.provisional }) }
    }

    /// What the owner knows of the switch.
    public struct Hearing {
        /// Everything that happened before is known; nil: the switch was never heard.
        public var until: UnixTime?
        /// How far the switch's clock, by which events are dated, is behind ours.
        public var lag: Span
        /// How much of a range it was not heard.
        public var unheard: (Range<UnixTime>) -> Span

        public init(until: UnixTime?, lag: Span = .zero, unheard: @escaping (Range<UnixTime>) -> Span) {
            self.until = until
            self.lag = lag
            self.unheard = unheard
        }
    }

    /// The first of all: what happened before it is no business of ours.
    private let first: UnixTime
    private var next: ClockInterval
    private var entries: [Entry] = []
    private var revisionDue: Span?
    /// Until when the switch must have been heard for the next of them to become final.
    private var awaited: UnixTime?
    /// Facts about final rows that came too late to be in them.
    public private(set) var lateChanges = 0

    public init(at now: UnixTime) {
        next = .containing(now, length: ClockInterval.quarterHour)
        first = next.start
    }

    /// In uptime; `now` is the last moment that is known.
    public func nextDeadline(at now: Moment, lag: Span = .zero) -> Span {
        let cut = now.uptime + (next.end + Self.delay + lag - now.date)
        return min(cut, revisionDue ?? cut)
    }

    /// To be called after each thing that happened: whether something is to be looked at again at the next full minute.
    /// - Parameter heard: until when the switch was heard.
    public mutating func notice(_ acd: ACD, heard: UnixTime?, at now: Moment) {
        guard revisionDue == nil else { return }
        let isAwaited = awaited.map { awaited in heard.map { awaited <= $0 } ?? false } ?? false
        guard isAwaited || acd.hasTouched else { return }
        revisionDue = now.uptime + (ClockInterval.containing(now.date, length: .seconds(60)).end - now.date)
    }

    public struct Outcome: Equatable, Sendable {
        /// Those that are new or different, in the order of their keys.
        public var rows: [IntervalRow] = []
        /// Final rows that something came too late for.
        public var late: [IntervalRow.Key] = []
        /// Quarters whose rows stay provisional for good: there were too many facts, and some of theirs are gone.
        public var givenUp: [UnixTime] = []
        /// Quarters that were passed over, because the clock jumped.
        public var skipped: Range<UnixTime>?
    }

    /// Cuts what is due. `thresholds`: those of A_T and B_T.
    public mutating func cut(_ acd: inout ACD, thresholds: [Span], _ hearing: Hearing, at now: Moment) -> Outcome {
        var outcome = Outcome()
        if let due = revisionDue, due <= now.uptime { revisionDue = nil }
        skip(to: now.date, &outcome)
        while next.end + Self.delay + hearing.lag <= now.date {
            entries.append(Entry(interval: next, teams: acd.teamRows(next, at: now)))
            next = ClockInterval(start: next.end, length: next.length)
        }
        let touched = acd.takeTouched()
        for key in touched where first <= key.start && key.start < next.start {
            let isFinal = entries.first { $0.interval.start == key.start }.map { $0.row(key)?.provisional == false } ?? true
            if isFinal { outcome.late.append(key) }
        }
        lateChanges += outcome.late.count
        let byStart = Dictionary(grouping: touched, by: \.start).mapValues { Set($0) }
        for index in entries.indices {
            revise(&entries[index], byStart[entries[index].interval.start] ?? [], acd, thresholds, hearing, at: now, &outcome.rows)
        }
        let border = acd.facts.truncatedBefore ?? UnixTime(microseconds: .min)
        outcome.givenUp = entries.map(\.interval.start).filter { $0 < border }
        entries.removeAll { $0.interval.start < border || $0.isFinal && Self.isHeard($0.interval, hearing) }
        if entries.count > Self.limit { entries.removeFirst(entries.count - Self.limit) }
        awaited = entries.first { !Self.isHeard($0.interval, hearing) }.map { $0.interval.end + Self.delay + hearing.lag }
        acd.intervalsAreCut(before: next.start, keptFrom: entries.first?.interval.start ?? next.start)
        return outcome
    }

    private static func isHeard(_ interval: ClockInterval, _ hearing: Hearing) -> Bool {
        hearing.until.map { interval.end + delay + hearing.lag <= $0 } ?? false
    }

    private func revise(
        _ entry: inout Entry, _ touched: Set<IntervalRow.Key>, _ acd: ACD, _ thresholds: [Span], _ hearing: Hearing, at now: Moment,
        _ told: inout [IntervalRow]
    ) {
        let interval = entry.interval
        // Some of its facts are gone: what was said last is the best that there is.
        let isTruncated = acd.facts.truncatedBefore.map { interval.start < $0 } ?? false
        if isTruncated, !entry.queueRows.isEmpty { return }
        let isHeard = Self.isHeard(interval, hearing)
        // Nothing new: while a switch is away for days there are many of these.
        if !isHeard, touched.isEmpty, !entry.queueRows.isEmpty { return }
        var unheard: Int64?
        func finish(_ row: inout IntervalRow, _ before: IntervalRow?) {
            unheard = unheard ?? hearing.unheard(interval.range).microseconds
            row.gapMicroseconds = unheard ?? 0
            row.provisional = !isHeard || isTruncated || row.openVisits > 0 || row.openLegs > 0
            if row != before { told.append(row) }
        }
        for queue in acd.queues.keys.sorted() {
            let before = entry.queueRows[queue]
            if let before {
                guard before.provisional else { continue }
                let isTouched = touched.contains(before.key)
                guard isTouched || isHeard && !acd.isOpen(queue, interval) else { continue }
            }
            var row = acd.row(of: before.map { QueueName($0.name) } ?? queue, interval, thresholds: thresholds, at: now)
            finish(&row, before)
            entry.queueRows[queue] = row
        }
        for team in entry.teams {
            let before = entry.teamRows[team.name]
            if let before {
                guard before.provisional else { continue }
                let isTouched = team.members.contains { touched.contains(.init(start: interval.start, kind: .team, name: $0)) }
                guard isTouched || isHeard else { continue }
            }
            var row = acd.row(of: team, interval, at: now)
            finish(&row, before)
            entry.teamRows[team.name] = row
        }
    }

    /// Who sets the clock on by a year must not get a year of rows.
    private mutating func skip(to now: UnixTime, _ outcome: inout Outcome) {
        guard now - next.end > Span(microseconds: next.length.microseconds * Int64(Self.limit)) else { return }
        let to = ClockInterval.containing(now, length: next.length)
        outcome.skipped = next.start..<to.start
        next = to
        entries.removeAll()
    }
}

extension IntervalLedger.Entry {
    /// What was said last; a touched team may be one of several in a row.
    func row(_ key: IntervalRow.Key) -> IntervalRow? {
        switch key.kind {
        case .queue: queueRows[QueueName(key.name)]
        case .team: teams.first { $0.members.contains(key.name) }.flatMap { teamRows[$0.name] }
        }
    }
}
