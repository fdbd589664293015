import Foundation
import Testing
import Waiting

@testable import centralino

/// A service manager's end of `NOTIFY_SOCKET`.
private final class ManagerSocket {
    let descriptor: Int32

    /// `name`: a path, or `@` and an abstract name.
    init(_ name: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        let isAbstract = bytes[0] == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count + (isAbstract ? 0 : 1)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(length)) }
        }
        guard code == 0 else { throw Loopback.Failure(what: "bind \(name)", code: errno) }
        var patience = timeval(tv_sec: Int(Lines.patience), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// The next message; "" where none comes.
    func message() -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : ""
    }

    /// The first message that begins so.
    func wait(for beginning: String) -> String {
        while true {
            let text = message()
            if text.isEmpty || text.hasPrefix(beginning) { return text }
        }
    }
}

@Suite("The program as a service", .tags(.program), .waiting)
struct ServiceTests {
    /// As systemd starts it.
    private func start(_ gateway: GatewayUnderTest, _ variables: String) throws {
        try gateway.start(shell: "export \(variables)")
    }

    @Test(
        "reports to its manager that it is ready, reloads, lives and stops, by a socket of the file system or an abstract one",
        arguments: [false, true])
    func notifications(isAbstract: Bool) throws {
        let gateway = try GatewayUnderTest(switchPort: 1, starts: false)
        let name = isAbstract ? "@centralino-\(UUID().uuidString)" : gateway.folder.path + "/notify"
        let manager = try ManagerSocket(name)
        try start(gateway, "NOTIFY_SOCKET=\(name) WATCHDOG_USEC=200000")
        #expect(manager.message() == "READY=1\nSTATUS=0 of 1 switches connected.")
        #expect(manager.message() == "WATCHDOG=1" && manager.message() == "WATCHDOG=1")
        kill(gateway.program.identifier, SIGHUP)
        let reloading = manager.wait(for: "RELOADING=1").split(separator: "\n")
        #expect(reloading.count == 2 && Int64(reloading[1].dropFirst("MONOTONIC_USEC=".count)) ?? 0 > 0, "\(reloading)")
        #expect(manager.wait(for: "READY=1").hasPrefix("READY=1"))
        // A loop that stands still sends no sign of life: what came before is read, and then nothing for a while.
        kill(gateway.program.identifier, SIGSTOP)
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(manager.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        while !manager.message().isEmpty {}
        kill(gateway.program.identifier, SIGCONT)
        patience.tv_sec = Int(Lines.patience)
        setsockopt(manager.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        #expect(manager.wait(for: "WATCHDOG=1") == "WATCHDOG=1")
        kill(gateway.program.identifier, SIGTERM)
        #expect(manager.wait(for: "STOPPING=1").hasPrefix("STOPPING=1"))
        #expect(gateway.program.status() == 0)
    }

    @Test("is watched only where the watchdog is meant for this process")
    func watchdog() {
        #expect(ServiceManager.watchdog(["WATCHDOG_USEC": "30000000"], process: 7) == 30_000_000)
        #expect(ServiceManager.watchdog(["WATCHDOG_USEC": "3", "WATCHDOG_PID": "7"], process: 7) == 3)
        for other in [
            ["WATCHDOG_USEC": "3", "WATCHDOG_PID": "8"], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "x"], [:],
        ] {
            #expect(ServiceManager.watchdog(other, process: 7) == nil, "\(other)")
        }
    }

    @Test(
        "takes a changed configuration over at SIGHUP, says what waits, and goes on with the old one where the new has faults"
    )
    func reload() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try gateway.program.errors.wait(for: "Connected, inventory complete.")
        let desk = try gateway.desk("PJSIP/1004")
        _ = try desk.json("the welcome") { $0["type"] as? String == "welcome" }
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        let text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        func change(_ new: String) throws {
            try gateway.folder.write("centralino.toml", new)
            kill(gateway.program.identifier, SIGHUP)
        }
        try change(text + "[[queues]]\nname = \"incentivi\"\ntarget = 2\nformul = \"SL1\"\n")
        #expect(try gateway.program.errors.wait(for: "nothing was taken over").contains("2 faults"))
        #expect(gateway.program.errors.text.contains("Did you mean “formula”?"))
        try change(
            text.replacingOccurrences(of: "internal = [\"1000-1999\"]", with: "internal = [\"2000-2999\"]")
                + "[[queues]]\nname = \"incentivi\"\ntarget = 0.55\n[log]\nformat = \"json\"\n")
        #expect(try gateway.program.errors.wait(for: "Taken over: [[queues]], [log].").hasPrefix("{\"level\":\"info\""))
        #expect(
            try gateway.program.errors.wait(for: "wait for a restart").contains(
                "These have changed and wait for a restart: [numbers]."))
        try eventually("the wallboard shows it, with the call of before") {
            let queue = try gateway.queue("incentivi")
            return "\(queue)".contains("0.55") && queue["answered"] as? Int == 1
        }
        #expect(try gateway.link()["gaps"] as? Int == 0, "the link was not touched")
        try desk.send("{\"type\":\"wrapUp.done\"}\n")
        // It is in the journal: a start after a crash knows it, too.
        kill(gateway.program.identifier, SIGKILL)
        _ = gateway.program.status()
        #expect(try Program.run("journal", "verify", gateway.folder.path + "/journal").status == 0)
    }

    @Test("logs an object a line with --log-format json, and less with [log] level")
    func log() throws {
        let gateway = try GatewayUnderTest(switchPort: 1, more: "[log]\nlevel = \"warning\"\n", starts: false)
        let program = try Program("run", "--config", gateway.configuration, "--log-format", "json")
        let line = try program.errors.wait(for: "\"subject\":\"prova\"")
        let entry = try #require(object(line))
        #expect(Set(entry.keys) == ["time", "level", "subject", "text"] && entry["level"] as? String == "warning")
        #expect(program.stop() == 0)
        #expect(!program.errors.text.contains("\"info\""), "\(program.errors.text)")
    }
}
