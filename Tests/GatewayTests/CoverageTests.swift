import ACD
import AMI
import Access
import Figures
import Foundation
import HTTP
import Switches
import Telephony
import Testing
import Time
import Wallboard
import Wire

@testable import Core
@testable import Edges
@testable import Gateway

/// Two switches that are silent at different times, and a source of webhooks, queried in every way.
private struct Offices {
    static let start = UnixTime(rfc3339: "2026-03-02T08:00:00Z")!
    /// 08:00 UTC is 09:00 in Rome.
    static let beforeStart = 9 * 3600.0

    private(set) var gateway: Gateway
    private(set) var now = Moment(uptime: .seconds(1000), date: start)
    private var links: [SwitchID: ConnectionID] = [:]
    private var isOpen: Set<SwitchID> = []
    private(set) var rows: [String: [UnixTime: Int64]] = [:]

    static var configuration: Configuration {
        var configuration = Bench.configuration
        configuration.switches = ["roma", "milano"].map {
            .init(
                name: SwitchID($0), address: .init(host: $0, port: 5038),
                secret: "", link: .init(username: "", isRecording: true))
        }
        for (name, queue) in [("roma", "info"), ("milano", "vendite"), ("cloud", "nuvola")] {
            configuration.queuesBySwitch[SwitchID(name)] = .init(settings: [QueueName(queue): .init()])
        }
        configuration.organisation.groups = [.init(name: "tutte", queues: [QueueName("info"), QueueName("vendite")])]
        configuration.keepsIntervals = true
        return configuration
    }

    init() {
        gateway = Gateway(configuration: Self.configuration, digests: .openSSL, seed: 7)
        handle(.started)
        open("roma")
        open("milano")
    }

    private mutating func handle(_ input: Gateway.Input) {
        var effects: [Effect] = []
        gateway.handle(input, at: now, into: &effects)
        for effect in effects {
            switch effect {
            case .connect(let id, let address, _): links[SwitchID(address.host)] = id
            case .saveInterval(_, let row) where row.kind == .queue:
                rows[row.name, default: [:]][row.start] = row.gapMicroseconds
            default: break
            }
        }
    }

    /// Its inventory is complete at once.
    mutating func open(_ name: String) {
        isOpen.insert(SwitchID(name))
        if let id = links[SwitchID(name)] { handle(.opened(id)) }
    }

    mutating func cut(_ name: String) {
        isOpen.remove(SwitchID(name))
        if let id = links.removeValue(forKey: SwitchID(name)) { handle(.closed(id, reason: "cut")) }
    }

    /// Switches that are up report that from time to time.
    mutating func wait(until time: String) {
        let end = UnixTime(rfc3339: "2026-03-02T\(time):00Z")!
        while now.date < end {
            now = now + min(.seconds(10), end - now.date)
            handle(.deadlineReached)
            for name in isOpen.sorted() { if let id = links[name] { handle(.received(id, [])) } }
        }
    }

    func get(_ target: String) -> String {
        var asked = gateway
        var effects: [Effect] = []
        asked.handle(.accepted(ConnectionID(1), .http), at: now, into: &effects)
        let request = Bench.request("GET", target.replacing(" ", with: "%20"), [("Accept", "application/json")])
        asked.handle(.received(ConnectionID(1), Array(request.utf8)), at: now, into: &effects)
        if let question = asked.question(of: ConnectionID(1), at: now) {
            asked.handle(.lookedBack(ConnectionID(1), question.answer()), at: now, into: &effects)
        }
        var answer: [UInt8] = []
        for case .send(ConnectionID(1), let bytes) in effects { answer += bytes }
        return Bench.answer(answer).body
    }

    func statistics(_ query: String) throws -> StatisticsMessage {
        let body = get("/v1/stats?\(query)")
        return try #require(JSON.decode(StatisticsMessage.self, from: body.utf8), "\(body)")
    }

    func wall(_ name: String) throws -> WallboardMessage.Coverage {
        let board = try #require(JSON.decode(WallboardMessage.self, from: get("/v1/wallboard").utf8))
        return try #require(board.switches?.first { $0.name == name }?.coverage)
    }

    func metric(_ family: String, _ labels: String = "") throws -> Double {
        let line = get("/metrics").split(separator: "\n").first { $0.hasPrefix("\(family)\(labels) ") }
        return try #require(line.flatMap { Double($0.split(separator: " ").last ?? "") }, "\(family)\(labels)")
    }
}

