import Figures
import Telephony
import Time

// Two names turn out to be one person's, or one name another person's. From then on there is one state and one
// set of figures; earlier counts stay.
extension ACD {
    /// The team that the configuration names by any of the agent's interfaces.
    public func team(of interface: Interface) -> String? {
        if let team = policy.teams[interface] { return team }
        guard let aliases = agents[interface]?.aliases else { return nil }
        return aliases.lazy.compactMap { policy.teams[$0] }.first
    }

    /// Gives the agent everything of `before`. Where both were logged in, both were counted: from now on one is.
    mutating func became(_ before: Interface, _ agent: AgentRef, at now: Moment) {
        guard before != agent.interface, let old = agents[before], old.isAnother != true else { return }
        guard agents[agent.interface] != nil || agents.count < Self.agentLimit else { return }
        countState(of: before, at: now)
        countState(of: agent.interface, at: now)
        for one in [before, agent.interface] { count(-1, one) }
        var status = agents[agent.interface] ?? AgentStatus(agent, at: now)
        let oldTeam = team(of: before) ?? ""
        status.agent = agent
        status.isAnother = nil
        for place in old.places { status.sit(place.seat, in: place.queue, place.membership) }
        status.addDevices(of: old)
        status.ringing.formUnion(old.ringing)
        status.talking.formUnion(old.talking)
        status.held.formUnion(old.held)
        status.consulting.formUnion(old.consulting)
        if let ends = old.wrapUpEnds, status.wrapUpEnds.map({ $0 < ends }) ?? true {
            status.wrapUpEnds = ends
            status.wrapUpOf = old.wrapUpOf
        }
        if status.counted == .loggedOff {
            // The time in the running state goes on, under another name.
            let known = agents[before]!
            status.counted = known.counted
            status.countedReason = known.countedReason
            status.since = known.since
            status.countedIn = known.countedIn
            status.aliases = (status.aliases ?? []) + [before]
        } else if let quarter = old.countedIn, status.countedIn.map({ $0 >= quarter }) == true {
            facts.uncount(oldTeam, in: quarter)
        }
        wrapUps.rename(before, to: agent.interface)
        if policy.keepsIndividuals { facts.rename(before, to: agent.interface) }
        agents[agent.interface] = status
        var gone = AgentStatus(old.agent, at: now)
        gone.isAnother = true
        agents[before] = gone
        for one in [before, agent.interface] { count(1, one) }
        countState(of: agent.interface, at: now)
        changedAgents.formUnion([before, agent.interface])
        changedQueues.formUnion(status.queues)
    }

    /// Gives a seat to another agent.
    mutating func moved(_ seat: Interface, from: Interface, to agent: AgentRef, at now: Moment) {
        guard let old = agents[from], old.isAnother != true else { return }
        let places = old.places.filter { $0.seat == seat }
        guard !places.isEmpty else { return }
        let device = old.devices?[seat] ?? .init(device: old.device, isStateless: false)
        let queues = Set(places.map(\.queue))
        change(old.agent, in: queues, at: now) { status in
            for place in places { status.leave(place.queue, seat) }
            status.forgetDevices()
        }
        change(agent, in: queues, at: now) { status in
            status.agent = agent
            status.isAnother = nil
            for place in places { status.sit(seat, in: place.queue, place.membership) }
            status.set(device.device, of: seat, isStateless: device.isStateless)
        }
    }

    /// The configuration may know the agent's team by any of these.
    mutating func known(_ agent: AgentRef, _ interfaces: [Interface], at now: Moment) {
        guard var status = agents[agent.interface], status.isAnother != true else { return }
        let aliases = Array(interfaces.dropFirst())
        let (known, name) = (status.aliases ?? [], status.agent)
        // An agent without a name keeps the one that is known.
        let agent = agent.isNameless ? name : agent
        guard known != aliases || name != agent else { return }
        let before = team(of: agent.interface)
        if name != agent { changedAgents.insert(agent.interface) }
        status.agent = agent
        status.aliases = aliases.isEmpty ? nil : aliases
        let team = ([agent.interface] + aliases).compactMap { policy.teams[$0] }.first
        if team != before, status.counted != .loggedOff {
            // The time so far belongs to the previous team.
            facts.add(
                status.counted, reason: status.countedReason, team: before ?? "",
                agent: policy.keepsIndividuals ? agent.interface : nil,
                from: status.since, to: now, countedIn: &status.countedIn)
            if now.uptime > status.since.uptime { status.since = now }
            status.countedIn = nil
        }
        agents[agent.interface] = status
    }

    /// Applies a changed configuration to the restored agents. `person`: the agent whose seat it is;
    /// `interfaces`: all that mean the agent.
    public mutating func identify(
        _ person: (Interface) -> AgentRef, _ interfaces: (Interface) -> [Interface], at now: Moment
    ) {
        for interface in agents.keys.sorted() {
            guard let status = agents[interface], status.isAnother != true else { continue }
            let whole = person(interface)
            if whole.interface != interface { became(interface, whole, at: now) }
            for seat in Set(status.places.map(\.seat)).sorted() where person(seat).interface != whole.interface {
                moved(seat, from: whole.interface, to: person(seat), at: now)
            }
        }
        for interface in agents.keys.sorted() where agents[interface]?.isAnother != true {
            known(person(interface), interfaces(interface), at: now)
        }
    }
}

extension AgentStatus {
    /// Adds the devices of another status, whose places are here now.
    fileprivate mutating func addDevices(of other: AgentStatus) {
        let own =
            devices
            ?? (places.contains { $0.seat == agent.interface } && device != .unknown
                ? [agent.interface: .init(device: device, isStateless: false)] : [:])
        let others =
            other.devices
            ?? (other.memberships.isEmpty
                ? [:] : [other.agent.interface: .init(device: other.device, isStateless: false)])
        let all = own.merging(others) { first, _ in first }
        guard !all.isEmpty else { return }
        devices = all
        decideDevice()
    }
}
