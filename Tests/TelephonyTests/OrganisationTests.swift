import Foundation
import Telephony
import Testing
import Time

@Suite("Who works for whom")
struct OrganisationTests {
    private let organisation = Organisation(
        groups: [.init(name: "Cittadini", queues: [QueueName("info"), QueueName("ticket")])],
        teams: [
            .init(name: "Roma", agents: (1...5).map { Interface("PJSIP/100\($0)") }, supplier: "Alfa"),
            .init(name: "Sede", agents: [Interface("PJSIP/2001")]),
        ], suppliers: [.init(name: "Alfa", queues: [QueueName("info")]), .init(name: "Beta", queues: [])])

    @Test("is found by name, by agent and by supplier")
    func lookUps() {
        #expect(organisation.group(named: "Cittadini")?.queues == [QueueName("info"), QueueName("ticket")])
        #expect(organisation.group(named: "cittadini") == nil)
        #expect(organisation.team(of: Interface("PJSIP/1003"))?.name == "Roma")
        #expect(organisation.team(of: Interface("PJSIP/9")) == nil)
        #expect(organisation.supplier(of: Interface("PJSIP/1003"))?.name == "Alfa")
        #expect(organisation.supplier(of: Interface("PJSIP/2001")) == nil)
        #expect(organisation.supplier(named: "Alfa").map { organisation.teams(of: $0).map(\.name) } == ["Roma"])
        #expect(organisation.supplier(named: "Beta").map { organisation.teams(of: $0) } == [])
        #expect(organisation.teamNames.count == 6 && organisation.teamNames[Interface("PJSIP/2001")] == "Sede")
    }

    @Test("has no figures for a team of fewer than five")
    func smallTeams() { #expect(organisation.teams.map(\.showsFigures) == [true, false]) }

    @Test("has names that can be shown in a page and in a log line")
    func names() {
        for name in ["a", "Città di Roma – 1ª squadra", String(repeating: "x", count: 100)] {
            #expect(Organisation.isName(name), "\(name)")
        }
        for name in ["", String(repeating: "x", count: 101), "a\nb", "a\u{0}", "\u{85}", "a\u{7F}", "a\u{2028}b"] {
            #expect(!Organisation.isName(name), "\(name.debugDescription)")
        }
    }

    @Test("can be read back from its encoded form")
    func coding() throws {
        #expect(
            try JSONDecoder().decode(Organisation.self, from: try JSONEncoder().encode(organisation)) == organisation)
    }
}

@Suite("A rule for an alarm")
struct AlarmRuleTests {
    @Test("raises at its value or a worse one, clears at the other or a better one, and does neither between them")
    func hysteresis() {
        let waiting = AlarmRule(metric: .waiting, raise: 10, clear: 7)
        #expect([9, 10, 11].map { waiting.isRaised(by: $0) } == [false, true, true])
        #expect([6, 7, 8].map { waiting.isCleared(by: $0) } == [true, true, false])
        let level = AlarmRule(metric: .serviceLevel, raise: 0.7, clear: 0.8, window: .halfHour)
        #expect([0.6, 0.7, 0.71].map { level.isRaised(by: $0) } == [true, true, false])
        #expect([0.79, 0.8, 1].map { level.isCleared(by: $0) } == [false, true, true])
    }

    @Test(
        "is sane if it clears on the quiet side, and has a window exactly if it is a ratio",
        arguments: AlarmRule.Metric.allCases)
    func sane(metric: AlarmRule.Metric) {
        let window: AlarmRule.Window? = metric.isRatio ? .today : nil
        let isHigh = metric.isBadWhenHigh
        #expect(AlarmRule(metric: metric, raise: isHigh ? 0.6 : 0.4, clear: isHigh ? 0.4 : 0.6, window: window).isSane)
        #expect(!AlarmRule(metric: metric, raise: isHigh ? 0.4 : 0.6, clear: isHigh ? 0.6 : 0.4, window: window).isSane)
        #expect(!AlarmRule(metric: metric, raise: 0.5, clear: 0.5, window: window).isSane)
        #expect(!AlarmRule(metric: metric, raise: .nan, clear: 0.5, window: window).isSane)
        #expect(
            !AlarmRule(metric: metric, raise: isHigh ? 0.6 : 0.4, clear: 0.5, window: metric.isRatio ? nil : .hour)
                .isSane)
    }

    @Test("has an id by metric, window and severity")
    func ids() {
        #expect(
            AlarmRule(metric: .serviceLevel, raise: 0.7, clear: 0.8, severity: .critical, window: .halfHour).id
                == "serviceLevel.30m.critical")
        #expect(AlarmRule(metric: .waiting, raise: 10, clear: 7).id == "waiting.warning")
        #expect(AlarmRule.Window.allCases.map(\.minutes) == [nil, 5, 15, 30, 60])
        for window in AlarmRule.Window.allCases {
            if let minutes = window.minutes { #expect(window.rawValue == "\(minutes)m") }
        }
    }
}
