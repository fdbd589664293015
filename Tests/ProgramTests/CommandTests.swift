import Foundation
import Testing
import Waiting

@Suite("The command line", .tags(.program), .waiting)
struct CommandTests {
    @Test(
        "begins each help with examples",
        arguments: [
            "run", "check", "doctor", "record", "import", "tail", "replay", "reconcile", "simulate", "demo", "journal",
            "backup", "restore", "person",
        ])
    func help(command: String) throws {
        let ended = try Program.run(command, "--help")
        #expect(ended.status == 0 && ended.errors == "")
        let example = try #require(ended.output.range(of: "\ncentralino \(command)"))
        let usage = try #require(ended.output.range(of: "\nUSAGE:"))
        #expect(example.lowerBound < usage.lowerBound)
    }

    @Test("has the version of the changelog's newest heading")
    func version() throws {
        let changelog = try String(contentsOfFile: Repository.path("CHANGELOG.md"), encoding: .utf8)
        let newest = try #require(changelog.firstMatch(of: #/\n## ([0-9.]+) /#)).1
        #expect(try Program.run("--version").output == String(newest))
    }

    @Test(
        "reports what it does not understand with status 64, on standard error",
        arguments: [
            (["check", "--confg", "x"], "Did you mean '--config'?"), (["replay"], "<paths>"),
            (["simulate", "x", "--speed", "0"], "--speed 0.0 is not a speed"),
            (["simulate", "x", "--speed=-1"], "is not a speed"),
            (["simulate", "x", "--speed", "nan"], "is not a speed"), (["demo", "--speed", "0"], "is not a speed"),
            (["simulate", "x", "--port", "80000"], "--port 80000 is not a port: give a number from 1 to 65535"),
            (["simulate", "x", "--port", "-5"], "--port -5 is not a port"),
            (["simulate", "x", "--speed", "-1"], "--speed -1.0 is not a speed"),
            (["demo", "--http-port", "80000"], "--http-port 80000 is not a port"),
            (["demo", "--desks-port", "-1"], "--desks-port -1 is not a port"),
            (["tail", "--url", "ftp://x"], "http://127.0.0.1:8080"),
            (["tail", "--token-file", "/nowhere"], "/nowhere"), (["fly"], "“fly” is not a command. Known: demo, run,"),
            (["replya", "x"], "“replya” is not a command. Did you mean “replay”?"),
            (["journal", "verfy"], "Did you mean “verify”?"),
        ])
    func misuse(arguments: [String], part: String) throws {
        let program = try Program(executable: Program.executable, arguments)
        #expect(program.output.untilEnd() == "")
        #expect(program.errors.untilEnd().contains(part))
        #expect(program.status() == 64)
    }

    @Test("says of a missing demo where to start it, or how to name it")
    func demoElsewhere() throws {
        let ended = try Program.run("demo", "--scenario", "/nowhere/demo")
        #expect(ended.status == 1 && ended.output == "")
        #expect(ended.errors.contains("/nowhere/demo") && ended.errors.contains("--scenario"), "\(ended.errors)")
    }

    // MARK: replay

    @Test("replays a folder, its file, a raw capture and a gzipped one to the same figures")
    func replay() throws {
        let folder = try TemporaryFolder()
        let capture = try folder.write("call.ami", "Asterisk Call Manager/11.0.0\r\n".utf8 + NormalCall.bytes)
        let zip = try Program(executable: "/bin/sh", ["-c", "gzip -k \"$0\"", capture])
        #expect(zip.status() == 0)
        var figures: [NSDictionary] = []
        for path in [
            Repository.trace("caller_hangup-a"), Repository.trace("caller_hangup-a") + "/ami.jsonl.gz", capture,
            capture + ".gz",
        ] {
            let ended = try Program.run("replay", "--json", path)
            #expect(ended.status == 0 && ended.errors == "")
            let report = try #require(object(ended.output))
            #expect(Set(report.keys) == ["queues", "agents", "contacts", "gaps", "events"])
            let queue = try #require((report["queues"] as? [String: [String: Any]])?["incentivi"])
            figures.append(
                ["offered", "answered", "abandoned", "flowOut", "refused", "lost", "waiting", "ringNoAnswer"].reduce(
                    into: NSMutableDictionary()
                ) { $0[$1] = queue[$1] })
            #expect(queue["offered"] as? Int == 1 && queue["answered"] as? Int == 1)
        }
        #expect(Set(figures).count == 1)
    }

    @Test("adds up several recordings")
    func replayMany() throws {
        let ended = try Program.run(
            "replay", "--json", Repository.trace("caller_hangup-a"), Repository.trace("agent_hangup-a"))
        let queues = try #require(object(ended.output)?["queues"] as? [String: [String: Any]])
        #expect(queues.values.compactMap { $0["offered"] as? Int }.reduce(0, +) == 2)
    }

    @Test("reports a file without a single event, with a status of its own; the figures are those of the other files")
    func replayNothing() throws {
        let folder = try TemporaryFolder()
        let text = try folder.write("notes.txt", "Dear all,\r\n\r\nthe capture is attached.\r\n".utf8)
        let refused = try folder.write(
            "refused.ami",
            "Asterisk Call Manager/11.0.0\r\nResponse: Error\r\nMessage: Authentication failed\r\n\r\n".utf8)
        let log = try folder.write("queue_log", "1795424390|NONE|NONE|NONE|QUEUESTART|\n".utf8)
        for path in [text, refused, log] {
            let ended = try Program.run("replay", path)
            #expect(ended.status == 3, "\(path)")
            #expect(ended.errors.contains("There is not one event of a switch in \(path)"), "\(ended.errors)")
        }
        // It is not played or measured either.
        for command in [["simulate", text, "--port", "0"], ["bench", "path", text, "--rounds", "1"]] {
            let program = try Program(executable: Program.executable, command)
            #expect(
                program.status() == 1 && program.errors.untilEnd().contains("not one event of a switch in \(text)"),
                "\(command)")
        }
        let both = try Program.run("replay", "--json", Repository.trace("caller_hangup-a"), text)
        #expect(
            both.status == 3 && both.errors.contains(text) && !both.errors.contains("caller_hangup-a"), "\(both.errors)"
        )
        #expect(((object(both.output)?["queues"] as? [String: [String: Any]])?["incentivi"])?["offered"] as? Int == 1)
    }

    @Test("names the unreadable recording, with status 1 and nothing on standard output")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        let cut = try folder.write("cut.ami.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
        for (path, part) in [
            ("/nowhere/x", "/nowhere/x cannot be read: no such file or folder"), (cut, "is damaged"),
            (folder.path + "/", "cut.ami.gz"),
        ] {
            let ended = try Program.run("replay", "--json", path)
            #expect(ended.status == 1 && ended.output == "")
            #expect(ended.errors.contains(part), "\(ended.errors)")
        }
    }
}
