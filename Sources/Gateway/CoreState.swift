import ACD
import Calls
import Contacts
import Figures
import Switches
import Telephony
import Time
import Webhook
import Wire

/// All that the core knows between two things that happen: what a checkpoint keeps. A gateway that is given it goes on exactly as the one that it was
/// taken from; settings and secrets are the configuration's, and not in it.
public struct CoreState: Codable, Equatable, Sendable {
    struct Room: Codable, Equatable, Sendable {
        enum Border: Codable, Equatable, Sendable { case asterisk(AsteriskLink.Snapshot), webhook(WebhookTranslator) }
        var name: SwitchID
        var border: Border
        /// Those to this switch, the one in use last.
        var connections: [UInt64]
        var connection: UInt64?
        var calls: Calls
        var contacts: Contacts
        var acd: ACD
        var alarms: AlarmBoard.States
        var state: AsteriskLink.State
        var stateSince: UnixTime
        var detail: String?
        var whenCorrected: SwitchRoom.WhenCorrected?
        var gaps: [Gap]
        var forgottenGaps: Int
        var forgottenLoss: Span
        var intervals: IntervalLedger?
        var firstHeard: UnixTime?
        var lastHeard: UnixTime?
    }

    /// When the last thing happened.
    public internal(set) var moment: Moment
    var startedAt: UnixTime?
    var stream: StreamCutter
    var isStopping: Bool
    var nextConnection: UInt64
    var rooms: [Room]
    var lookups: Deadlines<Gateway.LookupID>
    var lastLookup: [ContactID: UInt64]
    var openLookups: Set<Gateway.LookupID>
    var nextLookup: UInt64
    var pops: [DeskHub.Card]
    /// nil in checkpoints of before.
    var recentCalls: RecentCalls?
    var webhooks: WebhookDesk.Memory
    /// What the gateway was configured to that this state came of.
    public internal(set) var configuration: CoreConfiguration
    var seed: UInt64
}

extension Gateway {
    public var coreState: CoreState {
        var state = coreStateWithoutPops
        state.pops = desks.cards
        state.recentCalls = desks.recent
        state.recentCalls?.forget(at: state.moment.date)
        return state
    }

    var coreStateWithoutPops: CoreState {
        CoreState(
            moment: coreMoment, startedAt: startedAt, stream: stream, isStopping: isStopping, nextConnection: nextConnection,
            rooms: rooms.indices.map { index in
                let room = rooms[index]
                let border: CoreState.Room.Border =
                    switch room.border {
                    case .asterisk(let link, _): .asterisk(link.snapshot)
                    case .webhook(let translator): .webhook(translator)
                    }
                return CoreState.Room(
                    name: room.name, border: border, connections: roomOfConnection.filter { $0.value == index }.keys.map(\.number).sorted(),
                    connection: room.connection?.number, calls: room.calls, contacts: room.contacts, acd: room.acd,
                    alarms: room.alarms.states, state: room.state,
                    stateSince: room.stateSince, detail: room.detail, whenCorrected: room.whenCorrected, gaps: room.gaps,
                    forgottenGaps: room.forgottenGaps,
                    forgottenLoss: room.forgottenLoss, intervals: room.intervals, firstHeard: room.firstHeard, lastHeard: room.lastHeard)
            },
            lookups: lookups, lastLookup: lastLookup, openLookups: openLookups, nextLookup: nextLookup, pops: [],
            webhooks: webhooks.memory, configuration: CoreConfiguration(configuration), seed: seed)
    }

    /// A gateway that goes on where another stood: for a replay, with the configuration of then.
    public init(_ state: CoreState, pages: [String: Page] = [:], digests: Digests, namesAgents: Bool = true) {
        var configuration = Configuration(state.configuration)
        configuration.namesAgents = namesAgents
        self.init(configuration: configuration, pages: pages, digests: digests, seed: state.seed)
        restore(state)
        // The stream has its name by the seed and by when this run began.
        if let startedAt { wallboards.start(at: Moment(uptime: .zero, date: startedAt)) }
    }

