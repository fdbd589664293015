import Telephony
import Time

/// The figures of one queue that many readers ask for again and again, kept as its facts are appended: those of each
/// day, and those of the sliding windows.
///
/// They are always equal to the sum over the facts, and where they cannot answer the facts do.
package struct RunningFigures: Derived {
    /// What the facts are classified by.
    package struct Rules: Equatable, Sendable {
        var definition: ServiceLevel.Definition
        var zone: TimeZoneRule

        package init(definition: ServiceLevel.Definition, zone: TimeZoneRule) {
            self.definition = definition
            self.zone = zone
        }
    }

    /// The visits of callers who joined on one local day and do not wait any more, and the refusals of that day.
    struct Day: Equatable, Sendable {
        var range: Range<UnixTime>
        var visits = VisitTally()
        var answeredWaits = WaitHistogram()
    }

    /// nil: nothing is kept.
    private(set) var rules: Rules?
    /// In order. There may be a few, because dates are the switch's, whose clock may be wrong.
    private var days: [Day] = []
    /// Days that begin before are not among ``days``, whether or not they have facts.
    private var daysFrom = UnixTime(microseconds: .min)
    /// In the order of ``Window/slidingMinutes``.
    private var windows: [SlidingWindow] = []
    /// The joinings of callers who were in a sliding window lately, whether or not they still wait.
    private var joins = FactLog<Join>()
    /// ``joins`` are complete only after this moment, in uptime.
    private var joinsAfter = Span(microseconds: .min)
    /// Somebody seems to have joined after the end of the visit. Until this uptime the windows are left to the facts,
    /// which decide by both moments.
    private var disorderUntil: Span?

    package init() {}

    // MARK: beginning

    /// Makes them of all facts, unless they are kept by these rules already. Where the windows begin does not matter:
    /// they move when they are asked for.
    mutating func keep(by rules: Rules, _ facts: borrowing QueueFacts) {
        if self.rules == rules { return }
        self = RunningFigures()
        self.rules = rules
        let last = facts.visits.last?.position ?? .zero
        windows = Window.slidingMinutes.map { SlidingWindow(length: .seconds($0 * 60), at: last) }
        joinsAfter = last - Self.joinsKept
        facts.visits.each { fact in
            addToDay(fact)
            guard fact.position > joinsAfter else { return }
            addToWindows(fact)
            joined(fact.joined)
        }
        facts.refusals.each { add($0) }
        facts.legs.each { add($0) }
        for fact in facts.waiting { joined(fact.joined) }
    }

    // MARK: what happened

    /// Somebody joined and waits.
    mutating func joined(_ moment: Moment) {
        guard rules != nil, moment.uptime > joinsAfter else { return }
        joins.insert(Join(at: moment.uptime))
        for index in windows.indices where windows[index].border < moment.uptime { windows[index].joined += 1 }
    }

    /// It turned out that a waiting caller did not join at this moment.
    private mutating func unjoined(_ moment: Moment) {
        guard rules != nil, moment.uptime > joinsAfter else { return }
        guard joins.removeOne(at: moment.uptime) else { return }
        for index in windows.indices where windows[index].border < moment.uptime { windows[index].joined -= 1 }
    }

    /// A visit ended. `waitedSince`: when its caller joined as far as was known before; nil: nobody was seen to wait.
    mutating func ended(_ fact: VisitFact, waitedSince: Moment?) {
        guard rules != nil else { return }
        if let waitedSince, waitedSince.uptime != fact.joined.uptime { unjoined(waitedSince) }
        addToDay(fact)
        addToWindows(fact)
        if waitedSince?.uptime != fact.joined.uptime { joined(fact.joined) }
    }

    private mutating func addToWindows(_ fact: VisitFact) {
        guard let rules else { return }
        let position = fact.position
        if fact.joined.uptime > position {
            let until = fact.joined.uptime + ClockInterval.hour
            disorderUntil = max(disorderUntil ?? until, until)
        }
        let visitClass = fact.endedClass(rules.definition)
        for index in windows.indices where windows[index].border < position {
            windows[index].counts.add(fact, as: visitClass, 1)
        }
    }

    private mutating func addToDay(_ fact: VisitFact) {
        guard let rules, let index = day(of: fact.joined.date) else { return }
        // A visit that has ended has the same class whenever it is asked for.
        let end = fact.ended ?? fact.joined
        days[index].visits.add(fact, as: fact.endedClass(rules.definition), at: end)
        if fact.isMeasured, fact.outcome == .answered { days[index].answeredWaits.record(fact.wait(at: end)) }
    }

    mutating func add(_ refusal: QueueFacts.Refusal) {
        if let index = day(of: refusal.at.date) { days[index].visits.add(refusal) }
    }

    mutating func add(_ leg: LegFact) {
        if let hour = windows.indices.last { windows[hour].addIfInside(leg, 1) }
    }

    mutating func change(_ before: LegFact, to after: LegFact) {
        guard let hour = windows.indices.last else { return }
        windows[hour].addIfInside(before, -1)
        windows[hour].addIfInside(after, 1)
    }

    /// The place of a day among ``days``; nil: it is not kept.
    private mutating func day(of date: UnixTime) -> Int? {
        if let last = days.indices.last, days[last].range.contains(date) { return last }
        guard let rules, date >= daysFrom else { return nil }
        if let index = days.firstIndex(where: { $0.range.contains(date) }) { return index }
        let range = rules.zone.day(containing: date)
        guard range.lowerBound >= daysFrom else { return nil }
        days.insert(Day(range: range), at: days.firstIndex { $0.range.lowerBound > date } ?? days.endIndex)
        if days.count > Limits.runningDays { daysFrom = days.removeFirst().range.upperBound }
        return days.firstIndex { $0.range == range }
    }

    // MARK: time

    /// Longer than the longest window: the moment that a reader asks for may be before the last that was heard of.
    private static let joinsKept = ClockInterval.hour + Limits.readersLateness

    /// Takes out of the windows what has dropped out of them.
    mutating func pass(to now: Span, _ visits: FactLog<VisitFact>, _ legs: FactLog<LegFact>) {
        guard let rules else { return }
        for index in windows.indices where now - windows[index].length > windows[index].border {
            windows[index].move(to: now, visits, legs, joins, rules.definition)
        }
        let border = now - Self.joinsKept
        // Those of a minute go together: each removal goes through a chunk.
        guard let first = joins.first?.at, first <= border - Limits.readersLateness else { return }
        joins.removeAll(below: border, before: Join.after) { $0.at < border }
        joinsAfter = border
    }

    /// Facts of days that begin before may be gone.
    mutating func forgetDays(before date: UnixTime) {
        guard date > daysFrom else { return }
        daysFrom = date
        days.removeAll { $0.range.lowerBound < date }
    }

    // MARK: answers

    /// The day's figures; nil if they are not kept.
    func day(_ range: Range<UnixTime>, _ definition: ServiceLevel.Definition) -> Day? {
        guard let rules, rules.definition == definition, range.lowerBound >= daysFrom else { return nil }
        if let day = days.last(where: { $0.range == range }) { return day }
        return rules.zone.day(containing: range.lowerBound) == range ? Day(range: range) : nil
    }

    /// The window of the last `minutes`, one of ``Window/slidingMinutes``; nil if it is not kept.
    func window(
        minutes: Int64, _ definition: ServiceLevel.Definition, _ visits: FactLog<VisitFact>,
        _ legs: FactLog<LegFact>, at now: Moment
    ) -> SlidingWindow? {
        guard rules?.definition == definition, let index = Window.slidingMinutes.firstIndex(of: minutes) else {
            return nil
        }
        return window(index, visits, legs, at: now)
    }

    /// The longest window, by whatever definition visits are classified.
    func hour(_ visits: FactLog<VisitFact>, _ legs: FactLog<LegFact>, at now: Moment) -> SlidingWindow? {
        windows.indices.last.flatMap { window($0, visits, legs, at: now) }
    }

    private func window(_ index: Int, _ visits: FactLog<VisitFact>, _ legs: FactLog<LegFact>, at now: Moment)
        -> SlidingWindow?
    {
        guard let rules, disorderUntil.map({ $0 < now.uptime }) ?? true else { return nil }
        var window = windows[index]
        guard now.uptime - window.length >= joinsAfter else { return nil }
        window.move(to: now.uptime, visits, legs, joins, rules.definition)
        window.leaveOut(after: now.uptime, visits, legs, joins, rules.definition)
        return window
    }
}

