import ACD
import Foundation
import Core
import Edges
import Gateway
import Metrics
import Recordings
import Telephony
import Testing
import Time
import Wire

@Suite("GET /metrics")
struct MetricsTests {
    private static func read(_ gateway: AskedGateway) throws -> ExpositionReader {
        let answer = gateway.get("/metrics")
        try #require(answer.status == 200, "\(answer)")
        return try ExpositionReader(answer.body)
    }

    private static func read(_ bench: inout Bench) throws -> ExpositionReader {
        let answer = bench.request("GET", "/metrics")
        try #require(answer.status == 200, "\(answer)")
        return try ExpositionReader(answer.body)
    }

    /// A host's report with a value for everything.
    static var report: HostReport {
        var report = HostReport()
        report.version = "0.1.0"
        report.loopLag = .milliseconds(3)
        report.loopLagPeak = .milliseconds(40)
        report.loopTurn = .milliseconds(5)
        report.loopTurnPeak = .milliseconds(45)
        (report.unsentBytes, report.unsentBytesLargest) = (1000, 700)
        report.journal = .init(
            lastCommit: .milliseconds(12), uncommitted: .milliseconds(30), lostEntries: 5, lostBytes: 600,
            lostIntervals: 1, isLosing: true)
        report.handshakesFailed = 4
        report.certificateEnds = [.init(port: .http, at: UnixTime(seconds: 1_800_000_000))]
        (report.unsavedRecords, report.deliveriesWaiting) = (2, 3)
        report.disks = [.init(holds: "store", freeBytes: 1 << 30)]
        (report.residentBytes, report.openDescriptors, report.cpuSeconds) = (50_000_000, 17, 1.5)
        return report
    }

    @Test("follows the format to the letter, over every recording, in the middle of calls", arguments: ["22", "16"])
    func format(version: String) throws {
        for trace in try Trace.all() where trace.name.hasPrefix(version) && trace.byteCount < 400_000 {
            for share in [0.5, 1] {
                var gateway = AskedGateway(trace.recording, share: share)
                gateway.hear(.hostReport(Self.report))
                let told = try Self.read(gateway)
                #expect(told.families.count > 40, "\(trace.name)")
            }
        }
    }

