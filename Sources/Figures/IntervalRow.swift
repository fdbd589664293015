import Telephony
import Time

/// What is kept of one queue, or one team of agents, for one quarter of an hour.
///
/// There are counts and sums only, so that rows of several quarters or queues can be added and divided once.
/// Every time is in whole microseconds. Half an hour, an hour and a day are sums of quarters (``sum(_:)``) and
/// are not stored. `domain.md` §3.1, §3.9.
public struct IntervalRow: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable, CaseIterable, Comparable {
        case queue, team
        public static func < (left: Kind, right: Kind) -> Bool { left == .queue && right == .team }
    }

    /// The start is an instant in UTC, not a label of the local clock: in the October night there are two “02:15”.
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

    /// The name of the row that adds up all teams too small to be shown: figures of fewer than five people
    /// would be personal. `domain.md` §8.2.
    public static let otherTeams = "(other)"

    public var kind: Kind
    /// The name of the queue or the team; "" stands for agents in no team.
    public var name: String
    public var start: UnixTime
    public var length: Span

    /// Something in it is not known yet, and the row will be written again. A row that is not provisional is
    /// final: it never changes.
    public var provisional = true
    /// Callers who joined in the quarter and still wait.
    public var openVisits = 0
    /// Conversations that reach into the quarter and still last, and after-call work of those that ended in it.
    public var openLegs = 0
    /// For how much of the quarter the switch was not heard: what happened then is in no figure.
    public var gapMicroseconds: Int64 = 0
    /// Visits and agents' parts with a beginning or an end that was not seen: they are counted, but are in no
    /// sum of times.
    public var estimatedRecords = 0

    /// Of a queue: visits that joined in the quarter. The base of contracts.
    public var cohort: Cohort?
    /// Of a queue: visits that ended in the quarter. Never in one ratio with the cohort's.
    public var completion: Completion?
    /// Agents' parts that ended in the quarter.
    public var legs = Legs()
    /// Of a queue: conversations as far as they lie within the quarter.
    public var occupancy: Occupancy?
    /// Of a team: its agents' time, added up.
    public var time: StateTime?

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

        public subscript(_ reason: QueueVisit.FlowOut) -> Int {
            get { self[keyPath: Self.member(reason)] }
            set { self[keyPath: Self.member(reason)] = newValue }
        }

        private static func member(_ reason: QueueVisit.FlowOut) -> WritableKeyPath<Self, Int> {
            switch reason {
            case .timeout: \.timeout
            case .key: \.key
            case .empty: \.empty
            case .withdrawn: \.withdrawn
            case .unknown: \.unknown
            }
        }

        public var total: Int { QueueVisit.FlowOut.allCases.reduce(0) { $0 + self[$1] } }

        static func += (left: inout Self, right: Self) {
            for reason in QueueVisit.FlowOut.allCases { left[reason] += right[reason] }
        }
    }

    /// How many were answered and abandoned after a wait of at most `threshold`.
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

    /// The service level by the contract's formula and T, as they were when the row was closed.
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
        /// Of those answered and abandoned, how many whose wait was not seen whole.
        public var unmeasured = 0
        /// Of those offered, how many another queue let go to this one.
        public var flowIn = 0
        /// Refused at the queue's door in the quarter: never visits.
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
}
