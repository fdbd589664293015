import Telephony
import Webhook

/// What was told of one call: each event once, whatever its id, and in the order in which it happened as far as that can still be had.
///
/// The first `call.queued` (or `call.initiated`) makes the call. What comes before it waits for it; what may still lack something that happened before it waits
/// for a bounded time (``due(_:at:received:)``); what is older than what was done already changes nothing, since a record's past is not written again.
struct WebhookOrder: Codable, Equatable, Sendable {
    /// A call has some ten events. What comes after so many different ones is taken as it comes.
    static let eventsKnown = 256
    /// Too early, and waiting for the call's beginning.
    static let eventsWaiting = 32

    struct Waiting: Codable, Equatable, Sendable {
        var event: Webhook.CallEvent
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

    /// Digests of their contents.
    private var known: Set<UInt64> = []
    private var waiting: [Waiting] = []
    /// The last one that was handed out.
    private var last: UnixTime?
    /// The one before it.
    private(set) var previous: UnixTime?

    /// False for what is known already, and for what is too late.
    mutating func insert(_ event: Webhook.CallEvent, at moment: Moment, due: Span) -> Bool {
        let content = Self.digest(event)
        guard !known.contains(content) else { return false }
        if known.count < Self.eventsKnown { known.insert(content) }
        guard waiting.count < Self.eventsWaiting || event.type == .ended else { return false }
        let place = waiting.firstIndex { Self.isBefore((moment.date, event.type), ($0.moment.date, $0.event.type)) } ?? waiting.count
        waiting.insert(Waiting(event: event, moment: moment, due: due), at: place)
        return true
    }

    /// The next event whose time has come; nil while there is none. `isPrompt`: nothing can be missing before it.
    mutating func next(hasQueue: Bool, isKnown: Bool, at now: Span, isPrompt: (Waiting) -> Bool) -> Waiting? {
        func isDue(_ waiting: Waiting) -> Bool { waiting.due.map { $0 <= now } ?? true }
        while let first = waiting.first {
            guard isDue(first) || isPrompt(first) else { return nil }
            let isFirstQueue = first.event.type == .queued && !hasQueue
            let needsQueue = first.event.type != .initiated && first.event.type != .queued
            // A call without any queue is known as such when it ends.
            if needsQueue, !hasQueue, !(isKnown && waiting.contains { $0.event.type == .ended && isDue($0) }) { return nil }
            waiting.removeFirst()
            // Late: its call has gone on. Only the queue that was missing is still of use.
            if let last, first.moment.date < last, !isFirstQueue, first.event.type != .ended { continue }
            previous = last
            last = max(last ?? first.moment.date, first.moment.date)
            return first
        }
        return nil
    }

    /// An event waits that is taken then.
    func holds(until due: Span) -> Bool { waiting.contains { $0.due == due } }

    private static func isBefore(_ one: (UnixTime, Webhook.CallEvent.Kind), _ other: (UnixTime, Webhook.CallEvent.Kind)) -> Bool {
        one.0 != other.0 ? one.0 < other.0 : rank(one.1) < rank(other.1)
    }

    /// Which of two events of one instant was first.
    private static func rank(_ kind: Webhook.CallEvent.Kind) -> Int { Webhook.CallEvent.Kind.allCases.firstIndex(of: kind) ?? 0 }

    /// Type, time, queue and agent: two events that agree in these are one.
    private static func digest(_ event: Webhook.CallEvent) -> UInt64 {
        BodyDigest.fnv1a([event.type.rawValue, event.timestamp, event.queue ?? "", event.agent?.id ?? ""].joined(separator: "\u{0}").utf8)
    }
}

/// Calls that are over, so that what comes late of them does not begin them again. The oldest are forgotten first.
struct EndedCalls: Codable, Equatable, Sendable {
    /// An hour of a very busy site, at some 100 bytes each.
    static let limit = 10_000

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
