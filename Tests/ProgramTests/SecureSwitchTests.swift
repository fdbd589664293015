import Foundation
import Testing
import Waiting

@Suite("A switch behind TLS", .tags(.program), .waiting)
struct SecureSwitchTests {
    let folder: TemporaryFolder
    private let certificate: String
    private let key: String

    init() throws {
        folder = try TemporaryFolder()
        certificate = folder.path + "/switch.crt"
        key = folder.path + "/switch.key"
        try openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(key) -out \(certificate) -days 2 -subj /CN=pbx.test -addext subjectAltName=IP:127.0.0.1"
        )
    }

    private func openssl(_ arguments: String) throws {
        let program = try Program(executable: "/usr/bin/openssl", arguments.split(separator: " ").map(String.init))
        let errors = program.errors.untilEnd()
        #expect(program.status() == 0, "openssl \(arguments): \(errors)")
    }

    private func front(_ asterisk: ScriptedSwitch, saysGoodbye: Bool = true) throws -> SecureFront {
        try SecureFront(to: asterisk.port, certificateFile: certificate, keyFile: key, saysGoodbye: saysGoodbye)
    }

    @Test("is heard like one without: its call is counted, and the journal can be read")
    func wholeCall() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let front = try front(asterisk)
        defer { front.stop() }
        let gateway = try GatewayUnderTest(
            switchPort: front.port, login: "plain", more: "tls = true\nca_file = \"\(certificate)\"")
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try gateway.stopCleanly(contacts: 1)
        let journal = gateway.folder.path + "/journal"
        let files = try FileManager.default.contentsOfDirectory(atPath: journal).map { "\(journal)/\($0)" }
        let reader = try Program(executable: "/usr/bin/zstdcat", files)
        let text = reader.output.untilEnd()
        #expect(reader.status() == 0)
        #expect(text.contains("Asterisk Call Manager/11.0.0") && text.contains("Event: QueueCallerJoin"))
    }

    @Test("that ends the connection in an orderly way, or is cut off, is connected again", arguments: [true, false])
    func reconnection(saysGoodbye: Bool) throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let front = try front(asterisk, saysGoodbye: saysGoodbye)
        defer { front.stop() }
        let gateway = try GatewayUnderTest(
            switchPort: front.port, login: "plain", more: "tls = true\nca_file = \"\(certificate)\"")
        try asterisk.send("")
        asterisk.hangUp()
        try gateway.program.errors.wait(
            for: saysGoodbye ? "The other side closed the connection." : "without TLS's goodbye")
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try gateway.stopCleanly(contacts: 1)
    }

    @Test("whose certificate is unknown receives nothing, and the operator the remedy")
    func unknownAuthority() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let front = try front(asterisk)
        defer { front.stop() }
        let gateway = try GatewayUnderTest(switchPort: front.port, more: "tls = true")
        let line = try gateway.program.errors.wait(for: "is signed by itself")
        #expect(
            line.contains("ERROR prova: TLS with 127.0.0.1:\(front.port): The certificate of “CN = pbx.test”"),
            "\(line)")
        #expect(line.contains("ca_file"), "\(line)")
        #expect(try gateway.link()["state"] as? String == "refused")
        try gateway.stopCleanly(contacts: 0)
    }

    @Test("other than the intended one is refused by its name")
    func wrongName() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let front = try front(asterisk)
        defer { front.stop() }
        let more = "tls = true\nca_file = \"\(certificate)\"\nserver_name = \"roma.pbx.example\""
        let gateway = try GatewayUnderTest(switchPort: front.port, more: more)
        let line = try gateway.program.errors.wait(for: "not for “roma.pbx.example”")
        #expect(line.contains("The certificate is for “127.0.0.1”"), "\(line)")
        try gateway.stopCleanly(contacts: 0)
    }

    @Test("without TLS on this port is reported with the beginning of its greeting")
    func plainPort() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, more: "tls = true")
        let line = try gateway.program.errors.wait(for: "speaks plain AMI")
        #expect(line.contains("“Asterisk Call Manager/11.0.0”") && line.contains("5039"), "\(line)")
        try gateway.stopCleanly(contacts: 0)
    }

    @Test("that never answers the handshake is given up after 10 s")
    func silence() throws {
        let silent = try ScriptedSwitch { _ in "" }
        defer { silent.stop() }
        let gateway = try GatewayUnderTest(switchPort: silent.port, more: "tls = true")
        let line = try gateway.program.errors.wait(for: "TLS handshake was not finished in 10 s")
        #expect(line.contains("WARNING prova: "), "\(line)")
        try gateway.stopCleanly(contacts: 0)
    }

    @Test(
        "is checked without connecting",
        arguments: [
            ("tls = true\nca_file = \"nowhere.pem\"", 7, "nowhere.pem” cannot be read: No such file or directory."),
            ("tls = true\nca_file = \"c.toml\"", 7, "There is no usable certificate in"),
            ("tls = true\nserver_name = \"*.example\"", 7, "“*.example” is no host name or IP address"),
            ("ca_file = \"nowhere.pem\"", 6, "“ca_file” means nothing without tls = true."),
            ("server_name = \"a\"", 6, "“server_name” means nothing without tls = true."),
            ("tls = \"yes\"", 6, "“tls” must be true or false."),
        ])
    func check(text: String, line: Int, part: String) throws {
        let good = "[[switches]]\nname = \"roma\"\nhost = \"127.0.0.1\"\nusername = \"cti\"\nsecret = \"x\"\n"
        let path = try folder.write("c.toml", good + text + "\n")
        let ended = try Program.run("check", "--config", path)
        #expect(ended.status == 1)
        #expect(ended.errors.contains("\(path):\(line): ") && ended.errors.contains(part), "\(ended.errors)")
        #expect(ended.errors.contains("1 problem."), "\(ended.errors)")
    }

    @Test("is expected on port 5039 unless configured")
    func port() throws {
        let start = "[[switches]]\nname = \"roma\"\nhost = \"127.0.0.1\"\nusername = \"cti\"\nsecret = \"x\"\n"
        func checked(_ more: String) throws -> String {
            try Program.run("check", "--config", folder.write("c.toml", start + more)).output
        }
        #expect(try checked("tls = true\nca_file = \"switch.crt\"\n").contains("127.0.0.1:5039 with TLS"))
        #expect(try checked("").contains("127.0.0.1:5038 as"))
    }
}
