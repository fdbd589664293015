/// What an agent is doing: one state at a time. Names of CSTA where it has one; the pages show them in
/// Italian. `domain.md` §2.9.
///
/// Code that reads a state decides on each by an exhaustive `switch`, so that a new one does not compile until somebody
/// has decided what it means there.
public enum AgentState: String, Codable, CodingKeyRepresentable, Sendable, CaseIterable {
    /// A member of no queue.
    case loggedOff
    /// The device is not registered, or there is none.
    case unreachable
    /// In conversation with a caller.
    case talking
    /// The caller is on hold, and nobody is consulted.
    case held
    /// The caller is on hold or listens while the agent talks with a third party.
    case consulting
    case ringing
    /// After-call work.
    case wrapUp
    /// On the phone without a call of ours.
    case other
    /// Paused in every queue.
    case paused
    /// Paused in some queues only.
    case partiallyAvailable
    case available
    /// Not known: the switch is not heard, or does not know itself.
    case unknown

    /// Could take a call now, of one queue at least.
    public var isReady: Bool {
        switch self {
        case .partiallyAvailable, .available: true
        case .loggedOff, .unreachable, .talking, .held, .consulting, .ringing, .wrapUp, .other, .paused, .unknown: false
        }
    }
}
