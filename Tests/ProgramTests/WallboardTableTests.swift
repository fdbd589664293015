import Telephony
import Testing
import Time
import Wallboard

@testable import centralino

@Suite("The table of the wallboard")
struct WallboardTableTests {
    private let noon = UnixTime(rfc3339: "2026-03-02T12:00:00Z")!
    private var picture = WallboardPicture()

    private func queue(
        _ name: String, switch: String = "roma", waiting: Int = 0, since: String? = nil, offered: Int = 10,
        level: (Int, Int) = (0, 0),
        agents: [String: Int] = ["available": 2], lately: Double? = nil, asa: Double? = nil,
        alarms: [WallboardMessage.Alarm] = []
    ) -> WallboardMessage.Queue {
        .init(
            switch: `switch`, name: name, waiting: waiting, talking: 0, longestWaitSince: since,
            longestWaitSeconds: nil, offered: offered,
            answered: 7,
            abandoned: 1, flowOut: .init(timeout: 1, key: 1, empty: 0, withdrawn: 0, unknown: 0), lost: 0,
            serviceLevel: .init(
                formula: "SL6+F", thresholdSeconds: 20, shortAbandonSeconds: 5, target: 0.8, numerator: level.0,
                denominator: level.1,
                ratio: level.1 == 0 ? nil : Double(level.0) / Double(level.1)),
            waits: .init(averageSpeedOfAnswerSeconds: asa, p90Seconds: nil, longestSeconds: nil),
            windows: [
                .init(
                    name: "30m", joined: 5, answered: 5, abandoned: 0, flowOut: 0, numerator: 4, denominator: 5,
                    ratio: lately,
                    averageSpeedOfAnswerSeconds: nil)
            ], alarms: alarms, agents: agents)
    }

    private func message(
        _ kind: WallboardMessage.Kind, _ seq: UInt64, at: String = "2026-03-02T12:00:00.000Z",
        _ queues: [WallboardMessage.Queue] = [],
        switches: [WallboardMessage.Switch] = [
            .init(name: "roma", state: .connected, since: "2026-03-02T08:00:00.000Z", detail: nil)
        ]
    ) -> WallboardMessage { .init(type: kind, seq: seq, at: at, queues: queues, agents: [], switches: switches) }

    private func lines(
        _ columns: Int = 110, rows: Int = 24, colours: Bool = false, only: [String] = [], at now: UnixTime? = nil
    )
        -> [String]
    {
        WallboardTable(
            window: .init(columns: columns, rows: rows), hasColours: colours, only: WallboardFilter(queues: only)
        ).lines(
            picture, source: "gw:8080", at: now ?? noon)
    }