    @Test(
        "names no person: no agent, no caller, no number",
        arguments: ["22/names_hostile-a", "22/callerid_formats-a", "16/names_hostile-a"])
    func persons(name: String) throws {
        let recording = try Recording.load("\(Trace.folder)/\(name)")
        let gateway = AskedGateway(recording)
        let body = gateway.get("/metrics").body
        var names: Set<String> = []
        for line in recording.chunks.flatMap({
            String(decoding: $0.bytes, as: UTF8.self).components(separatedBy: "\r\n")
        }) {
            let parts = line.components(separatedBy: ": ")
            guard parts.count > 1,
                ["MemberName", "Interface", "CallerIDName", "CallerIDNum", "ConnectedLineName", "ConnectedLineNum"]
                    .contains(parts[0])
            else { continue }
            let value = parts.dropFirst().joined(separator: ": ")
            if value.count > 3, value != "<unknown>", value != "unknown" { names.insert(value) }
        }
        #expect(names.count > 5, "there were persons to name")
        for name in names.sorted() { #expect(!body.contains(name), "\(name)") }
        #expect(body.contains("centralino_queue_offered_total{"))
        // All labels there are.
        let labels = Set(try ExpositionReader(body).families.flatMap(\.samples).flatMap { $0.labels.map(\.name) })
        #expect(labels == ["formula", "kind", "le", "outcome", "queue", "reason", "result", "state", "switch"])
    }

    @Test("keeps hostile names of queues apart and within their quotes")
    func hostileQueues() throws {
        let names = [
            "a\"} 1\\nfake_total 9", "\\", "\\\\", "\\n", "“è”", "a\tb", "x{y=\"z\"}",
            String(repeating: "q", count: 80),
        ]
        var bench = Bench()
        bench.greet()
        for name in names { bench.member("1001", queue: name) }
        let told = try Self.read(&bench)
        #expect(Set(told.samples("centralino_queue_waiting").compactMap { $0["queue"] }) == Set(names))
        #expect(told.value("centralino_queues") == Double(names.count))
        #expect(told.value("centralino_queues_omitted") == 0)
    }

    @Test("counts a queue's visits as the gateway does: offered are those that ended and those that wait")
    func identity() throws {
        for share in [0.3, 0.7, 1] {
            let told = try Self.read(AskedGateway(try Recording.load("\(Trace.folder)/22/mixed-a"), share: share))
            let queues = told.samples("centralino_queue_offered_total")
            #expect(queues.count >= 3)
            for offered in queues {
                let queue = ["queue": offered["queue"] ?? ""]
                let ended = told.samples("centralino_queue_visits_total").filter { $0["queue"] == offered["queue"] }
                    .map(\.value).reduce(
                        0, +)
                #expect(try offered.value == ended + #require(told.value("centralino_queue_waiting", queue)))
                for outcome in ["answered", "abandoned"] {
                    let labels = queue.merging(["outcome": outcome]) { $1 }
                    let measured = try #require(told.value("centralino_queue_wait_seconds_count", labels))
                    let unmeasured = try #require(told.value("centralino_queue_waits_unmeasured_total", labels))
                    #expect(told.value("centralino_queue_visits_total", labels) == measured + unmeasured)
                }
                let members = told.samples("centralino_queue_agents").filter { $0["queue"] == offered["queue"] }
                #expect(members.count == AgentState.allCases.count - 1)
            }
        }
    }

    @Test("puts each wait into the bucket whose bound it does not exceed, and gives the sum")
    func buckets() throws {
        var bench = Bench()
        bench.greet()
        bench.member("1001")
        // A bucket includes its bound.
        for (number, wait) in [Span.seconds(1), .milliseconds(1001), .seconds(20), .seconds(700)].enumerated() {
            bench.join("1.\(number)")
            bench.wait(wait)
            bench.ring("1.\(number)", agent: "1001")
            bench.pickUp("1.\(number)", agent: "1001")
            bench.hangUp("1.\(number)", agent: "1001")
        }
        bench.join("2.1")
        bench.wait(.seconds(4))
        bench.hangUp("2.1")
        let told = try Self.read(&bench)
        func bucket(_ outcome: String, _ bound: String) -> Double? {
            told.value("centralino_queue_wait_seconds_bucket", ["outcome": outcome, "le": bound])
        }
        #expect(["1", "2", "15", "20", "600", "+Inf"].map { bucket("answered", $0) } == [1, 2, 2, 3, 3, 4])
        #expect(["2", "5", "+Inf"].map { bucket("abandoned", $0) } == [0, 1, 1])
        #expect(told.value("centralino_queue_wait_seconds_sum", ["outcome": "answered"]) == 722.001)
        #expect(told.value("centralino_queue_service_level_numerator") == 3)
        #expect(
            told.value("centralino_queue_service_level_denominator", ["formula": "SL6+F"]) == 4,
            "a short abandon is left out")
        #expect(told.value("centralino_queue_longest_wait_seconds") == nil, "nobody waits: unknown is absent")
        bench.join("3.1")
        bench.wait(.seconds(7))
        #expect(try Self.read(&bench).value("centralino_queue_longest_wait_seconds") == 7)
    }

    @Test("has counters that never go back, gaps and lost time among them")
    func monotone() throws {
        var bench = Bench()
        bench.greet()
        bench.member("1001")
        var before: [String: Double] = [:]
        for number in 0..<6 {
            if number < 3 || number > 4 { bench.join("1.\(number)") }
            bench.wait(.seconds(30))
            if number == 2 { bench.cutSwitch() }
            if number == 4 {
                bench.reconnectSwitch()
                bench.greet()
            }
            let told = try Self.read(&bench)
            for family in told.families where family.type != "gauge" {
                for sample in family.samples {
                    #expect(sample.value >= before[sample.key] ?? 0, "\(sample)")
                    before[sample.key] = sample.value
                }
            }
            let lost = told.value("centralino_switch_unheard_seconds_total", ["switch": "roma"]) ?? -1
            #expect(number < 3 ? lost == 0 : lost >= Double(min(number - 2, 2)) * 30)
            let state = told.samples("centralino_switch_link_state").filter { $0["switch"] == "roma" && $0.value == 1 }
                .compactMap {
                    $0["state"]
                }
            #expect(state.count == 1 && (state == ["connected"]) == (number < 2 || number > 3), "\(number): \(state)")
        }
        #expect(try Self.read(&bench).value("centralino_switch_gaps_total", ["switch": "roma"]) == 1)
    }

