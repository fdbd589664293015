import ScreenPop
import Telephony
import Time

/// The calls of each agent that are over, as a desk lists them: for a page that is loaded again, or opened on another machine.
///
/// No more is kept than that list shows: of the registry's answer the name that was on the card, and nothing of the caller's history. A withheld number is in
/// none of it, because it is in no pop.
struct RecentCalls: Sendable {
    private struct Call: Codable, Equatable, Sendable {
        var ended: UnixTime
        var pop: Pop
    }

    private struct Entry: Codable, Equatable, Sendable {
        var `switch`: SwitchID
        var agent: AgentRef
        /// The newest first; never empty.
        var calls: [Call]

        /// The least is forgotten first.
        var rank: (UnixTime, SwitchID, Interface) { (calls[0].ended, `switch`, agent.interface) }
    }

    private struct Key: Hashable, Sendable {
        var `switch`: SwitchID
        var interface: Interface
    }

    private var entries: [Key: Entry] = [:]
    /// No call is too old before this.
    private var nextForgetting = UnixTime(microseconds: .max)

    /// A pop that is over, of the agent on whose desk it was.
    mutating func insert(_ pop: Pop, of agent: AgentRef, on switch: SwitchID, at now: UnixTime) {
        forget(at: now)
        var pop = pop
        pop.history = []
        pop.match.parties = pop.match.result == .one || pop.match.result == .shared ? Array(pop.match.parties.prefix(1)) : []
        let key = Key(switch: `switch`, interface: agent.interface)
        var calls = entries[key]?.calls ?? []
        // A queue offers the same caller to the same agent again and again: one line says it.
        calls.removeAll { $0.pop.popId == pop.popId || $0.pop.contactId == pop.contactId && $0.pop.type == .cancelled }
        calls.insert(Call(ended: now, pop: pop), at: 0)
        keep(calls, of: agent, key)
        guard entries.count > Limits.recentPopsAgents, let oldest = entries.min(by: { $0.value.rank < $1.value.rank }) else { return }
        entries[oldest.key] = nil
    }

    /// The agent is known by another interface.
    mutating func rename(_ before: Interface, to agent: AgentRef, on switch: SwitchID) {
        guard before != agent.interface, let old = entries.removeValue(forKey: Key(switch: `switch`, interface: before)) else { return }
        let key = Key(switch: `switch`, interface: agent.interface)
        keep(((entries[key]?.calls ?? []) + old.calls).sorted { $0.ended > $1.ended }, of: agent, key)
    }

    /// The caller of this contact turned out not to want to be known.
    mutating func withhold(_ contact: String) {
        for (key, entry) in entries {
            for index in entry.calls.indices where entry.calls[index].pop.contactId == contact {
                entries[key]!.calls[index].pop.caller = .init(presentation: .withheld)
                entries[key]!.calls[index].pop.match = .init(result: .withheld)
            }
        }
    }

    /// Forgets the calls of all other agents.
    mutating func keep(only isKept: (SwitchID, AgentRef) -> Bool) { entries = entries.filter { isKept($0.value.switch, $0.value.agent) } }

    /// The calls of the agents that are meant, the newest first.
    func pops(at now: UnixTime, of isMeant: (SwitchID, AgentRef) -> Bool) -> [Pop] {
        let meant = entries.values.filter { isMeant($0.switch, $0.agent) }.sorted { $0.rank > $1.rank }
        let calls = meant.flatMap(\.calls).filter { now - $0.ended < Limits.recentPopsKept }
        return calls.sorted { $0.ended > $1.ended }.prefix(Limits.recentPops).map(\.pop)
    }

    private mutating func keep(_ calls: [Call], of agent: AgentRef, _ key: Key) {
        let calls = Array(calls.prefix(Limits.recentPops))
        entries[key] = Entry(switch: key.switch, agent: agent, calls: calls)
        if let oldest = calls.map(\.ended).min() { nextForgetting = min(nextForgetting, oldest + Limits.recentPopsKept) }
    }

    /// To be called now and then, and before it is written anywhere.
    mutating func forget(at now: UnixTime) {
        guard nextForgetting <= now else { return }
        nextForgetting = UnixTime(microseconds: .max)
        for (key, entry) in entries {
            let calls = entry.calls.filter { now - $0.ended < Limits.recentPopsKept }
            if calls.isEmpty { entries[key] = nil } else { keep(calls, of: entry.agent, key) }
        }
    }
}

extension RecentCalls: Equatable {
    static func == (left: Self, right: Self) -> Bool { left.entries == right.entries }
}

/// As a list, in the order in which they would be forgotten.
extension RecentCalls: Codable {
    init(from decoder: any Decoder) throws {
        for entry in try [Entry](from: decoder) where !entry.calls.isEmpty {
            keep(entry.calls, of: entry.agent, Key(switch: entry.switch, interface: entry.agent.interface))
        }
    }

    func encode(to encoder: any Encoder) throws { try entries.values.sorted { $0.rank < $1.rank }.encode(to: encoder) }
}
