import Foundation
import Testing
import Waiting

@Suite("The HTTP port, by its OpenAPI document", .tags(.program), .waiting)
struct SchemathesisTests {
    /// Raise it on purpose: another version asks other questions.
    private static let package = "schemathesis==4.32.5"

    @Test("answers whatever the document allows and forbids as the document says")
    func schemathesis() throws {
        let folder = try TemporaryFolder()
        guard let tool = try Self.install(in: folder) else { return }
        let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
        try folder.write("nuvola.secret", secret)
        let port = try Loopback.freePort()
        let simulated = try Program("simulate", "--loop", "--port", "\(port)", Repository.trace("mixed-a"))
        defer { _ = simulated.stop() }
        let gateway = try GatewayUnderTest(
            folder: folder, switchPort: port, more: "[[webhooks]]\nname = \"nuvola\"\nsecret_file = \"nuvola.secret\"\n"
        )
        try eventually("the switch has told its queues") { try gateway.link()["state"] as? String == "connected" }

        let own = Repository.path("Tests/ProgramTests/OpenAPI")
        // Run in the folder, because it leaves examples in its working directory.
        let run = try Program(
            executable: "/bin/sh",
            [
                "-c", "cd \"$0\" && exec \"$@\"", folder.path, tool, "--config-file", "\(own)/schemathesis.toml", "run",
                Repository.path("Protocols/HTTP/openapi.yaml"), "--url",
                "http://127.0.0.1:\(gateway.http)", "--header", "Accept: application/json, text/html", "--header",
                "Authorization: Bearer \(GatewayUnderTest.token)", "--seed", "4", "--max-examples", "60",
                "--continue-on-failure",
                "--no-shrink",
                "--request-timeout", "10", "--no-color",
            ],
            environment: [
                "WEBHOOK_SECRET": secret, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": own,
                "PYTHONDONTWRITEBYTECODE": "1",
            ])
        let told = run.output.untilEnd(patience: 240)
        #expect(run.status() == 0, "\(told.suffix(6000))\n\(run.errors.text)")
        // It really asked, and some of its requests were valid.
        #expect(told.contains("Tested: 16"), "\(told.suffix(2000))")
        #expect((try gateway.status()["webhooks"] as? [String: Any])?["accepted"] as? Int ?? 0 > 0)
    }

    /// Installs it into an environment of its own; nil, with a message, where PyPI cannot be reached.
    private static func install(in folder: TemporaryFolder) throws -> String? {
        let skipped = "SKIPPED: the OpenAPI document was not held against the program"
        if let tool = ProcessInfo.processInfo.environment["CENTRALINO_SCHEMATHESIS"] { return tool }
        let path = folder.path + "/venv"
        let made = try Program(executable: "/usr/bin/env", ["python3", "-m", "venv", path])
        _ = made.output.untilEnd()
        guard made.status() == 0 else {
            print("\(skipped): python3 -m venv failed. Install the Debian package python3-venv.\n\(made.errors.text)")
            return nil
        }
        let pip = try Program(
            executable: path + "/bin/pip",
            ["install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "20", package])
        _ = pip.output.untilEnd(patience: 240)
        guard pip.status() == 0 else {
            print(
                "\(skipped): \(package) could not be installed from PyPI. CENTRALINO_SCHEMATHESIS may name an installed one.\n\(pip.errors.text)"
            )
            return nil
        }
        return path + "/bin/st"
    }
}
