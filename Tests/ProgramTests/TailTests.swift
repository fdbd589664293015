import Foundation
import Testing
import Waiting

@Suite("centralino tail", .tags(.program), .waiting)
struct TailTests {
    @Test("prints exactly the messages into a pipe, and ends quietly when the reader has gone")
    func pipe() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send("")
        let tail = try Program("tail", "--url", "http://127.0.0.1:\(gateway.http)")
        try tail.output.wait(for: "\"type\":\"snapshot\"")
        let wallboard = try LineSocket(gateway.wallboards)
        try wallboard.lines.wait(for: "\"type\":\"snapshot\"")
        try asterisk.send(NormalCall.bytes)
        let last = try #require(
            wallboard.lines.first { $0.contains("\"talking\":0") && $0.contains("\"answered\":1") ? $0 : nil })
        try tail.output.wait(for: last)
        // The gateway writes the same bytes to every reader: both must have received the same since both were
        // connected.
        let told = wallboard.lines.all.dropFirst().prefix { $0 != last } + [last]
        #expect(told.allSatisfy(tail.output.all.contains))
        #expect(tail.output.all.allSatisfy { object($0) != nil })
        #expect(tail.stop() == 128 + SIGINT)
        #expect(tail.errors.text == "")

        let head = try Program(
            executable: "/bin/sh",
            [
                "-c", "\"$0\" tail --url http://127.0.0.1:\(gateway.http) > \"$1\"; echo $? >&2", Program.executable,
                "/dev/full",
            ])
        try head.errors.wait(for: "0")
        let quick = try Program(
            executable: "/bin/bash",
            [
                "-c",
                "\"$0\" tail --url http://127.0.0.1:\(gateway.http) | head -1 >/dev/null; echo \"${PIPESTATUS[0]}\" >&2",
                Program.executable,
            ])
        #expect(quick.errors.untilEnd() == "0")
        try gateway.stopCleanly(contacts: 1)
    }

    @Test("leaves out what concerns other queues")
    func filter() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        let mine = try Program("tail", "--url", "http://127.0.0.1:\(gateway.http)", "--queue", "incentivi", "--json")
        let others = try Program("tail", "--url", "http://127.0.0.1:\(gateway.http)", "--queue", "informazioni")
        try mine.output.wait(for: "\"type\":\"snapshot\"")
        try others.output.wait(for: "\"type\":\"snapshot\"")
        try asterisk.send(NormalCall.bytes)
        try mine.output.wait(for: "\"answered\":1")
        try asterisk.send(
            "Event: QueueMemberAdded\r\nQueue: informazioni\r\nMemberName: Zoe\r\nInterface: PJSIP/9\r\nStateInterface: PJSIP/9\r\nStatus: 1\r\nPaused: 0\r\n\r\n"
        )
        try others.output.wait(for: "Zoe")
        #expect(!others.output.text.contains("\"name\":\"incentivi\""))
        #expect(!mine.output.text.contains("Zoe"))
    }

    @Test("reports that the stream is lost, and goes on with a new snapshot when the gateway is back")
    func reconnection() throws {
        let port = try Loopback.freePort()
        let folder = try TemporaryFolder()
        let gateway = try GatewayUnderTest(folder: folder, switchPort: 1, starts: false)
        var text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        text = text.replacingOccurrences(
            of: "[http]\nlisten = \"127.0.0.1:0\"", with: "[http]\nlisten = \"127.0.0.1:\(port)\"")
        try folder.write("centralino.toml", text)
        try gateway.start()
        let tail = try Program("tail", "--url", "http://127.0.0.1:\(port)")
        try tail.output.wait(for: "\"type\":\"snapshot\"")
        #expect(gateway.program.stop() == 0)
        try tail.errors.wait(for: "The stream is lost: The gateway ended the stream. Next attempt in ")
        let before = tail.output.all.count
        try gateway.start()
        try tail.output.wait(for: "\"type\":\"snapshot\"", from: before)
        try tail.errors.wait(for: "The stream is back.")
    }

    @Test("resumes where it was when the connection breaks, and begins again when a message is missing")
    func resumption() throws {
        let gateway = try ScriptedGateway()
        defer { gateway.stop() }
        let tail = try Program("tail", "--url", "http://127.0.0.1:\(gateway.port)")
        var head = try gateway.answer([("S-7", ScriptedGateway.snapshot(7)), ("S-8", ScriptedGateway.change(8))])
        #expect(!head.contains("Last-Event-ID"))
        head = try gateway.answer([
            ("S-9", ScriptedGateway.change(9)), ("S-9", ScriptedGateway.heartbeat(9, resumed: true)),
        ])
        #expect(head.contains("Last-Event-ID: S-8\r\n"))
        try tail.errors.wait(for: "The stream is back.")
        // 11 is not the next number: nothing can be built upon it.
        head = try gateway.answer([("S-11", ScriptedGateway.change(11))])
        #expect(head.contains("Last-Event-ID: S-9\r\n"))
        head = try gateway.answer([("S-20", ScriptedGateway.snapshot(20))])
        #expect(!head.contains("Last-Event-ID"))
        try tail.output.wait(for: "\"seq\":20")
        let told = tail.output.all.compactMap { object($0)?["seq"] as? Int }
        #expect(told == [7, 8, 9, 9, 20])
    }

    @Test("sends its token, says what to do without one, and never shows it to a person")
    func token() throws {
        let (gateway, file) = try GatewayUnderTest.withWallboardToken()
        let url = "http://127.0.0.1:\(gateway.http)"
        let without = try Program.run("tail", "--url", url)
        #expect(without.status == 1 && without.output == "" && without.errors.contains("--token-file"), "\(without)")
        let wrong = try Program.run("tail", "--url", url, environment: ["CENTRALINO_WALLBOARD_TOKEN": "guess"])
        #expect(
            wrong.status == 1 && wrong.errors.contains("does not accept this token") && !wrong.errors.contains("guess"),
            "\(wrong)")
        let good = try Program("tail", "--url", url, "--token-file", file)
        try good.output.wait(for: "\"type\":\"snapshot\"")
        let byEnvironment = try Program(
            executable: Program.executable, ["tail", "--url", url],
            environment: ["CENTRALINO_WALLBOARD_TOKEN": "w-secret"])
        try byEnvironment.output.wait(for: "\"type\":\"snapshot\"")
    }

    @Test("ends at once, with the remedy, where no gateway runs")
    func nobody() throws {
        let port = try Loopback.freePort()
        let ended = try Program.run("tail", "--url", "http://127.0.0.1:\(port)")
        #expect(ended.status == 1 && ended.errors.contains("Is the gateway running?"), "\(ended)")
        let ssh = try ScriptedSwitch { _ in "SSH-2.0-OpenSSH_9.2p1\r\n" }
        defer { ssh.stop() }
        let stranger = try Program.run("tail", "--url", "http://127.0.0.1:\(ssh.port)")
        #expect(stranger.status == 1 && stranger.errors.contains("does not speak HTTP"), "\(stranger)")
    }

    @Test("draws a table on a terminal, lets no control character of a name reach it, and Ctrl-C leaves it clean")
    func terminal() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send(
            "Event: QueueMemberAdded\r\nQueue: evil\u{1B}[2Jqueue\u{9B}1m\u{7}\r\nMemberName: Zoe\r\nInterface: PJSIP/9\r\nStateInterface: PJSIP/9\r\nStatus: 1\r\nPaused: 0\r\n\r\n"
        )
        try asterisk.send(NormalCall.bytes)
        let tail = try Program(
            executable: Program.executable, ["tail", "--url", "http://127.0.0.1:\(gateway.http)"], terminal: 120)
        // Met by what was heard: most of the day, and of the last half hour, was before the gateway began, and
        // nothing is green.
        let row = try tail.output.wait(for: "◐ 100.0 %")
        #expect(row.contains("incentivi") && !row.contains("\u{1B}[32m"), "\(row)")
        // The hour before the gateway began is not zero.
        try tail.output.wait(for: "·····")
        let evil = try tail.output.wait(for: "queue\u{FFFD}1m")
        #expect(!evil.contains("\u{1B}[2Jqueue") && !evil.unicodeScalars.contains { $0.value == 0x9B || $0.value == 7 })
        #expect(tail.stop() == 0)
        let all = tail.output.untilEnd()
        #expect(all.hasPrefix("\u{1B}[?1049h\u{1B}[?25l"))
        #expect(all.hasSuffix("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"), "\(all.suffix(60).debugDescription)")
    }

    @Test("--no-follow shows one picture and ends: a table on request, otherwise the snapshot")
    func picture() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(
            switchPort: asterisk.port, login: "plain",
            more: """
                [[queues]]
                name = "incentivi"
                [[queues.alarms]]
                metric = "available"
                raise = 50
                clear = 51
                severity = "critical"
                """)
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try eventually("the alarm is raised") { (try gateway.queue("incentivi")["alarms"] as? [Any])?.isEmpty == false }
        let url = "http://127.0.0.1:\(gateway.http)"
        let json = try Program.run("tail", "--url", url, "--no-follow")
        #expect(json.status == 0 && json.errors == "", "\(json)")
        #expect(object(json.output)?["type"] as? String == "snapshot", "\(json.output)")
        let others = try Program.run("tail", "--url", url, "--no-follow", "--json", "--queue", "reclami")
        #expect(others.status == 1 && others.output == "", "\(others)")
        #expect(others.errors.contains("There is no queue “reclami”; there are: “incentivi”"), "\(others)")
        // There are no colours in a pipe; the marks say the same.
        let table = try Program.run("tail", "--url", url, "--no-follow", "--table")
        #expect(table.status == 0 && !table.output.contains("\u{1B}"), "\(table)")
        #expect(table.output.contains("\n!! incentivi ") && table.output.contains("◐ 100.0 %"), "\(table.output)")
        #expect(table.output.contains("\n!! critical: incentivi: agents available "), "\(table.output)")
        let onTerminal = try Program(
            executable: Program.executable, ["tail", "--url", url, "--no-follow"], terminal: 120)
        #expect(onTerminal.output.untilEnd().contains("\u{1B}[31m!! incentivi") && onTerminal.status() == 0)
        let plain = try Program(
            executable: Program.executable, ["tail", "--url", url, "--no-follow"], environment: ["NO_COLOR": "1"],
            terminal: 120)
        #expect(!plain.output.untilEnd().contains("\u{1B}"))
        #expect(try Program.run("tail", "--url", url, "--table").status == 64)
        #expect(try Program.run("tail", "--url", url, "--no-follow", "--table", "--json").status == 64)
    }

    @Test("--at requests what the stream showed then, and prints that one picture or why there is none")
    func earlier() throws {
        let gateway = try ScriptedGateway()
        defer { gateway.stop() }
        let tail = try Program(
            "tail", "--url", "http://127.0.0.1:\(gateway.port)", "--at", "2026-11-23 10:42", "--table")
        let head = try gateway.reply("200 OK", ScriptedGateway.snapshot(7))
        #expect(head.hasPrefix("GET /v1/wallboard?at=2026%2D11%2D23%2010%3A42 HTTP/1.0\r\n"), "\(head)")
        // The time of the picture, not of the reader.
        #expect(tail.output.untilEnd().hasPrefix("127.0.0.1:\(gateway.port) · 2026-03-02T08:00:00Z\n"))
        #expect(tail.status() == 0)
        let refused = try Program("tail", "--url", "http://127.0.0.1:\(gateway.port)", "--at", "yesterday")
        _ = try gateway.reply("400 Bad Request", #"{"error":{"message":"“yesterday” is no time.","status":400}}"#)
        #expect(
            refused.errors.untilEnd() == "The gateway refused with 400: “yesterday” is no time."
                && refused.status() == 1)
        #expect(refused.output.untilEnd() == "")
    }
}
