import Testing

/// The running program beside real switches, judged by the switch's own queue_log: offered, answered, abandoned,
/// flowed out, rung in vain, waited and talked, call by call. The scenarios run one after the other, because they
/// share the agents; each runs on all versions at once.
@Suite(
    "Beside a real Asterisk", .serialized, .tags(.liveSwitch), .testSession,
    .enabled(
        if: !TestSession.versions.isEmpty,
        "CENTRALINO_ASTERISK names no version; to install and play: make test-asterisk"))
struct LiveSwitchTests {
    private func play(_ scenario: Scenario) async throws { await (try #require(TestSession.open)).play(scenario) }

    @Test("a queue's calls match its log", arguments: Scenario.wanted(Scenario.queues))
    func queues(scenario: Scenario) async throws { try await play(scenario) }

    @Test("a call is followed wherever a transfer leads", arguments: Scenario.wanted(Scenario.transfers))
    func transfers(scenario: Scenario) async throws { try await play(scenario) }

    @Test("a call beside the queues is recognised for what it is", arguments: Scenario.wanted(Scenario.besides))
    func besides(scenario: Scenario) async throws { try await play(scenario) }

    @Test("random plays match the log, the telephones and the sums", arguments: Scenario.wanted(Scenario.atRandom))
    func atRandom(scenario: Scenario) async throws { try await play(scenario) }

    @Test(
        "nothing is lost and nothing invented, whatever is cut, stopped or killed",
        arguments: Scenario.wanted(Scenario.hostile))
    func hostile(scenario: Scenario) async throws { try await play(scenario) }
}

/// Opens one session for all scenarios, and closes it after the last.
struct TestSessionTrait: SuiteTrait, TestScoping {
    let isRecursive = false

    func provideScope(for test: Test, testCase: Test.Case?, performing tests: @Sendable () async throws -> Void)
        async throws
    {
        try await TestSession.withOpen(tests)
    }
}

extension Trait where Self == TestSessionTrait {
    static var testSession: Self { Self() }
}
