import Figures
import Foundation
import Core
import Edges
import Gateway
import Recordings
import Telephony
import Testing
import Time
import Wallboard
import Wire

@Suite("GET /v1/stats and /v1/stats/explain")
struct StatisticsTests {
    private static func recording(_ name: String) throws -> Recording { try Recording.load("\(Trace.folder)/\(name)") }

    private static let windows = [
        "window=today", "window=today&base=completion", "window=5m", "window=15m", "window=60m",
    ]
    private static let scopes = [
        "", "switch=roma", "queue=incentivi&queue=informazioni", "group=tutte", "team=grande", "supplier=Fornitore",
    ]

    private static func query(_ parts: String...) -> String {
        let query = parts.filter { !$0.isEmpty }.joined(separator: "&")
        return query.isEmpty ? "" : "?\(query)"
    }

    // MARK: evidence

    /// How a figure and its explanation disagree.
    private static func disagreement(_ figure: StatisticsMessage.Figure, _ told: ExplanationMessage) -> String? {
        if told.figure != figure { return "the explanation has another figure: \(told.figure)" }
        for part in [told.numerator, told.denominator].compactMap({ $0 }) where part.calls.count != part.count {
            return "\(part.count) calls, \(part.calls.count) told"
        }
        switch figure.id {
        case "maxWait":
            if told.numerator.sum != nil { return "the waits are added up" }
            let waits = told.numerator.calls.map(\.value)
            return waits.first == figure.numerator && waits == waits.sorted(by: >) ? nil : "longest of \(waits)"
        case "P50", "P90", "P95", "P99":
            if told.numerator.sum != nil { return "the waits are added up" }
            let waits = told.numerator.calls.map(\.value)
            guard waits == waits.sorted() else { return "not from the shortest up" }
            guard let quantile = figure.numerator, let percent = Double(figure.id.dropFirst()) else {
                return waits.isEmpty && figure.numerator == nil ? nil : "\(waits.count) waits, and no quantile"
            }
            // Nearest rank, within 0.1 % or 1 ms (WaitHistogram).
            let exact = waits[max(0, Int((percent / 100 * Double(waits.count)).rounded(.up)) - 1)]
            return abs(quantile - exact) <= max(1000, exact / 1000 + 1000)
                ? nil : "\(quantile), and the wait of that rank is \(exact)"
        default:
            if told.numerator.sum != figure.numerator { return "numerator: \(told.numerator.sum.debugDescription)" }
            if told.denominator?.sum != figure.denominator {
                return "denominator: \(told.denominator.debugDescription)"
            }
            for part in [told.numerator, told.denominator].compactMap({ $0 })
            where part.calls.reduce(0, { $0 + $1.value }) != part.sum {
                return "the calls' values are not the sum"
            }
            return nil
        }
    }

    @Test(
        "explain each figure by calls that add up to its numerator and its denominator, for every scope and window",
        arguments: ["22/mixed-a", "22/queue_full-a", "22/wrapup-a", "22/rna_then_answer-a", "22/join_empty-a"])
    func evidence(name: String) throws {
        let recording = try Self.recording(name)
        var compared = 0
        for share in [0.6, 1] {
            let gateway = AskedGateway(recording, share: share)
            for (number, scope) in Self.scopes.enumerated() {
                // Every scope with every window would only run the same code repeatedly.
                for window in number == 0 ? Self.windows : [Self.windows[number % 5]] {
                    let query = Self.query(scope, window)
                    // A queue or a group that this recording does not have.
                    guard let statistics = gateway.statistics(query) else {
                        #expect(scope.hasPrefix("queue="), "\(name) \(query)")
                        continue
                    }
                    let ofTime = Set(FigureDefinition.ofTime.map(\.id))
                    for figure in statistics.figures where !ofTime.contains(figure.id) {
                        // Calls without a queue are the switch's.
                        if figure.id == "ivrOnly", figure.value == nil { continue }
                        // A waiting caller's visit has not ended: by completion this is not a figure.
                        if figure.id == "waiting", statistics.window.base == "completion" {
                            #expect(figure.numerator == nil && figure.value == nil)
                            continue
                        }
                        guard let told = gateway.explanation(figure.id, query) else {
                            Issue.record("\(name) \(query): no explanation of \(figure.id)")
                            continue
                        }
                        let fault = Self.disagreement(figure, told)
                        #expect(fault == nil, "\(name) \(query) \(figure)")
                        if !told.numerator.calls.isEmpty { compared += 1 }
                    }
                }
            }
        }
        #expect(compared > 20, "it really had calls to explain")
    }

