import Time

/// The messages that wait until other systems take them: when each is sent again, how often, and when it is given up.
///
/// The outbox lives in memory: a message outlives its receiver's restart, not ours. What it carries is in the store
/// anyway.
public struct Outbox: Sendable {
    public enum Limits {
        /// From a failed attempt to the next one. A receiver that is away for longer never learns what it missed.
        public static let retries: [Span] = [.seconds(5), .seconds(60), .seconds(300), .seconds(1800)]
        /// Some 2 kB each: 20 MB.
        public static let messages = 10_000
    }

    public struct Message: Equatable, Sendable {
        /// The receiver's name in the configuration.
        public var target: String
        /// The same in every attempt.
        public var id: String
        public var body: [UInt8]

        public init(target: String, id: String, body: [UInt8]) {
            self.target = target
            self.id = id
            self.body = body
        }

        public var key: Key { Key(target: target, id: id) }
    }

    public struct Key: Hashable, Sendable {
        public var target: String
        public var id: String

        public init(target: String, id: String) {
            self.target = target
            self.id = id
        }
    }

    public enum Admission: Equatable, Sendable {
        /// Send it now: this is its first attempt.
        case accepted
        /// No such receiver is configured, or it wants no more.
        case unwanted
        /// ``Limits/messages`` wait already.
        case full
    }

    /// How an attempt ended.
    public enum Answer: Equatable, Sendable {
        /// The HTTP status.
        case status(Int)
        /// No answer came, and why.
        case failed(String)
    }

    public enum Verdict: Equatable, Sendable {
        case delivered
        /// It is sent again, after the first attempt or a later one.
        case again(attempts: Int, reason: String)
        case givenUp(attempts: Int, reason: String)
        /// The receiver answered 410 and wants no more: from now on nothing new is accepted for it.
        case ended
        /// The message had left the outbox before.
        case unknown
    }

    private struct Entry {
        var message: Message
        var attempts: Int
    }

    private let targets: Set<String>
    private let limit: Int
    private var entries: [Key: Entry] = [:]
    private var ended: Set<String> = []
    /// What waits for its second attempt, its third and so on: each queue has one delay, so that it is in the order of
    /// its deadlines.
    private var queues = Limits.retries.map { _ in Deadlines<Key>() }

    public init(targets: some Sequence<String>, limit: Int = Limits.messages) {
        self.targets = Set(targets)
        self.limit = limit
    }

    /// The messages that are being sent or wait.
    public var count: Int { entries.count }

    public mutating func add(_ message: Message) -> Admission {
        guard targets.contains(message.target), !ended.contains(message.target) else { return .unwanted }
        guard entries.count < limit else { return .full }
        entries[message.key] = Entry(message: message, attempts: 1)
        return .accepted
    }

    public mutating func answered(_ key: Key, _ answer: Answer, at now: Span) -> Verdict {
        guard let entry = entries[key] else { return .unknown }
        let reason: String
        switch answer {
        case .status(200..<300):
            entries[key] = nil
            return .delivered
        case .status(410):
            entries[key] = nil
            ended.insert(key.target)
            return .ended
        case .status(let status): reason = "the receiver answered \(status)"
        case .failed(let text): reason = text
        }
        guard entry.attempts <= Limits.retries.count else {
            entries[key] = nil
            return .givenUp(attempts: entry.attempts, reason: reason)
        }
        let index = entry.attempts - 1
        queues[index].append(key, due: now + Limits.retries[index])
        return .again(attempts: entry.attempts, reason: reason)
    }

    /// The uptime at which to call ``takeDue(at:)``; nil while no message waits for its next attempt.
    public var nextDeadline: Span? { queues.compactMap(\.next).min() }

    /// The messages that are to be sent again now, in the order in which they fell due.
    public mutating func takeDue(at now: Span) -> [Message] {
        var due: [Message] = []
        while let deadline = nextDeadline, deadline <= now {
            guard let index = queues.firstIndex(where: { $0.next == deadline }), let key = queues[index].take(at: now)
            else { break }
            entries[key]?.attempts += 1
            if let message = entries[key]?.message { due.append(message) }
        }
        return due
    }

    /// Forgets every message; gives how many there were.
    public mutating func close() -> Int {
        defer {
            entries = [:]
            for index in queues.indices { queues[index].removeAll() }
        }
        return entries.count
    }
}
