import Access
import Core
import HTTP
import Telephony
import Time
import Wallboard
import Wire

/// The supervisors' stream, as far as it concerns readers: which of them gets which of the changes of the
/// ``ChangeSequence``, and when.
///
/// Each change is written once, and what readers with equal subscriptions get is one array of bytes. A reader that is
/// behind gets nothing until it has read what it has; then a snapshot stands for what it missed, so that nothing queues
/// up for it. Nothing in here changes the core.
struct WallboardHub {
    enum Transport: Hashable { case serverSentEvents, webSocket, lines }

    /// Readers that have the same subscription.
    struct Group {
        /// In order of their ids.
        var members: [ConnectionID] = []
        /// What moved since the last message and was held back by the minimum interval.
        var heldQueues: Set<ChangeSequence.Change.Queue> = []
        var heldAgents: Set<ChangeSequence.Change.Agent> = []
        var heldSwitches: Set<Int> = []
        var lastSentAt: Span?
        /// Agents that are or were members of the queues: when one leaves the last of them, that has to be sent.
        var agents: Set<ChangeSequence.Change.Agent> = []
        /// What was last sent of each queue, if a filter leaves members of it out: a change of those is not sent.
        var last: [ChangeSequence.Change.Queue: ArraySlice<UInt8>] = [:]
    }

    struct Subscriber {
        let transport: Transport
        /// The address of a reader of lines; empty for the others.
        var address = ""
        var subscription: WallboardSubscription
        var framer = LineFramer(limit: Limits.wallboardLineBytes)
        /// The values from which its insensitivity is measured, in the order of the thresholds.
        var told: [ChangeSequence.Change.Queue: [MetricValue]] = [:]
        var behind: Behind?
        /// The number of its requests since `requestsSince`.
        var requests = 0
        var requestsSince = Span.zero
    }

    /// The last snapshot that was written.
    struct Snapshot {
        let pieces: WallboardPieces
        /// In the order of the message.
        let queues: [ChangeSequence.Change.Queue]
        let sequence: UInt64
        let at: Span
        /// What it shows is more than the change of this number did: the next one reports it again.
        let hasNews: Bool
    }

    /// It has more unread than ``Limits/congestedBytes``.
    struct Behind {
        var unsent: Int
        var progressAt: Span
        /// Changes that were not sent; a snapshot will stand for them.
        var skipped = 0
        /// Set if a request is still to be answered by a snapshot; `resumed` is what that snapshot reports.
        var owesSnapshot: (resumed: Bool?, Void)?
    }

    /// When this run of the gateway began: its streams are named by it, for a number of an earlier run means nothing.
    private(set) var startedAt: UnixTime?
    let seed: UInt64
    var subscribers: [ConnectionID: Subscriber] = [:]
    /// Readers of lines, by address.
    private var linesOfAddress: [String: Int] = [:]
    var groups: [WallboardSubscription: Group] = [:]
    var audiences: [Sight: Audience] = [:]
    /// How many there have been.
    var audienceOrdinal: UInt64 = 0
    /// Without a port nobody can ever connect.
    private let hasPorts: Bool
    private var nextHeartbeat: Span = .zero
    /// When a group's held changes are due, and when a reader that is behind may be dead: at the earliest.
    var heldUntil: Span?
    var deadAt: Span?
    var rememberedValues = 0
    /// Rows that were written, and those that were gone through for readers.
    var work = WorkCount()

    init(hasPorts: Bool, seed: UInt64) {
        self.hasPorts = hasPorts
        self.seed = seed
    }

    var count: Int { subscribers.count }
    /// Readers that have more unread than is written to them.
    var behindCount: Int { subscribers.values.count { $0.behind != nil } }

    /// A run begins.
    mutating func start(at now: UnixTime) {
        startedAt = now
        audiences.removeAll()
    }

    // MARK: readers come and go

    mutating func subscribe(
        _ id: ConnectionID, _ transport: Transport, _ subscription: WallboardSubscription, from address: String = "",
        resume: String? = nil,
        _ view: View,
        _ effects: inout [Effect]
    ) {
        if subscribers.isEmpty { nextHeartbeat = view.now.uptime + Limits.heartbeat }
        var subscription = subscription
        subscription.sight = shared(subscription.sight)
        subscribers[id] = Subscriber(transport: transport, address: address, subscription: subscription)
        if transport == .lines { linesOfAddress[address, default: 0] += 1 }
        effects.append(.patient(id))
        join(id, subscription, view)
        begin(id, resume: resume, view, &effects)
    }

    /// Another subscription from now on.
    mutating func change(
        _ id: ConnectionID, to subscription: WallboardSubscription?, resume: String?, _ view: View,
        _ effects: inout [Effect]
    ) {
        if let subscription, subscription != subscribers[id]?.subscription {
            leave(id)
            subscribers[id]?.subscription = subscription
            join(id, subscription, view)
        }
        begin(id, resume: resume, view, &effects)
    }

