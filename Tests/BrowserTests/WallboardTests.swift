import Testing

extension BrowserTests {
    @Suite("The wallboard")
    struct WallboardTests {
        private struct Figures: Decodable {
            var level: String
            var formula: String
            var target: String
        }

        @Test("shows the queues and agents of the switch and moves with its calls")
        func live() async throws {
            let stage = try Stage.now()
            try await stage.browser.withPage(width: 1920, height: 1080) { page in
                try await page.open(stage.demo.pages + "/wallboard")
                try await page.wait(for: "document.body.dataset.state === 'live'")
                try await page.wait(for: "document.querySelectorAll('.tile').length >= 4")
                let queues: [String] = try await page.value("[...document.querySelectorAll('.tile')].map((tile) => tile.dataset.queue)")
                for queue in ["incentivi", "informazioni", "orientamento", "reclami"] { #expect(queues.contains(queue)) }
                let seq: String = try await page.value("document.body.dataset.seq")

                // A caller waits in a queue, and then the number is another.
                let queue = try await page.first(waitingQueue, as: String.self)
                let waiting = "document.querySelector('.tile[data-queue=\"\(queue)\"] [data-field=waiting]').textContent"
                let before: String = try await page.value(waiting)
                try await page.wait(for: "\(waiting) !== '\(before)'")

                // The service level becomes a number, with what it means beside it.
                let figures = try await page.first(servedQueue, as: Figures.self)
                #expect(figures.formula.hasPrefix("SL"), "the formula's id stands beside the level: \(figures.formula)")
                #expect(figures.target.hasPrefix("obiettivo"))

                // An agent moves from one group to another.
                let agents =
                    "JSON.stringify([...document.querySelectorAll('#agents li')].map((item) => [item.dataset.agent, item.dataset.state]))"
                let states: String = try await page.value(agents)
                try await page.wait(for: "\(agents) !== \(quoted(states))")
                try await page.wait(for: "Number(document.body.dataset.seq) > \(Int(seq) ?? .max)")

                try await page.screenshot("wallboard", while: "document.body.dataset.state === 'live' && \(waitingQueue)")
                let overlapping: [String] = try await page.value(overlaps)
                #expect(overlapping == [])
                let overflow: Bool = try await page.value(sidewaysScrolling)
                #expect(!overflow)
                let scrolls: Bool = try await page.value("document.documentElement.scrollHeight > innerHeight")
                #expect(!scrolls, "nobody scrolls a television")
                #expect(try await page.complaints().isEmpty)
            }
        }

        @Test("explains a service level to whoever reaches it with the keyboard")
        func explanation() async throws {
            let stage = try Stage.now()
            try await stage.browser.withPage(width: 1920, height: 1080) { page in
                try await page.open(stage.demo.pages + "/wallboard")
                try await page.wait(for: servedQueue)
                try await tab(page, until: "document.activeElement.matches('.level-figure')")
                let shown: Bool = try await page.value(
                    "getComputedStyle(document.activeElement.parentElement.querySelector('.explanation')).display !== 'none'")
                #expect(shown)
                #expect(try await page.complaints().isEmpty)
            }
        }

        /// Words of a tile that stand on top of each other.
        private let overlaps = """
            [...document.querySelectorAll(".tile")].flatMap((tile) => {
                const words = [...tile.querySelectorAll(".main [data-field], .figures [data-field]")]
                    .filter((part) => part.textContent && part.checkVisibility() && !part.matches(".visually-hidden"))
                    .map((part) => ({ text: part.textContent, box: part.getBoundingClientRect() }));
                const cross = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
                return words.flatMap((one, index) => words.slice(index + 1).filter((other) => cross(one.box, other.box)).map((other) => `${one.text} / ${other.text}`));
            })
            """
        private let waitingQueue =
            "[...document.querySelectorAll('.tile')].find((tile) => Number(tile.querySelector('[data-field=waiting]').textContent) > 0)?.dataset.queue"
        private let servedQueue = """
            [...document.querySelectorAll('.tile')].map((tile) => {
                const field = (name) => tile.querySelector(`[data-field=${name}]`).textContent;
                return { level: field("level"), formula: field("formula"), target: field("target") };
            }).find(({ level }) => /^[0-9]+(,[0-9])?\\s?%$/.test(level))
            """
    }
}
