import Core
import Switches
import Telephony

extension Configuration {
    /// The part of the configuration that concerns one of its switches, whose bytes do not come over its own link: for
    /// recordings and for measurements. It opens no port and contains no secret; whatever changes a record or a figure
    /// of `run` changes it here, too.
    ///
    /// With nil, or a name that the configuration does not have, the switch is made up with a switch's default
    /// settings.
    public func alone(_ name: SwitchID?, isRecording: Bool) -> Configuration {
        let known = switches.first { $0.name == name }
        let name = name ?? SwitchID("recorded")
        var one = Asterisk(
            name: name, address: Endpoint(host: "recording", port: 0),
            link: known?.link ?? AsteriskLink.Rules(username: ""))
        one.link.isRecording = isRecording
        var made = self
        made.http = nil
        made.desks = nil
        made.wallboards = nil
        made.deskToken = nil
        made.wallboardToken = nil
        made.deliveries = []
        made.agents = agents.map {
            Agent(
                id: $0.id, name: $0.interface.rawValue, interface: $0.interface, switch: $0.switch, members: $0.members)
        }
        made.namesAgents = true
        made.switches = [one]
        made.webhooks = []
        made.keepsAudit = false
        return made
    }
}
