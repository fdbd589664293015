import ACD
import Calls
import Contacts
import HTTP
import ScreenPop
import Telephony
import Time
import Wire

/// The agents' desks: lets them in, gives each agent's pops to that agent's desks, sends again what is not acknowledged.
///
/// A pop lives as long as one leg: the same `popId` from the first ring to the end. A desk that comes (back) gets the *current* pops of its
/// agent, a list of those that are over and the after-call work that is running, and nothing that it missed in between (`domain.md` §7.3).
struct DeskHub {
    enum Transport { case webSocket, lines }

    private struct Desk {
        var transport: Transport
        var address: String
        /// Its token was wrong: it is refused later, and until then nothing is heard of it.
        var isRefused = false
        /// Its hello, whose token waits to be looked at.
        var waiting: DeskMessage.Hello?
        var framer = LineFramer(limit: Limits.deskLineBytes)
        /// What the desk said it is; nil until it is let in.
        var agent: String?
        /// Whose agent; nil: of all that have one of that name.
        var `switch`: SwitchID?
        /// Not acknowledged yet: how often each has been sent.
        var unacknowledged: [String: (revision: Int, sends: Int)] = [:]
    }

    /// A pop that is on some desk's screen, or would be if the desk were there; written as a message only when a desk is there.
    private struct Live {
        /// The last change, as a `preview` or `open` that a desk which comes later can be told.
        var change: Contacts.PopChange
        var revision: Int
        /// The desks that show it.
        var desks: Set<ConnectionID> = []
    }

    /// A card as it stands, for a checkpoint: which desks have it is not the core's affair.
    struct Card: Codable, Equatable, Sendable {
        var `switch`: SwitchID
        var leg: UInt64
        var change: Contacts.PopChange
        var revision: Int
    }

    /// In the order of switches and legs.
    var cards: [Card] {
        live.sorted { ($0.key.switch, $0.key.leg) < ($1.key.switch, $1.key.leg) }
            .map { Card(switch: $0.key.switch, leg: $0.key.leg, change: $0.value.change, revision: $0.value.revision) }
    }

    mutating func restore(_ cards: [Card], _ recent: RecentCalls?) {
        self.recent = recent ?? RecentCalls()
        for card in cards { live[Key(switch: card.switch, leg: card.leg)] = Live(change: card.change, revision: card.revision) }
    }

    /// The configuration was another: a telephone that is somebody else's now does not show the calls of whoever had it.
    mutating func forgetCalls(ofAgents before: [Configuration.Agent], _ members: [SwitchID: Roster]) {
        let now = agents
        recent.keep { name, person in
            let roster = members[name] ?? Roster()
            return Self.agent(of: person, on: name, roster, among: before)?.id == Self.agent(of: person, on: name, roster, among: now)?.id
        }
    }

    /// The configured agent whom a person of a switch is, by interface or else by another name of the same person.
    private static func agent(
        of person: AgentRef, on switch: SwitchID, _ members: Roster, among agents: [Configuration.Agent]
    ) -> Configuration.Agent? {
        let there = agents.filter { $0.switch ?? `switch` == `switch` }
        return there.first { $0.interface == person.interface || $0.members.contains(person.interface) }
            ?? there.first { person.isCalled($0.interface.rawValue, members) }
    }

    private struct Key: Hashable {
        var `switch`: SwitchID
        var leg: UInt64
    }

    private let token: Configuration.Secret?
    private let agents: [Configuration.Agent]
    private let switches: Set<SwitchID>
    private let hasLegalBasis: Bool
    private let timeZone: String
    private let digests: Digests
    /// Of ``fingerprint(_:)``.
    private let fingerprintKey: [UInt8]
    private var desks: [ConnectionID: Desk] = [:]
    /// Desks that were let in, by what they said that they are, in order of their coming.
    private var desksOfAgent: [MemberName: [ConnectionID]] = [:]
    private var live: [Key: Live] = [:]
    private(set) var recent = RecentCalls()
    private var resends = Deadlines<(desk: ConnectionID, key: Key, popId: String, revision: Int)>()
    private var hellos = Deadlines<ConnectionID>()
    /// Desks with a wrong token whose refusal waits.
    private var refusals = DueHeap<ConnectionID>()
    private var looks = LookQueue()
    /// Desks that were let in.
    private(set) var count = 0
    /// Desks of each address that were not.
    private var unsettled: [String: Int] = [:]
    private var nextHeartbeat: Span = .zero
    /// Pops that no desk acknowledged after the last sending.
    private(set) var unacknowledged = 0

