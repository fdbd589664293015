import Directory
import Telephony
import Time

/// What one call left behind: contract evidence. Every duration can be recomputed from its instants.
public struct ContactRecord: Codable, Equatable, Sendable {
    public struct Visit: Codable, Equatable, Sendable {
        public var number: UInt64
        /// The leg that joined the queue: the call id of the switch's own log.
        public var channel: ChannelID
        public var queue: QueueName
        public var position: Int
        public var joined: UnixTime
        public var left: UnixTime?
        public var wait: Span?
        /// nil while the caller waits.
        public var outcome: QueueVisit.Outcome?
        public var flags: Set<Flag> = []
    }

    public struct Leg: Codable, Equatable, Sendable {
        public enum Result: Codable, Equatable, Sendable {
            case ringing, connected, ended(AgentLeg.Ender), notAnswered(CallEvent.AlertingEnd)
        }
        public var number: UInt64
        /// The visit that it rang for or answered; nil: no queue brought the caller.
        public var visit: UInt64?
        public var queue: QueueName?
        /// Whom the leg is credited to.
        public var agent: AgentRef
        /// What the queue rang, where that is another interface than the agent's own.
        public var seat: Interface?
        /// Who speaks, on which channel.
        public var speaker: AgentRef
        public var channel: ChannelID
        public var isExternal: Bool
        public var via: AgentLeg.Via
        public var alerted: UnixTime
        public var answered: UnixTime?
        public var established: UnixTime?
        public var ended: UnixTime?
        public var ring: Span?
        public var talk: Span?
        /// Includes `consult`.
        public var hold: Span
        /// What `hold` adds up, in order; of more than ``Contacts/holdsLimit`` the first.
        public var holds: [Hold] = []
        public var consult: Span
        public var result: Result
        public var flags: Set<Flag> = []
    }

    /// The customer was on hold, or in a parking lot out of which the same agent took the call again.
    public struct Hold: Codable, Equatable, Sendable {
        public var from: UnixTime
        /// nil: still on hold.
        public var to: UnixTime?

        public init(from: UnixTime, to: UnixTime?) {
            self.from = from
            self.to = to
        }
    }

    /// The customer waited in a parking lot.
    public struct Park: Codable, Equatable, Sendable {
        public var from: UnixTime
        public var to: UnixTime?
    }

    /// How the contact as a whole went.
    public enum Outcome: Equatable, Sendable {
        /// Not ended.
        case open
        /// An agent talked with the customer; or, where no queue had the call, somebody outside to whom it was sent.
        case answered
        case abandoned
        case flowOut(QueueVisit.FlowOut)
        case lost
        /// Somebody was rung, and nobody answered: an agent without a queue, somebody outside to whom the call was sent, or the customer whom an agent called.
        case notAnswered
        /// No agent was asked for: a menu, an announcement.
        case selfService
    }

    /// What may be wrong with the figures of this record.
    public enum Flag: String, Codable, Sendable, Comparable {
        /// The beginning was not seen.
        case partial
        /// The end was not seen: the link broke, or the switch.
        case lost
        /// An instant is the last at which something was known, or the first: it happened in a gap.
        case estimated
        /// The switch's clock was set meanwhile, or is so far from ours that its dates were not believed: a duration may be wrong.
        case clockStep

        public static func < (left: Flag, right: Flag) -> Bool { left.rawValue < right.rawValue }
    }

    public var id: ContactID
    public var `switch`: SwitchID
    public var channel: ChannelID
    public var direction: Contact.Direction
    public var caller: CallerID
    public var number: CallerNumber
    public var called: String
    public var arrived: UnixTime
    public var ended: UnixTime?
    public var match: DirectoryMatch
    public var visits: [Visit] = []
    public var legs: [Leg] = []
    public var parks: [Park] = []
    /// Other customers who were in one conversation with this one.
    public var conferencedWith: [ContactID] = []
    /// What the customer answered after the call.
    public var survey: String?
    public var endedBy: AgentLeg.Ender?
    /// When the switch was not heard while the contact lasted.
    public var gaps: [Gap] = []
    public var flags: Set<Flag> = []

