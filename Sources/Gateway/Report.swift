import ACD
import Calls
import Contacts
import Core
import Edges
import Records
import Figures
import Switches
import Telephony
import Time
import Wallboard

/// The results of a replay, as one JSON object: `centralino replay --json`. Others measure us with it, so its members
/// stay.
public struct Report: Encodable, Equatable, Sendable {
    public struct FlowOut: Encodable, Equatable, Sendable {
        public var timeout = 0, key = 0, empty = 0, withdrawn = 0, unknown = 0
    }

    public struct Refused: Encodable, Equatable, Sendable {
        public var full = 0, empty = 0
    }

    /// Sums over visits, and the longest, in seconds.
    public struct Waits: Encodable, Equatable, Sendable {
        public var answered = 0.0, abandoned = 0.0
        public var max: Double?
    }

    public struct Queue: Encodable, Equatable, Sendable {
        public var offered = 0, answered = 0, abandoned = 0
        public var flowOut = FlowOut()
        public var refused = Refused()
        public var lost = 0, waiting = 0
        public var transferredOut = 0
        public var ringNoAnswer: [String: Int] = [:]
        public var waitSeconds = Waits()
        public var talkSeconds = 0.0, holdSeconds = 0.0
        public var answeredWithin: [String: Int] = [:]
    }

    /// The state at the end; no figures of persons (`domain.md` §8.2).
    public struct Agent: Encodable, Equatable, Sendable {
        public var interface: String
        public var state: String
        public var reason: String?
        public var queues: [String]
    }

    public struct Gap: Encodable, Equatable, Sendable {
        public var `switch`: String
        public var from: String
        public var to: String?
        public var cause: String
    }

    public struct Events: Encodable, Equatable, Sendable {
        public var read = 0, understood = 0, malformed = 0
    }

    public var queues: [String: Queue] = [:]
    public var agents: [String: Agent] = [:]
    public var contacts: [ContactDocument] = []
    public var gaps: [Gap] = []
    public var events = Events()

    public init() {}

    /// Adds the results of another run.
    public mutating func add(_ core: Core, closed: [ContactRecord], at now: Moment) {
        contacts += closed.map(ContactDocument.init)
        for known in core.switches {
            for (name, activity) in known.acd.queues.sorted(by: { $0.key > $1.key }) {
                queues[Self.key(name.rawValue, in: queues), default: Queue()].add(activity)
            }
            for interface in known.acd.agents.keys.sorted() {
                guard let agent = known.acd.agents[interface], agent.isAnother != true else { continue }
                let state = known.state(of: agent, at: now)
                // Two phones may have one member's name: the second is listed with its phone.
                let name = Self.key(agent.agent.name, in: agents)
                let isTaken = agents[name].map { $0.interface != interface.rawValue } ?? false
                agents[isTaken ? "\(name) (\(interface))" : name] = Agent(
                    interface: agent.agent.interface.rawValue, state: WallboardMessage.AgentState(state).rawValue,
                    reason: state == .paused ? agent.pauseReason : nil, queues: agent.queues.map(\.rawValue))
            }
            contacts += known.contacts.openRecords.map(ContactDocument.init)
            gaps += known.gaps.all.map {
                Gap(
                    switch: known.name.rawValue, from: "\($0.from)", to: $0.to.map { "\($0)" }, cause: $0.cause.rawValue
                )
            }
            events.read += known.link?.read ?? 0
            events.understood += known.link?.understood ?? 0
            events.malformed += known.link?.malformed ?? 0
        }
    }
}

extension Report {
    /// The key of a name. If Swift takes another name with different bytes for equal, the bytes of this one are
    /// escaped.
    static func key<Value>(_ name: String, in values: [String: Value]) -> String {
        guard let index = values.index(forKey: name), !values[index].key.isIdentical(to: name) else { return name }
        return name.nameInASCII
    }
}

extension Report.Queue {
    private static let thresholds: [Int64] = [5, 10, 20, 30, 60]

    mutating func add(_ activity: QueueActivity) {
        let counters = activity.counters
        let visits = counters.visits
        offered += counters.offered
        for outcome in VisitClass.outcomes {
            let count = visits.count(of: outcome)
            switch outcome {
            case .answered: answered += count
            case .abandoned: abandoned += count
            case .flowOut(.timeout): flowOut.timeout += count
            case .flowOut(.key): flowOut.key += count
            case .flowOut(.empty): flowOut.empty += count
            case .flowOut(.withdrawn): flowOut.withdrawn += count
            case .flowOut(.unknown): flowOut.unknown += count
            case .lost: lost += count
            }
        }
        refused.full += visits.blockedFull
        refused.empty += visits.blockedEmpty
        waiting += activity.waiting.count
        transferredOut += counters.transferredOut
        // In order: of two names that Swift takes for equal, the first keeps its spelling.
        for (agent, count) in counters.ringNoAnswer.sorted(by: { $0.key < $1.key }) {
            ringNoAnswer[Report.key(agent.rawValue, in: ringNoAnswer), default: 0] += count
        }
        waitSeconds.answered += visits.wait(VisitClass.answered).seconds
        waitSeconds.abandoned += visits.wait(VisitClass.abandoned).seconds
        if let longest = counters.longestWait?.seconds { waitSeconds.max = Swift.max(waitSeconds.max ?? 0, longest) }
        talkSeconds += counters.talk.seconds
        holdSeconds += counters.hold.seconds
        for threshold in Self.thresholds {
            answeredWithin["\(threshold)", default: 0] += counters.answeredWaits.count(within: threshold)
        }
    }
}

/// How much has gone through, to be compared with what was sent. Taken from what the calls and figures came to, not
/// from the events' names.
public struct Tally: Encodable, Equatable, Sendable {
    public var events = 0, hangups = 0, joins = 0, connects = 0, abandons = 0, completes = 0
}

extension Core {
    public var tally: Tally {
        var tally = Tally()
        for known in switches {
            tally.events += known.link?.read ?? 0
            tally.hangups += known.calls.channelsEnded
            // any order: sums
            for counters in known.acd.queues.values.lazy.map(\.counters) {
                let visits = counters.visits
                tally.joins += counters.offered
                tally.connects += visits.count(VisitClass.answered)
                // Those of whom the switch sends `QueueCallerAbandon`: callers who gave up, and those who left alive by
                // time-out and the like.
                tally.abandons +=
                    visits.count(VisitClass.abandoned + VisitClass.flowOut) - visits.count(of: .flowOut(.key))
                tally.completes += counters.conversationsEnded
            }
        }
        return tally
    }

    /// Every switch's inventory is complete.
    public var isSynchronized: Bool { switches.allSatisfy { $0.state == .connected } }
}
