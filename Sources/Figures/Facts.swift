import Telephony
import Time

/// The facts of one switch, since local midnight and a little longer, bounded: the only account of what is counted.
///
/// What happens is appended here once. Every reader's question is answered from it and from nothing else: facts →
/// classes (``VisitClass``) → tallies (``VisitTally``, ``LegTally``, ``StateTime``) → ``Figures``, ``Evidence`` and
/// ``IntervalRow``.
public struct Facts: Codable, Equatable, Sendable {
    /// A day of 100,000 calls has some 250,000.
    public static let limit = 1_000_000
    /// A caller who waits over midnight belongs to the day of joining, and a shift may begin before midnight:
    /// facts are kept for so much longer.
    static let overMidnight = Span.seconds(12 * 3600)

    package private(set) var queues: [QueueName: QueueFacts] = [:]
    /// Facts of calls that no queue brought.
    package private(set) var direct = QueueFacts()
    /// By team ("" for agents in none) and the beginning of the quarter-hour.
    package private(set) var states: [String: [UnixTime: StateTime]] = [:]
    /// How many agents of the team were logged in within the quarter-hour. Their names are not kept.
    package private(set) var people: [String: [UnixTime: Int]] = [:]
    /// By agent: only with a legal basis.
    package private(set) var individuals: [Interface: [UnixTime: StateTime]] = [:]
    /// Facts before this were dropped because there were too many.
    public private(set) var truncatedBefore: UnixTime?
    /// Facts before this were dropped because they are of an earlier day.
    public private(set) var forgottenBefore: UnixTime?
    /// Closed rows about which something was learned since.
    private var touched: Set<IntervalRow.Key> = []
    private static let touchedLimit = 100_000
    /// The rows of quarter-hours that begin before this have been closed; the others will be made of all facts anyway.
    private var closedBefore = UnixTime(microseconds: .min)
    /// Rows of this quarter-hour and later ones are not final: none of their facts is forgotten.
    private var keptFrom: UnixTime?
    /// The states of the last hour, one by one, for sliding windows.
    private(set) var recent = FactLog<Segment>()
    public private(set) var count = 0
    private var contacts = OpenContacts()
    private var cells = Cells()

    struct Cells: Derived {
        /// No cell of ``states``, ``people`` and ``individuals`` begins before.
        var from = UnixTime(microseconds: .min)
    }

    struct Segment: LoggedFact {
        var team: String
        var state: AgentState
        var reason: String?
        var from: Moment
        var to: Moment

        var position: Span { to.uptime }
        var dates: ClosedRange<UnixTime> { min(from.date, to.date)...max(from.date, to.date) }
    }
    private var quarter = UnixTime(microseconds: .min)
    /// When a quarter-hour began last, and when our own clock was last seen to have been set.
    private var quarterBegan: Moment?
    private var clockSetAt: Span?
    /// More than the usual corrections of a clock.
    private static let clockTolerance = Span.seconds(600)
    /// For so long after our clock was set nothing is forgotten: somebody who set it wrongly sets it back.
    private static let clockPatience = Span.seconds(6 * 3600)

    public init() {}

    public subscript(_ queue: QueueName) -> QueueFacts? { queues[queue] }

    // MARK: writing

    /// `queue`: nil for calls that no queue brought.
    package mutating func change(_ queue: QueueName?, at now: Moment, _ body: (inout QueueFacts) -> Void) {
        func apply(_ facts: inout QueueFacts) {
            let before = facts.count
            body(&facts)
            count += facts.count - before
        }
        if let queue {
            if !queues.contains(key: queue) { queues[queue] = QueueFacts() }
            apply(&queues.values[queues.index(forKey: queue)!])
        } else {
            apply(&direct)
        }
        if count > Self.limit { forgetOldest(of: queue) }
    }

    /// Keeps the queue's figures beside its facts, classified by these rules.
    package mutating func keepFigures(of queue: QueueName, by rules: RunningFigures.Rules) {
        queues[queue]?.keepFigures(by: rules)
    }

    /// Removes what has dropped out of the sliding windows from the figures that are kept.
    /// - Returns: the queues that lost something, in any order; and whether others still will.
    package mutating func passTime(from before: Span, to now: Span) -> (moved: [QueueName], goesOn: Bool) {
        var moved: [QueueName] = []
        var goesOn = false
        // any order: a set is made of them
        var index = queues.startIndex
        while index != queues.endIndex {
            let passed = queues.values[index].passTime(from: before, to: now)
            if passed.haveMoved { moved.append(queues.keys[index]) }
            if let end = passed.end, end >= now { goesOn = true }
            queues.formIndex(after: &index)
        }
        return (moved, goesOn)
    }

    /// Something about the interval at this date changed: if its row was closed it has to be written again.
    package mutating func touch(_ queue: QueueName?, _ date: UnixTime) {
        if let queue, date < closedBefore { touch(.queue, queue.rawValue, date) }
    }

