import Telephony
import Time

/// What happened in one queue since the facts begin, each kind in the order in which it ended.
public struct QueueFacts: Codable, Equatable, Sendable {
    /// A caller who was refused at the queue's door.
    package struct Refusal: Codable, Equatable, Sendable {
        var at: Moment
        var reason: CallEvent.Refusal

        package init(at: Moment, reason: CallEvent.Refusal) {
            self.at = at
            self.reason = reason
        }
    }

    /// A phone that rang, and nobody answered.
    package struct NoAnswer: Codable, Equatable, Sendable {
        var at: Moment
        var team: String?

        package init(at: Moment, team: String?) {
            self.at = at
            self.team = team
        }
    }

    /// An inbound contact that asked for no agent: a menu, an announcement.
    package struct SelfServed: Codable, Equatable, Sendable {
        var ended: Moment
        var arrived: UnixTime
        var record: ContactID
        var channel: ChannelID

        package init(ended: Moment, arrived: UnixTime, record: ContactID, channel: ChannelID) {
            self.ended = ended
            self.arrived = arrived
            self.record = record
            self.channel = channel
        }
    }

    /// In the order of joining.
    public private(set) var waiting: [VisitFact] = []
    public private(set) var visits = FactLog<VisitFact>()
    package var talking: [LegFact] = []
    public private(set) var legs = FactLog<LegFact>()
    package private(set) var refusals = FactLog<Refusal>()
    package var noAnswers = FactLog<NoAnswer>()
    /// Of the whole switch, never of a queue.
    package var selfServed = FactLog<SelfServed>()
    /// The wait of the caller who was answered last.
    package var lastAnswered: LastAnswered?
    /// The pace of the last hour, measured at most every half minute.
    package private(set) var pace: Pace?
    package var announced = AnnouncedWait()
    package var accuracy = Accuracy()
    private var running = RunningFigures()

    package struct LastAnswered: Codable, Equatable, Sendable {
        package var at: Span
        package var wait: Span

        package init(at: Span, wait: Span) {
            self.at = at
            self.wait = wait
        }
    }

    package struct Accuracy: Codable, Equatable, Sendable {
        package private(set) var queueLength = EstimateAccuracy()
        package private(set) var queueLengthAbandoning = EstimateAccuracy()
        package private(set) var lastToEnterService = EstimateAccuracy()

        package mutating func add(_ estimates: WaitingTimeEstimate, wait: Span) {
            if let estimate = estimates.queueLength { queueLength.add(estimate: estimate, wait: wait) }
            if let estimate = estimates.queueLengthAbandoning {
                queueLengthAbandoning.add(estimate: estimate, wait: wait)
            }
            if let estimate = estimates.lastToEnterService { lastToEnterService.add(estimate: estimate, wait: wait) }
        }
    }

    package struct Pace: Codable, Equatable, Sendable {
        /// How long a pace is used before it is computed again: a mean of many calls moves slowly.
        static let lasts = Span.seconds(30)
        package var at: Span
        /// Mean handling time.
        package var handling: Span?
        /// Mean time until callers give up: all waits over the number of those who did.
        package var patience: Span?

        init(at now: Span, handled: Int, handle: Span, gaveUp: Int, waited: Span) {
            at = now
            handling = handled > 0 ? Span(microseconds: handle.microseconds / Int64(handled)) : nil
            patience = gaveUp > 0 ? Span(microseconds: waited.microseconds / Int64(gaveUp)) : nil
        }

        init(_ hour: SlidingWindow, at now: Span) {
            self.init(
                at: now, handled: hour.handled, handle: hour.handle, gaveUp: hour.counts.measured(VisitClass.abandoned),
                waited: hour.counts.wait(VisitClass.allCases))
        }
    }

    package init() {}

    var count: Int { visits.count + legs.count + refusals.count + noAnswers.count + selfServed.count }

    // MARK: writing

    /// A caller begins to wait.
    package mutating func join(_ fact: VisitFact) {
        waiting.append(fact)
        running.joined(fact.joined)
    }

    /// Removes and returns the fact of a waiting caller, to be appended when it is complete; nil if that caller was not
    /// seen to wait.
    package mutating func leave(_ number: UInt64) -> VisitFact? {
        // Read in its place, where a closure would get a copy.
        for index in waiting.indices where waiting[index].number == number { return waiting.remove(at: index) }
        return nil
    }

