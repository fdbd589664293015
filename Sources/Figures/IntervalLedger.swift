import Telephony
import Time

/// Which rows of quarter-hours are due, which are provisional and which are final. `domain.md` §3.1.
///
/// A quarter-hour goes through four states:
///
///     running ──closed──► provisional ──heard, and nothing lasts──► final
///                          │      ▲                                   │
///                          └──────┘ something changed                 └── something changed: late
///
/// - *Running*: it has no rows yet. They are closed a minute after its end, because events may be reported so
///   late; later still where the switch's clock is behind ours.
/// - *Provisional*: its rows are written, and are written again at the next full minute after something about
///   them changed.
/// - *Final*: the switch was heard until a minute after the end, nobody who joined in it waits, no
///   conversation reaches into it, and no after-call work of those that ended in it lasts. A final row never
///   changes. What would change one is counted and reported (``lateChanges``).
/// - *Given up*: some of its facts had to be dropped because there were too many. Its rows stay as they are,
///   provisional for good.
///
/// The rows of one quarter-hour become final one by one; the quarter-hour is forgotten when all are. As long
/// as it is remembered its facts are kept.
public struct IntervalLedger: Codable, Equatable, Sendable {
    /// How much later events may be reported than they happened.
    public static let delay = Span.seconds(60)
    /// How many quarter-hours may wait to become final: 41 days without a switch. Of more, the oldest stay
    /// provisional for good.
    static let limit = 4_000

    /// A quarter-hour of which not every row is final, with its rows as they were written last, by name.
    struct Entry: Codable, Equatable, Sendable {
        var interval: ClockInterval
        /// As they were when the rows were closed: a row's name must not depend on who logs in later.
        var teams: [Facts.TeamRow]
        var queueRows: [QueueName: IntervalRow] = [:]
        var teamRows: [String: IntervalRow] = [:]

        var isFinal: Bool {
            (queueRows.values.allSatisfy { !$0.provisional }) && (teamRows.values.allSatisfy { !$0.provisional })
        }
    }

    /// What the owner knows of the link to the switch.
    public struct Hearing {
        /// Everything that happened before is known; nil: the switch was never heard.
        public var until: UnixTime?
        /// How far the switch's clock, by which events are dated, is behind ours.
        public var lag: Span
        /// For how much of a range the switch was not heard.
        public var unheard: (Range<UnixTime>) -> Span

        public init(until: UnixTime?, lag: Span = .zero, unheard: @escaping (Range<UnixTime>) -> Span) {
            self.until = until
            self.lag = lag
            self.unheard = unheard
        }
    }

    /// What rows are made of beside the facts.
    public struct Basis {
        /// In order of their names, each with its contract.
        var queues: [(name: QueueName, definition: ServiceLevel.Definition)]
        var staffing: Staffing
        /// For A_T and B_T beside the contract's.
        var thresholds: [Span]
        var hearing: Hearing

        package init(
            queues: [(name: QueueName, definition: ServiceLevel.Definition)], staffing: Staffing, thresholds: [Span],
            hearing: Hearing
        ) {
            self.queues = queues
            self.staffing = staffing
            self.thresholds = thresholds
            self.hearing = hearing
        }
    }

    /// The first quarter-hour of all: earlier ones are not in this ledger.
    private let first: UnixTime
    private var next: ClockInterval
    private var entries: [Entry] = []
    /// When rows have to be looked at again, in uptime.
    public private(set) var revisionDue: Span?
    /// Until when the switch must have been heard for the next of them to become final.
    public private(set) var awaited: UnixTime?
    /// How many changes of final rows came too late to be in them.
    public private(set) var lateChanges = 0

    public init(at now: UnixTime) {
        next = .containing(now, length: ClockInterval.quarterHour)
        first = next.start
    }

    /// In uptime; `now` is the last moment that is known.
    public func nextDeadline(at now: Moment, lag: Span = .zero) -> Span {
        let closing = now.uptime + (closing(lag: lag) - now.date)
        return min(closing, revisionDue ?? closing)
    }

    /// When the running quarter-hour's rows are closed, by the date.
    public func closing(lag: Span) -> UnixTime { next.end + Self.delay + lag }

    /// Whether a row may be final now that the switch was heard until then.
    public func isAwaited(heard: UnixTime?) -> Bool {
        awaited.map { awaited in heard.map { awaited <= $0 } ?? false } ?? false
    }

    /// To be called after each thing that happened: decides whether rows have to be looked at again at the
    /// next full minute.
    /// - Parameters:
    ///   - isTouched: the facts of a closed row changed (``Facts/hasTouched``).
    ///   - heard: until when the switch was heard.
    public mutating func notice(isTouched: Bool, heard: UnixTime?, at now: Moment) {
        guard revisionDue == nil else { return }
        guard isAwaited(heard: heard) || isTouched else { return }
        revisionDue = now.uptime + (ClockInterval.containing(now.date, length: Limits.revisionPause).end - now.date)
    }

