import ACD
import Switches
import Telephony
import Wallboard

/// What the stream says of one switch, its queues and its agents.
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
