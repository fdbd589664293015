import Testing

extension BrowserTests.BesideDemo {
    /// The gateway's days and clocks are the house's (here Rome's); a screen may stand, or be set, elsewhere.
    @Suite("The zone")
    struct TimeZoneTests {
        /// A zone whose days begin at another hour than Rome's, and where it is always another hour.
        private static let elsewhere = "Pacific/Kiritimati"

        /// Whether a text ends with a time of day that Rome had within the last minutes.
        private let isRecentInRome = """
            ((words) => Array.from({ length: 10 }, (_, minutes) => new Date(Date.now() - minutes * 60000)
                .toLocaleTimeString("it-IT", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Rome" })).some((time) => words.includes(time)))
            """

        /// The same for the last two hours: other tests may have used the demo before, and elsewhere the time is
        /// never within them.
        private var isStartInRome: String { isRecentInRome.replacing("length: 10", with: "length: 120") }

        @Test(
            "of the wallboard is the gateway's in everything: its clock, the begin of its counters, its charts and its alarms"
        )
        func wall() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1920, height: 1080) { page in
                try await page.stand(in: Self.elsewhere)
                try await page.open(harness.demo.pages + "/wallboard")
                try await page.wait(
                    for: "document.querySelector('.chart[data-steps=\"24\"]') && document.querySelector('.alarms li')")
                #expect(
                    try await page.value("Intl.DateTimeFormat().resolvedOptions().timeZone === '\(Self.elsewhere)'"))
                let words: [String] = try await page.value(
                    """
                    [document.getElementById("clock").textContent.slice(0, 5), document.getElementById("key-title").textContent.match(/ alle ([0-9:]+)/)[1],
                     document.querySelector(".chart").getAttribute("aria-label").match(/ alle ([0-9:]+)/)[1],
                     document.querySelector(".chart-step:last-of-type title").textContent.match(/–([0-9:]+)/)[1]]
                    """)
                for word in words { #expect(try await page.value("\(isRecentInRome)('\(word)')"), "\(words)") }
                // The demo counts since its start, some minutes ago, which is today.
                let since: String = try await page.value("document.getElementById('since').textContent")
                #expect(try await page.value("\(isStartInRome)(\(quoted(since)))"), "\(since)")
            }
        }

        @Test("of the desk is the gateway's: when a call ended, and whether that was today or yesterday")
        func desk() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1280, height: 800) { page in
                try await page.stand(in: Self.elsewhere)
                try await page.open(harness.demo.pages + "/desk#token=demo&agent=PJSIP/1003")
                let line = try await page.first("document.querySelector('.recent-why')?.textContent", as: String.self)
                #expect(line.hasPrefix("finita oggi "))
                #expect(try await page.value("\(isRecentInRome)(\(quoted(line)))"), "\(line)")
                // Half past eleven and half past midnight in Rome, reported on the next day.
                let days: [String] = try await page.outcome(
                    """
                    Promise.all(["desk-cards", "common", "desk-text"].map((name) => import(`/assets/${name}.js`)))
                        .then(([{ dayTime }, { Translator }, { texts }]) => {
                            const text = new Translator(texts);
                            text.hearTimeZone("Europe/Rome");
                            const told = (time) => dayTime(Date.parse(time), text, Date.parse("2026-03-03T22:30:00Z"));
                            done(["2026-03-02T22:30:00Z", "2026-03-02T23:30:00Z", "2026-03-01T22:30:00Z", "2025-12-31T22:30:00Z", "2025-12-31T23:30:00Z"].map(told));
                        })
                    """)
                #expect(days == ["ieri 23:30", "oggi 00:30", "1 mar", "31 dic 2025", "1 gen"])
            }
        }
    }
}
