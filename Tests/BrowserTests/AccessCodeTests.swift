import Foundation
import Testing

extension BrowserTests.BesideDemo {
    /// A wrong code is reported in the page's language and where the user is looking.
    @Suite("An access code")
    struct AccessCodeTests {
        @Test("that the wallboard asks for is one state, a refused one another: an alert, each time again")
        func wall() async throws {
            let browser = try Harness.now().browser
            let (simulated, gateway, folder) = try await Centralino.playing(
                path: "Simulator/Traces/22/mixed-a", speed: 2, wallboardToken: "wall")
            let result: Result<Void, any Error>
            do {
                try await browser.withPage(width: 1280, height: 800) { page in
                    try await page.open(gateway.pages + "/wallboard")
                    try await page.wait(for: "document.body.dataset.state === 'refused'")
                    let asked: String = try await page.value("document.getElementById('refused').innerText")
                    #expect(asked.contains("serve un codice") && !asked.contains("non accettato"), "\(asked)")
                    #expect(try await page.value("document.getElementById('refused-fault').hidden"))
                    // How often a screen reader has something to announce.
                    try await page.run(
                        """
                        window.said = 0;
                        const fault = document.getElementById("refused-fault");
                        new MutationObserver(() => { if (fault.textContent) window.said += 1; }).observe(fault, { childList: true });
                        """)
                    for time in 1...2 {
                        try await page.type("guess\u{E007}", into: "#refused #token")
                        try await page.wait(for: "window.said === \(time)", withinSeconds: 20)
                        try await page.wait(for: alert("Codice di accesso non accettato: ricontrollalo."))
                        try await page.wait(for: "document.activeElement.id === 'token'")
                    }
                    try await page.click("[data-language=en]")
                    try await page.wait(for: alert("Access code not accepted: please check it."))
                    try await page.type("\u{E007}", into: "#refused #token")
                    try await page.wait(for: alert("Type the access code."))
                    try await page.type("wall\u{E007}", into: "#refused #token")
                    try await page.wait(
                        for: "document.body.dataset.state === 'live' && document.getElementById('refused').hidden")
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await gateway.program.stop()
            await simulated.stop()
            try? FileManager.default.removeItem(at: folder)
            try result.get()
        }

        private func alert(_ words: String) -> String {
            "document.querySelector('#refused-fault[role=alert]:not([hidden])')?.textContent === \(quoted(words))"
        }

        @Test(
            "that is wrong, with Enter right after it, is reported by the desk in its own words, and the focus returns to the code"
        )
        func desk() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1280, height: 800) { page in
                try await page.open(harness.demo.pages + "/desk")
                try await page.wait(for: "document.activeElement?.id === 'token'")
                #expect(
                    try await page.value("document.getElementById('sign-in-form').noValidate"),
                    "no bubble in the browser's language")
                let fault =
                    "!document.getElementById('sign-in-fault').hidden && document.getElementById('sign-in-fault').textContent"
                try await page.press("\u{E007}")
                try await page.wait(for: "\(fault) === 'Scrivi il codice di accesso.'", withinSeconds: 10)
                try await page.type("guess\u{E007}", into: "#token")
                try await page.wait(
                    for: "\(fault) === 'Codice di accesso non accettato. Ricontrollalo.'", withinSeconds: 20)
                #expect(try await page.value("document.activeElement.id === 'token'"))
                try await page.click("[data-language=en]")
                #expect(try await page.value("\(fault) === 'Access code not accepted. Please check it.'"))
                // With a right one the agent is missing, and the focus is there.
                try await page.run("document.getElementById('token').value = ''")
                try await page.type("demo\u{E007}", into: "#token")
                try await page.wait(for: "\(fault) === 'Choose your name, or type your extension.'", withinSeconds: 20)
                #expect(try await page.value("document.activeElement.id === 'agent-list'"))
            }
        }
    }
}