    /// Changes facts of waiting callers. `body` must not change their moments.
    package mutating func changeWaiting(where isMeant: (VisitFact) -> Bool, _ body: (inout VisitFact) -> Void) {
        for index in waiting.indices where isMeant(waiting[index]) { body(&waiting[index]) }
    }

    /// A fact that is reported late is inserted where it happened. `waitedSince`: when a caller who waited had joined,
    /// as known until now.
    package mutating func append(_ fact: VisitFact, waitedSince: Moment?) {
        visits.insert(fact)
        running.ended(fact, waitedSince: waitedSince)
    }

    package mutating func append(_ fact: LegFact) {
        legs.insert(fact)
        running.add(fact)
    }

    package mutating func append(_ refusal: Refusal) {
        refusals.append(refusal)
        running.add(refusal)
    }

    /// Changes the last agent's part with this number. `body` must not change its end.
    package mutating func changeLeg(_ number: UInt64, _ body: (inout LegFact) -> Void) {
        guard let index = legs.lastIndex(where: { $0.number == number }) else { return }
        let before = legs[index]
        legs.change(at: index, body)
        running.change(before, to: legs[index])
    }

    /// Changes facts of visits, or of agents' parts, among the waiting ones and the last `number`. `body` must not
    /// change anything that is counted.
    mutating func change(
        last number: Int, visits isMeant: (VisitFact) -> Bool, _ body: (inout VisitFact) -> Void
    ) {
        changeWaiting(where: isMeant, body)
        visits.change(last: number, where: isMeant, body)
    }

    mutating func change(last number: Int, legs isMeant: (LegFact) -> Bool, _ body: (inout LegFact) -> Void) {
        for index in talking.indices where isMeant(talking[index]) { body(&talking[index]) }
        legs.change(last: number, where: isMeant, body)
    }

    // MARK: what is kept beside the facts

    /// Keeps the figures that are asked for again and again, classified by these rules.
    package mutating func keepFigures(by rules: RunningFigures.Rules) {
        guard running.rules != rules else { return }
        var made = RunningFigures()
        made.keep(by: rules, self)
        running = made
    }

    private mutating func makeFiguresAgain() {
        guard let rules = running.rules else { return }
        running = RunningFigures()
        keepFigures(by: rules)
    }

    package mutating func passTime(to now: Span) { running.pass(to: now, visits, legs) }

    mutating func passTime(from before: Span, to now: Span) -> (haveMoved: Bool, end: Span?) {
        let haveMoved = windowsMoved(from: before, to: now)
        if haveMoved { passTime(to: now) }
        return (haveMoved, windowsEnd)
    }

    /// The day's figures; nil if they are not kept for this range and definition: then they must be computed from the
    /// facts.
    func day(_ range: Range<UnixTime>, _ definition: ServiceLevel.Definition, at now: Moment) -> QueueDay? {
        guard let day = running.day(range, definition) else { return nil }
        var known = QueueDay(visits: day.visits, answeredWaits: day.answeredWaits)
        for index in waiting.indices where range.contains(waiting[index].joined.date) {
            known.visits.add(waiting[index], as: VisitClass(waiting[index], definition, at: now), at: now)
        }
        return known
    }

    func slidingWindow(minutes: Int64, _ definition: ServiceLevel.Definition, at now: Moment) -> SlidingWindow? {
        running.window(minutes: minutes, definition, visits, legs, at: now)
    }

    // MARK: reading

    /// `visited` is given each visit that is counted.
    func tally(
        _ window: Window, _ definition: ServiceLevel.Definition, at now: Moment, visited: (VisitFact) -> Void = { _ in }
    ) -> VisitTally {
        var tally = VisitTally()
        each(window, at: now) { fact in
            tally.add(fact, as: VisitClass(fact, definition, at: now), at: now)
            visited(fact)
        }
        eachRefusal(window, at: now) { tally.add($0) }
        return tally
    }

    func eachRefusal(_ window: Window, at now: Moment, _ body: (Refusal) -> Void) {
        refusals.each({ window.needs($0, at: now) }) { if window.contains($0.at, at: now) { body($0) } }
    }

    /// The visits of a window, in order; in the cohort base also those of callers who wait.
    func each(_ window: Window, at now: Moment, _ body: (VisitFact) -> Void) {
        visits.each({ window.needs($0, at: now) }) { if window.contains($0, at: now) { body($0) } }
        if window.base == .cohort { for fact in waiting where window.contains(fact, at: now) { body(fact) } }
    }

