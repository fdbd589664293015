import Core
import Telephony
import Time

/// Tokens that wait to be checked: those of each address one after the other, in order of arrival, and at a bounded
/// rate.
///
/// A guesser waits for a check as everybody does, and a right token is accepted when its turn comes. A connection has
/// at most one token here, and an address at most ``Limits/unsettledPerAddress`` connections: the longest wait follows
/// from these and from ``Limits/tokenLooksPerSecond``. A client that disconnects leaves its place to those behind: no
/// check is spent on it.
struct LookQueue {
    private struct Line {
        var waiting: [ConnectionID] = []
        var first = 0
        /// Uptime of the next check.
        var next: Span

        var isEmpty: Bool { first == waiting.count }
    }

    /// The time between two checks of tokens of one address.
    private static let interval = Span.milliseconds(1000 / Int64(Limits.tokenLooksPerSecond))

    private var lines: [String: Line] = [:]
    /// Each address from which a token waits, once.
    private var due = DueHeap<String>()

    /// When a token may be checked next, in uptime.
    var next: Span? { due.next }

    mutating func append(_ id: ConnectionID, from address: String, at now: Moment) {
        if lines[address] == nil, lines.count >= Limits.clientAddresses {
            lines = lines.filter { !$0.value.isEmpty || $0.value.next > now.uptime }
        }
        let wasEmpty = lines[address]?.isEmpty ?? true
        lines[address, default: Line(next: now.uptime)].waiting.append(id)
        guard wasEmpty else { return }
        let next = max(lines[address]!.next, now.uptime)
        lines[address]!.next = next
        due.insert(address, due: next)
    }

    /// The connection whose token may be checked now; call until nil, and ``finish(_:looked:at:)`` after each.
    mutating func take(at now: Moment) -> (id: ConnectionID, address: String)? {
        guard let address = due.take(at: now.uptime), let line = lines[address], !line.isEmpty else { return nil }
        lines[address]!.first += 1
        return (line.waiting[line.first], address)
    }

    /// `looked`: false if the connection is gone, or its token was known to be wrong.
    mutating func finish(_ address: String, looked: Bool, at now: Moment) {
        guard var line = lines.removeValue(forKey: address) else { return }
        // Checks for which the loop came late are made up for, but not those of a time in which nobody waited.
        if looked { line.next = max(line.next, now.uptime - Limits.tokenLooksLate) + Self.interval }
        if line.isEmpty {
            line.waiting.removeAll()
            line.first = 0
            if line.next > now.uptime { lines[address] = line }
        } else {
            if line.first > Limits.spentLooks, line.first * 2 > line.waiting.count {
                line.waiting.removeFirst(line.first)
                line.first = 0
            }
            lines[address] = line
            due.insert(address, due: line.next)
        }
    }
}
