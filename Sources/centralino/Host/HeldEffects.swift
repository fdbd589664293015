import Core
import Edges

/// What others can see, held until the journal has its cause: an answer must not be given, and a record not be stored,
/// for something that nobody knows after a crash.
struct HeldEffects {
    /// More is held only while the disk hangs.
    static let bytesLimit = 64 * 1024 * 1024
    /// Of an effect without its bytes.
    private static let effectBytes = 1024

    /// Clients whose answers are held, and after how many entries of the journal the newest one may be sent. What they
    /// are sent meanwhile waits as well, since an answer must not overtake the one before it.
    private(set) var answers: [ConnectionID: Int] = [:]
    private var list: [(effect: Effect, after: Int)] = []
    private(set) var bytes = 0

    /// What this client is sent from now on is caused by the first `entries` of the journal.
    mutating func holdAnswers(to client: ConnectionID, after entries: Int) { answers[client] = entries }

    mutating func hold(_ effect: Effect, after entries: Int) {
        list.append((effect, entries))
        bytes += Self.bytes(of: effect)
    }

    /// The journal has this many entries, or they are lost. Returns what they caused, in order.
    mutating func release(after entries: Int) -> [Effect] {
        let ready = list.filter { $0.after <= entries }.map(\.effect)
        guard !ready.isEmpty || !answers.isEmpty else { return [] }
        list.removeAll { $0.after <= entries }
        answers = answers.filter { $0.value > entries }
        bytes -= ready.reduce(0) { $0 + Self.bytes(of: $1) }
        return ready
    }

    private static func bytes(of effect: Effect) -> Int {
        if case .send(_, let bytes) = effect { return effectBytes + bytes.count }
        return effectBytes
    }
}
