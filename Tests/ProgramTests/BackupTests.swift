import Foundation
import GRDB
import Journal
import Simulation
import TLS
import Testing
import Time
import Waiting

@testable import centralino

/// `centralino backup` beside a gateway under load, and `centralino restore` of it.
@Suite("A backup", .tags(.program), .waiting)
struct BackupTests {
    private static let data = ["centralino.sqlite", "centralino.sqlite-wal", "centralino.sqlite-shm", "journal"]

    private static func remove(_ gateway: GatewayUnderTest) {
        for name in data { try? FileManager.default.removeItem(atPath: gateway.folder.path + "/" + name) }
    }

    /// When the last entry of this journal was made.
    private static func lastDate(_ journal: String) throws -> UnixTime {
        let reader = try Journal.Reader(journal, sha256: OpenSSL.sha256)
        var last: Int64 = 0
        while let entry = try reader.next() { last = entry.date }
        #expect(reader.damages.allSatisfy { $0.fault == .tornTail }, "\(reader.damages)")
        return UnixTime(microseconds: last)
    }

    private static func figures(_ gateway: GatewayUnderTest, at date: UnixTime) throws -> NSArray {
        let answer = try LineSocket.request(gateway.http, "GET /v1/stats?window=today&at=\(date) HTTP/1.1")
        #expect(answer.status == 200, "\(answer)")
        return NSArray(array: try #require(object(answer.body)?["figures"] as? [[String: Any]], "\(answer)"))
    }

    /// By id.
    private static func records(_ gateway: GatewayUnderTest) throws -> [String: String] {
        try Dictionary(
            gateway.documents().map { (try #require(object($0)?["id"] as? String), $0) }, uniquingKeysWith: { $1 })
    }

    @Test("taken under load has, after the original is gone, the same figures and every record up to its moment")
    func underLoad() throws {
        let busy = try BusySwitchServer(.init(seed: 12))
        defer { busy.stop() }
        let gateway = try GatewayUnderTest(
            switchPort: busy.port, login: "plain", more: "", starts: false)
        // Short segments, so that there are checkpoints.
        let text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        try gateway.folder.write(
            "centralino.toml",
            text.replacingOccurrences(of: "[journal]\n", with: "[journal]\nsegment_entries = 500\n"))
        try gateway.start()
        try eventually("calls are stored, and there are checkpoints") {
            try gateway.stored().contacts > 60 && gateway.journalFiles(checkpoints: true).count > 1
        }

        let backup = gateway.folder.path + "/backup"
        let taken = try Program.run("backup", backup, "--config", gateway.configuration, "--json")
        #expect(taken.status == 0, "\(taken.errors)")
        let report = try #require(object(taken.output), "\(taken.output)")
        #expect((report["segments"] as? Int ?? 0) > 1 && (report["bytes"] as? Int ?? 0) > 0)
        #expect((report["notCopied"] as? [String])?.first?.contains(gateway.configuration) == true)
        let moment = try Self.lastDate(backup + "/journal")
        try eventually("the original goes on") {
            Date().timeIntervalSince1970 * 1_000_000 > Double(moment.microseconds) + 2_000_000
        }
        let figures = try Self.figures(gateway, at: moment)
        let original = try Self.records(gateway)
        kill(gateway.program.identifier, SIGKILL)
        #expect(gateway.program.status() == 128 + SIGKILL)
        Self.remove(gateway)
        busy.stop()

        let restored = try Program.run("restore", backup, "--config", gateway.configuration)
        #expect(restored.status == 0, "\(restored.errors)")
        try gateway.start()
        #expect(try gateway.program.errors.wait(for: "Known again").contains("from the checkpoint of"))
        // What the switch's clock dates before the moment may have been heard after it.
        func ended(_ record: String, before date: UnixTime) throws -> Bool {
            let end = try #require(object(record)?["endedAt"] as? String)
            return end < "\(date)"
        }
        let slack = UnixTime(microseconds: moment.microseconds - 200_000)
        let expected = try original.filter { try ended($0.value, before: slack) }
        // Of more than 60, some ended within the slack.
        #expect(expected.count > 40)
        try eventually("what the copied store lacked is stored") {
            let now = try Self.records(gateway)
            return expected.keys.allSatisfy { now[$0] != nil }
        }
        let now = try Self.records(gateway)
        for (id, record) in now where original[id] != nil { #expect(record == original[id]) }
        #expect(now.allSatisfy { original[$0.key] != nil }, "a record that the original did not have")
        #expect(try Self.figures(gateway, at: moment) == figures)
        try gateway.stopCleanly()
    }

    @Test("never overwrites, and is restored only where nothing is, and where no gateway runs")
    func refusals() throws {
        let gateway = try GatewayUnderTest(switchPort: 1)
        let backup = gateway.folder.path + "/backup"
        #expect(try Program.run("backup", backup, "--config", gateway.configuration).status == 0)
        let again = try Program.run("backup", backup, "--config", gateway.configuration)
        #expect(again.status == 1 && again.errors.contains("never overwrites another"), "\(again.errors)")
        let running = try Program.run("restore", backup, "--config", gateway.configuration)
        #expect(running.status == 1, "\(running)")
        #expect(running.errors.contains("Another gateway (process \(gateway.program.identifier))"), "\(running.errors)")
        try gateway.stopCleanly()
        let full = try Program.run("restore", backup, "--config", gateway.configuration)
        #expect(full.status == 1 && full.errors.contains("never overwrites data"), "\(full.errors)")
        for name in Self.data.dropLast() {
            try? FileManager.default.removeItem(atPath: gateway.folder.path + "/" + name)
        }
        let journal = try Program.run("restore", backup, "--config", gateway.configuration)
        #expect(journal.status == 1 && journal.errors.contains("is not empty"), "\(journal.errors)")
        // Only the owner may read it.
        for name in ["", "/store.sqlite", "/journal", "/manifest.json"] {
            let mode = try FileManager.default.attributesOfItem(atPath: backup + name)[.posixPermissions] as? Int
            #expect((mode ?? 0o777) & 0o077 == 0, "\(name)")
        }
        #expect(!FileManager.default.fileExists(atPath: backup + ".partial"))
    }

    @Test("that was changed afterwards is refused, and nothing is written")
    func changed() throws {
        let gateway = try GatewayUnderTest(switchPort: 1)
        let backup = gateway.folder.path + "/backup"
        #expect(try Program.run("backup", backup, "--config", gateway.configuration).status == 0)
        try gateway.stopCleanly()
        Self.remove(gateway)
        let store = backup + "/store.sqlite"
        let whole = try Data(contentsOf: URL(fileURLWithPath: store))
        var bytes = whole
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: store))
        let flipped = try Program.run("restore", backup, "--config", gateway.configuration)
        #expect(flipped.status == 1 && flipped.errors.contains("is not what was copied"), "\(flipped.errors)")
        try whole.write(to: URL(fileURLWithPath: store))
        let manifest = backup + "/manifest.json"
        let text = try String(contentsOfFile: manifest, encoding: .utf8)
        for name in ["../../outside", "journal/../../outside", "/etc/passwd", "journal/journal-1.zst"] {
            // Beside the store, which a manifest has to name as well.
            var hostile = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
            let files = hostile["files"] as? [[String: Any]] ?? []
            hostile["files"] = files + [["name": name, "bytes": 0, "sha256": String(repeating: "0", count: 64)]]
            try JSONSerialization.data(withJSONObject: hostile).write(to: URL(fileURLWithPath: manifest))
            let ended = try Program.run("restore", backup, "--config", gateway.configuration)
            let isRefused = ended.errors.contains("is not what `centralino backup` writes")
            #expect(ended.status == 1 && isRefused, "\(name): \(ended.errors)")
        }
        for name in Self.data {
            #expect(!FileManager.default.fileExists(atPath: gateway.folder.path + "/" + name), "\(name)")
        }
        try text.write(toFile: manifest, atomically: true, encoding: .utf8)
        let sound = try Program.run("restore", backup, "--config", gateway.configuration)
        #expect(sound.status == 0, "\(sound.errors)")
        try gateway.start()
        try gateway.stopCleanly(contacts: 0)
    }

    @Test("that was killed in the middle leaves nothing that the next one does not clear away")
    func leftOver() throws {
        let gateway = try GatewayUnderTest(switchPort: 1)
        let backup = gateway.folder.path + "/backup"
        try FileManager.default.createDirectory(atPath: backup + ".partial/journal", withIntermediateDirectories: true)
        try gateway.folder.write("backup.partial/store.sqlite", "half")
        let taken = try Program.run("backup", backup, "--config", gateway.configuration)
        #expect(taken.status == 0, "\(taken.errors)")
        #expect(!FileManager.default.fileExists(atPath: backup + ".partial"))
        try gateway.stopCleanly()
    }
}