/// What ended, and who joined, within the last minutes.
struct SlidingWindow: Equatable, Sendable {
    let length: Span
    /// Whatever has happened since is in it, and nothing that happened then or before.
    private(set) var border: Span
    fileprivate(set) var counts = VisitCounts()
    fileprivate(set) var joined = 0
    /// Of the longest window: agents' parts that were seen whole, after-call work too.
    private(set) var handled = 0
    private(set) var handle = Span.zero

    fileprivate init(length: Span, at now: Span) {
        self.length = length
        border = now - length
    }

    /// `sign`: 1, or −1 for one that is taken out.
    fileprivate mutating func add(_ leg: LegFact, _ sign: Int) {
        guard leg.isMeasured, leg.ended != nil, let handle = leg.handle else { return }
        handled += sign
        self.handle += sign > 0 ? handle : .zero - handle
    }

    fileprivate mutating func addIfInside(_ leg: LegFact, _ sign: Int) {
        if leg.position > border { add(leg, sign) }
    }

    /// Moves the window forwards, or back as far as facts are known.
    fileprivate mutating func move(
        to now: Span, _ visits: FactLog<VisitFact>, _ legs: FactLog<LegFact>, _ joins: FactLog<Join>,
        _ definition: ServiceLevel.Definition
    ) {
        let next = now - length
        guard next != border else { return }
        let sign = next > border ? -1 : 1
        add(sign, after: min(border, next), through: max(border, next), visits, legs, joins, definition)
        border = next
    }

