import Telephony
import Time

/// How many members of one queue are in which state, with or without a pause in this queue.
struct Crew: Equatable, Sendable {
    fileprivate static let states = AgentState.allCases.count
    /// By state, those who are paused behind the others.
    fileprivate var numbers = [Int](repeating: 0, count: 2 * states)

    mutating func add(_ number: Int, _ state: AgentState, isPaused: Bool) {
        numbers[state.place + (isPaused ? Self.states : 0)] += number
    }

    mutating func move(from before: AgentState, to after: AgentState, isPaused: Bool) {
        add(-1, before, isPaused: isPaused)
        add(1, after, isPaused: isPaused)
    }

    var counts: [AgentState: Int] {
        var counts: [AgentState: Int] = [:]
        for state in AgentState.allCases {
            let number = numbers[state.place] + numbers[state.place + Self.states]
            if number > 0 { counts[state] = number }
        }
        return counts
    }

    /// Agents who could take the queue's next call now.
    var idle: Int { count { $0 == .idle } }

    /// Agents who work for the queue.
    var servers: Int { count { $0 != .absent } }

    /// Only of agents without a pause in this queue.
    private func count(_ isMeant: (AgentState.Service) -> Bool) -> Int {
        AgentState.allCases.reduce(0) { isMeant($1.service) ? $0 + numbers[$1.place] : $0 }
    }
}

/// As its list of numbers. One of another version of this program, which has other states, is not read.
extension Crew: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        numbers = try container.decode([Int].self)
        guard numbers.count == 2 * Self.states else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not as many numbers as states")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(numbers)
    }
}

/// The crews of all queues. They are derived from the agents, so that two states with the same agents are
/// equal whether or not theirs were made.
struct Crews: Codable, Equatable, Sendable {
    private var byQueue: [QueueName: Crew] = [:]

    static func == (left: Self, right: Self) -> Bool { true }

    subscript(_ queue: QueueName) -> Crew {
        get { byQueue[queue] ?? Crew() }
        _modify { yield &byQueue[queue, default: Crew()] }
    }
}

extension AgentState {
    /// What an agent in a state can do for a queue's callers.
    fileprivate enum Service {
        /// Could take the next call now.
        case idle
        /// Will take calls again.
        case busy
        case absent
    }

    fileprivate var service: Service {
        switch self {
        case .available, .partiallyAvailable: .idle
        case .talking, .held, .consulting, .ringing, .wrapUp, .other, .unknown: .busy
        case .loggedOff, .unreachable, .paused: .absent
        }
    }

    fileprivate var place: Int {
        switch self {
        case .loggedOff: 0
        case .unreachable: 1
        case .talking: 2
        case .held: 3
        case .consulting: 4
        case .ringing: 5
        case .wrapUp: 6
        case .other: 7
        case .paused: 8
        case .partiallyAvailable: 9
        case .available: 10
        case .unknown: 11
        }
    }
}
