import Telephony
import Time

/// What is kept of one queue, or one team of agents, for one quarter of an hour: counts and sums only, so that rows of several quarters or queues can
/// be added and divided once. Every time is in whole microseconds. `domain.md` §3.1, §3.9.
///
/// Half an hour, an hour and a day are sums of quarters (``sum(_:)``) and are not stored.
public struct IntervalRow: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable, CaseIterable, Comparable {
        case queue, team
        public static func < (left: Kind, right: Kind) -> Bool { left == .queue && right == .team }
    }

    /// Its instant in UTC, not a label of the clock on the wall: in the October night there are two “02:15”.
    public struct Key: Codable, Hashable, Comparable, Sendable {
        public var start: UnixTime
        public var kind: Kind
        public var name: String

        public init(start: UnixTime, kind: Kind, name: String) {
            self.start = start
            self.kind = kind
            self.name = name
        }

        public static func < (left: Key, right: Key) -> Bool {
            (left.start, left.kind, left.queue, left.team) < (right.start, right.kind, right.queue, right.team)
        }

        public static func == (left: Key, right: Key) -> Bool {
            left.start == right.start && left.kind == right.kind && left.queue == right.queue && left.team == right.team
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(start)
            hasher.combine(queue)
            hasher.combine(team)
        }

        /// A queue is the same however it is written; a team is not.
        private var queue: QueueName { QueueName(kind == .queue ? name : "") }
        private var team: String { kind == .team ? name : "" }
    }

    /// All teams that are too small to be shown, in one: of fewer than five the figures would be those of persons. `domain.md` §8.2.
    public static let otherTeams = "(other)"

    public var kind: Kind
    /// Of the queue or the team; "" are agents in no team.
    public var name: String
    public var start: UnixTime
    public var length: Span

    /// Something in it is not known yet: it will be written again. A row that is not provisional never changes.
    public var provisional = true
    /// Callers who joined in it and wait still.
    public var openVisits = 0
    /// Conversations that reach into it and last still, and after-call work of those that ended in it.
    public var openLegs = 0
    /// How much of it the switch was not heard: figures are at least so far from being whole.
    public var gapMicroseconds: Int64 = 0
    /// Visits and agents' parts of which the beginning or the end was not seen: counted, but in no sum of times.
    public var estimatedRecords = 0

    /// Of a queue: by when the visit joined. The base of contracts.
    public var cohort: Cohort?
    /// Of a queue: by when the visit ended. Never in one ratio with the cohort's.
    public var completion: Completion?
    /// Agents' parts that ended in it.
    public var legs = Legs()
    /// Of a queue: conversations as far as they lie within it.
    public var occupancy: Occupancy?
    /// Of a team.
    public var time: Time?

    public init(kind: Kind, name: String, start: UnixTime, length: Span = ClockInterval.quarterHour) {
        self.kind = kind
        self.name = name
        self.start = start
        self.length = length
    }

    public var key: Key { Key(start: start, kind: kind, name: name) }
    public var end: UnixTime { start + length }

    public struct FlowOut: Codable, Equatable, Sendable {
        public var timeout = 0
        public var key = 0
        public var empty = 0
        public var withdrawn = 0
        public var unknown = 0

        public init() {}

        public var total: Int { timeout + key + empty + withdrawn + unknown }
    }

    /// Answered and abandoned with a wait of at most so long.
    public struct Within: Codable, Equatable, Sendable {
        public var threshold: Span
        public var answered = 0
        public var abandoned = 0

        public init(threshold: Span, answered: Int = 0, abandoned: Int = 0) {
            self.threshold = threshold
            self.answered = answered
            self.abandoned = abandoned
        }
    }

    /// By the contract's formula and T; what was fixed when the row was cut.
    public struct ContractLevel: Codable, Equatable, Sendable {
        public var formula: String
        public var threshold: Span
        public var shortAbandon: Span
        public var numerator = 0
        public var denominator = 0

        public init(formula: String, threshold: Span, shortAbandon: Span, numerator: Int = 0, denominator: Int = 0) {
            self.formula = formula
            self.threshold = threshold
            self.shortAbandon = shortAbandon
            self.numerator = numerator
            self.denominator = denominator
        }
    }

    /// `offered = answered + abandoned + flowOut + lost + open`.
    public struct Cohort: Codable, Equatable, Sendable {
        public var offered = 0
        public var answered = 0
        public var abandoned = 0
        public var shortAbandons = 0
        public var flowOut = FlowOut()
        public var lost = 0
        public var open = 0
        /// Of answered and abandoned: the wait was not seen whole.
        public var unmeasured = 0
        /// Of those offered, let go by another queue to this one.
        public var flowIn = 0
        /// Refused at the door in it: never visits.
        public var blockedFull = 0
        public var blockedEmpty = 0
        public var within: [Within] = []
        /// Sums of waits, and over how many visits.
        public var waitAnswered = Span.zero
        public var waitedAnswered = 0
        public var waitAbandoned = Span.zero
        public var waitedAbandoned = 0
        public var waitFlowOut = Span.zero
        public var waitedFlowOut = 0
        /// nil: nobody's wait is known.
        public var longestWait: Span?
        /// Of answered callers, by nearest rank, at most 0.1 % above. They cannot be added: a sum of rows has none.
        public var waitP50: Span?
        public var waitP90: Span?
        /// nil in a sum of rows with different contracts.
        public var serviceLevel: ContractLevel?

        public init() {}
    }

    public struct Completion: Codable, Equatable, Sendable {
        public var answered = 0
        public var abandoned = 0
        public var flowOut = 0
        public var lost = 0

        public init(answered: Int = 0, abandoned: Int = 0, flowOut: Int = 0, lost: Int = 0) {
            self.answered = answered
            self.abandoned = abandoned
            self.flowOut = flowOut
            self.lost = lost
        }
    }

    public struct Legs: Codable, Equatable, Sendable {
        public var handled = 0
        /// Of these, seen whole: what talk, hold and after-call work are summed over.
        public var measured = 0
        public var talk = Span.zero
        public var hold = Span.zero
        public var wrapUp = Span.zero
        public var ring = Span.zero
        /// Over how many parts `ring` is.
        public var rung = 0
        public var transfersOut = 0
        public var ringNoAnswer = 0

        public init() {}
    }

    public struct Occupancy: Codable, Equatable, Sendable {
        public var talk = Span.zero
        public var hold = Span.zero

        public init(talk: Span = .zero, hold: Span = .zero) {
            self.talk = talk
            self.hold = hold
        }
    }

    /// Added over agents: the states partition the time they were logged in.
    public struct Time: Codable, Equatable, Sendable {
        /// By the name of the ``AgentState``.
        public var states: [String: Span] = [:]
        /// Of `paused`, by reason; "" where none was given.
        public var pauses: [String: Span] = [:]

        public init(states: [String: Span] = [:], pauses: [String: Span] = [:]) {
            self.states = states
            self.pauses = pauses
        }

        public subscript(_ state: AgentState) -> Span { states[state.rawValue] ?? .zero }
        public var loggedIn: Span { states.values.reduce(.zero, +) }
    }
}
