import Telephony
import Time

/// Of how many persons a figure is, so that none is told that is a person's. `domain.md` §8.2.
extension ACD {
    /// So far back is looked at an agent's present state, quarter-hour by quarter-hour.
    private static let openStateLimit = Span.seconds(7 * 86_400)

    /// How many agents of each team were logged in within each quarter-hour of the range, or one that it touches.
    func people(in range: Range<UnixTime>, at now: Moment) -> [String: [UnixTime: Int]] {
        let quarters = ClockInterval.quarters(touching: range)
        var people = facts.people.mapValues { counts in counts.filter { quarters.contains($0.key) } }
        // Facts are kept for less than two days. An agent whose state is older, or is said to be, costs no more than these.
        let oldest = max(quarters.lowerBound, UnixTime(microseconds: now.date.microseconds - Self.openStateLimit.microseconds))
        // What an agent does now is not written down yet.
        for agent in agents.values where agent.counted != .loggedOff {
            var quarter = ClockInterval.containing(max(agent.since.date, oldest), length: ClockInterval.quarterHour)
            while quarter.start <= now.date, quarters.contains(quarter.start) {
                if agent.countedIn.map({ $0 < quarter.start }) ?? true {
                    people[team(of: agent.agent.interface) ?? "", default: [:]][quarter.start, default: 0] += 1
                }
                quarter = ClockInterval(start: quarter.end, length: quarter.length)
            }
        }
        return people
    }

    /// At least so many persons of these teams were logged in within the window: as many as in the quarter-hour with the most of them that lies in it
    /// whole, or as far as it has come; where none does, as in the one with the fewest that it touches.
    public func people(of teams: some Collection<String>, _ window: Window, at now: Moment) -> Int {
        let range = window.dates(at: now)
        return Self.count(teams, people(in: range, at: now), in: range, at: now)
    }

    /// Only quarter-hours in which somebody was there are gone through, and those at the ends of the range: it may be a thousand years long.
    private static func count(
        _ teams: some Collection<String>, _ people: [String: [UnixTime: Int]], in range: Range<UnixTime>, at now: Moment
    ) -> Int {
        let quarters = ClockInterval.quarters(touching: range)
        let length = ClockInterval.quarterHour
        var starts: Set = [
            quarters.lowerBound, quarters.lowerBound + length,
            UnixTime(microseconds: quarters.upperBound.microseconds - length.microseconds),
        ]
        for team in teams { if let counts = people[team] { starts.formUnion(counts.keys) } }
        var most: Int?
        var fewest: Int?
        for start in starts where quarters.contains(start) {
            let count = teams.reduce(0) { $0 + (people[$1]?[start] ?? 0) }
            let isWithin = range.lowerBound <= start && (start + length <= range.upperBound || range.upperBound >= now.date)
            if isWithin { most = max(most ?? 0, count) } else { fewest = min(fewest ?? .max, count) }
        }
        return most ?? fewest ?? 0
    }

    /// Teams that have agents on this switch; "" are those in none.
    public var teams: [String] { Set(agents.filter { $0.value.isAnother != true }.keys.map { team(of: $0) ?? "" }).sorted() }

    /// Which of these teams may be told of: without a legal basis those of which nobody was there, or ``Organisation/smallestTeam`` at least; and the
    /// others, all together, where they are so many. Else the difference between what is told of some and of all would be a person's.
    func shown(_ teams: [String], _ count: (String) -> Int) -> (alone: [String], together: [String]) {
        if house.keepsIndividuals { return (teams, []) }
        var small = teams.filter { (1..<Organisation.smallestTeam).contains(count($0)) || $0 == IntervalRow.otherTeams }
        if !small.isEmpty, teams.contains(""), !small.contains("") { small.insert("", at: 0) }
        let alone = teams.filter { !small.contains($0) }
        return (alone, small.reduce(0) { $0 + count($1) } >= Organisation.smallestTeam ? small : [])
    }

    /// Of these teams, those whose agents may stand in figures of the window.
    public func shown(_ teams: [String], _ window: Window, at now: Moment) -> [String] {
        let range = window.dates(at: now)
        let people = people(in: range, at: now)
        let shown = shown(teams) { Self.count([$0], people, in: range, at: now) }
        return (shown.alone + shown.together).sorted()
    }
}

extension ClockInterval {
    /// From the beginning of the first quarter-hour of which something lies in the range to the end of the last; of an empty range, the one that it is in.
    fileprivate static func quarters(touching range: Range<UnixTime>) -> Range<UnixTime> {
        let first = containing(range.lowerBound, length: quarterHour)
        guard !range.isEmpty else { return first.range }
        return first.start..<containing(UnixTime(microseconds: range.upperBound.microseconds - 1), length: quarterHour).end
    }
}
