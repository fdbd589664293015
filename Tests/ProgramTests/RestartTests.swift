import Foundation
import Testing
import Waiting

/// Asks a restarted gateway everything that it answered before, to find what it lacks.
@Suite("A gateway that is started again answers", .tags(.program), .waiting)
struct RestartTests {
    /// Differs because time goes on, because the restart itself is a gap, or because it counts from the start of the
    /// program.
    private static let mayDiffer: Set<String> = [
        "at", "stream", "since", "startedAt", "stateSince", "seq", "coverage", "gaps", "window", "windows",
        "httpConnections", "detail",
        "age",
        "bytes", "segments",
        "blocks", "entries", "lastDigest", "to", "until", "from", "eventsRead", "eventsUnderstood",
        "unjournalledSeconds",
        "clockOffsetUncertaintySeconds",
        "clockOffsetSeconds", "steps", "stepSeconds", "runs",
    ]

    private static let more = """
        [[agents]]
        id = "a4"
        name = "Anna"
        interface = "PJSIP/1004"
        token = "token-of-anna-alone"
        [[queues]]
        name = "incentivi"
        threshold_seconds = 10
        target = 0.9
        [[queues.alarms]]
        metric = "waiting"
        raise = 3
        clear = 1
        """

    @Test("at each address, on each port and to each command as it did before", arguments: [SIGINT, SIGKILL])
    func everything(signal: Int32) throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        // The queue and its member, as the switch lists them whenever it is asked.
        asterisk.has([
            "queuestatus": [
                "Event: QueueParams\r\nQueue: incentivi\r\nMax: 0\r\nStrategy: ringall\r\nCalls: 0\r\nHoldtime: 0\r\nTalkTime: 0\r\nCompleted: 0\r\nAbandoned: 0\r\nServiceLevel: 0\r\nServicelevelPerf: 0.0\r\nWeight: 0\r\n",
                "Event: QueueMember\r\nQueue: incentivi\r\nName: Dario Neri\r\nLocation: PJSIP/1004\r\nStateInterface: PJSIP/1004\r\nMembership: dynamic\r\nPenalty: 0\r\nCallsTaken: 0\r\nLastCall: 0\r\nInCall: 0\r\nStatus: 1\r\nPaused: 0\r\n",
            ]
        ])
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", more: Self.more)
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try eventually("the journal has it") { try RecoveryTests.journal(gateway).contains("QueueCallerLeave") }
        try eventually("the store has it") { try gateway.stored().contacts == 1 }
        let then = try #require(gateway.status()["at"] as? String)
        let before = try answers(gateway, then)
        kill(gateway.program.identifier, signal)
        _ = gateway.program.status()
        try gateway.start()
        try gateway.program.errors.wait(for: "Connected, inventory complete.")
        let after = try answers(gateway, then)

