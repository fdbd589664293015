import Foundation

/// Headless Chromium, driven through chromedriver's WebDriver protocol (https://www.w3.org/TR/webdriver2/).
struct Browser: Sendable {
    private let driver: StartedProgram
    private let port: UInt16

    static let chromium = found(["chromium", "chromium-browser", "google-chrome"])
    static let chromedriver = found(["chromedriver"])

    /// Whether a browser is installed; if not, prints once what is missing.
    static let isInstalled: Bool = {
        let missing = [("chromium", chromium), ("chromium-driver", chromedriver)].filter { $0.1 == nil }.map(\.0)
        if !missing.isEmpty {
            let line = String(repeating: "!", count: 100)
            let text =
                "\(line)\nThe pages are NOT tested in a browser. Install Debian's \(missing.joined(separator: " and ")).\n\(line)\n"
            FileHandle.standardError.write(Data(text.utf8))
        }
        return missing.isEmpty
    }()

    private static func found(_ names: [String]) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return names.lazy.flatMap { name in folders.lazy.map { "\($0)/\(name)" } }.first(
            where: FileManager.default.isExecutableFile)
    }

    static func start() async throws -> Browser {
        let driver = try StartedProgram(chromedriver ?? "", ["--port=0"])
        do {
            return Browser(driver: driver, port: UInt16(try await driver.line(/successfully on port ([0-9]+)/)) ?? 0)
        } catch {
            await driver.stop()
            throw error
        }
    }

    func stop() async {
        // This also ends remaining browsers; a signal would leave them behind.
        let _: WebDriver.Nothing? = try? await WebDriver.ask("GET", port: port, "/shutdown")
        await driver.stop()
    }

    private struct Session: Decodable {
        var sessionId: String
    }

    /// Opens a new browser with one page of this size, and closes it at the end, also after a failure.
    /// `trustsAll`: it accepts every certificate.
    func withPage<T: Sendable>(
        width: Int, height: Int, trustsAll: Bool = false, isolation: isolated (any Actor)? = #isolation,
        _ body: (Page) async throws -> T
    )
        async throws -> T
    {
        let options: [String: Any] = [
            "binary": Self.chromium ?? "",
            // Root, in a container or in CI, has no sandbox; /dev/shm is small there.
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--force-prefers-reduced-motion", "--lang=it",
            ],
        ]
        let capabilities: [String: Any] = [
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": ["browser": "ALL"],
            "unhandledPromptBehavior": "ignore", "acceptInsecureCerts": trustsAll,
        ]
        let session: Session = try await WebDriver.ask(
            "POST", port: port, "/session", ["capabilities": ["alwaysMatch": capabilities]])
        let page = Page(port: port, session: "/session/" + session.sessionId)
        let result: Result<T, any Error>
        do {
            try await page.resize(width: width, height: height)
            result = .success(try await body(page))
        } catch {
            result = .failure(error)
        }
        try await page.close()
        return try result.get()
    }
}
