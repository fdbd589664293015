/// `GET /v1/stats`: every figure of one scope over one window, each with its definition, its numerator and denominator,
/// and its coverage. Absent or null members are unknown, never zero. `openapi.yaml` has the schema.
public struct StatisticsMessage: Codable, Equatable, Sendable {
    public struct Window: Codable, Equatable, Sendable {
        public var name: String
        /// `cohort`: by joining. `completion`: by ending.
        public var base: String
        /// Half-open, in UTC; then the same in local time.
        public var from: String
        public var to: String
        public var fromLocal: String
        public var toLocal: String
        /// The zone of the local times, e.g. `Europe/Rome`.
        public var timeZone: String?

        public init(
            name: String, base: String, from: String, to: String, fromLocal: String, toLocal: String,
            timeZone: String? = nil
        ) {
            self.name = name
            self.base = base
            self.from = from
            self.to = to
            self.fromLocal = fromLocal
            self.toLocal = toLocal
            self.timeZone = timeZone
        }
    }

    public struct Scope: Codable, Equatable, Sendable {
        /// `all`, `switch`, `queue`, `group`, `team` or `supplier`.
        public var kind: String
        public var names: [String]
        /// Only these switches; absent if the request named none, and if `kind` is `switch`.
        public var switches: [String]?

        public init(kind: String, names: [String], switches: [String]? = nil) {
            self.kind = kind
            self.names = names
            self.switches = switches
        }
    }

    public struct Figure: Codable, Equatable, Sendable {
        public var id: String
        public var name: String
        public var formula: String
        /// `count`, `seconds`, `ratio` (0 to 1) or `perHour`.
        public var unit: String
        /// A count, or microseconds where a time is summed.
        public var numerator: Int64?
        public var denominator: Int64?
        /// Divided once; null if the denominator is 0.
        public var value: Double?

        public init(
            id: String, name: String, formula: String, unit: String, numerator: Int64?, denominator: Int64?,
            value: Double?
        ) {
            self.id = id
            self.name = name
            self.formula = formula
            self.unit = unit
            self.numerator = numerator
            self.denominator = denominator
            self.value = value
        }
    }

    public struct Level: Codable, Equatable, Sendable {
        public var formula: String
        public var numerator: Int
        public var denominator: Int
        public var ratio: Double?

        public init(formula: String, numerator: Int, denominator: Int, ratio: Double?) {
            self.formula = formula
            self.numerator = numerator
            self.denominator = denominator
            self.ratio = ratio
        }
    }

    /// The contract's service level, if all queues of the scope have the same contract; `least` and `most` bound the
    /// final value.
    public struct Contract: Codable, Equatable, Sendable {
        public var formula: String
        public var thresholdSeconds: Double
        public var shortAbandonSeconds: Double
        public var target: Double
        public var level: Level
        public var least: Level
        public var most: Level

        public init(
            formula: String, thresholdSeconds: Double, shortAbandonSeconds: Double, target: Double, level: Level,
            least: Level, most: Level
        ) {
            self.formula = formula
            self.thresholdSeconds = thresholdSeconds
            self.shortAbandonSeconds = shortAbandonSeconds
            self.target = target
            self.level = level
            self.least = least
            self.most = most
        }
    }

    public struct Threshold: Codable, Equatable, Sendable {
        public var thresholdSeconds: Double
        public var answered: Int
        public var abandoned: Int
        public var levels: [Level]

        public init(thresholdSeconds: Double, answered: Int, abandoned: Int, levels: [Level]) {
            self.thresholdSeconds = thresholdSeconds
            self.answered = answered
            self.abandoned = abandoned
            self.levels = levels
        }
    }

    /// How much of the window was heard, and what is not certain yet.
    public struct Coverage: Codable, Equatable, Sendable {
        public var seconds: Double
        /// The seconds in which a switch of the scope was not heard. Each moment counts once, however many were silent,
        /// so it is never more than `seconds`.
        public var lostSeconds: Double
        /// The rest, in which an event of a source without a link (webhooks) may have been lost: only the sender knows.
        /// Absent if each switch of the scope has a link.
        public var unknownSeconds: Double?
        /// The number of gaps of all switches of the scope.
        public var gaps: Int
        /// Visits that still wait: the cohort is provisional while there are any.
        public var open: Int
        /// Visits of which a part was not seen: counted, but in no sum and no service level.
        public var unmeasured: Int
        /// Facts before this moment were dropped, because there were too many.
        public var truncatedBefore: String?
        /// Seconds of the window for which the journal is incomplete, because it could not be written (a full disk).
        /// Of this run only: the figures are complete, but cannot be recomputed from the journal. What the journal of
        /// an earlier run lacks was not known at the start either: it is a gap (`journalLost`), and in ``lostSeconds``.
        /// null if no journal is kept, and for a past moment.
        public var unjournalledSeconds: Double?

        public init(
            seconds: Double, lostSeconds: Double, unknownSeconds: Double? = nil, gaps: Int, open: Int, unmeasured: Int,
            truncatedBefore: String?, unjournalledSeconds: Double? = nil
        ) {
            self.seconds = seconds
            self.lostSeconds = lostSeconds
            self.unknownSeconds = unknownSeconds
            self.gaps = gaps
            self.open = open
            self.unmeasured = unmeasured
            self.truncatedBefore = truncatedBefore
            self.unjournalledSeconds = unjournalledSeconds
        }
    }

