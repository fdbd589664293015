import Directory
import Telephony
import Time

/// The record of one call, as evidence for the contract. Every duration can be recomputed from its instants.
public struct ContactRecord: Codable, Equatable, Sendable {
    public struct Visit: Codable, Equatable, Sendable {
        public var number: UInt64
        /// The leg that joined the queue; it is the call id in the switch's own log.
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
        /// The visit that the leg rang for or answered; nil if no queue brought the caller.
        public var visit: UInt64?
        public var queue: QueueName?
        /// The agent to whom the leg is credited.
        public var agent: AgentRef
        /// The interface that the queue rang, where it is not the agent's own.
        public var seat: Interface?
        /// The person who speaks, and on which channel.
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
        /// The holds that add up to `hold`, in order; only the first ``Contacts/holdsLimit``.
        public var holds: [Hold] = []
        public var consult: Span
        public var result: Result
        public var flags: Set<Flag> = []
    }

    /// The customer was on hold, or in a parking lot from which the same agent took the call back.
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

    /// The outcome of the contact as a whole.
    public enum Outcome: Equatable, Sendable {
        /// Not ended.
        case open
        /// An agent talked with the customer; or somebody outside, to whom the call was sent without a queue.
        case answered
        case abandoned
        case flowOut(QueueVisit.FlowOut)
        case lost
        /// Somebody was rung, and nobody answered: an agent without a queue, somebody outside to whom the call was
        /// sent, or the customer whom an agent called.
        case notAnswered
        /// No agent was called: a menu, an announcement.
        case selfService
    }

    /// What may be wrong with the figures of this record.
    public enum Flag: String, Codable, Sendable, Comparable {
        /// The beginning was not seen.
        case partial
        /// The end was not seen: the link was lost, or the switch.
        case lost
        /// An instant was not seen, because it was in a gap: the record has the last or the first moment at which
        /// something was known.
        case estimated
        /// The switch's clock was set meanwhile, or is so far from ours that its dates were not used: a duration may be
        /// wrong.
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
    /// The customer's answer after the call.
    public var survey: String?
    public var endedBy: AgentLeg.Ender?
    /// The gaps while the contact lasted.
    public var gaps: [Gap] = []
    public var flags: Set<Flag> = []

    /// Neither shown nor stored, even if the network sent the number.
    public mutating func withhold() {
        caller = CallerID(number: "", name: "")
        number = .withheld
        match = .withheld
    }

    /// Keeps who called and who that is, as an agent's list of ended calls shows it: no parts, no second candidate.
    public mutating func forgetDetails() {
        visits = []
        legs = []
        parks = []
        conferencedWith = []
        gaps = []
        switch match {
        case .shared(let parties): match = .shared(Array(parties.prefix(1)))
        case .several: match = .several([])
        case .pending, .one, .none, .withheld, .notAvailable: break
        }
    }

