import Foundation
import Recordings
import Records
import Testing
import Wire
import Waiting

/// A recorded session with a survey and a direct call. The switch is that of a house whose trunk has a short number
/// for a name, and whose dial plan has its own words for the survey. Without the configuration, its customers are
/// taken for colleagues, and the survey's answer is lost.
private struct House {
    static let configuration = """
        trunks = ["PJSIP/100"]
        [switches.survey]
        event = "Giudizio"
        answer_header = "Nota"
        [switches.queue_status]
        events = ["Uscita"]
        [[queues]]
        name = "incentivi"
        threshold_seconds = 7
        [[teams]]
        name = "Roma"
        agents = ["PJSIP/1001", "PJSIP/1002", "PJSIP/1003", "PJSIP/1004", "PJSIP/1005"]
        """

    /// What the switch sends after the login; each event with the switch's own time, the last some seconds before
    /// `end`.
    let events: String
    let start: Int
    let queueLog: String

    init(end: Int) throws {
        var parts: [(at: Int64, text: String)] = []
        var offset: Int64 = 0
        var logs: [(offset: Int64, recorded: Int64, text: String)] = []
        for name in ["survey-a", "queue_timeout-a", "direct_did-a"] {
            let recording = try Recording.load(Repository.trace(name))
            let log = try String(contentsOfFile: Repository.trace(name) + "/queue_log", encoding: .utf8)
            logs.append((offset, recording.startEpoch ?? 0, log))
            let chunks = recording.chunks.filter { $0.direction == .incoming }
            for chunk in chunks {
                parts.append((offset + chunk.microseconds, String(decoding: chunk.bytes, as: UTF8.self)))
            }
            offset += (chunks.last?.microseconds ?? 0) + 2_000_000
        }
        let start = end - 5 - Int(offset / 1_000_000)
        self.start = start
        var pending = ""
        var stamped = ""
        for (at, text) in parts {
            pending += text
            let whole = pending.components(separatedBy: "\r\n\r\n")
            pending = whole.last ?? ""
            let fraction = String(at % 1_000_000)
            let stamp =
                "Timestamp: \(start + Int(at / 1_000_000)).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
            for message in whole.dropLast() {
                guard message.hasPrefix("Event: "), !message.hasPrefix("Event: FullyBooted") else { continue }
                var lines = message.components(separatedBy: "\r\n").filter { !$0.hasPrefix("Timestamp: ") }
                // Where a real Asterisk has it: after Event and Privilege.
                lines.insert(stamp, at: 2)
                stamped += lines.joined(separator: "\r\n") + "\r\n\r\n"
            }
        }
        for (old, new) in [
            ("PJSIP/trunk-", "PJSIP/100-"), ("UserEvent: FineCoda\r\n", "UserEvent: Uscita\r\n"),
            ("UserEvent: Sondaggio\r\n", "UserEvent: Giudizio\r\n"), ("\r\nVoto: ", "\r\nNota: "),
        ] {
            stamped = stamped.replacingOccurrences(of: old, with: new)
        }
        events = stamped
        queueLog = logs.map { log in
            // Asterisk writes truncated seconds.
            log.text.split(separator: "\n").map { line in
                let fields = line.split(separator: "|", maxSplits: 1)
                let moment = (Int64(fields[0]) ?? 0) * 1_000_000 - log.recorded + log.offset
                return "\(start + Int((Double(moment) / 1_000_000).rounded(.down)))|\(fields[1])\n"
            }.joined()
        }.joined()
    }
}

/// What every way must report of a contact. Ids differ, and so do times: live, a minute's events arrive at once, as
/// if the switch's clock were set.
private func essence(_ record: ContactDocument) -> String {
    let words: [String] =
        [record.direction ?? "-", record.outcome, record.survey ?? "-", record.channel]
        + record.visits.map { "\($0.queue) \($0.outcome) \($0.reason ?? "-")" } + record.legs.map(\.agent)
    return words.joined(separator: "; ")
}

