import Foundation
import Testing

extension BrowserTests.WithOwnGateway {
    @Suite("A gap")
    struct GapTests {
        @Test(
            "leaves nothing green: frozen figures while it lasts, a mark at every figure and a hatched step afterwards")
        func linkLost() async throws {
            let browser = try Harness.now().browser
            let (first, gateway, folder) = try await Centralino.playing("mixed-a", speed: 8)
            var simulated: StartedProgram? = first
            let result: Result<Void, any Error>
            do {
                let configuration = try String(contentsOf: folder.appending(path: "centralino.toml"), encoding: .utf8)
                let port = try #require(Int(configuration.firstMatch(of: /port = ([0-9]+)/)?.1 ?? ""))
                try await browser.withPage(width: 1920, height: 1080) { page in
                    try await page.open(gateway.pages + "/wallboard")
                    // The day began before the gateway did: the time until then was not heard.
                    try await page.wait(for: "document.querySelector('.tile[data-level=holes]')")
                    #expect(
                        try await page.value(
                            "/^⚠ ([0-9]+ (h|min|s))( [0-9]+ (min|s))? di oggi non rilevati$/.test(document.querySelector('.coverage').textContent)"
                        ))

                    await first.stop()
                    simulated = nil
                    try await page.wait(
                        for: "document.querySelector('.tile') && !document.querySelector('.tile[data-stale=false]')")
                    #expect(
                        try await page.value(
                            "[...document.querySelectorAll('.tile :is(.main, .figures, .chart, .agent-bar)')].every((part) => Number(getComputedStyle(part).opacity) < 0.5)"
                        ), "figures that stand still do not look live")
                    let notes: [String] = try await page.value(
                        "[...document.querySelectorAll('.tile-note')].map((note) => note.textContent)")
                    #expect(notes.allSatisfy { $0 == "⚠ dati fermi" || $0 == "⚠ allineamento" }, "\(notes)")

                    simulated = try await Centralino.simulate("mixed-a", speed: 8, port: port).switch
                    try await page.wait(for: "document.querySelector('.tile[data-stale=false]')")
                    try await page.wait(
                        for:
                            "/ di oggi non rilevati; 1 interruzione$/.test(document.querySelector('.coverage').textContent)"
                    )
                    try await page.wait(for: "document.querySelector('.tile[data-level=holes]')")
                    // What was heard meets the target; the tile must not look as if that were everything.
                    #expect(try await page.value("!document.querySelector('.tile[data-level=good]')"))
                    #expect(
                        try await page.value(
                            "/^⚠ mancano [0-9]+ (h|min|s)( [0-9]+ (min|s))?$/.test(document.querySelector('.tile-holes').textContent)"
                        ))
                    let explanation: String = try await page.value(
                        "document.querySelector('.tile[data-level=holes] [data-field=explanation]').textContent")
                    #expect(explanation.hasSuffix("il dato non è intero."), "\(explanation)")
                    let step = try await page.first(
                        "[...document.querySelectorAll('[data-gap=gap] title')].map((title) => title.textContent).at(-1)",
                        as: String.self)
                    #expect(step.contains(": NON RILEVATO per "), "\(step)")
                    try await page.screenshot("wallboard-gap")
                    #expect(
                        try await page.value(
                            "document.documentElement.scrollHeight <= innerHeight && !(\(sidewaysScrolling))"))
                    #expect(try await page.complaints().isEmpty)
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await gateway.program.stop()
            await simulated?.stop()
            try? FileManager.default.removeItem(at: folder)
            try result.get()
        }
    }
}
