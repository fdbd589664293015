import Testing
import Waiting

/// Everything that needs a browser: two rows, each of them one test after the other, since two browsers at once are
/// enough for a small machine.
@Suite(
    "In a real browser", .tags(.browser), .harness,
    .enabled(if: Browser.isInstalled, "Chromium or chromedriver is missing: apt-get install chromium chromium-driver"))
enum BrowserTests {
    /// Pages of the one demo, whose desks only one test at a time may take.
    @Suite("beside the demo", .serialized)
    enum BesideDemo {}

    /// Pages of gateways that a test starts, stops and cuts off.
    @Suite("with a gateway of its own", .serialized)
    enum WithOwnGateway {}
}

/// One demo and one chromedriver for all of them, ended after the last test.
struct Harness: SuiteTrait, TestScoping {
    struct Running: Sendable {
        var demo: Centralino.Gateway
        var browser: Browser
    }
    @TaskLocal static var running: Running?
    /// Browsers take longest of all: they do not wait for the tests that compute.
    private static let threads = WaitingThreads(count: 2)

    let isRecursive = false

    func provideScope(for test: Test, testCase: Test.Case?, performing tests: @Sendable () async throws -> Void)
        async throws
    {
        try await withTaskExecutorPreference(Self.threads) { try await beside(tests) }
    }

    private func beside(_ tests: @Sendable () async throws -> Void) async throws {
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
            result = .success(
                try await Self.$running.withValue(Running(demo: demo, browser: browser), operation: tests))
        } catch {
            result = .failure(error)
        }
        await demo.program.stop()
        await browser.stop()
        try result.get()
    }

    /// The demo and the browser of the calling test.
    static func now() throws -> Running { try #require(running, "The harness is set by the suite's trait.") }
}

extension Trait where Self == Harness {
    static var harness: Self { Self() }
}