    @Test("explain by another threshold than the contract's as well")
    func threshold() throws {
        let gateway = AskedGateway(try Self.recording("22/mixed-a"))
        var levels: Set<Int64> = []
        for seconds in [1, 5, 20, 600] {
            let told = try #require(gateway.explanation("SL3", "?threshold=\(seconds)"))
            #expect(Self.disagreement(told.figure, told) == nil)
            levels.insert(told.figure.numerator ?? -1)
            let level = try #require(gateway.statistics("?thresholds=\(seconds),\(seconds)")?.thresholds)
            #expect(level.count == 1, "a threshold that is given twice counts once")
            #expect(level[0].levels.first { $0.formula == "SL3" }?.numerator == Int(told.figure.numerator ?? -1))
        }
        #expect(levels.count > 2, "the threshold matters")
    }

    @Test("give the calls of an explanation in pages that fit together")
    func pages() throws {
        let gateway = AskedGateway(try Self.recording("22/mixed-a"))
        for figure in ["offered", "maxWait", "P50"] {
            let all = try #require(gateway.explanation(figure, "")).numerator
            var calls: [ExplanationMessage.Call] = []
            while calls.count < all.count {
                let page = gateway.get("/v1/stats/explain?figure=\(figure)&offset=\(calls.count)&limit=7")
                let part = try #require(JSON.decode(ExplanationMessage.self, from: page.body.utf8)).numerator
                #expect(part.count == all.count && part.sum == all.sum)
                try #require(!part.calls.isEmpty)
                calls += part.calls
            }
            #expect(calls == all.calls)
            #expect(calls.allSatisfy { $0.record != nil && $0.channel != nil && !$0.rule.isEmpty })
        }
    }

    // MARK: what cannot be answered

    @Test(
        "refuse what makes no sense, and say what exists",
        arguments: [
            ("?queue=nessuna", "There is no queue “nessuna”; there are: “incentivi”"),
            ("?group=x", "There is no group “x”; there are: “tutte”."),
            ("?team=x", "There is no team “x”; there are: “grande”, “due”."),
            ("?supplier=x", "There is no supplier “x”; there are: “Fornitore”."),
            ("?switch=x", "There is no switch “x”; there are: “roma”, “cloud”."),
            ("?queue=incentivi&team=due", "one of queue, group, team"),
            ("?team=due&team=grande", "One team at a time."),
            ("?queue=incentivi&switch=cloud", "There is no queue “incentivi”; there is none."),
            ("?finestra=oggi", "There is no parameter “finestra”; there are: at, base,"),
            ("?window=45m", "There is no window “45m”; there are: today, 5m,"),
            ("?window=5m&window=15m", "window is given twice."),
            ("?window=5m&base=cohort", "completion base"), ("?base=x", "There is no base “x”; there are: cohort"),
            ("?window=interval", "needs its start"),
            ("?window=interval&start=ieri", "start “ieri” is not a date and time: write 2026-11-23 10:15"),
            ("?start=2026-02-30 10:00", "is not a date and time"),
            ("?from=2026-03-02 10:00", "needs from and to"),
            ("?from=2026-03-02 10:00&to=2026-03-02 10:00", "from before to"),
            ("?window=interval&start=2026-03-02 10:00&length=20", "There is no length “20”; there are: 15, 30"),
            ("?lang=de", "There is no language “de”; there are: it, en"),
            ("?from=1000-01-01 00:00&to=2026-03-02 10:00", "at most a year from now"),
            ("?from=2026-03-02 10:00&to=9999-12-31 00:00", "at most a year from now"),

            ("?start=2026-03-02 10:00&window=today", "start is for the window interval, not for “today”."),
            ("?to=2026-03-02 10:00", "to is for the window between, not for “today”."),
            ("?window=30m&length=15", "length is for the window interval, not for “30m”."),
        ])
    func refusals(query: String, words: String) throws {
        let gateway = AskedGateway(try Self.recording("22/mixed-a"))
        for path in ["/v1/stats", "/v1/stats/explain"] {
            let figure = path.hasSuffix("explain") && !query.contains("figure=") ? "&figure=offered" : ""
            let answer = gateway.get(path + query + figure)
            #expect(answer.status == 400 && answer.body.contains(words), "\(path)\(query): \(answer)")
        }
    }

