import Telephony
import Time

/// Matches our visits with the log's.
struct Pairing {
    /// In order of joining; one side is nil if it has no counterpart.
    private(set) var pairs: [(logged: LoggedVisit?, ours: OurVisit?)] = []

    /// For more combinations than this, of one call in one queue, the n-th is paired with the n-th: nobody comes back a
    /// hundred times.
    private static let combinations = 10_000

    init(_ logged: [LoggedVisit], _ unordered: [OurVisit]) {
        let ours = unordered.sorted { ($0.joined, $0.contact, $0.number) < ($1.joined, $1.contact, $1.number) }
        var counterparts = [Int?](repeating: nil, count: logged.count)
        var isTaken = [Bool](repeating: false, count: ours.count)
        let logPlaces = Dictionary(grouping: logged.indices) { Place(call: logged[$0].call, queue: logged[$0].queue) }
        let ourPlaces = Dictionary(grouping: ours.indices) { Place(call: ours[$0].call, queue: ours[$0].queue) }
        for (place, entries) in logPlaces {  // any order: no visit is in two places
            // The log's order is that of its lines; a partial visit joined before them.
            let entries = entries.sorted { (logged[$0].joined, $0) < (logged[$1].joined, $1) }
            for (entry, visit) in Self.align(
                entries.map { logged[$0].joined }, (ourPlaces[place] ?? []).map { ours[$0].joined })
            {
                counterparts[entries[entry]] = ourPlaces[place]?[visit]
            }
        }
        for case let index? in counterparts { isTaken[index] = true }
        // A contact of ours may have the place under the caller's own channel.
        for index in logged.indices where counterparts[index] == nil {
            guard let heir = logged[index].heir else { continue }
            let free = (ourPlaces[Place(call: heir, queue: logged[index].queue)] ?? []).filter { !isTaken[$0] }
            guard let nearest = free.min(by: { distance($0, index) < distance($1, index) }) else { continue }
            counterparts[index] = nearest
            isTaken[nearest] = true
        }
        func distance(_ our: Int, _ entry: Int) -> Int64 { abs((ours[our].joined - logged[entry].joined).microseconds) }

        let (visits, orphans) = Self.adopting(logged, counterparts, ours)
        pairs = visits.indices.filter { !orphans.contains($0) }.map { (visits[$0], counterparts[$0].map { ours[$0] }) }
        pairs += ours.indices.filter { !isTaken[$0] }.map { (nil, ours[$0]) }
        pairs.sort { Self.order($0) < Self.order($1) }
    }

    /// Finds places that changed hands without the log saying so: the log has a place without an end, and an end
    /// without a place, in one queue and of one joining (± 1 s). They are one visit if our record also has another than
    /// the joining channel in that place, and ends it in that second; or if both sides have ABANDON: a Surrogate stood in
    /// the queue for a caller whom `Bridge` took away, and the log has the end under its name. Returns the ends to be dropped as `orphans`.
    private static func adopting(
        _ logged: [LoggedVisit], _ counterparts: [Int?], _ ours: [OurVisit]
    ) -> (visits: [LoggedVisit], orphans: Set<Int>) {
        var visits = logged
        let tolerance = Reconciliation.tolerance
        var orphans: Set<Int> = []
        let places = visits.indices.filter {
            visits[$0].outcome == .waiting && !visits[$0].isPartial && counterparts[$0] != nil
        }
        guard !places.isEmpty else { return (visits, []) }
        for end in visits.indices where visits[end].isPartial && counterparts[end] == nil {
            guard let left = visits[end].left else { continue }
            let found = places.filter { place in
                guard visits[place].outcome == .waiting, visits[place].queue == visits[end].queue,
                    let our = counterparts[place],
                    ours[our].customer != ours[our].call
                        || visits[end].outcome == .abandoned && ours[our].outcome == .abandoned,
                    let ourLeft = ours[our].left
                else { return false }
                return (visits[place].joined - visits[end].joined).isTolerable && ourLeft + tolerance >= left
                    && ourLeft <= left + tolerance + tolerance
            }
            guard found.count == 1, let place = found.first else { continue }
            var whole = visits[end]
            (whole.call, whole.entry, whole.joined, whole.isPartial) = (
                visits[place].call, visits[place].entry, visits[place].joined, false
            )
            whole.position = visits[place].position
            whole.heir = visits[end].call
            visits[place] = whole
            orphans.insert(end)
        }
        return (visits, orphans)
    }

    private static func order(_ pair: (logged: LoggedVisit?, ours: OurVisit?)) -> (
        UnixTime, String, String, Int, UInt64
    ) {
        (
            pair.logged?.joined ?? pair.ours?.joined ?? UnixTime(seconds: 0),
            (pair.logged?.call ?? pair.ours?.call)?.rawValue ?? "",
            (pair.logged?.queue ?? pair.ours?.queue)?.rawValue ?? "", pair.logged?.entry ?? 0, pair.ours?.number ?? 0
        )
    }

    /// Pairs all elements of the shorter list, in order, so that the sum of the distances is smallest; among equal
    /// solutions the earliest.
    static func align(_ left: [UnixTime], _ right: [UnixTime]) -> [(Int, Int)] {
        guard left.count != right.count, left.count * right.count <= combinations else {
            return zip(left.indices, right.indices).map { ($0, $1) }
        }
        guard left.count < right.count else { return align(right, left).map { ($1, $0) } }
        // least[i][j]: the smallest sum of pairing left[i...] with some of right[j...].
        let impossible = Int64.max / 2
        // A sum of as many as possible remains below that.
        let farthest = impossible / Int64(combinations)
        func distance(_ i: Int, _ j: Int) -> Int64 { min(abs((left[i] - right[j]).microseconds), farthest) }
        var least = [[Int64]](repeating: [Int64](repeating: impossible, count: right.count + 1), count: left.count + 1)
        least[left.count] = [Int64](repeating: 0, count: right.count + 1)
        for i in left.indices.reversed() {
            for j in right.indices.reversed() {
                least[i][j] = min(least[i][j + 1], distance(i, j) + least[i + 1][j + 1])
            }
        }
        var pairs: [(Int, Int)] = []
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            if least[i][j] == distance(i, j) + least[i + 1][j + 1] {
                pairs.append((i, j))
                i += 1
            }
            j += 1
        }
        return pairs
    }
}