/// The records that `replay --json` prints.
private func contacts(_ report: String) -> [ContactDocument]? {
    struct Report: Decodable { var contacts: [ContactDocument] }
    return JSON.decode(Report.self, from: report.utf8)?.contacts
}

@Suite("Every way in is the same gateway", .tags(.program), .waiting)
struct SameGatewayTests {
    @Test(
        "run, replay, reconcile, a look back and a measurement read one configuration, and make the same contacts of one capture"
    )
    func oneCapture() throws {
        let house = try House(end: Int(Date().timeIntervalSince1970))
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", more: House.configuration)
        let capture = try gateway.folder.write("capture.ami", "Asterisk Call Manager/11.0.0\r\n" + house.events)

        // Offline.
        let replayed = try Program.run("replay", "--json", "--config", gateway.configuration, capture)
        let report = try #require(object(replayed.output), "\(replayed)")
        let offline = try #require(contacts(replayed.output)).map(essence).sorted()
        #expect(offline.count == 8 && offline.allSatisfy { $0.hasPrefix("inbound; ") }, "\(offline)")
        #expect(
            offline.count { $0.contains("incentivi answered") } == 3
                && offline.count { $0.hasPrefix("inbound; answered; 4;") } == 1,
            "\(offline)")
        let plain = try Program.run("replay", "--json", capture)
        let without = try #require(contacts(plain.output)).map(essence).sorted()
        #expect(without != offline, "the configuration makes a difference, or this test shows nothing")

        // Live, with what was stored.
        try asterisk.send(house.events)
        try eventually("all is stored") { try gateway.stored().contacts == offline.count }
        let live = try gateway.records().map(essence).sorted()
        #expect(live == offline, "\(zip(live, offline).filter { $0 != $1 })")

        // As it was known a moment ago, from the journal.
        func figures(_ query: String) throws -> [[String: Any]] {
            let answer = try LineSocket.request(gateway.http, "GET /v1/stats?queue=incentivi\(query) HTTP/1.1")
            return try #require(object(answer.body)?["figures"] as? [[String: Any]], "\(answer)")
        }
        let now = try figures("")
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var then: [[String: Any]] = []
        try eventually("the journal has it") {
            then = try figures("&at=\(formatter.string(from: Date()))")
            return NSArray(array: then) == NSArray(array: now)
        }
        try gateway.stopCleanly(contacts: offline.count)

        // Against the switch's own log.
        let log = try gateway.folder.write("queue_log", house.queueLog)
        let compared = try Program.run(
            "reconcile", "--json", "--queue-log", log, "--recording", capture, "--config", gateway.configuration)
        let visits = try #require(object(compared.output)?["visits"] as? [String: Int], "\(compared)")
        func untold(_ ended: (status: Int32, output: String, errors: String)) -> Int? {
            (object(ended.output)?["causes"] as? [String: Int])?["reasonNotTold"]
        }
        let unconfigured = try Program.run("reconcile", "--json", "--queue-log", log, "--recording", capture)
        #expect(untold(compared) == 0 && untold(unconfigured) == 1, "the configured event tells why a caller left")
        #expect(compared.status == 0 && visits == ["log": 4, "ours": 4, "paired": 4, "outside": 0], "\(compared)")
        let stored = try Program.run("reconcile", "--json", "--queue-log", log, "--config", gateway.configuration)
        #expect(object(stored.output)?["visits"] as? [String: Int] == visits, "\(stored)")

