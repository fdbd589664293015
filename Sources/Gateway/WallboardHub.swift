import ACD
import HTTP
import Switches
import Telephony
import Wallboard
import Wire

/// The supervisors' stream: one snapshot, then numbered changes. Each message is written once and the same bytes go to every subscriber; what happens
/// within ``Limits/wallboardInterval`` is told together, so that a burst of calls is one message and nothing is computed while nobody watches.
struct WallboardHub {
    enum Transport { case serverSentEvents, webSocket, lines }

    private var subscribers: [ConnectionID: Transport] = [:]
    private(set) var sequence: UInt64 = 0
    private var since = UnixTime(microseconds: 0)
    private var changedSwitches: Set<SwitchID> = []
    var hasNews = false
    private var publishedAt: Span?
    private var nextHeartbeat: Span = .zero

    var count: Int { subscribers.count }

    mutating func start(at now: Moment) { since = now.date }

    mutating func switchChanged(_ name: SwitchID) {
        changedSwitches.insert(name)
        hasNews = true
    }

    mutating func stop() -> [ConnectionID] {
        defer { subscribers.removeAll() }
        return subscribers.keys.sorted()
    }

    mutating func closed(_ id: ConnectionID) { subscribers[id] = nil }

    mutating func subscribe(
        _ id: ConnectionID, _ transport: Transport, _ rooms: inout [SwitchRoom], at now: Moment, _ effects: inout [Gateway.Effect]
    ) {
        // What the others have not been told yet goes first, so that the snapshot's number is true for all.
        publishNow(&rooms, at: now, &effects)
        subscribers[id] = transport
        effects.append(.send(id, framed(snapshot(rooms, at: now), transport)))
        if subscribers.count == 1 { nextHeartbeat = now.uptime + Limits.heartbeat }
    }

    func snapshot(_ rooms: [SwitchRoom], at now: Moment) -> WallboardMessage {
        WallboardMessage(
            type: .snapshot, seq: sequence, at: "\(now.date)", since: "\(since)",
            queues: rooms.flatMap { room in room.acd.queues.keys.sorted().compactMap { room.queue($0, at: now) } },
            agents: rooms.flatMap { room in room.acd.agents.keys.sorted().compactMap { room.agent($0, at: now) } },
            switches: rooms.map { $0.wallboardSwitch(since: since, at: now) })
    }

    // MARK: publishing

    var nextDeadline: Span? {
        guard !subscribers.isEmpty else { return nil }
        guard hasNews else { return nextHeartbeat }
        return min(nextHeartbeat, (publishedAt ?? .zero) + Limits.wallboardInterval)
    }

    mutating func publish(_ rooms: inout [SwitchRoom], at now: Moment, _ effects: inout [Gateway.Effect]) {
        guard !subscribers.isEmpty else { return }
        if hasNews, (publishedAt.map { $0 + Limits.wallboardInterval } ?? .zero) <= now.uptime { publishNow(&rooms, at: now, &effects) }
        if nextHeartbeat <= now.uptime {
            nextHeartbeat = now.uptime + Limits.heartbeat
            broadcast(WallboardMessage(type: .heartbeat, seq: sequence, at: "\(now.date)"), &effects)
        }
    }

    private mutating func publishNow(_ rooms: inout [SwitchRoom], at now: Moment, _ effects: inout [Gateway.Effect]) {
        guard hasNews else { return }
        hasNews = false
        var queues: [WallboardMessage.Queue] = []
        var agents: [WallboardMessage.Agent] = []
        for index in rooms.indices {
            let changes = rooms[index].acd.takeChanges()
            queues += changes.queues.compactMap { rooms[index].queue($0, at: now) }
            agents += changes.agents.compactMap { rooms[index].agent($0, at: now) }
        }
        let switches = rooms.filter { changedSwitches.contains($0.name) }.map { $0.wallboardSwitch(since: since, at: now) }
        changedSwitches.removeAll()
        publishedAt = now.uptime
        guard !queues.isEmpty || !agents.isEmpty || !switches.isEmpty else { return }
        sequence += 1
        broadcast(
            WallboardMessage(
                type: .change, seq: sequence, at: "\(now.date)", queues: queues.isEmpty ? nil : queues,
                agents: agents.isEmpty ? nil : agents,
                switches: switches.isEmpty ? nil : switches), &effects)
    }

