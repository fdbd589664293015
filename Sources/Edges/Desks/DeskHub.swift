import Core
import ACD
import Access
import Calls
import Contacts
import HTTP
import ScreenPop
import Telephony
import Time
import Wire

/// The agents' desks: lets them in, gives each agent's pops to that agent's desks, sends again what is not
/// acknowledged.
///
/// A pop lives as long as one leg: the same `popId` from the first ring to the end. A desk that comes (back) gets the
/// *current* pops of its agent, a list of those that are over and the after-call work that is running, and nothing that
/// it missed in between (`domain.md` §7.3).
struct DeskHub {
    enum Transport { case webSocket, lines }

    private struct Desk {
        var transport: Transport
        var address: String
        /// Who opened it with a session; it needs no token then.
        var signedIn: Grant?
        /// By what it was let in.
        var grant: Grant?
        var holder: String { grant?.holder.words ?? "" }
        /// Parties that were shown, by pop: each is entered in the audit once.
        var shown: [String: Set<String>] = [:]
        /// Its token was wrong: it is refused later, and its messages are ignored until then.
        var isRefused = false
        /// Its hello, whose token waits to be checked.
        var waiting: DeskMessage.Hello?
        var framer = LineFramer(limit: Limits.deskLineBytes)
        /// The agent that its hello named; nil until the desk is admitted.
        var agent: String?
        /// The agent's switch; nil: every switch that has an agent of that name.
        var `switch`: SwitchID?
        /// Not acknowledged yet: how often each has been sent.
        var unacknowledged: [String: (revision: Int, sends: Int)] = [:]
    }

    /// The desks that show a card, or would be shown its next revision.
    private struct Showing {
        var desks: Set<ConnectionID> = []
        /// How often the card moved from one agent's desks to another's. Each move is a revision as well, which the
        /// core does not count.
        var moves = 0
    }

    private typealias Key = Screens.Card.Key

    private var access: AccessRules
    private let switches: Set<SwitchID>
    private let timeZone: String
    private let keepsAudit: Bool
    private var desks: [ConnectionID: Desk] = [:]
    /// Admitted desks by the agent that they named, in order of arrival.
    private var desksOfAgent: [MemberName: [ConnectionID]] = [:]
    private var showing: [Key: Showing] = [:]
    private var resends = Deadlines<(desk: ConnectionID, key: Key, popId: String, revision: Int)>()
    private var hellos = Deadlines<ConnectionID>()
    /// Desks with a wrong token whose refusal waits.
    private var refusals = DueHeap<ConnectionID>()
    private var looks = LookQueue()
    /// The number of admitted desks.
    private(set) var count = 0
    /// The number of desks of each address that are not admitted.
    private var unsettled: [String: Int] = [:]
    private var nextHeartbeat: Span = .zero
    /// Which part of the desks had theirs last.
    private var heartbeatPart = 0
    /// The desks of each part: to look for them among all, four times a second, would cost by how many there are.
    private var parts = Self.noDesks

    private static let noDesks = [Set<ConnectionID>](
        repeating: [], count: Int(Limits.heartbeat.microseconds / Limits.heartbeatPart.microseconds))

    private func part(of id: ConnectionID) -> Int { Int(id.ordinal % UInt64(parts.count)) }

    /// Pops that no desk acknowledged after the last sending.
    private(set) var unacknowledged = 0

    init(_ configuration: Configuration, _ access: AccessRules) {
        self.access = access
        switches = Set(configuration.switches.map(\.name) + configuration.webhooks.map(\.name))
        timeZone = configuration.timeZone.identifier
        keepsAudit = configuration.keepsAudit
    }

    /// Whether one more may connect. A desk that has not said hello yet takes a place like any other: a file descriptor
    /// and memory. Some places are kept for admitted desks.
    var hasRoom: Bool {
        desks.count < Limits.unsettledConnections
            || desks.count < Limits.connectionsPerListener && desks.count - count < Limits.unsettledConnections
    }

    // MARK: desks

