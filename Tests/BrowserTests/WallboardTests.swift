import Testing

extension BrowserTests.BesideDemo {
    @Suite("The wallboard")
    struct WallboardTests {
        private struct Figures: Decodable {
            var level: String
            var formula: String
            var target: String
        }

        @Test("shows the queues and agents of the switch and moves with its calls")
        func live() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1920, height: 1080) { page in
                try await page.open(harness.demo.pages + "/wallboard")
                try await page.wait(for: "document.body.dataset.state === 'live'")
                try await page.wait(for: "document.querySelectorAll('.tile').length >= 4")
                let queues: [String] = try await page.value(
                    "[...document.querySelectorAll('.tile')].map((tile) => tile.dataset.queue)")
                for queue in ["incentivi", "informazioni", "orientamento", "reclami"] {
                    #expect(queues.contains(queue))
                }
                let seq: String = try await page.value("document.body.dataset.seq")

                // A caller waits in a queue, and then the number changes.
                let queue = try await page.first(waitingQueue, as: String.self)
                let waiting =
                    "document.querySelector('.tile[data-queue=\"\(queue)\"] [data-field=waiting]').textContent"
                let before: String = try await page.value(waiting)
                try await page.wait(for: "\(waiting) !== '\(before)'")

                // The service level becomes a number, with its meaning beside it.
                let figures = try await page.first(servedQueue, as: Figures.self)
                #expect(figures.formula.hasPrefix("SL"), "the formula's id stands beside the level: \(figures.formula)")
                #expect(figures.target.hasPrefix("obiettivo"))

                // An agent moves from one group to another.
                let agents =
                    "JSON.stringify([...document.querySelectorAll('#agents li')].map((item) => [item.dataset.agent, item.dataset.state]))"
                let states: String = try await page.value(agents)
                try await page.wait(for: "\(agents) !== \(quoted(states))")
                try await page.wait(for: "Number(document.body.dataset.seq) > \(Int(seq) ?? .max)")

                try await page.screenshot(
                    "wallboard", while: "document.body.dataset.state === 'live' && \(waitingQueue)")
                let overlapping: [String] = try await page.value(overlaps)
                #expect(overlapping == [])
                let overflow: Bool = try await page.value(sidewaysScrolling)
                #expect(!overflow)
                let scrolls: Bool = try await page.value("document.documentElement.scrollHeight > innerHeight")
                #expect(!scrolls, "nobody scrolls a television")
                #expect(try await page.complaints().isEmpty)
            }
        }

        @Test("draws the last two hours of each queue: its calls, and what was not heard as a gap and not as zero")
        func chart() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1920, height: 1080) { page in
                try await page.open(harness.demo.pages + "/wallboard")
                try await page.wait(for: "document.querySelector('.chart[data-steps=\"24\"]')")
                // The demo has run for minutes: nothing was heard before it, and the chart says so.
                let before: [String] = try await page.value(
                    "[...document.querySelectorAll('.tile:first-child [data-gap=before] title')].map((title) => title.textContent)"
                )
                #expect(
                    before.count >= 20 && before.allSatisfy { $0.hasSuffix("prima dell’inizio dei contatori") },
                    "\(before)")
                #expect(
                    try await page.value(
                        "!document.querySelector('[data-gap=before] :is(.chart-answered, .chart-offered)')"))
                let label: String = try await page.value(
                    "document.querySelector('.tile[data-queue=informazioni] .chart').getAttribute('aria-label')")
                #expect(label.contains("non tutto rilevato in ") && label.contains("entrate "), "\(label)")
                // Hatched where it was not heard, dotted where callers gave up, solid where they were answered:
                // colours are not needed.
                #expect(
                    try await page.value(
                        "document.querySelector('.chart-gap').getAttribute('fill').startsWith('url(#hatch-')"))
                #expect(try await page.value("document.querySelectorAll('#key li i').length === 10"))
                // The title says which time it covers, and that the last step is not over.
                let title: String = try await page.value("document.getElementById('key-title').textContent")
                #expect(
                    title.contains(
                        /^Grafici dalle [0-9]{2}:[0-9]{2} alle [0-9]{2}:[0-9]{2}, ogni 5 minuti; l’ultimo è in corso$/),
                    "\(title)")
                #expect(label.hasPrefix(title))
                #expect(
                    try await page.value(
                        "[...document.querySelectorAll('.tile:first-child .chart-step:last-of-type title')].every((title) => title.textContent.includes('(in corso)'))"
                    ))
                // The step in which the demo began is hatched as far as it was not heard, and what was counted in it
                // is drawn.
                let widths: [Double] = try await page.value(
                    "[...document.querySelectorAll('[data-gap=gap] .chart-gap')].map((gap) => Number(gap.getAttribute('width')))"
                )
                #expect(!widths.isEmpty && widths.allSatisfy { $0 < 10 }, "\(widths)")
                let hidden: [String] = try await page.value(
                    """
                    [...document.querySelectorAll(".tile")].filter((tile) => {
                        const isCounted = [...tile.querySelectorAll("[data-gap=gap] title")].some((title) => /livello di servizio [0-9]/.test(title.textContent));
                        return isCounted !== Boolean(tile.querySelector(".chart-hollow"));
                    }).map((tile) => tile.dataset.queue)
                    """)
                #expect(hidden == [], "a step with a gap shows the level of what was counted")
                #expect(try await page.complaints().isEmpty)
            }
        }

        @Test("shows an alarm of the configuration in words, a sign and a colour, and announces it once")
        func alarm() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1920, height: 1080) { page in
                try await page.open(harness.demo.pages + "/wallboard?lang=en")
                // A rule of the demo: "reclami" answers too few in time.
                let alarmed = "document.querySelector('.tile[data-queue=reclami][data-alarm=critical] .alarms')"
                try await page.wait(for: alarmed)
                let words: String = try await page.value("\(alarmed).innerText.replace(/\\s+/g, ' ')")
                #expect(words.hasPrefix("CRITICAL Level 30 min: ") && words.contains("%, threshold 60%"), "\(words)")
                #expect(
                    try await page.value("/^[0-9]+ alarms?$/.test(document.getElementById('alarm-count').textContent)"))
                // The bell stands for alarms only: ⚠ stands for gaps, ▲ and ▼ for service levels.
                #expect(
                    try await page.value(
                        "document.querySelector('#alarm-count svg.bell') && \(alarmed).querySelector('svg.bell') !== null"
                    )
                )
                #expect(try await page.value("!\(alarmed).innerText.match(/[⚠‼▲▼]/)"))
                let said = try await page.first(
                    "document.getElementById('alarm-announcement').textContent", as: String.self)
                #expect(said.contains("queue "), "\(said)")
                #expect(
                    try await page.value(
                        "document.getElementById('alarm-announcement').getAttribute('aria-live') === 'assertive'"))
                try await page.screenshot("wallboard-alarm", while: alarmed)
                #expect(try await page.complaints().isEmpty)
            }
        }

        @Test(
            "distinguishes an alarm from a service level: the frame shows one, the side bar the other, and a legend says so"
        )
        func alarmAndLevel() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1920, height: 1080) { page in
                try await page.open(harness.demo.pages + "/wallboard")
                // An alarm on a queue whose service level is on target: nothing of the level looks bad.
                try await page.wait(
                    for:
                        "document.querySelector('.tile:is([data-alarm=warning], [data-alarm=critical]):is([data-level=good], [data-level=holes])')"
                )
                let confused: [String] = try await page.value(
                    """
                    [...document.querySelectorAll(".tile[data-stale=false]")].filter((tile) => {
                        const style = getComputedStyle(tile);
                        const bar = style.borderInlineStartColor === getComputedStyle(tile.querySelector(".level-value")).color;
                        const frame = style.borderBlockStartColor === style.borderInlineEndColor;
                        const isQuiet = tile.dataset.alarm === "none";
                        const line = style.getPropertyValue("--alarm");
                        return !bar || !frame || isQuiet !== (line === "");
                    }).map((tile) => `${tile.dataset.queue} ${tile.dataset.alarm} ${tile.dataset.level}`)
                    """)
                #expect(confused == [])
                let legend: String = try await page.value("document.getElementById('key').innerText")
                #expect(
                    legend.contains("cornice e campana: allarme")
                        && legend.contains("barra a sinistra: livello di servizio"), "\(legend)")
            }
        }

        @Test("says where the number of a queue's agents is unknown, and where it is zero")
        func unknownAgents() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1280, height: 800) { page in
                try await page.open(harness.demo.pages + "/wallboard")
                let legends: [String] = try await page.outcome(
                    """
                    Promise.all(["wallboard-tile", "common", "wallboard-text"].map((name) => import(`/assets/${name}.js`)))
                        .then(([{ Tile }, { Translator }, { texts }]) => done([undefined, {}].map((agents) => {
                            const tile = new Tile();
                            tile.show({ name: "vendite", switch: "nuvola", agents }, { text: new Translator(texts), link: "connected", lostSeconds: 0 });
                            return tile.element.querySelector("[data-field=legend]").textContent;
                        })))
                    """)
                #expect(legends == ["agenti n.d.: la fonte non dice chi è nella coda", "nessun agente nella coda"])
            }
        }

        @Test("fills the screen with the key F, does not scroll, and returns")
        func fullScreen() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1920, height: 1080) { page in
                try await page.open(harness.demo.pages + "/wallboard")
                try await page.wait(
                    for:
                        "document.querySelectorAll('.tile').length >= 4 && document.querySelector('.chart[data-steps]')"
                )
                try await page.press("f")
                try await page.wait(for: "document.body.dataset.fullScreen === 'true' && document.fullscreenElement")
                #expect(
                    try await page.value(
                        "document.documentElement.scrollHeight <= innerHeight && !(\(sidewaysScrolling))"))
                #expect(try await page.value("!document.getElementById('full-screen').checkVisibility()"))
                try await page.press("f")
                try await page.wait(for: "document.body.dataset.fullScreen === 'false' && !document.fullscreenElement")
                try await page.click("#full-screen")
                try await page.wait(for: "document.body.dataset.fullScreen === 'true'")
            }
        }

        @Test("is usable on a telephone: everything fits its width, nothing overlaps")
        func narrow() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 390, height: 844) { page in
                try await page.open(harness.demo.pages + "/wallboard")
                try await page.wait(
                    for:
                        "document.querySelectorAll('.tile').length >= 4 && document.querySelector('.chart[data-steps]')"
                )
                #expect(try await page.value("!(\(sidewaysScrolling))"))
                let overlapping: [String] = try await page.value(overlaps)
                #expect(overlapping == [])
                let heights: [Double] = try await page.value(
                    "[...document.querySelectorAll('.chart')].map((chart) => chart.getBoundingClientRect().height)")
                #expect(heights.allSatisfy { $0 >= 60 }, "\(heights)")
                try await page.screenshot("wallboard-narrow", while: servedQueue)
                #expect(try await page.complaints().isEmpty)
            }
        }

        @Test(
            "keeps its figures apart even where calls of an unknown end make them five",
            arguments: [(1024, 768), (1280, 800), (1366, 768)])
        func fiveFigures(width: Int, height: Int) async throws {
            let harness = try Harness.now()
            for language in ["it", "en"] {
                try await harness.browser.withPage(width: width, height: height) { page in
                    try await page.open(harness.demo.pages + "/wallboard?lang=\(language)")
                    try await page.wait(
                        for:
                            "document.querySelectorAll('.tile').length >= 4 && document.querySelector('.chart[data-steps]')"
                    )
                    let overlapping: [String] = try await page.value(fiveFigures)
                    #expect(overlapping == [], "\(width) in \(language)")
                }
            }
        }

        @Test("gives every word a contrast of at least 4.5")
        func contrast() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1920, height: 1080) { page in
                try await page.open(harness.demo.pages + "/wallboard")
                try await page.wait(for: "document.querySelector('.alarms li') && \(servedQueue)")
                let weak: [String] = try await page.value(weakWords)
                #expect(weak == [])
            }
        }

        @Test("explains a service level when the keyboard reaches it")
        func explanation() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1920, height: 1080) { page in
                try await page.open(harness.demo.pages + "/wallboard")
                try await page.wait(for: servedQueue)
                try await tab(page, until: "document.activeElement.matches('.level-figure')")
                let shown: Bool = try await page.value(
                    "getComputedStyle(document.activeElement.parentElement.querySelector('.explanation')).display !== 'none'"
                )
                #expect(shown)
                #expect(try await page.complaints().isEmpty)
            }
        }

        /// Words of a tile that overlap.
        private let overlaps = """
            [...document.querySelectorAll(".tile")].flatMap((tile) => {
                const words = [...tile.querySelectorAll(".main [data-field], .figures [data-field], .aside, .alarms, .tile-holes")]
                    .filter((part) => part.textContent && !part.querySelector("[data-field]") && part.checkVisibility() && !part.matches(".visually-hidden"))
                    .map((part) => ({ text: part.textContent, box: part.getBoundingClientRect() }));
                const cross = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
                return words.flatMap((one, index) => words.slice(index + 1).filter((other) => cross(one.box, other.box)).map((other) => `${one.text} / ${other.text}`));
            })
            """
        /// Labels and numbers of neighbouring figures that overlap, by their letters and not by their boxes: on a
        /// wallboard of seven queues, each with twelve calls of an unknown end. In one go, before the next change of
        /// the stream is drawn.
        private let fiveFigures = """
            (() => {
                const section = document.getElementById("queues");
                const made = [];
                while (section.children.length < 7) {
                    made.push(section.children[0].cloneNode(true));
                    section.append(made.at(-1));
                }
                const tiles = [...section.children].slice(0, 7);
                const found = tiles.flatMap((tile) => {
                    const lost = tile.querySelector("[data-field=lost]");
                    lost.parentElement.hidden = false;
                    lost.textContent = "12";
                    const words = [...tile.querySelectorAll(".figure dt, .figure dd")].map((part) => {
                        const range = document.createRange();
                        range.selectNodeContents(part);
                        return { figure: part.parentElement, text: part.textContent, box: range.getBoundingClientRect() };
                    });
                    const edge = tile.getBoundingClientRect().right;
                    const outside = words.filter((word) => word.box.right > edge).map((word) => `${word.text} leaves the tile`);
                    // Letters are a little taller than their line of text: what stands below may touch it.
                    const cross = (a, b) =>
                        Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
                    return outside.concat(words.flatMap((one, index) => words.slice(index + 1)
                        .filter((other) => other.figure !== one.figure && cross(one.box, other.box)).map((other) => `${one.text} / ${other.text}`)));
                });
                for (const tile of made) tile.remove();
                return found;
            })()
            """
        /// Words whose colour is too close to their background's (WCAG 2.2 §1.4.3).
        private let weakWords = """
            (() => {
                const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
                const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
                const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
                const ground = (element) => {
                    for (let at = element; at; at = at.parentElement) {
                        const colour = numbers(getComputedStyle(at).backgroundColor);
                        if (colour.length === 3 || colour[3] === 1) return colour;
                    }
                    return [0, 0, 0];
                };
                return [...document.querySelectorAll("body *")]
                    .filter((element) => element.checkVisibility() && !element.closest("svg, .visually-hidden"))
                    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
                    .filter((element) => {
                        const [one, other] = [light(numbers(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
                        return (one + 0.05) / (other + 0.05) < 4.5;
                    })
                    .map((element) => `${element.className} ${element.textContent}`);
            })()
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
