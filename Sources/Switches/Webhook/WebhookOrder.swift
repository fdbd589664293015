import Telephony
import Time
import Webhook

/// What was told of one call: each event once, whatever its id, and in the order in which it happened as far as that can still be had.
///
/// The first `call.queued` (or `call.initiated`) makes the call. What comes before it waits for it, and so does what is dated before it; what may still lack
/// something that happened before it waits for a bounded time (``due(_:at:received:)``). What is older than what was done already is taken where it belongs to
/// what goes on, at the time of what was done; otherwise it changes nothing, since a record's past is not written again.
struct WebhookOrder: Codable, Equatable, Sendable {
    /// A call has some ten events. What comes after so many different ones is taken as it comes.
    static let eventsKnown = 256
    /// Too early, and waiting for the call's beginning.
    static let eventsWaiting = 32

    struct Waiting: Codable, Equatable, Sendable {
        var event: Webhook.CallEvent
        /// When it happened, by its call's clock.
        var moment: Moment
        /// Our uptime at which it is taken, whatever is missing before it. nil in checkpoints of before: at once.
        var due: Span?
    }

    /// Deliveries of one call that overtook each other come within this time of each other.
    static let shortestHold = Span.milliseconds(300)
    /// An end is held for so long after it happened: an answer that comes after it is an answer.
    static let longestHold = Span.seconds(2)

    /// How long an event may be held, by the time at which it happened and that at which it came.
    static func due(_ kind: Webhook.CallEvent.Kind, at moment: Moment, received now: Moment) -> Span {
        let soon = now.uptime + shortestHold
        guard kind == .ended else { return soon }
        return max(soon, min(moment.uptime, now.uptime) + longestHold)
    }

    /// By how much an event may be dated before what was taken already, and is still taken, at the time of that: a sender's parts have clocks of their own,
    /// and some of them round to whole seconds.
    static let slack = Span.seconds(2)

    /// What an event needs to know of its call.
    struct Progress {
        /// The queue in which the caller waits, or from which the call was answered.
        var queue: QueueName?
        var isKnown: Bool
        var isAnswered: Bool
    }

    enum Insertion { case new, known, refused }

    /// Digests of their contents.
    private var known: Set<UInt64> = []
    private var waiting: [Waiting] = []
    /// The last one that was handed out.
    private var last: UnixTime?
    /// The one before it.
    private(set) var previous: UnixTime?
    /// Of the last one, too. These and what follows are nil in checkpoints of before.
    private var lastUptime: Span?
    private var lastKind: Webhook.CallEvent.Kind?
    /// When the caller came to the queue that counts now.
    private var joined: UnixTime?
    /// The first one that was handed out.
    private(set) var began: UnixTime?

    var waitingCount: Int { waiting.count }

    mutating func insert(_ event: Webhook.CallEvent, at moment: Moment, due: Span) -> Insertion {
        let content = Self.digest(event)
        guard !known.contains(content) else { return .known }
        if known.count < Self.eventsKnown { known.insert(content) }
        guard waiting.count < Self.eventsWaiting || event.type == .ended else { return .refused }
        let new = Waiting(event: event, moment: moment, due: due)
        var place = waiting.count
        while place > 0, Self.isBefore(new, waiting[place - 1]) { place -= 1 }
        waiting.insert(new, at: place)
        return .new
    }

    /// The sender's clock was found to be another than was assumed, before anything was handed out.
    mutating func move(by difference: Span) {
        for index in waiting.indices { waiting[index].moment = waiting[index].moment + difference }
    }

    /// The next event whose time has come; nil while there is none. `isPrompt`: nothing can be missing before it. `discarded` counts what came too late.
    mutating func next(of call: Progress, at now: Span, discarded: inout Int, isPrompt: (Waiting) -> Bool) -> Waiting? {
        while let place = place(of: call, at: now, isPrompt: isPrompt) {
            var next = waiting.remove(at: place)
            // The sender's second attempt, with a time of its own: the caller waits there already.
            if next.event.type == .queued, !call.isAnswered, let queue = next.event.queue, call.queue == QueueName(queue) { continue }
            if let last, next.moment.date < last {
                guard isStillOfUse(next, call, last) else {
                    if next.event.type != .initiated, next.event.type != .transferred { discarded += 1 }
                    continue
                }
                next.moment = next.moment + (last - next.moment.date)
            }
            next.moment.uptime = max(next.moment.uptime, lastUptime ?? next.moment.uptime)
            began = began ?? next.moment.date
            previous = last
            (last, lastUptime, lastKind) = (next.moment.date, next.moment.uptime, next.event.type)
            if next.event.type == .queued, next.event.queue != nil { joined = next.moment.date }
            return next
        }
        return nil
    }

    /// Where the next one to be taken waits.
    private mutating func place(of call: Progress, at now: Span, isPrompt: (Waiting) -> Bool) -> Int? {
        func isDue(_ waiting: Waiting) -> Bool { waiting.due.map { $0 <= now } ?? true }
        guard let first = waiting.first else { return nil }
        if call.queue == nil, first.event.type != .initiated, first.event.type != .queued {
            guard let index = waiting.firstIndex(where: { $0.event.type == .queued && $0.event.queue != nil }) else {
                // A call without any queue is known as such when it ends.
                guard call.isKnown, waiting.contains(where: { $0.event.type == .ended && isDue($0) }) else { return nil }
                return placeBeforeEnd(isDue)
            }
            // Its queue is dated after it. Where that is more than two clocks' difference, a queue before this one may be on its way.
            let queued = waiting[index]
            guard isDue(queued) || isPrompt(queued) && queued.moment.date - first.moment.date <= Self.slack else { return nil }
            for early in 0..<index { waiting[early].moment = queued.moment }
            return index
        }
        return isDue(first) || isPrompt(first) ? placeBeforeEnd(isDue) : nil
    }