    /// Leaves out what is dated after the moment that is asked for.
    fileprivate mutating func leaveOut(
        after now: Span, _ visits: FactLog<VisitFact>, _ legs: FactLog<LegFact>, _ joins: FactLog<Join>,
        _ definition: ServiceLevel.Definition
    ) {
        add(-1, after: now, through: .longest, visits, legs, joins, definition)
    }

    private mutating func add(
        _ sign: Int, after from: Span, through to: Span, _ visits: FactLog<VisitFact>, _ legs: FactLog<LegFact>,
        _ joins: FactLog<Join>, _ definition: ServiceLevel.Definition
    ) {
        visits.each(after: from, through: to) { counts.add($0, as: $0.endedClass(definition), sign) }
        joins.each(after: from, through: to) { _ in joined += sign }
        if length == ClockInterval.hour { legs.each(after: from, through: to) { add($0, sign) } }
    }
}

/// When somebody joined, in uptime.
struct Join: LoggedFact {
    var at: Span

    /// It has no date.
    static let never = UnixTime(microseconds: 0)
    static let after = UnixTime(microseconds: 1)
    var position: Span { at }
    var dates: ClosedRange<UnixTime> { Self.never...Self.never }
}

extension Span {
    /// After everything that may happen.
    fileprivate static let longest = Span(microseconds: .max)
}

extension VisitFact {
    /// Of a visit that has ended the class does not depend on when it is asked for.
    fileprivate func endedClass(_ definition: ServiceLevel.Definition) -> VisitClass {
        VisitClass(self, definition, at: ended ?? joined)
    }
}
