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
    private(set) var bytes = 0
    /// Contact records, and rows of gaps and quarter-hours, that the store has not been given.
    private(set) var records = 0
    private(set) var rows = 0

    /// What waits for the same entry.
    private struct Group {
        var after: Int
        var effects: [Effect] = []
        var bytes = 0
        /// Whose newest answer may wait for it.
        var clients: [ConnectionID] = []
    }
    /// In the order of their entries: what is released is at the front.
    private var groups: [Group] = []

    /// What this client is sent from now on is caused by the first `entries` of the journal.
    mutating func holdAnswers(to client: ConnectionID, after entries: Int) {
        guard answers[client] != entries else { return }
        answers[client] = entries
        groups[group(after: entries)].clients.append(client)
    }

    mutating func hold(_ effect: Effect, after entries: Int) {
        let index = group(after: entries)
        let size = Self.bytes(of: effect)
        groups[index].effects.append(effect)
        groups[index].bytes += size
        bytes += size
        count(effect, 1)
    }

    /// The journal has this many entries, or they are lost. Returns what they caused: in the order of the causes, and
    /// of one cause in the order in which it was held. So what one client is sent, and what the store gets, keeps its
    /// order.
    mutating func release(after entries: Int) -> [Effect] {
        let ready = groups.prefix { $0.after <= entries }
        guard !ready.isEmpty else { return [] }
        var effects: [Effect] = []
        for group in ready {
            effects += group.effects
            bytes -= group.bytes
            for client in group.clients where answers[client] == group.after { answers[client] = nil }
        }
        for effect in effects { count(effect, -1) }
        groups.removeFirst(ready.count)
        return effects
    }

    /// Nearly always the last one; an answer may have an earlier cause than what is there.
    private mutating func group(after entries: Int) -> Int {
        if let last = groups.last, last.after == entries { return groups.count - 1 }
        var (low, high) = (0, groups.count)
        if let last = groups.last, last.after < entries { low = high }
        while low < high {
            let middle = (low + high) / 2
            if groups[middle].after < entries { low = middle + 1 } else { high = middle }
        }
        if low == groups.count || groups[low].after != entries { groups.insert(Group(after: entries), at: low) }
        return low
    }

    private mutating func count(_ effect: Effect, _ change: Int) {
        switch effect {
        case .save: records += change
        case .saveGap, .saveInterval: rows += change
        default: break
        }
    }

    /// About what it takes in memory.
    private static func bytes(of effect: Effect) -> Int {
        func size<Part>(_ parts: [Part]) -> Int { parts.count * MemoryLayout<Part>.stride }
        switch effect {
        case .send(_, let bytes): return effectBytes + bytes.count
        case .post(let delivery): return effectBytes + delivery.body.count
        case .save(let record):
            let holds = record.legs.reduce(0) { $0 + size($1.holds) }
            return effectBytes + size(record.visits) + size(record.legs) + holds + size(record.parks)
                + size(record.conferencedWith) + size(record.gaps)
        default: return effectBytes
        }
    }
}