    /// Lets in by other rules from now on. A desk that was let in stays, unless its agent is no longer configured.
    mutating func reconfigure(_ access: AccessRules, _ effects: inout [Effect]) {
        self.access = access
        guard access.hasAgents else { return }
        for (id, desk) in desks.sorted(by: { $0.key < $1.key }) {
            guard let agent = desk.agent, access.agents(called: agent, on: desk.switch).isEmpty else { continue }
            refuse(id, Refused(.agent, "This agent is no longer configured ([[agents]])."), &effects)
        }
    }

    /// Whether one more desk of this address, which has not sent hello, may connect.
    func hasRoom(for address: String) -> Bool {
        address.isEmpty || unsettled[address, default: 0] < Limits.unsettledPerAddress
    }

    mutating func opened(
        _ id: ConnectionID, _ transport: Transport, from address: String, signedIn: Grant? = nil, at now: Moment
    ) {
        desks[id] = Desk(transport: transport, address: address, signedIn: signedIn)
        parts[part(of: id)].insert(id)
        unsettled[address, default: 0] += 1
        hellos.append(id, due: now.uptime + Limits.hello)
    }

    func has(_ id: ConnectionID) -> Bool { desks[id] != nil }
    func isLetIn(_ id: ConnectionID) -> Bool { desks[id]?.agent != nil }

    mutating func closed(_ id: ConnectionID) {
        guard let desk = desks.removeValue(forKey: id) else { return }
        parts[part(of: id)].remove(id)
        guard let agent = desk.agent else { return settled(desk.address) }
        count -= 1
        desksOfAgent[MemberName(agent)]?.removeAll { $0 == id }
        if desksOfAgent[MemberName(agent)]?.isEmpty == true { desksOfAgent[MemberName(agent)] = nil }
    }

    /// One desk fewer of this address has not sent hello.
    private mutating func settled(_ address: String) {
        let left = unsettled[address, default: 0] - 1
        unsettled[address] = left > 0 ? left : nil
    }

    mutating func stop() -> [ConnectionID] {
        defer {
            desks.removeAll()
            parts = Self.noDesks
            unsettled.removeAll()
            count = 0
            desksOfAgent.removeAll()
        }
        return desks.keys.sorted()
    }

    /// Bytes from an NDJSON desk.
    mutating func received(
        _ id: ConnectionID, _ bytes: [UInt8], _ core: Core, at now: Moment, _ guardian: inout ClientGuard,
        _ inputs: inout [Core.Input], _ effects: inout [Effect]
    ) {
        for output in desks[id]?.framer.receive(bytes) ?? [] {
            switch output {
            case .line(let line): receivedMessage(id, line, core, at: now, &guardian, &inputs, &effects)
            case .tooLong:
                refuse(id, Refused(.tooLong, "A line may have \(Limits.deskLineBytes) bytes."), &effects)
            }
        }
    }

    /// One whole message, by whichever transport.
    mutating func receivedMessage(
        _ id: ConnectionID, _ json: [UInt8], _ core: Core, at now: Moment, _ guardian: inout ClientGuard,
        _ inputs: inout [Core.Input], _ effects: inout [Effect]
    ) {
        guard let desk = desks[id], !desk.isRefused, desk.waiting == nil else { return }
        guard desk.agent != nil || json.count <= Limits.helloBytes else {
            return refuse(
                id, Refused(.tooLong, "Before its welcome a desk's message may have \(Limits.helloBytes) bytes."),
                &effects)
        }
        let message: DeskMessage
        do throws(DeskFault) { message = try DeskMessage(reading: json) } catch {
            return refuse(id, Refused(.malformed, error.description), &effects)
        }
        switch message {
        case .hello(let hello):
            guard desk.agent == nil else {
                return refuse(id, Refused(.malformed, "This desk has said hello already."), &effects)
            }
            _ = welcome(id, hello, core, isItsTurn: false, at: now, &guardian, &effects)
        case .acknowledge(let acknowledgement):
            guard desk.agent != nil else { return refuse(id, Refused(.malformed, "Say hello first."), &effects) }
            // An old revision's acknowledgement says nothing about the new one.
            if let sent = desk.unacknowledged[acknowledgement.popId], acknowledgement.revision >= sent.revision {
                desks[id]?.unacknowledged[acknowledgement.popId] = nil
            }
        case .wrapUpDone:
            guard let agent = desk.agent else { return refuse(id, Refused(.malformed, "Say hello first."), &effects) }
            inputs.append(.wrapUpDone(agent: agent, on: desk.switch))
        }
    }

