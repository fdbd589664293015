import Telephony

/// Of how many persons a figure is, so that none is told that is a person's. `domain.md` §8.2.
extension ACD {
    /// How many agents of each team were logged in within each quarter-hour of the range, or one that it touches.
    func people(in range: Range<UnixTime>, at now: Moment) -> [String: [UnixTime: Int]] {
        let quarters = ClockInterval.quarters(touching: range)
        var people = facts.people.mapValues { counts in counts.filter { quarters.contains($0.key) } }
        // What an agent does now is not written down yet.
        for agent in agents.values where agent.counted != .loggedOff {
            var quarter = ClockInterval.containing(max(agent.since.date, quarters.lowerBound), length: ClockInterval.quarterHour)
            while quarter.start <= now.date, quarters.contains(quarter.start) {
                if agent.countedIn.map({ $0 < quarter.start }) ?? true {
                    people[house.teams[agent.agent.interface] ?? "", default: [:]][quarter.start, default: 0] += 1
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
        let people = people(in: range, at: now)
        var most: Int?
        var fewest: Int?
        for quarter in ClockInterval.intervals(in: ClockInterval.quarters(touching: range), length: ClockInterval.quarterHour) {
            let count = teams.reduce(0) { $0 + (people[$1]?[quarter.start] ?? 0) }
            let isWithin = range.lowerBound <= quarter.start && (quarter.end <= range.upperBound || range.upperBound >= now.date)
            if isWithin { most = max(most ?? 0, count) } else { fewest = min(fewest ?? .max, count) }
        }
        return most ?? fewest ?? 0
    }

    /// Teams that have agents on this switch; "" are those in none.
    public var teams: [String] { Set(agents.keys.map { house.teams[$0] ?? "" }).sorted() }

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
        let shown = shown(teams) { people(of: [$0], window, at: now) }
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