    init(_ configuration: Configuration, _ digests: Digests, seed: UInt64) {
        token = configuration.deskToken
        agents = configuration.agents
        switches = Set(configuration.switches.map(\.name) + configuration.webhooks.map(\.name))
        hasLegalBasis = configuration.legalBasis != nil
        timeZone = configuration.timeZone.identifier
        self.digests = digests
        var generator = SplitMix64(seed: seed)
        fingerprintKey = (0..<4).flatMap { _ in withUnsafeBytes(of: generator.next().littleEndian, Array.init) }
    }

    /// Whether one more may connect. A desk that has not said hello yet takes a place like any other: a file descriptor and memory.
    /// For those that were let in some places are kept.
    var hasRoom: Bool {
        desks.count < Limits.unsettledConnections
            || desks.count < Limits.connectionsPerListener && desks.count - count < Limits.unsettledConnections
    }

    // MARK: desks

    /// Whether one more of this address may connect that has not said hello.
    func hasRoom(for address: String) -> Bool {
        address.isEmpty || unsettled[address, default: 0] < Limits.unsettledPerAddress
    }

    mutating func opened(_ id: ConnectionID, _ transport: Transport, from address: String, at now: Moment) {
        desks[id] = Desk(transport: transport, address: address)
        unsettled[address, default: 0] += 1
        hellos.append(id, due: now.uptime + Limits.hello)
    }

    func has(_ id: ConnectionID) -> Bool { desks[id] != nil }
    func isLetIn(_ id: ConnectionID) -> Bool { desks[id]?.agent != nil }

    mutating func closed(_ id: ConnectionID) {
        guard let desk = desks.removeValue(forKey: id) else { return }
        guard let agent = desk.agent else { return settled(desk.address) }
        count -= 1
        desksOfAgent[MemberName(agent)]?.removeAll { $0 == id }
        if desksOfAgent[MemberName(agent)]?.isEmpty == true { desksOfAgent[MemberName(agent)] = nil }
    }

    /// One less of this address has not said hello.
    private mutating func settled(_ address: String) {
        let left = unsettled[address, default: 0] - 1
        unsettled[address] = left > 0 ? left : nil
    }

    mutating func stop() -> [ConnectionID] {
        defer {
            desks.removeAll()
            unsettled.removeAll()
            count = 0
            desksOfAgent.removeAll()
        }
        return desks.keys.sorted()
    }

    /// Bytes from an NDJSON desk.
    mutating func received(
        _ id: ConnectionID, _ bytes: [UInt8], _ rooms: [SwitchRoom], at now: Moment, _ guardian: inout ClientGuard,
        _ effects: inout [Gateway.Effect]
    ) {
        for output in desks[id]?.framer.receive(bytes) ?? [] {
            switch output {
            case .line(let line): receivedMessage(id, line, rooms, at: now, &guardian, &effects)
            case .tooLong:
                refuse(id, Refused(.tooLong, "A line may have \(Limits.deskLineBytes) bytes."), &effects)
            }
        }
    }

    /// One whole message, by whichever transport.
    mutating func receivedMessage(
        _ id: ConnectionID, _ json: [UInt8], _ rooms: [SwitchRoom], at now: Moment, _ guardian: inout ClientGuard,
        _ effects: inout [Gateway.Effect]
    ) {
        guard let desk = desks[id], !desk.isRefused, desk.waiting == nil else { return }
        guard desk.agent != nil || json.count <= Limits.helloBytes else {
            return refuse(id, Refused(.tooLong, "Before its welcome a desk's message may have \(Limits.helloBytes) bytes."), &effects)
        }
        let message: DeskMessage
        do throws(DeskFault) { message = try DeskMessage(reading: json) } catch {
            return refuse(id, Refused(.malformed, error.description), &effects)
        }
        switch message {
        case .hello(let hello):
            guard desk.agent == nil else { return refuse(id, Refused(.malformed, "This desk has said hello already."), &effects) }
            _ = welcome(id, hello, rooms, isItsTurn: false, at: now, &guardian, &effects)
        case .acknowledge(let acknowledgement):
            guard desk.agent != nil else { return refuse(id, Refused(.malformed, "Say hello first."), &effects) }
            // An old revision's acknowledgement says nothing about the new one.
            if let sent = desk.unacknowledged[acknowledgement.popId], acknowledgement.revision >= sent.revision {
                desks[id]?.unacknowledged[acknowledgement.popId] = nil
            }
        case .wrapUpDone:
            guard let agent = desk.agent else { return refuse(id, Refused(.malformed, "Say hello first."), &effects) }
            effects.append(.endWrapUp(agent: agent, on: desk.switch))
        }
    }

