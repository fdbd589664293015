import Core
import ACD
import Calls
import Contacts
import Switches
import Telephony
import Time
import Wallboard

/// `GET /v1/status`: for the operator. No caller's number or name stands in it.
struct Status: Encodable {
    struct Switch: Encodable {
        var name: String
        var state: String
        var detail: String?
        var eventsRead: Int?
        var eventsUnderstood: Int?
        var malformed: Int?
        /// Events whose date is too far from ours to be believed.
        var eventsMisdated: Int?
        var openContacts: Int
        var channels: Int
        /// Not followed, because there were too many.
        var channelsRefused: Int
        var gaps: Int
        /// Callers refused at a queue's door that the dial plan did not name: in no queue's figures.
        var refusedAtUnnamedQueue: Int
        /// The switch's clock minus ours, and by how much that may be wrong; absent while unknown.
        var clockOffsetSeconds: Double?
        var clockOffsetUncertaintySeconds: Double?
    }
    var startedAt: String?
    var at: String
    var desks: Int
    var wallboards: Int
    /// Of these, readers with more unread data than is sent to them.
    var wallboardsBehind: Int
    var httpConnections: Int
    var popsUnacknowledged: Int
    var lookupsOpen: Int
    var webhooks: WebhookInbox.Counts
    var switches: [Switch]
    /// What somebody should mend, for people: ``OperatorAlarms``.
    var faults: [String]

    init(_ edges: Edges, _ core: Core, at now: Moment) {
        startedAt = core.startedAt.map { "\($0)" }
        at = "\(now.date)"
        desks = edges.desks.count
        wallboards = edges.wallboards.count
        wallboardsBehind = edges.wallboards.behindCount
        httpConnections = edges.clients.count
        popsUnacknowledged = edges.desks.unacknowledged
        lookupsOpen = core.openLookups
        webhooks = edges.webhookCounts(core)
        faults = OperatorAlarms(core, edges.hostReport?.told).all.map(\.text)
        switches = core.switches.map { known in
            Switch(
                name: known.name.rawValue, state: known.wallboardSwitch(at: now).state.rawValue, detail: known.detail,
                eventsRead: known.link?.read,
                eventsUnderstood: known.link?.understood, malformed: known.link?.malformed,
                eventsMisdated: known.link?.misdated,
                openContacts: known.contacts.openCount,
                channels: known.calls.channelCount, channelsRefused: known.calls.channelsRefused,
                gaps: known.gaps.count,
                refusedAtUnnamedQueue: known.acd.refusedAtUnnamedQueue,
                clockOffsetSeconds: known.link?.clock.best?.offset.seconds,
                clockOffsetUncertaintySeconds: known.link?.clock.best?.uncertainty.seconds)
        }
    }
}

/// `GET /v1/status` for clients that may not see the wallboard.
struct Life: Encodable {
    var at: String
}

/// `GET /v1/agents`: for the desk's sign-in.
struct AgentList: Encodable {
    struct Agent: Encodable {
        var name: String
        var interface: String
        /// Absent where the configuration does not say on which of several.
        var `switch`: String?
        /// Whatever else means the agent: telephones, members of queues, other names. Absent where nothing does.
        var otherNames: [String]?
    }
    var agents: [Agent]

    /// The agents whom a desk with the asker's token may sign in as, each with the interface for its hello: the agent's
    /// own, or another that means the agent. After those whom the switches named come those of the configuration about
    /// whom no switch has reported anything yet: a cloud switch reports an agent with the first call, and the desk is
    /// opened before it.
    init(
        _ switches: [Switch], configured: [Configuration.Agent], _ names: AgentNames,
        where isLetIn: (Interface, SwitchID?) -> Bool
    ) {
        agents = switches.flatMap { known in
            known.acd.agents.keys.sorted().compactMap { interface -> Agent? in
                guard let status = known.acd.agents[interface], status.isAnother != true,
                    let own = known.calls.members.interfaces(of: interface).first(where: { isLetIn($0, known.name) })
                else { return nil }
                let name = names.shown(status.agent, on: known.name)
                let others = known.calls.members.names(of: interface).filter {
                    !$0.isIdentical(to: own.rawValue) && $0 != name
                }
                return Agent(
                    name: name, interface: own.rawValue, switch: known.name.rawValue,
                    otherNames: others.isEmpty ? nil : others.map(printable))
            }
        }
        let named = Set(
            switches.flatMap { known in known.acd.agents.keys.flatMap { known.calls.members.interfaces(of: $0) } })
        agents += configured.filter { !named.contains($0.interface) && isLetIn($0.interface, $0.switch) }.map { agent in
            Agent(
                name: printable(agent.name), interface: agent.interface.rawValue,
                switch: (agent.switch ?? (switches.count == 1 ? switches[0].name : nil))?.rawValue,
                otherNames: agent.members.isEmpty ? nil : agent.members.map { printable($0.rawValue) })
        }
    }
}
