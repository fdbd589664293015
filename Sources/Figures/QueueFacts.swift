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
    public package(set) var waiting: [VisitFact] = []
    public package(set) var visits: [VisitFact] = []
    package var talking: [LegFact] = []
    public package(set) var legs: [LegFact] = []
    package var refusals: [Refusal] = []
    package var noAnswers: [NoAnswer] = []
    /// Of the whole switch, never of a queue.
    package var selfServed: [SelfServed] = []
    /// The wait of the caller who was answered last.
    package var lastAnswered: LastAnswered?
    /// Of the last hour, measured at most every half minute.
    package private(set) var pace: Pace?
    package var announced = AnnouncedWait()
    package var accuracy = Accuracy()

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
        /// A mean of many calls moves slowly; until then it is not computed again.
        static let lasts = Span.seconds(30)
        package var at: Span
        /// Mean handling time.
        package var handling: Span?
        /// Mean time until callers give up: all waits over the number of those who did.
        package var patience: Span?
    }

    package init() {}

    var count: Int { visits.count + legs.count + refusals.count + noAnswers.count + selfServed.count }

    // MARK: writing

    /// A fact that is reported late is put where it happened: windows are read from the end, until something is older.
    package mutating func append(_ fact: VisitFact) {
        let ended = fact.ended?.uptime ?? fact.joined.uptime
        let after = visits.lastIndex { ($0.ended?.uptime ?? $0.joined.uptime) <= ended }
        visits.insert(fact, at: after.map { $0 + 1 } ?? 0)
    }

    package mutating func append(_ fact: LegFact) {
        let ended = fact.ended?.uptime ?? fact.established.uptime
        let after = legs.lastIndex { ($0.ended?.uptime ?? $0.established.uptime) <= ended }
        legs.insert(fact, at: after.map { $0 + 1 } ?? 0)
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
        for refusal in refusals where window.contains(refusal.at, at: now) { tally.add(refusal) }
        return tally
    }

    /// The visits of a window; in the cohort base also those of callers who wait.
    func each(_ window: Window, at now: Moment, _ body: (VisitFact) -> Void) {
        // A day has tens of thousands; in place none of them is copied.
        visits.withUnsafeBufferPointer { each($0, window, at: now, body) }
        if window.base == .cohort { for fact in waiting where window.contains(fact, at: now) { body(fact) } }
    }

    private func each(
        _ visits: UnsafeBufferPointer<VisitFact>, _ window: Window, at now: Moment, _ body: (VisitFact) -> Void
    ) {
        if case .last(let length) = window.extent, window.base == .completion {
            // From the end: nothing that ended before the window is looked at.
            for index in visits.indices.reversed() {
                guard let ended = visits[index].ended else { continue }
                if ended.uptime <= now.uptime - length { break }
                if window.contains(visits[index], at: now) { body(visits[index]) }
            }
            return
        }
        for index in visits.indices where window.contains(visits[index], at: now) { body(visits[index]) }
    }

    /// How many callers joined in the window.
    func joined(_ window: Window, at now: Moment) -> Int {
        var count = waiting.count { window.contains($0.joined, at: now) }
        visits.withUnsafeBufferPointer { visits in
            for index in visits.indices.reversed() {
                // A visit that ended before the window began before it, too.
                if case .last(let length) = window.extent, let ended = visits[index].ended,
                    ended.uptime <= now.uptime - length
                {
                    break
                }
                if window.contains(visits[index].joined, at: now) { count += 1 }
            }
        }
        return count
    }

    /// Whether a visit dropped out of a sliding window between the two moments.
    package func windowsMoved(from before: Span, to now: Span) -> Bool {
        for fact in visits.reversed() {
            guard let ended = fact.ended?.uptime else { continue }
            if ended <= before - ClockInterval.hour { return false }
            for minutes in Window.slidingMinutes {
                let length = Span.seconds(minutes * 60)
                if ended > before - length, ended <= now - length { return true }
            }
        }
        return false
    }

    /// When the last visit drops out of the longest sliding window.
    package var windowsEnd: Span? { visits.last?.ended.map { $0.uptime + ClockInterval.hour } }

    /// Agents' parts that ended in the window, whatever its base; where `isMember` says so.
    func legTally(_ window: Window, at now: Moment, _ isMember: (String?) -> Bool = { _ in true }) -> LegTally {
        var contacts: Set<ContactKey> = []
        return legTally(window, contacts: &contacts, at: now, isMember)
    }

    /// `contacts`: those in which agents of other queues had a part; the tally counts only new ones.
    func legTally(
        _ window: Window, contacts: inout Set<ContactKey>, at now: Moment, _ isMember: (String?) -> Bool = { _ in true }
    ) -> LegTally {
        var tally = LegTally()
        for leg in legs.reversed() {
            if case .last(let length) = window.extent, let ended = leg.ended, ended.uptime <= now.uptime - length {
                break
            }
            guard let ended = leg.ended, window.contains(ended, at: now), isMember(leg.team) else { continue }
            tally.add(leg)
            if leg.isMeasured, leg.wrapUp != nil, contacts.insert(leg.contact).inserted { tally.contacts += 1 }
        }
        tally.noAnswers = noAnswers.count { window.contains($0.at, at: now) && isMember($0.team) }
        return tally
    }

    /// How long agents talked and callers were on hold within these dates, split at their borders.
    func occupancy(_ range: Range<UnixTime>, at now: Moment) -> (talk: Span, hold: Span) {
        var talk = Span.zero
        var hold = Span.zero
        for leg in legs + talking {
            let part = leg.overlap(range, at: now)
            talk += part.talk
            hold += part.hold
        }
        return (talk, hold)
    }

    // MARK: estimates

    package mutating func measurePace(at now: Moment) {
        if let pace, now.uptime - pace.at < Pace.lasts { return }
        let window = Window.sliding(minutes: 60)
        let legs = legTally(window, at: now)
        var waited = Span.zero
        var gaveUp = 0
        each(window, at: now) { fact in
            guard fact.isMeasured else { return }
            waited += fact.wait(at: now)
            if fact.outcome == .abandoned { gaveUp += 1 }
        }
        pace = Pace(
            at: now.uptime,
            handling: legs.measured > 0 ? Span(microseconds: legs.handle.microseconds / Int64(legs.measured)) : nil,
            patience: gaveUp > 0 ? Span(microseconds: waited.microseconds / Int64(gaveUp)) : nil)
    }

    // MARK: what lasts

    /// Conversations that began before the interval's end and last, and after-call work of those that ended in it.
    func openLegs(_ range: Range<UnixTime>, _ isMember: (String?) -> Bool = { _ in true }) -> Int {
        talking.count { $0.established.date < range.upperBound && isMember($0.team) }
            + legs.count { leg in
                leg.wrapUp == nil && (leg.ended.map { range.contains($0.date) } ?? false) && isMember(leg.team)
            }
    }

    // MARK: forgetting

    /// Forgets what ended before, unless a window of the last hour needs it.
    mutating func forget(before date: UnixTime, at now: Moment) {
        let hour = now.uptime - ClockInterval.hour
        func isOld(_ moment: Moment?) -> Bool { moment.map { $0.date < date && $0.uptime < hour } ?? false }
        visits.removeAll { isOld($0.ended) && $0.joined.date < date }
        legs.removeAll { isOld($0.ended) }
        refusals.removeAll { isOld($0.at) }
        noAnswers.removeAll { isOld($0.at) }
        selfServed.removeAll { isOld($0.ended) }
    }
}
