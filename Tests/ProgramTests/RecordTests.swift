import Foundation
import Recordings
import Testing
import Waiting

@Suite("The recorder of a switch", .tags(.program), .waiting)
struct RecordTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func configuration(_ asterisk: ScriptedSwitch) throws -> String {
        try folder.write(
            "c.toml",
            "[[switches]]\nname = \"prova\"\nhost = \"127.0.0.1\"\nport = \(asterisk.port)\nusername = \"cti\"\nsecret = \"geheim-1234567\"\nlogin = \"plain\"\n"
        )
    }

    /// Starts the recorder, lets it hear the call, and waits until that is on the disk.
    private func recording(
        _ asterisk: ScriptedSwitch, to path: String, _ more: String..., hearing bytes: [UInt8] = NormalCall.bytes
    ) throws -> Program {
        let program = try Program(
            executable: Program.executable,
            ["record", "prova", "--config", configuration(asterisk), "--to", path] + more)
        try asterisk.send(bytes)
        try eventually("the call is on the disk") { (try? text(path).contains("Event: Hangup")) == true }
        return program
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Recording.load(path).chunks.flatMap(\.bytes), as: UTF8.self)
    }

    private func queues(_ path: String) throws -> NSDictionary {
        let ended = try Program.run("replay", "--json", path)
        #expect(ended.status == 0, "\(ended.errors)")
        let queue = try #require((object(ended.output)?["queues"] as? [String: [String: Any]])?["incentivi"])
        return ["offered", "answered", "abandoned", "lost", "waiting"].reduce(into: NSMutableDictionary()) {
            $0[$1] = queue[$1]
        }
    }

    @Test("writes a trace that replays to the counts of the call, without any number or name of it")
    func pseudonymised() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let path = folder.path + "/trace"
        let program = try recording(asterisk, to: path)
        #expect(program.stop() == 0)
        #expect(program.errors.untilEnd().contains("Next: centralino replay \(path)"))
        #expect(try queues(path) == queues(Repository.trace("caller_hangup-a")))
        let recording = try Recording.load(path)
        #expect(recording.meta?.asterisk == "22" && recording.meta?.scenario == "recorded")
        #expect(abs(Double(recording.startEpoch ?? 0) / 1_000_000 - Date().timeIntervalSince1970) < 120)
        let control = String(decoding: recording.control.flatMap(\.bytes), as: UTF8.self)
        #expect(control.components(separatedBy: "Event: QueueStatusComplete").count == 3, "at the start and at the end")
        let all = try text(path) + control
        #expect(all.contains("Event: QueueCallerJoin") && all.contains("Queue: incentivi"))
        let real = String(decoding: NormalCall.bytes, as: UTF8.self)
        let numbers = Set(real.matches(of: /CallerIDNum: ([+0-9]{5,})/).map { String($0.output.1) })
        #expect(!numbers.isEmpty)
        for secret in numbers.union(["geheim", "Action: Login", "Carla Verdi", "Elena D'Amico"]) {
            #expect(!all.contains(secret), "\(secret)")
        }
    }

    @Test("writes for its owner only, and refuses a folder that is not empty")
    func files() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let path = folder.path + "/trace"
        let program = try recording(asterisk, to: path, "--seconds", "3600")
        #expect(program.stop() == 0)
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: path) {
            #expect(
                try manager.attributesOfItem(atPath: path + "/" + name)[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        #expect(try manager.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o700)
        let again = try Program.run("record", "prova", "--config", configuration(asterisk), "--to", path)
        #expect(again.status == 1)
        #expect(again.errors.contains("The folder \(path) is not empty: nothing was written."))
    }

    @Test("keeps identities only on request, and warns")
    func identities() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let path = folder.path + "/trace"
        let program = try recording(asterisk, to: path, "--keep-identities")
        #expect(program.stop() == 0)
        #expect(program.errors.untilEnd().contains("This recording is personal data"))
        let text = try text(path)
        #expect(text.hasSuffix(String(decoding: NormalCall.bytes, as: UTF8.self)), "as it came")
        #expect(!text.contains("geheim"))
    }

    @Test("leaves what it heard readable when it is killed")
    func killed() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let path = folder.path + "/trace"
        let program = try recording(asterisk, to: path)
        kill(program.identifier, SIGKILL)
        #expect(program.status() == 128 + SIGKILL)
        #expect(try queues(path) == queues(Repository.trace("caller_hangup-a")))
    }

    @Test("leaves out bytes that are not a message, counts them, and ends with status 1 when the link breaks")
    func damage() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let path = folder.path + "/trace"
        let program = try recording(
            asterisk, to: path, hearing: Array("Mario Bianchi 3471234567\r\n\r\n".utf8) + NormalCall.bytes)
        asterisk.hangUp()
        #expect(program.status() == 1)
        let errors = program.errors.untilEnd()
        #expect(
            errors.contains("1 times bytes came that were no message")
                && errors.contains("The other side closed the connection."),
            "\(errors)")
        #expect(try !text(path).contains("Bianchi"))
        #expect(try queues(path) == queues(Repository.trace("caller_hangup-a")))
        #expect(try Recording.load(path).chunks.last?.direction == .closed)
    }

    @Test("ends by itself after the given time")
    func limit() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let path = folder.path + "/trace"
        let ended = try Program.run(
            "record", "prova", "--config", configuration(asterisk), "--to", path, "--seconds", "1")
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(try text(path).hasPrefix("Asterisk Call Manager/11.0.0\r\nResponse: Success\r\n"))
    }
}
