import Foundation
import Testing

extension BrowserTests.WithOwnGateway {
    @Suite("A caller's hostile name")
    struct HostileNamesTests {
        @Test("is text on the desk: it creates no element and runs nothing")
        func markup() async throws {
            let browser = try Harness.now().browser
            let (simulated, gateway, folder) = try await Centralino.playing("names_hostile-a", speed: 2)
            let result: Result<Void, any Error>
            do {
                try await browser.withPage(width: 1280, height: 800) { page in
                    try await page.open(gateway.pages + "/desk#token=desk&agent=PJSIP/1003")
                    try await page.wait(for: "document.body.dataset.state === 'connected'")
                    let shown = try await page.first(
                        "[...document.querySelectorAll('.network-name bdi')].find((name) => name.textContent.includes('script'))?.outerHTML",
                        as: String.self)
                    #expect(shown == "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>")
                    try await page.screenshot("desk-hostile")
                    // The whole recording is played; it has names with a line break, a null byte and other scripts.
                    for words in ["Event: Hangup", "=HYPERLINK(", "Variable: a=b|c=d"] {
                        try await page.wait(
                            for: "document.getElementById('cards').innerText.includes(\(quoted(words)))")
                    }
                    let strangers: [String] = try await page.value(
                        "[...document.querySelectorAll('#cards *, #recent *, #announcement *')].map((element) => element.localName).filter((name) => !\(ours).includes(name))"
                    )
                    #expect(strangers == [])
                    #expect(try await page.value("document.scripts.length === 1"))
                    #expect(
                        try await page.value(
                            "!/[\\u0000-\\u0008\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069]/.test(document.body.innerText)"
                        ))
                    #expect(try await page.complaints().isEmpty)
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

        @Test("is text on the wallboard, too, as are those of queues and agents")
        func wallboard() async throws {
            let browser = try Harness.now().browser
            let (simulated, gateway, folder) = try await Centralino.playing("names_hostile-a", speed: 2)
            let result: Result<Void, any Error>
            do {
                try await browser.withPage(width: 1280, height: 800) { page in
                    // A script that ran would leave this behind.
                    try await page.open(gateway.pages + "/wallboard")
                    try await page.wait(
                        for:
                            "document.body.innerText.includes('<script>') || document.querySelectorAll('.tile, article').length > 0"
                    )
                    #expect(try await page.value("document.scripts.length === 1"))
                    #expect(
                        try await page.value(
                            "[...document.querySelectorAll('body *')].every((element) => ![...element.attributes].some(({ name }) => name.startsWith('on')))"
                        ))
                    let written: String = try await page.outcome(
                        "try { document.body.insertAdjacentHTML('beforeend', '<img src=x>'); done('written') } catch (error) { done(error.name) }"
                    )
                    #expect(written == "TypeError", "no script of ours may write markup either")
                    #expect(try await page.value("document.querySelectorAll('img[src=x]').length === 0"))
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

        /// The elements from which the page makes a card and a line of "Recenti".
        private let ours = #"["article", "p", "span", "div", "b", "h1", "bdi", "section", "ol", "li", "ul"]"#
    }
}