    /// How many callers joined in the window.
    func joined(_ window: Window, at now: Moment) -> Int {
        var count = waiting.count { window.contains($0.joined, at: now) }
        func add(_ fact: VisitFact) { if window.contains(fact.joined, at: now) { count += 1 } }
        if case .last(let length) = window.extent {
            // A visit that ended before the window also began before it.
            visits.each(after: now.uptime - length, through: Span(microseconds: .max), add)
        } else {
            visits.each({ window.needs($0, at: now) }, add)
        }
        return count
    }

    /// Whether a visit dropped out of a sliding window between the two moments.
    func windowsMoved(from before: Span, to now: Span) -> Bool {
        guard let last = visits.last?.position, last > before - ClockInterval.hour else { return false }
        return Window.slidingMinutes.contains { minutes in
            let length = Span.seconds(minutes * 60)
            return visits.contains(after: before - length, through: now - length)
        }
    }

    /// When the last visit drops out of the longest sliding window.
    var windowsEnd: Span? { visits.last?.ended.map { $0.uptime + ClockInterval.hour } }

    /// Agents' parts that ended in the window, whatever its base; where `isMember` says so.
    func legTally(_ window: Window, at now: Moment, _ isMember: (String?) -> Bool = { _ in true }) -> LegTally {
        var contacts: Set<ContactKey> = []
        return legTally(window, contacts: &contacts, at: now, isMember)
    }

    /// `contacts`: the contacts that were already counted, for other queues; the tally counts only new ones.
    func legTally(
        _ window: Window, contacts: inout Set<ContactKey>, at now: Moment, _ isMember: (String?) -> Bool = { _ in true }
    ) -> LegTally {
        var tally = LegTally()
        eachLeg(window, at: now) { leg in
            guard isMember(leg.team) else { return }
            tally.add(leg)
            if leg.isMeasured, leg.wrapUp != nil, contacts.insert(leg.contact).inserted { tally.contacts += 1 }
        }
        eachNoAnswer(window, at: now) { if isMember($0.team) { tally.noAnswers += 1 } }
        return tally
    }

    /// Agents' parts that ended in the window, in order.
    func eachLeg(_ window: Window, at now: Moment, _ body: (LegFact) -> Void) {
        legs.each({ window.needs($0, at: now) }) { leg in
            if let ended = leg.ended, window.contains(ended, at: now) { body(leg) }
        }
    }

    func eachNoAnswer(_ window: Window, at now: Moment, _ body: (NoAnswer) -> Void) {
        noAnswers.each({ window.needs($0, at: now) }) { if window.contains($0.at, at: now) { body($0) } }
    }

    /// How long agents talked and callers were on hold within these dates, split at their borders; where `isMember`
    /// says so.
    func occupancy(_ range: Range<UnixTime>, at now: Moment, _ isMember: (String?) -> Bool = { _ in true }) -> (
        talk: Span, hold: Span
    ) {
        var talk = Span.zero
        var hold = Span.zero
        func add(_ leg: LegFact) {
            guard isMember(leg.team) else { return }
            let part = leg.overlap(range, at: now)
            talk += part.talk
            hold += part.hold
        }
        legs.each({ $0.intersects(range) }, add)
        for leg in talking { add(leg) }
        return (talk, hold)
    }

    // MARK: estimates

    package mutating func measurePace(at now: Moment) {
        if let pace, now.uptime - pace.at < Pace.lasts { return }
        pace = keptPace(at: now) ?? paceOfFacts(at: now)
    }

    func keptPace(at now: Moment) -> Pace? {
        running.hour(visits, legs, at: now).map { Pace($0, at: now.uptime) }
    }

    func paceOfFacts(at now: Moment) -> Pace {
        let window = Window.sliding(minutes: 60)
        let legs = legTally(window, at: now)
        var waited = Span.zero
        var gaveUp = 0
        each(window, at: now) { fact in
            guard fact.isMeasured else { return }
            waited += fact.wait(at: now)
            if fact.outcome == .abandoned { gaveUp += 1 }
        }
        return Pace(at: now.uptime, handled: legs.measured, handle: legs.handle, gaveUp: gaveUp, waited: waited)
    }

    // MARK: what lasts

    /// Conversations that began before the interval's end and last, and after-call work of those that ended in it.
    func openLegs(_ range: Range<UnixTime>, _ isMember: (String?) -> Bool = { _ in true }) -> Int {
        talking.count { $0.established.date < range.upperBound && isMember($0.team) }
            + legs.count(in: range) { leg in
                leg.wrapUp == nil && (leg.ended.map { range.contains($0.date) } ?? false) && isMember(leg.team)
            }
    }

