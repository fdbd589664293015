import Core
import Telephony
import Time

/// What the configuration calls the agents: shown where the switch gives them no name.
struct AgentNames: Sendable {
    private var names: [SwitchID: [Interface: String]] = [:]

    init(_ configuration: Configuration) {
        for name in configuration.switches.map(\.name) + configuration.webhooks.map(\.name) {
            for agent in configuration.agents where agent.switch ?? name == name {
                names[name, default: [:]][agent.interface] = agent.name
            }
        }
    }

    /// As people are shown it: the switch's name, or else the configuration's, or else the interface.
    func shown(_ agent: AgentRef, on switch: SwitchID) -> String {
        let isNameless = agent.name.isIdentical(to: agent.interface.rawValue)
        return printable(isNameless ? names[`switch`]?[agent.interface] ?? agent.name : agent.name)
    }
}
