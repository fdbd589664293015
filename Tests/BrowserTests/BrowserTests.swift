import Testing

/// Everything that needs a browser, one test after the other: two browsers at once are enough for a small machine.
@Suite(
    "In a real browser", .serialized, .tags(.browser), .staged,
    .enabled(if: Browser.isInstalled, "Chromium or chromedriver is missing: apt-get install chromium chromium-driver"))
enum BrowserTests {}

/// One demo and one chromedriver for all of them, ended when the last test has.
struct Stage: SuiteTrait, TestScoping {
    struct Running: Sendable {
        var demo: Centralino.Gateway
        var browser: Browser
    }
    @TaskLocal static var running: Running?

    let isRecursive = false

    func provideScope(for test: Test, testCase: Test.Case?, performing tests: @Sendable () async throws -> Void) async throws {
        let browser = try await Browser.start()
        let demo: Centralino.Gateway
        do {
            demo = try await Centralino.demo(speed: 2)
        } catch {
            await browser.stop()
            throw error
        }
        let result: Result<Void, any Error>
        do {
            result = .success(try await Self.$running.withValue(Running(demo: demo, browser: browser), operation: tests))
        } catch {
            result = .failure(error)
        }
        await demo.program.stop()
        await browser.stop()
        try result.get()
    }

    /// The demo and the browser of the test that asks.
    static func now() throws -> Running { try #require(running, "The stage is set by the suite's trait.") }
}

extension Trait where Self == Stage {
    static var staged: Self { Self() }
}