        #expect(before.count == after.count && before.count > 50)
        for (question, answer) in before.sorted(by: { $0.key < $1.key }) {
            let again = try #require(after[question], "\(question)")
            let (old, new) = (answer.split(separator: "\n"), again.split(separator: "\n"))
            let changes = new.difference(from: old)
            #expect(changes.isEmpty, "\(question)\ngone: \(changes.removals)\nnew: \(changes.insertions)")
        }
        try gateway.stopCleanly(contacts: 1)
    }

    @Test("to the wallboard's token, and to nobody without it")
    func tokens() throws {
        let (gateway, _) = try GatewayUnderTest.withWallboardToken()
        for _ in 0..<2 {
            #expect(try LineSocket.request(gateway.http, "GET /metrics HTTP/1.1").status == 401)
            #expect(
                try LineSocket.request(
                    gateway.http, "GET /v1/wallboard/history HTTP/1.1\r\nAuthorization: Bearer w-secret"
                ).status == 200)
            #expect(try LineSocket.request(gateway.http, "GET /wallboard HTTP/1.1").status == 200)
            try gateway.stopCleanly()
            try gateway.start()
        }
    }

    // MARK: asking

    /// The answers, by request: the same are expected again.
    private func answers(_ gateway: GatewayUnderTest, _ then: String) throws -> [String: String] {
        var answers: [String: String] = [:]
        func ask(_ head: String) throws {
            let answer = try LineSocket.request(gateway.http, head)
            answers[head] =
                "\(answer.status)\n" + (object(answer.body).map { Self.text(of: $0) } ?? Self.lasting(answer.body))
        }
        for path in try Self.pages() { try ask("GET \(path) HTTP/1.1") }
        for path in try Self.documented() where path != "/v1/webhooks/{source}" {
            let question =
                switch path {
                case "/v1/stats": "?queue=incentivi&window=today"
                case "/v1/stats/explain": "?queue=incentivi&figure=SL6%2BF"
                default: ""
                }
            try ask(
                "GET \(path)\(question) HTTP/1.1\r\nAccept: application/json\r\nAuthorization: Bearer \(GatewayUnderTest.token)"
            )
            try ask("GET \(path)\(question) HTTP/1.1\r\nAccept: application/json")
        }
        try ask("GET /v1/wallboard?at=\(then) HTTP/1.1\r\nAccept: application/json")
        try ask("GET /v1/stats?queue=incentivi&at=\(then) HTTP/1.1")
        try ask("GET /v1/stats?team=nessuno HTTP/1.1")
        try ask("POST /v1/webhooks/nuvola HTTP/1.1")
        try ask("GET /none HTTP/1.1")

        for (agent, token) in [
            ("PJSIP/1004", "token-of-anna-alone"), ("PJSIP/1004", GatewayUnderTest.token),
            ("PJSIP/9", GatewayUnderTest.token),
        ] {
            let answer = try gateway.desk(agent, token: token).json("an answer to \(agent)") { _ in true }
            answers["desk \(agent) \(token)"] = Self.text(of: answer)
        }
        let board = try LineSocket(gateway.wallboards)
        answers["wallboard's lines"] = Self.text(of: try board.json("a snapshot") { _ in true })

        let url = "http://127.0.0.1:\(gateway.http)"
        let log = try gateway.folder.write(
            "queue_log", String(contentsOfFile: Repository.trace("caller_hangup-a") + "/queue_log", encoding: .utf8))
        for arguments in [
            ["tail", "--url", url, "--no-follow"], ["tail", "--url", url, "--no-follow", "--json"],
            ["tail", "--url", url, "--no-follow", "--queue", "incentivi"],
            ["stats", "--url", url, "--queue", "incentivi", "--json"], ["stats", "--url", url],
            ["explain", "SL6+F", "--url", url, "--queue", "incentivi"],
            ["explain", "offered", "--url", url, "--json"], ["stats", "--url", url, "--at", then, "--json"],
            ["intervals", "--config", gateway.configuration, "--from", "2026-01-01", "--json"],
            ["reconcile", "--queue-log", log, "--config", gateway.configuration, "--json"],
            ["journal", "verify", gateway.folder.path + "/journal", "--json"],
            ["check", "--config", gateway.configuration],
        ] {
            let program = try Program(executable: Program.executable, arguments)
            let output = program.output.untilEnd()
            let lines = output.split(separator: "\n").map { line in
                object(String(line)).map { Self.text(of: $0) } ?? Self.lasting(String(line))
            }
            answers[arguments.filter { $0 != url }.joined(separator: " ")] =
                "\(program.status())\n" + lines.joined(separator: "\n")
        }
        return answers
    }

    /// Each page, and each asset of `Sources/Web/Pages`.
    private static func pages() throws -> [String] {
        let files = try FileManager.default.contentsOfDirectory(atPath: Repository.path("Sources/Web/Pages")).sorted()
        let paths = files.map { $0.hasSuffix(".html") ? "/" + $0.dropLast(5) : "/assets/" + $0 }
        return paths.map { $0 == "/start" ? "/" : $0 }
    }

    /// The paths of openapi.yaml.
    private static func documented() throws -> [String] {
        let lines = try String(contentsOfFile: Repository.path("Protocols/HTTP/openapi.yaml"), encoding: .utf8).split(
            separator: "\n")
        let paths = lines.filter { $0.hasPrefix("  /") && $0.hasSuffix(":") }.map { String($0.dropLast().dropFirst(2)) }
        try #require(paths.count >= 10, "\(paths)")
        return paths
    }

    /// A JSON object without what may differ.
    private static func text(of object: [String: Any]) -> String {
        func kept(_ value: Any) -> Any {
            if let object = value as? [String: Any] {
                return object.filter { !mayDiffer.contains($0.key) }.mapValues(kept)
            }
            if let array = value as? [Any] { return array.map(kept) }
            return value
        }
        let data = try? JSONSerialization.data(withJSONObject: kept(object), options: [.sortedKeys, .prettyPrinted])
        return lasting(String(decoding: data ?? Data(), as: UTF8.self))
    }

    /// Text without times; of metrics, those of queues with their values, and the names of the others.
    private static func lasting(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).filter {
            !$0.contains("overage") && !$0.contains("as of") && !$0.contains("commit_delay")
        }.map {
            line in
            if line.hasPrefix("centralino_"), !line.hasPrefix("centralino_queue_") {
                return String(line.prefix { $0 != " " })
            }
            return String(line).replacing(/\d{4}-\d\d-\d\d/, with: "DAY").replacing(
                /\d\d?:\d\d(:\d\d(\.\d+)?)?/, with: "TIME"
            )
            .replacing(/127\.0\.0\.1:\d+/, with: "HOST")
        }.joined(separator: "\n")
    }
}
