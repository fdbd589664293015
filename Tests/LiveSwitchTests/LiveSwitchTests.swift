import Testing

/// The running program beside real switches, judged by the switch's own queue_log: offered, answered, abandoned, flowed out, rung in vain, waited and
/// talked, call by call. One after the other, because they share the agents; each on all versions at once.
@Suite(
    "Beside a real Asterisk", .serialized, .tags(.liveSwitch), .theatre,
    .enabled(if: !Theatre.versions.isEmpty, "CENTRALINO_ASTERISK names no version; to install and play: make test-asterisk"))
struct LiveSwitchTests {
    private func play(_ scenario: Scenario) async throws { await (try #require(Theatre.open)).play(scenario) }

    @Test("a queue's calls come to what its log says", arguments: Scenario.wanted(Scenario.queues))
    func queues(scenario: Scenario) async throws { try await play(scenario) }

    @Test("a call is followed to whom a transfer leads", arguments: Scenario.wanted(Scenario.transfers))
    func transfers(scenario: Scenario) async throws { try await play(scenario) }

    @Test("a call beside the queues is known as what it is", arguments: Scenario.wanted(Scenario.besides))
    func besides(scenario: Scenario) async throws { try await play(scenario) }

    @Test("random plays come to what the log, the telephones and the sums say", arguments: Scenario.wanted(Scenario.atRandom))
    func atRandom(scenario: Scenario) async throws { try await play(scenario) }

    @Test("nothing is lost and nothing invented, whatever is cut, stopped or killed", arguments: Scenario.wanted(Scenario.hostile))
    func hostile(scenario: Scenario) async throws { try await play(scenario) }
}

/// One theatre for all scenarios, closed after the last.
struct TheatreTrait: SuiteTrait, TestScoping {
    let isRecursive = false

    func provideScope(for test: Test, testCase: Test.Case?, performing tests: @Sendable () async throws -> Void) async throws {
        try await Theatre.withOpen(tests)
    }
}

extension Trait where Self == TheatreTrait {
    static var theatre: Self { Self() }
}