        // Measured.
        let measured = try Program.run("bench", "path", capture, "--rounds", "1", "--config", gateway.configuration)
        let events = try #require((report["events"] as? [String: Any])?["read"] as? Int)
        #expect(object(measured.output)?["events"] as? Int == events, "\(measured)")
    }

    @Test("the switch must be named where the configuration has several, and is known where it has one")
    func whichSwitch() throws {
        let folder = try TemporaryFolder()
        let link = "host = \"127.0.0.1\"\nusername = \"cti\"\nsecret = \"x\"\n"
        let path = try folder.write("c.toml", "[[switches]]\nname = \"a\"\n\(link)[[switches]]\nname = \"b\"\n\(link)")
        let capture = Repository.trace("survey-a")
        let unsaid = try Program.run("replay", capture, "--config", path)
        #expect(unsaid.status == 64 && unsaid.errors.contains("Give --switch a or --switch b."), "\(unsaid)")
        let unknown = try Program.run("replay", capture, "--config", path, "--switch", "c")
        #expect(unknown.status == 64 && unknown.errors.contains("has no switch “c”; it has a, b."), "\(unknown)")
        let said = try Program.run("replay", "--json", capture, "--config", path, "--switch", "b")
        let records = contacts(said.output) ?? []
        #expect(said.status == 0 && !records.isEmpty && records.allSatisfy { $0.switch == "b" }, "\(said.errors)")
        #expect(try Program.run("replay", capture, "--switch", "b").status == 64)
    }
}

/// A network that fragments it and a program that compresses it leave a recording the same.
@Suite("centralino replay", .tags(.program), .waiting)
struct ReplayFormTests {
    @Test(
        "of one capture says the same: raw or JSON lines, gzipped or not, whole or byte for byte, or with its banner cut after two bytes"
    )
    func forms() throws {
        let folder = try TemporaryFolder()
        let bytes = Array(try House(end: 1_795_402_500).events.utf8.prefix(60_000))
        let capture = try folder.write("capture.ami", Array("Asterisk Call Manager/11.0.0\r\n".utf8) + bytes)
        func report(_ path: String) throws -> [String: Any] {
            let ended = try Program.run("replay", "--json", path)
            return try #require(object(ended.output), "\(ended)")
        }
        let whole = NSDictionary(dictionary: try report(capture))
        #expect((whole["events"] as? [String: Any])?["malformed"] as? Int == 0)
        #expect((whole["contacts"] as? [Any])?.isEmpty == false)
        let recording = try Recording.load(capture)
        func write(_ name: String, _ cut: (Int, [UInt8]) -> [[UInt8]]) throws -> String {
            var lines = ""
            for (index, chunk) in recording.chunks.enumerated() {
                for piece in cut(index, chunk.bytes) {
                    let data = piece.map { String(format: "\\u%04x", $0) }.joined()
                    lines +=
                        "{\"t\": \(Double(chunk.microseconds) / 1_000_000), \"dir\": \"in\", \"data\": \"\(data)\"}\n"
                }
            }
            let path = folder.path + "/" + name
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            // Without a meta.json the switch's own times say when it was.
            try folder.write("\(name)/ami.jsonl", lines)
            return path
        }
        var forms = [
            try write("lines") { [$1] },
            try write("banner") { $0 == 0 ? [Array($1.prefix(2)), [], Array($1.dropFirst(2))] : [$1] },
            // The first messages byte for byte; all of them would take the program half a minute on a busy machine.
            try write("bytes") { index, bytes in
                stride(from: 0, to: bytes.count, by: index < 40 ? 1 : 7).map {
                    Array(bytes[$0...].prefix(index < 40 ? 1 : 7))
                }
            },
        ]
        let packed = try folder.write("packed.ami", try Data(contentsOf: URL(fileURLWithPath: capture)))
        #expect(
            try Program(
                executable: "/bin/sh",
                ["-c", "gzip \"$0\"; cp -r \"$1\" \"$1.gz\"; gzip \"$1.gz/ami.jsonl\"", packed, forms[2]]
            )
            .status() == 0)
        forms += [packed + ".gz", forms[2] + ".gz", forms[2] + "/ami.jsonl", forms[2] + ".gz/ami.jsonl.gz"]
        for form in forms { #expect(NSDictionary(dictionary: try report(form)) == whole, "\(form)") }
    }
}
