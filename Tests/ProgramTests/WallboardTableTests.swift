import Telephony
import Testing
import Wallboard

@testable import centralino

@Suite("The table of the wallboard")
struct WallboardTableTests {
    private let noon = UnixTime(rfc3339: "2026-03-02T12:00:00Z")!
    private var picture = WallboardPicture()

    private func queue(
        _ name: String, switch: String = "roma", waiting: Int = 0, since: String? = nil, offered: Int = 10, level: (Int, Int) = (0, 0),
        agents: [String: Int] = ["available": 2]
    ) -> WallboardMessage.Queue {
        .init(
            switch: `switch`, name: name, waiting: waiting, talking: 0, longestWaitSince: since, longestWaitSeconds: nil, offered: offered,
            answered: 7,
            abandoned: 1, flowOut: .init(timeout: 1, key: 1, empty: 0, withdrawn: 0, unknown: 0), lost: 0,
            serviceLevel: .init(
                formula: "SL6+F", thresholdSeconds: 20, shortAbandonSeconds: 5, target: 0.8, numerator: level.0, denominator: level.1,
                ratio: level.1 == 0 ? nil : Double(level.0) / Double(level.1)), agents: agents)
    }

    private func message(
        _ kind: WallboardMessage.Kind, _ seq: UInt64, at: String = "2026-03-02T12:00:00.000Z", _ queues: [WallboardMessage.Queue] = [],
        switches: [WallboardMessage.Switch] = [.init(name: "roma", state: .connected, since: "2026-03-02T08:00:00.000Z", detail: nil)]
    ) -> WallboardMessage { .init(type: kind, seq: seq, at: at, queues: queues, agents: [], switches: switches) }

    private func lines(_ columns: Int = 110, rows: Int = 24, colours: Bool = false, only: Set<String> = [], at now: UnixTime? = nil)
        -> [String]
    {
        WallboardTable(window: .init(columns: columns, rows: rows), hasColours: colours, only: only).lines(
            picture, source: "gw:8080", at: now ?? noon)
    }

