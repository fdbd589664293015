import Telephony
import Time

/// How many members of one queue are in which state, with a pause in this queue or without.
struct Crew: Equatable, Sendable {
    private static let states = AgentState.allCases.count
    /// By state, those who are paused behind the others.
    private var numbers = [Int](repeating: 0, count: 2 * states)

    mutating func add(_ number: Int, _ state: AgentState, isPaused: Bool) {
        numbers[state.place + (isPaused ? Self.states : 0)] += number
    }

    var counts: [AgentState: Int] {
        var counts: [AgentState: Int] = [:]
        for state in AgentState.allCases {
            let number = numbers[state.place] + numbers[state.place + Self.states]
            if number > 0 { counts[state] = number }
        }
        return counts
    }

    private subscript(_ state: AgentState) -> Int { numbers[state.place] }

    /// Agents who could take the queue's next call now.
    var idle: Int { self[.available] + self[.partiallyAvailable] }

    /// Agents who work for the queue.
    var servers: Int {
        idle + self[.talking] + self[.held] + self[.consulting] + self[.ringing] + self[.wrapUp] + self[.other] + self[.unknown]
    }
}

/// The crews of all queues. They are made of the agents and of nothing else, so that two states with the same agents are equal, whether theirs have
/// been made or not.
struct Crews: Equatable, Sendable {
    private var byQueue: [QueueName: Crew] = [:]

    static func == (left: Self, right: Self) -> Bool { true }

    subscript(_ queue: QueueName) -> Crew {
        get { byQueue[queue] ?? Crew() }
        _modify { yield &byQueue[queue, default: Crew()] }
    }
}

extension AgentState {
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
