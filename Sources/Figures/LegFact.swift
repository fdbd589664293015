import Telephony
import Time

/// One agent's part in a contact, as the statistics need it. It names a team and no person, unless a legal
/// basis allows it.
public struct LegFact: Codable, Equatable, Sendable {
    public struct Hold: Codable, Equatable, Sendable {
        public var from: Moment
        public var to: Moment?
    }

    /// Of a conversation with more holds than these, the last of them lasts until the end.
    static let holdLimit = 100

    public var number: UInt64
    public var contact: ContactKey
    public var record: ContactID?
    public var channel: ChannelID
    public var queue: QueueName?
    /// nil: the agent is in no team of the configuration.
    public var team: String?
    /// Only with a legal basis.
    public var agent: Interface?
    public var ring: Span?
    public var established: Moment
    public var ended: Moment?
    /// Within the conversation, consultations included.
    public var hold = Span.zero
    public var holds: [Hold] = []
    /// After-call work; nil while it lasts, and where the agent has none configured it is zero at once.
    public var wrapUp: Span?
    /// Nobody reported its end, and no other call ended it: its length is the limit's (`domain.md` §2.5).
    public var wrapUpTimedOut = false
    public var isTransferredOut = false
    /// Beginning and end were seen.
    public var isMeasured: Bool

    package init(_ leg: AgentLeg, record: ContactID?, team: String?, agent: Interface?, at now: Moment) {
        number = leg.number
        contact = leg.contact
        self.record = record
        channel = leg.channel
        queue = leg.queue
        self.team = team
        self.agent = agent
        ring = leg.ring
        established = leg.established ?? now
        isMeasured = leg.isMeasured
    }

    /// Connected and not on hold; nil before the end.
    public var talk: Span? { ended.map { max(.zero, $0 - established - hold) } }
    /// Talk, hold and after-call work; nil while one of them is not known.
    public var handle: Span? {
        guard let talk, let wrapUp else { return nil }
        return talk + hold + wrapUp
    }

    package mutating func held(at moment: Moment) {
        guard holds.last.map({ $0.to != nil }) ?? true else { return }
        if holds.count == Self.holdLimit { holds[holds.count - 1].to = nil } else { holds.append(Hold(from: moment)) }
    }

    package mutating func retrieved(at moment: Moment) {
        if let last = holds.indices.last, holds[last].to == nil { holds[last].to = moment }
    }

    package mutating func end(_ leg: AgentLeg, at now: Moment) {
        contact = leg.contact
        let moment = leg.ended ?? now
        retrieved(at: moment)
        ended = moment
        established = leg.established ?? established
        hold = leg.hold
        isTransferredOut = leg.endedBy == .transfer
        isMeasured = leg.isMeasured
    }

    /// How much of the conversation lies within these dates, without its holds; and how much of the holds
    /// does. `domain.md` §3.1, occupancy base.
    public func overlap(_ range: Range<UnixTime>, at now: Moment) -> (talk: Span, hold: Span) {
        let connected = Self.overlap(established, ended ?? now, range)
        let held = holds.reduce(Span.zero) { $0 + Self.overlap($1.from, $1.to ?? ended ?? now, range) }
        return (max(.zero, connected - held), held)
    }

    /// The length is measured by the clock that never jumps, and laid from the date of the beginning.
    static func overlap(_ from: Moment, _ to: Moment, _ range: Range<UnixTime>) -> Span {
        let end = from.date + max(.zero, to - from)
        return max(.zero, min(end, range.upperBound) - max(from.date, range.lowerBound))
    }
}
