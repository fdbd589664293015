import Foundation
import Testing
import Wallboard
import Waiting

@testable import centralino

@Suite("centralino stats and explain", .tags(.program), .waiting)
struct FigureCommandTests {
    /// A gateway that has heard one call, and the address of its pages.
    private static func gateway(_ folder: TemporaryFolder? = nil, more: String = "") throws -> (
        GatewayUnderTest, ScriptedSwitch, String
    ) {
        let asterisk = try ScriptedSwitch()
        let gateway = try GatewayUnderTest(folder: folder, switchPort: asterisk.port, login: "plain", more: more)
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        return (gateway, asterisk, "http://127.0.0.1:\(gateway.http)")
    }

    /// The time on Rome's clocks, which these gateways use.
    private static func local(_ time: String) throws -> String {
        let format = DateFormatter()
        (format.locale, format.timeZone) = (Locale(identifier: "en_US_POSIX"), TimeZone(identifier: "Europe/Rome"))
        format.dateFormat = "yyyy-MM-dd'T'HH:mm:ssxxx"
        let parser = ISO8601DateFormatter()
        parser.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return format.string(from: try #require(parser.date(from: time)))
    }

    @Test("and tail: show people the time in one zone, the gateway's, with its offset; programs get UTC")
    func oneZone() throws {
        let (gateway, asterisk, url) = try Self.gateway()
        defer { asterisk.stop() }
        for arguments in [
            ["stats", "--url", url], ["explain", "offered", "--url", url], ["tail", "--url", url, "--no-follow"],
            ["stats", "--url", url, "--at", try #require(gateway.status()["startedAt"] as? String)],
        ] {
            let told = try Program(
                executable: Program.executable, arguments, environment: ["NO_COLOR": "1"], terminal: 200)
            let text = told.output.untilEnd()
            #expect(told.status() == 0, "\(arguments) \(told.errors.text)")
            let times = text.matches(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*/#).map { String($0.output) }
            #expect(!times.isEmpty && times.allSatisfy { $0.contains(#/:\d\d\+0[12]:00\b/#) }, "\(arguments): \(text)")
        }
        let json = try Program.run("explain", "offered", "--url", url, "--json").output
        let calls = try #require((object(json)?["numerator"] as? [String: Any])?["calls"] as? [[String: Any]])
        #expect((calls.first?["from"] as? String)?.hasSuffix("Z") == true, "\(json)")
    }

    @Test("print the figures with numerator, denominator and formula, and the calls behind one")
    func figures() throws {
        let (gateway, asterisk, url) = try Self.gateway()
        defer { asterisk.stop() }
        let told = try Program.run("stats", "--url", url, "--queue", "incentivi", "--thresholds", "20,3600")
        #expect(told.status == 0 && told.errors == "", "\(told)")
        func row(_ figure: String) -> [String] {
            told.output.split(separator: "\n").first { $0.hasPrefix(figure + " ") }?.split(separator: " ").map(
                String.init) ?? []
        }
        #expect(row("offered").starts(with: ["offered", "1", "1", "O", "·", "Offered"]), "\(told.output)")
        #expect(row("AR1").starts(with: ["AR1", "0.00", "%", "0", "1", "B/O"]))
        #expect(
            row("averageTimeToAbandon").starts(with: ["averageTimeToAbandon", "n/a", "0.000", "s", "0"]),
            "an unknown is no zero")
        #expect(told.output.hasPrefix("queue “incentivi”, today (by joining): from "))
        #expect(told.output.contains("\nCoverage: ") && told.output.contains("were not heard"))
        #expect(
            told.output.contains("\nContract: SL6+F within 20 s (short abandons: 5 s): 1/1 = 100.00 %, target 80.00 %"))
        #expect(told.output.contains("\n3600 s ") && told.output.contains("SL6+F"))

        let explained = try Program.run("explain", "SL6+F", "--url", url, "--queue", "incentivi")
        #expect(explained.status == 0, "\(explained)")
        #expect(
            explained.output.contains("Numerator: 1, of 1 call(s).")
                && explained.output.contains("Denominator: 1, of 1 call(s)."))
        #expect(explained.output.components(separatedBy: "incentivi · answered, wait ≤ 20 s").count == 3)
        try gateway.stopCleanly(contacts: 1)
    }

