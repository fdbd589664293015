import ACD
import Calls
import Contacts
import Records
import Switches
import Telephony
import Time

/// Everything that a replay has come to, as one JSON object: `centralino replay --json`. Others measure us with it: its members stay.
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

    /// Adds what another run came to.
    public mutating func add(_ gateway: Gateway, closed: [ContactRecord], at now: Moment) {
        contacts += closed.map(ContactDocument.init)
        for room in gateway.rooms {
            for (name, figures) in room.acd.queues.sorted(by: { $0.key > $1.key }) {
                queues[Self.key(name.rawValue, in: queues), default: Queue()].add(figures)
            }
            for interface in room.acd.agents.keys.sorted() {
                guard let agent = room.acd.agents[interface], agent.isAnother != true else { continue }
                let state = room.state(of: agent, at: now)
                // Two phones may have one member's name: the second is told with its phone.
                let name = Self.key(agent.agent.name, in: agents)
                let isTaken = agents[name].map { $0.interface != interface.rawValue } ?? false
                agents[isTaken ? "\(name) (\(interface))" : name] = Agent(
                    interface: agent.agent.interface.rawValue, state: state.rawValue, reason: state == .paused ? agent.pauseReason : nil,
                    queues: agent.queues.map(\.rawValue))
            }
            contacts += room.contacts.openRecords.map(ContactDocument.init)
            gaps += room.gaps.map {
                Gap(switch: room.name.rawValue, from: "\($0.from)", to: $0.to.map { "\($0)" }, cause: $0.cause.rawValue)
            }
            events.read += room.link?.read ?? 0
            events.understood += room.link?.understood ?? 0
            events.malformed += room.link?.malformed ?? 0
        }
    }
}

extension Report {
    /// The key of a name. Where Swift takes another name for equal that differs in its bytes, this one's are escaped.
    static func key<Value>(_ name: String, in values: [String: Value]) -> String {
        guard let index = values.index(forKey: name), !values[index].key.isIdentical(to: name) else { return name }
        return name.nameInASCII
    }
}

extension Report.Queue {
    mutating func add(_ figures: QueueFigures) {
        offered += figures.offered
        answered += figures.answered
        abandoned += figures.abandoned
        flowOut.timeout += figures.flowOut[.timeout] ?? 0
        flowOut.key += figures.flowOut[.key] ?? 0
        flowOut.empty += figures.flowOut[.empty] ?? 0
        flowOut.withdrawn += figures.flowOut[.withdrawn] ?? 0
        flowOut.unknown += figures.flowOut[.unknown] ?? 0
        refused.full += figures.refusedFull
        refused.empty += figures.refusedEmpty
        lost += figures.lost
        waiting += figures.waiting.count
        transferredOut += figures.transferredOut
        for (agent, count) in figures.ringNoAnswer { ringNoAnswer[Report.key(agent.rawValue, in: ringNoAnswer), default: 0] += count }
        waitSeconds.answered += figures.waitAnswered.seconds
        waitSeconds.abandoned += figures.waitAbandoned.seconds
        if let longest = figures.longestWait?.seconds { waitSeconds.max = Swift.max(waitSeconds.max ?? 0, longest) }
        talkSeconds += figures.talk.seconds
        holdSeconds += figures.hold.seconds
        for (index, threshold) in QueueFigures.thresholds.enumerated() {
            answeredWithin["\(threshold)", default: 0] += figures.answeredWithin[index]
        }
    }
}

/// How much has gone through, to be compared with what was sent. Taken from what the calls and figures came to, not from the events' names.
public struct Tally: Encodable, Equatable, Sendable {
    public var events = 0, hangups = 0, joins = 0, connects = 0, abandons = 0, completes = 0
}

extension Gateway {
    public var tally: Tally {
        var tally = Tally()
        for room in rooms {
            tally.events += room.link?.read ?? 0
            tally.hangups += room.calls.channelsEnded
            for figures in room.acd.queues.values {
                tally.joins += figures.offered
                tally.connects += figures.answered
                // Whom the switch told by `QueueCallerAbandon`: those who gave up, and those who left alive by time-out and the like.
                tally.abandons += figures.abandoned + figures.flowedOut - (figures.flowOut[.key] ?? 0)
                tally.completes += figures.conversationsEnded
            }
        }
        return tally
    }

    /// Every switch's inventory is complete.
    public var isSynchronized: Bool { rooms.allSatisfy { $0.state == .connected } }
}
