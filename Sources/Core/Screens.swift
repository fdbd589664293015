import Calls
import Contacts
import Telephony
import Time

/// What is on each agent's screen: the cards of calls that ring or are in conversation, and the calls that are over.
///
/// A card lives as long as one leg: it keeps its id from the first ring to the end, and each change has the next
/// revision. Whether a desk is there to show it is the edge's affair.
public struct Screens: Codable, Equatable, Sendable {
    /// A card at one of its revisions.
    public struct Card: Codable, Equatable, Sendable {
        public struct Key: Hashable, Codable, Comparable, Sendable {
            public var `switch`: SwitchID
            public var leg: UInt64

            public static func < (left: Key, right: Key) -> Bool { (left.switch, left.leg) < (right.switch, right.leg) }
        }

        public var change: Contacts.PopChange
        public var revision: Int

        public var key: Key { Key(switch: change.record.switch, leg: change.leg.number) }
        /// The same in all revisions of one card.
        public var id: String { "\(change.record.id)-\(change.leg.number)" }

        public init(change: Contacts.PopChange, revision: Int) {
            self.change = change
            self.revision = revision
        }
    }

    /// Each as a `preview` or `open` that a desk which comes later can be shown.
    private var live: [Card.Key: Card] = [:]
    public private(set) var recent = RecentCalls()

    /// In the order of switches and legs.
    public var cards: [Card] { live.values.sorted { $0.key < $1.key } }

    public subscript(key: Card.Key) -> Card? { live[key] }

    /// Takes in a change, and hands over what the desks are to show of it, in order.
    mutating func apply(_ change: Contacts.PopChange, _ show: (Card) -> Void) {
        let key = Card.Key(switch: change.record.switch, leg: change.leg.number)
        let card = Card(change: change, revision: (live[key]?.revision ?? 0) + 1)
        if let speaker = live[key]?.change.leg.speaker.interface, let record = live[key]?.change.record.id,
            speaker != change.leg.speaker.interface || record != change.record.id, let before = live[key]?.change
        {
            // Another phone has the call now, picked up or sent on, or the one who asked the queue made way for the
            // customer: this card is over.
            var over = Card(change: before, revision: card.revision)
            over.change.kind = .cancelled(
                before.record.id != change.record.id
                    ? .callerLeft : change.leg.via == .pickup ? .answeredElsewhere : .forwarded)
            over.change.at = change.at
            show(over)
            remember(over)
        }
        show(card)
        switch change.kind {
        case .preview, .open, .update:
            var kept = card
            kept.change.kind = change.leg.established == nil ? .preview : .open
            live[key] = kept
        case .cancelled, .closed:
            remember(card)
            live[key] = nil
        }
    }

    private mutating func remember(_ card: Card) {
        if !card.change.leg.isExternal { recent.insert(card) }
    }

    /// Nothing is remembered about a caller who does not want to be known, either.
    mutating func withhold(_ contact: ContactID) { recent.withhold(contact) }

    /// The agent is known by another interface.
    mutating func rename(_ before: Interface, to agent: AgentRef, on switch: SwitchID) {
        recent.rename(before, to: agent, on: `switch`)
        for key in live.keys where key.switch == `switch` { live[key]!.change.leg.rename(before, to: agent.interface) }
    }

    /// To be called now and then.
    mutating func forget(at now: UnixTime) { recent.forget(at: now) }

    // MARK: another configuration

    /// A telephone that belongs to somebody else now does not show the calls of the agent who had it before.
    mutating func forgetCalls(of before: [Core.Rules.Agent], now: [Core.Rules.Agent], _ members: [SwitchID: Roster]) {
        recent.keep { name, person in
            let roster = members[name] ?? Roster()
            return Self.agent(of: person, on: name, roster, among: before)?.identity
                == Self.agent(of: person, on: name, roster, among: now)?.identity
        }
    }

    /// The configured agent who is a person of a switch, by interface or else by another name of the same person.
    private static func agent(
        of person: AgentRef, on switch: SwitchID, _ members: Roster, among agents: [Core.Rules.Agent]
    ) -> Core.Rules.Agent? {
        let there = agents.filter { $0.switch ?? `switch` == `switch` }
        return there.first { $0.interface == person.interface || $0.members.contains(person.interface) }
            ?? there.first { person.isCalled($0.interface.rawValue, members) }
    }
}

extension AgentRef {
    /// Whether a desk that named its agent so means this one.
    public func isCalled(_ name: String, _ members: Roster) -> Bool {
        names(members).contains { $0.isIdentical(to: name) }
    }

    /// Every text by which a desk may mean this one.
    public func names(_ members: Roster) -> [String] {
        let names = members.names(of: interface)
        return names.contains { $0.isIdentical(to: name) } ? names : names + [name]
    }
}
