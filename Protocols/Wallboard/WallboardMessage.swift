/// What supervisors watch: one `snapshot`, then `change`s numbered without a gap. Each change names only what changed
/// (whole objects, not deltas of fields). The same JSON over SSE, WebSocket and NDJSON. Absent or null members are
/// unknown, never zero. (Members that a reader's filter leaves out are absent, too.)
public struct WallboardMessage: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable { case snapshot, change, heartbeat }

    public var type: Kind
    /// Grows by one with each change. In a snapshot or heartbeat: the number of the last change that it contains.
    public var seq: UInt64
    public var at: String
    /// Since when the counters count; in snapshots only.
    public var since: String?
    /// The zone of the gateway's days, e.g. `Europe/Rome`, in which the counters count; in snapshots only.
    public var timeZone: String?
    /// The run of the gateway that numbers the changes; in snapshots, and in the heartbeat that ends a resumption.
    public var stream: String?
    /// The answer to a resumption: false in a snapshot that replaces the missed changes, true in the heartbeat that
    /// follows them.
    public var resumed: Bool?
    /// The number of changes that were not sent because the reader was slow; this snapshot replaces them.
    public var conflated: Int?
    public var queues: [Queue]?
    public var agents: [Agent]?
    public var switches: [Switch]?

    public init(
        type: Kind, seq: UInt64, at: String, since: String? = nil, timeZone: String? = nil, stream: String? = nil,
        resumed: Bool? = nil,
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
        /// The formula's id, e.g. `SL6+F`.
        public var formula: String
        public var thresholdSeconds: Double
        public var shortAbandonSeconds: Double
        public var target: Double
        public var numerator: Int
        public var denominator: Int
        /// numerator / denominator; null while the denominator is 0.
        public var ratio: Double?
        /// The bounds of the ratio once the outcome of those who wait, and the waits that were not fully seen, are
        /// known.
        public var least: Double?
        public var most: Double?

        public init(
            formula: String, thresholdSeconds: Double, shortAbandonSeconds: Double, target: Double, numerator: Int,
            denominator: Int,
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

    /// Visits that ended in the last minutes, however long ago they joined.
    public struct Window: Codable, Equatable, Sendable {
        /// `5m`, `15m`, `30m` or `60m`.
        public var name: String
        public var joined: Int
        public var answered: Int
        public var abandoned: Int
        public var flowOut: Int
        /// The service level, by the queue's formula and threshold.
        public var numerator: Int
        public var denominator: Int
        public var ratio: Double?
        public var averageSpeedOfAnswerSeconds: Double?

        public init(
            name: String, joined: Int, answered: Int, abandoned: Int, flowOut: Int, numerator: Int, denominator: Int,
            ratio: Double?,
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

    /// The waits of today's callers that were fully seen.
    public struct Waits: Codable, Equatable, Sendable {
        public var averageSpeedOfAnswerSeconds: Double?
        /// By nearest rank over the answered callers, from an HdrHistogram.
        public var p90Seconds: Double?
        public var longestSeconds: Double?

        public init(averageSpeedOfAnswerSeconds: Double?, p90Seconds: Double?, longestSeconds: Double?) {
            self.averageSpeedOfAnswerSeconds = averageSpeedOfAnswerSeconds
            self.p90Seconds = p90Seconds
            self.longestSeconds = longestSeconds
        }
    }

    /// The last event of an alarm rule of the configuration. A rule without an event is not sent.
    public struct Alarm: Codable, Equatable, Sendable {
        public enum Kind: String, Codable, Sendable {
            case raised = "alarm.raised"
            case cleared = "alarm.cleared"
        }
        public var type: Kind
        /// The rule's id within the queue, e.g. `serviceLevel.30m.critical`.
        public var rule: String
        public var severity: String
        public var since: String
        /// The metric's value at that moment; null if it could not be computed any more.
        public var value: Double?
        /// The metric's value at the moment of the message; null if it is not known: the switch is not heard, or the
        /// denominator is 0.
        public var valueNow: Double?
        public var raise: Double
        public var clear: Double

        public init(
            type: Kind, rule: String, severity: String, since: String, value: Double?, valueNow: Double? = nil,
            raise: Double, clear: Double
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

    /// The number of the queue's agents in each state of `AgentState`.
    public typealias AgentCounts = [String: Int]

    public struct Queue: Codable, Equatable, Sendable {
        public var `switch`: String
        public var name: String
        public var waiting: Int
        public var talking: Int
        /// When the caller who waits longest joined; readers compute the longest current wait from it.
        public var longestWaitSince: String?
        /// The longest wait at the moment of the message; null if nobody waits.
        public var longestWaitSeconds: Double?
        public var offered: Int
        public var answered: Int
        public var abandoned: Int
        public var flowOut: FlowOut
        public var lost: Int
        /// Today's visits of which a part was not seen: counted, but in no service level and no mean.
        public var unmeasured: Int
        public var serviceLevel: ServiceLevel
        public var waits: Waits
        public var windows: [Window]
        /// The wait that is announced to a caller who joins now, in whole minutes; null if none is.
        public var announcedMinutes: Int?
        public var alarms: [Alarm]
        /// nil if the switch does not report its members (webhooks): the number is then unknown.
        public var agents: AgentCounts?

        public init(
            switch: String, name: String, waiting: Int, talking: Int, longestWaitSince: String?,
            longestWaitSeconds: Double?, offered: Int,
            answered: Int, abandoned: Int, flowOut: FlowOut, lost: Int, unmeasured: Int = 0, serviceLevel: ServiceLevel,
            waits: Waits = Waits(averageSpeedOfAnswerSeconds: nil, p90Seconds: nil, longestSeconds: nil),
            windows: [Window] = [],
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

    /// The states of `domain.md` §2.9; the pages name them in Italian.
    public enum AgentState: String, Codable, Sendable, CaseIterable {
        case loggedOff, unreachable, talking, held, consulting, ringing, wrapUp, other, paused, partiallyAvailable,
            available, unknown
    }

    public struct Agent: Codable, Equatable, Sendable {
        public var `switch`: String
        public var name: String
        public var interface: String
        public var state: AgentState
        /// The reason of the pause, if the switch reported one.
        public var reason: String?
        /// In order; of an agent in very many queues, only the first.
        public var queues: [String]
        /// The number of the other queues; absent if all are listed.
        public var moreQueues: Int?

        public init(
            switch: String, name: String, interface: String, state: AgentState, reason: String?, queues: [String],
            moreQueues: Int? = nil
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
        /// `synchronizing`: logged in, but the inventory is not complete yet.
        public enum State: String, Codable, CaseIterable, Sendable {
            case connecting, loggingIn, synchronizing, connected, disconnected, refused
        }
        public var name: String
        public var state: State
        public var since: String
        /// For people: why it is not connected, and what to check.
        public var detail: String?
        /// How much of the time since local midnight the switch was heard.
        public var coverage: Coverage?

        public init(name: String, state: State, since: String, detail: String?, coverage: Coverage? = nil) {
            self.name = name
            self.state = state
            self.since = since
            self.detail = detail
            self.coverage = coverage
        }
    }

    /// How much of a time was heard. Figures over a gap are incomplete, so evidence must show this, too.
    public struct Coverage: Codable, Equatable, Sendable {
        /// When the switch was first heard; from then on, all time that was not heard is in gaps. Absent if it was
        /// never heard.
        public var heardSince: String?
        /// From local midnight to the message: the time that today's figures cover.
        public var seconds: Double
        /// The seconds that were not heard, including the time before the switch was first heard.
        public var lostSeconds: Double
        /// The rest, in which an event of a source without a link (webhooks) may have been lost; absent for a switch
        /// with a link.
        public var unknownSeconds: Double?
        public var gaps: Int
        /// The last gap; its `to` is absent while it lasts.
        public var lastGap: Gap?

        public init(
            heardSince: String?, seconds: Double, lostSeconds: Double, unknownSeconds: Double? = nil, gaps: Int,
            lastGap: Gap?
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