    /// Lets the desk in or refuses it, now or later. `isItsTurn`: its token has waited to be looked at. The result is whether it was looked at.
    private mutating func welcome(
        _ id: ConnectionID, _ hello: DeskMessage.Hello, _ rooms: [SwitchRoom], isItsTurn: Bool, at now: Moment,
        _ guardian: inout ClientGuard, _ effects: inout [Gateway.Effect]
    ) -> Bool {
        guard hello.version == 1 else {
            refuse(id, Refused(.version, "This gateway speaks version 1 of the desk protocol."), &effects)
            return false
        }
        let meant = agents(called: hello.agent, on: hello.switch.map { SwitchID($0) })
        let (doors, address) = (doors(of: meant), desks[id]?.address ?? "")
        let fingerprint = fingerprint(hello.token)
        if let delay = guardian.tokens.repeated(fingerprint, at: doors, address, at: now) {
            guardian.count(.token, at: now)
            refuseToken(id, hello, after: delay, at: now, &guardian, &effects)
            return false
        }
        guard isItsTurn || !guardian.tokens.isLimited(doors, address, at: now) else {
            desks[id]?.waiting = hello
            looks.append(id, from: address, at: now)
            return false
        }
        guard meant.isEmpty ? isAccepted(hello.token) : meant.contains(where: { isAccepted(hello.token, as: $0) }) else {
            var delay = guardian.mistaken(fingerprint, at: doors, address, at: now)
            // From wherever somebody tries the token of one agent.
            for agent in meant { delay = max(delay, guardian.tokens.mistaken(about: agent.interface, at: now)) }
            refuseToken(id, hello, after: delay, at: now, &guardian, &effects)
            return true
        }
        for door in doors where self.doors(openedBy: hello.token).contains(door) { guardian.tokens.right(at: door, address) }
        admit(id, hello, meant, rooms, at: now, &effects)
        return true
    }

    /// The token is right; is there the agent?
    private mutating func admit(
        _ id: ConnectionID, _ hello: DeskMessage.Hello, _ meant: [Configuration.Agent], _ rooms: [SwitchRoom], at now: Moment,
        _ effects: inout [Gateway.Effect]
    ) {
        guard meant.count <= 1 else {
            return refuse(
                id,
                Refused(
                    .agent,
                    "The name belongs to more than one agent. Say the agent's id or interface ([[agents]]) instead, or the switch, too."),
                &effects)
        }
        let known = meant.first
        guard known != nil || agents.isEmpty, !hello.agent.isEmpty, hello.agent.utf8.count <= Limits.agentBytes else {
            return refuse(id, Refused(.agent, "No agent of that name is configured ([[agents]])."), &effects)
        }
        if let name = hello.switch, !switches.contains(SwitchID(name)) {
            return refuse(id, Refused(.agent, "There is no switch of that name ([[switches]] name)."), &effects)
        }
        let agent = known?.interface.rawValue ?? hello.agent
        let ownSwitch = known?.switch ?? hello.switch.map { SwitchID($0) }
        desks[id]?.agent = agent
        count += 1
        settled(desks[id]?.address ?? "")
        desks[id]?.switch = ownSwitch
        desksOfAgent[MemberName(agent), default: []].append(id)
        send(
            Welcome(
                agent: known?.name ?? hello.agent, interface: known?.interface.rawValue, server: "centralino", heartbeatSeconds: 15,
                timeZone: timeZone),
            to: id, &effects)
        // The common token lets anybody in as any agent: how long each one talked would be a figure of a single person.
        catchUp(
            id, agent, on: ownSwitch, tellsTalk: hasLegalBasis || known?.token != nil, rooms, at: now, &effects)
    }