    // MARK: forgetting

    /// When the first of the waiting callers joined.
    var firstJoined: UnixTime? { waiting.lazy.map(\.joined.date).min() }

    /// Forgets what ended before, unless a window of the last hour needs it.
    /// - Returns: how many facts.
    mutating func forget(before date: UnixTime, at now: Moment) -> Int {
        let hour = now.uptime - ClockInterval.hour
        func isOld(_ moment: Moment?) -> Bool { moment.map { $0.date < date && $0.uptime < hour } ?? false }
        running.pass(to: now.uptime, visits, legs)
        let gone =
            visits.removeAll(below: hour, before: date) { isOld($0.ended) && $0.joined.date < date }
            + refusals.removeAll(below: hour, before: date) { isOld($0.at) }
        if gone > 0 { running.forgetDays(before: date) }
        return gone + legs.removeAll(below: hour, before: date) { isOld($0.ended) }
            + noAnswers.removeAll(below: hour, before: date) { isOld($0.at) }
            + selfServed.removeAll(below: hour, before: date) { isOld($0.ended) }
    }

    /// Drops a quarter of the facts and more: there are too many.
    /// - Returns: the date before which they are now incomplete.
    mutating func dropOldest() -> UnixTime? {
        let border = [
            visits.dropFirst(visits.count / 4).first?.ended, legs.dropFirst(legs.count / 4).first?.ended,
        ]
        .compactMap { $0?.date }.max()
        visits.removeFirst(visits.count / 4)
        legs.removeFirst(legs.count / 4)
        refusals.removeFirst(refusals.count / 2)
        noAnswers.removeFirst(noAnswers.count / 2)
        selfServed.removeFirst(selfServed.count / 2)
        makeFiguresAgain()
        return border
    }
}

// MARK: - The logs apart from the rest

extension QueueFacts {
    /// Writes the logs in pieces, and hands over each.
    func write<Failure>(
        _ place: FactPlace, to writer: inout FactWriter, _ take: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        try writer.write(visits, place.of(.visits), take)
        try writer.write(legs, place.of(.legs), take)
        try writer.write(refusals, place.of(.refusals), take)
        try writer.write(noAnswers, place.of(.noAnswers), take)
        try writer.write(selfServed, place.of(.selfServed), take)
    }

    mutating func forgetLogs() {
        visits = FactLog()
        legs = FactLog()
        refusals = FactLog()
        noAnswers = FactLog()
        selfServed = FactLog()
        running = RunningFigures()
    }

    /// Adds the facts of a piece. Logs that are searched by position are in order whatever the piece is.
    mutating func read(_ kind: FactPlace.Kind, from reader: inout FactReader) {
        switch kind {
        case .visits: reader.each { visits.insert($0) }
        case .legs: reader.each { legs.insert($0) }
        case .refusals: reader.each { refusals.append($0) }
        case .noAnswers: reader.each { noAnswers.append($0) }
        case .selfServed: reader.each { selfServed.append($0) }
        case .states: reader.fail()
        }
    }
}

// MARK: - Where a fact lies in its log, and which dates it concerns

extension VisitFact: LoggedFact {
    public var position: Span { ended?.uptime ?? joined.uptime }
    public var dates: ClosedRange<UnixTime> {
        let ended = ended?.date ?? joined.date
        return min(joined.date, ended)...max(joined.date, ended)
    }
}

extension LegFact: LoggedFact {
    public var position: Span { ended?.uptime ?? established.uptime }
    public var dates: ClosedRange<UnixTime> {
        let end = ended ?? established
        var first = min(established.date, end.date)
        // By the clock that never jumps it may have lasted until another date: that is how it overlaps a window.
        var last = max(end.date, established.date + max(.zero, end - established))
        for hold in holds {
            first = min(first, hold.from.date)
            last = max(last, hold.from.date + max(.zero, (hold.to ?? end) - hold.from))
        }
        return first...last
    }
}

extension QueueFacts.Refusal: LoggedFact {
    public var position: Span { at.uptime }
    public var dates: ClosedRange<UnixTime> { at.date...at.date }
}

extension QueueFacts.NoAnswer: LoggedFact {
    public var position: Span { at.uptime }
    public var dates: ClosedRange<UnixTime> { at.date...at.date }
}

extension QueueFacts.SelfServed: LoggedFact {
    public var position: Span { ended.uptime }
    public var dates: ClosedRange<UnixTime> { ended.date...ended.date }
}