    /// Takes over what is known of the switches that this gateway is configured to have. Those of the others, which are named, are gone.
    @discardableResult
    mutating func restore(_ state: CoreState) -> [SwitchID] {
        happens(at: state.moment)
        startedAt = state.startedAt
        isStopping = state.isStopping
        nextConnection = state.nextConnection
        var dropped: [SwitchID] = []
        for room in state.rooms {
            guard let index = rooms.firstIndex(where: { $0.name == room.name }), rooms[index].restore(room, digests) else {
                dropped.append(room.name)
                continue
            }
            rooms[index].acd.apply(
                defaults: configuration.queueDefaults, settings: configuration.queueRules(of: room.name).settings,
                expected: configuration.expectedQueues(of: room.name), policy: configuration.policy)
            identify(index)
            for connection in room.connections { roomOfConnection[ConnectionID(connection)] = index }
        }
        lookups = state.lookups
        lastLookup = state.lastLookup
        openLookups = state.openLookups
        nextLookup = state.nextLookup
        desks.restore(state.pops, state.recentCalls)
        if state.configuration.agents != CoreConfiguration(configuration).agents {
            desks.forgetCalls(
                ofAgents: Configuration(state.configuration).agents,
                Dictionary(uniqueKeysWithValues: rooms.map { ($0.name, $0.calls.members) }))
        }
        for pop in state.pops {
            guard let room = rooms.first(where: { $0.name == pop.switch }) else { continue }
            let speaker = pop.change.leg.speaker.interface
            let person = room.calls.members.person(of: speaker)
            if person != speaker {
                desks.rename(speaker, to: AgentRef(interface: person, name: pop.change.leg.speaker.name), on: room.name)
            }
        }
        webhooks.restore(state.webhooks)
        stream = state.stream.renumbered { before in rooms.firstIndex { $0.name == state.rooms[before].name } }
        return dropped
    }

    /// The configuration may say otherwise than that of then who is who.
    private mutating func identify(_ index: Int) {
        let name = rooms[index].name
        rooms[index].calls.apply(agents: configuration.agentsByName(on: name))
        let members = rooms[index].calls.members
        var outputs: [Contacts.Output] = []
        for interface in rooms[index].acd.agents.keys.sorted() {
            let person = members.person(of: interface)
            guard person != interface, rooms[index].acd.agents[interface]?.isAnother != true else { continue }
            rooms[index].calls.rename(interface, to: person)
            rooms[index].contacts.handle(.agentBecame(interface, members.shown(person)), at: coreMoment, into: &outputs)
        }
        rooms[index].acd.identify(
            { members.shown(members.person(of: $0)) }, { members.interfaces(of: members.person(of: $0)) }, at: coreMoment)
    }
}

extension SwitchRoom {
    /// false where a switch of another kind bears the name now.
    fileprivate mutating func restore(_ room: CoreState.Room, _ digests: Digests) -> Bool {
        switch (border, room.border) {
        case (.asterisk(let link, let address), .asterisk(let snapshot)):
            let known = AsteriskLink(snapshot, link.settings, digests: digests)
            linkDeadline = known.nextDeadline
            border = .asterisk(known, address)
        case (.webhook, .webhook(let translator)):
            border = .webhook(translator)
            linkDeadline = translator.nextDeadline
        case (.asterisk, .webhook), (.webhook, .asterisk): return false
        }
        connection = room.connection.map(ConnectionID.init)
        calls = room.calls
        contacts = room.contacts
        acd = room.acd
        alarms.restore(room.alarms)
        state = room.state
        stateSince = room.stateSince
        detail = room.detail
        whenCorrected = room.whenCorrected
        gaps = room.gaps
        forgottenGaps = room.forgottenGaps
        forgottenLoss = room.forgottenLoss
        intervals = room.intervals
        firstHeard = room.firstHeard
        lastHeard = room.lastHeard
        return true
    }
}