    public var outcome: Outcome {
        if legs.contains(where: { $0.established != nil && !$0.isExternal })
            || visits.contains(where: { $0.outcome == .answered })
        {
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

    /// The beginning was not seen, and no queue and no agent had the contact since. So it is not known whether an agent
    /// had it before.
    var isUnknown: Bool { flags.contains(.partial) && visits.isEmpty && legs.isEmpty }

    /// The time in menus and announcements, before the first queue or phone.
    public var selfService: Span? {
        guard direction == .inbound, !flags.contains(.partial) else { return nil }
        let first = [visits.first?.joined, legs.first?.alerted].compactMap { $0 }.min()
        return (first ?? ended).map { max(.zero, $0 - arrived) }
    }

    /// The wait in queues until an agent answered, in a queue or not: the sum over the visits. nil if one of them is
    /// not known. Later waits are in their visits.
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

    /// The time in which the customer heard at least one agent: the union over the agents' legs, each less its holds.
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
    /// The intervals in which the customer heard the agent, as far as they are known.
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

    /// The holds beyond the limit: only their length is known.
    fileprivate var holdBeyondLimit: Span {
        guard holds.count == Contacts.holdsLimit else { return .zero }
        return max(.zero, holds.reduce(hold) { left, hold in left - max(.zero, (hold.to ?? hold.from) - hold.from) })
    }

    /// The customer is on hold from this moment.
    mutating func hold(from moment: UnixTime) {
        retrieve(at: moment)
        if holds.count < Contacts.holdsLimit { holds.append(ContactRecord.Hold(from: moment, to: nil)) }
    }

    /// Ends the hold, if there is one.
    mutating func retrieve(at moment: UnixTime) {
        guard let last = holds.last, last.to == nil else { return }
        if moment > last.from { holds[holds.count - 1].to = moment } else { holds.removeLast() }
    }
}

// MARK: what an event says of a visit or of a leg

// The parts are changed in their place: a copy of one costs more than all that is done to it.
extension ContactRecord {
    /// False if the record has no such visit.
    mutating func noteEnd(of visit: QueueVisit, _ outcome: QueueVisit.Outcome) -> Bool {
        guard let index = visits.lastIndex(where: { $0.number == visit.number }) else { return false }
        visits[index].noteEnd(of: visit, outcome)
        if !visits[index].flags.isEmpty { flags.formUnion(visits[index].flags) }
        return true
    }

    /// `body`: what the event says beside the leg as it is now.
    mutating func note(_ leg: AgentLeg, _ body: (inout Leg) -> Void) {
        let flags: Set<Flag>
        if let index = lastIndex(of: leg) {
            legs[index].note(leg)
            body(&legs[index])
            flags = legs[index].flags
        } else {
            var part = Leg(leg)
            part.note(leg)
            body(&part)
            flags = part.flags
            if legs.count < Contacts.partsLimit { legs.append(part) }
        }
        if !flags.isEmpty { self.flags.formUnion(flags.subtracting([.partial])) }
    }

    private func lastIndex(of leg: AgentLeg) -> Int? {
        for index in legs.indices.reversed() where legs[index].number == leg.number { return index }
        return nil
    }
}

extension ContactRecord.Visit {
    fileprivate mutating func noteEnd(of visit: QueueVisit, _ outcome: QueueVisit.Outcome) {
        left = visit.ended?.date
        wait = visit.ended.map { visit.wait(until: $0) }
        self.outcome = outcome
        if visit.isEstimated { flags.insert(.estimated) }
        // Instants of the inventory are those of its receipt, those of events are of the switch's clock. Only two of
        // the latter show that the clock was set.
        if let ended = visit.ended, ended.uptime < visit.joined.uptime {
            flags.insert(visit.isEstimated || visit.isPartial ? .estimated : .clockStep)
        }
    }
}

extension ContactRecord.Leg {
    fileprivate init(_ leg: AgentLeg) {
        self.init(
            number: leg.number, queue: leg.queue, agent: leg.agent, speaker: leg.speaker, channel: leg.channel,
            isExternal: leg.isExternal, via: leg.via, alerted: leg.alerted.date, hold: .zero, consult: .zero,
            result: .ringing)
    }

    fileprivate mutating func note(_ leg: AgentLeg) {
        visit = leg.visit
        queue = leg.queue
        agent = leg.agent
        seat = leg.seat
        speaker = leg.speaker
        channel = leg.channel
        isExternal = leg.isExternal
        via = leg.via
        answered = leg.answered?.date
        established = leg.established?.date
        ring = leg.isPartial ? nil : leg.ring
        hold = leg.hold
        consult = leg.consult
        if leg.isPartial || leg.isRingUnseen { flags.insert(.partial) }
        if leg.isEstimated { flags.insert(.estimated) }
        if let from = leg.established, let to = leg.ended, to.uptime < from.uptime {
            flags.insert(leg.isEstimated || leg.isPartial ? .estimated : .clockStep)
        }
    }
}