/// How much of a time was heard is reported in many places, and must be the same everywhere.
@Suite("Coverage")
struct CoverageTests {
    /// `roma` is silent from 09:00 to 09:20 and `milano` from 09:10 to 09:40 (UTC): forty minutes together, fifty if
    /// they were added.
    private static func day() -> Offices {
        var offices = Offices()
        offices.wait(until: "09:00")
        offices.cut("roma")
        offices.wait(until: "09:10")
        offices.cut("milano")
        offices.wait(until: "09:20")
        offices.open("roma")
        offices.wait(until: "09:40")
        offices.open("milano")
        offices.wait(until: "10:20")
        return offices
    }

    @Test(
        "of one switch is the same on the wallboard, in the statistics, in the rows, in the chart and in the metrics",
        arguments: [("roma", "info", 1200.0), ("milano", "vendite", 1800.0), ("cloud", "nuvola", 0)])
    func everywhere(name: String, queue: String, silent: Double) throws {
        let offices = Self.day()
        let lost = Offices.beforeStart + silent
        let told = try offices.statistics("queue=\(queue)").coverage
        #expect(
            told.lostSeconds == lost && told.seconds == Offices.beforeStart + 8400 && told.gaps == (silent > 0 ? 1 : 0),
            "\(told)")
        #expect(try offices.statistics("switch=\(name)").coverage == told)
        #expect(try offices.statistics("queue=\(queue)&switch=\(name)").coverage == told)
        let wall = try offices.wall(name)
        #expect([wall.seconds, wall.lostSeconds] == [told.seconds, lost] && wall.gaps == told.gaps, "\(wall)")
        #expect(wall.unknownSeconds == told.unknownSeconds && (told.unknownSeconds == nil) == (name != "cloud"))
        #expect(try offices.metric("centralino_switch_unheard_today_seconds", "{switch=\"\(name)\"}") == lost)
        #expect(try offices.metric("centralino_today_seconds") == told.seconds)
        // From 08:00 on there are rows, and steps of the chart.
        let rows = try #require(offices.rows[queue]).filter { $0.key < UnixTime(rfc3339: "2026-03-02T10:00:00Z")! }
        #expect(rows.count == 8)
        let inRows = Double(rows.values.reduce(0, +)) / 1_000_000
        let between = "window=between&from=2026-03-02 09:00&to=2026-03-02 11:00"
        #expect(try inRows == offices.statistics("queue=\(queue)&\(between)").coverage.lostSeconds && inRows == silent)
        let history = try #require(JSON.decode(HistoryMessage.self, from: offices.get("/v1/wallboard/history").utf8))
        let steps = try #require(history.queues.first { $0.name == queue }?.steps)
        #expect(steps.map(\.lostSeconds).reduce(0, +) == silent)
    }

    @Test("of several switches is the union of what each did not hear, never more than the time itself")
    func union() throws {
        let offices = Self.day()
        for scope in ["group=tutte", "queue=info&queue=vendite", "switch=roma&switch=milano"] {
            let told = try offices.statistics(scope).coverage
            #expect(
                told.lostSeconds == Offices.beforeStart + 2400 && told.gaps == 2 && told.unknownSeconds == nil,
                "\(scope) \(told)")
        }
        let all = try offices.statistics("").coverage
        #expect(all.lostSeconds == Offices.beforeStart + 2400 && all.unknownSeconds == all.seconds - all.lostSeconds)
        let hour = try offices.statistics("window=between&from=2026-03-02 10:05&to=2026-03-02 10:15").coverage
        #expect(hour.seconds == 600 && hour.lostSeconds == 600, "both were silent in a part of it")
    }

    @Test(
        "of a queue beside a switch is that switch's only, and the scope says so; a switch without the queue is reported"
    )
    func both() throws {
        let offices = Self.day()
        let told = try offices.statistics("group=tutte&switch=milano")
        #expect(told.scope == .init(kind: "group", names: ["tutte"], switches: ["milano"]))
        #expect(told.coverage.lostSeconds == Offices.beforeStart + 1800)
        #expect(
            offices.get("/v1/stats?queue=info&switch=milano").contains(
                "There is no queue “info”; there are: “vendite”."))
        #expect(offices.get("/v1/stats?queue=info&switch=x").contains("There is no switch “x”; "))
        #expect(
            offices.get("/v1/stats/explain?figure=offered&queue=info&switch=roma").contains("\"switches\":[\"roma\"]"))
    }

    @Test("of so many gaps that the oldest are forgotten claims nothing for their time")
    func forgotten() {
        var known = Gateway(configuration: Offices.configuration, digests: .openSSL, seed: 7).core.switches[0]
        func at(_ seconds: Int) -> UnixTime { Offices.start + .seconds(Int64(seconds)) }
        known.firstHeard = at(0)
        var said: [Core.Output] = []
        for index in 0..<Core.Limits.gaps + 100 {
            known.openGap(at: at(10 * index + 9), cause: .linkLost, into: &said)
            known.closeGap(at: at(10 * index + 10), into: &said)
        }
        let end = at(10 * (Core.Limits.gaps + 100))
        // A hundred are forgotten: the time before the oldest known one counts as not heard.
        #expect(Coverage(of: [known], in: at(0)..<end).lost == .seconds(1009 + Int64(Core.Limits.gaps)))
        #expect(
            known.unheardEver(since: at(0), at: end) == .seconds(Int64(Core.Limits.gaps) + 100), "the counter knows")
    }

    @Test("of a queue that no switch has reported waits for a switch that has never reported its queues")
    func unheard() throws {
        var configuration = Offices.configuration
        configuration.queuesBySwitch = [:]
        configuration.organisation.groups = [.init(name: "tutte", queues: [QueueName("altra")])]
        var gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 7)
        var effects: [Effect] = []
        let now = Moment(uptime: .seconds(1000), date: Offices.start)
        gateway.handle(.started, at: now, into: &effects)
        let query = try StatisticsQuery(Query([.init("group", "tutte")]), configuration.rules, explains: false, at: now)
        let statistics = Statistics(gateway.core, .everything(), lost: nil)
        #expect(
            try statistics.statistics(query, at: now + .seconds(60)).coverage.lostSeconds == Offices.beforeStart + 60)
    }
}

