import Testing

extension BrowserTests.BesideDemo {
    @Suite("The desk")
    struct DeskTests {
        private struct Card: Decodable {
            var name: String
            var number: String
            var queue: String
            var wait: String
            var badge: String
        }

        @Test("shows the caller while the telephone rings, and files the call when it has ended")
        func pop() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1280, height: 800) { page in
                // Giulia Però lets some calls ring for long, and answers others.
                try await page.open(harness.demo.pages + "/desk#token=demo&agent=PJSIP/1007")
                try await page.wait(for: "document.body.dataset.state === 'connected'")
                #expect(try await page.value("location.hash === ''"), "the token does not stay in the address")

                let card = try await page.first(ringingCard, as: Card.self)
                #expect(!card.name.isEmpty)
                #expect(card.number.contains { $0.isNumber })
                #expect(["orientamento", "reclami", "incentivi", "informazioni"].contains(card.queue))
                #expect(card.wait.hasPrefix("in attesa da 0:"))
                #expect(!card.badge.isEmpty)
                // The wait runs while the telephone rings.
                try await page.wait(
                    for: "document.querySelector('[data-state=ringing] .wait')?.textContent > \(quoted(card.wait))")
                try await page.screenshot("desk-ringing", while: ringingCard)

                try await page.screenshot(
                    "desk-talking",
                    while:
                        "/^0:0[2-9]|^0:[1-9]/.test(document.querySelector('.card[data-state=talking] [data-tick=talk]')?.textContent)"
                )
                // Calls that ended before the desk was opened are shown without their length: the token is common to
                // all.
                try await page.wait(
                    for:
                        "[...document.querySelectorAll('#recent li[data-answered=true] .recent-end')].some(end => end.textContent.startsWith('conversazione conclusa, durata 0:'))"
                )

                // The switch learns the name with the first call, and the desk with it.
                #expect(
                    try await page.value(
                        "document.getElementById('agent').innerText.trim() === 'Giulia Però PJSIP/1007'"))

