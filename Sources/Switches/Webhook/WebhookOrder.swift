import Telephony
import Time
import Webhook

/// The events of one call: each event once, whatever its id, and in the order in which they happened, as far as
/// possible.
///
/// The first `call.queued` (or `call.initiated`) creates the call. Events that arrive before it, or are dated before
/// it, wait for it. An event before which something may be missing waits for a bounded time (``due(_:at:received:)``).
/// An event that is older than the last applied one is applied at that one's time if it concerns the present state of
/// the call. Otherwise it changes nothing, since a record's past is not rewritten.
struct WebhookOrder: Codable, Equatable, Sendable {
    /// A call has some ten events. Beyond this number repetitions are not recognised.
    static let eventsKnown = 256
    /// The most events that wait for the call's beginning or for earlier events.
    static let eventsWaiting = 32

    struct Waiting: Codable, Equatable, Sendable {
        var event: Webhook.CallEvent
        /// When the event happened, by its call's clock.
        var moment: Moment
        /// Our uptime at which the event is applied, whatever is missing before it. nil in older checkpoints: at once.
        var due: Span?
    }

    /// Deliveries of one call that overtook each other arrive within this time.
    static let shortestHold = Span.milliseconds(300)
    /// An end is held this long after it happened: an answer that arrives after it still counts.
    static let longestHold = Span.seconds(2)

    /// Until when an event may be held, in our uptime.
    static func due(_ kind: Webhook.CallEvent.Kind, at moment: Moment, received now: Moment) -> Span {
        let soon = now.uptime + shortestHold
        guard kind == .ended else { return soon }
        return max(soon, min(moment.uptime, now.uptime) + longestHold)
    }

    /// How far an event may be dated before the last applied one and still be applied, at that one's time. A sender's
    /// parts have clocks of their own, and some of them round to whole seconds.
    static let slack = Span.seconds(2)

    /// What an event needs to know about its call.
    struct Progress {
        /// The queue in which the caller waits, or from which the call was answered.
        var queue: QueueName?
        var isKnown: Bool
        var isAnswered: Bool
    }

    enum Insertion { case new, known, refused }

    /// Digests of the events' contents.
    private var known: Set<UInt64> = []
    private var waiting: [Waiting] = []
    /// The date of the last applied event.
    private var last: UnixTime?
    /// The date of the one before it.
    private(set) var previous: UnixTime?
    /// The last one's uptime. This and what follows are nil in older checkpoints.
    private var lastUptime: Span?
    private var lastKind: Webhook.CallEvent.Kind?
    /// When the caller joined the present queue.
    private var joined: UnixTime?
    /// The date of the first applied event.
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

    /// The assumed offset of the sender's clock was corrected before anything was applied.
    mutating func move(by difference: Span) {
        for index in waiting.indices { waiting[index].moment = waiting[index].moment + difference }
    }

