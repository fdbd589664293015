import Foundation
import Testing

/// The accessibility checker that is also in the browsers' own tools: https://github.com/dequelabs/axe-core. Its
/// script comes from a PyPI package that bundles it.
enum Axe {
    /// Raise it on purpose: another version has other rules.
    private static let package = "axe-playwright-python==0.1.8"
    private static let member = "axe_playwright_python/axe.min.js"

    /// nil, with a message, where PyPI cannot be reached. `CENTRALINO_AXE` may name the file of an installed one.
    static let script: String? = {
        let skipped = "SKIPPED: the pages were NOT held against the accessibility checker"
        let file = ProcessInfo.processInfo.environment["CENTRALINO_AXE"]
        if let file, let script = try? String(contentsOfFile: file, encoding: .utf8) { return script }
        let folder = FileManager.default.temporaryDirectory.appending(path: "centralino-axe-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let steps = """
            set -e
            python3 -m venv venv
            venv/bin/pip download --quiet --disable-pip-version-check --retries 1 --timeout 20 --no-deps \(package)
            venv/bin/python -c 'import zipfile, sys; open("axe.js", "wb").write(zipfile.ZipFile(sys.argv[1]).read("\(member)"))' *.whl
            """
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", steps]
        shell.currentDirectoryURL = folder
        let errors = Pipe()
        shell.standardError = errors
        do {
            try shell.run()
            let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            shell.waitUntilExit()
            if shell.terminationStatus == 0 {
                return try String(contentsOf: folder.appending(path: "axe.js"), encoding: .utf8)
            }
            say(
                "\(skipped): \(package) could not be fetched from PyPI (python3-venv is needed). CENTRALINO_AXE may name an axe.min.js.\n\(said)"
            )
        } catch {
            say("\(skipped): \(error)")
        }
        return nil
    }()

    private static func say(_ text: String) {
        let line = String(repeating: "!", count: 100)
        FileHandle.standardError.write(Data("\(line)\n\(text)\n\(line)\n".utf8))
    }

    struct Violation: Decodable, CustomStringConvertible {
        var id: String
        var impact: String?
        var nodes: [String]
        var description: String { "\(impact ?? "?") \(id): \(nodes.joined(separator: " | "))" }
    }
}

extension Page {
    /// What the checker calls serious or critical in the page as it is now.
    func violations(_ script: String) async throws -> [Axe.Violation] {
        try await run(script)
        let found: [Axe.Violation] = try await outcome(
            """
            axe.run().then((result) => done(result.violations.map((violation) => ({
                id: violation.id, impact: violation.impact, nodes: violation.nodes.slice(0, 5).map((node) => node.html.slice(0, 200)),
            }))))
            """)
        return found.filter { ["serious", "critical"].contains($0.impact) }
    }
}

extension BrowserTests.BesideDemo {
    @Suite("The accessibility checker")
    struct AccessibilityTests {
        struct Scene: CustomTestStringConvertible, Sendable {
            var name: String
            var address: String
            /// The condition under which the page is ready to be checked.
            var isReady: String
            var testDescription: String { name }
        }

        @Test(
            "finds nothing serious, on a telephone and on a screen, light and dark",
            arguments: [
                Scene(name: "the entrance", address: "/", isReady: "document.querySelector('a[href]')"),
                Scene(name: "the sign-in", address: "/desk", isReady: "document.activeElement?.id === 'token'"),
                Scene(
                    name: "the wall", address: "/wallboard",
                    isReady: "document.querySelector('.alarms li') && document.querySelector('.chart[data-steps]')"),
                Scene(
                    name: "a desk in a conversation", address: "/desk#token=demo&agent=PJSIP/1007",
                    isReady: "document.querySelector('.card[data-state=talking]')"),
                Scene(
                    name: "a desk after one", address: "/desk#token=demo&agent=PJSIP/1007",
                    isReady: "document.querySelector('.card[data-state=ended]')"),
            ])
        func serious(scene: Scene) async throws {
            guard let script = Axe.script else { return }
            let harness = try Harness.now()
            for (width, height) in [(390, 844), (1280, 800)] {
                for scheme in ["light", "dark"] {
                    try await harness.browser.withPage(width: width, height: height) { page in
                        try await page.prefer(scheme)
                        try await page.open(harness.demo.pages + scene.address)
                        try await page.wait(for: scene.isReady)
                        let found = try await page.violations(script)
                        #expect(found.isEmpty, "\(width) \(scheme): \(found)")
                    }
                }
            }
        }

        @Test("can find something: a page without contrast and labels does not pass")
        func checker() async throws {
            guard let script = Axe.script else { return }
            let harness = try Harness.now()
            try await harness.browser.withPage(width: 1280, height: 800) { page in
                try await page.open(harness.demo.pages + "/desk")
                try await page.wait(for: "document.activeElement?.id === 'token'")
                try await page.run("document.querySelectorAll('label').forEach((label) => label.remove())")
                #expect(try await page.violations(script).map(\.id).contains("label"))
            }
        }
    }
}