    @Test("has nothing of the host before its first report, then gives the report's age")
    func host() throws {
        let configuration = AskedGateway.configuration()
        var gateway = AskedGateway(try Recording.load("\(Trace.folder)/22/hold-a"), configuration)
        #expect(
            try Self.read(gateway).families.allSatisfy { !$0.name.contains("loop") && !$0.name.contains("journal") })
        gateway.hear(.hostReport(Self.report))
        gateway.wait(.seconds(2))
        let told = try Self.read(gateway)
        #expect(told.value("centralino_host_report_age_seconds") == 2)
        #expect(
            told.value("centralino_loop_turn_seconds") == 0.005
                && told.value("centralino_loop_turn_peak_seconds") == 0.045)
        #expect(
            told.value("centralino_loop_lag_seconds") == 0.003 && told.value("centralino_loop_lag_peak_seconds") == 0.04
        )
        #expect(told.value("centralino_unsent_bytes") == 1000 && told.value("centralino_unsent_largest_bytes") == 700)
        #expect(
            told.value("centralino_journal_commit_delay_seconds") == 0.012
                && told.value("centralino_journal_losing") == 1)
        #expect(told.value("centralino_build_info", ["version": "0.1.0"]) == 1)
    }

    @Test("leaves out queues rather than become too long to be read, and says how many")
    func tooMany() throws {
        var bench = Bench()
        bench.greet()
        bench.hear(
            (1...1200).flatMap {
                Array(
                    "Event: QueueMemberStatus\r\nQueue: q\($0)\r\nMemberName: A\r\nInterface: PJSIP/1\r\nStatus: 1\r\nPaused: 0\r\n\r\n"
                        .utf8)
            })
        let answer = bench.request("GET", "/metrics")
        let told = try ExpositionReader(answer.body)
        let shown = told.samples("centralino_queue_waiting").count
        #expect(shown > 300 && told.value("centralino_queues_omitted") == Double(1200 - shown))
        #expect(answer.body.utf8.count < Limits.unsentBytesPerClient)
    }

    @Test("is for this machine, or for clients with the wallboard's token, as Prometheus sends it")
    func access() throws {
        let recording = try Recording.load("\(Trace.folder)/22/hold-a")
        var configuration = AskedGateway.configuration()
        let open = AskedGateway(recording, configuration)
        #expect(open.get("/metrics", [("Host", "evil.example")]).status != 200)
        configuration.wallboardToken = Configuration.Secret("w-secret")
        let gateway = AskedGateway(recording, configuration)
        #expect(gateway.get("/metrics").status == 401)
        #expect(gateway.get("/metrics", [("Authorization", "Bearer guess")]).status == 401)
        #expect(gateway.get("/metrics", [("Authorization", "Bearer w-secret")]).status == 200)
    }

    // MARK: documents

    @Test("has every metric that the dashboard, the rules and the document name, and none that the document lacks")
    func documents() throws {
        var gateway = AskedGateway(try Recording.load("\(Trace.folder)/22/mixed-a"), share: 0.6)
        gateway.hear(.hostReport(Self.report))
        // A metric of which nothing is known is absent: those in the code are all there are.
        let folder = Trace.folder.replacing("/Simulator/Traces", with: "")
        func named(_ path: String) throws -> Set<String> {
            let text = try String(contentsOfFile: folder + path, encoding: .utf8)
            return Set(text.matches(of: /centralino_[a-z0-9_]+/).map { String($0.0) })
        }
        let written = try named("/Sources/Edges/API/Metrics.swift")
        let told = Set(try Self.read(gateway).families.map(\.name))
        let mayBeAbsent: Set = [
            "centralino_switch_clock_offset_seconds", "centralino_switch_clock_offset_uncertainty_seconds",
            "centralino_queue_longest_wait_seconds",
        ]
        #expect(written.subtracting(told).subtracting(mayBeAbsent) == [])
        #expect(told.subtracting(written) == [])
        #expect(try named("/Protocols/Metrics/Metrics.md") == written)
        for path in ["/Protocols/Metrics/grafana-dashboard.json", "/Protocols/Metrics/alerts.yaml"] {
            let used = Set(try named(path).map { $0.replacing(/_(bucket|sum|count)$/, with: "") })
            #expect(used.count > 10 && used.subtracting(written) == [], "\(path)")
        }
        #expect(
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: folder + "/Protocols/Metrics/grafana-dashboard.json")))
                is [String: Any])
    }
}
