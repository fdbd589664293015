import Telephony

/// What somebody may see: a ``Grant`` in one centre. It is made once, where somebody is let in, and handed to every
/// edge. An edge makes what it shows of this alone; it never hides afterwards what it has shown.
public struct Sight: Sendable {
    /// Which agent is in which state now; otherwise only how many are.
    public var namesAgents: Bool
    /// Figures of single agents, and of fewer than ``Telephony/Organisation/smallestTeam`` of them.
    public var showsIndividuals: Bool
    /// How the program itself runs: connections, the journal, the machine, totals of whole switches.
    public let showsOperation: Bool
    public let scope: Scope
    /// nil: all.
    public private(set) var queues: Set<QueueName>?
    public private(set) var agents: Set<Interface>?
    /// Of what is seen: equal for equal sights, and different for different ones but by chance. 0: everything.
    public private(set) var mark: UInt64

    public init(
        _ grant: Grant, in organisation: Organisation, namesAgents: Bool = true, showsIndividuals: Bool = false
    ) {
        self.namesAgents = namesAgents
        self.showsIndividuals = showsIndividuals
        // An administrator keeps the whole program, and sees no call and no person in it.
        showsOperation = grant.role == .administrator || grant.scope.isEverything
        scope = grant.role == .administrator ? .nothing : grant.scope
        (queues, agents, mark) = (scope.queues(in: organisation), scope.agents(in: organisation), 0)
        mark = digest
    }

    /// Everything, as far as the configuration lets it be shown at all.
    public static func everything(namesAgents: Bool = true, showsIndividuals: Bool = false) -> Sight {
        Sight(
            Grant(holder: .thisMachine, role: .supervisor), in: Organisation(), namesAgents: namesAgents,
            showsIndividuals: showsIndividuals)
    }

    public var isEverything: Bool { queues == nil && agents == nil }

    public func sees(_ queue: QueueName) -> Bool { queues?.contains(queue) ?? true }
    public func sees(_ agent: Interface) -> Bool { agents?.contains(agent) ?? true }

    /// What of this may be seen of an earlier moment: what the scope named then, and names now. A supplier's queue that
    /// another supplier had then was not its own, and one that it has lost is not any more.
    public func limited(to organisation: Organisation) -> Sight {
        guard !isEverything else { return self }
        var sight = self
        sight.queues = queues.flatMap { now in scope.queues(in: organisation).map(now.intersection) }
        sight.agents = agents.flatMap { now in scope.agents(in: organisation).map(now.intersection) }
        sight.mark = sight.digest
        return sight
    }

    /// The groups, teams and suppliers that may be named: those that are named by the scope, or seen whole. The figures
    /// of one that is seen in part would be figures of what is not seen.
    public func visible(_ organisation: Organisation) -> Organisation {
        guard let queues, let agents else { return organisation }
        func isWhole(_ members: [QueueName], _ people: [Interface] = []) -> Bool {
            !(members.isEmpty && people.isEmpty) && queues.isSuperset(of: members) && agents.isSuperset(of: people)
        }
        func isNamed(_ part: Scope.Part) -> Bool { scope.parts?.contains(part) ?? true }
        return Organisation(
            groups: organisation.groups.filter {
                queues.isSuperset(of: $0.queues) && (isNamed(.group($0.name)) || isWhole($0.queues))
            },
            teams: organisation.teams.filter {
                agents.isSuperset(of: $0.agents) && (isNamed(.team($0.name)) || isWhole([], $0.agents))
            },
            suppliers: organisation.suppliers.filter { supplier in
                let people = organisation.teams(of: supplier).flatMap(\.agents)
                return queues.isSuperset(of: supplier.queues) && agents.isSuperset(of: people)
                    && (isNamed(.supplier(supplier.name)) || isWhole(supplier.queues, people))
            })
    }

    /// FNV-1a of all names in their order, so that it does not depend on the order of a set.
    private var digest: UInt64 {
        guard !isEverything else { return 0 }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            // No byte of UTF-8: two names are not one.
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        for part in scope.parts ?? [] { add(part.description) }
        for name in (queues ?? []).sorted() { add(name.rawValue) }
        add("")
        for name in (agents ?? []).sorted() { add(name.rawValue) }
        return hash
    }
}

extension Sight: Hashable {
    public static func == (a: Self, b: Self) -> Bool {
        a.mark == b.mark && a.namesAgents == b.namesAgents && a.showsIndividuals == b.showsIndividuals
            && a.showsOperation == b.showsOperation && a.scope == b.scope && a.queues == b.queues
            && a.agents == b.agents
    }

    /// Without the names, of which there may be thousands: readers of the stream are grouped by their sights.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(mark)
        hasher.combine(namesAgents)
    }
}