    /// What a caller who joined now may expect.
    public struct Estimates: Codable, Equatable, Sendable {
        public var queueLengthSeconds: Double?
        public var queueLengthAbandoningSeconds: Double?
        public var lastToEnterServiceSeconds: Double?
        /// The announced wait: whole minutes, rounded up, with hysteresis.
        public var announcedMinutes: Int?
        public var accuracy: [Accuracy]

        public struct Accuracy: Codable, Equatable, Sendable {
            /// `QL`, `QLA` or `LES`.
            public var method: String
            public var cases: Int
            public var meanAbsoluteErrorSeconds: Double?
            /// Positive: the announced wait was too long.
            public var biasSeconds: Double?

            public init(method: String, cases: Int, meanAbsoluteErrorSeconds: Double?, biasSeconds: Double?) {
                self.method = method
                self.cases = cases
                self.meanAbsoluteErrorSeconds = meanAbsoluteErrorSeconds
                self.biasSeconds = biasSeconds
            }
        }

        public init(
            queueLengthSeconds: Double?, queueLengthAbandoningSeconds: Double?, lastToEnterServiceSeconds: Double?,
            announcedMinutes: Int?,
            accuracy: [Accuracy]
        ) {
            self.queueLengthSeconds = queueLengthSeconds
            self.queueLengthAbandoningSeconds = queueLengthAbandoningSeconds
            self.lastToEnterServiceSeconds = lastToEnterServiceSeconds
            self.announcedMinutes = announcedMinutes
            self.accuracy = accuracy
        }
    }

    /// Seconds of agents' time, by state and by reason of pause; without the agents' names.
    public struct Time: Codable, Equatable, Sendable {
        public var agents: Int
        public var states: [String: Double]
        public var pauses: [String: Double]

        public init(agents: Int, states: [String: Double], pauses: [String: Double]) {
            self.agents = agents
            self.states = states
            self.pauses = pauses
        }
    }

    public var at: String
    public var window: Window
    public var scope: Scope
    public var coverage: Coverage
    public var contract: Contract?
    public var figures: [Figure]
    public var thresholds: [Threshold]
    public var longestWaitSeconds: Double?
    public var estimates: Estimates?
    public var time: Time?
    /// Why figures are not shown.
    public var withheld: String?

    public init(
        at: String, window: Window, scope: Scope, coverage: Coverage, contract: Contract?, figures: [Figure],
        thresholds: [Threshold],
        longestWaitSeconds: Double?, estimates: Estimates?, time: Time?, withheld: String?
    ) {
        self.at = at
        self.window = window
        self.scope = scope
        self.coverage = coverage
        self.contract = contract
        self.figures = figures
        self.thresholds = thresholds
        self.longestWaitSeconds = longestWaitSeconds
        self.estimates = estimates
        self.time = time
        self.withheld = withheld
    }
}

/// `GET /v1/stats/explain`: the calls behind one figure.
public struct ExplanationMessage: Codable, Equatable, Sendable {
    public struct Call: Codable, Equatable, Sendable {
        /// The contact record; absent if there is none (a refusal, a phone that rang without answer).
        public var record: String?
        public var `switch`: String
        public var queue: String?
        /// The call id of the switch's own queue_log.
        public var channel: String?
        public var from: String
        public var to: String?
        /// What the call adds: 1, or microseconds.
        public var value: Int64
        /// Why it is counted.
        public var rule: String

        public init(
            record: String?, switch: String, queue: String?, channel: String?, from: String, to: String?, value: Int64,
            rule: String
        ) {
            self.record = record
            self.switch = `switch`
            self.queue = queue
            self.channel = channel
            self.from = from
            self.to = to
            self.value = value
            self.rule = rule
        }
    }

    public struct Part: Codable, Equatable, Sendable {
        /// Absent for a maximum, whose calls are in descending order, and for a quantile, whose calls are in ascending
        /// order.
        public var sum: Int64?
        public var calls: [Call]
        /// The number of all calls; `calls` has at most `limit` of them, from `offset` on.
        public var count: Int

        public init(sum: Int64?, calls: [Call], count: Int) {
            self.sum = sum
            self.calls = calls
            self.count = count
        }
    }

    public var at: String
    public var window: StatisticsMessage.Window
    public var scope: StatisticsMessage.Scope
    public var coverage: StatisticsMessage.Coverage
    public var figure: StatisticsMessage.Figure
    public var numerator: Part
    public var denominator: Part?

    public init(
        at: String, window: StatisticsMessage.Window, scope: StatisticsMessage.Scope,
        coverage: StatisticsMessage.Coverage,
        figure: StatisticsMessage.Figure, numerator: Part, denominator: Part?
    ) {
        self.at = at
        self.window = window
        self.scope = scope
        self.coverage = coverage
        self.figure = figure
        self.numerator = numerator
        self.denominator = denominator
    }
}