    @Test("of the history take no parameter: one that would have no effect is refused, as everywhere")
    func historyTakesNone() throws {
        let gateway = AskedGateway(try Self.recording("22/mixed-a"))
        #expect(gateway.get("/v1/wallboard/history").status == 200)
        for query in ["?queue=incentivi", "?at=2026-03-02T08:00:00Z", "?token=x&hours=4"] {
            let answer = gateway.get("/v1/wallboard/history" + query)
            #expect(answer.status == 400 && answer.body.contains("is not known: the history has none"), "\(answer)")
        }
    }

    @Test("refuse parameters that belong to the other of the two")
    func others() throws {
        let gateway = AskedGateway(try Self.recording("22/mixed-a"))
        for (query, words) in [
            ("/v1/stats?thresholds=0", "thresholds are 1 to 20"), ("/v1/stats?thresholds=", "thresholds are 1 to 20"),
            ("/v1/stats/explain?figure=ASA&thresholds=20", "thresholds= is for /v1/stats:"),
            ("/v1/stats?figure=ASA", "figure= is for /v1/stats/explain."),
            ("/v1/stats?limit=5", "limit= is for /v1/stats/explain."),
            ("/v1/stats/explain?figure=SL9", "There is no figure “SL9”; there are:"),
            ("/v1/stats/explain?figure=ASA&limit=0", "limit “0” is not a whole number from 1"),
            ("/v1/stats/explain?figure=ASA&threshold=x", "threshold “x” is not a whole number"),
        ] {
            let answer = gateway.get(query)
            #expect(answer.status == 400 && answer.body.contains(words), "\(query): \(answer)")
        }
    }