    /// The next event whose time has come; nil if there is none. `isPrompt` says that nothing can be missing before an
    /// event. `discarded` counts events that came too late.
    mutating func next(of call: Progress, at now: Span, discarded: inout Int, isPrompt: (Waiting) -> Bool) -> Waiting? {
        while let place = place(of: call, at: now, isPrompt: isPrompt) {
            var next = waiting.remove(at: place)
            // The sender repeated the event with another timestamp: the caller already waits there.
            if next.event.type == .queued, !call.isAnswered, let queue = next.event.queue,
                call.queue == QueueName(queue)
            {
                continue
            }
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

    /// The index of the next event to apply.
    private mutating func place(of call: Progress, at now: Span, isPrompt: (Waiting) -> Bool) -> Int? {
        func isDue(_ waiting: Waiting) -> Bool { waiting.due.map { $0 <= now } ?? true }
        guard let first = waiting.first else { return nil }
        if call.queue == nil, first.event.type != .initiated, first.event.type != .queued {
            guard let index = waiting.firstIndex(where: { $0.event.type == .queued && $0.event.queue != nil }) else {
                // Only its end shows that a call has no queue.
                guard call.isKnown, waiting.contains(where: { $0.event.type == .ended && isDue($0) }) else {
                    return nil
                }
                return placeBeforeEnd(isDue)
            }
            // Its queue is dated later. If the difference is more than two clocks explain, an earlier queue may still
            // be on its way.
            let queued = waiting[index]
            guard isDue(queued) || isPrompt(queued) && queued.moment.date - first.moment.date <= Self.slack else {
                return nil
            }
            for early in 0..<index { waiting[early].moment = queued.moment }
            return index
        }
        return isDue(first) || isPrompt(first) ? placeBeforeEnd(isDue) : nil
    }

    /// The index of the first event. An end whose time has come goes last: other events of the call that are dated
    /// after it happened before it, or at the latest with it.
    private mutating func placeBeforeEnd(_ isDue: (Waiting) -> Bool) -> Int {
        guard waiting[0].event.type == .ended, isDue(waiting[0]),
            let other = waiting.firstIndex(where: {
                $0.event.type != .ended && $0.event.type != .initiated && $0.event.type != .queued
            })
        else { return 0 }
        waiting[other].moment = waiting[0].moment
        return other
    }

    /// Whether a late event still concerns the present state of the call.
    private func isStillOfUse(_ late: Waiting, _ call: Progress, _ last: UnixTime) -> Bool {
        let date = late.moment.date
        let isNear = last - date <= Self.slack
        let isOfThisQueue = late.event.queue.map { call.queue == QueueName($0) } ?? true
        switch late.event.type {
        case .ended: return true
        // The queue that was missing, or a later one.
        case .queued: return call.queue == nil || isNear && !call.isAnswered && joined.map { date > $0 } ?? false
        case .ringing: return isNear && !call.isAnswered && isOfThisQueue
        // At any time in this queue: without it, an answered call would count as abandoned.
        case .answered: return !call.isAnswered && isOfThisQueue && (isNear || joined.map { date >= $0 } ?? false)
        // Of two that arrived in the wrong order, the later state counts.
        case .held, .resumed: return isNear && lastKind != .held && lastKind != .resumed
        case .initiated, .transferred: return false
        }
    }

    /// Whether an event waits that is due at this time.
    func holds(until due: Span) -> Bool { waiting.contains { $0.due == due } }

    /// Orders two events of the same instant, often a whole second: by `seq`, otherwise in the order in which a call
    /// proceeds, otherwise in order of receipt.
    private static func isBefore(_ new: Waiting, _ other: Waiting) -> Bool {
        guard new.moment.date == other.moment.date else { return new.moment.date < other.moment.date }
        if let one = new.event.seq, let two = other.event.seq, one != two { return one < two }
        switch (new.event.type, other.event.type) {
        case (.ended, _), (.initiated, .initiated): return false
        case (_, .ended), (.initiated, _): return true
        // A ring or an answer belongs to the queue before it, unless it names another.
        case (.queued, .ringing), (.queued, .answered):
            return new.event.queue.map { isOf(QueueName($0), other.event) } ?? false
        case (.ringing, .queued), (.answered, .queued):
            return other.event.queue.map { isOfAnother(QueueName($0), new.event) } ?? false
        case (.queued, _), (_, .queued): return false
        default: return rank(new.event.type) < rank(other.event.type)
        }
    }

    private static func isOf(_ queue: QueueName, _ event: Webhook.CallEvent) -> Bool {
        event.queue.map { queue == QueueName($0) } ?? false
    }
    private static func isOfAnother(_ queue: QueueName, _ event: Webhook.CallEvent) -> Bool {
        event.queue.map { queue != QueueName($0) } ?? false
    }

    /// The order of kinds within one instant.
    private static func rank(_ kind: Webhook.CallEvent.Kind) -> Int {
        Webhook.CallEvent.Kind.allCases.firstIndex(of: kind) ?? 0
    }

    /// Type, instant, queue and agent: two events that agree in these are one event, however they are written.
    private static func digest(_ event: Webhook.CallEvent) -> UInt64 {
        let instant = UnixTime(rfc3339: event.timestamp).map { "\($0.microseconds)" } ?? event.timestamp
        let queue = String(decoding: (event.queue ?? "").utf8.map(\.lowered), as: UTF8.self)
        return BodyDigest.fnv1a(
            [event.type.rawValue, instant, queue, event.agent?.id ?? ""].joined(separator: "\u{0}").utf8)
    }
}

/// Calls that are over, so that a late event does not begin them again. The oldest are forgotten first.
struct EndedCalls: Codable, Equatable, Sendable {
    /// An hour of a very busy site, at some 100 bytes each.
    static let limit = 10_000

    /// Ends by the sender's clock: ours may be far from it.
    private var ends: [String: UnixTime] = [:]
    private var order: [String] = []

    mutating func insert(_ id: String, at date: UnixTime) {
        if ends.updateValue(date, forKey: id) == nil { order.append(id) }
        // Removes half at a time, so that each call costs the same on average.
        guard order.count > Self.limit else { return }
        for id in order.prefix(Self.limit / 2) { ends[id] = nil }
        order.removeFirst(Self.limit / 2)
    }

    /// Whether the call is over. An id that comes again with a later beginning is another call.
    func isOver(_ id: String, _ type: Webhook.CallEvent.Kind, at date: UnixTime) -> Bool {
        guard let end = ends[id] else { return false }
        return date <= end || type != .initiated && type != .queued
    }
}
