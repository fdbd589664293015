import Foundation
import Testing
import Waiting

@Suite("The doctor", .tags(.program), .waiting)
struct DoctorTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func configuration(port: Int, _ more: String = "") throws -> String {
        try folder.write(
            "c.toml",
            "[[switches]]\nname = \"prova\"\nhost = \"127.0.0.1\"\nport = \(port)\nusername = \"cti\"\nsecret = \"geheim\"\nlogin = \"plain\"\n\(more)\n"
        )
    }

    @Test("reports what it found and what it could not check, for people and for programs, with status 1")
    func findings() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let path = try configuration(port: asterisk.port)
        let people = try Program.run("doctor", "prova", "--config", path, "--seconds", "1")
        #expect(people.status == 1, "\(people.errors)")
        #expect(people.errors == "")
        #expect(
            people.output.contains("WARNING The switch has no queues.") && people.output.contains("  → queues.conf: "))
        #expect(people.output.contains("Not checked:\n  read classes call, agent, user: "))
        #expect(!people.output.contains("\u{1B}") && !people.output.contains("geheim"))
        let programs = try Program.run("doctor", "prova", "--config", path, "--seconds", "1", "--json")
        #expect(programs.status == 1)
        let report = try #require(object(programs.output))
        let findings = try #require(report["findings"] as? [[String: String]])
        #expect(
            findings.contains {
                $0["code"] == "no-queues" && $0["severity"] == "warning"
                    && $0["change"]?.contains("queues.conf") == true
            })
        for finding in findings { #expect(Set(finding.keys) == ["code", "severity", "seen", "why", "change"]) }
        #expect(report["switch"] as? String == "prova" && report["tls"] as? Bool == false)
        #expect((report["unchecked"] as? [[String: String]])?.contains { $0["what"] == "write classes" } == true)
        #expect(report["clockOffsetSeconds"] == nil, "this switch tells no time")
    }

    @Test("colours a terminal, unless NO_COLOR forbids it", arguments: [true, false])
    func colours(forbidden: Bool) throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let arguments = ["doctor", "prova", "--config", try configuration(port: asterisk.port), "--seconds", "1"]
        let program = try Program(
            executable: Program.executable, arguments, environment: forbidden ? ["NO_COLOR": "1"] : [:], terminal: 120)
        let output = program.output.untilEnd()
        #expect(output.contains("WARNING"))
        #expect(output.contains("\u{1B}[33mWARNING\u{1B}[0m") == !forbidden)
        #expect(program.status() == 1)
    }

    @Test("gives the date on which a certificate expires soon")
    func certificate() throws {
        let (certificate, key) = (folder.path + "/switch.crt", folder.path + "/switch.key")
        let made = try Program(
            executable: "/usr/bin/openssl",
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(key) -out \(certificate) -days 2 -subj /CN=pbx.test -addext subjectAltName=IP:127.0.0.1"
                .split(separator: " ").map(String.init))
        #expect(made.status() == 0)
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let front = try SecureFront(to: asterisk.port, certificateFile: certificate, keyFile: key)
        defer { front.stop() }
        let path = try configuration(port: front.port, "tls = true\nca_file = \"switch.crt\"")
        let ended = try Program.run("doctor", "prova", "--config", path, "--seconds", "1")
        #expect(ended.status == 1)
        #expect(ended.output.contains("with TLS, as “cti”"))
        #expect(ended.output.contains("The certificate of “CN = pbx.test” is valid until 20"), "\(ended.output)")
    }

    @Test("ends with status 2 and the reason where the switch cannot be asked")
    func unreachable() throws {
        let (descriptor, port) = try Loopback.listen()
        close(descriptor)
        let refused = try Program.run("doctor", "prova", "--config", try configuration(port: port))
        #expect(refused.status == 2 && refused.output == "")
        #expect(refused.errors.contains("ECONNREFUSED"), "\(refused.errors)")
        let web = try ScriptedSwitch { _ in "HTTP/1.1 400 Bad Request\r\n" }
        defer { web.stop() }
        let other = try Program.run("doctor", "prova", "--json", "--config", try configuration(port: web.port))
        #expect(other.status == 2)
        #expect((object(other.output)?["error"] as? String)?.contains("This port does not speak AMI") == true)
        let faulty = try Program.run("doctor", "prova", "--config", try configuration(port: web.port, "prt = 1"))
        #expect(faulty.status == 2 && faulty.errors.contains("“prt” means nothing"))
    }

    @Test("knows only the switches of the configuration")
    func unknown() throws {
        let ended = try Program.run("doctor", "roma", "--config", try configuration(port: 1))
        #expect(ended.status == 64)
        #expect(ended.errors.contains("has no Asterisk “roma”. It has “prova”."), "\(ended.errors)")
    }
}
