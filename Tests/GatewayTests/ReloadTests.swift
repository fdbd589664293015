import ACD
import Access
import Figures
import Records
import Core
import Edges
import Gateway
import ScreenPop
import Telephony
import Testing
import Time
import Wire

@Suite("A configuration that is read again")
struct ReloadTests {
    private let info = QueueName("info")

    private static let anna = Configuration.Agent(id: "anna", name: "Anna Rossi", interface: Interface("PJSIP/1001"))
    private static let bruno = Configuration.Agent(id: "bruno", name: "Bruno", interface: Interface("PJSIP/1002"))

    private var configuration: Configuration {
        var configuration = Bench.configuration
        configuration.agents = [Self.anna, Self.bruno]
        return configuration
    }

    private func answered(_ bench: inout Bench, within: String) -> Bool {
        bench.request("GET", "/v1/stats?queue=info&window=today").body.contains(within)
    }

    @Test("counts by other settings at once, without losing a call, a desk or a figure, as after a start with them")
    func settings() throws {
        var bench = Bench(configuration)
        bench.greet()
        let desk = bench.desk("anna")
        bench.member("1001")
        // Answered after 15 s: in time by 20 s, and late by 10.
        bench.join("c1")
        bench.ring("c1", agent: "1001")
        bench.wait(.seconds(15))
        bench.pickUp("c1", agent: "1001")
        #expect(bench.pops(desk).map(\.type).contains(.open))
        var new = configuration
        new.queues[info] = .init(serviceLevel: .init(threshold: .seconds(10), target: 0.55))
        new.alarms[info] = [AlarmRule(metric: .waiting, raise: 1, clear: 0)]
        let board = bench.connect(.wallboards)
        _ = bench.read(board)
        bench.reload(new)
        #expect(bench.journalledRules == [new.rules] && !bench.closedByUs.contains(desk))
        let acd = try #require(bench.gateway.core.switch(named: SwitchID("roma"))).acd
        #expect(acd.queues[info]?.definition.threshold == .seconds(10) && acd.queues[info]?.talking == 1)
        // The wallboard is told, though no call moved; the new alarm is raised by the next caller.
        bench.wait(.seconds(1))
        #expect(String(decoding: bench.read(board), as: UTF8.self).contains("0.55"))
        bench.join("c2")
        bench.wait(.seconds(1))
        #expect(String(decoding: bench.read(board), as: UTF8.self).contains("alarm.raised"))
        bench.hangUp("c1", agent: "1001")
        bench.wait(.seconds(1))
        #expect(bench.saved.count == 1 && bench.saved[0].gaps?.isEmpty ?? true)
        #expect(bench.pops(desk).last?.type == .closed)
        // The same figures as after a start with this configuration.
        let now = bench.request("GET", "/v1/stats?queue=info&window=today").body
        #expect(now.contains(#""target":0.55,"thresholdSeconds":10"#))
        var restarted = bench
        try restarted.restart(new, awayFor: .zero)
        let again = try #require(restarted.gateway.core.switch(named: SwitchID("roma"))).acd
        let same = try #require(bench.gateway.core.switch(named: SwitchID("roma"))).acd
        #expect(
            again.today(of: info, at: restarted.moment).visits.serviceLevel(same.queues[info]!.definition.formula)
                == same.today(of: info, at: bench.moment).visits.serviceLevel(same.queues[info]!.definition.formula))
    }

    @Test("is in the journal, and a replay of it comes to the same core, to the byte")
    func replay() throws {
        var gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 3)
        var entries: [(Core.Input, Moment)] = []
        var second: Int64 = 1000
        func run(_ input: Gateway.Input) -> [Effect] {
            var effects: [Effect] = []
            second += 1
            let now = Moment(uptime: .seconds(second), date: Bench.start + .seconds(second))
            gateway.handle(input, at: now, into: &effects)
            for case .journal(let input) in effects { entries.append((input, now)) }
            return effects
        }
        let connects = run(.started).compactMap { effect in
            if case .connect(let id, _, _) = effect { id } else { nil as ConnectionID? }
        }
        let link = try #require(connects.first)
        _ = run(.opened(link))
        func event(_ text: String) {
            _ = run(.received(link, Array(("Event: " + text.replacing("|", with: "\r\n") + "\r\n\r\n").utf8)))
        }
        _ = run(.received(link, Array("Asterisk Call Manager/11.0.0\r\n".utf8)))
        event("QueueMemberStatus|Queue: info|MemberName: A|Interface: PJSIP/1001|Status: 1|Paused: 0")
        event(
            "Newchannel|Channel: PJSIP/t-1|CallerIDNum: 06|Context: in|Exten: 800|Priority: 1|Uniqueid: 1|Linkedid: 1")
        event("QueueCallerJoin|Uniqueid: 1|Queue: info|Position: 1")
        var new = configuration
        new.queueDefaults.serviceLevel.target = 0.5
        new.agents[0].members = [Interface("Local/1001@q")]
        new.organisation.teams = [.init(name: "T", agents: [Interface("PJSIP/1001")], supplier: nil)]
        _ = run(.configured(new))
        event("QueueCallerAbandon|Uniqueid: 1|Queue: info")
        event("Hangup|Uniqueid: 1")
        #expect(entries.map(\.0.kind).contains(.configured) && gateway.core.rules == new.rules)
        var core: Core?
        for (input, moment) in entries {
            let read = try #require(Core.Input(input.kind, input.connection, input.bytes))
            if case .started(let beginning) = read { core = Core(beginning) }
            core?.handle(read, .none, at: moment) { _, _ in }
        }
        #expect(core == gateway.core)
    }

    @Test("lets in by other tokens and agents; who was let in stays, but for the desk of an agent who is gone")
    func agents() {
        var bench = Bench(configuration)
        let (anna, bruno) = (bench.desk("anna"), bench.desk("bruno"))
        var new = configuration
        new.deskToken = .init("another-secret")
        new.agents = [Self.anna, .init(id: "carla", name: "Carla", interface: Interface("PJSIP/1003"))]
        bench.reload(new)
        #expect(types(bench.lines(bruno)) == ["refused: agent"] && bench.closedByUs == [bruno])
        #expect(bench.lines(anna) == [])
        let (old, carla) = (bench.connect(.desks), bench.connect(.desks))
        bench.send(Bench.hello("anna"), old)
        #expect(types(bench.lines(old)) == ["refused: token"])
        bench.send(Bench.hello("carla", token: "another-secret"), carla)
        #expect(types(bench.lines(carla)) == ["welcome"])
    }

    @Test("says what waits for a start, and leaves it as it is")
    func waiting() {
        var new = configuration
        new.http?.port = 9090
        new.switches[0].address.port = 5039
        new.switches[0].secret = .init("next")
        new.timeZone = .utc
        new.calendar = .always(in: .utc)
        new.legalBasis = nil
        new.namesAgents = false
        new.deskToken = nil
        new.organisation.groups = [.init(name: "G", queues: [info])]
        let reload = configuration.reloaded(from: new)
        #expect(reload.taken == ["[[groups]], [[teams]], [[suppliers]]", "[[switches]] secret of roma"])
        #expect(
            reload.waiting == [
                "[desks] token", "[http] listen", "[wallboards] agents", "[statistics] time_zone", "[calendar]",
                "[[switches]]",
            ])
        var bench = Bench(configuration)
        let before = bench.gateway.core.rules
        bench.reload(new)
        #expect(
            bench.gateway.core.rules.timeZone == before.timeZone
                && bench.gateway.core.rules.organisation == new.organisation)
        // The token that protected the address of before still does.
        let desk = bench.connect(.desks)
        bench.send(Bench.hello("anna"), desk)
        #expect(types(bench.lines(desk)) == ["welcome"])
    }

    /// A change of each member, and whether a running gateway goes on with it.
    private static let changes: [String: (isTaken: Bool, change: @Sendable (inout Configuration) -> Void)] = [
        "http": (false, { $0.http = nil }), "desks": (false, { $0.desks = nil }),
        "wallboards": (false, { $0.wallboards = nil }), "secured": (false, { $0.secured = [.http] }),
        "proxies": (false, { $0.proxies = [AddressRange("10.0.0.2")!] }),
        "origins": (false, { $0.origins = ["https://crm.example.it"] }),
        "frameAncestors": (false, { $0.frameAncestors = [] }), "switches": (false, { $0.switches = [] }),
        "webhooks": (false, { $0.webhooks = [] }), "agents": (true, { $0.agents = [] }),
        "deliveries": (false, { $0.deliveries = ["crm"] }), "deskToken": (true, { $0.deskToken = .init("other") }),
        "wallboardToken": (true, { $0.wallboardToken = .init("other") }),
        "queueDefaults": (true, { $0.queueDefaults.serviceLevel.target = 0.33 }),
        "queues": (true, { $0.queues[QueueName("new")] = .init() }),
        "alarms": (true, { $0.alarms[QueueName("new")] = [AlarmRule(metric: .waiting, raise: 1, clear: 0)] }),
        "queuesBySwitch": (true, { $0.queuesBySwitch[SwitchID("roma")] = .init() }),
        "timeZone": (false, { $0.timeZone = .utc }), "thresholds": (false, { $0.thresholds = [.seconds(7)] }),
        "organisation": (true, { $0.organisation.groups = [.init(name: "G", queues: [QueueName("info")])] }),
        "calendar": (true, { $0.calendar.holidays = .italy }),
        "legalBasis": (false, { $0.legalBasis = nil }), "namesAgents": (false, { $0.namesAgents.toggle() }),
        "sessions": (false, { $0.sessions.idle = .seconds(61) }),
    ]

    /// Not of the file: the program says what becomes of `[store]` and of an earlier run.
    private static let ofTheProgram: Set = ["keepsIntervals", "keepsAudit", "unheardSince"]

    @Test("knows every member: each is taken over, or said to wait and left as it is")
    func everyMember() throws {
        var old = configuration
        old.legalBasis = LegalBasis(reference: "Accordo sindacale 12/2026", date: try #require(LocalDate("2026-02-03")))
        old.webhooks = [.init(name: SwitchID("nube"), secrets: [.init("x")])]
        let members = Set(Mirror(reflecting: old).children.compactMap(\.label))
        #expect(members == Set(Self.changes.keys).union(Self.ofTheProgram))
        for (name, (isTaken, change)) in Self.changes {
            var new = old
            change(&new)
            #expect(new != old, "\(name): the test changes nothing")
            let reload = old.reloaded(from: new)
            #expect(reload.configuration == (isTaken ? new : old), "\(name)")
            #expect(reload.taken.count == (isTaken ? 1 : 0), "\(name): \(reload.taken)")
            #expect(reload.waiting.count == (isTaken ? 0 : 1), "\(name): \(reload.waiting)")
        }
    }

    @Test("that changes nothing is not journalled, and rules that need a start are ignored by the core")
    func nothing() {
        var bench = Bench(configuration)
        bench.reload(configuration)
        #expect(bench.journalledRules.isEmpty)
        var core = bench.gateway.core
        var rules = core.rules
        rules.switches = []
        core.handle(.configured(rules), .none, at: bench.moment) { _, _ in }
        #expect(core.switches.count == 2 && core.rules.switches.count == 1)
    }
}