                let status = try await harness.demo.status()
                #expect(status.desks == 1)
                #expect(status.popsUnacknowledged == 0)
                #expect(try await page.complaints().isEmpty)
            }
        }

        @Test(
            "shows after a reload what it showed before: the ended calls, and the button of the after-call work while that lasts"
        )
        func reload() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1280, height: 800) { page in
                // Carla Verdi works for a queue with after-call work.
                try await page.open(harness.demo.pages + "/desk#token=demo&agent=PJSIP/1003")
                try await page.wait(
                    for: "document.body.dataset.wrapUp === 'true' && !document.getElementById('wrap-up-done').hidden")
                let ended: String = try await page.value(
                    "document.querySelector('.card[data-state=ended]').dataset.popId")
                try await page.run("location.reload()")
                let line =
                    "[...document.querySelectorAll('#recent li')].some((item) => item.dataset.popId === \(quoted(ended)))"
                try await page.wait(for: "document.body.dataset.state === 'connected' && \(line)", withinSeconds: 5)
                #expect(try await page.value("!document.getElementById('wrap-up-done').hidden"))
                // The same on another machine; and work that is ended there is ended here.
                try await harness.browser.withPage(width: 1280, height: 800) { other in
                    try await other.open(harness.demo.pages + "/desk#token=demo&agent=PJSIP/1003")
                    try await other.wait(for: "document.body.dataset.wrapUp === 'true' && \(line)")
                    try await page.wait(for: "document.body.dataset.wrapUp === 'true'")
                    try await other.click("#wrap-up-done")
                    try await page.wait(for: "document.getElementById('wrap-up-done').hidden", withinSeconds: 2)
                }
                #expect(try await page.complaints().isEmpty)
            }
        }

        @Test("counts a caller's calls of today: at least, when all that it knows of the caller is of today")
        func callsToday() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1280, height: 800) { page in
                try await page.open(harness.demo.pages + "/desk")
                let told: [String] = try await page.outcome(
                    """
                    Promise.all(["desk-cards", "common", "desk-text"].map((name) => import(`/assets/${name}.js`)))
                        .then(([{ todayChip }, { Translator }, { texts }]) => {
                            const text = new Translator(texts);
                            text.hearTimeZone("Europe/Rome");
                            const call = (outcome, day = 2) => ({ at: `2026-03-0${day}T10:00:00.000Z`, outcome });
                            const chip = (history) => todayChip({ history }, text, Date.parse("2026-03-02T12:00:00Z"))?.textContent ?? "";
                            done([
                                [call("answered", 1)], [call("answered")], Array(4).fill(call("answered")),
                                Array(5).fill(call("answered")),
                                [call("abandoned"), ...Array(4).fill(call("answered"))],
                                [...Array(4).fill(call("answered")), call("answered", 1)],
                            ].map(chip));
                        })
                    """)
                #expect(
                    told == [
                        "", "2ª chiamata oggi", "5ª chiamata oggi", "almeno 6ª chiamata oggi",
                        "almeno 6ª chiamata oggi, almeno 1 abbandonata", "5ª chiamata oggi",
                    ])
            }
        }

        @Test("refuses a wrong token and stays signed out")
        func wrongToken() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1280, height: 800) { page in
                try await page.open(harness.demo.pages + "/desk#token=guess&agent=PJSIP/1007")
                let fault = try await page.first(
                    "!document.getElementById('sign-in-fault').hidden && document.getElementById('sign-in-fault').innerText",
                    as: String.self)
                #expect(fault == "Codice di accesso non accettato: ricontrollalo, o chiedilo al supervisore.")
                // Once, and not beside the agent, with whom nothing is wrong.
                try await page.wait(for: "document.getElementById('agent-hint').innerText.includes('interno')")
                let told: Int = try await page.value(
                    "document.getElementById('sign-in').innerText.split('non accettato').length - 1")
                #expect(told == 1)
                #expect(try await page.value("document.body.dataset.state === 'signed-out'"))
                #expect(try await page.value("document.getElementById('desk').hidden"))
                #expect(try await page.value("sessionStorage.getItem('centralino.agent') === null"))
                #expect(try await page.complaints().filter { !$0.message.contains("401") }.isEmpty)
            }
        }

        @Test("is entered with the keyboard alone, on a telephone's screen as well")
        func signIn() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 400, height: 800) { page in
                try await page.open(harness.demo.pages + "/desk")
                try await page.wait(for: "document.activeElement?.id === 'token'")
                #expect(try await page.value("!(\(sidewaysScrolling))"))
                try await page.type("demo", into: "#token")
                try await page.press("\u{E004}")
                try await page.wait(for: "!document.getElementById('agent-list').hidden")
                try await page.wait(for: "document.querySelector('#agent-list option[value=\"PJSIP/1003\"]')")
                try await page.type("Carla", into: "#agent-list")
                try await tab(page, until: "document.activeElement.matches('button[type=submit]')")
                try await page.press("\u{E007}")
                try await page.wait(for: "document.body.dataset.state === 'connected'")
                // The page requests the switch's own name for the telephone after the welcome.
                try await page.wait(for: "document.getElementById('agent-name').textContent === 'Carla Verdi'")
                #expect(try await page.value("!(\(sidewaysScrolling))"))
                try await page.wait(for: "document.querySelector('.card')")
                #expect(try await page.value("!(\(sidewaysScrolling))"))
                try await page.screenshot("desk-narrow")
                #expect(try await page.complaints().isEmpty)
            }
        }

        @Test("keeps the focus when the list of agents arrives, and says that no switch knows a telephone")
        func keyboardAndUnknown() async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1280, height: 800) { page in
                try await page.open(harness.demo.pages + "/desk")
                try await page.wait(for: "document.activeElement?.id === 'token'")
                try await page.type("demo", into: "#token")
                try await page.press("\u{E004}")
                try await page.wait(for: "!document.getElementById('agent-list').hidden")
                try await page.wait(for: "document.activeElement.id === 'agent-list'", withinSeconds: 10)
                try await page.open("about:blank")
                try await page.open(harness.demo.pages + "/desk#token=demo&agent=PJSIP/9999")
                try await page.wait(
                    for: "document.getElementById('unknown').textContent.includes('PJSIP/9999')", withinSeconds: 20)
                #expect(try await page.value("document.querySelectorAll('main').length === 1"))
                #expect(try await page.complaints().isEmpty)
            }
        }

        private let ringingCard = """
            (() => {
                const card = document.querySelector(".card[data-state=ringing]");
                const text = (part) => card.querySelector(part)?.textContent ?? "";
                return card && card.dataset.match === "one" && { name: text(".name"), number: text(".digits"), queue: text(".queue"), wait: text(".wait"), badge: text(".badge") };
            })()
            """
    }
}
