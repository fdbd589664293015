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
    /// Of these, who has more unread than is written to them.
    var wallboardsBehind: Int
    var httpConnections: Int
    var popsUnacknowledged: Int
    var lookupsOpen: Int
    var webhooks: WebhookDesk.Counts
    var switches: [Switch]
    /// What of the store and the journal somebody should mend, in words.
    var faults: [String]

    init(_ gateway: Gateway, at now: Moment) {
        startedAt = gateway.startedAt.map { "\($0)" }
        at = "\(now.date)"
        desks = gateway.desks.count
        wallboards = gateway.wallboards.count
        wallboardsBehind = gateway.wallboards.behindCount
        httpConnections = gateway.clients.count
        popsUnacknowledged = gateway.desks.unacknowledged
        lookupsOpen = gateway.openLookups.count
        webhooks = gateway.webhooks.counts
        faults = [gateway.hostReport?.told.storeFault, gateway.hostReport?.told.journal?.fault].compactMap { $0 }
        faults += gateway.rooms.compactMap { room in room.refusedChannels.map { "\(room.name): \($0)" } }
        switches = gateway.rooms.map { room in
            Switch(
                name: room.name.rawValue, state: room.wallboardSwitch(at: now).state.rawValue, detail: room.detail,
                eventsRead: room.link?.read,
                eventsUnderstood: room.link?.understood, malformed: room.link?.malformed, eventsMisdated: room.link?.misdated,
                openContacts: room.contacts.openCount,
                channels: room.calls.channelCount, channelsRefused: room.calls.channelsRefused, gaps: room.gaps.count,
                refusedAtUnnamedQueue: room.acd.refusedAtUnnamedQueue, clockOffsetSeconds: room.link?.clock.best?.offset.seconds,
                clockOffsetUncertaintySeconds: room.link?.clock.best?.uncertainty.seconds)
        }
    }
}

/// `GET /v1/status` for whoever may not see the wallboard.
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

    /// Those whom a desk with the asker's token may be of.
    /// By which interface a desk may say hello: the agent's own, or another that means the agent.
    /// Behind those whom the switches named come those of the configuration of whom none has said anything yet: a cloud switch tells of an agent with the
    /// first call, and the desk is opened before it.
    init(_ rooms: [SwitchRoom], configured: [Configuration.Agent], where isLetIn: (Interface, SwitchID?) -> Bool) {
        agents = rooms.flatMap { room in
            room.acd.agents.keys.sorted().compactMap { interface -> Agent? in
                guard let status = room.acd.agents[interface], status.isAnother != true,
                    let own = room.calls.members.interfaces(of: interface).first(where: { isLetIn($0, room.name) })
                else { return nil }
                let name = room.name(of: status.agent)
                let others = room.calls.members.names(of: interface).filter { !$0.isIdentical(to: own.rawValue) && $0 != name }
                return Agent(
                    name: name, interface: own.rawValue, switch: room.name.rawValue,
                    otherNames: others.isEmpty ? nil : others.map(printable))
            }
        }
        let named = Set(rooms.flatMap { room in room.acd.agents.keys.flatMap { room.calls.members.interfaces(of: $0) } })
        agents += configured.filter { !named.contains($0.interface) && isLetIn($0.interface, $0.switch) }.map { agent in
            Agent(
                name: printable(agent.name), interface: agent.interface.rawValue,
                switch: (agent.switch ?? (rooms.count == 1 ? rooms[0].name : nil))?.rawValue,
                otherNames: agent.members.isEmpty ? nil : agent.members.map { printable($0.rawValue) })
        }
    }
}