    /// What came of one call of ``close(_:_:at:)``.
    public struct Closing: Equatable, Sendable {
        /// Rows that are new or different, in the order of their keys.
        public var rows: [IntervalRow] = []
        /// Final rows that changed too late.
        public var late: [IntervalRow.Key] = []
        /// Quarter-hours whose rows stay provisional for good: there were too many facts, and some of theirs
        /// were dropped.
        public var givenUp: [UnixTime] = []
        /// Quarter-hours without rows, because the clock jumped over them.
        public var skipped: Range<UnixTime>?
    }

    /// Closes the quarter-hours that are due, and writes those rows again that changed.
    package mutating func close(_ facts: inout Facts, _ basis: Basis, at now: Moment) -> Closing {
        var closing = Closing()
        let hearing = basis.hearing
        if let due = revisionDue, due <= now.uptime { revisionDue = nil }
        skip(to: now.date, &closing)
        while next.end + Self.delay + hearing.lag <= now.date {
            entries.append(Entry(interval: next, teams: facts.teamRows(next, basis.staffing, at: now)))
            next = ClockInterval(start: next.end, length: next.length)
        }
        let touched = facts.takeTouched()
        for key in touched where first <= key.start && key.start < next.start {
            let isFinal =
                entries.first { $0.interval.start == key.start }.map { $0.row(key)?.provisional == false } ?? true
            if isFinal { closing.late.append(key) }
        }
        lateChanges += closing.late.count
        let byStart = Dictionary(grouping: touched, by: \.start).mapValues { Set($0) }
        for index in entries.indices {
            revise(&entries[index], byStart[entries[index].interval.start] ?? [], facts, basis, at: now, &closing.rows)
        }
        let border = facts.truncatedBefore ?? UnixTime(microseconds: .min)
        closing.givenUp = entries.map(\.interval.start).filter { $0 < border }
        entries.removeAll { $0.interval.start < border || $0.isFinal && Self.isHeard($0.interval, hearing) }
        if entries.count > Self.limit { entries.removeFirst(entries.count - Self.limit) }
        awaited = entries.first { !Self.isHeard($0.interval, hearing) }.map {
            $0.interval.end + Self.delay + hearing.lag
        }
        facts.rowsAreClosed(before: next.start, keptFrom: entries.first?.interval.start ?? next.start)
        return closing
    }

    private static func isHeard(_ interval: ClockInterval, _ hearing: Hearing) -> Bool {
        hearing.until.map { interval.end + delay + hearing.lag <= $0 } ?? false
    }

    private func revise(
        _ entry: inout Entry, _ touched: Set<IntervalRow.Key>, _ facts: Facts, _ basis: Basis, at now: Moment,
        _ changed: inout [IntervalRow]
    ) {
        let interval = entry.interval
        // Some of its facts were dropped: the rows that were written last are the best that there are.
        let isTruncated = facts.truncatedBefore.map { interval.start < $0 } ?? false
        if isTruncated, !entry.queueRows.isEmpty { return }
        let isHeard = Self.isHeard(interval, basis.hearing)
        // Nothing changed: while a switch is away for days there are many of these.
        if !isHeard, touched.isEmpty, !entry.queueRows.isEmpty { return }
        var unheard: Int64?
        func finish(_ row: inout IntervalRow, _ before: IntervalRow?) {
            unheard = unheard ?? basis.hearing.unheard(interval.range).microseconds
            row.gapMicroseconds = unheard ?? 0
            row.provisional = !isHeard || isTruncated || row.openVisits > 0 || row.openLegs > 0
            if row != before { changed.append(row) }
        }
        for (queue, definition) in basis.queues {
            let before = entry.queueRows[queue]
            if let before {
                guard before.provisional else { continue }
                let isTouched = touched.contains(before.key)
                guard isTouched || isHeard && !facts.isOpen(queue, interval) else { continue }
            }
            var row = facts.row(
                of: before.map { QueueName($0.name) } ?? queue, interval, definition, thresholds: basis.thresholds,
                at: now)
            finish(&row, before)
            entry.queueRows[queue] = row
        }
        for team in entry.teams {
            let before = entry.teamRows[team.name]
            if let before {
                guard before.provisional else { continue }
                let isTouched = team.members.contains {
                    touched.contains(.init(start: interval.start, kind: .team, name: $0))
                }
                guard isTouched || isHeard else { continue }
            }
            var row = facts.row(of: team, interval, basis.staffing, at: now)
            finish(&row, before)
            entry.teamRows[team.name] = row
        }
    }

    /// A clock that is set on by a year must not cause a year of rows.
    private mutating func skip(to now: UnixTime, _ closing: inout Closing) {
        guard now - next.end > Span(microseconds: next.length.microseconds * Int64(Self.limit)) else { return }
        let to = ClockInterval.containing(now, length: next.length)
        closing.skipped = next.start..<to.start
        next = to
        entries.removeAll()
    }
}

extension IntervalLedger.Entry {
    /// As it was written last; the key's team may be one of several in a row.
    fileprivate func row(_ key: IntervalRow.Key) -> IntervalRow? {
        switch key.kind {
        case .queue: queueRows[QueueName(key.name)]
        case .team: teams.first { $0.members.contains(key.name) }.flatMap { teamRows[$0.name] }
        }
    }
}