    /// Admits the desk or refuses it, now or later. `isItsTurn`: the token has waited, and is to be checked now.
    /// Returns whether it was checked.
    private mutating func welcome(
        _ id: ConnectionID, _ hello: DeskMessage.Hello, _ core: Core, isItsTurn: Bool, at now: Moment,
        _ guardian: inout ClientGuard, _ effects: inout [Effect]
    ) -> Bool {
        guard hello.version == 1 else {
            refuse(id, Refused(.version, "This gateway speaks version 1 of the desk protocol."), &effects)
            return false
        }
        let meant = access.agents(called: hello.agent, on: hello.switch.map { SwitchID($0) })
        if hello.token.isEmpty { return welcomeSignedIn(id, hello, meant, core, at: now, &guardian, &effects) }
        let (doors, address) = (access.doors(of: meant), desks[id]?.address ?? "")
        let fingerprint = access.fingerprint(hello.token)
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
        guard access.isAccepted(hello.token, as: meant) else {
            var delay = guardian.mistaken(fingerprint, at: doors, address, at: now)
            // Wrong tokens for one agent count together, whatever addresses they come from.
            for agent in meant { delay = max(delay, guardian.tokens.mistaken(about: agent.interface, at: now)) }
            refuseToken(id, hello, after: delay, at: now, &guardian, &effects)
            return true
        }
        for door in doors where access.doors(openedBy: hello.token).contains(door) {
            guardian.tokens.right(at: door, address)
        }
        desks[id]?.grant = access.grantOfDesk(of: meant.first)
        admit(id, hello, meant, core, at: now, &effects)
        return true
    }

    /// A desk without a token: its session opens the desk of its own agent. Nothing was guessed, so nothing is delayed.
    private mutating func welcomeSignedIn(
        _ id: ConnectionID, _ hello: DeskMessage.Hello, _ meant: [Configuration.Agent], _ core: Core, at now: Moment,
        _ guardian: inout ClientGuard, _ effects: inout [Effect]
    ) -> Bool {
        guard let grant = desks[id]?.signedIn else {
            guardian.count(.token, at: now)
            refuse(id, Refused(.token, "Sign in at /sign-in first, or send a token ([desks] token_file)."), &effects)
            return false
        }
        let asked = meant.isEmpty ? [Interface(hello.agent)] : meant.map(\.interface)
        guard grant.role == .agent, let own = grant.agent, asked == [own] else {
            guardian.audit(
                AuditEntry(
                    at: now.date, .signInRefused, who: grant.holder.words, from: desks[id]?.address ?? "",
                    what: "desk \(hello.agent)", why: "another agent's desk"), at: now, &effects)
            refuse(
                id,
                Refused(
                    .agent,
                    grant.agent.map { "This account opens the desk of \(printable($0.rawValue)) only." }
                        ?? "This account has no desk: its role is \(grant.role.rawValue)."), &effects)
            return false
        }
        desks[id]?.grant = grant
        admit(id, hello, meant, core, at: now, &effects)
        return false
    }

