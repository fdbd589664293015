import Foundation
import Testing

extension BrowserTests.WithOwnGateway {
    /// A contract's queues bear the names of its services, and agents have two surnames.
    @Suite("Long names")
    struct LongNamesTests {
        private static let queue =
            "Assistenza agli incentivi per le imprese del territorio provinciale e regionale, bando 2026"
        private static let agent = "Massimiliano Alessandro De' Bartolomei Sant'Agostino della Serracapriola"

        /// A busy minute of a real switch with such names of a queue and agents.
        private static func recording(in folder: URL) throws -> String {
            let source = Centralino.sources + "/Simulator/Traces/22/mixed-a"
            let target = folder.appending(path: "long-a").path
            let names = [
                "incentivi": queue, "Anna Rossi": agent, "Hugo Esposito": agent + " Junior",
                "Carla Verdi": agent.replacing(" ", with: ""),
            ]
            let edits = names.map { "s/\($0.key)/\($0.value.replacing("'", with: "'\\''"))/g" }.joined(separator: ";")
            let shell = Process()
            shell.executableURL = URL(filePath: "/bin/sh")
            shell.arguments = [
                "-c",
                "set -e; cp -r '\(source)' '\(target)'; for name in ami ctl; do gzip -dc '\(source)'/$name.jsonl.gz | sed '\(edits)' | gzip -n > '\(target)'/$name.jsonl.gz; done",
            ]
            try shell.run()
            shell.waitUntilExit()
            try #require(shell.terminationStatus == 0)
            return target
        }

        @Test("can be read in full on every page, on a telephone and on a screen: a truncated one has a title")
        func cut() async throws {
            let browser = try Harness.now().browser
            let folder = FileManager.default.temporaryDirectory.appending(path: "centralino-long-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let (simulated, gateway, settings) = try await Centralino.playing(
                path: Self.recording(in: folder), speed: 2)
            let result: Result<Void, any Error>
            do {
                for (width, height) in [(390, 844), (1280, 800)] {
                    for language in ["it", "en"] {
                        try await browser.withPage(width: width, height: height) { page in
                            try await page.open(gateway.pages + "/wallboard?lang=\(language)")
                            try await page.wait(
                                for:
                                    "document.querySelector('.tile[data-queue^=Assistenza]') && document.querySelector('.agents li') && document.querySelector('.chart[data-steps]')"
                            )
                            try await expectWhole(page, "wall", width, language)
                            try await page.screenshot("long-wall-\(width)-\(language)")

                            // One agent's callers were answered before by an agent with a long name; the other's come
                            // from the queue with one.
                            for (agent, isReady) in [("1008", longHistory), ("1003", longQueue)] {
                                try await page.open("about:blank")
                                try await page.open(
                                    gateway.pages + "/desk?lang=\(language)#token=desk&agent=PJSIP/\(agent)")
                                try await page.wait(
                                    for: "document.getElementById('agent-name').textContent.startsWith('Massimiliano')")
                                try await page.wait(for: isReady)
                                try await expectWhole(page, "desk of \(agent)", width, language)
                                try await page.screenshot("long-desk-\(agent)-\(width)-\(language)")
                            }
                            try await page.click("#sign-out")
                            try await page.type("desk", into: "#token")
                            try await page.press("\u{E004}")
                            try await page.wait(for: "!document.getElementById('agent-list').hidden")
                            try await expectWhole(page, "sign-in", width, language)
                        }
                    }
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await gateway.program.stop()
            await simulated.stop()
            for folder in [folder, settings] { try? FileManager.default.removeItem(at: folder) }
            try result.get()
        }

        private let longHistory =
            "[...document.querySelectorAll('.where')].some((where) => where.checkVisibility() && where.textContent.includes('Bartolomei'))"
        private let longQueue = "document.querySelector('.card .queue')?.textContent.startsWith('Assistenza')"

        private func expectWhole(_ page: Page, _ name: String, _ width: Int, _ language: String) async throws {
            let cut: [String] = try await page.value(Self.cutWords)
            #expect(cut == [], "\(name) at \(width) in \(language)")
            #expect(
                try await page.value("!(\(sidewaysScrolling))"),
                "\(name) at \(width) in \(language) is wider than the page")
        }

        /// Elements that hide a part of their own text and give it nowhere else. Text for screen readers only is a
        /// pixel wide.
        private static let cutWords = """
            [...document.querySelectorAll("body *")].filter((element) => {
                if (!element.checkVisibility() || element.closest("svg, .visually-hidden, select") || element.clientWidth <= 1) return false;
                if (!element.textContent.trim()) return false;
                const style = getComputedStyle(element);
                const isCutAside = style.overflowX === "hidden" && element.scrollWidth > element.clientWidth + 1;
                const isCutBelow = style.overflowY === "hidden" && element.scrollHeight > element.clientHeight + 2;
                if (!isCutAside && !isCutBelow) return false;
                const title = element.title || element.closest("[title]")?.title || "";
                return !title.includes(element.textContent.trim().replace(/…$/u, ""));
            }).map((element) => `${element.localName}.${element.className}: ${element.textContent.slice(0, 60)}`)
            """
    }
}