    @Test("has a row for each queue, with the target's sign beside the colour")
    mutating func rows() {
        let queues = [
            queue("vendite", level: (7, 9), lately: 0.9),
            queue(
                "info", waiting: 2, since: "2026-03-02T11:58:55.000Z", level: (8, 10),
                agents: ["talking": 1, "available": 2, "wrapUp": 1, "held": 0, "paused": 3, "napping": 1], lately: 0.5,
                asa: 65.9),
            queue("nuova", offered: 0),
        ]
        #expect(picture.take(message(.snapshot, 3, queues), at: noon) == .taken)
        #expect(
            lines() == [
                "gw:8080 · 2026-03-02T12:00:00Z", "",
                "QUEUE    WAITING  LONGEST  ANSWERED  ABANDONED        SL    SL 30M   ASA  FREE  BUSY  PAUSED",
                "info           2     1:05         7          1  ✓ 80.0 %  ✗ 50.0 %  1:05     2     2       3",
                "nuova          0        –         7          1       n/a       n/a   n/a     2     0       0",
                "vendite        0        –         7          1  ▲ 77.8 %  ✓ 90.0 %   n/a     2     0       0", "",
                "Connected: roma",
            ])
        let coloured = lines(colours: true)
        #expect(
            coloured[3].contains("\u{1B}[32m✓ 80.0 %\u{1B}[0m") && coloured[5].contains("\u{1B}[33m▲ 77.8 %\u{1B}[0m"))
        #expect(lines(only: ["nuova"]).count { $0.contains(" 7 ") } == 1)
    }

    /// nil: not heard, and nothing counted. `partly`: indices of steps of which a part was not heard.
    private func history(at: String, _ offered: [Int?], partly: Set<Int> = [], from: String) -> HistoryMessage {
        let first = UnixTime(rfc3339: from)!
        let steps = offered.enumerated().map { index, number in
            HistoryMessage.Step(
                from: "\(first + .seconds(300 * Int64(index)))", offered: number ?? 0, answered: 0, abandoned: 0,
                numerator: 0,
                denominator: 0,
                lostSeconds: number == nil || partly.contains(index) ? 0.5 : 0)
        }
        return HistoryMessage(at: at, stepSeconds: 300, queues: [.init(switch: "roma", name: "info", steps: steps)])
    }

    @Test(
        "draws the last hour of each queue: nobody is the lowest bar, what was heard in part is dotted, and what was not heard a point"
    )
    mutating func sparkline() {
        _ = picture.take(message(.snapshot, 0, [queue("info"), queue("nuova")]), at: noon)
        picture.history = history(
            at: "2026-03-02T12:00:00.000Z", [9, 9, 0, 1, 2, 3, 4, 5, 6, 7, 14, 0, nil, 7], from: "2026-03-02T10:55:00Z")
        #expect(lines()[2].hasPrefix("QUEUE  WAITING  LONGEST  LAST HOUR     ANSWERED"))
        #expect(lines()[3].hasPrefix("info         0        –  ▁▂▂▃▃▄▄▅█▁·▅  "))
        #expect(lines()[4].hasPrefix("nuova        0        –  ············  "))
        // What is no longer reported is not known: time goes on, and nothing is drawn for it.
        #expect(lines(at: noon + .seconds(149))[3].contains("▁▂▂▃▃▄▄▅█▁·▅"))
        #expect(lines(at: noon + .seconds(600))[3].contains("▂▃▃▄▄▅█▁·▅··"))
        // One caller is the maximum, and so the highest bar; without a caller there is none.
        picture.history = history(at: "2026-03-02T12:00:00.000Z", [1, 0], from: "2026-03-02T11:55:00Z")
        #expect(lines()[3].contains("··········█▁"))
        picture.history = history(at: "2026-03-02T12:00:00.000Z", [0, 0], from: "2026-03-02T11:55:00Z")
        #expect(lines()[3].contains("··········▁▁"))
        // What was counted before or after a gap is shown: there may have been more.
        picture.history = history(
            at: "2026-03-02T12:00:00.000Z", [1, 4, 9, 12, 12, 0], partly: [0, 1, 2, 3, 5], from: "2026-03-02T11:35:00Z")
        #expect(lines()[3].contains("······⣀⣤⣶⣿█·"))
    }

    @Test("says for how long today each switch was not heard, and that this is unknown for a source without a link")
    mutating func coverage() {
        func entry(_ name: String, _ lost: Double, _ gaps: Int, unknown: Double? = nil) -> WallboardMessage.Switch {
            .init(
                name: name, state: .connected, since: "2026-03-02T09:00:00Z", detail: nil,
                coverage: .init(
                    heardSince: "2026-03-02T09:00:00Z", seconds: 8971, lostSeconds: lost, unknownSeconds: unknown,
                    gaps: gaps, lastGap: nil)
            )
        }
        let switches = [
            entry("roma", 8018, 0), entry("milano", 20.5, 2), entry("nuvola", 0, 0, unknown: 8971),
            entry("genova", 0, 0),
        ]
        _ = picture.take(message(.snapshot, 0, [queue("a")], switches: switches), at: noon)
        #expect(
            lines(400).last
                == "Connected: genova, milano (21 s of today not heard; 2 gaps), nuvola (no link: nobody can tell whether everything arrived), roma (2 h 13 min 38 s of today not heard)"
        )
        let of = { (filter: WallboardFilter) in filter.concerned(switches, by: []).map(\.name) }
        #expect(of(WallboardFilter(switches: ["milano"])) == ["milano"] && of(WallboardFilter()).count == 4)
    }

    @Test("shows and reports only what is on a switch, alone or together with a queue, and for a queue its own switch")
    func bySwitch() throws {
        let queues = [("a", "roma"), ("a", "milano"), ("b", "roma")].map { name, owner in
            var queue = queue(name)
            queue.switch = owner
            return queue
        }
        let switches = ["roma", "milano"].map {
            WallboardMessage.Switch(name: $0, state: .connected, since: "2026-03-02T09:00:00Z", detail: nil)
        }
        let snapshot = message(.snapshot, 0, queues, switches: switches)
        func told(_ queues: [String], _ switches: [String]) throws -> String {
            var filter = WallboardFilter(queues: queues, switches: switches)
            let filtered = filter.filter(snapshot)
            let left = try #require(filtered)
            return (left.queues ?? []).map { "\($0.name)@\($0.switch)" }.joined(separator: " ") + " of "
                + (left.switches ?? []).map(\.name).joined(separator: " ")
        }
        #expect(try told([], ["roma"]) == "a@roma b@roma of roma")
        #expect(try told(["a"], ["roma"]) == "a@roma of roma")
        #expect(try told(["a"], []) == "a@roma a@milano of roma milano")
        #expect(WallboardFilter(queues: ["b"]).concerned(switches, by: [queues[2]]).map(\.name) == ["roma"])
    }

    @Test("marks alarms with a sign that needs no colour, the worst first, and describes them")
    mutating func alarms() {
        func alarm(_ rule: String, _ severity: String, _ kind: WallboardMessage.Alarm.Kind = .raised)
            -> WallboardMessage.Alarm
        {
            .init(
                type: kind, rule: rule, severity: severity, since: "2026-03-02T11:59:00.000Z", value: 0.625,
                valueNow: 0.5,
                raise: 0.7, clear: 0.8)
        }
        let queues = [
            queue("a", alarms: [alarm("serviceLevel.30m.warning", "warning")]),
            queue("b", alarms: [alarm("waiting.warning", "warning"), alarm("serviceLevel.30m.critical", "critical")]),
            queue("c", alarms: [alarm("waiting.critical", "critical", .cleared)]),
        ]
        _ = picture.take(message(.snapshot, 0, queues), at: noon)
        #expect(lines()[3...5].map { String($0.prefix(5)) } == ["! a  ", "!! b ", "c    "])
        #expect(
            lines(200)[6]
                == "!! critical: b: service level (30m) 50.0 %, 62.5 % when raised (raised at 70.0 %, cleared at 80.0 %) since 2026-03-02T11:59:00.000Z"
        )
        #expect(
            lines()[7].hasPrefix("! warning: a: ") && lines()[8].hasPrefix("! warning: b: waiting") && lines()[9] == "")
        let coloured = lines(colours: true)
        #expect(
            coloured[3].hasPrefix("\u{1B}[33m! a") && coloured[4].hasPrefix("\u{1B}[31m!! b")
                && coloured[5].hasPrefix("c"))
        #expect(!lines(only: ["a"]).contains { $0.contains("!!") })
        // A small window keeps the queues.
        #expect(lines(rows: 9)[6] == "… and 3 more alarms." && lines(rows: 8).allSatisfy { !$0.contains("alarm") })
    }

    @Test("shows nothing green over a gap")
    mutating func gap() {
        func coverage(_ lost: Double, end: String?, since: String? = "2026-03-02T08:00:00Z") -> WallboardMessage.Switch
        {
            .init(
                name: "roma", state: .connected, since: "2026-03-02T08:00:00.000Z", detail: nil,
                coverage: .init(
                    heardSince: since, seconds: 3600, lostSeconds: lost, gaps: 1,
                    lastGap: .init(from: "2026-03-02T11:00:00Z", to: end, cause: "linkLost")))
        }
        let queues = [queue("info", level: (9, 10), lately: 0.9)]
        _ = picture.take(message(.snapshot, 0, queues, switches: [coverage(12, end: "2026-03-02T11:20:00Z")]), at: noon)
        #expect(lines()[3].contains("◐ 90.0 %  ✓ 90.0 %"))
        _ = picture.take(message(.snapshot, 0, queues, switches: [coverage(12, end: "2026-03-02T11:40:00Z")]), at: noon)
        #expect(lines()[3].contains("◐ 90.0 %  ◐ 90.0 %") && !lines(colours: true)[3].contains("\u{1B}[32m"))
        // Before it was first heard it was not heard, but that is not a gap.
        for since in ["2026-03-02T11:40:00Z", nil] {
            _ = picture.take(
                message(.snapshot, 0, queues, switches: [coverage(12, end: "2026-03-02T11:20:00Z", since: since)]),
                at: noon)
            #expect(lines()[3].contains("◐ 90.0 %  ◐ 90.0 %"))
        }
    }

    @Test("an answer to one request is complete, or it is none")
    func plainAnswer() {
        func read(_ text: String, ended: Bool = false) -> PlainAnswer.Reading {
            PlainAnswer.read(Array(text.utf8), hasEnded: ended)
        }
        #expect(
            read("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                == .answer(.init(status: 200, body: Array("{}".utf8))))
        #expect(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}") == .incomplete)
        #expect(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", ended: true) == .notHTTP)
        #expect(read("HTTP/1.0 502 Bad\r\n\r\nno", ended: true) == .answer(.init(status: 502, body: Array("no".utf8))))
        #expect(read("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n") == .tooLong)
        #expect(read("SSH-2.0-OpenSSH") == .notHTTP && read("HTT") == .incomplete && read("", ended: true) == .notHTTP)
        #expect(
            PlainAnswer.read(Array("HTTP/1.1 ".utf8) + Array(repeating: 65, count: 20_000), hasEnded: false) == .notHTTP
        )
        let refused = PlainAnswer(
            status: 400, body: Array(#"{"error":{"message":"no\u001b[2J time","status":400}}"#.utf8))
        #expect(refused.refusal == "The gateway refused with 400: no\u{FFFD}[2J time")
        #expect(PlainAnswer(status: 500, body: []).refusal == "The gateway refused with status 500.")
    }

    @Test("lets the longest wait tick by the server's clock, whatever ours says")
    mutating func clocks() {
        // Our clock is an hour ahead; one message took 3 s, another came at once.
        let late = UnixTime(rfc3339: "2026-03-02T13:00:03Z")!
        let quick = UnixTime(rfc3339: "2026-03-02T13:00:05Z")!
        _ = picture.take(
            message(.snapshot, 0, [queue("info", waiting: 1, since: "2026-03-02T11:59:50.000Z")]), at: late)
        _ = picture.take(message(.heartbeat, 0, at: "2026-03-02T12:00:05.000Z"), at: quick)
        #expect(lines(at: quick)[3].contains(" 0:15 "))
        #expect(lines(at: UnixTime(rfc3339: "2026-03-02T14:00:00Z")!)[3].contains(" 1:00:10 "))
    }

    @Test(
        "shows the gateway's own time where its zone is known: at the top, in alarms, of switches and of a lost stream")
    mutating func zone() {
        let away = WallboardMessage.Switch(
            name: "roma", state: .disconnected, since: "2026-03-02T11:00:00.000Z", detail: "No answer.")
        let alarm = WallboardMessage.Alarm(
            type: .raised, rule: "r", severity: "warning", since: "2026-03-02T11:59:00.000Z", value: 1, valueNow: 1,
            raise: 1, clear: 2)
        var snapshot = message(.snapshot, 0, [queue("info", alarms: [alarm])], switches: [away])
        snapshot.timeZone = "Europe/Rome"
        _ = picture.take(snapshot, at: noon)
        #expect(lines().first == "gw:8080 · 2026-03-02T13:00:00+01:00")
        #expect(lines().last == "~ roma: disconnected since 2026-03-02T12:00:00+01:00. No answer.")
        #expect(lines().contains { $0.hasSuffix("since 2026-03-02T12:59:00+01:00") })
        picture.lost("Gone.", at: noon, retryAt: noon)
        #expect(lines()[2] == "! Nothing below is live: it is as of 2026-03-02T13:00:00+01:00.")
    }

    @Test("marks the figures of a switch that is away, and says why")
    mutating func switchAway() {
        let away = WallboardMessage.Switch(
            name: "roma", state: .disconnected, since: "2026-03-02T11:00:00.000Z", detail: "No answer.\u{1B}[2J")
        _ = picture.take(
            message(.snapshot, 0, [queue("info", waiting: 1, since: "2026-03-02T11:59:50.000Z")], switches: [away]),
            at: noon)
        #expect(lines()[3].hasPrefix("~ info"))
        #expect(lines()[3].contains(" – "))
        #expect(lines().last == "~ roma: disconnected since 2026-03-02T11:00:00.000Z. No answer.\u{FFFD}[2J")
    }

    @Test("says that the stream is lost and since when nothing is live, until the next message")
    mutating func loss() {
        #expect(lines().last == "Waiting for the first figures.")
        _ = picture.take(
            message(.snapshot, 0, [queue("info", waiting: 1, since: "2026-03-02T11:59:50.000Z")]), at: noon)
        picture.lost("The gateway ended the stream.", at: noon, retryAt: noon + .seconds(2))
        picture.lost("Connection refused.", at: noon + .seconds(2), retryAt: noon + .seconds(5))
        let shown = lines(at: noon + .seconds(3))
        #expect(shown[1] == "! The stream is lost; next attempt in 2 s. Connection refused.")
        #expect(shown[2] == "! Nothing below is live: it is as of 2026-03-02T12:00:00.000Z.")
        #expect(shown.contains { $0.hasPrefix("~ info") } && !shown.contains { $0.hasPrefix("Connected") })
        _ = picture.take(message(.snapshot, 9, [queue("info")]), at: noon)
        #expect(!lines().contains { $0.hasPrefix("!") || $0.hasPrefix("~") })
        // It resumes where it was lost: a message in order is live.
        picture.lost("The gateway ended the stream.", at: noon, retryAt: noon + .seconds(2))
        #expect(picture.take(message(.change, 11), at: noon) == .gap)
        #expect(lines().contains { $0.hasPrefix("!") })
        #expect(picture.take(message(.heartbeat, 9), at: noon) == .taken)
        #expect(!lines().contains { $0.hasPrefix("!") || $0.hasPrefix("~") })
    }

    @Test("fits every window, and keeps what matters most", arguments: [5, 12, 20, 40, 60, 79, 100, 200])
    mutating func widths(columns: Int) {
        let queues = (1...40).map {
            queue(
                "queue with a rather long name \($0)", switch: $0 % 2 == 0 ? "roma" : "milano", waiting: $0,
                level: (1, 2))
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

    @Test("finds a gap in the numbers")
    mutating func gaps() {
        #expect(picture.take(message(.change, 1), at: noon) == .gap)
        #expect(picture.take(message(.snapshot, 5), at: noon) == .taken)
        #expect(picture.take(message(.change, 6), at: noon) == .taken)
        #expect(picture.take(message(.heartbeat, 6), at: noon) == .taken)
        #expect(picture.take(message(.heartbeat, 7), at: noon) == .gap)
        #expect(picture.take(message(.change, 8), at: noon) == .gap)
    }

    @Test("a filter keeps its queues and the agents in them, and reports one that leaves")
    func filter() {
        func agent(_ queues: [String]) -> WallboardMessage.Agent {
            .init(switch: "roma", name: "Anna", interface: "PJSIP/1", state: .available, reason: nil, queues: queues)
        }
        var filter = WallboardFilter(queues: ["info"])
        #expect(
            filter.filter(message(.snapshot, 0, [queue("info"), queue("vendite")]))?.queues?.map(\.name) == ["info"])
        func change(_ agents: [WallboardMessage.Agent]) -> WallboardMessage {
            .init(type: .change, seq: 1, at: "", queues: [queue("vendite")], agents: agents)
        }
        #expect(filter.filter(change([agent(["vendite"])])) == nil)
        #expect(
            filter.filter(change([agent(["info"])])) == .init(type: .change, seq: 1, at: "", agents: [agent(["info"])]))
        #expect(filter.filter(change([agent([])]))?.agents == [agent([])])
        #expect(filter.filter(change([agent([])])) == nil)
        #expect(filter.filter(.init(type: .heartbeat, seq: 1, at: "")) != nil)
    }

    @Test("an address is http or https with host and port, and nothing that could carry a secret")
    func addresses() {
        let source = WallboardFollower.Source("http://[::1]:8080/gw/", token: nil)
        #expect(source?.address == "[::1]:8080" && source?.path == "/gw/v1/wallboard" && source?.host == "::1")
        #expect(WallboardFollower.Source("http://gw", token: nil)?.port == 80)
        let secure = WallboardFollower.Source("https://gw", token: nil)
        #expect(secure?.port == 443 && secure?.isSecure == true)
        for bad in [
            "gw:8080", "ftp://gw", "http://", "http://a:b@gw", "http://gw/?token=x", "http://gw:0", "http://gw:99999",
            "http://g w",
        ] {
            #expect(WallboardFollower.Source(bad, token: nil) == nil, "\(bad)")
        }
    }
}