    /// The first one. An end whose time has come goes last: what the call's events say after it happened before it, at the latest with it.
    private mutating func placeBeforeEnd(_ isDue: (Waiting) -> Bool) -> Int {
        guard waiting[0].event.type == .ended, isDue(waiting[0]),
            let other = waiting.firstIndex(where: { $0.event.type != .ended && $0.event.type != .initiated && $0.event.type != .queued })
        else { return 0 }
        waiting[other].moment = waiting[0].moment
        return other
    }

    /// Dated before what was taken already, and yet not of the past: it belongs to what goes on now.
    private func isStillOfUse(_ late: Waiting, _ call: Progress, _ last: UnixTime) -> Bool {
        let date = late.moment.date
        let isNear = last - date <= Self.slack
        let isOfThisQueue = late.event.queue.map { call.queue == QueueName($0) } ?? true
        switch late.event.type {
        case .ended: return true
        // The queue that was missing, or a next one.
        case .queued: return call.queue == nil || isNear && !call.isAnswered && joined.map { date > $0 } ?? false
        case .ringing: return isNear && !call.isAnswered && isOfThisQueue
        // Whenever it was in this queue: without it, an answered call would be an abandoned one.
        case .answered: return !call.isAnswered && isOfThisQueue && (isNear || joined.map { date >= $0 } ?? false)
        // Of two that came in the wrong order, the one that is true now counts.
        case .held, .resumed: return isNear && lastKind != .held && lastKind != .resumed
        case .initiated, .transferred: return false
        }
    }

    /// An event waits that is taken then.
    func holds(until due: Span) -> Bool { waiting.contains { $0.due == due } }

    /// Of two that are dated to the same instant, often a whole second: the order of `seq`, else that in which a call must go, else that in which they came.
    private static func isBefore(_ new: Waiting, _ other: Waiting) -> Bool {
        guard new.moment.date == other.moment.date else { return new.moment.date < other.moment.date }
        if let one = new.event.seq, let two = other.event.seq, one != two { return one < two }
        switch (new.event.type, other.event.type) {
        case (.ended, _), (.initiated, .initiated): return false
        case (_, .ended), (.initiated, _): return true
        // Whatever rings or answers belongs to the queue before it, unless it says which.
        case (.queued, .ringing), (.queued, .answered): return new.event.queue.map { isOf(QueueName($0), other.event) } ?? false
        case (.ringing, .queued), (.answered, .queued): return other.event.queue.map { isOfAnother(QueueName($0), new.event) } ?? false
        case (.queued, _), (_, .queued): return false
        default: return rank(new.event.type) < rank(other.event.type)
        }
    }

    private static func isOf(_ queue: QueueName, _ event: Webhook.CallEvent) -> Bool { event.queue.map { queue == QueueName($0) } ?? false }
    private static func isOfAnother(_ queue: QueueName, _ event: Webhook.CallEvent) -> Bool {
        event.queue.map { queue != QueueName($0) } ?? false
    }

    /// Which of two events of one instant was first.
    private static func rank(_ kind: Webhook.CallEvent.Kind) -> Int { Webhook.CallEvent.Kind.allCases.firstIndex(of: kind) ?? 0 }

    /// Type, instant, queue and agent: two events that agree in these are one, however they are written.
    private static func digest(_ event: Webhook.CallEvent) -> UInt64 {
        let instant = UnixTime(rfc3339: event.timestamp).map { "\($0.microseconds)" } ?? event.timestamp
        let queue = String(decoding: (event.queue ?? "").utf8.map(\.lowered), as: UTF8.self)
        return BodyDigest.fnv1a([event.type.rawValue, instant, queue, event.agent?.id ?? ""].joined(separator: "\u{0}").utf8)
    }
}

/// Calls that are over, so that what comes late of them does not begin them again. The oldest are forgotten first.
struct EndedCalls: Codable, Equatable, Sendable {
    /// An hour of a very busy site, at some 100 bytes each.
    static let limit = 10_000

    /// By the sender's clock: ours may be far from it.
    private var ends: [String: UnixTime] = [:]
    private var order: [String] = []

    mutating func insert(_ id: String, at date: UnixTime) {
        if ends.updateValue(date, forKey: id) == nil { order.append(id) }
        // In halves, so that each call costs the same on average.
        guard order.count > Self.limit else { return }
        for id in order.prefix(Self.limit / 2) { ends[id] = nil }
        order.removeFirst(Self.limit / 2)
    }

    /// An id that comes again with a later beginning is another call.
    func isOver(_ id: String, _ type: Webhook.CallEvent.Kind, at date: UnixTime) -> Bool {
        guard let end = ends[id] else { return false }
        return date <= end || type != .initiated && type != .queued
    }
}