    /// What a desk must know that comes (back): the agent's current pops, the calls that are over, the after-call work that is running.
    private mutating func catchUp(
        _ id: ConnectionID, _ agent: String, on ownSwitch: SwitchID?, tellsTalk: Bool, _ rooms: [SwitchRoom], at now: Moment,
        _ effects: inout [Gateway.Effect]
    ) {
        let members = Dictionary(uniqueKeysWithValues: rooms.map { ($0.name, $0.calls.members) })
        func isMeant(_ name: SwitchID, _ person: AgentRef) -> Bool {
            ownSwitch ?? name == name && person.isCalled(agent, members[name] ?? Roster())
        }
        for (key, pop) in live.sorted(by: { ($0.key.switch, $0.key.leg) < ($1.key.switch, $1.key.leg) })
        where isMeant(key.switch, pop.change.leg.speaker) {
            live[key]?.desks.insert(id)
            send(Pop(pop.change, revision: pop.revision, at: now), key, to: id, at: now, &effects)
        }
        var over = recent.pops(at: now.date, of: isMeant)
        if !tellsTalk { for index in over.indices { (over[index].talkSeconds, over[index].holdSeconds) = (nil, nil) } }
        if !over.isEmpty { send(RecentPops(at: "\(now.date)", pops: over), to: id, &effects) }
        for room in rooms {
            for work in room.acd.afterCallWork(at: now.uptime) where isMeant(room.name, work.agent) {
                send(WrapUp(work, on: room.name, at: now), to: id, &effects)
            }
        }
    }

    /// A conversation has left after-call work behind.
    func began(_ work: AfterCallWork, on switch: SwitchID, _ members: Roster, at now: Moment, _ effects: inout [Gateway.Effect]) {
        guard !desksOfAgent.isEmpty else { return }
        for id in receivers(of: work.agent, on: `switch`, members) { send(WrapUp(work, on: `switch`, at: now), to: id, &effects) }
    }

    /// One of the agent's desks has ended the work: the others show it no more, either.
    func ended(_ work: AfterCallWork, on switch: SwitchID, _ members: Roster, at now: Moment, _ effects: inout [Gateway.Effect]) {
        guard !desksOfAgent.isEmpty else { return }
        let message = WrapUp(type: .over, at: "\(now.date)", switch: `switch`.rawValue)
        for id in receivers(of: work.agent, on: `switch`, members) { send(message, to: id, &effects) }
    }

    /// The configured agents that a desk may mean. Interfaces of one switch are unique; an id that nobody gave is the name, so it may be another's
    /// as well.
    private func agents(called name: String, on switch: SwitchID?) -> [Configuration.Agent] {
        let there = agents.filter { `switch` == nil || $0.switch == nil || $0.switch == `switch` }
        let byInterface = there.filter { $0.interface == Interface(name) || $0.members.contains(Interface(name)) }
        return byInterface.isEmpty ? there.filter { $0.id.isIdentical(to: name) || $0.name.isIdentical(to: name) } : byInterface
    }

    /// An agent's own token, or else the common one. Compared in constant time.
    func isAccepted(_ token: String, as agent: Configuration.Agent? = nil) -> Bool {
        guard let expected = agent?.token ?? self.token else { return false }
        return digests.constantTimeEqual(Array(expected.value.utf8), Array(token.utf8))
    }

    /// Whether the token is the common one, or some agent's own.
    func isAnybodys(_ token: String) -> Bool { isAccepted(token) || agents.contains { $0.token != nil && isAccepted(token, as: $0) } }

    /// Where a hello of one of these agents is judged.
    private func doors(of agents: [Configuration.Agent]) -> [Door] {
        var doors: [Door] = []
        for door in agents.isEmpty ? [.desks] : agents.map(door(of:)) where !doors.contains(door) { doors.append(door) }
        return doors
    }

    private func door(of agent: Configuration.Agent) -> Door { agent.token == nil ? .desks : .agent(agent.interface) }

    /// What this token is right for.
    func doors(openedBy token: String) -> [Door] {
        (isAccepted(token) ? [.desks] : []) + agents.filter { $0.token != nil && isAccepted(token, as: $0) }.map(door(of:))
    }

    /// Where the list of agents is asked for.
    var doorOfList: Door { agents.contains { $0.token != nil } ? .agentList : .desks }

    /// Whether a desk that says hello by this interface would be welcomed.
    func wouldLetIn(_ interface: Interface, on switch: SwitchID?, token: String) -> Bool {
        let meant = agents(called: interface.rawValue, on: `switch`)
        return meant.isEmpty ? agents.isEmpty && isAccepted(token) : meant.count == 1 && isAccepted(token, as: meant[0])
    }

    /// What a wrong token is known by when it comes again.
    func fingerprint(_ token: String) -> TokenGuard.Fingerprint? { TokenGuard.Fingerprint(token, key: fingerprintKey, digests) }

