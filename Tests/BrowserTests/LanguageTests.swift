import Testing

extension BrowserTests.BesideDemo {
    @Suite("The language")
    struct LanguageTests {
        @Test(
            "changes with the switch, which the keyboard reaches, and is remembered",
            arguments: [("/desk", "Open your desk"), ("/wallboard", "Wallboard"), ("/", "Open the wallboard")])
        func english(path: String, words: String) async throws {
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1280, height: 800) { page in
                try await page.open(harness.demo.pages + path)
                try await page.wait(for: "document.querySelector('button[data-language=it][aria-pressed=true]')")
                #expect(try await page.value("document.documentElement.lang === 'it'"))
                #expect(try await page.value("!document.body.innerText.includes(\(quoted(words)))"))
                try await tab(page, until: "document.activeElement.dataset.language === 'en'")
                try await page.press(" ")
                try await page.wait(for: "document.documentElement.lang === 'en'")
                try await page.wait(for: "document.body.innerText.includes(\(quoted(words)))")
                try await page.open(harness.demo.pages + path)
                try await page.wait(
                    for: "document.documentElement.lang === 'en' && document.body.innerText.includes(\(quoted(words)))")
                #expect(try await page.complaints().isEmpty)
            }
        }
    }
}
