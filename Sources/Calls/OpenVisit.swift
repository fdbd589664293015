import Telephony
import Time

/// A caller's stay in a queue while it is not over. How it ends is decided in `Calls+Visits.swift`.
///
/// ```
///   waiting ──▶ connecting ──▶ answered
///      │
///      ├──────▶ leaving ─────▶ abandoned, answered, or flowed out
///      └─────────────────────▶ abandoned, flowed out, or lost
/// ```
struct OpenVisit: Codable, Equatable, Sendable {
    enum Phase: Codable, Equatable, Sendable {
        case waiting
        /// The switch has connected an agent; the voices are not joined yet.
        case connecting(at: Moment)
        /// Out of the queue's list. The next events say whether the caller lives on, gave up or was answered.
        case leaving(since: Moment, abandonSeen: Bool)
    }

    var visit: QueueVisit
    /// Where in the dial plan `Queue()` was called: a channel that is still there has not left the application.
    /// nil where the place was inherited: the switch does not report where its new owner is.
    var position: DialplanPosition?
    var phase = Phase.waiting
    /// The channel that stands in the queue for the caller, whom management is taking to a bridge.
    var surrogate: ChannelID?
    /// Phones that rang without an answer, and were counted.
    var ringNoAnswers: Set<ChannelID> = []
    /// When each phone was rung, of an agent whom the queue rings by several names.
    var rung: [ChannelID: Moment] = [:]
    /// When each such agent last did not answer.
    var noAnswers: [Interface: Moment] = [:]
    /// When the switch last cancelled a phone that rang for the caller, and nobody had answered.
    var ringCancelled: Moment?

    var isWaiting: Bool { if case .waiting = phase { true } else { false } }
    var isLeaving: Bool { if case .leaving = phase { true } else { false } }
    var isConnecting: Bool { if case .connecting = phase { true } else { false } }

    /// The caller is no longer at the place in the dial plan from which it joined, as far as both places are known.
    func isElsewhere(_ place: DialplanPosition) -> Bool { position.map { $0 != place && !visit.isPartial } ?? false }

    /// The live event of a joining that a list had reported first.
    mutating func noteJoining(at now: Moment, from place: DialplanPosition) {
        visit.joined = now
        visit.isPartial = false
        position = place
    }

    // MARK: phones that ring for it

    /// One name of an agent who has several is rung.
    mutating func noteRung(_ phone: ChannelID, at now: Moment) {
        // A caller who waits for hours must not fill the memory.
        if rung.count >= Calls.legLimit { rung = [:] }
        rung[phone] = now
    }

    /// A phone rang without an answer. False if that was counted already: the switch may report it twice, soon
    /// after one another.
    mutating func countNoAnswer(of phone: ChannelID) -> Bool {
        // A caller who waits for hours must not fill the memory.
        if ringNoAnswers.count == Calls.legLimit { ringNoAnswers.removeAll() }
        return ringNoAnswers.insert(phone).inserted
    }

    /// Whether this agent, whom the queue rings by several names at once, already did not answer in the same round.
    /// False for an agent with one name.
    mutating func hasNotAnswered(_ person: Interface, on phone: ChannelID, at now: Moment) -> Bool {
        guard let rung = rung[phone] else { return false }
        let before = noAnswers.updateValue(now, forKey: person)
        return before.map { rung.uptime <= $0.uptime } ?? false
    }
}