    private mutating func refuseToken(
        _ id: ConnectionID, _ hello: DeskMessage.Hello, after delay: Span, at now: Moment, _ guardian: inout ClientGuard,
        _ effects: inout [Gateway.Effect]
    ) {
        let place = desks[id].map { " at \($0.address)" } ?? ""
        guardian.say(
            LogLine(.warning, "desks", "A desk\(place) with a wrong token was refused; it asked for “\(printable(hello.agent))”."), .desk,
            at: now, &effects)
        guard delay > .zero else { return refuseToken(id, &effects) }
        desks[id]?.isRefused = true
        refusals.insert(id, due: now.uptime + delay)
    }

    private mutating func refuseToken(_ id: ConnectionID, _ effects: inout [Gateway.Effect]) {
        refuse(id, Refused(.token, "The token is not valid for this agent. Ask whoever runs the gateway ([desks] token_file)."), &effects)
    }

    private mutating func refuse(_ id: ConnectionID, _ refusal: Refused, _ effects: inout [Gateway.Effect]) {
        send(refusal, to: id, &effects)
        if desks[id]?.transport == .webSocket { effects.append(.send(id, WebSocketFrame.close(1008, refusal.reason.rawValue))) }
        effects.append(.close(id))
        closed(id)
    }

    // MARK: pops

    /// `now` is our own clock's, for deadlines; what messages say is the moment of the change, which may be the switch's clock's.
    mutating func pop(_ change: Contacts.PopChange, _ members: Roster, now: Moment, _ effects: inout [Gateway.Effect]) {
        let key = Key(switch: change.record.switch, leg: change.leg.number)
        let revision = (live[key]?.revision ?? 0) + 1
        if var before = live[key]?.change,
            before.leg.speaker.interface != change.leg.speaker.interface || before.record.id != change.record.id
        {
            // Another phone has the call now, picked up or sent on, or the one who asked the queue made way for the customer: this card is over.
            before.kind = .cancelled(
                before.record.id != change.record.id ? .callerLeft : change.leg.via == .pickup ? .answeredElsewhere : .forwarded)
            before.at = change.at
            deliver(before, key, revision, members, now: now, &effects)
            remember(before, revision)
            live[key]?.desks = []
        }
        switch change.kind {
        case .preview, .open, .update:
            var remembered = change
            remembered.kind = change.leg.established == nil ? .preview : .open
            live[key] = Live(change: remembered, revision: revision, desks: live[key]?.desks ?? [])
            deliver(change, key, revision, members, now: now, &effects)
        case .cancelled, .closed:
            deliver(change, key, revision, members, now: now, &effects)
            remember(change, revision)
            live[key] = nil
        }
    }

    /// Of a caller who does not want to be known nothing is remembered, either.
    mutating func withhold(_ contact: ContactID) { recent.withhold(contact.rawValue) }

    private mutating func remember(_ change: Contacts.PopChange, _ revision: Int) {
        guard !change.leg.isExternal else { return }
        recent.insert(
            Pop(change, revision: revision, at: change.at), of: change.leg.speaker, on: change.record.switch, at: change.at.date)
    }

    /// The agent is known by another interface.
    mutating func rename(_ before: Interface, to agent: AgentRef, on switch: SwitchID) {
        recent.rename(before, to: agent, on: `switch`)
        for key in live.keys where key.switch == `switch` { live[key]!.change.leg.rename(before, to: agent.interface) }
    }

    /// Other names mean the agent than before: the cards go to the desks that are the agent's now, and are over on those that no more are.
    mutating func namesChanged(_ agent: Interface, on switch: SwitchID, _ members: Roster, now: Moment, _ effects: inout [Gateway.Effect]) {
        guard !desksOfAgent.isEmpty else { return }
        let concerned = live.filter { $0.key.switch == `switch` && $0.value.change.leg.speaker.interface == agent }.keys
        for key in concerned.sorted(by: { $0.leg < $1.leg }) {
            guard let card = live[key] else { continue }
            let own = receivers(of: card.change.leg.speaker, on: key.switch, members)
            let showing = card.desks.filter { desks[$0] != nil }
            live[key]!.desks = Set(own)
            guard Set(own) != showing else { continue }
            live[key]!.revision += 1
            var over = card.change
            over.kind = .cancelled(.answeredElsewhere)
            over.at = now
            for id in showing.subtracting(own).sorted() {
                send(Pop(over, revision: card.revision + 1, at: now), key, to: id, at: now, &effects)
            }
            for id in own where !showing.contains(id) {
                send(Pop(card.change, revision: card.revision + 1, at: card.change.at), key, to: id, at: now, &effects)
            }
        }
    }

