import Foundation
import Testing
import Waiting

@testable import centralino

@Suite("centralino stats, explain and tail over TLS", .tags(.program), .waiting)
struct SecureCommandTests {
    let folder: TemporaryFolder
    let authority: TestAuthority

    init() throws {
        folder = try TemporaryFolder()
        authority = try TestAuthority(in: folder)
    }

    @Test("ask a gateway whose certificate they verify, and follow its stream")
    func verified() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        try authority.issue("gateway")
        let gateway = try GatewayUnderTest(
            folder: folder, switchPort: asterisk.port, login: "plain", more: SecureListenerTests.tls)
        try asterisk.send(NormalCall.bytes)
        let (url, ca) = ("https://localhost:\(gateway.http)", authority.certificate)
        let tail = try Program("tail", "--url", url, "--ca-file", ca)
        try tail.output.wait(for: "\"snapshot\"")
        try eventually("the call is in the figures") {
            try Program.run("stats", "--url", url, "--ca-file", ca, "--queue", "incentivi", "--json").output.contains(
                "\"offered\":1")
                || Program.run("explain", "offered", "--url", url, "--ca-file", ca, "--queue", "incentivi").output
                    .contains("1 call")
        }
        let picture = try Program.run("tail", "--url", url, "--ca-file", ca, "--no-follow")
        #expect(picture.status == 0 && picture.output.contains("incentivi"), "\(picture)")
        #expect(tail.stop() == 128 + SIGINT)
        try gateway.stopCleanly()
    }

    @Test("end with the fault and the remedy where the certificate is not the right one, and send no token")
    func refused() throws {
        try authority.issue("gateway", names: "DNS:gw.example.it")
        let gateway = try gateway()
        let url = "https://127.0.0.1:\(gateway.http)"
        let ca = authority.certificate
        let token = try folder.write("w.token", "w-secret-of-the-test\n")
        for (arguments, part) in [
            (
                ["--url", url],
                "is signed by “CN = authority”, and nobody here knows that. If it is the right one, give the authority's certificate (PEM) with --ca-file."
            ),
            (
                ["--url", url, "--ca-file", ca],
                "the certificate is for “gw.example.it”, not for “127.0.0.1”. Give --url with a name that it is for."
            ),
            (
                ["--url", url, "--ca-file", folder.path + "/none.crt"],
                "--ca-file: The file “\(folder.path)/none.crt” cannot be read"
            ),
            (["--url", url, "--ca-file", token], "--ca-file: There is no usable certificate"),
        ] {
            for command in [["stats"], ["explain", "offered"], ["tail"], ["tail", "--no-follow"]] {
                let ended = try run(command + arguments + ["--token-file", token])
                #expect(ended.status == 1 && ended.output == "", "\(command) \(ended)")
                #expect(ended.errors.contains(part), "\(command) \(ended.errors)")
            }
        }
        try gateway.stopCleanly()
    }

    private func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        let program = try Program(executable: Program.executable, arguments)
        let output = program.output.untilEnd()
        return (program.status(), output, program.errors.untilEnd())
    }

    /// A gateway with the certificate that was issued last.
    private func gateway() throws -> GatewayUnderTest {
        try GatewayUnderTest(folder: folder, switchPort: 1, more: SecureListenerTests.tls)
    }

    @Test("say so where the port speaks without TLS, or TLS without https://, or --ca-file is given for http://")
    func mixed() throws {
        let plain = try GatewayUnderTest(switchPort: 1)
        let asked = try Program.run("stats", "--url", "https://127.0.0.1:\(plain.http)")
        #expect(asked.status == 1 && asked.errors.contains("this port does not speak TLS"), "\(asked)")
        let misused = try Program.run("stats", "--url", "http://127.0.0.1:1", "--ca-file", "x")
        #expect(misused.status == 64 && misused.errors.contains("--ca-file means nothing without TLS"), "\(misused)")
        try authority.issue("gateway")
        let secured = try gateway()
        let ended = try Program.run("stats", "--url", "http://127.0.0.1:\(secured.http)")
        #expect(ended.status == 1 && ended.errors.contains("400"), "\(ended)")
        try plain.stopCleanly()
    }
}