    @Test("print times as times, above the line and below")
    func units() throws {
        func figure(_ id: String, _ unit: String, _ numerator: Int64, _ denominator: Int64?) -> StatisticsMessage.Figure
        {
            StatisticsMessage.Figure(
                id: id, name: id, formula: "", unit: unit, numerator: numerator, denominator: denominator, value: nil)
        }
        let message = StatisticsMessage(
            at: "2026-11-23T10:00:00.000Z",
            window: .init(
                name: "today", base: "completion", from: "", to: "", fromLocal: "", toLocal: "", timeZone: "Europe/Rome"
            ),
            scope: .init(kind: "team", names: ["a"]),
            coverage: .init(seconds: 1, lostSeconds: 0, gaps: 0, open: 0, unmeasured: 0, truncatedBefore: nil),
            contract: nil,
            figures: [
                figure("occupancy", "ratio", 1_053_312_015, 1_853_373_772),
                figure("handledPerHour", "perHour", 9, 3_600_000_000),
                figure("AHT", "seconds", 9_500_000, 3), figure("AR1", "ratio", 1, 4),
                figure("talkingTime", "seconds", 1_500_000, nil),
            ], thresholds: [], longestWaitSeconds: nil, estimates: nil, time: nil, withheld: nil)
        let rows = FigureTable.text(message).split(separator: "\n").suffix(5).map {
            $0.split(separator: "·")[0].split(separator: " ").joined(separator: " ")
        }
        #expect(
            rows == [
                "occupancy n/a 17 min 33.312 s 30 min 53.374 s", "handledPerHour n/a 9 1 h 0 min 0.000 s",
                "AHT n/a 9.500 s 3",
                "AR1 n/a 1 4",
                "talkingTime n/a 1.500 s",
            ])
    }

    @Test("and tail and intervals: show a length of time in one form")
    func durations() {
        let told = [0, 0.4, 12, 59.5, 125, 3599.9, 9917.713].map { FigureText.duration($0) }
        #expect(told == ["0 s", "0 s", "12 s", "1 min 0 s", "2 min 5 s", "1 h 0 min 0 s", "2 h 45 min 18 s"])
        let exact = [3.2564, 59.9996, 9917.713, -61.5].map { FigureText.duration($0, decimals: 3) }
        #expect(exact == ["3.256 s", "1 min 0.000 s", "2 h 45 min 17.713 s", "−1 min 1.500 s"])
        #expect(FigureText.duration(.infinity) == "n/a")
    }

    @Test("print with --json the gateway's answer")
    func json() throws {
        let (gateway, asterisk, url) = try Self.gateway()
        defer { asterisk.stop() }
        for (arguments, path) in [
            (["stats", "--window", "60m"], "/v1/stats?window=60m&lang=en"),
            (["explain", "offered"], "/v1/stats/explain?figure=offered&limit=100&offset=0&lang=en"),
        ] {
            let told = try Program(executable: Program.executable, arguments + ["--url", url, "--json"])
            let text = told.output.untilEnd()
            #expect(told.status() == 0)
            let answer = try LineSocket.request(gateway.http, "GET \(path) HTTP/1.1")
            func members(_ text: String) -> NSDictionary {
                let object = (object(text) ?? [:]).filter { !["at", "coverage", "window"].contains($0.key) }
                return object as NSDictionary
            }
            #expect(answer.status == 200 && members(text).count > 2 && members(text) == members(answer.body), "\(text)")
        }
    }

    @Test("answer for an earlier moment from the journal, and say where the journal ends")
    func earlier() throws {
        let (gateway, asterisk, url) = try Self.gateway()
        defer { asterisk.stop() }
        let long = try Program.run("stats", "--url", url, "--at", "2020-01-01 10:00")
        #expect(long.status == 1 && long.errors.contains("The journal goes from "), "\(long)")
        #expect(
            long.errors.contains("; 2020-01-01T10:00:00+01:00 is outside of it."),
            "on the clocks of the question: \(long)")
        let start = try #require(gateway.status()["startedAt"] as? String)
        let then = try Program.run("stats", "--url", url, "--at", start)
        let asOf = "as of \(try Self.local(start))"
        #expect(then.status == 0 && then.output.contains(asOf) && !then.output.contains("offered   1"), "\(then)")
    }

    @Test("report in the gateway's words what it refuses, and end with status 1")
    func refusals() throws {
        let (gateway, asterisk, url) = try Self.gateway()
        defer { asterisk.stop() }
        _ = gateway
        for (arguments, words) in [
            (["stats", "--queue", "altra"], "There is no queue “altra”; there are: “incentivi”."),
            (
                ["stats", "--queue", "incentivi", "--team", "x"],
                "Ask for one of queue, group, team and supplier at a time; switch= may stand beside each of them."
            ),
            (
                ["stats", "--window", "7m"],
                "There is no window “7m”; there are: today, 5m, 15m, 30m, 60m, shift, interval (with"
            ),
            (["explain", "nulla"], "There is no figure “nulla”; there are: offered,"),
            (["explain", "occupancy"], "agents' time"),
            (["explain", "offered", "--limit", "0"], "limit “0” is not a whole number from 1"),
            (
                ["stats", "--start", "2026-10-25 02:15"],
                "happened twice: write 2026-10-25T02:15:00+02:00 or 2026-10-25T02:15:00+01:00."
            ),
        ] {
            let told = try Program(executable: Program.executable, arguments + ["--url", url])
            #expect(told.output.untilEnd() == "" && told.status() == 1, "\(arguments)")
            #expect(
                told.errors.untilEnd().contains("The gateway refused with 400: ") && told.errors.text.contains(words),
                "\(told.errors.text)"
            )
        }
        let nobody = try Program.run("stats", "--url", "http://127.0.0.1:\(try Loopback.freePort())")
        #expect(nobody.status == 1 && nobody.errors.contains("Is the gateway running?"))
        #expect(try Program.run("stats", "--url", "ftp://x").status == 64)
        #expect(try Program.run("explain", "--url", url).status == 64, "no figure")
    }

    @Test("need the wallboard's token where there is one, as Prometheus does for /metrics")
    func token() throws {
        let (gateway, file) = try GatewayUnderTest.withWallboardToken()
        let url = "http://127.0.0.1:\(gateway.http)"
        let without = try Program.run("stats", "--url", url)
        #expect(without.status == 1 && without.output == "" && without.errors.contains("--token-file"), "\(without)")
        #expect(try Program.run("stats", "--url", url, "--token-file", file).status == 0)
        #expect(try LineSocket.request(gateway.http, "GET /metrics HTTP/1.1").status == 401)
        let metrics = try LineSocket.request(gateway.http, "GET /metrics HTTP/1.1\r\nAuthorization: Bearer w-secret")
        #expect(metrics.status == 200)
        for name in [
            "loop_lag_seconds", "unsent_bytes", "journal_uncommitted_seconds", "process_resident_memory_bytes",
            "build_info{version=",
        ] {
            #expect(metrics.body.contains("\ncentralino_\(name)"), "\(name)")
        }
    }

    @Test("make names from a hostile gateway safe for a terminal")
    func hostile() throws {
        let gateway = try ScriptedGateway()
        defer { gateway.stop() }
        let stats = try Program("stats", "--url", "http://127.0.0.1:\(gateway.port)")
        let window = #"{"name":"\u001b]0;x\u0007","base":"cohort","from":"a","to":"b","fromLocal":"c","toLocal":"d"}"#
        let body =
            #"{"at":"now","window":\#(window),"scope":{"kind":"queue","names":["\u001b[31mq"]},"coverage":{"seconds":1,"lostSeconds":0,"gaps":0,"open":0,"#
            + #""unmeasured":0},"figures":[{"id":"\u001b[2Jx","name":"\u202en","formula":"f","unit":"count","numerator":9223372036854775807,"value":1e300}],"thresholds":[]}"#
        _ = try gateway.reply("200 OK", body)
        let text = stats.output.untilEnd()
        #expect(stats.status() == 0, "\(stats.errors.text)")
        #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}") && text.contains("�[31mq"), "\(text)")

        let other = try Program("explain", "x", "--url", "http://127.0.0.1:\(gateway.port)")
        _ = try gateway.reply("200 OK", "{}")
        #expect(other.output.untilEnd() == "" && other.status() == 1)
        #expect(other.errors.untilEnd().contains("another version"))
    }
}
