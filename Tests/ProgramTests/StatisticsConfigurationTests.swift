import ACD
import Figures
import Foundation
import Core
import Edges
import Gateway
import Telephony
import Testing
import Time
import Waiting

@testable import centralino

@Suite("The statistics' configuration", .tags(.program), .waiting)
struct StatisticsConfigurationTests {
    private let good = "[[switches]]\nname = \"roma\"\nhost = \"127.0.0.1\"\nusername = \"cti\"\nsecret = \"x\"\n"

    private func read(_ text: String) throws -> ProgramConfiguration {
        try ProgramConfiguration.parse(text + good, path: "c.toml")
    }

    /// `line: text` of each fault.
    private func faults(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch let error as ProgramConfiguration.Faults {
            return error.list.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test("has sensible defaults: Rome's days, always open, no team, no alarm, no figures of single agents")
    func defaults() throws {
        let gateway = try read("").gateway
        #expect(gateway.timeZone == .rome && gateway.calendar == .always(in: .rome) && gateway.legalBasis == nil)
        #expect(gateway.thresholds == [5, 10, 20, 30, 60, 120].map(Span.seconds))
        #expect(gateway.organisation == Organisation() && gateway.alarms.isEmpty)
        #expect(gateway.queueDefaults.serviceLevel.formula.id == "SL6+F")
        #expect(gateway.policy == ACD.Policy(zone: .rome, teams: [:], keepsIndividuals: false))
        #expect(gateway == Configuration.with(switches: gateway.switches))
    }

    @Test("is read as the example has it")
    func example() throws {
        let path = Repository.path("Simulator/Scenarios/example/centralino.toml")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        // Without the parts that name files.
        let parts = text.components(separatedBy: "\n# ── ").filter {
            ["Service level", "Statistics", "Who works"].contains(where: $0.hasPrefix)
        }
        #expect(parts.count == 3)
        let configuration = try read(parts.map { "# \($0)\n" }.joined())
        let gateway = configuration.gateway
        #expect(configuration.warnings == [])
        #expect(
            gateway.timeZone == .rome && gateway.thresholds == Configuration().thresholds && gateway.legalBasis == nil)
        let queue = QueueName("informazioni")
        #expect(
            gateway.queueDefaults.serviceLevel.formula == .standard
                && gateway.queues[queue]?.serviceLevel.formula.id == "SL4")
        #expect(
            gateway.alarms == [
                queue: [
                    AlarmRule(metric: .waiting, raise: 10, clear: 7, severity: .critical),
                    AlarmRule(metric: .serviceLevel, raise: 0.7, clear: 0.8, severity: .warning, window: .halfHour),
                ]
            ])
        #expect(
            gateway.organisation
                == Organisation(
                    groups: [.init(name: "Cittadini", queues: [queue, QueueName("prenotazioni")])],
                    teams: [
                        .init(
                            name: "Alfa Roma", agents: (1001...1005).map { Interface("PJSIP/\($0)") }, supplier: "Alfa")
                    ],
                    suppliers: [.init(name: "Alfa", queues: [queue])]))
        #expect(gateway.policy.teams.count == 5 && !gateway.policy.keepsIndividuals)
        func plan(_ date: String) throws -> [String] {
            gateway.calendar.plan(on: try #require(LocalDate(date))).map(\.description)
        }
        #expect(try plan("2026-11-23") == ["08:00-20:00"])
        #expect(try plan("2026-11-27") == ["08:00-13:00", "14:00-22:00"])
        #expect(try plan("2026-11-28") == ["22:00-02:00"])
        #expect(try plan("2026-12-27") == ["09:00-13:00"])
        for closed in ["2026-11-29", "2026-12-24", "2026-12-25", "2026-06-29", "2026-04-06"] {
            #expect(try plan(closed) == [], "\(closed)")
        }
    }

    @Test("may name UTC, other thresholds, a legal basis, and tables in place of inline ones")
    func written() throws {
        let gateway = try read(
            """
            [statistics]
            time_zone = "UTC"
            thresholds = [60, 5]
            [statistics.legal_basis]
            reference = "Accordo 12/2026"
            date = "2026-03-01"
            [service_level]
            formula = "SL1"
            [calendar]
            holidays = "none"
            [calendar.hours]
            sun = ["10:00-12:00"]
            [calendar.open]
            2026-12-26 = ["09:00-13:00"]

            """
        ).gateway
        #expect(
            gateway.timeZone == .utc && gateway.calendar.zone == .utc
                && gateway.thresholds == [.seconds(5), .seconds(60)])
        #expect(gateway.legalBasis.map { "\($0.reference) \($0.date)" } == "Accordo 12/2026 2026-03-01")
        #expect(gateway.policy.keepsIndividuals && gateway.policy.zone == .utc)
        #expect(gateway.queueDefaults.serviceLevel.formula.id == "SL1")
        #expect(gateway.calendar.plan(on: try #require(LocalDate("2026-12-26"))).map(\.description) == ["09:00-13:00"])
        // Christmas of 2022 was a Sunday.
        #expect(gateway.calendar.plan(on: try #require(LocalDate("2022-12-25"))).map(\.description) == ["10:00-12:00"])
        #expect(try read("[statistics]\ntime_zone = \"UTC\"\n").gateway.calendar == .always(in: .utc))
    }

    @Test("is read for every formula that a contract can name", arguments: ServiceLevel.Formula.all.map(\.id))
    func formulas(id: String) throws {
        let gateway = try read("[[queues]]\nname = \"a\"\nformula = \"\(id)\"\n").gateway
        #expect(gateway.queues[QueueName("a")]?.serviceLevel.formula.id == id)
    }

    @Test("distinguishes the queues of two switches, and names a switch that does not exist")
    func queuesOfSwitches() throws {
        let gateway = try read(
            """
            [[queues]]
            name = "a"
            formula = "SL1"
            [[queues]]
            name = "a"
            switch = "roma"
            formula = "SL2"
            [[queues.alarms]]
            metric = "waiting"
            raise = 3
            clear = 1

            """
        ).gateway
        let (queue, roma) = (QueueName("a"), try #require(gateway.queuesBySwitch[SwitchID("roma")]))
        #expect(gateway.queues[queue]?.serviceLevel.formula.id == "SL1" && gateway.alarms[queue] == nil)
        #expect(
            roma.settings[queue]?.serviceLevel.formula.id == "SL2" && roma.alarms[queue]?.map(\.metric) == [.waiting])
        for (text, fault) in [
            (
                "[[queues]]\nname = \"a\"\nswitch = \"nord\"\n",
                "3: There is no switch “nord” ([[switches]] or [[webhooks]] name): “roma”."
            ),
            (
                "[[queues]]\nname = \"a\"\nswitch = \"roma\"\n[[queues]]\nname = \"a\"\nswitch = \"roma\"\n",
                "5: “a” has settings already: put them together."
            ),
        ] {
            #expect(faults(text) == [fault])
        }
    }

    @Test("warns of a team whose figures are not shown, and accepts it")
    func smallTeam() throws {
        let text = "[[teams]]\nname = \"Sede\"\nagents = [\"PJSIP/1\", \"PJSIP/2\", \"PJSIP/3\", \"PJSIP/4\"]\n"
        let configuration = try read(text)
        #expect(
            configuration.warnings.map(\.description) == [
                "3: “Sede” has fewer than 5 agents: its figures are not shown, they would be those of persons."
            ])
        #expect(configuration.gateway.organisation.teams.map(\.agents.count) == [4])
    }

    @Test("is reported by check: warnings with their lines, and the legal basis for figures of single agents")
    func check() throws {
        let folder = try TemporaryFolder()
        let text =
            "[statistics]\nlegal_basis = { reference = \"Accordo 12/2026\", date = \"2026-03-01\" }\n[[teams]]\nname = \"Sede\"\nagents = [\"a\"]\n"
        let path = try folder.write("c.toml", (text + good).utf8)
        let ended = try Program.run("check", "--config", path)
        #expect(ended.status == 0 && ended.output.hasPrefix("\(path): no faults."), "\(ended)")
        #expect(ended.output.contains("figures of single agents: kept, by “Accordo 12/2026” of 2026-03-01"))
        #expect(ended.errors.contains("\(path):5: “Sede” has fewer than 5 agents"), "\(ended.errors)")
    }

    @Test(
        "names each fault with its line",
        arguments: [
            (
                "[statistics]\ntime_zone = \"Europe/Berlin\"\n", 2,
                "not a time zone that the statistics know: \"Europe/Rome\", \"UTC\""
            ),
            ("[statistics]\n\nthresholds = []\n", 3, "must have from 1 to 20 entries"),
            (
                "[statistics]\nthresholds = [\(Array(repeating: "5", count: 21).joined(separator: ","))]\n", 2,
                "must have from 1 to 20 entries"
            ),
            ("[statistics]\nthresholds = [0]\n", 2, "must be a list of whole numbers from 1 to 86400"),
            ("[statistics]\nthresholds = [5.5]\n", 2, "must be a list of whole numbers"),
            ("[statistics]\nthresholds = 5\n", 2, "must be a list of whole numbers"),
            ("[statistics]\nthresholds = [5, 10, 5]\n", 2, "5 stands more than once"),
            ("[statistics]\nthreshold = [5]\n", 2, "Did you mean “thresholds”?"),
            ("[statistics]\nlegal_basis = \"yes\"\n", 2, "“legal_basis” must be a table"),
            ("[statistics]\nlegal_basis = { reference = \"A\" }\n", 2, "“date” is missing"),
            ("[statistics]\nlegal_basis = { date = \"2026-03-01\" }\n", 2, "“reference” is missing"),
            (
                "[statistics]\nlegal_basis = { reference = \"A\", date = \"1.3.2026\" }\n", 2,
                "not a date like \"2026-12-24\""
            ),
            (
                "[statistics.legal_basis]\nreference = \"A\\nB\"\ndate = \"2026-03-01\"\n", 2,
                "none of them a control character"
            ),
            ("[service_level]\nformula = \"SL7\"\n", 2, "must be one of \"SL1\" … \"SL6\""),
            ("[[queues]]\nname = \"a\"\nformula = \"sl6+f\"\n", 3, "must be one of \"SL1\" … \"SL6\""),
            // The calendar.
            ("calendar = 5\n", 1, "“calendar” must be a table"),
            ("[calendar]\nhours = 5\n", 2, "“hours” must be a table"),
            ("[calendar]\nholidays = \"none\"\n", 1, "“hours” is missing"),
            ("[calendar]\nhours = { mon = [\"8-20\"] }\n", 2, "“8-20” is not a period like"),
            ("[calendar]\nhours = { lun = [\"08:00-20:00\"] }\n", 2, "“lun” means nothing."),
            ("[calendar]\nhours = { mon = \"08:00-20:00\" }\n", 2, "must be a list of texts"),
            (
                "[calendar]\nhours = { mon = [\"08:00-14:00\", \"13:00-20:00\"] }\n", 2,
                "“13:00-20:00” overlaps “08:00-14:00”"
            ),
            (
                "[calendar]\nhours = { sun = [\"22:00-06:00\"], mon = [\"05:00-12:00\"] }\n", 2,
                "the last hours of “sun” end after the first of “mon”"
            ),
            ("[calendar.hours]\nmon = [\"08:00-20:00\"]\ntue = [\"20:00\"]\n", 3, "is not a period like"),
            ("[calendar]\nhours = {}\nholidays = \"italia\"\n", 3, "must be one of: \"none\", \"italy\""),
            ("[calendar]\nhours = {}\npatron = \"29/6\"\n", 3, "not a day of the year like \"06-29\""),
            ("[calendar]\nhours = {}\nclosed = [\"24/12/2026\"]\n", 3, "not a date like \"2026-12-24\""),
            ("[calendar]\nhours = {}\nclosed = [2026-12-24]\n", 3, "every entry of “closed” must be text in quotes"),
            (
                "[calendar]\nhours = {}\nopen = { \"27.12.2026\" = [\"09:00-13:00\"] }\n", 3,
                "not a date like \"2026-12-24\""
            ),
            ("[calendar]\nhours = {}\nopen = { \"2026-12-27\" = [] }\n", 3, "put it into “closed”"),
            (
                "[calendar]\nhours = {}\nclosed = [\"2026-12-27\"]\n[calendar.open]\n2026-12-27 = [\"09:00-13:00\"]\n",
                5,
                "is in “closed” as well"
            ),
            // Who works for whom.
            ("[[groups]]\nqueues = [\"a\"]\n", 1, "“name” is missing"),
            ("[[groups]]\nname = \"A\"\n", 1, "“queues” is missing"),
            ("[[groups]]\nname = \"A\"\nqueues = []\n", 3, "“queues” is empty"),
            ("[[groups]]\nname = \"A\"\nqueues = \"a\"\n", 3, "must be a list of texts"),
            ("[[groups]]\nname = \"A\"\nqueues = [\"a\", \"a\"]\n", 3, "“a” stands more than once"),
            ("[[groups]]\nname = \"A\"\nqueues = [\"\"]\n", 3, "has an empty entry"),
            (
                "[[groups]]\nname = \"A\"\nqueues = [\"a\"]\n[[groups]]\nname = \"A\"\nqueues = [\"b\"]\n", 5,
                "another one's name already"
            ),
            (
                "[[groups]]\nname = \"\(String(repeating: "x", count: 101))\"\nqueues = [\"a\"]\n", 2,
                "must have from 1 to 100 characters"
            ),
            ("[[teams]]\nname = \"A\"\n", 1, "“agents” is missing"),
            ("[[teams]]\nname = \"A\"\nagents = []\n", 3, "“agents” is empty"),
            (
                "[[teams]]\nname = \"A\"\nagents = [\"a\"]\nsupplier = \"Alfa\"\n", 4,
                "“Alfa” is not one of [[suppliers]], of which there are none."
            ),
            (
                "[[teams]]\nname = \"A\"\nagents = [\"a\"]\nsupplier = \"alfa\"\n[[suppliers]]\nname = \"Alfa\"\n", 4,
                "not one of [[suppliers]]: “Alfa”."
            ),
            (
                "[[teams]]\nname = \"A\"\nagents = [\"a\"]\n[[teams]]\nname = \"B\"\nagents = [\"b\", \"a\"]\n", 6,
                "“a” is in the team “A” already"
            ),
            ("[[suppliers]]\nname = \"A\"\nqueue = [\"a\"]\n", 3, "Did you mean “queues”?"),
            // Alarms.
            ("[[queues]]\nname = \"a\"\n[[queues.alarms]]\nraise = 1\n", 3, "“metric” is missing"),
            (
                "[[queues]]\nname = \"a\"\n[[queues.alarms]]\nmetric = \"wating\"\n", 4,
                "must be one of: \"waiting\", \"longestWait\""
            ),
            ("[[queues]]\nname = \"a\"\n[[queues.alarms]]\nmetric = \"waiting\"\nclear = 1\n", 3, "“raise” is missing"),
            (
                "[[queues]]\nname = \"a\"\n[[queues.alarms]]\nmetric = \"waiting\"\nraise = 7\nclear = 7\n", 6,
                "“clear” must be less than “raise”"
            ),
            (
                "[[queues]]\nname = \"a\"\n[[queues.alarms]]\nmetric = \"available\"\nraise = 2\nclear = 1\n", 6,
                "“clear” must be more than “raise”"
            ),
            (
                "[[queues]]\nname = \"a\"\n[[queues.alarms]]\nmetric = \"waiting\"\nraise = 7.5\nclear = 1\n", 5,
                "must be a whole number"
            ),
            (
                "[[queues]]\nname = \"a\"\n[[queues.alarms]]\nmetric = \"serviceLevel\"\nraise = 70\nclear = 0.8\n", 5,
                "must be a number from 0.0 to 1.0"
            ),
            (
                "[[queues]]\nname = \"a\"\n[[queues.alarms]]\nmetric = \"longestWait\"\nraise = nan\nclear = 1\n", 5,
                "must be a number from 0.0"
            ),
            (
                "[[queues]]\nname = \"a\"\n[[queues.alarms]]\nmetric = \"waiting\"\nraise = 7\nclear = 1\nwindow = \"5m\"\n",
                7,
                "“window” means nothing for “waiting”"
            ),
            (
                "[[queues]]\nname = \"a\"\n[[queues.alarms]]\nmetric = \"abandonmentRate\"\nraise = 0.5\nclear = 0.1\nwindow = \"1h\"\n",
                7,
                "must be one of: \"today\", \"5m\""
            ),
            (
                "[[queues]]\nname = \"a\"\n[[queues.alarms]]\nmetric = \"waiting\"\nraise = 7\nclear = 1\nseverity = \"high\"\n",
                7,
                "must be one of: \"warning\", \"critical\""
            ),
            (
                "[[queues]]\nname = \"b\"\n[[queues.alarms]]\nmetric = \"waiting\"\nraise = 7\nclear = 1\n[[queues]]\nname = \"a\"\n"
                    + "[[queues.alarms]]\nmetric = \"waiting\"\nraise = 7\nclear = 1\n[[queues.alarms]]\nmetric = \"waiting\"\nraise = 9\nclear = 1\n",
                14,
                "has an alarm “waiting.warning” already"
            ),
        ])
    func fault(text: String, line: Int, part: String) {
        let faults = faults(text)
        #expect(
            faults.count == 1 && faults.first.map { $0.hasPrefix("\(line): ") && $0.contains(part) } == true,
            "\(faults)")
    }

    @Test("bounds what a file that was generated by mistake can fill")
    func bounds() {
        let dates = (0...1000).map { "\"\(LocalDate("2026-01-01")!.adding(days: $0))\"" }
        #expect(
            faults("[calendar]\nhours = {}\nclosed = [\(dates.joined(separator: ","))]\n").map {
                $0.contains("more than 1000 dates")
            } == [
                true
            ])
        let groups = (0...200).map { "[[groups]]\nname = \"\($0)\"\nqueues = [\"a\"]\n" }
        #expect(faults(groups.joined()) == ["601: there can be 200 [[groups]] at most."])
        let queues = (0...1000).map { "\"\($0)\"" }.joined(separator: ",")
        #expect(faults("[[groups]]\nname = \"A\"\nqueues = [\(queues)]\n") == ["3: “queues” has 1000 entries at most."])
        let windows = AlarmRule.Window.allCases.map(\.rawValue)
        let alarms = (0..<21).map { number in
            let metric = number < 10 ? "serviceLevel" : "abandonmentRate"
            let values = number < 10 ? "raise = 0.1\nclear = 0.5" : "raise = 0.5\nclear = 0.1"
            guard number < 20 else { return "[[queues.alarms]]\nmetric = \"waiting\"\nraise = 2\nclear = 1\n" }
            return "[[queues.alarms]]\nmetric = \"\(metric)\"\n\(values)\nwindow = \"\(windows[number % 5])\"\n"
                + "severity = \"\(number % 10 < 5 ? "warning" : "critical")\"\n"
        }
        #expect(faults("[[queues]]\nname = \"a\"\n" + alarms.joined()) == ["123: a queue has 20 alarms at most."])
    }
}

extension Configuration {
    fileprivate static func with(switches: [Asterisk]) -> Configuration {
        var configuration = Configuration()
        configuration.switches = switches
        return configuration
    }
}