    /// The token is right: admits the desk if its agent exists.
    private mutating func admit(
        _ id: ConnectionID, _ hello: DeskMessage.Hello, _ meant: [Configuration.Agent], _ core: Core, at now: Moment,
        _ effects: inout [Effect]
    ) {
        guard meant.count <= 1 else {
            return refuse(
                id,
                Refused(
                    .agent,
                    "The name belongs to more than one agent. Say the agent's id or interface ([[agents]]) instead, or the switch, too."
                ),
                &effects)
        }
        let known = meant.first
        guard known != nil || !access.hasAgents, !hello.agent.isEmpty, hello.agent.utf8.count <= Limits.agentBytes
        else {
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
                agent: known?.name ?? hello.agent, interface: known?.interface.rawValue, server: "centralino",
                heartbeatSeconds: Int(Limits.heartbeat.seconds),
                timeZone: timeZone),
            to: id, &effects)
        if keepsAudit, let desk = desks[id] {
            let entry = AuditEntry(
                at: now.date, .deskOpened, who: desk.holder, from: desk.address, what: "desk \(agent)",
                why: ownSwitch.map { "on \($0.rawValue)" } ?? "")
            effects.append(.access(.audit(entry)))
        }
        catchUp(id, agent, on: ownSwitch, desks[id]?.grant ?? access.grantOfDesk(of: known), core, at: now, &effects)
    }

    /// Sends what a desk that connects (again) must know: the agent's current pops, the calls that are over, the
    /// after-call work that is running.
    private mutating func catchUp(
        _ id: ConnectionID, _ agent: String, on ownSwitch: SwitchID?, _ grant: Grant, _ core: Core, at now: Moment,
        _ effects: inout [Effect]
    ) {
        let members = Dictionary(uniqueKeysWithValues: core.switches.map { ($0.name, $0.calls.members) })
        func isMeant(_ name: SwitchID, _ person: AgentRef) -> Bool {
            ownSwitch ?? name == name && person.isCalled(agent, members[name] ?? Roster())
        }
        for card in core.screens.cards where isMeant(card.key.switch, card.change.leg.speaker) {
            showing[card.key, default: Showing()].desks.insert(id)
            send(Pop(card, moved: showing[card.key]!.moves, at: now), card.key, to: id, at: now, &effects)
        }
        var over = core.screens.recent.cards(at: now.date, of: isMeant).map { Pop($0, at: $0.change.at) }
        if !access.showsLengths(to: grant) {
            for index in over.indices { (over[index].talkSeconds, over[index].holdSeconds) = (nil, nil) }
        }
        if !over.isEmpty { send(RecentPops(at: "\(now.date)", pops: over), to: id, &effects) }
        for known in core.switches {
            for work in known.acd.afterCallWork(at: now.uptime) where isMeant(known.name, work.agent) {
                send(WrapUp(work, on: known.name, at: now), to: id, &effects)
            }
        }
    }

    /// A conversation has left after-call work behind.
    func began(_ work: AfterCallWork, on switch: SwitchID, _ core: Core, _ effects: inout [Effect]) {
        guard !desksOfAgent.isEmpty, let members = core.members(of: `switch`) else { return }
        let message = WrapUp(work, on: `switch`, at: core.moment)
        for id in receivers(of: work.agent, on: `switch`, members) { send(message, to: id, &effects) }
    }

    /// One of the agent's desks has ended the work: the others stop showing it, too.
    func ended(_ work: AfterCallWork, on switch: SwitchID, _ core: Core, _ effects: inout [Effect]) {
        guard !desksOfAgent.isEmpty, let members = core.members(of: `switch`) else { return }
        let message = WrapUp(type: .over, at: "\(core.moment.date)", switch: `switch`.rawValue)
        for id in receivers(of: work.agent, on: `switch`, members) { send(message, to: id, &effects) }
    }

    private mutating func refuseToken(
        _ id: ConnectionID, _ hello: DeskMessage.Hello, after delay: Span, at now: Moment,
        _ guardian: inout ClientGuard,
        _ effects: inout [Effect]
    ) {
        let place = desks[id].map { " at \($0.address)" } ?? ""
        guardian.say(
            LogLine(
                .warning, "desks",
                "A desk\(place) with a wrong token was refused; it asked for “\(printable(hello.agent))”."), .desk,
            at: now, &effects)
        guardian.audit(
            AuditEntry(
                at: now.date, .tokenRefused, from: desks[id]?.address ?? "", what: "desk \(hello.agent)",
                why: "wrong token"), at: now, &effects)
        guard delay > .zero else { return refuseToken(id, &effects) }
        desks[id]?.isRefused = true
        refusals.insert(id, due: now.uptime + delay)
    }

    private mutating func refuseToken(_ id: ConnectionID, _ effects: inout [Effect]) {
        refuse(
            id,
            Refused(
                .token, "The token is not valid for this agent. Ask whoever runs the gateway ([desks] token_file)."),
            &effects)
    }

    private mutating func refuse(_ id: ConnectionID, _ refusal: Refused, _ effects: inout [Effect]) {
        send(refusal, to: id, &effects)
        if desks[id]?.transport == .webSocket {
            effects.append(.send(id, WebSocketFrame.close(1008, refusal.reason.rawValue)))
        }
        effects.append(.close(id))
        closed(id)
    }

    // MARK: pops

    /// A card appeared, changed or went. Deadlines count from our own clock; what messages say is the moment of the
    /// change, which may be the switch's clock's.
    mutating func show(_ card: Screens.Card, _ core: Core, _ effects: inout [Effect]) {
        guard !desksOfAgent.isEmpty || showing[card.key] != nil,
            let members = core.members(of: card.key.switch)
        else { return }
        let now = core.moment
        // The desks of the agent who speaks show the card, whoever is credited; and a desk that has shown it shows its
        // end.
        let own = receivers(of: card.change.leg.speaker, on: card.key.switch, members)
        let before = showing[card.key] ?? Showing()
        var all = own
        switch card.change.kind {
        case .preview, .open, .update:
            showing[card.key] = own.isEmpty && before.moves == 0 ? nil : Showing(desks: Set(own), moves: before.moves)
        case .cancelled, .closed:
            all += before.desks.subtracting(own).filter { desks[$0] != nil }.sorted()
            // Another agent may have the card now: then its revisions continue.
            showing[card.key] = core.screens[card.key] == nil || before.moves == 0 ? nil : Showing(moves: before.moves)
        }
        guard !all.isEmpty else { return }
        let message = Pop(card, moved: before.moves, at: card.change.at)
        for id in all { send(message, card.key, to: id, at: now, &effects) }
    }

    /// The agent is known by other names than before: the cards go to the desks that are the agent's now, and end on
    /// those that no longer are.
    mutating func namesChanged(_ agent: Interface, on switch: SwitchID, _ core: Core, _ effects: inout [Effect]) {
        guard !desksOfAgent.isEmpty, let members = core.members(of: `switch`) else { return }
        let now = core.moment
        for card in core.screens.cards where card.key.switch == `switch` && card.change.leg.speaker.interface == agent {
            let own = receivers(of: card.change.leg.speaker, on: `switch`, members)
            let before = showing[card.key] ?? Showing()
            let shown = before.desks.filter { desks[$0] != nil }
            guard Set(own) != shown else { continue }
            let moves = before.moves + 1
            showing[card.key] = Showing(desks: Set(own), moves: moves)
            var over = card
            over.change.kind = .cancelled(.answeredElsewhere)
            for id in shown.subtracting(own).sorted() {
                send(Pop(over, moved: moves, at: now), card.key, to: id, at: now, &effects)
            }
            for id in own where !shown.contains(id) {
                send(Pop(card, moved: moves, at: card.change.at), card.key, to: id, at: now, &effects)
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

    // MARK: sending

    /// The entry of the audit for a desk that leaves; nil: it was not let in, or there is no audit.
    func entryOfLeaving(_ id: ConnectionID, at now: Moment) -> AuditEntry? {
        guard keepsAudit, let desk = desks[id], let agent = desk.agent else { return nil }
        return AuditEntry(at: now.date, .deskClosed, who: desk.holder, from: desk.address, what: "desk \(agent)")
    }

    /// Whose data a card shows, to whom and why: once for each party of a pop.
    private mutating func auditShown(_ pop: Pop, to id: ConnectionID, at now: Moment, _ effects: inout [Effect]) {
        guard keepsAudit, let desk = desks[id] else { return }
        let keys = pop.match.parties.map(\.key)
        let new = keys.filter { desk.shown[pop.popId]?.contains($0) != true }
        if pop.type == .cancelled || pop.type == .closed {
            desks[id]?.shown[pop.popId] = nil
        } else if !new.isEmpty {
            desks[id]?.shown[pop.popId, default: []].formUnion(new)
        }
        guard !new.isEmpty else { return }
        effects.append(
            .access(
                .audit(
                    AuditEntry(
                        at: now.date, .partyShown, who: desk.holder, from: desk.address,
                        what: "\(new.count == 1 ? "party" : "parties") \(new.joined(separator: " "))",
                        why: "pop of contact \(pop.contactId)\(desk.agent.map { " at desk \($0)" } ?? "")"))))
    }

    private mutating func send(_ pop: Pop, _ key: Key, to id: ConnectionID, at now: Moment, _ effects: inout [Effect]) {
        auditShown(pop, to: id, at: now, &effects)
        send(pop, to: id, &effects)
        let sends = desks[id]?.unacknowledged[pop.popId].map { $0.revision == pop.revision ? $0.sends + 1 : 1 } ?? 1
        desks[id]?.unacknowledged[pop.popId] = (pop.revision, sends)
        resends.append((id, key, pop.popId, pop.revision), due: now.uptime + Limits.acknowledgement)
        // A pop that has ended is not kept, so it cannot be sent again.
        if pop.type == .cancelled || pop.type == .closed { desks[id]?.unacknowledged[pop.popId] = nil }
    }

    private func send(_ message: some Encodable, to id: ConnectionID, _ effects: inout [Effect]) {
        send(json: JSON.encode(message), to: id, &effects)
    }

    private func send(json: [UInt8], to id: ConnectionID, _ effects: inout [Effect]) {
        guard let transport = desks[id]?.transport else { return }
        effects.append(.send(id, transport == .webSocket ? WebSocketFrame.text(json) : json + [UInt8(ascii: "\n")]))
    }

    // MARK: time

    var nextDeadline: Span? {
        resends.next.earlier(hellos.next).earlier(desks.isEmpty ? nil : nextHeartbeat).earlier(refusals.next)
            .earlier(looks.next)
    }

    /// Checks the tokens of the hellos that wait, as far as their turn has come.
    mutating func lookAtTokens(
        _ core: Core, at now: Moment, _ guardian: inout ClientGuard, _ effects: inout [Effect]
    ) {
        while let (id, address) = looks.take(at: now) {
            var looked = false
            if let hello = desks[id]?.waiting {
                desks[id]?.waiting = nil
                looked = welcome(id, hello, core, isItsTurn: true, at: now, &guardian, &effects)
            }
            looks.finish(address, looked: looked, at: now)
        }
    }

    mutating func deadlineReached(_ core: Core, at now: Moment, _ effects: inout [Effect]) {
        while let id = hellos.take(at: now.uptime) {
            // A hello that waits came in time.
            if let desk = desks[id], desk.agent == nil, !desk.isRefused, desk.waiting == nil {
                refuse(id, Refused(.tooLate, "Say hello within \(Int(Limits.hello.seconds)) s."), &effects)
            }
        }
        while let id = refusals.take(at: now.uptime) { if desks[id] != nil { refuseToken(id, &effects) } }
        while let (id, key, popId, revision) = resends.take(at: now.uptime) {
            guard let sent = desks[id]?.unacknowledged[popId], sent.revision == revision else { continue }
            let moves = showing[key]?.moves ?? 0
            guard sent.sends < Limits.popSends, let card = core.screens[key], card.revision + moves == revision,
                card.id == popId
            else {
                desks[id]?.unacknowledged[popId] = nil
                unacknowledged += 1
                continue
            }
            send(Pop(card, moved: moves, at: now), key, to: id, at: now, &effects)
        }
        sendHeartbeats(at: now, &effects)
    }

    /// To the desks whose turn it is: ten thousand at once would hold a pop up for a quarter of a second.
    private mutating func sendHeartbeats(at now: Moment, _ effects: inout [Effect]) {
        guard !desks.isEmpty, nextHeartbeat <= now.uptime else { return }
        nextHeartbeat = max(nextHeartbeat + Limits.heartbeatPart, now.uptime)
        heartbeatPart = (heartbeatPart + 1) % parts.count
        let turn = parts[heartbeatPart].sorted()
        guard !turn.isEmpty else { return }
        let json = JSON.encode(DeskHeartbeat(at: "\(now.date)"))
        for id in turn where desks[id]?.agent != nil { send(json: json, to: id, &effects) }
    }
}