    /// Something that lasted from here to there, or was believed to, is over.
    package mutating func touch(_ queue: QueueName?, team: String?, _ range: ClosedRange<UnixTime>) {
        // No more rows than can be noted: a file may have a date of any century.
        let longest = Span(microseconds: ClockInterval.quarterHour.microseconds * Int64(Self.touchedLimit))
        let start = max(range.lowerBound, range.upperBound + (.zero - longest))
        let end = min(closedBefore, range.upperBound + Span(microseconds: 1))
        guard start < end else { return }
        for interval in ClockInterval.intervals(in: start..<end, length: ClockInterval.quarterHour) {
            touch(queue, interval.start)
            touch(team: team, interval.start)
        }
    }

    /// "" are agents in no team.
    package mutating func touch(team: String?, _ date: UnixTime) {
        if date < closedBefore { touch(.team, team ?? "", date) }
    }

    private mutating func touch(_ kind: IntervalRow.Kind, _ name: String, _ date: UnixTime) {
        guard touched.count < Self.touchedLimit else { return }
        touched.insert(
            .init(
                start: ClockInterval.containing(date, length: ClockInterval.quarterHour).start, kind: kind, name: name))
    }

    /// Time of one agent in one state. `countedIn`: the last quarter-hour in which this agent is among ``people``.
    package mutating func add(
        _ state: AgentState, reason: String?, team: String, agent: Interface?, from start: Moment, to end: Moment,
        countedIn last: inout UnixTime?
    ) {
        guard state != .loggedOff, end - start > .zero else { return }
        if recent.count < Self.limit {
            recent.append(Segment(team: team, state: state, reason: reason, from: start, to: end))
        }
        var from = start.date
        let to = start.date + max(.zero, end - start)
        // The rows of quarter-hours that it fills to their ends were closed with it.
        touch(team: team, to)
        while from < to {
            let interval = ClockInterval.containing(from, length: ClockInterval.quarterHour)
            cells.from = min(cells.from, interval.start)
            let until = min(to, interval.end)
            states[team, default: [:]][interval.start, default: StateTime()].add(state, reason: reason, until - from)
            if last.map({ $0 < interval.start }) ?? true {
                people[team, default: [:]][interval.start, default: 0] += 1
                last = interval.start
            }
            if let agent {
                individuals[agent, default: [:]][interval.start, default: StateTime()].add(
                    state, reason: reason, until - from)
            }
            from = until
        }
    }

    /// A contact began: from now on it is known in which queues it has facts.
    package mutating func began(_ contact: ContactKey) { contacts.began(contact) }

    package mutating func ended(_ contact: ContactKey) { contacts.ended(contact) }

    /// A fact of the queue names this contact. `queue`: nil for calls that no queue brought.
    package mutating func named(_ contact: ContactKey, in queue: QueueName?) { contacts.note(contact, in: queue) }

    /// A contact turned out to be a part of another: the newest facts, which alone can be concerned, name the whole.
    package mutating func merged(_ part: ContactKey, into whole: ContactKey, record: ContactID?, caller: CallerKey?) {
        func rename(_ fact: inout VisitFact) {
            fact.contact = whole
            fact.record = record ?? fact.record
            fact.caller = caller ?? fact.caller
        }
        func rename(_ fact: inout LegFact) {
            fact.contact = whole
            fact.record = record ?? fact.record
        }
        func rename(_ facts: inout QueueFacts) {
            facts.change(last: Limits.renamedFacts, visits: { $0.contact == part }, rename)
            facts.change(last: Limits.renamedFacts, legs: { $0.contact == part }, rename)
        }
        guard let concerned = contacts.merge(part, into: whole) else {
            for queue in queues.keys { rename(&queues[queue]!) }  // any order: each queue's own facts
            return rename(&direct)
        }
        for queue in concerned {
            guard let queue else {
                rename(&direct)
                continue
            }
            if let index = queues.index(forKey: queue) { rename(&queues.values[index]) }
        }
    }

    /// Two of those counted in this quarter-hour were one person.
    package mutating func uncount(_ team: String, in quarter: UnixTime) {
        guard let count = people[team]?[quarter], count > 0 else { return }
        people[team]![quarter] = count - 1
    }

    /// An agent's facts are known by another interface.
    package mutating func rename(_ before: Interface, to now: Interface) {
        if let cells = individuals.removeValue(forKey: before) {
            individuals[now, default: [:]].merge(cells) { $0 + $1 }
        }
        func rename(_ facts: inout QueueFacts) {
            facts.change(last: .max, legs: { $0.agent == before }) { $0.agent = now }
        }
        for queue in queues.keys { rename(&queues[queue]!) }  // any order: each queue's own facts
        rename(&direct)
    }

