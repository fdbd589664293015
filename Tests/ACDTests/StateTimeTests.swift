@testable import ACD
import Figures
import Telephony
import Time
import Testing

@Suite("Agents' time")
struct StateTimeTests {
    private let bruno = AgentRef(interface: Interface("PJSIP/1002"), name: "Bruno")

    private func quarter(_ index: Int64) -> Window {
        .interval(ClockInterval.containing(at(index * 900_000).date, length: ClockInterval.quarterHour))
    }

    @Test("is split at the quarter-hour exactly: available from minute 10 to 20 is 300 s in each of two")
    func split() {
        var acd = ACD()
        acd.handle(member(), at: at(600_000))
        acd.handle(.memberRemoved(info, anna.interface), at: at(1_200_000))
        let times = (0...2).map { acd.stateTime(quarter($0), at: at(2_800_000)) { _ in true }?.loggedIn }
        #expect(times == [.seconds(300), .seconds(300), .zero])
    }

    @Test("of an agent who is available over midnight is 600 s on each day")
    func midnight() {
        var acd = ACD()
        let evening = UnixTime(rfc3339: "2026-03-02T22:50:00Z")!
        func moment(_ seconds: Int64) -> Moment { Moment(uptime: .seconds(seconds), date: evening + .seconds(seconds)) }
        acd.handle(member(), at: moment(0))
        acd.handle(.memberRemoved(info, anna.interface), at: moment(1200))
        let days = [moment(0), moment(1200)].map { Window.today(.rome, at: $0) }
        #expect(
            days.map { acd.stateTime($0, at: moment(1200)) { _ in true }?.loggedIn } == [.seconds(600), .seconds(600)])
    }

    @Test("goes on while it is read, and is unknown while the switch is not heard")
    func gap() {
        var acd = ACD()
        acd.handle(member(), at: at(0))
        acd.linkLost(at: at(60_000))
        let time = acd.stateTime(.today(.rome, at: at(0)), at: at(100_000)) { _ in true }
        #expect(time?.states == [.available: .seconds(60), .unknown: .seconds(40)])
        acd.handle(.inventoryBegan, at: at(120_000))
        acd.handle(member(), at: at(120_000))
        acd.handle(.inventoryEnded(hasChannels: true, hasQueues: true), at: at(120_000))
        let later = acd.stateTime(.today(.rome, at: at(0)), at: at(150_000)) { _ in true }
        #expect(later?.states == [.available: .seconds(90), .unknown: .seconds(60)])
    }

    @Test("of pauses is kept by reason, and by team")
    func reasons() {
        var acd = ACD(policy: .init(teams: [anna.interface: "Roma"]))
        acd.handle(member(paused: true, reason: "Pranzo"), at: at(0))
        acd.handle(member(info, bruno, paused: true, reason: "Corso"), at: at(0))
        acd.handle(member(paused: true, reason: "Corso"), at: at(30_000))
        acd.handle(member(), at: at(50_000))
        let day = Window.today(.rome, at: at(0))
        #expect(
            acd.stateTime(day, at: at(60_000)) { $0 == "Roma" }?.pauses == [
                "Pranzo": .seconds(30), "Corso": .seconds(20),
            ])
        #expect(acd.stateTime(day, at: at(60_000)) { $0 == "" }?.pauses == ["Corso": .seconds(60)])
    }

    @Test(
        "of pauses with more reasons than are kept has those of the first agents by interface, whatever run of the program counts it"
    )
    func manyReasons() throws {
        var acd = ACD()
        for number in (0..<80).reversed() {
            let agent = AgentRef(interface: Interface("PJSIP/\(1000 + number)"), name: "A\(number)")
            acd.handle(member(info, agent, paused: true, reason: "R\(number)"), at: at(0))
        }
        for window in [Window.today(.rome, at: at(0)), .sliding(minutes: 5)] {
            let pauses = try #require(acd.stateTime(window, at: at(10_000)) { _ in true }?.pauses)
            #expect(Set(pauses.keys) == Set((0..<50).map { "R\($0)" } + ["(other)"]))
            #expect(pauses["R0"] == .seconds(10) && pauses["(other)"] == .seconds(300))
        }
    }

    @Test("by occupancy leaves pauses out, and of a window within the last hour is exact")
    func occupancy() throws {
        var acd = ACD()
        acd.handle(member(), at: at(0))
        acd.handle(.established(nil, leg(1, established: at(100_000))), at: at(100_000))
        acd.handle(.disconnected(leg(1, established: at(100_000), ended: at(160_000))), at: at(160_000))
        acd.handle(member(paused: true), at: at(200_000))
        let figures = acd.teamFigures(.sliding(minutes: 5), at: at(301_000)) { _ in true }
        let occupancy = figures.value(try #require(FigureDefinition.find("occupancy")))
        // Of (1, 301]: 99 s and 40 s available, 60 s talking, 101 s paused.
        #expect([occupancy.numerator, occupancy.denominator] == [60_000_000, 199_000_000])
        let perHour = figures.value(try #require(FigureDefinition.find("handledPerHour")))
        #expect([perHour.numerator, perHour.denominator] == [1, 199_000_000])
        #expect(try #require(perHour.value) == 3600 / 199.0)
    }

    @Test("of single persons is forgotten when the legal basis is withdrawn, also what was computed before")
    func withdrawn() throws {
        let permitted = ACD.Policy(teams: [anna.interface: "Roma"], keepsIndividuals: true)
        var acd = ACD(policy: permitted)
        acd.handle(member(), at: at(0))
        acd.handle(.established(nil, leg(1, established: at(100_000))), at: at(100_000))
        acd.handle(.disconnected(leg(1, established: at(100_000), ended: at(160_000))), at: at(160_000))
        #expect(acd.facts.individuals[anna.interface] != nil && acd.facts[info]?.legs.first?.agent == anna.interface)
        acd.apply(defaults: .init(), settings: [:], policy: permitted)
        #expect(acd.facts.individuals[anna.interface] != nil)
        acd.apply(defaults: .init(), settings: [:], policy: .init(teams: [anna.interface: "Roma"]))
        #expect(acd.facts.individuals.isEmpty && acd.facts[info]?.legs.map(\.agent) == [nil])
        #expect(
            acd.stateTime(.today(.rome, at: at(160_000)), at: at(160_000)) { $0 == "Roma" }?[.talking] == .seconds(60),
            "the team's stays")
    }

    @Test("adds up to the logged-in time exactly, whatever happens", arguments: 0..<40 as Range<UInt64>)
    func partition(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var acd = ACD(defaults: .init(wrapUp: .seconds(20)), policy: .init(teams: [anna.interface: "Roma"]))
        let agents = [anna, bruno]
        var loggedIn: [Interface: Int64] = [:]
        var since: [Interface: Int64] = [:]
        var talking: [Interface: AgentLeg] = [:]
        var now: Int64 = 0
        for number in 1...200 as ClosedRange<UInt64> {
            now += Int64.random(in: 0...120_000, using: &generator)
            while let due = acd.nextDeadline, due <= .milliseconds(now) {
                acd.deadlineReached(at: Moment(uptime: due, date: at(0).date + due))
            }
            let agent = agents[Int.random(in: 0...1, using: &generator)]
            switch Int.random(in: 0...4, using: &generator) {
            case 0, 1:
                acd.handle(member(info, agent, paused: Bool.random(using: &generator), reason: "Altro"), at: at(now))
                since[agent.interface] = since[agent.interface] ?? now
            case 2 where since[agent.interface] != nil && talking[agent.interface] == nil:
                let part = leg(number, agent: agent, alerted: at(now), established: at(now))
                talking[agent.interface] = part
                acd.handle(.established(nil, part), at: at(now))
            case 3:
                guard var part = talking.removeValue(forKey: agent.interface) else { continue }
                part.ended = at(now)
                acd.handle(.disconnected(part), at: at(now))
            case 4 where talking[agent.interface] == nil:
                acd.handle(.memberRemoved(info, agent.interface), at: at(now))
                guard let start = since.removeValue(forKey: agent.interface) else { continue }
                loggedIn[agent.interface, default: 0] += now - start
            default: continue
            }
        }
        for (agent, start) in since { loggedIn[agent, default: 0] += now - start }
        // All of it lies on one day in Rome: 09:00 and at most six hours and a half.
        let day = Window.today(.rome, at: at(0))
        for (agent, team) in [(anna, "Roma"), (bruno, "")] {
            #expect(
                acd.stateTime(day, at: at(now)) { $0 == team }?.loggedIn
                    == .milliseconds(loggedIn[agent.interface] ?? 0), "\(agent.name)")
        }
    }
}