    private func receivers(of agent: AgentRef, on switch: SwitchID, _ members: Roster) -> [ConnectionID] {
        var receivers: [ConnectionID] = []
        for name in agent.names(members) {
            for id in desksOfAgent[MemberName(name)] ?? []
            where desks[id]?.switch ?? `switch` == `switch` && !receivers.contains(id) { receivers.append(id) }
        }
        return receivers
    }

    private mutating func deliver(
        _ change: Contacts.PopChange, _ key: Key, _ revision: Int, _ members: Roster, now: Moment, _ effects: inout [Gateway.Effect]
    ) {
        guard !desksOfAgent.isEmpty else { return }
        // Who speaks sees the card, whoever is credited; and whoever has seen it sees its end.
        let own = receivers(of: change.leg.speaker, on: key.switch, members)
        let showing = live[key]?.desks ?? []
        var all = own
        switch change.kind {
        case .preview, .open, .update: live[key]?.desks = Set(own)
        case .cancelled, .closed: all += showing.subtracting(own).filter { desks[$0] != nil }.sorted()
        }
        guard !all.isEmpty else { return }
        let message = Pop(change, revision: revision, at: change.at)
        for id in all { send(message, key, to: id, at: now, &effects) }
    }

    // MARK: sending

    private mutating func send(_ pop: Pop, _ key: Key, to id: ConnectionID, at now: Moment, _ effects: inout [Gateway.Effect]) {
        send(pop, to: id, &effects)
        let sends = desks[id]?.unacknowledged[pop.popId].map { $0.revision == pop.revision ? $0.sends + 1 : 1 } ?? 1
        desks[id]?.unacknowledged[pop.popId] = (pop.revision, sends)
        resends.append((id, key, pop.popId, pop.revision), due: now.uptime + Limits.acknowledgement)
        // What ended is not kept: nobody can be sent it again.
        if pop.type == .cancelled || pop.type == .closed { desks[id]?.unacknowledged[pop.popId] = nil }
    }

    private func send(_ message: some Encodable, to id: ConnectionID, _ effects: inout [Gateway.Effect]) {
        guard let transport = desks[id]?.transport else { return }
        let json = JSON.encode(message)
        effects.append(.send(id, transport == .webSocket ? WebSocketFrame.text(json) : json + [UInt8(ascii: "\n")]))
    }

    // MARK: time

    var nextDeadline: Span? {
        [resends.next, hellos.next, desks.isEmpty ? nil : nextHeartbeat, refusals.next, looks.next].compactMap { $0 }.min()
    }

    /// Looks at the tokens of the hellos that wait, as far as their turn has come.
    mutating func lookAtTokens(
        _ rooms: [SwitchRoom], at now: Moment, _ guardian: inout ClientGuard, _ effects: inout [Gateway.Effect]
    ) {
        while let (id, address) = looks.take(at: now) {
            var looked = false
            if let hello = desks[id]?.waiting {
                desks[id]?.waiting = nil
                looked = welcome(id, hello, rooms, isItsTurn: true, at: now, &guardian, &effects)
            }
            looks.finish(address, looked: looked, at: now)
        }
    }

    mutating func deadlineReached(at now: Moment, _ effects: inout [Gateway.Effect]) {
        while let id = hellos.take(at: now.uptime) {
            // A hello that waits came in time.
            if let desk = desks[id], desk.agent == nil, !desk.isRefused, desk.waiting == nil {
                refuse(id, Refused(.tooLate, "Say hello within \(Int(Limits.hello.seconds)) s."), &effects)
            }
        }
        while let id = refusals.take(at: now.uptime) { if desks[id] != nil { refuseToken(id, &effects) } }
        while let (id, key, popId, revision) = resends.take(at: now.uptime) {
            guard let sent = desks[id]?.unacknowledged[popId], sent.revision == revision else { continue }
            guard sent.sends < Limits.popSends,
                let pop = live[key], pop.revision == revision, Pop.id(pop.change) == popId
            else {
                desks[id]?.unacknowledged[popId] = nil
                unacknowledged += 1
                continue
            }
            send(Pop(pop.change, revision: revision, at: now), key, to: id, at: now, &effects)
        }
        guard !desks.isEmpty, nextHeartbeat <= now.uptime else { return }
        nextHeartbeat = now.uptime + Limits.heartbeat
        for id in desks.keys.sorted() where desks[id]?.agent != nil { send(DeskHeartbeat(at: "\(now.date)"), to: id, &effects) }
    }
}
