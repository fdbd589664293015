import Foundation
import Testing

extension BrowserTests.BesideDemo {
    /// The page `/sign-in` in a real browser: from the code in the log to the board, and out again.
    @Suite("Signing in")
    struct SignInTests {
        @Test("with the code from the log makes the first account; the page speaks both languages and needs no mouse")
        func first() async throws {
            let browser = try Harness.now().browser
            let (gateway, code, folder) = try await start()
            let result: Result<Void, any Error>
            do {
                try await browser.withPage(width: 1280, height: 800) { page in
                    try await page.open(gateway.pages + "/sign-in")
                    try await page.wait(for: "document.activeElement.id === 'code'")
                    let lead: String = try await page.value("document.getElementById('lead').textContent")
                    #expect(lead.hasPrefix("Non c’è ancora nessun account."))
                    try await page.type("\u{E007}", into: "#code")
                    try await page.wait(for: alert("Scrivi il codice."))
                    // By keyboard alone: Tab to the next field, Enter to send.
                    try await page.type(code + "\u{E004}Anna\u{E004}corta\u{E007}", into: "#code")
                    try await page.wait(for: "\(alertText).startsWith('La password è troppo corta')")
                    try await page.click("[data-language=en]")
                    try await page.wait(for: "\(alertText).startsWith('The password is too short')")
                    try await page.run("document.getElementById('password').value = ''")
                    try await page.type("quattro parole senza senso\u{E007}", into: "#password")
                    try await page.wait(for: "document.body.dataset.state === 'signed-in'", withinSeconds: 30)
                    #expect(
                        try await page.value("document.getElementById('who').textContent")
                            == "You are signed in as anna (administrator).")
                    // No script can read the session.
                    #expect(try await page.value("document.cookie") == "")
                    // A reload knows it; signing out ends it, and the password opens it again.
                    try await page.open(gateway.pages + "/sign-in?lang=it")
                    try await page.wait(for: "document.body.dataset.state === 'signed-in'")
                    try await page.click("#sign-out")
                    try await page.wait(for: "document.body.dataset.state === 'signed-out'")
                    try await page.type("anna\u{E004}sbagliata sbagliata\u{E007}", into: "#name")
                    try await page.wait(
                        for: alert("Nome o password errati, oppure account disattivato."), withinSeconds: 30)
                    try await page.run("document.getElementById('password').value = ''")
                    try await page.type("quattro parole senza senso\u{E007}", into: "#password")
                    try await page.wait(for: "document.body.dataset.state === 'signed-in'", withinSeconds: 30)
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await gateway.program.stop()
            try? FileManager.default.removeItem(at: folder)
            try result.get()
        }

        private let alertText = "document.querySelector('#fault[role=alert]:not([hidden])')?.textContent"

        private func alert(_ words: String) -> String { "\(alertText) === \(quoted(words))" }

        /// A gateway without a switch to connect to, and the code of its log.
        private func start() async throws -> (gateway: (program: StartedProgram, pages: String), code: String, URL) {
            let folder = FileManager.default.temporaryDirectory.appending(
                path: "centralino-sign-in-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let configuration = folder.appending(path: "centralino.toml")
            try """
            [http]
            listen = "127.0.0.1:0"
            [desks]
            listen = "off"
            [wallboards]
            listen = "off"
            token = "wall-token-0123456789"
            [[webhooks]]
            name = "nube"
            secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            """.write(to: configuration, atomically: true, encoding: .utf8)
            let program = try Centralino.start(["run", "--config", configuration.path])
            do {
                let pages = try await program.line(/(http:[^ ]+)\/wallboard/)
                let code = try await program.line(/: ([A-Za-z0-9_-]{22}) \(or by/)
                return ((program, pages), code, folder)
            } catch {
                await program.stop()
                throw error
            }
        }
    }
}
