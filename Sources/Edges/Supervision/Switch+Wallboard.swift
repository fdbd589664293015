import Core
import ACD
import Access
import Figures
import Switches
import Telephony
import Time
import Wallboard

/// What the stream reports about one switch, its queues and its agents.
extension Switch {
    /// Whether somebody with this sight must know how the switch is: it has one of the queues or agents that are seen,
    /// or it has never been heard and may have one. The silences of any other switch are none of the reader's business.
    func concerns(_ sight: Sight) -> Bool {
        guard let queues = sight.queues, let agents = sight.agents else { return true }
        guard !queues.isEmpty || !agents.isEmpty else { return false }
        return firstHeard == nil || queues.contains { acd.queues[$0] != nil }
            || agents.contains { acd.agents[$0] != nil && acd.agents[$0]?.isAnother != true }
    }

    func wallboardSwitch(at now: Moment, _ sight: Sight) -> WallboardMessage.Switch {
        var message = wallboardSwitch(at: now)
        // It is for who mends the link, and may speak of anything.
        if !sight.showsOperation { message.detail = nil }
        return message
    }

    func wallboardSwitch(at now: Moment) -> WallboardMessage.Switch {
        let state: WallboardMessage.Switch.State =
            switch self.state {
            case .disconnected: .disconnected
            case .connecting: .connecting
            case .loggingIn: .loggingIn
            case .synchronizing: .synchronizing
            case .connected: .connected
            case .refused: .refused
            }
        let today = coverageToday(at: now.date)
        return WallboardMessage.Switch(
            name: name.rawValue, state: state, since: "\(stateSince)", detail: detail,
            coverage: WallboardMessage.Coverage(
                heardSince: heardSince.map { "\($0)" }, seconds: today.length.seconds, lostSeconds: today.lost.seconds,
                unknownSeconds: today.unknown?.seconds,
                gaps: today.gaps.count,
                lastGap: today.gaps.last.map {
                    .init(from: "\($0.from)", to: $0.to.map { "\($0)" }, cause: $0.cause.rawValue)
                }))
    }

    /// Since local midnight: today's visits on the cohort base, and what is the case now.
    func queue(_ queue: QueueName, at now: Moment) -> WallboardMessage.Queue? {
        guard let activity = acd.queues[queue] else { return nil }
        let today = acd.today(of: queue, at: now)
        let visits = today.visits
        let definition = activity.definition
        let level = visits.serviceLevel(definition.formula)
        let bounds = visits.bounds(definition.formula)
        let longest = activity.longestWaitingSince
        return WallboardMessage.Queue(
            switch: name.rawValue, name: queue.rawValue, waiting: activity.waiting.count, talking: activity.talking,
            longestWaitSince: longest.map { "\($0.date)" },
            longestWaitSeconds: longest.map { max(.zero, now - $0).seconds },
            offered: visits.count(VisitClass.allCases), answered: visits.count(VisitClass.answered),
            abandoned: visits.count(VisitClass.abandoned),
            flowOut: .init(visits), lost: visits.count(of: .lost), unmeasured: visits.count(VisitClass.unmeasured),
            serviceLevel: .init(
                formula: definition.formula.id, thresholdSeconds: definition.threshold.seconds,
                shortAbandonSeconds: definition.shortAbandon.seconds, target: definition.target,
                numerator: level.numerator,
                denominator: level.denominator, ratio: level.ratio, least: bounds.least.ratio, most: bounds.most.ratio),
            waits: .init(
                averageSpeedOfAnswerSeconds: visits.averageSpeedOfAnswer,
                p90Seconds: today.answeredWaits.quantile(90)?.seconds,
                longestSeconds: visits.longest(
                    VisitClass.answered + VisitClass.abandoned + VisitClass.flowOut + [.lost])?.seconds),
            windows: Window.slidingMinutes.map { window(queue, minutes: $0, definition.formula, at: now) },
            announcedMinutes: acd.announcedMinutes(of: queue, at: now),
            alarms: alarms.messages(of: queue, state == .connected ? acd : nil, at: now),
            agents: !tellsMembers
                ? nil : WallboardMessage.byState(acd.agentCounts(of: queue, at: now)))
    }

    private func window(_ queue: QueueName, minutes: Int64, _ formula: ServiceLevel.Formula, at now: Moment)
        -> WallboardMessage.Window
    {
        let recent = acd.recent(minutes: minutes, of: queue, at: now)
        let ended = recent.ended
        let level = ended.serviceLevel(formula)
        return WallboardMessage.Window(
            name: Window.sliding(minutes: minutes).name, joined: recent.joined,
            answered: ended.count(VisitClass.answered),
            abandoned: ended.count(VisitClass.abandoned), flowOut: ended.count(VisitClass.flowOut),
            numerator: level.numerator,
            denominator: level.denominator, ratio: level.ratio, averageSpeedOfAnswerSeconds: ended.averageSpeedOfAnswer)
    }

    /// The agent's other queues are not named to somebody who does not see them.
    func agent(_ interface: Interface, _ names: AgentNames, at now: Moment, _ sight: Sight) -> WallboardMessage.Agent? {
        guard let status = acd.agents[interface] else { return nil }
        let queues = sight.queues == nil ? status.queues : status.queues.filter(sight.sees)
        let state = WallboardMessage.AgentState(state(of: status, at: now))
        return WallboardMessage.Agent(
            switch: name.rawValue, name: names.shown(status.agent, on: name), interface: interface.rawValue,
            state: state,
            reason: state == .paused && acd.policy.keepsIndividuals ? status.pauseReason.map(printable) : nil,
            queues: queues.prefix(Limits.wallboardQueuesOfAgent).map(\.rawValue),
            moreQueues: queues.count > Limits.wallboardQueuesOfAgent
                ? queues.count - Limits.wallboardQueuesOfAgent : nil)
    }
}

extension AlarmBoard {
    /// The alarms of a queue. `acd` is nil while the switch is not heard: then the present values are not known.
    func messages(of queue: QueueName, _ acd: ACD?, at now: Moment) -> [WallboardMessage.Alarm] {
        (rules[queue] ?? []).compactMap { rule in
            states[queue]?[rule.id].map { state in
                WallboardMessage.Alarm(
                    type: state.isRaised ? .raised : .cleared, rule: rule.id, severity: rule.severity.rawValue,
                    since: "\(state.since)",
                    value: state.value, valueNow: acd.flatMap { valueNow(rule, of: queue, $0, at: now) },
                    raise: rule.raise,
                    clear: rule.clear)
            }
        }
    }
}