    /// Never shown, never stored: not even what the network sent all the same.
    mutating func withhold() {
        caller = CallerID(number: "", name: "")
        number = .withheld
        match = .withheld
    }

    public var outcome: Outcome {
        if legs.contains(where: { $0.established != nil && !$0.isExternal }) || visits.contains(where: { $0.outcome == .answered }) {
            return .answered
        }
        if let visit = visits.last {
            switch visit.outcome {
            case nil: return flags.contains(.lost) ? .lost : .open
            case .answered?: return .answered
            case .abandoned?: return .abandoned
            case .flowOut(let reason)?: return .flowOut(reason)
            case .lost?: return .lost
            }
        }
        if legs.contains(where: { $0.established != nil }) { return .answered }
        if ended == nil { return .open }
        if flags.contains(.lost) || isUnknown { return .lost }
        return direction != .inbound || !legs.isEmpty ? .notAnswered : .selfService
    }

    /// Its beginning was not seen, and since then it was with nobody: whether an agent had it before is not known.
    var isUnknown: Bool { flags.contains(.partial) && visits.isEmpty && legs.isEmpty }

    /// In menus and announcements, before the first queue or phone.
    public var selfService: Span? {
        guard direction == .inbound, !flags.contains(.partial) else { return nil }
        let first = [visits.first?.joined, legs.first?.alerted].compactMap { $0 }.min()
        return (first ?? ended).map { max(.zero, $0 - arrived) }
    }

    /// Until an agent answered, in a queue or not: what the customer waited in queues, one after the other; nil where one of them is not known.
    /// What was waited after that stands in its visit.
    public var wait: Span? {
        let answered = legs.compactMap { $0.isExternal ? nil : $0.established }.min()
        var total = Span.zero
        for visit in visits {
            if let answered, visit.joined >= answered { break }
            guard let wait = visit.wait, visit.flags.isEmpty else { return nil }
            total += wait
            if visit.outcome == .answered { break }
        }
        return visits.isEmpty ? nil : total
    }

    /// Time in which the customer heard at least one agent: the union over the agents' legs, each less its holds.
    public var talk: Span? {
        let agents = legs.filter { !$0.isExternal && $0.established != nil }
        if isUnknown { return nil }
        guard agents.allSatisfy({ $0.talk != nil }) else { return nil }
        let parts = agents.flatMap(\.talking).sorted { $0.0 < $1.0 }
        guard !parts.isEmpty else { return .zero }
        var union = Span.zero
        var end = parts[0].0
        for (from, to) in parts where to > end {
            union += to - max(from, end)
            end = to
        }
        return max(.zero, union - agents.reduce(.zero) { $0 + $1.holdBeyondLimit })
    }
}

extension ContactRecord.Leg {
    /// The stretches in which the customer heard the agent, or what was known of them.
    fileprivate var talking: [(UnixTime, UnixTime)] {
        guard let established, let ended else { return [] }
        var stretches: [(UnixTime, UnixTime)] = []
        var from = established
        for hold in holds {
            let to = min(hold.from, ended)
            if to > from { stretches.append((from, to)) }
            from = max(from, hold.to ?? ended)
        }
        if ended > from { stretches.append((from, ended)) }
        return stretches
    }

    /// When it was is not known any more.
    fileprivate var holdBeyondLimit: Span {
        guard holds.count == Contacts.holdsLimit else { return .zero }
        return max(.zero, holds.reduce(hold) { left, hold in left - max(.zero, (hold.to ?? hold.from) - hold.from) })
    }

    /// The customer is on hold from now on.
    mutating func hold(from moment: UnixTime) {
        retrieve(at: moment)
        if holds.count < Contacts.holdsLimit { holds.append(ContactRecord.Hold(from: moment, to: nil)) }
    }

    /// The hold, if there is one, is over.
    mutating func retrieve(at moment: UnixTime) {
        guard let last = holds.last, last.to == nil else { return }
        if moment > last.from { holds[holds.count - 1].to = moment } else { holds.removeLast() }
    }
}
