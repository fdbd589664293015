import Telephony
import Time

// How a gateway that runs goes on by other rules. No link is lost for it, no call ends, and no fact is forgotten:
// figures are sums over facts, so they are from now on what a start with these rules would have given.
extension Core {
    /// Only what ``Rules/canFollow(_:)`` allows is taken over; the rest is ignored, because it needs a start.
    mutating func reconfigure(_ rules: Rules, at now: Moment, into outputs: inout [Output]) {
        guard hasStarted, !isStopping, rules.canFollow(self.rules) else { return }
        let before = self.rules
        self.rules = rules
        deadlines.touchAll(of: switches.count)
        for index in switches.indices { switches[index].reconfigure(rules, &common) }
        guard before.agents != rules.agents else { return }
        identifyCards(before: before)
        for known in switches {
            // A desk that is the agent's now gets the card, and one that no longer is loses it.
            let speakers = Set(
                common.screens.cards.filter { $0.key.switch == known.name }.map(\.change.leg.speaker.interface))
            outputs += speakers.sorted().map { .namesChanged($0, on: known.name) }
        }
    }
}

extension Core.Rules {
    /// Whether these rules can be gone on with without a start: who the switches are, how they are read, the zone of
    /// the days, the thresholds of the rows and what is kept of persons stay as they are.
    public func canFollow(_ before: Core.Rules) -> Bool {
        var fixed = before
        fixed.agents = agents
        fixed.queueDefaults = queueDefaults
        fixed.queues = queues
        fixed.alarms = alarms
        fixed.queuesBySwitch = queuesBySwitch
        fixed.organisation = organisation
        fixed.calendar = calendar
        return fixed == self
    }
}