    private func broadcast(_ message: WallboardMessage, _ effects: inout [Gateway.Effect]) {
        var encoded: [Transport: [UInt8]] = [:]
        for (id, transport) in subscribers.sorted(by: { $0.key < $1.key }) {
            let bytes = encoded[transport] ?? framed(message, transport)
            encoded[transport] = bytes
            effects.append(.send(id, bytes))
        }
    }

    private func framed(_ message: WallboardMessage, _ transport: Transport) -> [UInt8] {
        let json = JSON.encode(message)
        switch transport {
        case .serverSentEvents: return ServerSentEvent.encode(id: message.seq, data: json)
        case .webSocket: return WebSocketFrame.text(json)
        case .lines: return json + [UInt8(ascii: "\n")]
        }
    }
}

extension SwitchRoom {
    /// `since`: when the counters began.
    func wallboardSwitch(since: UnixTime?, at now: Moment) -> WallboardMessage.Switch {
        let state: WallboardMessage.Switch.State =
            switch self.state {
            case .disconnected: .disconnected
            case .connecting: .connecting
            case .loggingIn: .loggingIn
            case .synchronizing: .synchronizing
            case .connected: .connected
            case .refused: .refused
            }
        return WallboardMessage.Switch(
            name: name.rawValue, state: state, since: "\(stateSince)", detail: detail, coverage: since.map { coverage(since: $0, at: now) })
    }

    private func coverage(since: UnixTime, at now: Moment) -> WallboardMessage.Coverage {
        let counted = gaps.filter { $0.to.map { $0 > since } ?? true }
        return WallboardMessage.Coverage(
            seconds: max(.zero, now.date - since).seconds, lostSeconds: unheard(since: since, at: now.date).seconds, gaps: counted.count,
            lastGap: counted.last.map { .init(from: "\($0.from)", to: $0.to.map { "\($0)" }, cause: $0.cause.rawValue) })
    }

    func queue(_ queue: QueueName, at now: Moment) -> WallboardMessage.Queue? {
        guard let figures = acd.queues[queue] else { return nil }
        let level = figures.serviceLevel
        let definition = figures.definition
        let longest = figures.longestWaitingSince
        func count(_ reason: QueueVisit.FlowOut) -> Int { figures.flowOut[reason] ?? 0 }
        return WallboardMessage.Queue(
            switch: name.rawValue, name: queue.rawValue, waiting: figures.waiting.count, talking: figures.talking,
            longestWaitSince: longest.map { "\($0.date)" }, longestWaitSeconds: longest.map { max(.zero, now - $0).seconds },
            offered: figures.offered,
            answered: figures.answered, abandoned: figures.abandoned,
            flowOut: .init(
                timeout: count(.timeout), key: count(.key), empty: count(.empty), withdrawn: count(.withdrawn), unknown: count(.unknown)),
            lost: figures.lost,
            serviceLevel: .init(
                formula: definition.formula.id, thresholdSeconds: definition.threshold.seconds,
                shortAbandonSeconds: definition.shortAbandon.seconds,
                target: definition.target, numerator: level.numerator, denominator: level.denominator, ratio: level.ratio),
            agents: Dictionary(uniqueKeysWithValues: acd.agentCounts(of: queue, at: now).map { ($0.key.rawValue, $0.value) }))
    }

    func agent(_ interface: Interface, at now: Moment) -> WallboardMessage.Agent? {
        guard let status = acd.agents[interface], let state = WallboardMessage.AgentState(rawValue: status.state(at: now.uptime).rawValue)
        else {
            return nil
        }
        return WallboardMessage.Agent(
            switch: name.rawValue, name: printable(status.agent.name), interface: interface.rawValue, state: state,
            reason: state == .paused ? status.pauseReason.map(printable) : nil, queues: status.queues.map(\.rawValue))
    }
}
