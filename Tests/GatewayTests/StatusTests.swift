import AMI
import Core
import Edges
import Gateway
import Switches
import Telephony
import Testing
import Time

@Suite("The status")
struct StatusTests {
    /// The gateway's first connection to its switch.
    private let toSwitch = ConnectionID(2)

    private func lastID(_ bench: inout Bench) -> String {
        let lines = String(decoding: bench.read(toSwitch), as: UTF8.self).split(separator: "\r\n")
        return lines.last { $0.hasPrefix("ActionID: ") }.map { String($0.dropFirst("ActionID: ".count)) } ?? ""
    }

    @Test("gives the offset of a switch's clock, and its uncertainty, once the switch has sent its time")
    func clock() {
        var configuration = Bench.configuration
        configuration.switches[0].link = .init(username: "cti", isChallenged: false)
        configuration.switches[0].secret = .init("x")
        var bench = Bench(configuration)
        func hear(_ text: String) { bench.hear(Array(text.replacing("\n", with: "\r\n").utf8)) }
        bench.greet()
        hear("Response: Success\nActionID: \(lastID(&bench))\nMessage: Authentication accepted\n\n")
        #expect(!bench.request("GET", "/v1/status").body.contains("clockOffset"), "unknown is absent, not zero")
        bench.wait(.seconds(15))
        // 250 ms ahead, answered at the same instant.
        let time = bench.moment.date.microseconds + 250_000
        hear(
            "Response: Success\nActionID: \(lastID(&bench))\nPing: Pong\nTimestamp: \(time / 1_000_000).\(time % 1_000_000)\n\n"
        )
        let status = bench.request("GET", "/v1/status").body
        #expect(status.contains(#""clockOffsetSeconds":0.25,"clockOffsetUncertaintySeconds":0,"#), "\(status)")
    }

    @Test("shows a clock that is far off, and a disk that is nearly full, as the metrics and the log do; each once")
    func operatorAlarms() {
        var configuration = Bench.configuration
        configuration.switches[0].link = .init(username: "cti", isChallenged: false)
        configuration.switches[0].secret = .init("x")
        var bench = Bench(configuration)
        func hear(_ text: String) { bench.hear(Array(text.replacing("\n", with: "\r\n").utf8)) }
        bench.greet()
        hear("Response: Success\nActionID: \(lastID(&bench))\nMessage: Authentication accepted\n\n")
        bench.wait(.seconds(15))
        let time = bench.moment.date.microseconds / 1_000_000 + 90
        hear("Response: Success\nActionID: \(lastID(&bench))\nPing: Pong\nTimestamp: \(time).000000\n\n")
        var report = HostReport()
        report.disks = [.init(holds: "journal", freeBytes: 3 * 1_048_576), .init(holds: "store", freeBytes: 1 << 40)]
        for _ in 0..<3 { bench.hear(report) }
        let status = bench.request("GET", "/v1/status").body
        let clock = "roma: its clock is 1 min 30 s ahead of ours. Let both keep time by NTP."
        #expect(
            status.contains("\"\(clock)\"") && status.contains("The disk of the journal has 3 MB left."), "\(status)")
        let metrics = bench.request("GET", "/metrics").body
        for sample in [
            #"centralino_operator_alarms{kind="clock"} 1"#, #"centralino_operator_alarms{kind="disk"} 1"#,
            #"centralino_operator_alarms{kind="store"} 0"#, #"centralino_disk_free_bytes{holds="journal"} 3145728"#,
        ] { #expect(metrics.contains(sample + "\n"), "\(sample)") }
        #expect(bench.log.filter { $0.text == clock }.count == 1)
        // One disk fills while the other is emptied: each is named.
        (report.disks[0].freeBytes, report.disks[1].freeBytes) = (1 << 40, 2 * 1_048_576)
        bench.hear(report)
        let told = bench.log.suffix(2).map(\.text)
        #expect(
            told.count == 2 && told[0].hasPrefix("The disk of the store has 2 MB left.")
                && told[1] == "Over: the disk of the journal has room again.", "\(told)")
    }

    @Test("names a journal that waits for its disk for 5 s and longer, and logs once when it begins and ends")
    func hangingJournal() {
        var bench = Bench()
        func hear(waited: Span?) {
            var report = HostReport()
            report.journal = .init(
                lastCommit: nil, uncommitted: waited, lostEntries: 0, lostBytes: 0, lostIntervals: 0, isLosing: false)
            bench.hear(report)
        }
        func isNamed() -> Bool { bench.request("GET", "/v1/status").body.contains("for its disk") }
        func lines(_ text: String) -> Int { bench.log.count { $0.text.contains(text) } }
        hear(waited: .seconds(5) - .milliseconds(1))
        #expect(!isNamed())
        for seconds in 5...9 as ClosedRange<Int64> { hear(waited: .seconds(seconds)) }
        #expect(isNamed() && lines("The journal has waited 5 s for its disk") == 1 && lines("for its disk") == 1)
        #expect(bench.request("GET", "/metrics").body.contains(#"centralino_operator_alarms{kind="journal"} 1"#))
        #expect(bench.request("GET", "/readyz").body.contains(#""part":"journal""#))
        hear(waited: nil)
        #expect(!bench.request("GET", "/readyz").body.contains("journal"))
        #expect(!isNamed() && lines("Over: the journal's disk answers again.") == 1)
    }

    @Test(
        "is not needed to learn that the gateway is alive, and whether it is ready and why not: without a name or a token"
    )
    func readiness() {
        var configuration = Bench.configuration
        configuration.wallboardToken = .init("w-secret-of-the-wallboard")
        var bench = Bench(configuration)
        #expect(bench.request("GET", "/healthz") == (200, #"{"alive":true}"#))
        func ready(_ status: Int, _ parts: String...) {
            let answer = bench.request("GET", "/readyz")
            #expect(answer.status == status, "\(answer)")
            let named = ["start", "stop", "switches", "store", "journal"].filter {
                answer.body.contains(#""part":"\#($0)""#)
            }
            #expect(named == parts && !answer.body.contains("roma") && !answer.body.contains("/var"), "\(answer)")
        }
        ready(503, "start")
        var report = HostReport()
        report.storeFault = "/var/lib/x.sqlite: the disk is full"
        report.journal = .init(
            lastCommit: nil, uncommitted: nil, lostEntries: 1, lostBytes: 1, lostIntervals: 1, isLosing: true)
        bench.hear(report)
        bench.greet()
        ready(503, "store", "journal")
        bench.hear(HostReport())
        ready(200)
        bench.cutSwitch()
        ready(503, "switches")
    }
}
