/// What supervisors tail: one `snapshot`, then `change`s numbered without a gap, each naming only what moved (whole
/// objects, not deltas of fields). The same JSON over SSE, WebSocket and NDJSON. Absent or null members are unknown,
/// never zero. (What a reader asked to be left out is absent, too.)
public struct WallboardMessage: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable { case snapshot, change, heartbeat }

    public var type: Kind
    /// Grows by one with each change; a snapshot or heartbeat carries the number of the last change that it contains.
    public var seq: UInt64
    public var at: String
    /// Since when the counters count; in snapshots only.
    public var since: String?
    /// The zone of the house, e.g. `Europe/Rome`, in whose days the counters count; in snapshots only.
    public var timeZone: String?
    /// The run of the gateway that numbers the changes; in snapshots, and in the heartbeat that ends a resumption.
    public var stream: String?
    /// The answer to a resumption: false in a snapshot that comes instead of what was missed, true in the heartbeat
    /// after it.
    public var resumed: Bool?
    /// So many changes were not sent, because the reader was slow; this snapshot stands for them.
    public var conflated: Int?
    public var queues: [Queue]?
    public var agents: [Agent]?
    public var switches: [Switch]?

    public init(
        type: Kind, seq: UInt64, at: String, since: String? = nil, timeZone: String? = nil, stream: String? = nil, resumed: Bool? = nil,
        conflated: Int? = nil, queues: [Queue]? = nil, agents: [Agent]? = nil, switches: [Switch]? = nil
    ) {
        self.type = type
        self.seq = seq
        self.at = at
        self.since = since
        self.timeZone = timeZone
        self.stream = stream
        self.resumed = resumed
        self.conflated = conflated
        self.queues = queues
        self.agents = agents
        self.switches = switches
    }

    public struct ServiceLevel: Codable, Equatable, Sendable {
        /// Formula id of the house, e.g. `SL6+F`.
        public var formula: String
        public var thresholdSeconds: Double
        public var shortAbandonSeconds: Double
        public var target: Double
        public var numerator: Int
        public var denominator: Int
        /// numerator / denominator; null while the denominator is 0.
        public var ratio: Double?
        /// Between which values it lies once those who wait, and waits that were not seen whole, are known.
        public var least: Double?
        public var most: Double?

        public init(
            formula: String, thresholdSeconds: Double, shortAbandonSeconds: Double, target: Double, numerator: Int, denominator: Int,
            ratio: Double?, least: Double? = nil, most: Double? = nil
        ) {
            self.formula = formula
            self.thresholdSeconds = thresholdSeconds
            self.shortAbandonSeconds = shortAbandonSeconds
            self.target = target
            self.numerator = numerator
            self.denominator = denominator
            self.ratio = ratio
            self.least = least
            self.most = most
        }
    }

    /// What ended in the last minutes, however long ago it joined.
    public struct Window: Codable, Equatable, Sendable {
        /// `5m`, `15m`, `30m` or `60m`.
        public var name: String
        public var joined: Int
        public var answered: Int
        public var abandoned: Int
        public var flowOut: Int
        /// By the queue's formula and threshold.
        public var numerator: Int
        public var denominator: Int
        public var ratio: Double?
        public var averageSpeedOfAnswerSeconds: Double?

        public init(
            name: String, joined: Int, answered: Int, abandoned: Int, flowOut: Int, numerator: Int, denominator: Int, ratio: Double?,
            averageSpeedOfAnswerSeconds: Double?
        ) {
            self.name = name
            self.joined = joined
            self.answered = answered
            self.abandoned = abandoned
            self.flowOut = flowOut
            self.numerator = numerator
            self.denominator = denominator
            self.ratio = ratio
            self.averageSpeedOfAnswerSeconds = averageSpeedOfAnswerSeconds
        }
    }

    /// Waits of today's callers that were seen whole.
    public struct Waits: Codable, Equatable, Sendable {
        public var averageSpeedOfAnswerSeconds: Double?
        /// Nearest rank of answered callers, by HdrHistogram.
        public var p90Seconds: Double?
        public var longestSeconds: Double?

        public init(averageSpeedOfAnswerSeconds: Double?, p90Seconds: Double?, longestSeconds: Double?) {
            self.averageSpeedOfAnswerSeconds = averageSpeedOfAnswerSeconds
            self.p90Seconds = p90Seconds
            self.longestSeconds = longestSeconds
        }
    }

    /// What a rule of the configuration last did; rules that never did anything are not told.
    public struct Alarm: Codable, Equatable, Sendable {
        public enum Kind: String, Codable, Sendable {
            case raised = "alarm.raised"
            case cleared = "alarm.cleared"
        }
        public var type: Kind
        /// Names the rule within the queue, e.g. `serviceLevel.30m.critical`.
        public var rule: String
        public var severity: String
        public var since: String
        /// The metric's value at that moment; null where it could not be computed any more.
        public var value: Double?
        /// The metric's value at the moment of the message; null where it is not known: the switch is not heard, or
        /// nothing is below the line.
        public var valueNow: Double?
        public var raise: Double
        public var clear: Double

        public init(
            type: Kind, rule: String, severity: String, since: String, value: Double?, valueNow: Double? = nil, raise: Double, clear: Double
        ) {
            self.type = type
            self.rule = rule
            self.severity = severity
            self.since = since
            self.value = value
            self.valueNow = valueNow
            self.raise = raise
            self.clear = clear
        }
    }

    public struct FlowOut: Codable, Equatable, Sendable {
        public var timeout: Int
        public var key: Int
        public var empty: Int
        public var withdrawn: Int
        public var unknown: Int

        public init(timeout: Int, key: Int, empty: Int, withdrawn: Int, unknown: Int) {
            self.timeout = timeout
            self.key = key
            self.empty = empty
            self.withdrawn = withdrawn
            self.unknown = unknown
        }
    }

    /// How many agents of the queue are in each state of `AgentState`.
    public typealias AgentCounts = [String: Int]

    public struct Queue: Codable, Equatable, Sendable {
        public var `switch`: String
        public var name: String
        public var waiting: Int
        public var talking: Int
        /// When the caller who waits longest joined; readers compute the longest current wait from it.
        public var longestWaitSince: String?
        /// The same at the moment of writing; null when nobody waits.
        public var longestWaitSeconds: Double?
        public var offered: Int
        public var answered: Int
        public var abandoned: Int
        public var flowOut: FlowOut
        public var lost: Int
        /// Of today's visits, those of which a part was not seen: counted, in no service level and no mean.
        public var unmeasured: Int
        public var serviceLevel: ServiceLevel
        public var waits: Waits
        public var windows: [Window]
        /// What a caller who joined now is told: whole minutes; null where nothing is.
        public var announcedMinutes: Int?
        public var alarms: [Alarm]
        /// nil where the switch does not say who its members are (webhooks): nobody knows how many there are.
        public var agents: AgentCounts?

        public init(
            switch: String, name: String, waiting: Int, talking: Int, longestWaitSince: String?, longestWaitSeconds: Double?, offered: Int,
            answered: Int, abandoned: Int, flowOut: FlowOut, lost: Int, unmeasured: Int = 0, serviceLevel: ServiceLevel,
            waits: Waits = Waits(averageSpeedOfAnswerSeconds: nil, p90Seconds: nil, longestSeconds: nil), windows: [Window] = [],
            announcedMinutes: Int? = nil, alarms: [Alarm] = [], agents: AgentCounts?
        ) {
            self.switch = `switch`
            self.name = name
            self.waiting = waiting
            self.talking = talking
            self.longestWaitSince = longestWaitSince
            self.longestWaitSeconds = longestWaitSeconds
            self.offered = offered
            self.answered = answered
            self.abandoned = abandoned
            self.flowOut = flowOut
            self.lost = lost
            self.unmeasured = unmeasured
            self.serviceLevel = serviceLevel
            self.waits = waits
            self.windows = windows
            self.announcedMinutes = announcedMinutes
            self.alarms = alarms
            self.agents = agents
        }
    }

    /// The state of `domain.md` §2.9; the pages name it in Italian.
    public enum AgentState: String, Codable, Sendable, CaseIterable {
        case loggedOff, unreachable, talking, held, consulting, ringing, wrapUp, other, paused, partiallyAvailable, available, unknown
    }

    public struct Agent: Codable, Equatable, Sendable {
        public var `switch`: String
        public var name: String
        public var interface: String
        public var state: AgentState
        /// Reason of the pause, when the switch gave one.
        public var reason: String?
        /// In order; of an agent in very many queues, the first.
        public var queues: [String]
        /// How many more there are; absent where all are named.
        public var moreQueues: Int?

        public init(
            switch: String, name: String, interface: String, state: AgentState, reason: String?, queues: [String], moreQueues: Int? = nil
        ) {
            self.switch = `switch`
            self.name = name
            self.interface = interface
            self.state = state
            self.reason = reason
            self.queues = queues
            self.moreQueues = moreQueues
        }
    }

    public struct Switch: Codable, Equatable, Sendable {
        /// `synchronizing`: logged in, the inventory is not complete yet.
        public enum State: String, Codable, CaseIterable, Sendable {
            case connecting, loggingIn, synchronizing, connected, disconnected, refused
        }
        public var name: String
        public var state: State
        public var since: String
        /// For people: why it is not connected, and what to check.
        public var detail: String?
        /// How much of what the switch said since local midnight was heard.
        public var coverage: Coverage?

        public init(name: String, state: State, since: String, detail: String?, coverage: Coverage? = nil) {
            self.name = name
            self.state = state
            self.since = since
            self.detail = detail
            self.coverage = coverage
        }
    }

    /// Nothing is whole over a gap: figures that ought to be evidence are read with this beside them.
    public struct Coverage: Codable, Equatable, Sendable {
        /// Since when all that was not heard is gaps: when the switch was first heard. Absent: it never was.
        public var heardSince: String?
        /// From local midnight to the message: what today's figures are over.
        public var seconds: Double
        /// Of these, not heard; the time before the switch was first heard included.
        public var lostSeconds: Double
        /// Of the rest, in which a source without a link (webhooks) could have said something that never came; absent
        /// of a switch with a link.
        public var unknownSeconds: Double?
        public var gaps: Int
        /// Of the last gap; `to` is absent while it lasts.
        public var lastGap: Gap?

        public init(
            heardSince: String?, seconds: Double, lostSeconds: Double, unknownSeconds: Double? = nil, gaps: Int, lastGap: Gap?
        ) {
            self.heardSince = heardSince
            self.seconds = seconds
            self.lostSeconds = lostSeconds
            self.unknownSeconds = unknownSeconds
            self.gaps = gaps
            self.lastGap = lastGap
        }

        public struct Gap: Codable, Equatable, Sendable {
            public var from: String
            public var to: String?
            public var cause: String

            public init(from: String, to: String?, cause: String) {
                self.from = from
                self.to = to
                self.cause = cause
            }
        }
    }
}