    mutating func closed(_ id: ConnectionID) {
        guard subscribers[id] != nil else { return }
        leave(id)
        if let subscriber = subscribers.removeValue(forKey: id), subscriber.transport == .lines {
            let count = linesOfAddress[subscriber.address, default: 1] - 1
            linesOfAddress[subscriber.address] = count > 0 ? count : nil
        }
    }

    /// Whether one more reader of lines may come from there.
    func hasRoom(for address: String) -> Bool {
        address.isEmpty || linesOfAddress[address, default: 0] < Limits.unsettledPerAddress
    }

    mutating func stop() -> [ConnectionID] {
        defer {
            subscribers.removeAll()
            groups.removeAll()
            audiences.removeAll()
        }
        return subscribers.keys.sorted()
    }

    private mutating func join(_ id: ConnectionID, _ subscription: WallboardSubscription, _ view: View) {
        var group = groups.removeValue(forKey: subscription) ?? Group()
        let place = group.members.firstIndex { $0 > id } ?? group.members.endIndex
        group.members.insert(id, at: place)
        if let queues = subscription.queues, subscription.hasAgents { group.agents.formUnion(view.members(of: queues)) }
        groups[subscription] = group
        joinAudience(subscription.sight, view)
    }

    private mutating func leave(_ id: ConnectionID) {
        guard let subscriber = subscribers[id] else { return }
        forgetTold(id)
        groups[subscriber.subscription]?.members.removeAll { $0 == id }
        if groups[subscriber.subscription]?.members.isEmpty == true { groups[subscriber.subscription] = nil }
        audiences[subscriber.subscription.sight]?.readers -= 1
    }

    // MARK: the beginning: what was missed, or the whole picture

    private mutating func begin(_ id: ConnectionID, resume: String?, _ view: View, _ effects: inout [Effect]) {
        guard let subscriber = subscribers[id] else { return }
        if subscriber.behind != nil {
            subscribers[id]?.behind?.owesSnapshot = (resume.map { _ in false }, ())
        } else if let resume, let missed = missed(since: resume, subscriber.subscription, view) {
            let sight = subscriber.subscription.sight
            for (sequence, json) in missed {
                effects.append(.send(id, framed(json, sequence, subscriber.transport, sight)))
            }
            let sequence = sequence(of: sight, view)
            let end = WallboardMessage(
                type: .heartbeat, seq: sequence, at: "\(view.now.date)", stream: stream(of: sight), resumed: true)
            effects.append(.send(id, framed(JSON.encode(end), sequence, subscriber.transport, sight)))
        } else {
            sendSnapshot(to: id, resumed: resume.map { _ in false }, view, &effects)
        }
    }

    /// The changes after a reader's last, as it would have had them; nil if that is not known.
    private func missed(since resume: String, _ subscription: WallboardSubscription, _ view: View) -> [(
        UInt64, [UInt8]
    )]? {
        let sight = subscription.sight
        guard !subscription.holdsBack, let position = StreamPosition(resume),
            // A bare number does not say of which sight's stream it is.
            position.stream.map({ $0 == stream(of: sight) }) ?? sight.isEverything,
            let entries = audiences[sight]?.history.changes(after: position.sequence, last: sequence(of: sight, view))
        else { return nil }
        guard !subscription.isEverything else {
            return entries.map { ($0.change.sequence, $0.json) }
        }
        // One change, with the latest state of all that moved.
        var change = ChangeSequence.Change(sequence: sequence(of: sight, view), at: view.now)
        change.queues = Set(entries.flatMap(\.change.queues)).filter { subscription.wants($0) }.sorted()
        change.switches = Set(entries.flatMap(\.change.switches)).sorted()
        if subscription.hasAgents {
            change.agents = Set(entries.flatMap(\.change.agents)).sorted()
            // An agent who is not a member of these queues now may have been one when the reader last received them;
            // that is not known.
            if let queues = subscription.queues, !change.agents.allSatisfy({ view.isMember($0, of: queues) }) {
                return nil
            }
        }
        change = view.existing(change)
        guard !change.isEmpty else { return [] }
        let message = view.message(change, sight)
        let pieces = WallboardPieces(message, JSON.encode(message))
        let queues = pieces.queues.indices.map { pieces.bytes(ofQueue: $0, subscription) }
        return [(change.sequence, pieces.assembled(queues: queues, agents: pieces.agents))]
    }

    // MARK: snapshots

    /// The whole picture, as one document.
    mutating func snapshot(_ subscription: WallboardSubscription, _ view: View) -> [UInt8] {
        let pieces = snapshot(subscription.sight, view, isFollowed: false).pieces
        return subscription.isEverything ? pieces.json : assembled(pieces, subscription, view)
    }

