import Telephony
import Time
import Wallboard

/// What a reader of the wallboard knows: the last snapshot and the changes since. Pure: messages and times go in.
struct WallboardPicture {
    struct QueueKey: Hashable, Comparable {
        var name: QueueName
        var `switch`: String
        static func < (left: QueueKey, right: QueueKey) -> Bool {
            (left.name, left.switch) < (right.name, right.switch)
        }
    }

    enum Acceptance: Equatable {
        case taken
        /// A number is missing: reconnect for a new snapshot.
        case gap
    }

    /// Why the figures are not live, and when they froze.
    struct Loss: Equatable {
        var reason: String
        var at: UnixTime
        var retryAt: UnixTime
    }

    private(set) var queues: [QueueKey: WallboardMessage.Queue] = [:]
    private(set) var switches: [String: WallboardMessage.Switch] = [:]
    /// The last two hours, requested beside the stream; nil before the first answer.
    var history: HistoryMessage?
    private(set) var since: String?
    private(set) var hasSnapshot = false
    /// How moments are shown: in the gateway's zone.
    private(set) var time = ShownTime(zone: nil)
    /// nil while the stream is live.
    private(set) var loss: Loss?
    private var sequence: UInt64 = 0
    /// How far our clock is ahead of the server's, for the last messages. The smallest lead is the best estimate,
    /// because a delay only adds.
    private var clockLeads: [Span] = []
    private static let clockSamples = 20

    mutating func take(_ message: WallboardMessage, at now: UnixTime) -> Acceptance {
        if let written = UnixTime(rfc3339: message.at) {
            clockLeads.append(now - written)
            if clockLeads.count > Self.clockSamples { clockLeads.removeFirst() }
        }
        switch message.type {
        case .snapshot:
            queues = [:]
            switches = [:]
            hasSnapshot = true
            since = message.since
            time = ShownTime(zone: message.timeZone)
        case .change: guard hasSnapshot, message.seq == sequence + 1 else { return .gap }
        case .heartbeat: guard hasSnapshot, message.seq == sequence else { return .gap }
        }
        sequence = message.seq
        // A message in order shows that the stream is live: it resumes where it was lost, or begins again.
        loss = nil
        for queue in message.queues ?? [] {
            queues[QueueKey(name: QueueName(queue.name), switch: queue.switch)] = queue
        }
        for entry in message.switches ?? [] { switches[entry.name] = entry }
        return .taken
    }

    mutating func lost(_ reason: String, at now: UnixTime, retryAt: UnixTime) {
        // The figures are as old as when they were first lost, however often an attempt fails.
        loss = Loss(reason: reason, at: loss?.at ?? now, retryAt: retryAt)
        clockLeads = []
    }

    /// Whether the queue's switch is heard; otherwise the queue's figures are frozen.
    func isLive(_ queue: WallboardMessage.Queue) -> Bool {
        loss == nil && switches[queue.switch].map { $0.state == .connected } ?? true
    }

    /// The server's clock at our `now`; our own clock where no message came since the stream was lost.
    func serverTime(at now: UnixTime) -> UnixTime {
        UnixTime(microseconds: now.microseconds - (clockLeads.min() ?? .zero).microseconds)
    }

    /// Seconds of today in which the queue's switch was not heard.
    func lostToday(_ queue: WallboardMessage.Queue) -> Double {
        max(0, switches[queue.switch]?.coverage?.lostSeconds ?? 0)
    }

    /// Whether its switch was not heard for a while in the last `minutes`, as far as the last gap shows.
    func hasGap(_ queue: WallboardMessage.Queue, withinMinutes minutes: Int64, at now: UnixTime) -> Bool {
        guard let coverage = switches[queue.switch]?.coverage else { return false }
        func isRecent(_ time: String?) -> Bool {
            guard let time = time.flatMap({ UnixTime(rfc3339: $0) }) else { return true }
            return serverTime(at: now) - time < .seconds(minutes * 60)
        }
        return isRecent(coverage.heardSince) || coverage.lastGap.map { isRecent($0.to) } ?? false
    }

    /// How long the longest-waiting caller has waited, by the server's clock; nil where nobody waits or the wait
    /// cannot be known.
    func longestWait(_ queue: WallboardMessage.Queue, at now: UnixTime) -> Span? {
        guard isLive(queue), let text = queue.longestWaitSince, let since = UnixTime(rfc3339: text),
            let lead = clockLeads.min()
        else {
            return nil
        }
        return max(.zero, now - since - lead)
    }
}
