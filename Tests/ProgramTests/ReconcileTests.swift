import Foundation
import GRDB
import Testing
import Waiting

@Suite("centralino reconcile", .tags(.program), .waiting)
struct ReconcileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        let program = try Program(executable: Program.executable, ["reconcile"] + arguments)
        let output = program.output.untilEnd()
        let errors = program.errors.untilEnd()
        return (program.status(), output, errors)
    }

    private func trace(_ name: String, _ more: String..., log: String? = nil) throws -> (
        status: Int32, output: String, errors: String
    ) {
        let path = Repository.trace(name)
        return try run(["--queue-log", log ?? path + "/queue_log", "--recording", path] + more)
    }

    private func queueLog(of name: String) throws -> String {
        try String(contentsOfFile: Repository.trace(name) + "/queue_log", encoding: .utf8)
    }

    @Test("of a busy minute matches every call, with status 0")
    func busy() throws {
        let ended = try trace("mixed-a")
        #expect(ended.status == 0)
        #expect(ended.errors == "17 visits of the log, 17 of ours: 17 match, 0 differences have a cause, 0 have none.")
        let lines = ended.output.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        }
        #expect(lines.first == ["QUEUE", "LOG", "OURS", "MATCHED", "EXPLAINED", "UNEXPLAINED"])
        #expect(lines.dropFirst().map(\.[0]) == lines.dropFirst().map(\.[0]).sorted())
        #expect(lines.dropFirst().allSatisfy { $0[1] == $0[2] && $0[1] == $0[3] && $0[4...] == ["0", "0"] })
        #expect(lines.dropFirst().compactMap { Int($0[1]) }.reduce(0, +) == 17)
    }

    @Test("names the cause of a difference, with status 0")
    func explained() throws {
        // The caller leaves `incentivi` and waits at once in `informazioni`: that is what a log says that calls the
        // time-out an ABANDON.
        let text = try queueLog(of: "overflow-a").replacing("EXITWITHTIMEOUT", with: "ABANDON")
        let ended = try trace("overflow-a", log: try folder.write("queue_log", text))
        #expect(ended.status == 0)
        #expect(
            ended.output.contains("differentOutcome: ours flowOut (timeout), the log abandoned  (managementTookAway)"),
            "\(ended.output)")
        #expect(ended.output.contains("managementTookAway      1"), "\(ended.output)")
    }

    @Test("prints one JSON object of a known shape, without the names of agents on whom both agree")
    func json() throws {
        let ended = try trace("overflow-a", "--json")
        #expect(ended.status == 0 && ended.errors == "")
        let report = try #require(object(ended.output))
        #expect(Set(report.keys) == ["log", "visits", "kinds", "causes", "unexplained", "findings"])
        #expect(report["visits"] as? [String: Int] == ["log": 2, "ours": 2, "paired": 2, "outside": 0])
        let kinds = try #require(report["kinds"] as? [String: Int])
        #expect(
            kinds.keys.sorted() == [
                "agentDiffers", "differentOutcome", "matched", "missingHere", "missingInLog", "talkDiffers",
                "waitDiffers",
            ])
        #expect(kinds["matched"] == 2 && report["unexplained"] as? Int == 0)
        let findings = try #require(report["findings"] as? [[String: Any]])
        #expect(findings.map { $0["queue"] as? String } == ["incentivi", "informazioni"])
        let log = try #require(findings[0]["log"] as? [String: Any])
        #expect(log["outcome"] as? String == "flowOut" && log["reason"] as? String == "timeout")
        #expect(
            Set(findings[0].keys).isSuperset(of: [
                "kind", "callId", "queue", "entry", "contactId", "log", "ours", "waitDifference",
            ]))
        #expect(!ended.output.contains("agent\":"))
    }

    @Test("ends with status 1 where a call is missing on either side, and shows it first")
    func missing() throws {
        let lines = try queueLog(of: "mixed-a").split(separator: "\n").map(String.init)
        let joinings = lines.filter { $0.contains("|ENTERQUEUE|") }.map { $0.split(separator: "|")[1] }
        let call = try #require(joinings.dropFirst(3).first { call in joinings.count { $0 == call } == 1 })
        let without = lines.filter { !$0.contains("|\(call)|") }.joined(separator: "\n") + "\n"
        let ended = try trace("mixed-a", log: try folder.write("queue_log", without))
        #expect(ended.status == 1)
        let told = ended.output.components(separatedBy: "\n\n")
        #expect(told.count == 3 && told[1].contains("missingInLog  unexplained      1"), "\(ended.output)")
        #expect(
            told.last?.contains(" \(call)  missingInLog: ours ") == true
                && told.last?.hasSuffix(", the log nothing  (unexplained)") == true
        )
        #expect(ended.errors == "16 visits of the log, 17 of ours: 16 match, 0 differences have a cause, 1 have none.")

        let start = try #require(lines.first.flatMap { Int($0.prefix { $0 != "|" }) })
        let stranger =
            "\(start)|9.9|info\u{1B}[2J|NONE|ENTERQUEUE||06|1\n\(start + 2)|9.9|info\u{1B}[2J|NONE|ABANDON|1|1|2\n"
        let more = try trace(
            "mixed-a", log: try folder.write("queue_log", stranger + lines.joined(separator: "\n") + "\n"))
        #expect(
            more.status == 1
                && more.output.contains(" info�[2J 9.9 #1  missingHere: ours nothing, the log abandoned  (unexplained)")
        )
        #expect(!more.output.contains("\u{1B}"))
    }

    @Test("reads rotated files, gzipped or not, the oldest first; and reports another order")
    func rotated() throws {
        let lines = try queueLog(of: "mixed-a").split(separator: "\n").map(String.init)
        let old = try folder.write("queue_log.1", lines.prefix(40).joined(separator: "\n") + "\n")
        let new = try folder.write("queue_log", lines.dropFirst(40).joined(separator: "\n") + "\n")
        #expect(try Program(executable: "/bin/sh", ["-c", "gzip \"$0\"", old]).status() == 0)
        let recording = Repository.trace("mixed-a")
        let ended = try run(["--queue-log", old + ".gz", "--queue-log", new, "--recording", recording])
        #expect(ended.status == 0 && ended.errors.hasPrefix("17 visits of the log"), "\(ended.errors)")
        let wrong = try run(["--queue-log", new, "--queue-log", old + ".gz", "--recording", recording])
        #expect(wrong.status == 2 && wrong.errors.contains("the oldest first"), "\(wrong.errors)")
    }

    @Test("of another day's log, or of nothing in the window, is not a success, and says so")
    func anotherDay() throws {
        let lines = try queueLog(of: "mixed-a").split(separator: "\n").map(String.init)
        let tomorrow = lines.map { line in
            let fields = line.split(separator: "|", maxSplits: 1)
            return "\((Int(fields[0]) ?? 0) + 86_400)|\(fields[1].replacing("|1795", with: "|1796"))"
        }
        let renamed = tomorrow.map { $0.replacing(/^([0-9]+)\|([0-9]+)\./) { "\($0.1)|9\($0.2)." } }
        let other = try trace("mixed-a", log: try folder.write("other", renamed.joined(separator: "\n") + "\n"))
        #expect(other.status == 3, "\(other.errors)")
        #expect(other.errors.contains("Too little was compared: 0 of "), "\(other.errors)")
        #expect(
            other.errors.contains("Is it the log of this switch, and of this time? The log goes from "),
            "\(other.errors)")
        let outside = try trace("mixed-a", "--from", "2030-01-01T00:00:00Z")
        #expect(
            outside.status == 3 && outside.errors.contains("Nothing was compared: the log goes from "),
            "\(outside.errors)")
        // With something unexplained the status is 1, and the message the same.
        let half = try trace("mixed-a", log: try folder.write("half", lines.prefix(12).joined(separator: "\n") + "\n"))
        #expect(half.status != 0 && half.errors.contains("Too little was compared"), "\(half)")
    }

    @Test("counts only visits that joined in the window")
    func window() throws {
        let lines = try queueLog(of: "mixed-a").split(separator: "\n").map(String.init)
        let times = lines.filter { $0.contains("|ENTERQUEUE|") }.compactMap { Int($0.prefix { $0 != "|" }) }
        let from = times[8]
        let text = ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(from)))
        let report = try #require(object(try trace("mixed-a", "--json", "--from", text).output))
        let inside = times.count { $0 >= from }
        #expect(
            report["visits"] as? [String: Int] == [
                "log": inside, "ours": inside, "paired": inside, "outside": times.count - inside,
            ])
    }

    // MARK: the store

    @Test("takes the visits of one switch from the store, as they were saved")
    func stored() throws {
        let gateway = try GatewayUnderTest(folder: folder, switchPort: 1, starts: false)
        let log = Repository.trace("mixed-a") + "/queue_log"
        let none = try run(["--queue-log", log, "--config", gateway.configuration])
        #expect(none.status == 2 && none.errors.contains("There is no store"), "\(none.errors)")

        // An import creates the file.
        let parties = try folder.write(
            "parties.csv", "key,kind,name,town,language,shared,note,phone1,phone2,phone3\nK,person,Ada,,,,,,,\n")
        #expect(try Program.run("import", parties, "--config", gateway.configuration).status == 0)
        let empty = try run(["--queue-log", log, "--config", gateway.configuration])
        #expect(empty.status == 1 && empty.errors.hasPrefix("17 visits of the log, 0 of ours"), "\(empty.errors)")

        let replayed = try #require(object(try Program.run("replay", "--json", Repository.trace("mixed-a")).output))
        let contacts = try #require(replayed["contacts"] as? [[String: Any]])
        let database = try DatabaseQueue(path: folder.path + "/centralino.sqlite")
        try database.write { db in
            for (index, contact) in contacts.enumerated() {
                let document = try JSONSerialization.data(withJSONObject: contact)
                let arrived = try #require(contact["arrivedAt"] as? String)
                let formatter = ISO8601DateFormatter()
                formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
                let date = try #require(formatter.date(from: arrived))
                for name in ["prova", "other"] {
                    let id = try #require(contact["id"] as? String)
                    // The id of the other switch's record differs in its last characters.
                    try db.execute(
                        sql: "INSERT INTO contacts (id, switch, arrived, outcome, record) VALUES (?, ?, ?, ?, ?)",
                        arguments: [
                            name == "prova" ? id : id.dropLast(2) + "\(index % 10)Z", name,
                            Int64((date.timeIntervalSince1970 * 1_000_000).rounded()),
                            "answered", String(decoding: document, as: UTF8.self),
                        ])
                }
            }
        }
        try database.close()
        let ended = try run(["--queue-log", log, "--config", gateway.configuration, "--switch", "prova"])
        #expect(ended.status == 0)
        #expect(ended.errors == "17 visits of the log, 17 of ours: 17 match, 0 differences have a cause, 0 have none.")
        let unknown = try run(["--queue-log", log, "--config", gateway.configuration, "--switch", "nowhere"])
        #expect(unknown.status == 64 && unknown.errors.contains("it has prova"), "\(unknown.errors)")
    }

    // MARK: faults

    @Test("names what it cannot read, with status 2 and nothing on standard output")
    func unreadable() throws {
        let recording = Repository.trace("mixed-a")
        let text = try folder.write("notes.txt", "Dear diary,\ntoday nobody called.\n")
        let cut = try folder.write("cut.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
        for (arguments, part) in [
            (["--queue-log", "/nowhere/queue_log", "--recording", recording], "/nowhere/queue_log cannot be read"),
            (["--queue-log", recording, "--recording", recording], "is a folder"),
            (["--queue-log", text, "--recording", recording], "is not a queue_log"),
            (["--queue-log", cut, "--recording", recording], "is damaged"),
            (["--queue-log", recording + "/queue_log", "--recording", "/nowhere"], "/nowhere cannot be read"),
            (
                ["--queue-log", recording + "/queue_log", "--recording", Repository.path("Simulator/Traces/16")],
                "recordings. Name the one"
            ),
            (["--queue-log", recording + "/queue_log", "--config", "/nowhere.toml"], "/nowhere.toml"),
        ] {
            let ended = try run(arguments)
            #expect(ended.status == 2 && ended.output == "", "\(arguments)")
            #expect(ended.errors.contains(part), "\(ended.errors)")
        }
    }

    @Test("gives the reason why a request makes no sense, with status 64")
    func misuse() throws {
        let log = Repository.trace("mixed-a") + "/queue_log"
        for (arguments, part) in [
            ([], "--queue-log"), (["--queue-log", log], "--recording PATH or from --config FILE"),
            (["--queue-log", log, "--recording", "x", "--from", "yesterday"], "“yesterday” is not a time"),
            (
                [
                    "--queue-log", log, "--recording", "x", "--from", "2026-03-02T00:00:00Z", "--to",
                    "2026-03-01T00:00:00Z",
                ], "not later than"
            ),
            (["--queue-log", log, "--recording", "x", "--switch", "y"], "--switch goes with --config"),
        ] {
            let ended = try run(arguments)
            #expect(ended.status == 64 && ended.output == "" && ended.errors.contains(part), "\(ended)")
        }
    }
}