    /// - Parameter isFollowed: the reader wants everything and gets all changes from here on. Then the picture need not
    ///   have what has moved since: the next change reports that. Where calls never rest, each of a thousand readers
    ///   that come at once would otherwise have a picture of its own written.
    private mutating func snapshot(_ sight: Sight, _ view: View, isFollowed: Bool) -> Snapshot {
        // It may come back for the changes that follow.
        openAudience(sight, view)
        let hasNews = view.changes.hasNews
        // `at` says when it was true.
        if let written = audiences[sight]?.written,
            written.sequence == view.changes.sequence, isFollowed || !hasNews && !written.hasNews,
            view.now.uptime - written.at < Core.Limits.changeInterval
        {
            return written
        }
        let message = view.snapshot(sight, sequence(of: sight, view), stream: stream(of: sight))
        work.add((message.queues?.count ?? 0) + (message.agents?.count ?? 0))
        let snapshot = Snapshot(
            pieces: WallboardPieces(message, JSON.encode(message)), queues: view.queues(sight),
            sequence: view.changes.sequence, at: view.now.uptime, hasNews: hasNews)
        audiences[sight]?.written = snapshot
        return snapshot
    }

    private func assembled(
        _ pieces: WallboardPieces, _ subscription: WallboardSubscription, adding: [(name: String, value: String)] = [],
        _ view: View
    ) -> [UInt8] {
        if subscription.isEverything, adding.isEmpty { return pieces.json }
        let names = pieces.message.queues ?? []
        let queues = names.indices.filter { subscription.queues?.contains(QueueName(names[$0].name)) ?? true }
            .map { pieces.bytes(ofQueue: $0, subscription) }
        let agents = zip(pieces.message.agents ?? [], pieces.agents).compactMap { agent, bytes in
            subscription.hasAgents && (subscription.queues.map { view.isMember(agent, of: $0) } ?? true) ? bytes : nil
        }
        return pieces.assembled(queues: queues, agents: agents, adding: adding)
    }

    mutating func sendSnapshot(
        to id: ConnectionID, resumed: Bool? = nil, conflated: Int = 0, _ view: View, _ effects: inout [Effect]
    ) {
        guard let subscriber = subscribers[id] else { return }
        let sight = subscriber.subscription.sight
        let snapshot = snapshot(sight, view, isFollowed: subscriber.subscription.isEverything)
        let pieces = snapshot.pieces
        var more: [(name: String, value: String)] = []
        if let resumed { more.append(("resumed", "\(resumed)")) }
        if conflated > 0 { more.append(("conflated", "\(conflated)")) }
        let json = assembled(pieces, subscriber.subscription, adding: more, view)
        effects.append(.send(id, framed(json, pieces.message.seq, subscriber.transport, sight)))
        // The snapshot may show more than the last change did, so the next change must not be taken for known.
        groups[subscriber.subscription]?.last = [:]
        guard !subscriber.subscription.insensitivity.isEmpty else { return }
        forgetTold(id)
        for (queue, name) in zip(pieces.queues, snapshot.queues) where subscriber.subscription.wants(name) {
            remember(values(of: queue, subscriber.subscription), of: name, for: id)
        }
    }

    // MARK: what is written

    func framed(_ json: [UInt8], _ sequence: UInt64, _ transport: Transport, _ sight: Sight) -> [UInt8] {
        switch transport {
        case .serverSentEvents: ServerSentEvent.encode(id: "\(stream(of: sight))-\(sequence)", data: json)
        case .webSocket: WebSocketFrame.text(json)
        case .lines: json + [UInt8(ascii: "\n")]
        }
    }

    /// There is a change: it is written for each audience, kept and sent.
    mutating func take(_ change: ChangeSequence.Change, _ view: View, _ effects: inout [Effect]) {
        guard hasPorts else { return }
        var tellings = write(change, view)
        for subscription in sortedGroups() {
            guard var telling = tellings.removeValue(forKey: subscription.sight) else { continue }
            tell(subscription, &telling, &effects)
            tellings[subscription.sight] = telling
        }
        // any order: a sum
        for telling in tellings.values { work.add(telling.steps) }
    }

    /// The groups in the order in which they are sent to: by their first member's id.
    func sortedGroups() -> [WallboardSubscription] {
        groups.compactMap { entry in entry.value.members.first.map { ($0, entry.key) } }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    // MARK: time

    var nextDeadline: Span? {
        subscribers.isEmpty ? nil : Optional(nextHeartbeat).earlier(heldUntil).earlier(deadAt)
    }

    mutating func deadlineReached(_ view: View, _ effects: inout [Effect]) {
        guard !subscribers.isEmpty else { return }
        sendHeld(view, &effects)
        closeDead(at: view.now, &effects)
        guard nextHeartbeat <= view.now.uptime else { return }
        nextHeartbeat = view.now.uptime + Limits.heartbeat
        noteReaders(at: view.now.uptime)
        var bytes: [Sight: [Transport: [UInt8]]] = [:]
        for (id, subscriber) in subscribers.sorted(by: { $0.key < $1.key }) where subscriber.behind == nil {
            let (transport, sight) = (subscriber.transport, subscriber.subscription.sight)
            let frame = bytes[sight]?[transport] ?? heartbeat(transport, sight, view)
            bytes[sight, default: [:]][transport] = frame
            effects.append(.send(id, frame))
        }
    }

    private func heartbeat(_ transport: Transport, _ sight: Sight, _ view: View) -> [UInt8] {
        let sequence = sequence(of: sight, view)
        let message = WallboardMessage(type: .heartbeat, seq: sequence, at: "\(view.now.date)")
        return framed(JSON.encode(message), sequence, transport, sight)
    }
}