/// A queue's entry in the configuration applies where the queue is.
@Suite("[[queues]] of several switches")
struct QueueRulesTests {
    private func rooms(_ configuration: Configuration) -> [String: Set<QueueName>] {
        let gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 7)
        return Dictionary(
            uniqueKeysWithValues: gateway.core.switches.map { ($0.name.rawValue, Set($0.acd.queues.keys)) })
    }

    private let strict = ACD.Settings(serviceLevel: .init(threshold: .seconds(5)))
    private let info = QueueName("info")

    @Test("create no queue on a switch that has not reported it, unless they name the switch")
    func phantoms() {
        var configuration = Offices.configuration
        configuration.queuesBySwitch = [:]
        configuration.queues = [info: strict]
        #expect(rooms(configuration) == ["roma": [], "milano": [], "cloud": []])
        configuration.queuesBySwitch = [SwitchID("milano"): .init(settings: [info: strict])]
        #expect(rooms(configuration) == ["roma": [], "milano": [info], "cloud": []])
        configuration.switches.removeLast()
        configuration.webhooks = []
        #expect(rooms(configuration) == ["roma": [info]], "where there is one switch, it can only be there")
    }

    @Test("apply to the queue of that switch, with its alarms; elsewhere the entry without a switch applies")
    func precedence() {
        var configuration = Offices.configuration
        configuration.queues = [info: strict]
        configuration.alarms = [info: [AlarmRule(metric: .waiting, raise: 3, clear: 1)]]
        configuration.queuesBySwitch = [SwitchID("milano"): .init(settings: [info: .init()])]
        let gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 7)
        let milano = gateway.core.switches[1]
        #expect(
            gateway.core.switches[0].acd.definition(of: info).threshold == .seconds(5)
                && gateway.core.switches[0].alarms.queues == [info])
        #expect(milano.acd.definition(of: info).threshold == .seconds(20) && milano.alarms.queues == [])
    }

    @Test("are in the journal, and in what a checkpoint makes of it")
    func kept() throws {
        let configuration = Offices.configuration
        let again = try #require(JSON.decode(Core.Rules.self, from: JSON.encode(configuration.rules)))
        #expect(again == configuration.rules)
        let gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 7)
        #expect(
            rooms(configuration)
                == Dictionary(
                    uniqueKeysWithValues: Core(.init(seed: 1, rules: again)).switches.map {
                        ($0.name.rawValue, Set($0.acd.queues.keys))
                    }))
    }
}