    @Test("have exactly the figures of the OpenAPI document, in their order")
    func figureIDs() throws {
        let path = Trace.folder.replacing("/Simulator/Traces", with: "/Protocols/HTTP/openapi.yaml")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let list = try #require(text.firstMatch(of: /FigureID: \{ type: string, enum: \[([^\]]*)\] \}/)).1
        #expect(
            list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
                == FigureDefinition.all.map(\.id))
    }

    @Test("refuse to explain without a figure, a team by a queue's figure, and agents' time by calls")
    func noExplanation() throws {
        let gateway = AskedGateway(try Self.recording("22/mixed-a"))
        for (query, words) in [
            ("", "Which figure?"),
            ("?figure=offered&team=grande", "“offered” is a figure of queues. Of a team there are handled,"),
            ("?figure=occupancy", "agents' time"), ("?figure=occupancy&team=grande", "agents' time"),
        ] {
            let answer = gateway.get("/v1/stats/explain\(query)")
            #expect(answer.status == 400 && answer.body.contains(words), "\(query): \(answer)")
        }
    }

    @Test("name both moments of a local time that happened twice, and accept each as it is named")
    func twice() throws {
        let gateway = AskedGateway(try Self.recording("22/mixed-a"))
        let answer = gateway.get("/v1/stats?window=interval&start=2027-10-31 02:15")
        #expect(answer.status == 400)
        #expect(
            answer.body.contains("happened twice: write 2027-10-31T02:15:00+02:00 or 2027-10-31T02:15:00+01:00."),
            "\(answer)")
        for (start, from) in [
            ("2027-10-31T02:15:00%2B02:00", "2027-10-31T00:15:00.000Z"),
            ("2027-10-31T02:15:00+01:00", "2027-10-31T01:15:00.000Z"),
            ("2027-10-31T02:15:00%2B01:00", "2027-10-31T01:15:00.000Z"),
        ] {
            let window = gateway.statistics("?window=interval&start=\(start)")?.window
            #expect(window?.from == from, "\(start)")
        }
    }

    @Test(
        "refuse a window whose calls are no longer in memory, and say where they are; zeros would look like a quiet day"
    )
    func forgotten() throws {
        var bench = Bench()
        bench.greet()
        bench.join("1.1")
        // 08:00 UTC; of the previous day only the last twelve hours are kept.
        let yesterday = "?switch=roma&window=between&from=2026-03-01 11:59&to=2026-03-01 13:00"
        let answer = bench.request("GET", "/v1/stats\(yesterday.replacing(" ", with: "%20"))")
        #expect(answer.status == 400)
        #expect(
            answer.body.contains("Calls before 2026-03-01T12:00:00+01:00 are not in memory any more"), "\(answer.body)")
        let kept = "?switch=roma&window=between&from=2026-03-01 12:00&to=2026-03-01 13:00"
        #expect(try Self.coverage(&bench, kept.replacing(" ", with: "%20")).lostSeconds == 3600, "before we ran")
    }

    // MARK: coverage

    private static func coverage(_ bench: inout Bench, _ query: String = "?switch=roma") throws
        -> StatisticsMessage.Coverage
    {
        let answer = bench.request("GET", "/v1/stats\(query)")
        return try #require(JSON.decode(StatisticsMessage.self, from: answer.body.utf8), "\(answer)").coverage
    }

    @Test("count as lost what was not heard: before the gateway ran, and in gaps")
    func coverage() throws {
        // 08:00 UTC is 9 hours after midnight in Rome. A recording's link is heard as soon as it is open.
        var bench = Bench()
        bench.greet()
        bench.wait(.seconds(1800))
        var told = try Self.coverage(&bench)
        #expect(told.seconds == 34_200 && told.lostSeconds == 32_400 && told.gaps == 0)
        bench.cutSwitch()
        bench.wait(.seconds(600))
        told = try Self.coverage(&bench)
        #expect(told.lostSeconds == 33_000 && told.gaps == 1, "a gap that is still open")
        #expect(try Self.coverage(&bench, "?switch=roma&window=5m").lostSeconds == 300, "a whole window within it")
        bench.reconnectSwitch()
        bench.greet()
        bench.wait(.seconds(3600))
        told = try Self.coverage(&bench, "?switch=roma&window=60m")
        #expect(told.lostSeconds == 0 && told.gaps == 0, "it is over")
        #expect(
            try Self.coverage(&bench, "?switch=cloud").lostSeconds == 32_400, "a webhook's source is heard since we run"
        )
        let all = try Self.coverage(&bench, "").lostSeconds
        #expect(try all == Self.coverage(&bench).lostSeconds, "each moment once, though it was lost of both")
    }

    @Test("say how much of the window the journal lacks, and nothing where none is kept")
    func fullDisk() throws {
        var bench = Bench()
        bench.wait(.seconds(1800))
        #expect(try Self.coverage(&bench).unjournalledSeconds == nil)
        var report = HostReport()
        let start = UnixTime(rfc3339: "2026-03-02T08:00:00Z")!
        report.journal = .init(
            lastCommit: nil, uncommitted: nil, lostEntries: 7, lostBytes: 900, lostIntervals: 2, isLosing: false,
            lost: [start + .seconds(60)..<start + .seconds(90), start + .seconds(1600)..<start + .seconds(1610)])
        bench.hear(report)
        #expect(try Self.coverage(&bench).unjournalledSeconds == 40)
        #expect(try Self.coverage(&bench, "?window=5m").unjournalledSeconds == 10)
    }

    @Test(
        "count a switch that was never heard as lost since midnight, whether or not an earlier run says since when",
        arguments: [true, false])
    func neverHeard(ranBefore: Bool) throws {
        var configuration = Bench.liveConfiguration
        if ranBefore { configuration.unheardSince = [SwitchID("roma"): UnixTime(rfc3339: "2026-03-01T20:00:00Z")!] }
        var bench = Bench(configuration)
        bench.wait(.seconds(3600))
        let told = try Self.coverage(&bench)
        #expect(told.seconds == 36_000 && told.lostSeconds == 36_000 && told.gaps == (ranBefore ? 1 : 0))
    }

    @Test("count a gap that began before the gateway ran once")
    func earlierRun() throws {
        var configuration = Bench.configuration
        configuration.unheardSince = [SwitchID("roma"): UnixTime(rfc3339: "2026-03-01T20:00:00Z")!]
        var bench = Bench(configuration)
        bench.greet()
        bench.wait(.seconds(60))
        let told = try Self.coverage(&bench)
        #expect(told.seconds == 32_460 && told.lostSeconds == 32_400 && told.gaps == 1)
    }

    // MARK: privacy

    @Test(
        "withhold the figures of fewer than five agents, in statistics and explanation, unless a legal basis is configured"
    )
    func smallTeam() throws {
        let recording = try Self.recording("22/mixed-a")
        let gateway = AskedGateway(recording)
        let withheld = try #require(gateway.statistics("?team=due"))
        #expect(withheld.figures == [] && withheld.time == nil && withheld.thresholds == [])
        #expect(
            withheld.withheld
                == "Figures of agents are not shown for fewer than 5 of them (here 2) without a legal basis.")
        #expect(gateway.get("/v1/stats/explain?team=due&figure=handled").status == 400)
        let large = try #require(gateway.statistics("?team=grande"))
        #expect(
            large.withheld == nil && large.time?.agents == 6
                && large.figures.contains { $0.id == "occupancy" && $0.value != nil })
        #expect(!large.figures.contains { $0.id == "offered" }, "a team has no queue")

        let permitted = AskedGateway(recording, AskedGateway.configuration(legalBasis: true))
        let shown = try #require(permitted.statistics("?team=due"))
        #expect(shown.withheld == nil && shown.time?.agents == 2)
        #expect(shown.figures.first { $0.id == "handled" }?.numerator ?? 0 > 0)
        #expect(permitted.get("/v1/stats/explain?team=due&figure=handled").status == 200)
    }

    @Test("cover those who were present, not all who ever were: one of a large team is not shown")
    func personsOfTheWindow() throws {
        var bench = Bench(AskedGateway.configuration())
        bench.greet()
        for agent in 1001...1006 { bench.member("\(agent)") }
        func told(_ query: String) throws -> StatisticsMessage {
            let answer = bench.request("GET", "/v1/stats?team=grande&\(query)")
            return try #require(JSON.decode(StatisticsMessage.self, from: answer.body.utf8), "\(answer)")
        }
        bench.wait(.seconds(3600))
        #expect(try told("window=15m").time?.agents == 6)
        for agent in 1002...1006 {
            bench.asterisk("QueueMemberRemoved|Queue: info|MemberName: Agente|Interface: PJSIP/\(agent)")
        }
        bench.wait(.seconds(3600))
        #expect(try told("window=15m").time == nil && told("window=15m").figures == [])
        #expect(try told("window=today").time?.agents == 6, "in the morning they were there")
    }

    @Test("of everything leave out small teams, and say so, where the difference to a large one would be one person's")
    func difference() throws {
        var configuration = AskedGateway.configuration()
        configuration.organisation.teams.removeAll { $0.name != "grande" }
        var bench = Bench(configuration)
        bench.greet()
        for agent in 1001...1006 { bench.member("\(agent)") }
        bench.member("1099")
        bench.wait(.seconds(1800))
        func loggedIn(_ query: String) throws -> (Double?, String?) {
            let answer = bench.request("GET", "/v1/stats?window=15m&\(query)")
            let told = try #require(JSON.decode(StatisticsMessage.self, from: answer.body.utf8), "\(answer)")
            return (told.figures.first { $0.id == "loggedInTime" }?.value, told.withheld)
        }
        let (team, all) = (try loggedIn("team=grande"), try loggedIn("switch=roma"))
        #expect(team.0 == 6 * 900 && all.0 == team.0)
        #expect(
            all.1 == "1 agent(s) of small teams are in no figure of agents here: without a legal basis there must be 5."
        )
    }

    @Test("count an agent who works on two switches as one person")
    func onePerson() throws {
        var configuration = AskedGateway.configuration()
        var other = configuration.switches[0]
        other.name = SwitchID("milano")
        configuration.switches.append(other)
        var gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 7)
        var effects: [Effect] = []
        let now = Moment(uptime: .seconds(1), date: Bench.start)
        gateway.handle(.started, at: now, into: &effects)
        let links = effects.compactMap { if case .connect(let id, _, _) = $0 { id } else { nil } }
        #expect(links.count == 2)
        for link in links {
            gateway.handle(.opened(link), at: now, into: &effects)
            var text = "Asterisk Call Manager/11.0.0\r\n"
            for agent in 1001...1003 {
                text +=
                    "Event: QueueMemberStatus\r\nQueue: info\r\nMemberName: A\r\nInterface: PJSIP/\(agent)\r\nStatus: 1\r\nPaused: 0\r\n\r\n"
            }
            gateway.handle(.received(link, Array(text.utf8)), at: now, into: &effects)
        }
        let client = ConnectionID(1)
        let later = Moment(uptime: now.uptime + .seconds(1), date: now.date + .seconds(1))
        gateway.handle(.accepted(client, .http), at: later, into: &effects)
        effects = []
        gateway.handle(
            .received(client, Array(Bench.request("GET", "/v1/stats?team=grande").utf8)), at: later, into: &effects)
        if let question = gateway.question(of: client, at: later) {
            gateway.handle(.lookedBack(client, question.answer()), at: later, into: &effects)
        }
        let body = effects.compactMap {
            if case .send(client, let bytes) = $0 { Bench.answer(bytes).body } else { nil }
        }.joined()
        #expect(JSON.decode(StatisticsMessage.self, from: body.utf8)?.withheld?.contains("(here 3)") == true, "\(body)")
    }

    @Test("have no history of a person in the core without a legal basis", arguments: [false, true])
    func individuals(legalBasis: Bool) throws {
        let gateway = AskedGateway(try Self.recording("22/mixed-a"), AskedGateway.configuration(legalBasis: legalBasis))
            .gateway
        var persons = 0
        var facts = 0
        /// Goes through everything there is; within the facts, an interface is a person's.
        func walk(_ value: Any, inFacts: Bool) {
            if inFacts, value is Interface { persons += 1 }
            let isFacts = inFacts || value is Facts
            if value is Facts { facts += 1 }
            for child in Mirror(reflecting: value).children { walk(child.value, inFacts: isFacts) }
        }
        walk(gateway, inFacts: false)
        #expect(facts == 2, "one for each switch")
        #expect(legalBasis ? persons > 0 : persons == 0)
    }

    // MARK: who may ask

    @Test("are for this machine, or for clients with the wallboard's token")
    func access() throws {
        let recording = try Self.recording("22/hold-a")
        var configuration = AskedGateway.configuration()
        configuration.wallboardToken = Configuration.Secret("w-secret")
        let gateway = AskedGateway(recording, configuration)
        for path in ["/v1/stats", "/v1/stats/explain?figure=offered"] {
            #expect(gateway.get(path).status == 401)
            #expect(gateway.get(path, [("Authorization", "Bearer guess")]).status == 401)
            #expect(gateway.get(path, [("Authorization", "Bearer w-secret")]).status == 200)
        }
    }
}
