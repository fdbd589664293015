import Contacts
import Telephony
import Time

/// The calls of each agent that are over, as a desk lists them: for a page that is loaded again, or opened on another
/// machine.
///
/// No more is kept than that list shows: of the registry's answer the name that was on the card, and nothing of the
/// caller's history. A withheld number is in none of it, because it is on no card.
public struct RecentCalls: Sendable {
    private struct Call: Codable, Equatable, Sendable {
        var ended: UnixTime
        var card: Screens.Card
    }

    private struct Entry: Codable, Equatable, Sendable {
        var `switch`: SwitchID
        var agent: AgentRef
        /// The newest first; never empty.
        var calls: [Call]

        /// The least is forgotten first.
        var rank: (UnixTime, SwitchID, Interface) { (calls[0].ended, `switch`, agent.interface) }

        var oldest: UnixTime? {
            var oldest: UnixTime?
            // In its place: a call is large, and each is asked whenever one ends.
            for index in calls.indices { oldest = oldest.map { min($0, calls[index].ended) } ?? calls[index].ended }
            return oldest
        }

        /// The newest, of the agent as the agent is called now.
        mutating func insert(_ call: Call, of agent: AgentRef) {
            self.agent = agent
            let (record, leg) = (call.card.change.record.id, call.card.change.leg.number)
            // A queue offers the same caller to the same agent again and again: one line says it.
            for index in calls.indices.reversed()
            where calls[index].card.change.record.id == record
                && (calls[index].card.change.leg.number == leg || calls[index].card.isCancelled)
            {
                calls.remove(at: index)
            }
            calls.insert(call, at: 0)
            if calls.count > Core.Limits.recentPops { calls.removeLast(calls.count - Core.Limits.recentPops) }
        }
    }

    private struct Key: Hashable, Sendable {
        var `switch`: SwitchID
        var interface: Interface
    }

    private var entries: [Key: Entry] = [:]
    /// Until this moment, no call is too old.
    private var nextForgetting = UnixTime(microseconds: .max)

    /// A card that is over, of the agent on whose desk it was.
    mutating func insert(_ card: Screens.Card) {
        let ended = card.change.at.date
        forget(at: ended)
        let speaker = card.change.leg.speaker
        let key = Key(switch: card.key.switch, interface: speaker.interface)
        entries[key, default: Entry(switch: key.switch, agent: speaker, calls: [])].insert(
            Call(ended: ended, card: card.withoutDetails), of: speaker)
        noteOldest(of: key)
        guard entries.count > Core.Limits.recentPopsAgents,
            let oldest = entries.min(by: { $0.value.rank < $1.value.rank })
        else { return }
        entries[oldest.key] = nil
    }

    /// The agent is known by another interface.
    mutating func rename(_ before: Interface, to agent: AgentRef, on switch: SwitchID) {
        guard before != agent.interface, let old = entries.removeValue(forKey: Key(switch: `switch`, interface: before))
        else { return }
        let key = Key(switch: `switch`, interface: agent.interface)
        keep(((entries[key]?.calls ?? []) + old.calls).sorted { $0.ended > $1.ended }, of: agent, key)
    }

    /// The caller of this contact turned out not to want to be known.
    mutating func withhold(_ contact: ContactID) {
        for (key, entry) in entries {
            for index in entry.calls.indices where entry.calls[index].card.change.record.id == contact {
                entries[key]!.calls[index].card.change.record.withhold()
            }
        }
    }

    /// Forgets the calls of all other agents.
    mutating func keep(only isKept: (SwitchID, AgentRef) -> Bool) {
        entries = entries.filter { isKept($0.value.switch, $0.value.agent) }
    }

    /// The calls of the agents that are meant, the newest first.
    public func cards(at now: UnixTime, of isMeant: (SwitchID, AgentRef) -> Bool) -> [Screens.Card] {
        let meant = entries.values.filter { isMeant($0.switch, $0.agent) }.sorted { $0.rank > $1.rank }
        let calls = meant.flatMap(\.calls).filter { now - $0.ended < Core.Limits.recentPopsKept }
        return calls.sorted { $0.ended > $1.ended }.prefix(Core.Limits.recentPops).map(\.card)
    }

    private mutating func keep(_ calls: [Call], of agent: AgentRef, _ key: Key) {
        let calls = Array(calls.prefix(Core.Limits.recentPops))
        entries[key] = Entry(switch: key.switch, agent: agent, calls: calls)
        noteOldest(of: key)
    }

    private mutating func noteOldest(of key: Key) {
        guard let oldest = entries[key]?.oldest else { return }
        nextForgetting = min(nextForgetting, oldest + Core.Limits.recentPopsKept)
    }

    /// To be called now and then, and before it is written anywhere.
    mutating func forget(at now: UnixTime) {
        guard nextForgetting <= now else { return }
        nextForgetting = UnixTime(microseconds: .max)
        for (key, entry) in entries {  // any order: each agent's own calls
            let calls = entry.calls.filter { now - $0.ended < Core.Limits.recentPopsKept }
            if calls.isEmpty { entries[key] = nil } else { keep(calls, of: entry.agent, key) }
        }
    }
}

extension RecentCalls: Equatable {
    public static func == (left: Self, right: Self) -> Bool { left.entries == right.entries }
}

/// As a list, in the order in which they would be forgotten.
extension RecentCalls: Codable {
    public init(from decoder: any Decoder) throws {
        for entry in try [Entry](from: decoder) where !entry.calls.isEmpty {
            keep(entry.calls, of: entry.agent, Key(switch: entry.switch, interface: entry.agent.interface))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try entries.values.sorted { $0.rank < $1.rank }.encode(to: encoder)
    }
}

extension Screens.Card {
    fileprivate var isCancelled: Bool { if case .cancelled = change.kind { true } else { false } }

    /// What the list of ended calls needs of it.
    fileprivate var withoutDetails: Screens.Card {
        var card = self
        card.change.history = []
        card.change.record.forgetDetails()
        return card
    }
}