    // MARK: forgetting

    /// Withdraws the legal basis: whatever was kept of single persons goes.
    package mutating func forgetPersons() {
        individuals = [:]
        func forget(_ facts: inout QueueFacts) {
            facts.change(last: .max, legs: { $0.agent != nil }) { $0.agent = nil }
        }
        for queue in queues.keys { forget(&queues[queue]!) }  // any order: each queue's own facts
        forget(&direct)
    }

    /// Once a quarter of an hour, drops what no window of today needs.
    package mutating func forget(_ zone: TimeZoneRule, at now: Moment) {
        let current = ClockInterval.containing(now.date, length: ClockInterval.quarterHour).start
        guard current != quarter else { return }
        quarter = current
        if let before = quarterBegan {
            let set = (now.date - before.date) - (now.uptime - before.uptime)
            if abs(set.microseconds) > Self.clockTolerance.microseconds { clockSetAt = now.uptime }
        }
        quarterBegan = now
        if let clockSetAt, now.uptime - clockSetAt < Self.clockPatience { return }
        // any order: the earliest of all
        let waiting = queues.values.lazy.compactMap(\.firstJoined).min()
        let border = UnixTime(
            microseconds: zone.midnight(atOrBefore: now.date).microseconds - Self.overMidnight.microseconds)
        // The interval in which somebody joined who still waits is not final: its other visits are needed.
        let keep = min(
            border, waiting.map { ClockInterval.containing($0, length: ClockInterval.halfHour).start } ?? border,
            keptFrom ?? border)
        forgottenBefore = max(forgottenBefore ?? keep, keep)
        var index = queues.startIndex
        while index != queues.endIndex {
            count -= queues.values[index].forget(before: keep, at: now)
            queues.formIndex(after: &index)
        }
        count -= direct.forget(before: keep, at: now)
        let hour = now.uptime - ClockInterval.hour
        recent.removeAll(below: hour, before: UnixTime(microseconds: .max)) { $0.to.uptime < hour }
        guard cells.from < keep else { return }
        for team in states.keys { states[team] = states[team]!.filter { $0.key >= keep } }
        for team in people.keys { people[team] = people[team]!.filter { $0.key >= keep } }
        for agent in individuals.keys { individuals[agent] = individuals[agent]!.filter { $0.key >= keep } }
        cells.from = keep
    }

    private mutating func forgetOldest(of queue: QueueName?) {
        func drop(_ facts: inout QueueFacts) {
            let border = facts.dropOldest()
            truncatedBefore = [truncatedBefore, border].compactMap { $0 }.max()
        }
        if let queue { drop(&queues[queue]!) } else { drop(&direct) }
        count = queues.values.reduce(direct.count) { $0 + $1.count }
    }
}

// MARK: - The logs apart from the rest

/// Nearly all of a checkpoint is facts. Their logs are written in a form of their own, and everything else, also a log
/// that is not listed here, as `Codable` writes it.
extension Facts {
    /// Writes the logs in pieces, and hands over each. `owner`: the switch's name.
    package func write<Failure>(
        of owner: String, to writer: inout FactWriter, _ take: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        for queue in queues.keys.sorted() {
            guard let index = queues.index(forKey: queue) else { continue }
            try queues.values[index].write(FactPlace(owner: owner, queue: queue), to: &writer, take)
        }
        try direct.write(FactPlace(owner: owner), to: &writer, take)
        try writer.write(recent, FactPlace(owner: owner, kind: .states), take)
    }

    package mutating func forgetLogs() {
        var index = queues.startIndex
        while index != queues.endIndex {
            queues.values[index].forgetLogs()
            queues.formIndex(after: &index)
        }
        direct.forgetLogs()
        recent = FactLog()
    }

    /// Adds the facts of a piece to the logs of the same facts without them.
    package mutating func read(_ place: FactPlace, from reader: inout FactReader) {
        if place.kind == .states {
            reader.each { recent.append($0) }
        } else if let queue = place.queue {
            guard let index = queues.index(forKey: queue) else { return reader.fail() }
            queues.values[index].read(place.kind, from: &reader)
        } else {
            direct.read(place.kind, from: &reader)
        }
    }
}

// MARK: - Rows of quarter-hours

extension Facts {
    /// Closed rows about which something was learned since the last call, in order.
    mutating func takeTouched() -> [IntervalRow.Key] {
        defer { touched.removeAll(keepingCapacity: true) }
        return touched.sorted()
    }

    public var hasTouched: Bool { !touched.isEmpty }

    /// Rows that begin before `closed` have been closed: from now on changes of theirs are noted. Facts from
    /// `kept` on are not forgotten.
    mutating func rowsAreClosed(before closed: UnixTime, keptFrom kept: UnixTime) {
        closedBefore = closed
        keptFrom = kept
    }
}
