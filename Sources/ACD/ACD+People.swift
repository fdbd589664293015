import Telephony

/// Of how many persons a figure is, so that none is told that is a person's. `domain.md` §8.2.
extension ACD {
    /// Agents of a team who were logged in within the quarter-hour that begins then.
    func people(of team: String, in quarter: UnixTime, at now: Moment) -> Int {
        let interval = ClockInterval(start: quarter, length: ClockInterval.quarterHour)
        // What an agent does now is not written down yet.
        let more = agents.values.count { agent in
            (house.teams[agent.agent.interface] ?? "") == team && agent.counted != .loggedOff && agent.since.date < interval.end
                && quarter <= now.date && agent.countedIn.map { $0 < quarter } ?? true
        }
        return (facts.people[team]?[quarter] ?? 0) + more
    }

    /// At least so many persons of these teams were logged in within the window: as many as in the quarter-hour with the most of them that lies in it
    /// whole, or as far as it has come; where none does, as in the one with the fewest that it touches.
    public func people(of teams: some Collection<String>, _ window: Window, at now: Moment) -> Int {
        let range = window.dates(at: now)
        var quarter = ClockInterval.containing(range.lowerBound, length: ClockInterval.quarterHour)
        var most: Int?
        var fewest: Int?
        repeat {
            let count = teams.reduce(0) { $0 + people(of: $1, in: quarter.start, at: now) }
            let isWithin = range.lowerBound <= quarter.start && (quarter.end <= range.upperBound || range.upperBound >= now.date)
            if isWithin { most = max(most ?? 0, count) } else { fewest = min(fewest ?? .max, count) }
            quarter = ClockInterval(start: quarter.end, length: quarter.length)
        } while quarter.start < range.upperBound
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