    @Test("has a row a queue, the target's sign beside the colour")
    mutating func rows() {
        let queues = [
            queue("vendite", level: (7, 10)),
            queue(
                "info", waiting: 2, since: "2026-03-02T11:58:55.000Z", level: (8, 10),
                agents: ["talking": 1, "available": 2, "held": 0, "napping": 1]),
            queue("nuova", offered: 0),
        ]
        #expect(picture.take(message(.snapshot, 3, queues), at: noon) == .taken)
        #expect(
            lines() == [
                "gw:8080 · 2026-03-02T12:00:00Z", "",
                "QUEUE    WAITING  LONGEST      SL  OFFERED  ANSWERED  ABANDONED  FLOW-OUT  AGENTS",
                "info           2     1:05  ✓ 80 %       10         7          1         2  2 available · 1 talking · 1 napping",
                "nuova          0        –     n/a        0         7          1         2  2 available",
                "vendite        0        –  ✗ 70 %       10         7          1         2  2 available", "", "Connected: roma",
            ])
        let coloured = lines(colours: true)
        #expect(coloured[3].contains("\u{1B}[32m✓ 80 %\u{1B}[0m") && coloured[5].contains("\u{1B}[31m✗ 70 %\u{1B}[0m"))
        #expect(lines(only: ["nuova"]).count { $0.contains(" 7 ") } == 1)
    }

    @Test("lets the longest wait tick by the server's clock, whatever ours says")
    mutating func clocks() {
        // Our clock is an hour ahead; one message was 3 s under way, another came at once.
        let late = UnixTime(rfc3339: "2026-03-02T13:00:03Z")!
        let quick = UnixTime(rfc3339: "2026-03-02T13:00:05Z")!
        _ = picture.take(message(.snapshot, 0, [queue("info", waiting: 1, since: "2026-03-02T11:59:50.000Z")]), at: late)
        _ = picture.take(message(.heartbeat, 0, at: "2026-03-02T12:00:05.000Z"), at: quick)
        #expect(lines(at: quick)[3].contains(" 0:15 "))
        #expect(lines(at: UnixTime(rfc3339: "2026-03-02T14:00:00Z")!)[3].contains(" 1:00:10 "))
    }

    @Test("marks the figures of a switch that is away, and says why")
    mutating func switchAway() {
        let away = WallboardMessage.Switch(
            name: "roma", state: .disconnected, since: "2026-03-02T11:00:00.000Z", detail: "No answer.\u{1B}[2J")
        _ = picture.take(message(.snapshot, 0, [queue("info", waiting: 1, since: "2026-03-02T11:59:50.000Z")], switches: [away]), at: noon)
        #expect(lines()[3].hasPrefix("~ info"))
        #expect(lines()[3].contains(" – "))
        #expect(lines().last == "~ roma: disconnected since 2026-03-02T11:00:00.000Z. No answer.\u{FFFD}[2J")
    }

    @Test("says that the stream is lost and since when nothing is live, until the next message")
    mutating func loss() {
        #expect(lines().last == "Waiting for the first figures.")
        _ = picture.take(message(.snapshot, 0, [queue("info", waiting: 1, since: "2026-03-02T11:59:50.000Z")]), at: noon)
        picture.lost("The gateway ended the stream.", at: noon, retryAt: noon + .seconds(2))
        picture.lost("Connection refused.", at: noon + .seconds(2), retryAt: noon + .seconds(5))
        let shown = lines(at: noon + .seconds(3))
        #expect(shown[1] == "! The stream is lost; next attempt in 2 s. Connection refused.")
        #expect(shown[2] == "! Nothing below is live: it is as of 2026-03-02T12:00:00.000Z.")
        #expect(shown.contains { $0.hasPrefix("~ info") } && !shown.contains { $0.hasPrefix("Connected") })
        _ = picture.take(message(.snapshot, 9, [queue("info")]), at: noon)
        #expect(!lines().contains { $0.hasPrefix("!") || $0.hasPrefix("~") })
        // It goes on where it was lost: what is in order is live.
        picture.lost("The gateway ended the stream.", at: noon, retryAt: noon + .seconds(2))
        #expect(picture.take(message(.change, 11), at: noon) == .gap)
        #expect(lines().contains { $0.hasPrefix("!") })
        #expect(picture.take(message(.heartbeat, 9), at: noon) == .taken)
        #expect(!lines().contains { $0.hasPrefix("!") || $0.hasPrefix("~") })
    }

    @Test("fits every window, and keeps what matters most", arguments: [5, 12, 20, 40, 60, 79, 100, 200])
    mutating func widths(columns: Int) {
        let queues = (1...40).map {
            queue("queue with a rather long name \($0)", switch: $0 % 2 == 0 ? "roma" : "milano", waiting: $0, level: (1, 2))
        }
        _ = picture.take(message(.snapshot, 0, queues), at: noon)
        for rows in [3, 10, 24, 60] {
            let shown = lines(columns, rows: rows)
            #expect(shown.count <= rows)
            #expect(shown.allSatisfy { $0.count <= columns }, "\(shown.max { $0.count < $1.count } ?? "")")
        }
        if columns >= 79 { #expect(lines(columns)[2].contains("WAITING") && lines(columns)[3].contains("(milano)")) }
        #expect(lines(columns, rows: 10).contains { $0.hasPrefix("…") })
    }

    @Test("finds a hole in the numbers")
    mutating func gaps() {
        #expect(picture.take(message(.change, 1), at: noon) == .gap)
        #expect(picture.take(message(.snapshot, 5), at: noon) == .taken)
        #expect(picture.take(message(.change, 6), at: noon) == .taken)
        #expect(picture.take(message(.heartbeat, 6), at: noon) == .taken)
        #expect(picture.take(message(.heartbeat, 7), at: noon) == .gap)
        #expect(picture.take(message(.change, 8), at: noon) == .gap)
    }

    @Test("a filter keeps its queues and the agents in them, also when one leaves")
    func filter() {
        func agent(_ queues: [String]) -> WallboardMessage.Agent {
            .init(switch: "roma", name: "Anna", interface: "PJSIP/1", state: .available, reason: nil, queues: queues)
        }
        var filter = WallboardFilter(queues: ["info"])
        #expect(filter.filter(message(.snapshot, 0, [queue("info"), queue("vendite")]))?.queues?.map(\.name) == ["info"])
        func change(_ agents: [WallboardMessage.Agent]) -> WallboardMessage {
            .init(type: .change, seq: 1, at: "", queues: [queue("vendite")], agents: agents)
        }
        #expect(filter.filter(change([agent(["vendite"])])) == nil)
        #expect(filter.filter(change([agent(["info"])])) == .init(type: .change, seq: 1, at: "", agents: [agent(["info"])]))
        #expect(filter.filter(change([agent([])]))?.agents == [agent([])])
        #expect(filter.filter(change([agent([])])) == nil)
        #expect(filter.filter(.init(type: .heartbeat, seq: 1, at: "")) != nil)
    }

    @Test("an address is http with host and port, and nothing that could carry a secret")
    func addresses() {
        let source = WallboardFollower.Source("http://[::1]:8080/gw/", token: nil)
        #expect(source?.address == "[::1]:8080" && source?.path == "/gw/v1/wallboard" && source?.host == "::1")
        #expect(WallboardFollower.Source("http://gw", token: nil)?.port == 80)
        for bad in [
            "gw:8080", "https://gw", "http://", "http://a:b@gw", "http://gw/?token=x", "http://gw:0", "http://gw:99999", "http://g w",
        ] {
            #expect(WallboardFollower.Source(bad, token: nil) == nil, "\(bad)")
        }
    }
}
