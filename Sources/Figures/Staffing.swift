import Telephony
import Time

/// Who is at work now: what figures of agents need beside the facts, without names.
///
/// Facts have agents' time as far as it is over. The states that last are not written down yet; they are here.
public struct Staffing: Sendable {
    /// What one agent who is logged in does, and since when.
    public struct RunningState: Sendable {
        /// "": in no team.
        var team: String
        var state: AgentState
        var reason: String?
        var since: Moment
        /// The last quarter-hour in which the agent is among ``Facts/people``.
        var countedIn: UnixTime?

        package init(team: String, state: AgentState, reason: String?, since: Moment, countedIn: UnixTime?) {
            self.team = team
            self.state = state
            self.reason = reason
            self.since = since
            self.countedIn = countedIn
        }
    }

    /// In an order that does not depend on the run of the program, because pause reasons beyond
    /// ``StateTime/reasonLimit`` lose their names.
    private let running: [RunningState]
    /// Teams that have agents on this switch, sorted; "" are agents in none.
    let teams: [String]
    /// A legal basis allows figures of single persons.
    private let keepsIndividuals: Bool

    package init(running: [RunningState], teams: [String], keepsIndividuals: Bool) {
        self.running = running
        self.teams = teams
        self.keepsIndividuals = keepsIndividuals
    }

    /// The time that lies in the range of states that last.
    func add(to time: inout StateTime, in range: Range<UnixTime>, at now: Moment, _ isMember: (String) -> Bool) {
        for agent in running where isMember(agent.team) {
            time.add(agent.state, reason: agent.reason, LegFact.overlap(agent.since, now, range))
        }
    }
}

// MARK: - How many people a figure covers, so that no figure can be traced to one of them. `domain.md` §8.2.

extension Facts {
    /// A running state is followed back so far, quarter-hour by quarter-hour.
    private static let runningStateLimit = Span.seconds(7 * 86_400)

    /// How many agents of each team were logged in within each quarter-hour that intersects the range.
    func people(in range: Range<UnixTime>, _ staffing: Staffing, at now: Moment) -> [String: [UnixTime: Int]] {
        let quarters = ClockInterval.quarters(touching: range)
        var people = people.mapValues { counts in counts.filter { quarters.contains($0.key) } }
        staffing.add(
            to: &people, in: quarters, notBefore: now.date.microseconds - Self.runningStateLimit.microseconds, at: now)
        return people
    }

    /// The least number of people of these teams who were logged in within the window.
    ///
    /// As many as in the quarter-hour with the most of them that lies in the window whole, or as far as it has come;
    /// where none does, as in the one with the fewest that intersects it.
    package func people(of teams: some Collection<String>, _ window: Window, _ staffing: Staffing, at now: Moment)
        -> Int
    {
        let range = window.dates(at: now)
        return Self.count(teams, people(in: range, staffing, at: now), in: range, at: now)
    }

    /// Only quarter-hours in which somebody was there are looked at, and those at the ends of the range: it
    /// may be a thousand years long.
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
            let isWithin =
                range.lowerBound <= start && (start + length <= range.upperBound || range.upperBound >= now.date)
            if isWithin { most = max(most ?? 0, count) } else { fewest = min(fewest ?? .max, count) }
        }
        return most ?? fewest ?? 0
    }

    /// Of these teams, those whose agents may be part of figures of the window.
    package func shown(_ teams: [String], _ window: Window, _ staffing: Staffing, at now: Moment) -> [String] {
        let range = window.dates(at: now)
        let people = people(in: range, staffing, at: now)
        let shown = staffing.shown(teams) { Self.count([$0], people, in: range, at: now) }
        return (shown.alone + shown.together).sorted()
    }
}

extension Staffing {
    /// Counts each agent in the quarter-hours of the running state in which nobody has counted the agent yet.
    fileprivate func add(
        to people: inout [String: [UnixTime: Int]], in quarters: Range<UnixTime>, notBefore limit: Int64, at now: Moment
    ) {
        // Facts are kept for less than two days. An agent whose state is older, or claims to be, costs no
        // more than these.
        let oldest = max(quarters.lowerBound, UnixTime(microseconds: limit))
        for agent in running {
            var quarter = ClockInterval.containing(max(agent.since.date, oldest), length: ClockInterval.quarterHour)
            while quarter.start <= now.date, quarters.contains(quarter.start) {
                if agent.countedIn.map({ $0 < quarter.start }) ?? true {
                    people[agent.team, default: [:]][quarter.start, default: 0] += 1
                }
                quarter = ClockInterval(start: quarter.end, length: quarter.length)
            }
        }
    }

    /// Which of these teams may be shown, each alone or only added up.
    ///
    /// Without a legal basis a team is shown alone where nobody of it was there, or
    /// ``Organisation/smallestTeam`` people at least; the others are added up where they are so many together.
    /// Otherwise subtracting the shown teams from the total would reveal one person's figure.
    func shown(_ teams: [String], _ count: (String) -> Int) -> (alone: [String], together: [String]) {
        if keepsIndividuals { return (teams, []) }
        var small = teams.filter { (1..<Organisation.smallestTeam).contains(count($0)) || $0 == IntervalRow.otherTeams }
        if !small.isEmpty, teams.contains(""), !small.contains("") { small.insert("", at: 0) }
        let alone = teams.filter { !small.contains($0) }
        return (alone, small.reduce(0) { $0 + count($1) } >= Organisation.smallestTeam ? small : [])
    }
}

extension ClockInterval {
    /// From the start of the first quarter-hour that intersects the range to the end of the last; of an empty
    /// range, the one around it.
    fileprivate static func quarters(touching range: Range<UnixTime>) -> Range<UnixTime> {
        let first = containing(range.lowerBound, length: quarterHour)
        guard !range.isEmpty else { return first.range }
        return first
            .start..<containing(UnixTime(microseconds: range.upperBound.microseconds - 1), length: quarterHour).end
    }
}
